"""Real sites on the loopback, real crawls, a real store: what became of every article, and what the report says."""

import importlib.util
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport
from pipeline.core.models import Page
from pipeline.core.source import Source
from pipeline.core.urls import key64
from pipeline.page import obstacles
from pipeline.page.fields.rules import FieldRules
from pipeline.page.obstacles import Cause
from pipeline.store import landing
from pipeline.store.fetches import Due, Seen, Validators
from pipeline.store.s3 import Store
from tests.makers.places import ROOT
from tests.makers.servers.loopback import (
    Site,
    answers,
    article,
    conditional,
    endless,
    gzipped,
    in_turn,
    listing,
    redirects,
    serve,
    silent,
    truncated,
    with_tls,
)
from tests.makers.servers.waiting import until

CONFIG = ROOT / "config"
AGENT = "Mozilla/5.0 (compatible; Gongbao/0.1; +loopback)"
RUISHU = answers("<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>", 412)
JIASULE = answers("<script>document.cookie='__jsl_clearance=1';location.href=location.pathname</script>", 521)


@dataclass
class Scenario:
    """A site, how its source differs from the plain one, and what is known of it before."""

    pages: dict[str, Any]
    fetch: dict[str, Any] = field(default_factory=dict)
    listing: dict[str, Any] = field(default_factory=dict)
    article: dict[str, Any] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    due: Mapping[str, str] = field(default_factory=dict)  # path -> ETag
    before: tuple[str, str] | None = None  # ETag and digest of the listing
    urls: tuple[str, ...] | None = None
    period: tuple[str, str] | None = None
    more: tuple[str, ...] = ()  # further listings
    dead: bool = False


@dataclass(kw_only=True)
class Order:
    """A scenario as the crawling process is told of it."""

    source: Source
    seen: Seen
    urls: tuple[str, ...] | None
    period: tuple[date, date] | None


@dataclass
class Outcome:
    """What a crawl left."""

    site: Site
    report: CrawlReport
    landed: list[tuple[str, Page]]

    def reason(self, path: str) -> str:
        return dict(self.report.failures).get(self.site.url(path), "")

    def articles(self) -> dict[str, Page]:
        """By the path that was asked for."""
        return {
            page.requested_url.removeprefix(self.site.url("")): page for kind, page in self.landed if kind == "article"
        }


def numbered(count: int) -> dict[str, Any]:
    return {f"/a/2026{n:05d}.html": article(f"第{n}号公告") for n in range(count)}


def listed(pages: dict[str, Any]) -> dict[str, Any]:
    return {"/list/": listing(*pages), **pages}


ARTICLES = {
    "/a/202600001.html": article(),
    "/a/gzip.html": gzipped(article()),
    "/a/chunked.html": gzipped(article(), chunked=True),
    "/a/202600002.html": article(tail="<a href='/a/202600002_2.html'>下一页</a><a href='/a/202600003.html'>下一篇</a>"),
    "/a/202600004.html": article(tail="<script>createPageHTML(3, 0, '202600004', 'html');</script>"),
    "/a/202600005.html": article(tail="<a href='/a/202600005_2.html'>下一页</a>"),
    "/a/files.html": article(tail="<a href='P0202.pdf'>附件1</a><a href='/down.jsp?filename=9.docx'>附件2</a><a href='x.html'>x</a>"),
    "/a/gone.html": answers("", 404),
    "/a/due304.html": conditional(article(), '"v1"'),
    "/a/due410.html": answers("", 410),
    "/a/known.html": article(),
    "/a/truncated.html": truncated(article()),
    "/a/cut.html": gzipped(article() * 20, cut=200, chunked=True),
    "/a/declared.html": answers(b"x" * 300_000),
    "/a/endless.html": endless(4_000_000),
    "/a/bomb.html": gzipped(b" " * 20_000_000),
    "/a/slow.html": silent(8),
    "/a/busy.html": in_turn(answers("", 503, {"Retry-After": "1"}), answers(article())),
    "/a/patient.html": in_turn(answers("<body>系统繁忙，请稍后再试</body>", 503, {"Retry-After": "0"}), answers(article())),
    "/a/shaky.html": in_turn(truncated(article()), answers(article())),
    "/a/broken.html": answers("", 500),
    "/a/loop.html": redirects("/a/loop.html?again"),
    "/a/loop.html?again": redirects("/a/loop.html"),
    "/a/away.html": redirects("http://example.invalid/a.html"),
    "/a/moved.html": redirects("/a/target.html"),
    "/a/refresh.html": "<html><head><meta http-equiv='refresh' content='0;url=/a/target2.html'></head></html>",
    "/a/jump.html": "<html><body><script>window.location.href='/a/target3.html';</script></body></html>",
    "/private/a.html": article(),
    "/a/print.html": article(),
    "/a/text.pdf": answers(b"%PDF-1.4", headers={"Content-Type": "application/pdf"}),
}  # fmt: skip
BEHIND = {
    "/a/202600002_2.html": article(tail="<a href='/a/202600002_3.html'>下一页</a>"),
    "/a/202600002_3.html": article(tail="<a href='/a/202600002_2.html'>下一页</a>"),
    "/a/202600004_1.html": article(tail="<script>createPageHTML(3, 1, '202600004', 'html');</script>"),
    "/a/202600004_2.html": article(tail="<script>createPageHTML(3, 2, '202600004', 'html');</script>"),
    "/a/202600005_2.html": truncated(article()),
    "/a/P0202.pdf": answers(b"%PDF-1.5 attached", headers={"Content-Type": "application/octet-stream"}),
    "/down.jsp?filename=9.docx": answers("", 404),
    "/a/target.html": article("新地址"),
    "/a/target2.html": article("刷新之后"),
    "/a/target3.html": article("跳转之后"),
    "/robots.txt": answers("User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"}),
}
FOREIGN = ("http://elsewhere.invalid/a.html", "mailto:a@b.invalid")

SCENARIOS: dict[str, Scenario] = {
    "mixed": Scenario(
        pages={"/list/": listing(*ARTICLES, *FOREIGN[:1]), **ARTICLES, **BEHIND},
        fetch={"concurrency": 4, "timeout": 6, "max_bytes": 200_000, "retries": 1, "attachments": True},
        article={"deny": ["print"]},
        known=("/a/known.html", "/a/due304.html", "/a/due410.html"),
        due={"/a/due304.html": '"v1"', "/a/due410.html": ""},
    ),
    "pages": Scenario(
        pages={
            "/list/": listing("/a/1.html", "/a/2.html", further="/list/p2.html"),
            "/list/p2.html": listing("/a/2.html", "/a/3.html", further="/list/p3.html"),
            "/list/p3.html": listing("/a/1.html", "/a/3.html", further="/list/p4.html"),
            "/a/1.html": article(), "/a/2.html": article(), "/a/3.html": article(),
        }
    ),
    "blocked_list": Scenario(pages={**listed(numbered(3)), "/list/": RUISHU}),
    "blocked_midway": Scenario(pages=listed({**numbered(4), "/a/x.html": JIASULE, **{f"/b/{n}.html": article() for n in range(20)}})),
    "blocked_robots": Scenario(pages={**listed(numbered(3)), "/robots.txt": RUISHU}),
    "robots_500": Scenario(pages={**listed(numbered(3)), "/robots.txt": answers("", 500)}, fetch={"retries": 1}),
    "robots_slow": Scenario(pages={**listed(numbered(3)), "/robots.txt": silent(4)}, fetch={"timeout": 0.5, "retries": 0}),
    "robots_403": Scenario(pages={**listed(numbered(3)), "/robots.txt": answers("", 403)}),
    "robots_404": Scenario(pages=listed(numbered(3))),
    "robots_html": Scenario(pages={**listed(numbered(3)), "/robots.txt": article()}),
    "robots_list": Scenario(pages={**listed(numbered(3)), "/robots.txt": answers("User-agent: Gongbao\nDisallow: /list/")}),
    "robots_delay": Scenario(pages={**listed(numbered(3)), "/robots.txt": answers("User-agent: *\nCrawl-delay: 0.4")}, fetch={"concurrency": 4}),
    "ignored": Scenario(pages={**listed(numbered(3)), "/robots.txt": answers("", 500)}, fetch={"robots": "ignore"}),
    "two_lists": Scenario(pages={"/list/": JIASULE}, more=("/other/",)),
    "template": Scenario(pages={"/list/": "<html><title>栏目</title><body><a href='/'>首页</a><p v-for='r in rows'>{{ r.title }}</p></body></html>"}),
    "empty": Scenario(pages={"/list/": "<html><head><title>通知公告</title></head><body><p>栏目建设中，敬请期待本栏目后续更新内容发布</p></body></html>"}),
    "may_be_empty": Scenario(pages={"/list/": "<html><title>公示</title><body><p>暂无</p></body></html>"}, listing={"may_be_empty": True}),
    "shell": Scenario(pages={"/list/": "<html><title>门户</title><body><div id='app'></div><script src='/app.js'></script></body></html>"}),
    "soft_404": Scenario(pages={"/list/": "<html><title>404</title><body>您访问的页面不存在<a href='/'>首页</a></body></html>"}),
    "list_500": Scenario(pages={"/list/": answers("", 500)}, fetch={"retries": 1}),
    "all_500": Scenario(pages=listed({path: answers("", 500) for path in numbered(30)}), fetch={"retries": 2}),
    "all_404": Scenario(pages={"/list/": listing(*numbered(4))}),
    "later": Scenario(pages={"/list/": answers("", 429, {"Retry-After": "3600"})}),
    "too_many": Scenario(pages=listed({"/a/0.html": answers("", 429), **numbered(9)})),
    "all_503": Scenario(pages=listed({path: answers("", 503) for path in numbered(30)}), fetch={"retries": 1}),
    "period": Scenario(
        pages={
            "/list/": listing("/a/1.html", further="/list/p2.html"),
            "/list/p2.html": listing("/a/2.html", "/a/3.html", day="2024-06-07", further="/list/p3.html"),
            "/list/p3.html": listing("/a/4.html", day="2023-06-07"),
            **{f"/a/{n}.html": article() for n in range(1, 5)},
        },
        listing={"stop": {"max_pages": 1}}, known=("/a/3.html",), period=("2024-06-01", "2024-06-30"),
    ),
    "dead": Scenario(pages={}, dead=True, fetch={"retries": 1}),
    "window": Scenario(pages=listed(numbered(3)), fetch={"window": [(datetime.now(UTC).hour + 8 + 2) % 24, (datetime.now(UTC).hour + 8 + 3) % 24]}),
    "unchanged_etag": Scenario(
        pages={"/list/": conditional(listing(*numbered(3)), '"l1"'), **numbered(3)},
        known=tuple(numbered(2)), before=('"l1"', "d"), due={"/a/202600000.html": ""},
    ),
    "changed": Scenario(pages=listed(numbered(3)), known=tuple(numbered(2)), before=("", "another")),
    "given": Scenario(pages=listed({**numbered(3), "/print/x.html": article()}), article={"match": "/a/"}, urls=("/a/202600001.html", "/print/x.html", "/a/none.html")),
    "parts_listed": Scenario(
        pages={
            "/list/": listing("/a/030277875_01.shtml", "/a/2026_0917_10001_2.html", *(f"/a/id1000{n}_7.html" for n in range(9))),
            "/a/030277875.shtml": article("第一部分", tail="<a href='030277875_01.shtml'>下一页</a>"),
            "/a/030277875_01.shtml": article("第二部分"),
            "/a/2026_0917_10001.html": article("另一篇"),
            "/a/2026_0917_10001_2.html": article("并非下一部分"),
            **{f"/a/id1000{n}_7.html": article() for n in range(9)},
        }
    ),
    "delayed": Scenario(pages=listed(numbered(4)), fetch={"delay": 0.3, "concurrency": 1}),
}  # fmt: skip


@pytest.fixture(scope="module")
def bucket(s3: None) -> Store:
    return Store.open("s3://gongbao/crawls")


@pytest.fixture(scope="module")
def crawled(bucket: Store) -> Iterator[Mapping[str, Outcome]]:
    """All scenarios, crawled side by side by one process of their own."""
    with ExitStack() as stack:
        sites = {name: stack.enter_context(serve(Site(pages=scenario.pages))) for name, scenario in SCENARIOS.items()}
        for name, scenario in SCENARIOS.items():
            if scenario.dead:
                sites[name].port = _free_port()
        orders = [_order(name, scenario, sites[name]) for name, scenario in SCENARIOS.items()]
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            reports = pool.submit(_crawl_all, orders, bucket.url).result()
        yield {name: _outcome(bucket, sites[name], report) for name, report in zip(SCENARIOS, reports, strict=True)}


def _order(name: str, scenario: Scenario, site: Site) -> Order:
    due = tuple(
        Due(url=site.url(path), visits=1, validators=Validators(etag=tag)) for path, tag in scenario.due.items()
    )
    keys = np.sort(np.array([key64(site.url(path)) for path in scenario.known], np.uint64))
    before = scenario.before and Validators(etag=scenario.before[0], digest=scenario.before[1])
    seen = Seen(keys=keys, due=due, listings={site.url("/list/"): before} if before else {})
    urls = tuple(site.url(path) for path in scenario.urls) if scenario.urls is not None else None
    period = (
        (date.fromisoformat(scenario.period[0]), date.fromisoformat(scenario.period[1])) if scenario.period else None
    )
    return Order(source=_source(name, site, scenario), seen=seen, urls=urls, period=period)


def _source(name: str, site: Site, scenario: Scenario) -> Source:
    return Source.model_validate(
        {
            "id": f"s_{name}",
            "name": "某局",
            "tier": "gov",
            "hosts": ["127.0.0.1"],
            "listings": [
                {"url": site.url("/list/"), "family": "next_link", "item": {"row": "li", "link": ["a::attr(href)"]}}
                | {"stop": {"older_than_days": 3000}}
                | scenario.listing
            ]
            + [{"url": site.url(path), "family": "next_link"} for path in scenario.more],
            "fetch": {"delay": 0, "timeout": 60} | scenario.fetch,
            "article": scenario.article,
        }
    )


def _crawl_all(orders: list[Order], url: str) -> list[CrawlReport]:
    """In a process of its own: Scrapy starts once a process."""
    from spiders.crawl import scrapy_run
    from spiders.crawl.landing_writer import Landed
    from spiders.crawl.night_window import Clock
    from spiders.crawl.task import Task
    from spiders.http import scrapy_settings

    store = Store.open(url)
    plain = scrapy_settings.load(CONFIG / "crawl.yaml")
    quick = plain.model_copy(update={"retry": plain.retry.model_copy(update={"first_wait": 0.05, "longest_wait": 5.0})})
    clock = Clock()
    tasks = [
        Task(
            source=order.source,
            settings=quick,
            signatures=obstacles.load(CONFIG / "obstacles.yaml"),
            file_links=read(CONFIG / "fields.yaml", FieldRules).attachments,
            landed=Landed(landing.LandingWriter(store, order.source.id, "r1", clock.day)),
            clock=clock,
            seen=order.seen,
            urls=order.urls,
            period=order.period,
        )
        for order in orders
    ]
    return scrapy_run.crawl_all(tasks, "r1")


def _outcome(store: Store, site: Site, report: CrawlReport) -> Outcome:
    return Outcome(site, report, [entry for key in report.landing for entry in landing.read_all(store.get(key), key)])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_was_listed_was_fetched_skipped_or_failed(crawled: Mapping[str, Outcome], name: str) -> None:
    report = crawled[name].report
    assert report.closes
    assert report.fetched == len(crawled[name].articles())


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("mixed", ""),
        ("pages", ""),
        ("blocked_list", Cause.BLOCKED_RUISHU),
        ("blocked_midway", Cause.BLOCKED_JSL),
        ("blocked_robots", Cause.BLOCKED_RUISHU),
        ("robots_500", Cause.ROBOTS_UNKNOWN),
        ("robots_slow", Cause.ROBOTS_UNKNOWN),
        ("robots_403", Cause.ROBOTS_FORBIDDEN),
        ("robots_404", ""),
        ("robots_html", ""),
        ("robots_list", Cause.ROBOTS_DISALLOW),
        ("robots_delay", ""),
        ("ignored", ""),
        ("two_lists", Cause.BLOCKED_JSL),
        ("template", Cause.JS_REQUIRED),
        ("empty", Cause.EMPTY_LIST),
        ("may_be_empty", ""),
        ("shell", Cause.JS_REQUIRED),
        ("soft_404", Cause.SOFT_404),
        ("list_500", Cause.HTTP_ERROR),
        ("all_500", Cause.ALL_FAILED),
        ("all_404", Cause.ALL_FAILED),
        ("later", Cause.BUSY),
        ("too_many", Cause.BUSY),
        ("all_503", Cause.BUSY),
        ("period", ""),
        ("dead", Cause.REFUSED),
        ("window", ""),
        ("unchanged_etag", ""),
        ("changed", ""),
        ("given", ""),
    ],
)
def test_what_broke_a_source_is_named(crawled: Mapping[str, Outcome], name: str, cause: str) -> None:
    assert crawled[name].report.cause == cause


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/a/gone.html", "http_404"),
        ("/a/truncated.html", "truncated"),
        ("/a/cut.html", "truncated"),
        ("/a/declared.html", "too_large"),
        ("/a/endless.html", "too_large"),
        ("/a/bomb.html", "too_large"),
        ("/a/slow.html", "timeout"),
        ("/a/broken.html", "http_500"),
        ("/a/loop.html", "redirect_loop"),
        ("/a/away.html", "redirect_away"),
        ("/a/202600005.html", "truncated"),
    ],
)
def test_what_cannot_be_had_fails_with_its_reason(crawled: Mapping[str, Outcome], path: str, reason: str) -> None:
    assert crawled["mixed"].reason(path) == reason
    assert path not in crawled["mixed"].articles()


def test_what_is_not_asked_for_is_skipped_with_its_reason(crawled: Mapping[str, Outcome]) -> None:
    assert crawled["mixed"].report.skipped == {"known": 1, "other_host": 1, "robots": 1, "denied": 1}


def test_bytes_land_as_they_came_and_are_read_without_their_encoding(crawled: Mapping[str, Outcome]) -> None:
    pages = crawled["mixed"].articles()
    assert pages["/a/gzip.html"].header("Content-Encoding") == "gzip"
    assert pages["/a/gzip.html"].body.decode() == article()
    assert pages["/a/chunked.html"].body.decode() == article()


def test_parts_land_behind_their_article_and_only_its_own(crawled: Mapping[str, Outcome]) -> None:
    landed = [(kind, page.url.removeprefix(crawled["mixed"].site.url(""))) for kind, page in crawled["mixed"].landed]
    at = landed.index(("article", "/a/202600002.html"))
    assert landed[at + 1 : at + 3] == [("part", "/a/202600002_2.html"), ("part", "/a/202600002_3.html")]
    at = landed.index(("article", "/a/202600004.html"))
    assert landed[at + 1 : at + 3] == [("part", "/a/202600004_1.html"), ("part", "/a/202600004_2.html")]


def test_a_listing_that_names_part_two_brings_the_article_from_its_first_part(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["parts_listed"]
    pages = outcome.articles()
    assert pages["/a/030277875_01.shtml"].url == outcome.site.url("/a/030277875.shtml")
    landed = [(kind, page.url.removeprefix(outcome.site.url(""))) for kind, page in outcome.landed]
    assert landed[landed.index(("article", "/a/030277875.shtml")) + 1] == ("part", "/a/030277875_01.shtml")


def test_a_number_at_the_end_of_an_address_that_means_no_part_is_asked_for_without_it_a_few_times_only(
    crawled: Mapping[str, Outcome],
) -> None:
    outcome = crawled["parts_listed"]
    assert outcome.articles()["/a/2026_0917_10001_2.html"].url == outcome.site.url("/a/2026_0917_10001_2.html")
    assert outcome.report.fetched == 11
    assert len([path for path, _, _ in outcome.site.asked if path.startswith("/a/")]) == 11 + 3 + 1


def test_attachments_land_where_the_source_wants_them_and_a_missing_one_costs_nothing(
    crawled: Mapping[str, Outcome],
) -> None:
    files = [page for kind, page in crawled["mixed"].landed if kind == "attachment"]
    assert [page.body for page in files] == [b"%PDF-1.5 attached"]
    assert "/a/files.html" in crawled["mixed"].articles()
    assert crawled["mixed"].report.files == {"failed:http_404": 1}
    assert all(page.parent_url.endswith("/a/files.html") and page.listed_title for page in files)


def test_redirects_refreshes_and_jumps_end_at_the_article(crawled: Mapping[str, Outcome]) -> None:
    pages = crawled["mixed"].articles()
    site = crawled["mixed"].site
    assert pages["/a/moved.html"].url == site.url("/a/target.html")
    assert pages["/a/refresh.html"].url == site.url("/a/target2.html")
    assert pages["/a/jump.html"].url == site.url("/a/target3.html")


def test_a_due_article_lands_with_304_and_with_410_and_a_known_one_is_not_asked_for(
    crawled: Mapping[str, Outcome],
) -> None:
    outcome = crawled["mixed"]
    assert outcome.articles()["/a/due304.html"].status == 304
    assert outcome.articles()["/a/due410.html"].status == 410
    assert outcome.site.times("/a/known.html") == 0


def test_what_passes_is_had_at_the_second_try(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["mixed"]
    assert {"/a/busy.html", "/a/patient.html", "/a/shaky.html"} <= set(outcome.articles())
    first, second = [at for path, _, at in outcome.site.asked if path == "/a/busy.html"]
    assert second - first >= 1.0


def test_every_request_says_who_asks(crawled: Mapping[str, Outcome]) -> None:
    agents = {headers["User-Agent"] for _, headers, _ in crawled["mixed"].site.asked}
    assert agents == {AGENT}


def test_turning_pages_stops_when_nothing_on_one_is_new(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["pages"]
    (walk,) = outcome.report.listings
    assert (walk.pages, walk.links, walk.stop) == (3, 3, "no_new")
    assert outcome.report.listed == outcome.report.fetched == 3
    assert [kind for kind, _ in outcome.landed].count("listing") == 3


def test_after_a_block_the_host_is_asked_nothing_more(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["blocked_midway"]
    assert outcome.report.failed == {"blocked:jsl": 1}
    assert outcome.report.skipped["cooled_down"] == 20
    assert outcome.site.times("/a/x.html") == 1
    assert not [path for path, _, _ in outcome.site.asked if path.startswith("/b/")]
    assert len(crawled["blocked_list"].site.asked) == 2  # robots.txt and the listing


def test_a_listing_that_was_not_asked_for_has_the_cause_of_the_block(crawled: Mapping[str, Outcome]) -> None:
    assert [walk.cause for walk in crawled["two_lists"].report.listings] == [Cause.BLOCKED_JSL] * 2


@pytest.mark.parametrize("name", ["blocked_robots", "robots_500", "robots_slow", "robots_403"])
def test_a_host_that_does_not_say_what_it_forbids_is_asked_nothing(crawled: Mapping[str, Outcome], name: str) -> None:
    assert {path for path, _, _ in crawled[name].site.asked} == {"/robots.txt"}


@pytest.mark.parametrize("name", ["robots_404", "robots_html", "ignored"])
def test_a_host_without_rules_is_crawled(crawled: Mapping[str, Outcome], name: str) -> None:
    assert crawled[name].report.fetched == 3


def test_robots_txt_is_asked_for_once(crawled: Mapping[str, Outcome]) -> None:
    assert crawled["mixed"].site.times("/robots.txt") == 1
    assert crawled["ignored"].site.times("/robots.txt") == 0


@pytest.mark.parametrize(("name", "least"), [("robots_delay", 0.36), ("delayed", 0.14)])
def test_requests_keep_their_distance(crawled: Mapping[str, Outcome], name: str, least: float) -> None:
    """On the mean: a server on a busy machine notices one request late, and the next in time."""
    times = [at for path, _, at in crawled[name].site.asked if path != "/robots.txt"]
    assert len(times) > 3
    assert (times[-1] - times[0]) / (len(times) - 1) >= least


def test_a_host_that_fails_again_and_again_is_left_alone(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["all_500"]
    assert outcome.report.failed == {"http_500": 5}
    assert outcome.report.skipped == {"cooled_down": 25}
    assert len(outcome.site.asked) == 2 + 5 * 3


def test_outside_its_window_a_source_is_asked_nothing_and_is_not_broken(crawled: Mapping[str, Outcome]) -> None:
    assert crawled["window"].site.asked == []


def test_an_unchanged_listing_costs_one_request_and_the_due_articles(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["unchanged_etag"]
    assert [path for path, _, _ in outcome.site.asked if path != "/robots.txt"] == ["/a/202600000.html", "/list/"] or [
        path for path, _, _ in outcome.site.asked if path != "/robots.txt"
    ] == ["/list/", "/a/202600000.html"]
    assert outcome.report.listings[0].unchanged
    assert outcome.report.listings[0].etag == '"l1"'


def test_a_changed_listing_brings_only_what_is_new(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["changed"]
    assert outcome.report.skipped == {"known": 2}
    assert list(outcome.articles()) == ["/a/202600002.html"]


def test_given_addresses_are_fetched_and_no_listing_is_walked(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["given"]
    assert set(outcome.articles()) == {"/a/202600001.html", "/print/x.html"}
    assert outcome.report.failed == {"http_404": 1}
    assert outcome.site.times("/list/") == 0


def test_a_period_is_read_back_to_its_first_day_and_only_its_days_are_fetched(crawled: Mapping[str, Outcome]) -> None:
    outcome = crawled["period"]
    assert list(outcome.articles()) == ["/a/2.html"]
    assert outcome.report.skipped == {"outside_period": 2, "known": 1}


def test_a_listing_is_remembered_only_if_nothing_that_it_named_is_missing(crawled: Mapping[str, Outcome]) -> None:
    assert crawled["pages"].report.listings[0].digest
    assert not crawled["mixed"].report.listings[0].digest


# -- as a child process -------------------------------------------------------


@pytest.fixture
def child(bucket: Store, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `python -m spiders` on a source file that is written for it."""
    started: list[subprocess.Popen[str]] = []

    def start(source: Source, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        path = tmp_path / f"{source.id}.yaml"
        path.write_text(yaml.safe_dump(json.loads(source.model_dump_json(exclude_defaults=True)), allow_unicode=True))
        command = [sys.executable, "-m", "spiders", source.id, "--run", "r2", "--store", bucket.url]
        command += ["--sources", str(tmp_path), "--config", str(CONFIG), *arguments]
        streams = {"stdin": subprocess.DEVNULL} | options
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **streams
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def _report(store: Store, source: Source) -> CrawlReport:
    return CrawlReport.model_validate_json(store.get(f"runs/r2/crawl/{source.id}.json"))


def test_a_crawl_exits_0_and_prints_nothing_on_standard_output(bucket: Store, child: Callable[..., Any]) -> None:
    with serve(Site(pages=listed(numbered(3)))) as site:
        source = _source("child_fine", site, Scenario(pages={}))
        process = child(source)
        out, err = process.communicate()
    assert (process.returncode, out) == (0, ""), err
    assert _report(bucket, source).fetched == 3


def test_a_dead_host_exits_1_with_cause_and_advice(bucket: Store, child: Callable[..., Any]) -> None:
    source = _source("child_dead", Site(port=_free_port()), Scenario(pages={}, fetch={"retries": 0}))
    process = child(source)
    _, err = process.communicate()
    assert process.returncode == 1
    assert "refused" in err
    assert "Nothing listens" in err
    assert _report(bucket, source).cause == Cause.REFUSED


def test_a_wrong_source_exits_2_before_any_request(child: Callable[..., Any]) -> None:
    stranger = _source("child_wrong", Site(port=1), Scenario(pages={})).model_copy(update={"hosts": ("example.org",)})
    process = child(stranger)
    _, err = process.communicate()
    assert process.returncode == 2
    assert "GONGBAO_CONTACT" in err


def test_sigterm_ends_a_crawl_early_with_everything_uploaded(bucket: Store, child: Callable[..., Any]) -> None:
    with serve(Site(pages=listed(numbered(50)))) as site:
        source = _source("child_term", site, Scenario(pages={}, fetch={"delay": 0.2}))
        process = child(source)
        until(lambda: len(site.asked) >= 5, process)
        process.send_signal(signal.SIGTERM)
        process.communicate()
    report = _report(bucket, source)
    assert process.returncode == 1
    assert report.cause == Cause.INTERRUPTED
    assert report.closes
    assert report.fetched == len([page for key in report.landing for page in landing.read(bucket.get(key), key)]) >= 2
    assert report.skipped["interrupted"] >= 40


def test_a_crawl_ends_when_its_parent_is_gone(bucket: Store, child: Callable[..., Any]) -> None:
    with serve(Site(pages=listed(numbered(50)))) as site:
        source = _source("child_orphan", site, Scenario(pages={}, fetch={"delay": 0.2}))
        process = child(source, "--with-parent", "--urls", "-", stdin=subprocess.PIPE)
        process.stdin.write("".join(f"{site.url(path)}\n" for path in numbered(50)) + "\n")
        process.stdin.flush()
        until(lambda: len(site.asked) >= 4, process)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait() == 1
    assert _report(bucket, source).closes


def test_certificates_are_verified_and_curves_kept_to(bucket: Store, child: Callable[..., Any], tmp_path: Path) -> None:
    tls, certificate = with_tls(tmp_path, curve="X25519")
    trusting = {**os.environ, "SSL_CERT_FILE": str(certificate)}
    with serve(Site(pages=listed(numbered(2)), base="https://localhost"), tls) as site:
        ways: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "trusted": ({}, {"env": trusting}),
            "strange": ({}, {}),
            "p256": ({"tls": "p256_only"}, {"env": trusting}),
        }
        sources = {
            name: _source(f"tls_{name}", site, Scenario(pages={}, fetch={"retries": 0} | fetch)).model_copy(
                update={"hosts": ("localhost",)}
            )
            for name, (fetch, _) in ways.items()
        }
        started = {name: child(sources[name], **options) for name, (_, options) in ways.items()}
        codes = {name: process.wait() for name, process in started.items()}
    assert codes == {"trusted": 0, "strange": 1, "p256": 1}
    assert _report(bucket, sources["strange"]).cause == Cause.TLS
    assert _report(bucket, sources["p256"]).cause == Cause.TLS


RENDERED = """<html><head><meta charset="utf-8"><title>门户</title></head><body><div id="app"></div>
<script>setTimeout(() => fetch('/rows.json').then(r => r.json()).then(rows => { document.getElementById('app').innerHTML =
'<ul>' + rows.map(r => `<li><a href="${r}">关于工作安排的通知</a></li>`).join('') + '</ul>'; }), 500)</script></body></html>"""


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed")
@pytest.mark.skipif(not importlib.util.find_spec("scrapy_playwright"), reason="gongbao[browser] is not installed")
def test_a_list_made_by_a_browser_is_read_where_the_source_asks_for_it(
    bucket: Store, child: Callable[..., Any]
) -> None:
    rows = answers(json.dumps([*numbered(3)]), headers={"Content-Type": "application/json"})
    with serve(Site(pages={"/list/": RENDERED, "/rows.json": rows, **numbered(3)})) as site:
        source = _source("child_render", site, Scenario(pages={}, listing={"render": True}))
        process = child(source)
        _, err = process.communicate()
    assert process.returncode == 0, err
    assert _report(bucket, source).fetched == 3
    assert {headers["User-Agent"] for _, headers, _ in site.asked} == {AGENT}
