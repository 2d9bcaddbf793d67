"""What sites really send: anchors that lead nowhere, hidden and collapsed text, two charsets, empty cells, odd dates."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.dates import SHANGHAI, local_day, parse_date
from pipeline.core.models import Document, Outcome, Page
from pipeline.core.source import ArticleSpec, Listing, Source
from pipeline.documents import process
from pipeline.page.decode import decode
from pipeline.rules import Rules
from tests.makers.places import ROOT

CASES = ROOT.parent / "shared" / "cases"
KINDS = ("anchor", "han_date", "language", "mixed_charset", "table")
RULES = Rules.load(ROOT / "config")
NOW = datetime(2026, 11, 30, tzinfo=UTC)
TITLE = "滨江市出台新型储能产业扶持办法"
PARAGRAPHS = (
    "近年来，滨江市抢抓机遇，推动储能产业加快发展，产业规模居全省前列，龙头企业加速集聚，创新平台不断完善。",
    "办法提出，对新建储能项目按投资额给予补助，对关键设备首台套给予奖励，单个企业每年最高可得五百万元。",
    "办法要求，各区要建立项目库，逐一明确责任人和时间表，按月调度，按季通报，确保政策落到实处。",
    "市工业局负责人表示，下一步将推动储能与新能源协同发展，建设国家级检测平台，培育一批领军企业。",
)
BYLINE = "<div class='info'>发布时间：2025-11-19 09:20　来源：滨江日报</div>"


def paragraphs(lines: tuple[str, ...] = PARAGRAPHS, form: str = "<p>{}</p>") -> str:
    return "".join(form.format(line) for line in lines)


def page(body: str = "", above: str = "", byline: str = BYLINE, below: str = "") -> str:
    return (
        f"<html><head><meta charset='utf-8'><title>{TITLE}_滨江市人民政府</title></head><body>{above}"
        "<div class='top'><a href='/'>首页</a> <a href='/zw/'>政务公开</a> <a href='/hd/'>互动交流</a></div>"
        f"<h1>{TITLE}</h1>{byline}<div class='article'>{body or paragraphs()}</div>{below}"
        "<div class='foot'><p>主办单位：滨江市人民政府办公室</p><p>版权所有：滨江市人民政府</p></div></body></html>"
    )


def outcome(body: bytes | str, spec: ArticleSpec | None = None, **more: Any) -> Outcome:
    source = Source(
        id="any",
        name="any",
        tier="media",
        hosts=("www.example.com",),
        listings=(Listing(url="http://www.example.com/", family="inbox"),),
        article=spec or ArticleSpec(),
    )
    url = "http://www.example.com/a.html"
    raw = body.encode() if isinstance(body, str) else body
    known: dict[str, Any] = {"url": url, "requested_url": url, "source_id": "any", "status": 200, "headers": ()}
    return process(Page(body=raw, fetched_at=NOW, **known | more), source, RULES)


def document(body: bytes | str, spec: ArticleSpec | None = None, **more: Any) -> Document:
    found = outcome(body, spec, **more)
    assert isinstance(found, Document), found
    return found


def published(found: Document) -> str | None:
    return local_day(found.fields.published) if found.fields.published else None


def shared_cases() -> list[Path]:
    return sorted(path for kind in KINDS for path in (CASES / kind).glob("*.expected.json"))


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
def test_every_input_that_once_failed_is_read() -> None:
    wrong = []
    for path in shared_cases():
        case = json.loads(path.read_text(encoding="utf-8"))
        found = outcome(path.with_name(path.name.replace(".expected.json", ".html")).read_bytes())
        told = _told(found) if isinstance(found, Document) else {"text": "", "title": repr(found)}
        for name, value in case["expected"].items():
            held = all(part in told["text"] for part in value) if name == "contains" else told.get(name, "") == value
            if name == "published_at":
                held = str(told.get(name, "")).startswith(value)
            if not held:
                wrong.append((path.stem, name, told.get(name)))
        rows = case.get("more", {}).get("row_cells", {})
        wrong += [(path.stem, cells, told["text"]) for cells in rows.values() if "\t".join(cells) not in told["text"]]
    assert not wrong
    assert shared_cases()


def _told(found: Document) -> dict[str, Any]:
    fields = found.fields
    at = parse_date(fields.published.raw, base=NOW) if fields.published else None
    return {
        "title": found.title,
        "text": found.text,
        "lang": found.lang,
        "publisher": fields.publisher,
        "signed_on": fields.signed_on.isoformat() if fields.signed_on else None,
        "published_at": at.at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") if at else "",
    }


ANCHORS = {
    "a bookmark round each paragraph": page(paragraphs(form="<p><a name='OLE_LINK1'>{}</a></p>")),
    "a bookmark round some": page(paragraphs(PARAGRAPHS[:3], "<p><a id='b'>{}</a></p>") + f"<p>{PARAGRAPHS[3]}</p>"),
    "an unclosed bookmark above all": page(above="<a name='top'>"),
    "an unclosed bookmark with an id": page(above="<a id='top'>"),
    "a link to nothing": page(paragraphs(form="<p><a href='javascript:;'>{}</a></p>")),
    "a link to void": page(paragraphs(form="<p><a href='javascript:void(0)'>{}</a></p>")),
    "a link to void, spaced": page(paragraphs(form="<p><a href=' JavaScript: ;'>{}</a></p>")),
    "a link to void that says so twice": page(
        paragraphs(form="<p><a href='javascript:void(0)' onclick='return false'>{}</a></p>")
    ),
    "a link to a blank page": page(paragraphs(form="<p><a href='about:blank'>{}</a></p>")),
    "a link to its own page's top": page(paragraphs(form="<p><a href='#'>{}</a></p>")),
}


@pytest.mark.parametrize("kind", ANCHORS)
def test_what_leads_nowhere_is_no_link(kind: str) -> None:
    found = document(ANCHORS[kind])
    assert (found.text, found.title, published(found)) == ("\n".join(PARAGRAPHS), TITLE, "2025-11-19")


LIE = "发布时间：2001-01-01 来源：假来源"
HIDDEN = {
    "an attribute": f"<p hidden>{LIE}</p>",
    "no display": f"<p style='display:none'>{LIE}</p>",
    "no size": f"<p style='font-size:0'>{LIE}</p>",
    "no size in pixels": f"<div style='color:red;font-size: 0px;'>{LIE}</div>",
    "no visibility": f"<div style='visibility:hidden'>{LIE}</div>",
    "no visibility of a part": f"<div><span style='visibility: hidden'>{LIE}</span></div>",
    "a class": f"<p class='x hide'>{LIE}</p>",
    "something around it": f"<div style='display: none'><div><p>{LIE}</p></div></div>",
    "far to the left": f"<p style='position:absolute;left:-9999px'>{LIE}</p>",
}


@pytest.mark.parametrize("kind", HIDDEN)
@pytest.mark.parametrize("below", [False, True], ids=["above the text", "below the title"])
def test_what_nobody_sees_dates_nothing(kind: str, below: bool) -> None:
    byline = BYLINE + HIDDEN[kind] if below else HIDDEN[kind] + BYLINE
    found = document(page(byline=byline))
    assert (published(found), found.fields.publisher) == ("2025-11-19", "滨江日报")
    assert "假来源" not in found.text
    alone = document(page(byline=HIDDEN[kind]))
    assert (alone.fields.published, alone.fields.publisher) == (None, "")


REST = paragraphs(PARAGRAPHS[1:])
FIRST = f"<p>{PARAGRAPHS[0]}</p>"
OTHER = "<div style='display:none'><p>本站声明，未经许可不得转载本站的任何内容，违者必究，请来信联系我们。</p></div>"
COLLAPSED = {
    "a style": f"{FIRST}<div style='display:none'>{REST}</div><a href='javascript:;'>展开剩余 87%</a>",
    "a class": f"{FIRST}<div class='hide'>{REST}</div><div>展开全文</div>",
    "an attribute and a button": f"{FIRST}<div hidden>{REST}</div><button>阅读全文</button>",
    "each paragraph": FIRST + paragraphs(PARAGRAPHS[1:], "<p style='display:none'>{}</p>") + "<p>点击展开全文</p>",
    "its beginning, cut off": (
        f"<div><p>{PARAGRAPHS[0][:30]}...</p><span>展开全文</span></div><div style='display:none'>{paragraphs()}</div>"
    ),
    "until it is looked for": f"{FIRST}<div hidden='until-found'>{REST}</div>",
}


@pytest.mark.parametrize("kind", COLLAPSED)
def test_text_that_waits_for_a_click_is_text(kind: str) -> None:
    assert document(page(COLLAPSED[kind], below=OTHER)).text.split("\n") == list(PARAGRAPHS)


def test_text_that_is_hidden_without_an_offer_to_show_it_is_none() -> None:
    hidden = f"<div style='display:none'><p>{PARAGRAPHS[3]}</p></div>"
    assert document(page(paragraphs(PARAGRAPHS[:3]) + hidden)).text.split("\n") == list(PARAGRAPHS[:3])


def test_a_container_whose_place_stays_blank_until_a_script_shows_it_is_read() -> None:
    source = page().replace("<div class='article'>", "<div class='rich_media_content' style='visibility: hidden;'>")
    assert document(source).text.split("\n") == list(PARAGRAPHS)


@pytest.mark.parametrize(("page_in", "include_in"), [("utf-8", "gb18030"), ("gb18030", "utf-8"), ("big5", "utf-8")])
@pytest.mark.parametrize("glued", [False, True], ids=["between tags", "within a line"])
def test_an_include_in_another_charset_costs_no_character(page_in: str, include_in: str, glued: bool) -> None:
    own = "市政府昨日表示，新一年度的工業和經濟計畫公布" if page_in == "big5" else "".join(PARAGRAPHS)
    include = "版权所有 主办单位 联系我们" if include_in == "gb18030" else "首頁 新聞中心 聯絡我們"
    tags = (b"", b"") if glued else (b"<p>", b"</p>")
    body = b"<div>" + own.encode(page_in) + tags[0] + include.encode(include_in) + tags[1] + b"</div>"
    decoded = decode(body)
    assert (own in decoded.text, include in decoded.text, decoded.replaced) == (True, True, 0)


def test_empty_cells_stay_cells() -> None:
    rows = (("区", "计划", "开工", "竣工"), ("城东区", "12", "", "9"), ("城西区", "", "4", ""), ("", "合计", "", "13"))
    table = "".join("<tr>" + "".join(f"<td> {cell} </td>" for cell in row) + "</tr>" for row in rows)
    text = document(page(f"{FIRST}<table>{table}</table>{REST}")).text
    assert [tuple(line.split("\t")) for line in text.split("\n") if "\t" in line] == list(rows)


DATES = {
    "二 〇 二 五 年十一月十九日": "2025-11-19",
    "二〇二五年 十 一 月 十 九 日": "2025-11-19",
    "2025年十一月19日": "2025-11-19",
    "2025年1 1 月 1 9 日": "2025-11-19",
    "2 0 2 5 年 11 月 19 日": "2025-11-19",
    "二○二五年元月廿一日": "2025-01-21",
    "115.03.19": "2026-03-19",
    "115/3/9": "2026-03-09",
    "115年03月19日": "2026-03-19",
    "中華民國一百一十五年三月十九日": "2026-03-19",
    "區域動態 115.03.19 發布單位：政治作戰局": "2026-03-19",
    "某网 16-05-17 09:22 打印": "2016-05-17",
    "2025年l1月5日": None,
    "2025年ll月 5日": None,
    "2025年11月l9日": None,
    "二〇二五年十三月一日": None,
    "127.0.0.1": None,
}


@pytest.mark.parametrize("text", DATES)
def test_a_date_is_the_one_that_is_printed_or_none(text: str) -> None:
    dated = parse_date(text, base=NOW)
    assert (local_day(dated) if dated else None) == DATES[text]


def test_a_document_is_signed_on_the_day_that_it_ends_with() -> None:
    below = "<p align='right'>滨江市工业局</p><p align='right'>二 〇 二 五 年 十 一 月 十 八 日</p>"
    found = document(page(paragraphs() + below))
    assert (found.fields.signed_on, published(found)) == (date(2025, 11, 18), "2025-11-19")


def test_what_is_printed_beats_a_meta_tag_that_was_made_anew() -> None:
    stamped = page().replace("</title>", "</title><meta name='PubDate' content='2026-03-01 10:00'>")
    found = document(stamped)
    assert (published(found), found.fields.date_conflict) == ("2025-11-19", True)


def test_two_witnesses_on_the_page_are_not_beaten_by_its_list() -> None:
    stamped = page().replace("</title>", "</title><meta name='PubDate' content='2025-11-19 09:20'>")
    assert published(document(stamped, listed_title=TITLE, listed_date="2025-11-01")) == "2025-11-19"


def test_the_row_of_another_article_gives_no_date() -> None:
    undated = page(byline="<div>来源：滨江日报</div>")
    assert published(document(undated, listed_title=TITLE, listed_date="2025-11-01")) == "2025-11-01"
    other = "市领导调研重点工程建设进展情况"
    assert published(document(undated, listed_title=other, listed_date="2025-11-01")) is None


UNDER_THE_TITLE = {
    "an aside": "<aside>2025-11-19 11:10 滨江网</aside>",
    "a link": "<div><a href='/day/'>2025-11-19</a></div>",
    "a short year": "<div>滨江新闻网 25-11-19 09:22 【打印本页】</div>",
}


@pytest.mark.parametrize("kind", UNDER_THE_TITLE)
def test_a_date_right_under_the_title_is_seen(kind: str) -> None:
    assert published(document(page(byline=UNDER_THE_TITLE[kind]))) == "2025-11-19"


def test_a_source_names_where_its_titles_stand() -> None:
    spec = ArticleSpec(title=(".never", "div.real"))
    found = document(page(byline=f"<div class='real'>{TITLE}（修订）</div>{BYLINE}"), spec)
    assert found.title == f"{TITLE}（修订）"


@pytest.mark.parametrize("residue", [" - -", " _ ", "- - ", " |"])
def test_what_is_left_where_a_site_printed_no_name_is_no_title(residue: str) -> None:
    assert document(page().replace("_滨江市人民政府", residue)).title == TITLE


def test_marks_round_every_remark_mark_no_article() -> None:
    remarks = "".join(
        f"<div class='r'><!--正文 begin--><p>第{n}位网友说，这个办法写得很好，希望早日看到实际的效果。</p><!--正文 end--></div>"
        for n in range(1, 4)
    )
    assert document(page(below=f"<div class='c'>网友评论{remarks}</div>")).text.split("\n") == list(PARAGRAPHS)


@pytest.mark.parametrize("tag", ["org", "person", "x-link", "chron"])
def test_an_element_that_nobody_knows_runs_on_in_its_line(tag: str) -> None:
    said = f"<p>The <{tag}>Ministry</{tag}> said on Monday that <{tag}>Binjiang</{tag}> will build three plants this year.</p>"
    lines = document(page(said * 3)).text.split("\n")
    assert lines == ["The Ministry said on Monday that Binjiang will build three plants this year."] * 3


TENFOLD = {
    "links inside links": lambda n: "<a href='/x'>x" * n,
    "lists inside lists": lambda n: "<ul><li>x" * n,
    "tables inside tables": lambda n: "<table><tr><td>x" * (n // 10),
    "cells of a row": lambda n: "<table><tr>" + "<td>x</td>" * n + "</tr><tr><td>a</td><td>b</td></tr></table>",
    "marks": lambda n: f"<!--正文 begin--><p>{PARAGRAPHS[0]}</p><!--正文 end-->" * n,
    "known containers": lambda n: f"<div class='article-content'><p>{PARAGRAPHS[0]}</p></div>" * n,
    "hidden texts": lambda n: f"<div style='display:none'><p>{PARAGRAPHS[0]}</p></div><p>展开全文</p>" * n,
    "labels": lambda n: "<span class='x'>时间：</span>" * n,
    "blanks in a title": lambda n: f"</div><h1>{' ' * n}x</h1><title>{' - ' * n}</title>",
}


@pytest.mark.parametrize("kind", TENFOLD)
def test_ten_times_as_much_takes_some_ten_times_as_long(kind: str) -> None:
    """CPU time, so that what else the machine does counts little; a quadratic reader takes a hundred times as long."""

    def cost(count: int) -> float:
        source = page(paragraphs() + TENFOLD[kind](count))
        began = time.process_time()
        outcome(source)
        return time.process_time() - began

    cost(10)  # imports
    assert cost(3000) <= 40 * max(cost(300), 0.02)


def test_links_that_a_script_follows_are_links_and_no_prose() -> None:
    """Cards of a feed below the article: `javascript:;`, and the address in another attribute."""
    card = (
        "<a href='javascript:void(0);' data-golink='https://m.example.com/a{0}.html'>"
        "<h3>港口之外还有第{0}件新鲜事，看完才知道原来大家都是这样想的</h3><span>{0}8条评论</span></a>"
    )
    feed = "<section class='s_card'>" + "".join(card.format(number) for number in range(12)) + "</section>"
    assert document(page(paragraphs() + feed)).text.split("\n") == list(PARAGRAPHS)
