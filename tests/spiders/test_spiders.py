"""The pure parts of a crawl: bookkeeping, waiting, clocks, further parts, decompression, settings."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.config import read
from pipeline.core.errors import ConfigError
from pipeline.core.models import Dated, Decoded, Precision
from pipeline.core.source import ArticleSpec, Source
from pipeline.page import obstacles
from pipeline.page.fields.rules import FieldRules
from pipeline.page.obstacles import Cause
from pipeline.store.landing import LandingWriter
from pipeline.store.s3 import Store
from spiders.crawl.further_parts import files, may_have_parts, next_part
from spiders.crawl.landing_writer import Landed
from spiders.crawl.ledger import Ledger
from spiders.crawl.night_window import Clock, inside
from spiders.crawl.task import Choice, Task, Wanted
from spiders.http import scrapy_settings
from spiders.http.retries import backoff, retry_after
from spiders.listings import Link
from tests.makers.places import ROOT

CONFIG = ROOT / "config"
SETTINGS = scrapy_settings.load(CONFIG / "crawl.yaml")
FILE_LINKS = read(CONFIG / "fields.yaml", FieldRules).attachments
SIGNATURES = obstacles.load(CONFIG / "obstacles.yaml")
WRITER = LandingWriter(Store.open("s3://nowhere"), "a1", "r1", date(2026, 1, 5))  # never written to
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SPEC = ArticleSpec()


# -- the ledger ---------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["list", "fetch", "skip", "fail"]), st.integers(0, 9), st.sampled_from(["a", "b"]))
)


@given(STEPS)
def test_whatever_happens_listed_is_fetched_and_skipped_and_failed(steps: list[tuple[str, int, str]]) -> None:
    ledger = Ledger()
    for what, number, reason in steps:
        url = f"http://a.example/{number}.html"
        if what in ("list", "fetch"):
            getattr(ledger, what)(url)
        else:
            getattr(ledger, what)(url, reason)
    ledger.close("interrupted")
    assert ledger.listed == ledger.fetched + sum(ledger.skipped.values()) + sum(ledger.failed.values())


def test_two_addresses_of_one_article_are_listed_once() -> None:
    ledger = Ledger()
    assert ledger.list("http://www.a.example/x/?spm=1")
    assert not ledger.list("https://www.a.example/x/")
    assert ledger.list("http://www.a.example/x/?id=1")


# -- waiting ------------------------------------------------------------------


def test_waiting_doubles_and_is_bounded() -> None:
    rules = SETTINGS.retry
    assert 0.75 <= backoff(1, rules) / rules.first_wait <= 1.25
    assert 3.0 <= backoff(3, rules) / rules.first_wait <= 5.0
    assert backoff(60, rules) == rules.longest_wait


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120.0),
        (b"Mon, 05 Jan 2026 12:01:00 GMT", 60.0),
        (b"Mon, 05 Jan 2026 11:00:00 GMT", 0.0),
        (b"soon", None),
        (b"", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(value: bytes | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.binary(max_size=40))
def test_no_retry_after_header_raises(value: bytes) -> None:
    retry_after(value, NOW)


# -- clocks -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "hour", "allowed"),
    [(None, 3, True), ((0, 6), 3, True), ((0, 6), 6, False), ((22, 6), 23, True), ((22, 6), 5, True), ((22, 6), 12, False)],
)  # fmt: skip
def test_a_window_is_kept_over_midnight_in_shanghai(window: tuple[int, int] | None, hour: int, allowed: bool) -> None:
    in_shanghai = datetime(2026, 1, 5, hour, 30, tzinfo=UTC) - timedelta(hours=8)
    assert inside(window, in_shanghai) is allowed


def test_a_run_of_another_day_moves_the_clock_by_whole_days_and_a_late_start_does_not() -> None:
    def real() -> datetime:
        return NOW

    assert Clock.on(None, real).now() == NOW
    assert Clock.on(NOW - timedelta(hours=5), real).now() == NOW
    assert Clock.on(NOW + timedelta(days=3), real).now() == NOW + timedelta(days=3)
    assert Clock.on(NOW - timedelta(days=2, hours=1), real).now() == NOW - timedelta(days=2)


# -- further parts and attachments --------------------------------------------


def as_read(text: str) -> Decoded:
    return Decoded(text=text, declared="", detected="utf-8", used="utf-8", replaced=0)


def page(tail: str) -> tuple[bytes, str]:
    html = f"<html><body><p>正文</p>{tail}</body></html>"
    return html.encode(), html


@pytest.mark.parametrize(
    ("url", "tail", "expected"),
    [
        ("http://a.example/n1/c1001-40000001.html", "<a href='c1001-40000001-2.html'>下一页</a>", "http://a.example/n1/c1001-40000001-2.html"),
        ("http://a.example/n1/c1001-40000001-2.html", "<a href='c1001-40000001-3.html'>下一页</a>", "http://a.example/n1/c1001-40000001-3.html"),
        ("http://a.example/s/030277875.shtml", "<a href=030277875_01.shtml><b>下一页</b></a>", "http://a.example/s/030277875_01.shtml"),
        ("http://a.example/t20260105_1234567.html", "<script>createPageHTML(3, 0, 't20260105_1234567', 'html')</script>", "http://a.example/t20260105_1234567_1.html"),
        ("http://a.example/t20260105_1234567_2.html", "<script>createPageHTML(3, 2, 't20260105_1234567', 'html')</script>", ""),
        ("http://a.example/t20260105_1234567.html", "<script>createPageHTML(1, 0, 't20260105_1234567', 'html')</script>", ""),
        ("http://a.example/list/index.html", "<script>createPageHTML(9, 0, 'index', 'html')</script>", ""),
        ("http://a.example/n1/c1001-40000001.html", "<a href='c1001-40000002.html'>下一篇</a>", ""),
        ("http://a.example/n1/c1001-40000001.html", "<a href='c1001-40000002-2.html'>下一页</a>", ""),
        ("http://a.example/n1/c1001-40000001.html", "<a href='javascript:next()'>下一页</a>", ""),
    ],
)  # fmt: skip
def test_the_next_part_is_of_the_same_article(url: str, tail: str, expected: str) -> None:
    body, text = page(tail)
    assert next_part(url, body, as_read(text), SPEC) == expected
    assert may_have_parts(url, body) or not expected


def test_files_are_found_by_name_and_by_parameter_each_once() -> None:
    _, text = page(
        "<a href='./P0202601.pdf'>附件1</a><a href='P0202601.pdf#page=2'>附件1</a><a href='/x.html'>x</a>"
        "<a href='/module/download/downfile.jsp?classid=0&filename=ab12.docx'>附件2</a><iframe src='/v.html?file=/a/b.ofd'></iframe>"
    )
    assert [(file.name, file.url) for file in files("http://a.example/c/t.html", as_read(text), FILE_LINKS)] == [
        ("附件1", "http://a.example/c/P0202601.pdf"),
        ("附件2", "http://a.example/module/download/downfile.jsp?classid=0&filename=ab12.docx"),
        ("b.ofd", "http://a.example/a/b.ofd"),
    ]


@given(st.text())
def test_no_page_makes_the_search_for_parts_raise(text: str) -> None:
    next_part("http://a.example/t20260105_1234567.html", text.encode("utf-8", "replace"), as_read(text), SPEC)
    files("http://a.example/t.html", as_read(text), FILE_LINKS)


# -- which articles are wanted -------------------------------------------------


def choice(**article: object) -> Choice:
    made = source("a.example").model_copy(update={"article": ArticleSpec.model_validate(article)})
    how = {"settings": SETTINGS, "signatures": SIGNATURES, "file_links": FILE_LINKS}
    return Choice(Task(source=made, landed=Landed(WRITER), clock=Clock(), **how))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://a.example/t/1.html", ""),
        ("https://sub.a.example/t/1.html", ""),
        ("http://a.example:8080/t/1.html", ""),
        ("http://aa.example/t/1.html", "other_host"),
        ("http://a.example/x/1.html", "denied"),
        ("http://a.example/t/print.html", "denied"),
        ("ftp://a.example/t/1.html", "not_http"),
        ("http://[a.example/t/1.html", "not_http"),
        ("http://a.example:port/t/1.html", "not_http"),
        ("http:///t/1.html", "not_http"),
        ("", "not_http"),
    ],
)
def test_an_address_is_asked_for_or_turned_away_with_its_reason(url: str, reason: str) -> None:
    assert choice(match="/t/", deny=["print"]).refusal(Wanted(url=url)) == reason


@given(st.text())
def test_no_address_makes_the_choice_raise(text: str) -> None:
    for url in (text, f"http://{text}", f"http://a.example/{text}"):
        choice().refusal(Wanted(url=url))


def test_old_articles_are_left_out_of_archives_and_kept_on_pages_of_news() -> None:
    old = Dated(at=datetime(2019, 1, 5, tzinfo=UTC), precision=Precision.DAY, raw="", evidence="list")
    link, made = Link(url="http://a.example/t/1.html", published=old), choice()
    column = source("a.example").listings[0]
    assert made.wrong_day(link, column, archive=True) == "too_old"
    assert made.wrong_day(link, column, archive=False) == ""
    assert made.wrong_day(Link(url=link.url), column, archive=True) == ""


# -- settings -----------------------------------------------------------------


def source(host: str, **fetch: object) -> Source:
    return Source.model_validate(
        {
            "id": "a1",
            "name": "某局",
            "tier": "gov",
            "hosts": [host],
            "listings": [{"url": f"http://{host}/", "family": "next_link"}],
            "fetch": fetch,
        }
    )


def test_strangers_are_asked_only_by_someone_whom_they_can_write_to() -> None:
    with pytest.raises(ConfigError, match="GONGBAO_CONTACT"):
        scrapy_settings.of_scrapy(SETTINGS, source("www.example.org"))
    named = scrapy_settings.load(CONFIG / "crawl.yaml", "news@example.org")
    assert "news@example.org" in scrapy_settings.of_scrapy(named, source("www.example.org"))["USER_AGENT"]


def test_politeness_comes_from_the_source() -> None:
    made = scrapy_settings.of_scrapy(
        SETTINGS, source("127.0.0.1:8000", delay=3, concurrency=2, timeout=9, max_bytes=77)
    )
    wanted = {"DOWNLOAD_DELAY": 3, "CONCURRENT_REQUESTS_PER_DOMAIN": 2, "DOWNLOAD_TIMEOUT": 9, "DOWNLOAD_MAXSIZE": 77}
    assert {name: made[name] for name in wanted} == wanted
    assert made["DOWNLOAD_VERIFY_CERTIFICATES"]


def test_every_cause_has_advice() -> None:
    assert set(SETTINGS.advice) == set(Cause)


def test_a_cause_without_advice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crawl.yaml"
    lines = (CONFIG / "crawl.yaml").read_text("utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("  login:")), "utf-8")
    with pytest.raises(ConfigError, match="no advice for login"):
        read(path, scrapy_settings.CrawlSettings)
