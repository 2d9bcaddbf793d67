"""Nights of a list with dead links: asked again at growing intervals, seen in the report, and no broken source."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.core.conservation import CrawlReport, RunReport, SourceReport, markdown
from pipeline.core.observation import Observation, Trouble
from pipeline.core.source import Source
from pipeline.health.assess import assess, trouble_of
from pipeline.health.rules import HealthRules
from pipeline.page.obstacles import Cause
from pipeline.report.morning_figures import Figures
from pipeline.report.morning_page import html
from pipeline.report.suspicion import MorningRules
from pipeline.store import fetches
from pipeline.store.known_pages import Seen
from pipeline.store.s3 import Store
from tests.makers.crawls import CONFIG, crawl, source_of
from tests.makers.places import ROOT
from tests.makers.servers.loopback import Site, answers, article, listing, serve

NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)
GOOD = ("/art/1.html", "/art/2.html", "/art/3.html", "/art/4.html")
AGAIN = (1, 2, 4, 8, 16, 32)  # days
DEAD = ("/art/5.html", "/art/6.html", "/art/7.html", "/art/8.html")


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site()) as served:
        served.pages = {"/list.html": listing(*GOOD, *DEAD), **{path: article() for path in GOOD}}
        yield served


def logged(store: Store, source: Source, report: CrawlReport, night: int, reasons: dict[str, str | None]) -> None:
    """As a published run logs it, on that night."""
    at = NOW + timedelta(days=night)
    rows = [
        {"doc_id": f"{number:032x}", "url": url, "requested_url": url, "source_id": source.id, "fetched_at": at,
         "outcome": "rejected" if reason else "document", "reason": reason}
        for number, (url, reason) in enumerate(reasons.items())
    ]  # fmt: skip
    told = report.model_copy(update={"ended_at": at, "run_id": f"r{night}"})
    fetches.append(store, f"r{night}", rows, [told], {source.id: source}, AGAIN)


def seen(store: Store, source: Source, night: int) -> Seen:
    return fetches.seen(store, source.id, NOW + timedelta(days=night))


def test_dead_links_are_asked_again_at_growing_intervals_and_break_nothing(site: Site, store: Store) -> None:
    source = source_of(site)
    first = crawl(site, store)
    assert (first.fetched, first.failed, first.cause) == (4, {"http_404": 4}, "")
    logged(store, source, first, 0, dict.fromkeys(map(site.url, GOOD)))

    second = crawl(site, store, seen=seen(store, source, 1))
    assert second.failed == {"http_404": 4}
    assert second.skipped == {"known": 0} or second.cause == ""
    assert second.failed_again == 4
    logged(store, source, second, 1, {})

    third = crawl(site, store, seen=seen(store, source, 2))
    assert (third.cause, third.failed) == ("", {})
    assert third.skipped.get("dead_link", 0) == 4 or third.listings[0].unchanged
    logged(store, source, third, 2, {})

    asked = [
        night for night in range(3, 80) if (now := seen(store, source, night)) and any(due.failed for due in now.due)
    ]
    assert asked[0] == 3  # two days after the second
    told = fetches.failed(store, "r1")[source.id]
    assert [each.url for each in told] == sorted(map(site.url, DEAD))
    assert {(each.cause, each.tries, each.first_seen, each.next_try) for each in told} == {
        ("http_404", 2, NOW, NOW + timedelta(days=3))
    }


def test_the_intervals_grow_until_nobody_asks_any_more(store: Store) -> None:
    source = Source.model_validate(
        {
            "id": "bureau",
            "name": "某局",
            "tier": "gov",
            "hosts": ["a.example"],
            "listings": [{"url": "http://a.example/", "family": "rss"}],
        }
    )
    url, nights = "http://a.example/1.html", []
    for night in range(120):
        now = seen(store, source, night)
        if night == 0 or any(due.url == url and due.failed for due in now.due):
            nights.append(night)
            report = CrawlReport(
                run_id="r",
                source_id="bureau",
                started_at=NOW,
                ended_at=NOW,
                listed=1,
                failed={"http_404": 1},
                failures=((url, "http_404"),),
            )
            logged(store, source, report, night, {})
        assert now.is_dead(url) == (night > 0 and night not in nights)
    assert nights == [0, 1, 3, 7, 15, 31, 63]


def test_a_list_of_which_every_link_is_dead_is_broken_on_every_night(site: Site, store: Store) -> None:
    site.pages = {"/list.html": listing(*DEAD)}
    source = source_of(site)
    report = crawl(site, store)
    assert report.cause == Cause.ALL_FAILED
    for night in (0, 1):
        logged(store, source, report, night, {})
    assert crawl(site, store, seen=seen(store, source, 2)).cause == Cause.ALL_FAILED


def test_failed_addresses_are_in_every_report(site: Site, store: Store) -> None:
    source = source_of(site)
    report = crawl(site, store)
    logged(store, source, report, 0, {})
    told = SourceReport(source_id=source.id, failed_addresses=fetches.failed(store, "r0")[source.id])
    run = RunReport(
        run_id="r0", kind="nightly", started_at=NOW, ended_at=NOW, version_before=1, version=1, sources=(told,)
    )
    for text in (
        markdown(run),
        run.model_dump_json(),
        html(run, Figures(), [], MorningRules.load(ROOT / "config"), {}),
    ):
        for path in DEAD:
            assert site.url(path) in text
        assert "http_404" in text
        assert "2026-01-05" in text or "2026-01-06" in text


def test_403_on_a_list_turns_us_away_and_503_on_robots_txt_is_unknown(site: Site, store: Store) -> None:
    site.pages = {"/list.html": answers("<html><title>403 Forbidden</title></html>", 403)}
    assert crawl(site, store).cause == Cause.FORBIDDEN
    assert trouble_of(Cause.FORBIDDEN) is Trouble.BLOCKED
    site.pages = {"/list.html": listing(*GOOD), "/robots.txt": answers("busy", 503)}
    assert crawl(site, store).cause == Cause.ROBOTS_UNKNOWN
    assert site.times("/art/1.html") == 0


def test_a_source_that_gives_pages_and_never_a_document_raises_an_alarm() -> None:
    rules = HealthRules.load(CONFIG)
    night = Observation(source_id="a", day=NOW.date(), pages=10, rejected=10, links=10)
    assert Trouble.NO_DOCUMENTS in [alarm.trouble for alarm in assess([], night, rules)]
    good = night.model_copy(update={"documents": 1, "rejected": 9})
    assert Trouble.NO_DOCUMENTS not in [alarm.trouble for alarm in assess([good], night, rules)]
    assert not assess([], night.model_copy(update={"pages": 1, "rejected": 1}), rules)
