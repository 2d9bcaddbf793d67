"""Health: what a source's own history leads us to expect, and the alarms when it does otherwise."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.commands.status import calendar
from pipeline.core.conservation import ListingReport, RunReport, SourceReport, markdown
from pipeline.core.observation import Alarm, Grade, Observation, Trouble
from pipeline.health.assess import assess, trouble_of
from pipeline.health.holidays import Day
from pipeline.health.observing import night_of, observe
from pipeline.health.rules import HealthRules
from pipeline.health.unknown_holiday import is_common_rest
from pipeline.page.obstacles import Cause
from tests.makers.nights.nights import KINDS, YEAR, simulate
from tests.makers.places import ROOT

CONFIG = ROOT / "config"
RULES = HealthRules.load(CONFIG)
MONDAY = date(2026, 6, 1)


def night(number: int, pages: int = 10, **told: Any) -> Observation:
    """A night of a source that brings ten documents every day of the week."""
    documents = told.pop("documents", pages)
    plain = {
        "links": 20,
        "own_share": 0.9,
        "known_share": 1 - pages / 20,
        "filled": dict.fromkeys(("title", "published", "publisher"), documents) if documents else {},
        "median_length": 800 if documents else 0,
        "median_age": 0.5 if documents else None,
    }
    return Observation(
        source_id="a", day=MONDAY + timedelta(days=number), pages=pages, documents=documents, **(plain | told)
    )


SOUND = [night(number) for number in range(60)]


def told(history: list[Observation], *tonights: Observation) -> list[list[Alarm]]:
    """The alarms of some nights in a row."""
    past, found = list(history), []
    for tonight in tonights:
        alarms = assess(past, tonight, RULES)
        past.append(tonight.model_copy(update={"troubles": tuple(alarm.trouble for alarm in alarms)}))
        found.append(alarms)
    return found


def names(alarms: list[Alarm]) -> list[Trouble]:
    return [alarm.trouble for alarm in alarms]


# -- a year -------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_year_names_its_faults_within_two_nights_and_raises_nothing_else(kind: Any):
    seeds = range(4)  # 20 in tests/benchmarks/health.py
    years = [simulate(kind, seed, RULES) for seed in seeds]
    assert [year.false for year in years] == [[] for _ in seeds]
    late = [
        (each.fault.name, each.visible, each.named)
        for year in years
        for each in year.told
        if each.visible is not None and (each.named is None or each.named > each.visible + 2)
    ]
    assert late == []
    seen = Counter(each.fault.name for year in years for each in year.told if each.visible is not None)
    assert seen["blocked fortnight"] == len(seeds)
    if kind.name in ("daily", "ministry", "e-paper"):
        assert seen["frozen feed"] == seen["slow decay"] == len(seeds)


def test_a_simulated_year_is_one():
    assert YEAR == 365


# -- one night ----------------------------------------------------------------


def test_first_nights_raise_nothing():
    assert told([], night(0, 20), night(1, 0), night(2, 9), night(3, 0), night(4, 0), night(5, 7)) == [[]] * 6


def test_late_posting_raises_nothing():
    assert told(SOUND, night(60, 0), night(61, 20)) == [[], []]


def test_a_second_silent_night_of_a_daily_source_is_a_frozen_feed_that_grows_graver():
    found = told(SOUND, *(night(60 + number, 0) for number in range(10)))
    assert [names(alarms) for alarms in found] == [[]] + [[Trouble.FROZEN_FEED]] * 9
    assert [alarms[0].grade for alarms in found[1:]] == ["notice"] + ["warning"] * 5 + ["alarm"] * 3
    assert found[-1][0].nights == 9
    assert found[-1][0].since == MONDAY + timedelta(days=61)
    assert found[-1][0].advice


def test_a_dead_link_every_night_does_not_hide_that_the_feed_is_frozen():
    found = told(SOUND, *(night(60 + number, 0, failed=1) for number in range(3)))
    assert [names(alarms) for alarms in found] == [[], [Trouble.FROZEN_FEED], [Trouble.FROZEN_FEED]]


def test_silence_in_a_holiday_week_and_in_one_that_nobody_announced_raises_nothing():
    for first_of_october in (date(2026, 10, 1), date(2029, 10, 1)):
        start = first_of_october - MONDAY
        history = [night(start.days - 60 + number) for number in range(60)]
        assert told(history, *(night(start.days + number, 0) for number in range(7))) == [[]] * 7


def test_a_cause_of_the_crawl_is_named_on_the_first_night_of_all():
    alarms = assess([], night(0, 0, cause="blocked:jsl", detail="answered 521"), RULES)
    assert names(alarms) == [Trouble.BLOCKED]
    assert alarms[0].detail == "blocked:jsl: answered 521"
    assert alarms[0].grade is Grade.NOTICE


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_of_a_crawl_means_a_trouble_except_that_it_was_told_to_stop(cause: Cause):
    assert (trouble_of(cause) is None) == (cause is Cause.INTERRUPTED)


@pytest.mark.parametrize(
    ("tonight", "trouble"),
    [
        (night(60, 0, own_share=0.1, known_share=1.0), Trouble.LISTING_CHANGED),
        (night(60, 10, rejected=10, documents=0), Trouble.ARTICLES_CHANGED),
        (night(60, 1, failed=9), Trouble.ARTICLES_FAILED),
        (night(60, 10, filled={"title": 10, "published": 10, "publisher": 0}), Trouble.FIELDS_LOST),
        (night(60, 10, filled={"title": 0, "published": 10, "publisher": 10}), Trouble.FIELDS_LOST),
        (night(60, 10, median_length=90), Trouble.TEXTS_SHRUNK),
        (night(60, 20, median_age=200.0), Trouble.ADDRESSES_CHANGED),
    ],
)
def test_what_differs_from_the_history_is_named(tonight: Observation, trouble: Trouble):
    assert names(assess(SOUND, tonight, RULES)) == [trouble]


@pytest.mark.parametrize(
    "tonight",
    [
        night(60, 10, rejected=2, documents=8),
        night(60, 10, failed=2),
        night(60, 1, rejected=1, documents=0),
        night(60, 30, median_length=2500),
        night(60, 10, median_length=500),
        night(60, 10, filled={"title": 10, "published": 8, "publisher": 7}),
        night(60, 12, median_age=3.0),
        night(60, 0, links=0, own_share=None, known_share=None),
    ],
)
def test_what_happens_in_any_week_raises_nothing(tonight: Observation):
    assert assess(SOUND, tonight, RULES) == []


def test_after_a_blocked_fortnight_the_backlog_raises_nothing():
    blocked = [night(60 + number, 0, cause="blocked:waf") for number in range(14)]
    backlog = night(74, 20, known_share=0.0, median_age=7.0)
    found = told(SOUND, *blocked, backlog, night(75), night(76, 0), night(77, 20))
    assert found[14:] == [[]] * 4


def test_a_listing_older_than_the_source_allows_is_frozen_whatever_its_history_says():
    rare = [night(number, 0, newest=MONDAY, stale_after=30) for number in range(40)]
    found = told([], *rare)
    assert names(found[30]) == []
    assert names(found[31]) == [Trouble.FROZEN_FEED]


def test_what_was_due_on_friday_may_come_on_monday():
    monday_to_friday = [night(number, 0 if number % 7 > 4 else 10) for number in range(77)]
    history, friday = monday_to_friday[:74], 74
    late = [night(friday, 0), night(75, 0), night(76, 0), night(77, 20)]
    assert told(history, *late) == [[]] * 4
    frozen = [*late[:3], night(77, 0)]
    assert [names(alarms) for alarms in told(history, *frozen)] == [[], [], [], [Trouble.FROZEN_FEED]]


def test_a_weekly_that_misses_its_day_is_named_two_nights_later_and_one_a_day_late_is_not():
    weekly = [night(number, 12 if number % 7 == 3 else 0, links=20) for number in range(150)]
    assert 150 % 7 == 3
    assert [names(alarms) for alarms in told(weekly, *(night(150 + number, 0) for number in range(4)))] == [
        [], [], [Trouble.FROZEN_FEED], [Trouble.FROZEN_FEED],
    ]  # fmt: skip
    assert told(weekly, night(150, 0), night(151, 12), night(152, 0), night(153, 0)) == [[]] * 4


def test_a_small_weekly_is_named_on_the_second_day_that_it_misses():
    weekly = [night(number, 5 if number % 7 == 3 else 0) for number in range(150)]
    found = told(weekly, *(night(150 + number, 0) for number in range(8)))
    assert [names(alarms) for alarms in found] == [[]] * 7 + [[Trouble.FROZEN_FEED]]


def test_a_monthly_is_stale_only_when_it_is_later_than_it_ever_was():
    days = [MONDAY + timedelta(days=31 * month) for month in range(5)]
    monthly = [
        night(number, 0, newest=max(day for day in days if day <= MONDAY + timedelta(days=number)), stale_after=30)
        for number in range(200)
    ]
    found = [names(alarms) for alarms in told([], *monthly)]
    assert found[:31] == [[]] * 31  # of the first pause nothing is known but what the source says
    assert found[62:171] == [[]] * 109
    assert found[171] == [Trouble.FROZEN_FEED]


def test_a_night_on_which_all_are_silent_is_a_holiday_where_nobody_entered_them():
    def past(source: str, first: date) -> list[Observation]:
        days = (first + timedelta(days=number) for number in range(70))
        return [night(0).model_copy(update={"source_id": source, "day": day}) for day in days]

    def silent(count: int, day: date) -> list[Observation]:
        return [
            night(0, 0 if number < count else 10).model_copy(update={"source_id": str(number), "day": day})
            for number in range(5)
        ]

    day = date(2027, 9, 1)
    history = {str(number): past(str(number), day - timedelta(days=70)) for number in range(5)}
    assert is_common_rest(silent(4, day), history, day, RULES)
    assert not is_common_rest(silent(2, day), history, day, RULES)
    assert not is_common_rest(silent(4, day)[:3], history, day, RULES)
    known = date(2026, 9, 1)
    before = {source: past(source, known - timedelta(days=70)) for source in history}
    assert not is_common_rest(silent(5, known), before, known, RULES)
    rested = {
        source: [each.model_copy(update={"rest": number >= 61}) for number, each in enumerate(nights)]
        for source, nights in history.items()
    }
    assert not is_common_rest(silent(5, day), rested, day, RULES)  # for ten nights: something of ours is wrong


def test_two_runs_of_one_night_are_one():
    again = night(60, 0)
    assert told([*SOUND, night(60)], again, night(61, 0), night(61, 0)) == [[], [], []]


@given(
    st.lists(
        st.builds(
            night,
            st.integers(0, 99),
            st.integers(0, 50),
            cause=st.sampled_from(["", "timeout", "empty_list"]),
            failed=st.integers(0, 50),
            own_share=st.none() | st.floats(0, 1),
            median_age=st.none() | st.floats(0, 1e5),
            median_length=st.integers(0, 10**6),
            newest=st.none() | st.dates(),
            stale_after=st.integers(0, 400),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_no_history_raises(nights: list[Observation]):
    *history, tonight = nights
    assert all(alarm.detail and alarm.advice for alarm in assess(history, tonight, RULES))


# -- the calendar -------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 2, 17), Day.HOLIDAY),
        (date(2026, 2, 14), Day.WORKED),
        (date(2026, 2, 24), Day.ORDINARY),
        (date(2025, 10, 8), Day.HOLIDAY),
        (date(2024, 9, 16), Day.HOLIDAY),
        (date(2027, 2, 6), Day.HOLIDAY),
        (date(2027, 10, 3), Day.HOLIDAY),
        (date(2027, 7, 5), Day.ORDINARY),
        (date(2041, 2, 1), Day.HOLIDAY),
        (date(2041, 3, 12), Day.ORDINARY),
    ],
)
def test_holidays_are_known_and_those_not_announced_are_guessed_widely(day: date, kind: Day):
    assert RULES.holidays
    assert RULES.holidays.kind(day) is kind


def test_status_says_when_the_holidays_of_a_year_are_only_guessed():
    def lines(day: datetime, *rested: date) -> list[str]:
        seen = tuple(Observation(source_id="a", day=each, rest=True) for each in rested)
        now = datetime(2026, 6, 1, tzinfo=UTC)
        run = RunReport(
            run_id="r", kind="nightly", started_at=now, ended_at=now, version_before=0, version=0, observations=seen
        )
        return list(calendar(RULES, [run], day))

    assert lines(datetime(2026, 11, 1, tzinfo=UTC)) == []
    assert "2027" in lines(datetime(2026, 12, 28, tzinfo=UTC))[0]
    assert "2027-09-01" in lines(datetime(2026, 11, 1, tzinfo=UTC), date(2027, 9, 1))[0]


def test_only_weekend_days_are_worked_for_holidays():
    assert RULES.holidays
    assert all(day.weekday() >= 5 for year in RULES.holidays.announced.values() for day in year.worked)


# -- observing ----------------------------------------------------------------


def test_a_run_after_midnight_belongs_to_the_night_before():
    assert night_of(datetime(2026, 6, 1, 18, 0, tzinfo=UTC), RULES) == date(2026, 6, 1)
    assert night_of(datetime(2026, 6, 1, 14, 0, tzinfo=UTC), RULES) == date(2026, 6, 1)


def test_an_observation_counts_what_came_for_the_first_time():
    at = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
    pages = pl.DataFrame(
        {
            "doc_id": ["1", "2", "3"],
            "source_id": ["a"] * 3,
            "outcome": ["document", "document", "rejected"],
            "reason": [None, None, "list_page"],
            "title": ["题", "", None],
            "published_at": [at, None, None],
            "publisher": ["某报", None, None],
            "characters": [100, 300, None],
        },
        schema_overrides={"published_at": pl.Datetime("us", "UTC")},
    )
    report = SourceReport(
        source_id="a",
        skipped={"known": 5, "denied": 2},
        failed={"http_404": 2},
        listings=(ListingReport(url="http://a/", family="rss", links=12, newest=at),),
    )
    seen = observe(report, pages, date(2026, 6, 1), None, RULES)
    assert (seen.pages, seen.rejected, seen.failed, seen.documents) == (3, 1, 2, 2)
    assert seen.filled == {"title": 1, "published": 1, "publisher": 1}
    assert (seen.median_length, seen.median_age, seen.newest) == (200, 1.0, date(2026, 6, 1))
    assert (seen.known_share, seen.own_share) == (0.5, 10 / 12)


def test_a_single_dead_link_on_a_quiet_night_is_no_broken_source():
    pages = pl.DataFrame(schema=dict.fromkeys(("outcome", "reason"), pl.String))
    report = SourceReport(source_id="a", cause="all_failed", failed={"http_404": 1})
    assert observe(report, pages, MONDAY, None, RULES).cause == ""
    report = SourceReport(source_id="a", cause="all_failed", failed={"http_404": 9})
    assert observe(report, pages, MONDAY, None, RULES).cause == "all_failed"


def test_an_alarm_is_open_until_a_later_night_of_its_source_raises_none():
    from pipeline.report.run_reports import open_alarms

    def run(number: int, sources: str, *troubled: str) -> RunReport:
        now = datetime(2026, 6, number, tzinfo=UTC)
        alarms = (
            Alarm(source_id=each, trouble=Trouble.DEAD, grade=Grade.NOTICE, since=MONDAY, nights=1) for each in troubled
        )
        return RunReport(
            run_id=str(number), kind="nightly", started_at=now, ended_at=now, version_before=0, version=0,
            observations=tuple(Observation(source_id=each, day=MONDAY) for each in sources), alarms=tuple(alarms),
        )  # fmt: skip

    runs = [run(3, "a"), run(2, "b", "b"), run(1, "abc", "a", "b", "c")]
    assert [alarm.source_id for alarm in open_alarms(runs)] == ["b", "c"]


def test_the_report_of_a_run_shows_the_gravest_alarm_first():
    common: dict[str, Any] = {"since": MONDAY, "nights": 3, "detail": "x", "advice": "y"}
    now = datetime(2026, 6, 1, tzinfo=UTC)
    report = RunReport(
        run_id="r", kind="nightly", started_at=now, ended_at=now, version_before=0, version=0,
        alarms=(
            Alarm(source_id="b", trouble=Trouble.SLOW_DECAY, grade=Grade.NOTICE, **common),
            Alarm(source_id="c", trouble=Trouble.DEAD, grade=Grade.ALARM, **common),
        ),
    )  # fmt: skip
    shown = markdown(report)
    assert 0 < shown.index("| alarm | c | dead | 2026-06-01 | x. y |") < shown.index("| notice | b | slow decay |")
    assert RunReport.model_validate_json(report.model_dump_json()) == report
