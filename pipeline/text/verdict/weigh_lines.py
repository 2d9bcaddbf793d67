"""What the rules left and took of a page in, the lines that data would rather take or give back out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.text.folded_lines import Row
from pipeline.text.rules import BoilerplateRules
from pipeline.text.verdict.features import columns, numbers
from pipeline.text.verdict.forest import Forest
from pipeline.text.zones import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Rows by their index: those that are no part of the article, with the reasons, and those taken that are."""

    against: Mapping[int, str]
    back: frozenset[int]


def weigh_lines(
    rows: Sequence[Row], taken: Mapping[int, Taken], title: str, rules: BoilerplateRules, weights: Forest
) -> Verdict:
    """Judge the rows of a page. What a rule knows for certain stays taken, and what no one may see stays unseen."""
    if not rows or any(row.line.layout is None for row in rows):
        return Verdict(against={}, back=frozenset())
    table = numbers(rows, taken, title, rules)[:, columns(tuple(rules.cues), weights.features)]
    odds = weights.odds(table)
    against = _within_bounds(
        rows,
        [at for at, row in enumerate(rows) if row.index not in taken],
        sorted(
            (
                at
                for at, row in enumerate(rows)
                if row.index not in taken and odds[at] < rules.limits.odds_against and not _is_listed(row)
            ),
            key=lambda at: odds[at],
        ),
    )
    back = [at for at, row in enumerate(rows) if row.index in taken and odds[at] > 0 and _is_doubtful(taken[row.index])]
    return Verdict(
        against={rows[at].index: "+".join(weights.reasons(table[at : at + 1], rules.limits.reasons)) for at in against},
        back=frozenset(rows[at].index for at in back),
    )


def _is_listed(row: Row) -> bool:
    """Whether the article itself announces the line."""
    return row.line.layout is not None and row.line.layout.listed


def _is_doubtful(taken: Taken) -> bool:
    """Whether structure or its place above the body decided, no rule that knows the line or the end above it."""
    return taken.name == "above_the_body" or (taken.name.startswith("structure:") and taken.name != "structure:hidden")


def _within_bounds(rows: Sequence[Row], left: Sequence[int], against: Sequence[int]) -> list[int]:
    """Of the lines that data would rather take, the surest first, so many as are no more than what they leave."""
    room, chosen = sum(_said(rows[at]) for at in left) / 2, []
    for at in against:
        room -= _said(rows[at])
        if room < 0:
            break
        chosen.append(at)
    return sorted(chosen)


def _said(row: Row) -> float:
    """Characters that are no links."""
    return len(row.key) * (1 - row.line.link_share)
