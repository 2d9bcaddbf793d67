"""Lines in, the article's paragraphs out, with each taken line, its rule, and what those lines said as fields."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core.dates import parse_date
from pipeline.core.models import LEARNED, Cleaned, Dated, Line, Removed
from pipeline.text import glued_ends
from pipeline.text.folded_lines import Row, joined, read_rows, tidy
from pipeline.text.plain import find_title, read_lines
from pipeline.text.rules import BoilerplateRules, FieldName, fold
from pipeline.text.verdict.forest import Forest
from pipeline.text.verdict.weigh_lines import weigh_lines
from pipeline.text.zones import Taken, statement_spans, take_between, take_head, take_inline, take_tail

_NEXT_LABEL = re.compile(r"[\u3400-\u9fff]{2,8}:")
_VALUE_EDGES = " \t:：|丨/,，;；()（）[]【】"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """Lines after structure and rules, before data has judged them."""

    rows: list[Row]  # all of them
    title: str  # its reading
    repaired: bool
    parts: list[Row]  # what is left; a row whose end was taken is shorter
    taken: list[Taken]


def clean(lines: Sequence[Line], title: str, rules: BoilerplateRules, weights: Forest | None = None) -> Cleaned:
    """The body of a located block that still has its head and tail on.

    The text is kept as published (NFC, white space folded); only a machine-converted page is repaired, and then
    `as_published` holds its paragraphs as they were.
    """
    found = rule(lines, title, rules)
    taken, rows = found.taken, found.parts
    if weights:
        verdict = weigh_lines(found.rows, {each.row.index: each for each in taken}, fold(found.title), rules, weights)
        against = [row for row in rows if row.index in verdict.against]
        back = [row for row in found.rows if row.index in verdict.back]
        taken = [each for each in taken if each.row.index not in verdict.back]
        taken += [Taken(row=row, name=f"data:{verdict.against[row.index]}", zone="inline") for row in against]
        rows = sorted((*(row for row in rows if row.index not in verdict.against), *back), key=lambda row: row.index)
    said = _Said(taken, rules)
    return Cleaned(
        title=found.title,
        paragraphs=tuple(row.reading for row in rows),
        removed=tuple(
            Removed(line=each.row.published, rule=each.name, zone=each.zone)
            for each in sorted(taken, key=lambda each: each.row.index)
        ),
        publisher=said.value("publisher"),
        author=said.value("author"),
        editor=said.value("editor"),
        published=said.published(),
        document_number=said.value("document_number"),
        as_published=tuple(row.published for row in rows) if found.repaired else None,
    )


def rule(lines: Sequence[Line], title: str, rules: BoilerplateRules) -> Ruled:
    """What structure and rules leave of the lines, and what they take."""
    whole, wanted, repaired = read_rows(lines, strip_title(tidy(title), rules), rules)
    apart = [row for row in whole if row.line.apart and not _is_known(row, rules)]
    taken = [_set_apart(row) for row in apart]
    gone = {row.index for row in apart}
    rows, inline = take_inline([row for row in whole if row.index not in gone], fold(wanted), rules)
    rows, head = take_head(rows, fold(wanted), rules)
    kept, tail = take_tail(glued_ends.split(rows, rules), rules)
    rows, between = take_between(glued_ends.mend(kept, rows, rules), rules)
    taken += (*inline, *head, *tail, *between, *(_set_apart(row) for row in rows if row.line.apart))
    rows = [row for row in rows if not row.line.apart]
    return Ruled(rows=whole, title=wanted, repaired=repaired, parts=rows, taken=taken)


def _is_known(row: Row, rules: BoilerplateRules) -> bool:
    """Whether rules know a line that was learned: what it says as a field is read by them."""
    return row.line.apart == LEARNED and any(rules.knowing(row.key, zone) for zone in ("head", "tail"))


def _set_apart(row: Row) -> Taken:
    zone: Literal["caption", "inline"] = "caption" if row.line.apart == "caption" else "inline"
    name = LEARNED if row.line.apart == LEARNED else f"structure:{row.line.apart}"
    return Taken(row=row, name=name, zone=zone)


def clean_text(text: str, rules: BoilerplateRules) -> Cleaned:
    """The same for plain text that someone else has extracted from a page; the title is found first, if there is one."""
    lines = read_lines(text, rules)
    return clean(lines, find_title(lines, rules), rules)


def strip_title(title: str, rules: BoilerplateRules) -> str:
    """The title without the bait that farms put before it."""
    key = fold(title)
    for rule in rules.by_zone["title"]:
        if found := rule.match(key):
            rest = (title[: found.start()] + title[found.end() :]).strip()
            title, key = rest, fold(rest)
    return title


class _Said:
    """What the taken lines say as fields: the first rule of the file that finds a value wins, then the first line."""

    def __init__(self, taken: Sequence[Taken], rules: BoilerplateRules) -> None:
        self._rules = [rule for rule in rules.rules if rule.field]
        lines = [each for each in taken if each.zone in ("head", "tail") and each.name != "title"]
        told = {each.row.index: each for each in lines}
        self._statements = [
            (each.zone, row.part(start, end))
            for each in lines
            for row in [_with_value(each, told.get(each.row.index + 1), rules)]
            for start, end in (*statement_spans(row.key, rules), (0, len(row.key)))
        ]

    def value(self, field: FieldName) -> str:
        """The field's value as it was printed; empty if no line says it."""
        return next(self._values(field), "")

    def published(self) -> Dated | None:
        """The first date that a metadata line of the head names."""
        return next((dated for value in self._values("published") if (dated := parse_date(value))), None)

    def _values(self, field: FieldName) -> Iterator[str]:
        for rule in self._rules:
            if rule.field != field:
                continue
            for zone, statement in self._statements:
                if zone in rule.zones and (found := rule.match(statement.key)):
                    start, end = found.span("value" if "value" in found.re.groupindex else 0)
                    if field in ("publisher", "author", "editor") and _NEXT_LABEL.match(statement.key, start):
                        continue  # 作者:发布时间:2026-11-29: a label without a value gives none
                    if start >= 0 and (value := statement.said(start, end).strip(_VALUE_EDGES)):
                        yield value


def _with_value(line: Taken, following: Taken | None, rules: BoilerplateRules) -> Row:
    """A line; one that is a label alone with the value that stands in the line below it."""
    label = line.row.key.endswith(":") and line.rule
    if following and label and not rules.knowing(following.row.key, label.zones[0]):
        return joined([line.row, following.row])
    return line.row
