"""The rules of when to stop turning the pages of a listing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.models import Dated, Precision
from pipeline.core.source import Stop
from spiders.listings import Found, Link, Rule, Stopper

NOW = datetime(2026, 9, 24, tzinfo=UTC)
CUTOFF = NOW - timedelta(days=30)


def link(name: str | int, days_ago: int | None = 1) -> Link:
    at = None if days_ago is None else NOW - timedelta(days=days_ago)
    dated = Dated(at=at, precision=Precision.DAY, raw="", evidence="list") if at else None
    return Link(url=f"https://a.gov.cn/{name}.html", published=dated)


def page(*names: str | int, days_ago: int | None = 1, **more: object) -> Found:
    return Found(links=tuple(link(name, days_ago) for name in names), **more)  # type: ignore[arg-type]


def test_the_declared_number_of_articles_ends_the_listing():
    stopper = Stopper(Stop(), cutoff=CUTOFF)
    assert stopper.feed(page(1, 2, total=4)) is None
    assert stopper.feed(page(3, 4, total=4)) is Rule.TOTAL


def test_the_declared_number_of_pages_ends_the_listing():
    stopper = Stopper(Stop(), cutoff=CUTOFF)
    assert stopper.feed(page(1, declared_pages=2)) is None
    assert stopper.feed(page(2, declared_pages=2)) is Rule.TOTAL


def test_one_old_page_is_not_enough_but_two_in_a_row_are():
    stopper = Stopper(Stop(), cutoff=CUTOFF)
    assert stopper.feed(page(1, days_ago=90)) is None
    assert stopper.feed(page(2, days_ago=1)) is None
    assert stopper.feed(page(3, days_ago=90)) is None
    assert stopper.feed(page(4, days_ago=90)) is Rule.OLD


def test_a_row_without_a_date_keeps_a_page_from_being_old():
    stopper = Stopper(Stop(), cutoff=CUTOFF)
    for first in (1, 3, 5):
        rows = (link(first, 90), link(first + 1, None))
        assert stopper.feed(Found(links=rows)) is None


def test_a_page_that_brings_nothing_new_ends_the_listing():
    stopper = Stopper(Stop())
    assert stopper.feed(page(1, 2, 3)) is None
    assert stopper.feed(page(2, 3)) is Rule.NO_NEW


def test_a_site_that_answers_its_last_page_for_ever_is_clamped():
    stopper = Stopper(Stop())
    assert stopper.feed(page(1, 2)) is None
    assert stopper.feed(page(3, 4)) is None
    assert stopper.feed(page(4, 3)) is Rule.CLAMPED


def test_addresses_of_one_page_count_once():
    stopper = Stopper(Stop())
    assert stopper.feed(page(1)) is None
    assert stopper.feed(Found(links=(Link(url="http://a.gov.cn/1.html?spm=x"),))) is Rule.CLAMPED


def test_a_missing_page_is_the_end_only_where_no_count_was_declared():
    silent, promised = Stopper(Stop()), Stopper(Stop())
    silent.feed(page(1))
    promised.feed(page(1, declared_pages=3))
    assert silent.feed_missing() is Rule.END
    assert promised.feed_missing() is Rule.MISSING_PAGE
    assert promised.feed_missing().is_fault
    assert not silent.feed_missing().is_fault


def test_an_empty_first_page_is_a_fault_and_never_nothing_new():
    assert Stopper(Stop()).feed(Found()) is Rule.EMPTY_LIST
    assert Rule.EMPTY_LIST.is_fault


def test_an_empty_page_later_is_the_end_unless_more_was_promised():
    silent, promised = Stopper(Stop()), Stopper(Stop())
    silent.feed(page(1))
    promised.feed(page(1, total=10))
    assert silent.feed(Found()) is Rule.END
    assert promised.feed(Found()) is Rule.EMPTY_PAGE


def test_a_page_that_names_pages_only_is_not_empty():
    stopper = Stopper(Stop())
    assert stopper.feed(Found(flags=frozenset({"index"}))) is None
    assert stopper.feed(page(1)) is None


def test_the_most_pages_end_the_listing():
    stopper = Stopper(Stop(max_pages=2))
    assert stopper.feed(page(1)) is None
    assert stopper.feed(page(2)) is Rule.MAX_PAGES


def test_a_night_reads_one_known_page_more_than_it_needs():
    known = {f"https://a.gov.cn/{n}.html" for n in range(2, 9)}
    stopper = Stopper(Stop(overlap_pages=1), known=known.__contains__)
    assert stopper.feed(page(1, 2)) is None
    assert stopper.feed(page(3, 4)) is None
    assert stopper.feed(page(5, 6)) is Rule.KNOWN


def test_an_article_slipped_in_among_known_ones_keeps_the_night_reading():
    known = {f"https://a.gov.cn/{n}.html" for n in (1, 2, 4, 5, 6)}
    stopper = Stopper(Stop(overlap_pages=1), known=known.__contains__)
    assert stopper.feed(page(1, 2)) is None
    assert stopper.feed(page(3, 4)) is None
    assert stopper.feed(page(5)) is None
    assert stopper.feed(page(6)) is Rule.KNOWN


def test_a_total_that_changes_under_way_is_flagged():
    stopper = Stopper(Stop())
    stopper.feed(page(1, total=30))
    stopper.feed(page(2, total=31))
    assert stopper.flags == {"list_moved"}


def test_a_listing_with_the_oldest_first_is_flagged():
    stopper = Stopper(Stop())
    stopper.feed(Found(links=tuple(link(n, 20 - n) for n in range(8))))
    assert stopper.flags == {"ascending"}


def test_a_pinned_row_does_not_make_a_listing_ascending():
    stopper = Stopper(Stop())
    stopper.feed(Found(links=(link("pinned", 20), *(link(n, n + 1) for n in range(8)))))
    assert stopper.flags == set()


@given(st.lists(st.lists(st.integers(0, 30), max_size=5), min_size=1, max_size=40), st.integers(1, 10))
def test_a_listing_always_ends_within_its_pages(pages: list[list[int]], most: int):
    stopper = Stopper(Stop(max_pages=most))
    for turned, names in enumerate(pages, start=1):
        if stopper.feed(page(*names)):
            break
        assert turned < most
