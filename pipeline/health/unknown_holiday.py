"""A night of all sources in, whether it is a holiday that nobody entered: most of those that were due are silent. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import takewhile

from pipeline.core.observation import Observation
from pipeline.health.expectation import Expectation, nights
from pipeline.health.rules import HealthRules


def is_common_rest(
    tonight: Sequence[Observation], past: Mapping[str, Sequence[Observation]], day: date, rules: HealthRules
) -> bool:
    """Whether a night is one, by what each source's own history leads to expect of it.

    Only in a year whose holidays are not in `config/holidays.yaml`: where they are known, silence of all is our trouble.
    """
    if rules.holidays is None or rules.holidays.knows(day.year):
        return False
    answered = [seen for seen in tonight if not seen.cause]
    due = [seen for seen in answered if _is_due(past.get(seen.source_id, ()), day, rules)]
    silent = [seen for seen in due if not seen.pages]
    limits = rules.common_rest
    if len(due) < limits.sources or len(silent) < limits.share * len(due):
        return False
    rested = [len(list(takewhile(lambda night: night.rest, past[seen.source_id][::-1]))) for seen in silent]
    return max(rested) < limits.nights


def _is_due(past: Sequence[Observation], day: date, rules: HealthRules) -> bool:
    """Whether something is more likely than not on that weekday."""
    return Expectation.learn(nights(past[-rules.history :], rules), rules).due[day.weekday()]
