"""The seeds as pages: each of the five texts in hostile kinds of HTML must come out as it is expected to."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from html import escape

import pytest

from pipeline.core.config import read
from pipeline.core.models import Cleaned, Extracted
from pipeline.page.decode import decode
from pipeline.page.extract import extract
from pipeline.text.clean import clean
from pipeline.text.rules import BoilerplateRules
from pipeline.text.verdict.forest import load
from tests.makers.contexts import context_of
from tests.makers.places import ROOT

SEEDS = ROOT.parent / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seeds are not beside this checkout")

USELESS_TITLES = {"004.txt": "公司新闻_湖南普照信息材料有限公司"}
FEED = [
    (
        f"关于印发年度重点工作安排的通知之{n}",
        f"各有关单位要结合实际抓好落实，第{n}季度末前将进展情况报送办公室，并做好总结。",
    )
    for n in range(1, 9)
]
FOOT = "主办单位：某某网站编辑部　京ICP备00000000号　京公网安备11010000000000号　网站标识码：0000000000"


def expectations() -> list[dict[str, object]]:
    return json.loads((SEEDS / "expected.json").read_text(encoding="utf-8")) if SEEDS.is_dir() else []


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def parts(seed: dict[str, object]) -> tuple[list[str], list[str]]:
    """The lines above the seed's title, and those from its title on; a caption that repeats the title is none."""
    lines = [
        line.strip() for line in (SEEDS / str(seed["seed"])).read_text(encoding="utf-8").split("\n") if line.strip()
    ]
    title = str(seed["title"])
    at = next(index for index, line in enumerate(lines) if squeezed(line).startswith(squeezed(title)[:2]))
    caption = squeezed(lines[at]).startswith(squeezed(title)) and squeezed(lines[at]) != squeezed(title)
    return lines[:at], [title, *lines[at:]] if caption else lines[at:]


def links(lines: list[str]) -> str:
    return "".join(
        f"<li><a href='/c/{n}.html'>{escape(line.removeprefix('- '))}</a></li>" for n, line in enumerate(lines)
    )


def head(seed: dict[str, object], first: str, charset: str) -> str:
    title = USELESS_TITLES.get(str(seed["seed"]), f"{first}_要闻_某某网")
    return f"<!DOCTYPE html><html><head><meta charset='{charset}'><title>{escape(title)}</title><style>p{{margin:0}}</style></head>"


def soup_of_divs(seed: dict[str, object]) -> bytes:
    """Everything a div; a feed with summaries at the side, twice as long as nothing else on the page."""
    before, lines = parts(seed)
    feed = "".join(
        f"<div class='it'><div><a href='/n/{n}.html'>{t}</a></div><div>{s}</div></div>" for n, (t, s) in enumerate(FEED)
    )
    body = "".join(f"<div><div><span>　　{escape(line)}</span></div></div>" for line in lines[1:])
    page = f"{head(seed, lines[0], 'utf-8')}<body><div class='top'><ul>{links(before)}</ul></div><div class='w'><div class='l1'><div class='t1'>{escape(lines[0])}</div><div class='c1'>{body}</div></div><div class='r1'>{feed}</div></div><div>{FOOT}</div></body></html>"
    return page.encode()


def tables_in_gb18030(seed: dict[str, object]) -> bytes:
    """Nested layout tables, line breaks instead of paragraphs, bytes in GB18030 that call themselves gb2312."""
    before, lines = parts(seed)
    body = "<br>\r\n<br>\r\n".join(f"　　{escape(line)}" for line in lines[1:])
    menu = "".join(f"<td><a href='/m{n}.asp'>栏目{n}</a></td>" for n in range(7))
    hot = "".join(f"<tr><td>·<a href='show.asp?id={n}'>{t}</a></td></tr>" for n, (t, _) in enumerate(FEED))
    page = f"{head(seed, lines[0], 'gb2312')}<body><table><tr>{menu}</tr></table><table><tr><td colspan=2>{' '.join(map(escape, before))}</td></tr><tr><td width=200><table>{hot}</table></td><td><table><tr><td align=center><b><font size=5>{escape(lines[0])}</font></b></td></tr><tr><td class='nr'>{body}</td></tr></table></td></tr></table><table><tr><td>{FOOT}</td></tr></table></body></html>"
    return page.encode("gb18030")


def sections_and_spans(seed: dict[str, object]) -> bytes:
    """Sections in sections, each text in nested spans, pictures between, jammers that no reader sees."""
    before, lines = parts(seed)
    body = "".join(
        f"<section><section><p><span style='font-size:16px'><span>{escape(line)}</span></span><font class='jammer' style='display:none'>{n} x; q9</font></p></section></section><section><img data-src='/p{n}.jpg'></section>"
        for n, line in enumerate(lines[1:])
    )
    page = f"{head(seed, lines[0], 'utf-8')}<body><nav>{links(before)}</nav><h1 class='rich_media_title'>{escape(lines[0])}</h1><div id='js_content' style='visibility: hidden'>{body}</div><script>var ct='1';</script></body></html>"
    return page.encode()


def marked_by_the_cms(seed: dict[str, object]) -> bytes:
    """Exact marks around the body, one form around the page, related articles inside the container."""
    before, lines = parts(seed)
    body = "".join(f"<p style='text-indent:2em'>{escape(line)}</p>\n" for line in lines[1:])
    related = "".join(
        f"<li><a href='/art/{n}.html'>{t}</a><span>2020-01-0{n + 1}</span></li>" for n, (t, _) in enumerate(FEED)
    )
    page = f"{head(seed, lines[0], 'utf-8')}<body><form id='aspnetForm'><div class='head'><ul>{links(before)}</ul></div><div class='main'><h2>{escape(lines[0])}</h2><div class='xxgk'><!--<$[信息内容]>begin--><div class='TRS_Editor'>{body}</div><!--<$[信息内容]>end--><ul class='xgwz'>{related}</ul></div></div><div class='foot'>{FOOT}</div></form></body></html>"
    return page.encode()


def one_block_of_breaks(seed: dict[str, object]) -> bytes:
    """One div, single breaks, the title in it as a bold first line; header file included with its own end of document."""
    before, lines = parts(seed)
    body = "<br/>\n&nbsp;&nbsp;&nbsp;&nbsp;".join(escape(line) for line in lines[1:])
    page = f"{head(seed, lines[0], 'utf-8')}<body><div class='header'>{'　'.join(map(escape, before))}</div></body></html><div class='news'><strong>{escape(lines[0])}</strong><br/>{body}</div><div class='bottom'><a href='/'>网站首页</a> | <a href='/about'>关于我们</a><br>{FOOT}</div></html>"
    return page.encode()


DOMS: list[Callable[[dict[str, object]], bytes]] = [
    soup_of_divs,
    tables_in_gb18030,
    sections_and_spans,
    marked_by_the_cms,
    one_block_of_breaks,
]


def carried(body: bytes) -> tuple[Extracted, Cleaned]:
    found = extract(decode(body), context_of(url="http://www.example.com/news/content/1234567.html"))
    return found, clean(found.lines, found.title, read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules), load())


@pytest.mark.parametrize("dom", DOMS, ids=lambda dom: dom.__name__)
@pytest.mark.parametrize("seed", expectations(), ids=lambda seed: seed["seed"])
def test_a_seed_comes_out_of_every_kind_of_page_paragraph_by_paragraph(
    seed: dict[str, object], dom: Callable[[dict[str, object]], bytes]
) -> None:
    found, cleaned = carried(dom(seed))
    assert [squeezed(line) for line in cleaned.paragraphs] == [squeezed(line) for line in seed["body"]]  # type: ignore[attr-defined]
    assert squeezed(cleaned.title) == squeezed(str(seed["title"]))
    if "body_as_published" in seed:
        assert cleaned.as_published is not None
        assert [squeezed(line) for line in cleaned.as_published] == [
            squeezed(line) for line in seed["body_as_published"]
        ]  # type: ignore[attr-defined]
    if "publisher" in seed:
        assert (cleaned.publisher or found.fields.publisher) == seed["publisher"]
    if "editor" in seed:
        assert (cleaned.editor or found.fields.editor) == seed["editor"]
    published = found.fields.published or cleaned.published
    if "published" in seed:
        assert published is not None
        assert published.at == datetime.fromisoformat(str(seed["published"]))
    else:
        assert published is None
