"""Years of nights of invented sources, sound and with faults, and what an observer who knows the truth could see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import log
from typing import Any

import numpy as np

from pipeline.core.observation import Observation, Trouble
from pipeline.health.assess import assess
from pipeline.health.holidays import Day
from pipeline.health.rules import HealthRules

FIRST = date(2026, 1, 1)
YEAR = 365
LISTED = 40  # links of a listing
LATE = 0.03  # of the nights: what is due is posted a day later
REJECTED, NO_PUBLISHER, NO_DATE = 0.03, 0.1, 0.01  # shares in a sound source
# What counts as visible to an observer who knows the true rates. A detector that has to learn them cannot match him:
# its own limits are milder (config/health.yaml), his are these.
SILENCE = 16.1  # -ln of one in ten million
SHARE = 13.8  # -ln of one in a million
DECAY_SHARE, DECAY_DEVIATIONS = 0.45, 6.0


@dataclass(frozen=True)
class Kind:
    """A kind of source: how many articles a day brings, on average and by chance."""

    name: str
    mean: Callable[[date, Day], float]
    draw: Callable[[np.random.Generator, float], int]
    none: Callable[[float], float]  # chance of a day without anything, by its mean
    wildness: float = 1.0  # variance by mean


def _poisson(chance: np.random.Generator, mean: float) -> int:
    return int(chance.poisson(mean))


def _burst(chance: np.random.Generator, mean: float) -> int:
    return int(chance.poisson(18) + 1) if mean and chance.random() < mean / 19 else 0


def _issue(chance: np.random.Generator, mean: float) -> int:
    return max(3, int(chance.poisson(mean))) if mean > 1 else _poisson(chance, mean)


def _is_workday(day: date, kind: Day) -> bool:
    return kind is Day.WORKED or (kind is Day.ORDINARY and day.weekday() < 5)


def _chance_of_none(mean: float) -> float:
    return float(np.exp(-mean))


KINDS = (
    Kind(
        "daily",
        lambda day, kind: {Day.HOLIDAY: 6.0}.get(kind, 30.0 if day.weekday() < 5 else 18.0),
        _poisson,
        _chance_of_none,
    ),
    Kind("two a week", lambda day, kind: 0.4 if _is_workday(day, kind) else 0.0, _poisson, _chance_of_none),
    Kind("ministry", lambda day, kind: 6.0 if _is_workday(day, kind) else 0.0, _poisson, _chance_of_none),
    Kind(
        "bursts",
        lambda day, kind: 0.12 * 19 if _is_workday(day, kind) else 0.0,
        _burst,
        lambda mean: 1 - mean / 19,
        wildness=18.0,
    ),
    Kind(
        "e-paper",
        lambda day, kind: 14.0 if day.weekday() == 3 and kind is Day.ORDINARY else 0.0,
        _issue,
        lambda mean: 1e-9 if mean > 1 else _chance_of_none(mean),
    ),
)


@dataclass(frozen=True)
class Fault:
    """Nights [first, last] of a year on which a source is broken, and what that is called."""

    name: str
    first: int
    last: int
    troubles: frozenset[Trouble]


def faults(seed: int) -> tuple[Fault, ...]:
    """The faults of a year. What a redesign breaks differs by seed."""
    redesign = ("list without links", "a menu for a list", "other article pages", "fields and texts")[seed % 4]
    named = {
        "list without links": {Trouble.LISTING_CHANGED},
        "a menu for a list": {Trouble.LISTING_CHANGED},
        "other article pages": {Trouble.ARTICLES_CHANGED},
        "fields and texts": {Trouble.FIELDS_LOST, Trouble.TEXTS_SHRUNK},
    }
    return (
        Fault(redesign, 95, 140, frozenset(named[redesign])),
        Fault("blocked fortnight", 150, 163, frozenset({Trouble.BLOCKED})),
        Fault("frozen feed", 195, 250, frozenset({Trouble.FROZEN_FEED})),
        Fault("slow decay", 262, 364, frozenset({Trouble.SLOW_DECAY})),
    )


@dataclass
class Told:
    """What became of one fault: on which night it was visible, and named."""

    kind: str
    fault: Fault
    visible: int | None
    named: int | None

    @property
    def delay(self) -> int | None:
        """Nights after the first on which it could be seen; 0: that very night. None: never named."""
        return None if self.named is None or self.visible is None else self.named - self.visible


@dataclass
class Year:
    """One simulated year of one source."""

    told: list[Told]
    false: list[tuple[date, Trouble, str]] = field(default_factory=list)


def simulate(kind: Kind, seed: int, rules: HealthRules) -> Year:
    """Live through a year night by night, as `nightly` does."""
    plan = faults(seed)
    seen: list[Observation] = []
    named: dict[str, int] = {}
    false = []
    healing: Fault | None = None
    means, counts = _days(kind, seed, rules)
    for number, tonight in enumerate(_observed(kind, seed, plan, means, counts)):
        alarms = assess(seen, tonight, rules)
        seen.append(tonight.model_copy(update={"troubles": tuple(alarm.trouble for alarm in alarms)}))
        fault = next((each for each in plan if each.first <= number <= each.last), None)
        if not fault and not seen[-1].documents:
            fault = healing  # it was repaired, and has shown no document yet by which that could be known
        healing = fault
        for alarm in alarms:
            silent_decay = fault and fault.name == "slow decay" and alarm.trouble is Trouble.FROZEN_FEED
            if fault and alarm.trouble in fault.troubles:
                named.setdefault(fault.name, number)
            elif not silent_decay:
                false.append((tonight.day, alarm.trouble, alarm.detail))
    return Year(
        [Told(kind.name, fault, _visible(kind, fault, means, seen), named.get(fault.name)) for fault in plan], false
    )


def _days(kind: Kind, seed: int, rules: HealthRules) -> tuple[list[float], list[int]]:
    """Articles due by day, and how many were published: some a day late, fewer and fewer at the end."""
    assert rules.holidays
    chance = np.random.default_rng([seed, len(kind.name), 1])
    decay = faults(seed)[-1]
    means, counts, late = [], [], 0
    for number in range(YEAR):
        day = FIRST + timedelta(days=number)
        means.append(kind.mean(day, rules.holidays.kind(day)))
        left = max(0.05, 1 - max(0, number - decay.first) / 70)
        drawn = kind.draw(chance, means[-1] * left)
        posted, late = (late, drawn) if chance.random() < LATE else (late + drawn, 0)
        counts.append(posted)
    return means, counts


def _observed(
    kind: Kind, seed: int, plan: tuple[Fault, ...], means: list[float], counts: list[int]
) -> Iterator[Observation]:
    """What each night shows of it."""
    chance = np.random.default_rng([seed, len(kind.name), 2])
    waiting, newest = LISTED, FIRST - timedelta(days=1)  # a first night brings the whole list
    age = 10.0
    for number, count in enumerate(counts):
        day = FIRST + timedelta(days=number)
        fault = next((each.name for each in plan if each.first <= number <= each.last), "")
        waiting = min(LISTED, waiting + count)
        common: dict[str, Any] = {"source_id": "sample", "day": day}
        if fault == "blocked fortnight":
            yield Observation(**common, cause="blocked:ruishu", detail="answered 412")
        elif fault == "list without links":
            yield Observation(**common, cause="empty_list")
        elif fault == "a menu for a list":
            yield Observation(**common, links=25, own_share=0.04, known_share=1.0, newest=newest)
        elif fault == "frozen feed":
            yield Observation(**common, links=LISTED, own_share=0.9, known_share=1.0, newest=newest)
        else:
            newest = day if count else newest
            yield _sound(chance, common, fault, waiting, age).model_copy(update={"newest": newest})
            waiting, age = 0, 0.5
            continue
        age += 1.0


def _sound(chance: np.random.Generator, common: dict[str, Any], fault: str, pages: int, age: float) -> Observation:
    """A night whose listing works; its pages may not."""
    rejected = pages if fault == "other article pages" else int(chance.binomial(pages, REJECTED))
    documents = pages - rejected
    bare = fault == "fields and texts"
    lengths = chance.lognormal(6.8, 0.7, documents) / (8 if bare else 1)
    filled = {
        "title": documents,
        "published": 0 if bare else int(chance.binomial(documents, 1 - NO_DATE)),
        "publisher": 0 if bare else int(chance.binomial(documents, 1 - NO_PUBLISHER)),
    }
    return Observation(
        **common,
        links=LISTED,
        own_share=float(chance.uniform(0.8, 1.0)),
        known_share=1 - pages / LISTED,
        pages=pages,
        rejected=rejected,
        failed=int(chance.random() < 0.01),
        documents=documents,
        filled=filled if documents else {},
        median_length=int(np.median(lengths)) if documents else 0,
        median_age=age / 2 if documents else None,
    )


def _visible(kind: Kind, fault: Fault, means: list[float], seen: list[Observation]) -> int | None:
    """The first night on which an observer who knows the true rates could be sure. None: the fault was too short."""
    nights = range(fault.first, fault.last + 1)
    if fault.name == "frozen feed":
        surprise = 0.0
        for number in nights:
            surprise -= log(kind.none(means[number]))
            if surprise >= SILENCE:
                return number
        return None
    if fault.name in ("other article pages", "fields and texts"):
        known = sum(each.pages for each in seen[: fault.first])  # nobody knows a share better than so many pages show
        each = -log(max(REJECTED if fault.name == "other article pages" else NO_DATE, 2 / known))
        pages = 0
        for number in nights:
            pages += seen[number].pages
            if pages * each >= SHARE:
                return number
        return None
    if fault.name == "slow decay":
        return next((number for number in nights if _has_decayed(kind, number, means, seen)), None)
    return fault.first


def _has_decayed(kind: Kind, number: int, means: list[float], seen: list[Observation]) -> bool:
    hidden = {each for fault in faults(0)[1:3] for each in range(fault.first, fault.last + 4)}
    shown = [each for each in range(140, number + 1) if each not in hidden]
    for size in (28, 84):
        window = shown[-size:]
        due = sum(means[each] for each in window)
        came = sum(seen[each].pages for each in window)
        if came <= DECAY_SHARE * due and due - came >= DECAY_DEVIATIONS * (kind.wildness * due) ** 0.5:
            return True
    return False
