"""Rows with their layout and what the rules made of them in, one row of numbers each out: what data judges by."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.core.models import Layout
from pipeline.text.folded_lines import SENTENCE_END, Row, is_prose, letters
from pipeline.text.rules import BoilerplateRules, Zone, compiled
from pipeline.text.verdict.forest import Numbers
from pipeline.text.zones import Taken

OFFSETS = (-2, -1, 1, 2, 3)  # neighbours that a line is seen beside
_NEIGHBOURS = (
    "link", "length", "ends_sentence", "prose", "kept", "known", "same_kind", "same_parent", "bold",
)  # fmt: skip
_NOBODY = -1.0  # a neighbour's number where there is none
_FAR = 20  # rows of running text further away are all the same
_ZONES: tuple[Zone, ...] = ("head", "tail", "inline", "between")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_WORDS = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]")
_CAPITAL = re.compile(r"\b[A-Z][a-z]+")
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}"
)
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_ADDRESS = re.compile(r"https?:|www\.|@|\.com|\.cn")
_OPENING = re.compile(r"^[(\[<“\"]")
_BULLET = re.compile(r"^[-•·*●■▪◆>↓▼▲|]")
_CLAUSE = re.compile(r"[,、;]")
_SENTENCE = re.compile(r"[。!?]|\. ")
_BARS = re.compile(r"[|/>»·•\[\]]")
_LABEL = re.compile(r"^[^:。,]{1,12}:")


def numbers(
    rows: Sequence[Row], taken: Mapping[int, Taken], title: str, rules: BoilerplateRules
) -> tuple[list[str], Numbers]:
    """The names of the features, and each row's; `taken` by the rows' index, `title` folded."""
    prose = [is_prose(row, rules) for row in rows]
    size = [len(row.key) if yes else 0 for row, yes in zip(rows, prose, strict=True)]
    counts = Counter(row.key for row in rows)
    above, below = _distances(prose), _distances(prose[::-1])[::-1]
    first = next((at for at, yes in enumerate(prose) if yes), len(rows))
    last = next((at for at in reversed(range(len(rows))) if prose[at]), -1)
    total, before, closed, ended = max(1, sum(size)), 0, 0, 0
    named = letters(title)
    table: list[dict[str, float]] = []
    for at, row in enumerate(rows):
        verdict = taken.get(row.index)
        ruled = dict(_ruled(row, verdict, rules))
        table.append(
            {
                **dict(_shape(row, rules)),
                **ruled,
                **dict(_tree(row, row.line.layout or Layout())),
                "prose": prose[at],
                "repeats": counts[row.key] > 1,
                "is_title": bool(named) and letters(row.key) == named,
                "in_title": len(letters(row.key)) >= 4 and letters(row.key) in named,
                "from_start": math.log1p(at),
                "from_end": math.log1p(len(rows) - 1 - at),
                "share": at / len(rows),
                "before": before / total,
                "after": (total - before - size[at]) / total,
                "prose_above": above[at],
                "prose_below": below[at],
                "above_all": at < first,
                "below_all": at > last,
                "closed": min(3, closed),
                "ended": min(3, ended),
            }
        )
        before += size[at]
        closed += bool(ruled["closes"])
        ended += verdict is not None and verdict.zone == "tail"
    names = list(table[0])
    base = np.array([list(each.values()) for each in table], dtype=np.float32)
    beside = base[:, [names.index(name) for name in _NEIGHBOURS]]
    parts = [base]
    for offset in OFFSETS:
        moved = np.full_like(beside, _NOBODY)
        if 0 < abs(offset) < len(rows):
            moved[max(0, -offset) : len(rows) - max(0, offset)] = beside[max(0, offset) : len(rows) + min(0, offset)]
        parts.append(moved)
    names += [f"{name}{offset:+d}" for offset in OFFSETS for name in _NEIGHBOURS]
    return names, np.concatenate(parts, axis=1)


def _shape(row: Row, rules: BoilerplateRules) -> Iterator[tuple[str, float]]:
    key, length = row.key, len(row.key)
    cued = rules.cued(key)
    for name in rules.cues:
        yield f"says_{name}", name in cued
    yield "length", math.log1p(length)
    yield "words", math.log1p(len(_WORDS.findall(key)))
    yield "han", len(_HAN.findall(key)) / length
    yield "latin", len(_LATIN.findall(key)) / length
    yield "digits", sum(map(str.isdigit, key)) / length
    yield "clauses", math.log1p(len(_CLAUSE.findall(key)))
    yield "sentences", math.log1p(len(_SENTENCE.findall(key)))
    yield "ends_sentence", not key.endswith(":") and bool(SENTENCE_END.search(key))
    yield "ends_colon", key.endswith(":")
    yield "opens_bracket", bool(_OPENING.match(key))
    yield "bullet", bool(_BULLET.match(key))
    yield "bars", math.log1p(len(_BARS.findall(key)))
    yield "label", bool(_LABEL.match(key))
    yield "date", bool(_DATE.search(key))
    yield "clock", bool(_CLOCK.search(key))
    yield "address", bool(_ADDRESS.search(key))
    yield "capitals", min(_FAR, len(_CAPITAL.findall(key)))
    yield "cells", "\t" in row.line.text


def _ruled(row: Row, verdict: Taken | None, rules: BoilerplateRules) -> Iterator[tuple[str, float]]:
    known = {zone: rules.knowing(row.key, zone) for zone in _ZONES}
    every = [rule for found in known.values() for rule in found]
    yield "kept", verdict is None
    for zone in _ZONES:
        yield f"taken_{zone}", verdict is not None and verdict.zone == zone and not row.line.apart
        yield f"known_{zone}", bool(known[zone])
    yield "by_place", verdict is not None and verdict.rule is None and not row.line.apart
    yield "known", bool(every)
    yield "field", any(rule.field for rule in every)
    yield "anchor", any(rule.anchor for rule in every)
    yield "cut", any(rule.action == "cut" for rule in every)
    yield "closes", any(rule.closes or rule.action == "cut" for rule in known["tail"])
    yield "signs", bool(compiled(rules.keep).search(row.key))
    yield "attachment", bool(compiled(rules.attachment).search(row.key))
    yield "rights", min(3, len(compiled(rules.rights).findall(row.key)))


def _tree(row: Row, layout: Layout) -> Iterator[tuple[str, float]]:
    line, tag = row.line, layout.tag
    yield "link", line.link_share
    yield "headed", math.log1p(layout.headed)
    yield "bold", layout.bold
    yield "heading", line.heading
    yield "caption", layout.caption
    yield "hidden", layout.hidden
    yield "after_image", line.after_image
    for reason in ("chrome", "box", "feed", "headline"):
        yield f"apart_{reason}", line.apart.partition(":")[0] == reason
    yield "listed", layout.listed
    yield "title", layout.title
    yield "opened", layout.opened
    yield "same_kind", layout.same_kind
    yield "same_parent", layout.same_parent
    yield "same_branch", layout.same_branch
    yield "siblings", math.log1p(layout.siblings)
    yield "branch_lines", math.log1p(layout.branch_lines)
    yield "branch_links", layout.branch_links
    yield "depth", layout.depth
    yield "paragraph", tag == "p"
    yield "item", tag in ("li", "dd", "dt")
    yield "cell", tag in ("td", "tr", "th")
    yield "head_tag", tag[:1] == "h" and tag[1:].isdigit()
    yield "division", tag == "div"
    yield "section", tag in ("section", "article", "figure", "blockquote", "figcaption")
    yield "witness", _NOBODY if layout.witness is None else layout.witness


def _distances(marks: Sequence[bool]) -> list[int]:
    """How many rows above each the next marked one stands."""
    found, since = [], _FAR
    for mark in marks:
        found.append(since)
        since = 1 if mark else min(_FAR, since + 1)
    return found
