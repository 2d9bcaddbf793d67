"""The alarms that stand and what a run found in; what stands now, and the messages that are due, out. Pure.

An alarm stands until a run that looked at its subject finds it no more. It is told when it comes to a level
(`config/alarms.yaml`) and is silent in between, and while somebody has acknowledged it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Literal

from pipeline.core.config import Strict
from pipeline.core.dates import SHANGHAI
from pipeline.core.observation import Alarm, Grade
from pipeline.health.alarm_rules import AlarmRules, RunTrouble

What = Literal["raised", "reminded", "escalated", "cleared"]


class Found(Strict):
    """What a run found wrong: its subject is a source, a flow such as `nightly`, or `store`."""

    subject: str
    trouble: str
    grade: Grade
    since: date
    cause: str
    advice: str
    look: str  # the command that looks closer
    run_id: str = ""


class Acknowledged(Strict):
    """Somebody knows, and acts."""

    at: datetime
    by: str
    note: str
    until: date | None = None  # with this day; None: until its cause is gone


class Standing(Strict):
    """An alarm, and how far it has come. Level 0: nobody was told."""

    found: Found
    first_told: datetime | None = None
    level: int = 0
    acknowledged: Acknowledged | None = None

    @property
    def name(self) -> tuple[str, str]:
        """What makes it this alarm and no other."""
        return self.found.subject, self.found.trouble

    def is_silent(self, now: datetime) -> bool:
        """Whether somebody acts on it."""
        told = self.acknowledged
        return told is not None and (told.until is None or now.astimezone(SHANGHAI).date() <= told.until)


class Message(Strict):
    """One thing to tell people."""

    what: What
    alarm: Found
    level: int


class Letter(Strict):
    """Messages on one way to people, until they have arrived."""

    channel: str
    written_at: datetime
    messages: tuple[Message, ...]


class State(Strict):
    """All alarms that stand, and what did not arrive yet: `alarms/state.json` in the store."""

    began: datetime  # when somebody looked for the first time
    standing: tuple[Standing, ...] = ()
    undelivered: tuple[Letter, ...] = ()


def of_source(alarm: Alarm, run_id: str, rules: AlarmRules) -> Found:
    """What a night found wrong with a source."""
    return Found(
        subject=alarm.source_id,
        trouble=alarm.trouble,
        grade=alarm.grade,
        since=alarm.since,
        cause=alarm.detail,
        advice=alarm.advice,
        look=rules.look_of.get(alarm.trouble, rules.look).format(subject=alarm.source_id, run=run_id),
        run_id=run_id,
    )


def of_run(subject: str, trouble: RunTrouble, cause: str, now: datetime, rules: AlarmRules, run_id: str = "") -> Found:
    """What is wrong with a run."""
    said = rules.troubles[trouble]
    return Found(
        subject=subject,
        trouble=trouble,
        grade=said.grade,
        since=now.astimezone(SHANGHAI).date(),
        cause=cause,
        advice=said.advice,
        look=said.look.format(subject=subject, run=run_id).strip(),
        run_id=run_id,
    )


def step(
    standing: Iterable[Standing],
    found: Sequence[Found],
    looked: Callable[[str, str], bool],
    now: datetime,
    rules: AlarmRules,
) -> tuple[tuple[Standing, ...], tuple[Message, ...]]:
    """What stands after a run found this, and what is to be told now. `looked`: for which subject and trouble it did."""
    before = {each.name: each for each in standing}
    again = {(each.subject, each.trouble): each for each in found}
    after: list[Standing] = []
    messages: list[Message] = []
    for name in sorted(before.keys() | again.keys()):
        one = before.get(name)
        if one and name not in again and looked(*name):
            messages += [Message(what="cleared", alarm=one.found, level=one.level)] if one.level else []
            continue
        one, due = _advance(_seen_again(one, again.get(name)), now, rules)
        after.append(one)
        messages += due
    return tuple(after), tuple(messages)


def acknowledge(standing: Iterable[Standing], subject: str, said: Acknowledged) -> tuple[Standing, ...]:
    """All alarms of a subject, acknowledged."""
    return tuple(
        each.model_copy(update={"acknowledged": said}) if each.found.subject == subject else each for each in standing
    )


def _seen_again(one: Standing | None, found: Found | None) -> Standing:
    if one is None:
        assert found
        return Standing(found=found)
    if found is None:
        return one
    return one.model_copy(update={"found": found.model_copy(update={"since": min(found.since, one.found.since)})})


def _advance(one: Standing, now: datetime, rules: AlarmRules) -> tuple[Standing, list[Message]]:
    first = one.first_told or now
    level = rules.level(one.found.grade, first, now)
    if level <= one.level or one.is_silent(now):
        return one, []
    what: What = "raised" if not one.level else "escalated" if level >= rules.escalated_from else "reminded"
    told = one.model_copy(update={"first_told": first, "level": level})
    return told, [Message(what=what, alarm=one.found, level=level)]
