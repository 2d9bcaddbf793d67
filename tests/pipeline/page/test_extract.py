"""Invented pages in the manner of real kinds: each must become its article, paragraph by paragraph."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.core.config import read
from pipeline.core.models import Cleaned, Extracted
from pipeline.core.source import ArticleSpec
from pipeline.page.decode import decode
from pipeline.page.extract import extract
from pipeline.page.rules import ExtractionRules
from pipeline.text.clean import clean
from pipeline.text.rules import BoilerplateRules
from pipeline.text.verdict.forest import load
from tests.makers.contexts import context_of
from tests.makers.places import ROOT

PAGES = sorted((ROOT / "tests" / "pages").glob("*.html"))
RULES = read(ROOT / "config" / "extraction.yaml", ExtractionRules)
BOILERPLATE = read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules)
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
NO_NAMES = RULES.model_copy(
    update={"containers": RULES.containers.model_copy(update={"ids": (), "classes": (), "tags": ()})}
)


def carried(
    body: bytes, rules: ExtractionRules = RULES, spec: ArticleSpec | None = None, content_type: str = ""
) -> tuple[Extracted, Cleaned]:
    found = extract(
        decode(body, content_type),
        context_of(
            url="http://www.example.com/a/1.html", spec=spec or ArticleSpec(), extraction=rules, fetched_at=FETCHED
        ),
    )
    return found, clean(found.lines, found.title, BOILERPLATE, load())


def squeezed(lines: list[str] | tuple[str, ...]) -> list[str]:
    return [re.sub(r"\s+", "", line) for line in lines]


@pytest.mark.parametrize("rules", [RULES, NO_NAMES], ids=["", "no-names"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_of_this_kind_becomes_its_article_with_and_without_known_names(
    path: Path, rules: ExtractionRules
) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found, cleaned = carried(path.read_bytes(), rules, content_type=expected.get("content_type", ""))
    allowed = squeezed(expected.get("may_keep", []))
    assert [line for line in squeezed(cleaned.paragraphs) if line not in allowed] == squeezed(expected["body"])
    assert squeezed([cleaned.title]) == squeezed([expected["title"]])
    if "date" in expected:
        published = found.fields.published or cleaned.published
        assert published is not None
        assert published.at.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat() == expected["date"]


ARTICLE = "<p>市水务局昨天完成了全部泵站的检修，汛前准备工作按计划推进。</p><p>今年新增的两座泵站已经试运行，排水能力提高三成。</p>"
OTHER = "<p>这一段不是文章，它只是网站的说明文字，写得再长也没有用处，读者不会想读到它。</p>"


def page(body: str, head: str = "<title>泵站检修完成</title>") -> bytes:
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


def lines(found: Extracted) -> list[str]:
    return [line.text for line in found.lines if not line.apart]


def test_the_element_that_a_source_names_wins_if_it_holds_text() -> None:
    body = page(f"<div class='a'>{OTHER * 5}</div><div class='b'>{ARTICLE}</div><div class='empty'></div>")
    found, _ = carried(body, spec=ArticleSpec(body=(".empty", ".b")))
    assert found.candidate == "source"
    assert len(found.lines) == 2


def test_what_a_source_drops_is_never_seen() -> None:
    found, _ = carried(
        page(f"<div class='b'>{ARTICLE}<div class='gone'>{OTHER}</div></div>"), spec=ArticleSpec(drop=(".gone",))
    )
    assert len(found.lines) == 2


def test_every_line_of_the_located_element_is_kept_or_named_with_its_reason() -> None:
    body = page(
        f"<h1>泵站检修完成</h1><div>{ARTICLE}<p style='display:none'>看不见的一句话。</p><figure><img src='a.jpg'><figcaption>泵站外景。</figcaption></figure><div class='share'>分享到微信</div></div>"
    )
    found, _ = carried(body)
    assert len(lines(found)) >= 2
    assert {(line.text, line.apart) for line in found.lines} >= {
        ("看不见的一句话。", "hidden"),
        ("泵站外景。", "caption"),
        ("分享到微信", "chrome:share"),
    }


def test_pictures_and_films_inside_the_article_are_counted_and_icons_are_not() -> None:
    media = "<img src='/a.jpg'><img src='/icon.png'><img src='/b.jpg' width='20'><video src='a.mp4'></video><iframe src='//x/player.html'></iframe>"
    found, _ = carried(page(f"<h1>泵站检修完成</h1><div>{ARTICLE}{media}</div>"))
    assert (found.images, found.videos) == (1, 2)


def test_a_line_knows_its_links_its_heading_and_the_picture_before_it() -> None:
    body = page(
        f"<div><h2>一、检修</h2>{ARTICLE}<p><img src='a.jpg'></p><p>图为泵站，<a href='/x'>更多图片见专题</a>，昨天拍摄完成。</p></div>"
    )
    found, _ = carried(body)
    by_text = {line.text: line for line in found.lines}
    assert by_text["一、检修"].heading
    captioned = by_text["图为泵站，更多图片见专题，昨天拍摄完成。"]
    assert captioned.after_image
    assert 0.3 < captioned.link_share < 0.5


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff\xfe", b"plain words without any element", b"<html>", b"<!-- -->", b"<p>" * 3000 + "字".encode()],
)
def test_no_bytes_make_extraction_raise(body: bytes) -> None:
    found, _ = carried(body)
    assert found.candidate


def test_an_included_header_that_ends_the_document_early_does_not_end_the_page() -> None:
    found, _ = carried(page(f"<div>首页</div></body></html><div><h1>泵站检修完成</h1>{ARTICLE}</div>"))
    assert sum("泵站" in line for line in lines(found)) >= 2


def test_a_form_in_the_article_is_none_of_it_and_a_form_around_a_page_is_nothing() -> None:
    box = (
        "<div class='inner'><div>訂閱《早安》電子報 每天三分鐘</div><div><input type='text' placeholder='信箱'>"
        "<div>請輸入正確的電子信箱格式</div></div><a href='javascript:'>訂閱</a><div>感謝您的訂閱！</div></div>"
    )
    found, _ = carried(
        page(f"<form><h1>泵站检修完成</h1><input type='hidden'><div>{ARTICLE}{box}{ARTICLE}</div></form>")
    )
    assert [line.apart for line in found.lines if line.text.startswith(("請", "感謝"))] == ["form"] * 2
    assert [line.text for line in found.lines if not line.apart] == [
        *lines(carried(page(f"<div>{ARTICLE}{ARTICLE}</div>"))[0])
    ]


def test_a_caption_that_tells_something_in_chinese_belongs_to_the_article_also_behind_its_editor() -> None:
    told = "检修人员三日在泵站的闸门前检查设备，为汛期做准备。本报记者张三摄"
    figure = f"<figure><img src='a.jpg'><figcaption>{told}</figcaption></figure>"
    for short in (
        "<figcaption>泵站外景</figcaption>",
        "<figcaption>Workers check a pump on Monday in the city.</figcaption>",
    ):
        body = f"<h1>泵站检修完成</h1><div>{ARTICLE}<p>（编辑：李四）</p>{figure}<figure><img src='b.jpg'>{short}</figure></div>"
        found, cleaned = carried(page(body))
        assert [line.text for line in found.lines if line.apart == "caption"] == [short[12:-13]]
        assert told in cleaned.paragraphs


def test_what_a_server_should_have_run_is_no_text() -> None:
    whole = page(f"<h1>泵站检修完成</h1><div>{ARTICLE}</div>")
    for code in (
        "<%-- <p>旧的一段，已经不用了，写在这里只为备查。</p> --%>",
        "<p><%=title%></p>",
        "<% if (a > 3) { %>",
    ):
        found, _ = carried(page(f"<h1>泵站检修完成</h1><div>{code}{ARTICLE}</div>"))
        assert lines(found) == lines(carried(whole)[0])
    found, _ = carried(
        page(f"<h1>泵站检修完成</h1><div>{ARTICLE}<p>利润率不足<% 的企业今年有三家，其余都在增长。</p></div>")
    )
    assert any("不足<% 的企业" in line for line in lines(found))
