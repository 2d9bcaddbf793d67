"""Nights of one source in, what to expect of the next ones out: the chance of silence, and articles a night by weekday.

Holidays and weekends that are worked have no expectation: whatever happens on them surprises nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import NamedTuple

from pipeline.core.observation import Observation, Trouble
from pipeline.health.holidays import Day
from pipeline.health.rules import HealthRules

_WEEK = 7
_MEDIAN_OF_CHANCE = 0.455  # of chi squared with one degree of freedom, whose mean is 1
_LASTING = frozenset({Trouble.FROZEN_FEED, Trouble.LISTING_CHANGED})  # never learned, however long it lasts
_LEARNED = frozenset({Trouble.SLOW_DECAY, Trouble.ADDRESSES_CHANGED})  # these nights tell the truth of what comes


class Night(NamedTuple):
    """An observation, and what it is good for."""

    seen: Observation
    weekday: int | None  # None on holidays and worked weekends
    sound: bool  # may be learned from


def nights(history: Sequence[Observation], rules: HealthRules) -> list[Night]:
    """The nights in their order, two runs of one night as one, each judged whether it may be learned from."""
    found: list[Night] = []
    quarantine = rules.first_nights
    merged = _merged(history)
    for number, seen in enumerate(merged):
        accepted = len(merged) - number > rules.accept
        troubles = set(seen.troubles) - _LEARNED
        sick = bool(seen.cause) or bool(troubles & _LASTING if accepted else troubles)
        sound = not sick and quarantine <= 0
        quarantine = rules.first_nights if sick else quarantine - 1
        ordinary = not seen.rest and (rules.holidays is None or rules.holidays.kind(seen.day) is Day.ORDINARY)
        if Trouble.FROZEN_FEED in troubles:
            _doubt_silence(found)
        found.append(Night(seen, seen.day.weekday() if ordinary else None, sound))
    return found


def _doubt_silence(found: list[Night]) -> None:
    """The silent nights before a feed was known to be frozen are not to be learned either."""
    for number in range(len(found) - 1, -1, -1):
        if found[number].seen.pages or not found[number].sound:
            return
        found[number] = found[number]._replace(sound=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """By weekday: articles a night, and how much a night without any says against the source (-ln of its chance)."""

    known: int  # nights that it was learned from
    rate: tuple[float, ...]
    silence: tuple[float, ...]
    beat: tuple[bool, ...]  # something came every time, and not by chance
    regular: tuple[bool, ...]  # the same, not as surely

    @property
    def due(self) -> tuple[bool, ...]:
        """By weekday: whether something is more likely than not."""
        return tuple(surprise >= log(2) for surprise in self.silence)

    @classmethod
    def learn(cls, past: Sequence[Night], rules: HealthRules) -> "Expectation":
        """From the sound nights of ordinary days."""
        count, zeros, total, squares = ([0] * _WEEK for _ in range(4))
        for day, pages in _posted(past, rules):
            count[day] += 1
            zeros[day] += pages == 0
            total[day] += pages
            squares[day] += pages * pages
        rate = tuple(total[day] / count[day] if count[day] else 0.0 for day in range(_WEEK))
        spread = _dispersion(count, total, squares)
        chances = [_chance_of_none(rate[day], spread) for day in range(_WEEK)]
        least = rules.silence
        silence, beat, regular = [], [], []
        steady = [day for day in range(_WEEK) if count[day] and not zeros[day] and rate[day]]
        trials = sum(count[day] for day in steady)  # weekdays that never failed vouch for each other
        for day, chance in enumerate(chances):
            by_chance = min(chance, (1 - chance) ** count[day])  # that it would never have failed: one every Tuesday
            certain = by_chance <= least.beat_chance and not zeros[day] and rate[day] > 0
            beat.append(certain and count[day] >= least.beat_nights)
            regular.append(chance <= least.regular_chance and not zeros[day] and count[day] >= 2 * least.beat_nights)
            counted = 1 / (trials + 2) if day in steady else (zeros[day] + 1) / (count[day] + 2)
            bounded = max(chance, least.least_chance, 0.0 if certain else counted)
            silence.append(-log(bounded) if count[day] >= rules.class_nights else 0.0)
        return cls(sum(count), rate, tuple(silence), tuple(beat), tuple(regular))

    def of(self, some: Sequence[Night]) -> float:
        """Articles to expect of some nights."""
        return sum(self.rate[night.weekday] for night in some if night.weekday is not None)


def dispersion_of_weeks(expected: Expectation, past: Sequence[Night]) -> float:
    """How much wilder than chance (Poisson: 1) the weeks of a source are.

    By the median week: a few weeks in which a decay had begun already must not excuse it.
    """
    usable = [night for night in past if night.sound]
    terms = []
    for start in range(0, len(usable) - _WEEK + 1, _WEEK):
        week = usable[start : start + _WEEK]
        if due := expected.of(week):
            terms.append((sum(night.seen.pages for night in week) - due) ** 2 / due)
    return max(1.0, median(terms) / _MEDIAN_OF_CHANCE) if terms else 1.0


def _posted(past: Sequence[Night], rules: HealthRules) -> list[tuple[int, int]]:
    """Weekday and pages of the nights that tell something.

    On weekdays that are rarely silent, a silence that ended the next night was late posting: both nights are left out.
    """
    told = [(night.weekday, night.seen.pages) if night.sound and night.weekday is not None else None for night in past]
    count, silent = [0] * _WEEK, [0] * _WEEK
    for each in told:
        if each:
            count[each[0]] += 1
            silent[each[0]] += each[1] == 0
    rarely = [silent[day] <= rules.silence.rare * count[day] for day in range(_WEEK)]
    for number, night in enumerate(past[1:]):
        each = told[number]
        if each and not each[1] and rarely[each[0]] and night.seen.pages:
            told[number] = told[number + 1] = None
    return list(filter(None, told))


def _dispersion(count: Sequence[int], total: Sequence[int], squares: Sequence[int]) -> float:
    """Variance by mean, over all weekdays; at least that of chance."""
    above = sum(square - each * each / n for square, each, n in zip(squares, total, count, strict=True) if n > 1)
    mean = sum((n - 1) * each / n for each, n in zip(total, count, strict=True) if n > 1)
    return max(1.0, above / mean) if mean else 1.0


def _chance_of_none(rate: float, spread: float) -> float:
    """Of a night without anything: Poisson, or negative binomial where the counts spread more."""
    if spread <= 1.01:
        return exp(-rate)
    size = rate / (spread - 1)
    return float(spread**-size)


def _merged(history: Sequence[Observation]) -> list[Observation]:
    merged: list[Observation] = []
    for seen in history:
        if merged and merged[-1].day == seen.day:
            merged[-1] = merged[-1].followed_by(seen)
        else:
            merged.append(seen)
    return merged
