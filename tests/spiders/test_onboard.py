"""Onboarding: a listing's page in, the draft of its source out; on pages of our own writing and on those beside the repository."""

import json
import re
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.source import load
from spiders.listings import Answer, parse
from spiders.listings.families.detect import detect
from spiders.listings.rows.outline import parse_html
from spiders.listings.rows.page_links import base_of
from spiders.onboarding.__main__ import main
from spiders.onboarding.draft import Page, draft, match_of
from tests.makers.places import ROOT
from tests.makers.servers.loopback import Site, answers, article, listing, serve

LISTS = ROOT / "tests" / "recordings" / "lists"
EXPECTED: dict[str, Any] = json.loads((LISTS / "expected.json").read_text(encoding="utf-8"))
NIGHT = datetime(2026, 9, 28, tzinfo=UTC)


def drafted(name: str):
    return draft(Page(url=EXPECTED[name]["url"], body=(LISTS / f"{name}.html").read_bytes()), base=NIGHT)


def f1(found: set[str], wanted: set[str]) -> float:
    return 2 * len(found & wanted) / (len(found) + len(wanted)) if found or wanted else 1.0


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_articles_of_a_list_page_are_found_in_their_order(name: str):
    assert [link.url for link in drafted(name).links] == EXPECTED[name]["links"]


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if "next" in EXPECTED[name]))
def test_the_further_pages_of_a_list_are_named(name: str):
    assert list(drafted(name).next_pages) == EXPECTED[name]["next"]


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if "family" in EXPECTED[name]))
def test_the_family_of_a_list_page_is_detected(name: str):
    assert drafted(name).family == EXPECTED[name]["family"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_drafted_source_replays_to_the_same_links(name: str):
    found = drafted(name)
    body = (LISTS / f"{name}.html").read_bytes()
    url = EXPECTED[name]["url"]
    text = Page(url=url, body=body).text
    replayed = parse(found.source.listings[0], Answer(url=url, body=body, text=text), base=NIGHT)
    assert [link.url for link in replayed.links] == [link.url for link in found.links]
    assert all(re.search(found.source.article.match, link.url) for link in found.links)
    assert found.source.verify


def test_a_list_page_without_any_name_of_class_is_read_as_well():
    scores = []
    for name, wanted in EXPECTED.items():
        text = Page(url=wanted["url"], body=(LISTS / f"{name}.html").read_bytes()).text
        bare = re.sub(r"\s(?:class|id)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)|charset=\"?gb\w+\"?", "", text)
        found = draft(Page(url=wanted["url"], body=bare.encode()), base=NIGHT)
        scores.append(f1({link.url for link in found.links}, set(wanted["links"])))
    assert statistics.median(scores) == 1.0
    assert min(scores) >= 0.8


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ('<?xml version="1.0"?><rss><channel></channel></rss>', "rss"),
        ('<?xml version="1.0"?><urlset></urlset>', "sitemap"),
        ('[{"TITLE":"a","URL":"b"}]', "json"),
        ('{"classify":{},"articles":[]}', "gkmlpt"),
        ("<script>createPageHTML(9, 0, 'index', 'html')</script><form action='/jsearchfront/s'>", "trs"),
        ("<script>function createPageHTML(n, i){}; var countPage = 3;</script>", "count_page"),
        ("<script>$('#1').jpage({proxyUrl:'/module/web/jpage/dataproxy.jsp'})</script>", "jpage"),
        ("<script queryData=\"{'a':'b'}\" parseType='x'></script>", "jpaas"),
        ("<script>$.get('/searchList/'+id)</script>", "ucap"),
        ("<script>var SID: \"2\"; load('/gkmlpt/js/a.js')</script>", "gkmlpt"),
        ("<script>fetch('/igs/front/search/list.html?x=1')</script>", "search"),
        ("<div data='datasource:0123456789abcdef0123'></div>", "xinhua"),
        ("<link rel='alternate' type='application/rss+xml' href='/rss.xml'>", "rss"),
    ],
)
def test_families_are_told_by_the_marks_of_their_software(text: str, family: str):
    assert detect(text.encode(), text, "https://www.a.gov.cn/x/") == family


def test_the_pattern_of_article_addresses_fits_them_and_no_section():
    pattern = match_of([f"https://a.gov.cn/x/20260{n}/t20260{n}12_77{n}.html" for n in range(1, 9)])
    assert re.search(pattern, "https://a.gov.cn/x/202611/t20261130_1.html")
    assert not re.search(pattern, "https://a.gov.cn/x/index.html")
    assert (
        match_of(
            ["https://a.cn/1.html", "https://b.cn/x?y=2", "https://c.cn/q", "https://d.cn/r/s", "https://e.cn/t-u"]
        )
        == ""
    )


def under(folder: Path) -> tuple[str, ...]:
    """Where a draft and its recording go."""
    return ("--sources", str(folder / "sources"), "--recordings", str(folder / "recordings"))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spiders.onboarding", "draft", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_json_prints_the_findings_and_writes_nothing(tmp_path: Path):
    name = "table_numbered"
    done = command(
        "--from-file", str(LISTS / f"{name}.html"), "--url", EXPECTED[name]["url"], "--json", *under(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["links"] == EXPECTED[name]["links"]
    assert said["next_pages"] == EXPECTED[name]["next"]
    assert said["family"] == "next_link"
    assert said["source"]["verify"] is True
    assert list(tmp_path.iterdir()) == []


def test_a_draft_is_a_valid_source_with_a_recording_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call = [
        "--from-file",
        str(LISTS / "tianjin_onclick.html"),
        "--url",
        EXPECTED["tianjin_onclick"]["url"],
        "--id",
        "new_bureau",
        *under(tmp_path),
    ]
    call.insert(0, "draft")
    assert main(call) == 0
    source = load(tmp_path / "sources" / "new_bureau.yaml")
    assert source.verify
    assert source.listings[0].family == "count_page"
    assert source.name == "某市工业和信息化局"
    recorded = json.loads((tmp_path / "recordings" / "new_bureau" / "expected.json").read_text(encoding="utf-8"))
    assert [link["url"] for link in recorded["listings"][0]["links"]] == EXPECTED["tianjin_onclick"]["links"]
    assert recorded["listings"][0]["links"][0]["day"] == "2026-09-27"
    assert (tmp_path / "recordings" / "new_bureau" / "listing.html").is_file()
    assert "new_bureau.yaml" in capsys.readouterr().out
    assert main(call) == 2  # never over a source that is there


def test_a_page_that_names_no_article_is_a_failure_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page = tmp_path / "shell.html"
    page.write_text("<html><body><div id='app'></div></body></html>")
    assert main(["draft", "--from-file", str(page), "--url", "https://www.a.gov.cn/list", *under(tmp_path)]) == 1
    assert "names no article" in capsys.readouterr().err


@given(st.sampled_from(sorted(EXPECTED)), st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_to_a_page_makes_the_draft_fail(name: str, data: st.DataObject):
    body = (LISTS / f"{name}.html").read_bytes()
    start, end = sorted(data.draw(st.integers(0, len(body))) for _ in "ab")
    damaged = (
        body[:start]
        + data.draw(st.sampled_from([b"", body[start:end] * 2, b"\x7f<", b"'", b"</div></ul>"]))
        + body[end:]
    )
    found = draft(Page(url=EXPECTED[name]["url"], body=damaged), base=NIGHT)
    assert found.source.listings


def test_a_page_in_the_middle_names_those_behind_it():
    rows = "".join(
        f"<li><a href='/a/2026090{n}_1.html'>关于开展第{n}次检查的通知</a>2026-09-0{n}</li>" for n in range(1, 6)
    )
    pager = "".join(f"<a href='list_{n}.html'>{n}</a>" for n in (1, 2, 4, 5))
    page = Page(url="http://a.example/n/list_3.html", body=f"<ul>{rows}</ul><div>{pager}</div>".encode())
    assert draft(page, base=NIGHT).next_pages == ("http://a.example/n/list_4.html", "http://a.example/n/list_5.html")


def test_the_pages_that_links_lead_to_are_named_whatever_the_links_are_called():
    rows = "".join(
        f"<li><a href='/a/2026090{n}_1.html'>关于开展第{n}次检查的通知</a>2026-09-0{n}</li>" for n in range(1, 6)
    )
    arrows = "<a href='/n/list/2' title='第2頁'><i></i></a><a href='/n/list/40'><i></i></a>"
    pager = f"<a>1</a><a href='/n/list/2'>2</a><a href='/n/list/3'>3</a>…<a href='/n/list/9'>9</a>{arrows}"
    aside = "<p><a href='/n/list/77'>专题</a></p>"
    page = Page(url="http://a.example/n/list", body=f"{aside}<ul>{rows}</ul><div>{pager}</div>".encode())
    assert [url.rpartition("/")[2] for url in draft(page, base=NIGHT).next_pages] == ["2", "3", "9", "40"]


def test_a_call_without_a_url_is_refused():
    assert command("--json").returncode == 2


def test_the_list_pages_beside_the_repository_are_read(shared: Path):
    lines = (shared / "gold" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    truths = [truth for truth in map(json.loads, lines) if truth["kind"] == "list"]
    scores = {}
    for truth in truths:
        url = truth.get("url") or f"http://{truth['host']}/"
        page = Page(url=url, body=(shared / "gold" / "pages" / f"{truth['id']}.html").read_bytes())
        found, base = draft(page, base=NIGHT), base_of(parse_html(page.text), url)
        links, wanted = {link.url for link in found.links}, {urljoin(base, link) for link in truth["article_links"]}
        retyped = truth.get("raw_bytes") is False  # a few rows of several sections
        scores[truth["id"]] = len(links & wanted) / len(links) if retyped else f1(links, wanted)
        if truth.get("next_pages") is not None:
            assert list(found.next_pages) == [urljoin(url, page) for page in truth["next_pages"]], truth["id"]
    assert min(scores.values()) >= 0.95, scores


def test_a_live_column_that_only_leads_on_is_followed_to_its_rows(tmp_path: Path):
    unit = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    fragment = listing("/art/2026/art_1_1.html", "/art/2026/art_1_2.html").replace('"', "'")
    with serve(Site()) as site:
        site.pages["/col/index.html"] = f"<script url='{unit}' queryData=\"{{'pageId':'p1','tagId':'列表'}}\"></script>"
        site.pages[f"{unit}?pageId=p1&tagId=%E5%88%97%E8%A1%A8"] = json.dumps(
            {"success": True, "data": {"html": fragment}}
        )
        site.pages["/art/2026/art_1_1.html"] = article()
        done = command(site.url("/col/index.html"), "--id", "live", *under(tmp_path))
    assert done.returncode == 0, done.stderr
    recorded = json.loads((tmp_path / "recordings" / "live" / "expected.json").read_text(encoding="utf-8"))
    assert recorded["listings"][0]["flags"] == ["index"]
    assert [link["day"] for link in recorded["listings"][1]["links"]] == ["2026-01-05", "2026-01-05"]
    assert recorded["article"]["url"] == site.url("/art/2026/art_1_1.html")
    assert load(tmp_path / "sources" / "live.yaml").listings[0].family == "jpaas"


def test_a_site_that_refuses_is_a_failure_that_says_so(tmp_path: Path):
    with serve(Site()) as site:
        done = command(site.url("/nothing.html"), *under(tmp_path))
    assert done.returncode == 1
    assert "404" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_onboarding_asks_for_nothing_that_robots_txt_forbids(tmp_path: Path):
    with serve(Site()) as site:
        site.pages["/robots.txt"] = answers("User-agent: *\nDisallow: /col/", headers={"Content-Type": "text/plain"})
        site.pages["/col/index.html"] = listing("/a/20260101_1.html")
        done = command(site.url("/col/index.html"), *under(tmp_path))
    assert done.returncode == 1
    assert "robots.txt" in done.stderr
    assert site.times("/col/index.html") == 0


@pytest.mark.parametrize("status", [404, 410, 412, 418])
def test_a_host_without_robots_txt_is_asked_as_a_crawl_asks_it(tmp_path: Path, status: int):
    with serve(Site()) as site:
        site.pages["/robots.txt"] = answers("<html></html>", status)
        site.pages["/col/index.html"] = listing("/a/20260101_1.html")
        done = command(site.url("/col/index.html"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["links"] == [site.url("/a/20260101_1.html")]


def test_a_rule_behind_html_is_obeyed_as_a_crawl_obeys_it():
    with serve(Site()) as site:
        site.pages["/robots.txt"] = "<html>\nUser-agent: *\nDisallow: /\n"
        site.pages["/col/index.html"] = listing("/a/20260101_1.html")
        done = command(site.url("/col/index.html"), "--json")
    assert "robots.txt" in done.stderr
    assert site.times("/col/index.html") == 0


def test_a_page_that_sets_a_cookie_and_leads_to_itself_is_read():
    with serve(Site()) as site:

        def gate(handler) -> None:
            known = "gate=1" in (handler.headers.get("Cookie") or "")
            behave = (
                answers(listing("/a/20260101_1.html"))
                if known
                else answers("", 302, {"Location": "/l", "Set-Cookie": "gate=1"})
            )
            behave(handler)

        site.pages["/l"] = gate
        done = command(site.url("/l"), "--json")
    assert json.loads(done.stdout)["links"] == [site.url("/a/20260101_1.html")]


def test_strangers_are_asked_only_by_someone_whom_they_can_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GONGBAO_CONTACT", "")
    done = command("https://www.gov.cn/", *under(tmp_path))
    assert done.returncode == 2
    assert "GONGBAO_CONTACT" in done.stderr
