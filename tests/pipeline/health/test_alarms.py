"""Alarms: when they are told and when not; real events, a real webhook and a real mail server."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipeline.core.observation import Alarm, Grade, Trouble
from pipeline.health import alarm_words
from pipeline.health.alarm_rules import AlarmRules, RunTrouble
from pipeline.health.alarms import Acknowledged, Found, Message, Standing, acknowledge, of_run, of_source, step
from tests.makers.places import ROOT
from tests.makers.troubles import found

RULES = AlarmRules.load(ROOT / "config")
NIGHT = datetime(2026, 3, 2, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def everything(subject: str, trouble: str) -> bool:
    return True


def nothing(subject: str, trouble: str) -> bool:
    return False


def live(nights: list[list[Found]], hours: float = 24) -> list[list[tuple[str, str]]]:
    """What is told in each of some nights."""
    standing: tuple[Standing, ...] = ()
    told = []
    for number, each in enumerate(nights):
        standing, messages = step(standing, each, everything, NIGHT + timedelta(hours=hours * number), RULES)
        told.append([(message.what, message.alarm.subject) for message in messages])
    return told


def test_nothing_is_told_when_all_is_well() -> None:
    assert live([[], [], []]) == [[], [], []]
    assert live([[found(grade=Grade.NOTICE)], []]) == [[], []]


def test_an_alarm_is_told_at_its_levels_and_not_each_night_and_once_when_it_is_over() -> None:
    told = live([[found()]] * 20 + [[], []])
    assert [(night, *what) for night, whats in enumerate(told) for what in whats] == [
        (0, "raised", "ministry"),
        (1, "reminded", "ministry"),
        (3, "escalated", "ministry"),
        (17, "escalated", "ministry"),
        (20, "cleared", "ministry"),
    ]


def test_what_grows_graver_comes_to_its_level_at_once() -> None:
    slow = [[found(grade=Grade.WARNING)]] * 3 + [[found(grade=Grade.ALARM)]]
    assert live(slow) == [[("raised", "ministry")], [], [], [("escalated", "ministry")]]


def test_a_run_that_did_not_look_clears_nothing() -> None:
    standing, _ = step((), [found()], everything, NIGHT, RULES)
    later, messages = step(standing, [], nothing, NIGHT + timedelta(hours=1), RULES)
    assert (later, messages) == (standing, ())


def test_somebody_who_acts_is_left_alone_until_the_day_is_over_or_the_alarm_is() -> None:
    standing, _ = step((), [found(), found("paper")], everything, NIGHT, RULES)
    until = (NIGHT + timedelta(days=4)).date()
    said = Acknowledged(at=NIGHT, by="li", note="asked their office", until=until)
    standing = acknowledge(standing, "ministry", said)
    for day in range(1, 6):
        now = NIGHT + timedelta(days=day)
        standing, messages = step(standing, [found(), found("paper")], everything, now, RULES)
        told = [message.what for message in messages if message.alarm.subject == "ministry"]
        assert told == (["escalated"] if day == 5 else [])
    standing, messages = step(standing, [], everything, NIGHT + timedelta(days=6), RULES)
    assert not standing
    assert {message.what for message in messages} == {"cleared"}
    standing, messages = step(standing, [found()], everything, NIGHT + timedelta(days=7), RULES)
    assert [message.what for message in messages] == ["raised"]  # acknowledged was the one before


_nights = some.lists(some.sampled_from([None, Grade.NOTICE, Grade.WARNING, Grade.ALARM]), max_size=60)


@given(_nights)
def test_every_alarm_that_was_told_is_cleared_and_each_level_is_told_once(grades: list[Grade | None]) -> None:
    standing: tuple[Standing, ...] = ()
    levels: list[int] = []
    for number, grade in enumerate([*grades, None]):
        now = NIGHT + timedelta(days=number)
        standing, messages = step(standing, [found(grade=grade)] if grade else [], everything, now, RULES)
        for message in messages:
            if message.what == "cleared":
                assert levels
                levels = []
            else:
                assert (message.what == "raised") is (not levels)
                assert message.level > max(levels, default=0)
                levels.append(message.level)
    assert not standing
    assert not levels


@given(_nights, some.floats(0.2, 30))
def test_looking_more_often_tells_nothing_sooner_and_nothing_twice(grades: list[Grade | None], hours: float) -> None:
    found_at = [[found(grade=grade)] if grade else [] for grade in grades]
    standing: tuple[Standing, ...] = ()
    for number, each in enumerate(found_at):
        now = NIGHT + timedelta(hours=hours * number)
        standing, _ = step(standing, each, everything, now, RULES)
        again, messages = step(standing, [], nothing, now, RULES)
        assert (again, messages) == (standing, ())


def test_messages_name_the_cause_what_to_do_and_both_commands() -> None:
    alarm = Alarm(
        source_id="paper", trouble=Trouble.LISTING_CHANGED, grade=Grade.WARNING, since=NIGHT.date(), nights=1,
        detail="no link is an article", advice="Draft it anew.",
    )  # fmt: skip
    messages = (
        Message(what="cleared", alarm=found(), level=2),
        Message(what="raised", alarm=of_source(alarm, "run", RULES), level=1),
        Message(
            what="escalated", alarm=of_run("nightly", RunTrouble.FAILED, "it raised", NIGHT, RULES, "run"), level=3
        ),
    )
    words = alarm_words.text(messages)
    assert alarm_words.subject(messages) == "Gongbao: escalated: nightly failed and 2 more"
    assert words.index("escalated: nightly") < words.index("raised: paper") < words.index("cleared: ministry")
    for said in ("no link is an article", "Draft it anew.", "gongbao sources check paper", "gongbao report run",
                 "gongbao alarms ack paper --note"):  # fmt: skip
        assert said in words
    told = alarm_words.payload(messages, "s3://bucket", datetime(2026, 3, 2, tzinfo=UTC))
    assert [row["what"] for row in told["alarms"]] == ["escalated", "raised", "cleared"]
    assert words in told["text"]


@pytest.mark.parametrize("days", [(1,), (0, 3, 2), (0, 0)])
def test_levels_rise_from_the_first_day(days: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="days that rise from 0"):
        AlarmRules.model_validate(RULES.model_dump() | {"levels": dict(RULES.levels) | {Grade.ALARM: days}})
