"""What the rules left and took of a page in, the lines that data would rather take or give back out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.text.folded_lines import SENTENCE_END, Row
from pipeline.text.rules import BoilerplateRules, Limits, Rule
from pipeline.text.verdict.features import columns, numbers
from pipeline.text.verdict.forest import Forest, Numbers
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
    cues, whole = tuple(rules.cues), numbers(rows, taken, title, rules)
    table = whole[:, columns(cues, weights.features)]
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
    leads = list(_leads(rows, taken, whole[:, columns(cues, ("said_below",))], rules.limits))
    back = [
        at
        for at, row in enumerate(rows)
        if row.index in taken and odds[at] > -rules.limits.odds_against and _is_doubtful(taken[row.index])
    ]
    reasons = {at: "+".join(weights.reasons(table[at : at + 1], rules.limits.reasons)) for at in against}
    reasons |= dict.fromkeys(leads, "said_below") | dict.fromkeys(_headings(rows, taken, reasons, rules), "heading")
    return Verdict(
        against={rows[at].index: why for at, why in reasons.items()},
        back=frozenset(rows[at].index for at in back),
    )


def _leads(rows: Sequence[Row], taken: Mapping[int, Taken], said_below: Numbers, limits: Limits) -> Iterator[int]:
    """Summaries: whole sentences above the article's own element that it says again, word for word."""
    beside = [row.line.layout.same_parent if row.line.layout and row.index not in taken else 0.0 for row in rows]
    first = next((at for at, share in enumerate(beside) if share > limits.lead_inside), 0)
    for at, row in enumerate(rows[:first]):
        if (
            row.index not in taken
            and beside[at] < limits.lead_outside
            and said_below[at, 0] >= limits.lead_said
            and SENTENCE_END.search(row.key)
        ):
            yield at


def _headings(
    rows: Sequence[Row], taken: Mapping[int, Taken], against: Mapping[int, str], rules: BoilerplateRules
) -> list[int]:
    """相关新闻： and the like, left where all that it headed goes."""
    return [
        at
        for at, row in enumerate(rows[:-1])
        if at + 1 in against
        and at not in against
        and row.index not in taken
        and any(rule.action == "cut" and _stands_alone(rule, row) for rule in rules.knowing(row.key, "tail"))
    ]


def _stands_alone(rule: Rule, row: Row) -> bool:
    found = rule.match(row.key)
    return found is not None and found.span() == (0, len(row.key))


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
