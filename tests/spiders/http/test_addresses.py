"""Addresses as a browser makes them: charset of the query, base, dots, and what a page's own script shows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.core.config import read as read_config
from pipeline.core.models import Decoded
from pipeline.core.source import Listing
from pipeline.core.urls import join, spelt
from pipeline.page.decode import decode
from pipeline.page.fields.rules import FieldRules
from spiders.crawl.further_parts import files
from spiders.listings import Answer, parse
from spiders.onboarding.draft import Page, draft
from tests.makers.places import ROOT

NIGHT = datetime(2026, 9, 28, tzinfo=UTC)
LISTING = Listing(url="http://a.example/list/", family="next_link")

LINKS = read_config(ROOT / "config" / "fields.yaml", FieldRules).attachments


def links_of(body: bytes, content_type: str = "") -> list[str]:
    read = decode(body, content_type)
    answer = Answer(url=LISTING.url, body=body, text=read.text, charset=read.used)
    return [link.url for link in parse(LISTING, answer, base=NIGHT).links]


@pytest.mark.parametrize(
    ("charset", "expected"),
    [("gb2312", "%B9%AB%B8%E6"), ("gbk", "%B9%AB%B8%E6"), ("utf-8", "%E5%85%AC%E5%91%8A"), ("big5", "%A4%BD%A7i")],
)
def test_a_query_is_spelt_in_the_pages_charset_and_a_path_is_not(charset: str, expected: str) -> None:
    notice = "關於開展第一批專案申報工作的公告" if charset == "big5" else "关于第一批项目申报工作的公告"
    rows = "".join(
        f"<li><a href='/政务/show.asp?id={n}&name=公告'>{notice}{n}</a><span>2026-09-2{n}</span></li>" for n in range(5)
    )
    body = f"<html><head><meta charset={charset}></head><body><ul>{rows}</ul></body></html>".replace(
        "政务", "news" if charset == "big5" else "政务"
    )
    found = links_of(body.encode(charset if charset != "big5" else "big5"))
    assert found == [
        f"http://a.example/{'news' if charset == 'big5' else '政务'}/show.asp?id={n}&name={expected.replace('%A7i', '%A7i')}"
        for n in range(5)
    ]


def test_a_sign_that_the_charset_lacks_is_sent_as_browsers_send_it() -> None:
    assert spelt("http://a.example/s?q=公한", "gb2312") == "http://a.example/s?q=%B9%AB%26%2354620%3B"
    assert spelt("http://a.example/s?q=%B9%AB", "utf-8") == "http://a.example/s?q=%B9%AB"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("../b.html", "http://a.example/b.html"),
        ("http://a.example/x/../b.html", "http://a.example/b.html"),
        ("/x/%2e%2e/b.html", "http://a.example/b.html"),
        ("./././b.html", "http://a.example/c/b.html"),
        ("\\c\\b.html", "http://a.example/c/b.html"),
        ("b.html?f=a\\b", "http://a.example/c/b.html?f=a\\b"),
        (" b\n.html ", "http://a.example/c/b.html"),
        ("//b.example/x", "http://b.example/x"),
        ("?p=2", "http://a.example/c/d?p=2"),
        ("javascript:x('/y')", ""),
        ("#top", ""),
        ("http://[::1/x", ""),
    ],
)
def test_a_reference_becomes_an_address(href: str, expected: str) -> None:
    assert join("http://a.example/c/d", href) == expected


def test_base_is_the_base_of_everything_that_the_page_names() -> None:
    rows = "".join(
        f"<li><a href='t2026092{n}_{n}.html'>关于第{n}批项目申报工作的公告</a>2026-09-2{n}</li>" for n in range(5)
    )
    page = f"<html><head><base target=_blank><base href='/zwgk/'></head><body><ul>{rows}</ul></body></html>"
    assert links_of(page.encode())[0] == "http://a.example/zwgk/t20260920_0.html"
    read = Decoded(
        text="<base href='/f/'><a href='1.pdf'>附件</a>", declared="", detected="utf-8", used="utf-8", replaced=0
    )
    assert [file.url for file in files("http://a.example/art/1.html", read, LINKS)] == ["http://a.example/f/1.pdf"]


def test_a_session_in_the_path_hides_no_attachment() -> None:
    read = Decoded(
        text="<a href='/f/1.pdf;jsessionid=AB12'>附件</a>", declared="", detected="", used="utf-8", replaced=0
    )
    assert len(files("http://a.example/1.html", read, LINKS)) == 1


# -- links that run through a script -------------------------------------------


def scripted(call: str, script: str, rows: int = 8) -> bytes:
    listed = "".join(
        f"<dt><a {call.replace('@', str(1000 + n))} title='关于第{n}批项目的公示'>关于第{n}批项目的公示</a></dt><dd>2025-11-1{n}</dd>"
        for n in range(rows)
    )
    menu = "<div class=nav><a href='/'>首页</a><a href='/zwgk/'>政务公开</a><a href='/bsfw/'>办事服务</a></div>"
    return f"<html><head><title>通知公告</title><script>{script}</script></head><body>{menu}<dl>{listed}</dl><a href='/about.html'>关于我们</a></body></html>".encode()


@pytest.mark.parametrize(
    ("call", "script"),
    [
        ("href=\"javascript:openNews('@')\"", "function openNews(id){ window.open('/art/' + id + '.html'); }"),
        ("href=\"javascript:openNews('@');\"", 'function openNews(id){ location.href = "/art/"+id+".html" }'),
        (
            "href='javascript:void(0)' onclick=\"openNews(@)\"",
            "function openNews(id){ var u = '/art/' + id; u2 = u + '.html'; window.location = u2; }",
        ),
        (
            "href='#' onclick=\"return openNews(this, '@')\"",
            "function openNews(el, id){ if (el) { window.location.href = `/art/${id}.html`; } }",
        ),
        (
            "href=\"javascript:openNews('@','x')\"",
            "var openNews = function(id, kind){ location.assign('/art/' + encodeURIComponent(id) + '.html'); };",
        ),
        ("href=\"javascript:openNews('@')\"", "const openNews = (id) => { open('/art/' + id + '.html', '_blank'); }"),
    ],
)
def test_where_the_pages_script_shows_the_address_the_links_are_read(call: str, script: str) -> None:
    found = draft(Page(url="https://www.example.gov.cn/zwgk/", body=scripted(call, script)), base=NIGHT)
    assert [link.url for link in found.links] == [f"https://www.example.gov.cn/art/{1000 + n}.html" for n in range(8)]
    assert found.source.article.match == r"/art/\d+\.html$"


@pytest.mark.parametrize(
    "script",
    [
        "",
        "function other(id){ location.href = '/x/' + id; }",
        "function openNews(id){ $.post('/go', {id: id}, show); }",
    ],
)
def test_where_it_does_not_the_draft_says_so(script: str) -> None:
    found = draft(
        Page(url="https://www.example.gov.cn/zwgk/", body=scripted("href=\"javascript:openNews('@')\"", script)),
        base=NIGHT,
    )
    assert found.links == ()
    assert "run through a script" in found.source.notes
    assert "openNews('1000')" in found.source.notes
    assert found.source.article.match == ""


def test_the_cases_beside_the_repository(shared: Path) -> None:
    case = shared / "cases"
    found = draft(
        Page(url="https://www.example.gov.cn/zwgk/", body=(case / "js_links" / "js_links.html").read_bytes()),
        base=NIGHT,
    )
    assert "run through a script" in json.dumps(found.as_json(), ensure_ascii=False)
    assert links_of((case / "gbk_query" / "list.html").read_bytes()) == ["http://a.example/show.asp?name=%B9%AB%B8%E6"]
