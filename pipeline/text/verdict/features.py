"""Rows with their layout and what the rules made of them in, one row of numbers each out: what data judges by."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

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
_APART = ("chrome", "box", "feed", "headline")
_HAN, _LOWER, _UPPER, _DIGIT, _CLAUSE, _STOP, _BAR, _DOT, _SPACE = (1 << bit for bit in range(9))  # kinds of characters
_LATIN = _LOWER | _UPPER
_SIGNS = {_CLAUSE: ",、;", _STOP: "。!?", _BAR: "|/>»·•[]", _DOT: ".", _SPACE: " "}
_RANGES = {_HAN: ("㐀", "鿿"), _LOWER: ("a", "z"), _UPPER: ("A", "Z"), _DIGIT: ("0", "9")}
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}"
)
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_ADDRESS = re.compile(r"https?:|www\.|@|\.com|\.cn")
_OPENING = tuple('([<“"')
_BULLETS = tuple("-•·*●■▪◆>↓▼▲|")
_CLAUSES = re.compile(r"[,.;:!?。、…\"“”()\[\]]+")
_CLAUSE_LENGTH = 6  # shorter ones are said again by chance
_LABEL = re.compile(r"^[^:。,]{1,12}:")

_COUNTED = ("length", "words", "han", "latin", "digits", "clauses", "sentences", "bars", "capitals")
_SHAPE = (
    "ends_sentence", "ends_colon", "opens_bracket", "bullet", "label", "date", "clock", "address", "cells",
)  # fmt: skip
_RULED = (
    "kept", *(f"taken_{zone}" for zone in _ZONES), *(f"known_{zone}" for zone in _ZONES), "by_place", "known", "field",
    "anchor", "cut", "closes", "signs", "attachment", "rights",
)  # fmt: skip
_TREE = (
    "link", "headed", "bold", "heading", "caption", "hidden", "after_image", *(f"apart_{why}" for why in _APART),
    "listed", "title", "opened", "same_kind", "same_parent", "same_branch", "siblings", "branch_lines", "branch_links",
    "depth", "paragraph", "item", "cell", "head_tag", "division", "section", "witness",
)  # fmt: skip
_PLACE = (
    "prose", "repeats", "is_title", "in_title", "from_start", "from_end", "share", "before", "after", "prose_above",
    "prose_below", "above_all", "below_all", "closed", "ended", "said_above", "said_below",
)  # fmt: skip
_FIXED = (*_COUNTED, *_SHAPE, *_RULED, *_TREE, *_PLACE)
_CLOSES = _RULED.index("closes")


@cache
def names(cues: tuple[str, ...]) -> tuple[str, ...]:
    """What each number of a row says."""
    return (
        *_FIXED,
        *(f"says_{cue}" for cue in cues),
        *(f"{name}{offset:+d}" for offset in OFFSETS for name in _NEIGHBOURS),
    )


@cache
def columns(cues: tuple[str, ...], features: tuple[str, ...]) -> list[int]:
    """Where some features stand in a row."""
    return [names(cues).index(name) for name in features]


def numbers(rows: Sequence[Row], taken: Mapping[int, Taken], title: str, rules: BoilerplateRules) -> Numbers:
    """Each row's numbers, in the order of `names`; `taken` by the rows' index, `title` folded."""
    base = np.concatenate(
        (_counted([row.key for row in rows]), np.array(list(_table(rows, taken, title, rules)), dtype=np.float32)),
        axis=1,
    )
    beside = base[:, [_FIXED.index(name) for name in _NEIGHBOURS]]
    parts = [base]
    for offset in OFFSETS:
        moved = np.full_like(beside, _NOBODY)
        if 0 < abs(offset) < len(rows):
            moved[max(0, -offset) : len(rows) - max(0, offset)] = beside[max(0, offset) : len(rows) + min(0, offset)]
        parts.append(moved)
    return np.concatenate(parts, axis=1)


def _table(
    rows: Sequence[Row], taken: Mapping[int, Taken], title: str, rules: BoilerplateRules
) -> list[tuple[float, ...]]:
    """All but what is counted and what neighbours say."""
    prose = [is_prose(row, rules) for row in rows]
    size = [len(row.key) if yes else 0 for row, yes in zip(rows, prose, strict=True)]
    counts = Counter(row.key for row in rows)
    again = _said_again([row.key for row in rows])
    above, below = _distances(prose), _distances(prose[::-1])[::-1]
    first = next((at for at, yes in enumerate(prose) if yes), len(rows))
    last = next((at for at in reversed(range(len(rows))) if prose[at]), -1)
    total, before, closed, ended = max(1, sum(size)), 0, 0, 0
    named = letters(title)
    found: list[tuple[float, ...]] = []
    for at, row in enumerate(rows):
        verdict, said, cued = taken.get(row.index), letters(row.key), rules.cued(row.key)
        ruled = _ruled(row, verdict, rules)
        place = (
            prose[at],
            counts[row.key] > 1,
            bool(named) and said == named,
            len(said) >= 4 and said in named,
            math.log1p(at),
            math.log1p(len(rows) - 1 - at),
            at / len(rows),
            before / total,
            (total - before - size[at]) / total,
            above[at],
            below[at],
            at < first,
            at > last,
            min(3, closed),
            min(3, ended),
            *again[at],
        )
        found.append(
            (
                *_shape(row),
                *ruled,
                *_tree(row, row.line.layout or Layout()),
                *place,
                *(name in cued for name in rules.cues),
            )
        )
        before += size[at]
        closed += bool(ruled[_CLOSES])
        ended += verdict is not None and verdict.zone == "tail"
    return found


@cache
def _kinds() -> np.ndarray:
    """For each character of the first plane what kinds it is of, as bits."""
    table = np.zeros(1 << 16, dtype=np.uint16)
    for kind, (low, high) in _RANGES.items():
        table[ord(low) : ord(high) + 1] |= kind
    for kind, signs in _SIGNS.items():
        table[[ord(sign) for sign in signs]] |= kind
    return table


def _counted(keys: Sequence[str]) -> Numbers:
    """What is counted in each line, for all lines at once."""
    codes = np.frombuffer("\n".join((*keys, "")).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds()[np.minimum(codes, 0xFFFF)]
    length = np.array([len(key) for key in keys])
    starts = np.concatenate(([0], np.cumsum(length + 1)[:-1]))
    before, behind = np.concatenate(([0], kinds[:-1])), np.concatenate((kinds[1:], [0]))

    def count(marks: np.ndarray) -> np.ndarray:
        return np.asarray(np.add.reduceat((marks != 0).astype(np.int32), starts))

    latin = kinds & _LATIN != 0
    han, shares = count(kinds & _HAN), np.maximum(length, 1)
    words = han + count(latin & (before & _LATIN == 0) & (behind & _LATIN != 0))
    stops = count(kinds & _STOP) + count((kinds & _DOT != 0) & (behind & _SPACE != 0))
    capitals = count((kinds & _UPPER != 0) & (behind & _LOWER != 0) & (before & (_HAN | _LATIN | _DIGIT) == 0))
    columns = (
        np.log1p(length),
        np.log1p(words),
        han / shares,
        count(latin) / shares,
        count(kinds & _DIGIT) / shares,
        np.log1p(count(kinds & _CLAUSE)),
        np.log1p(stops),
        np.log1p(count(kinds & _BAR)),
        np.minimum(capitals, _FAR),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _shape(row: Row) -> tuple[float, ...]:
    key = row.key
    colon = key.endswith(":")
    return (
        not colon and bool(SENTENCE_END.search(key)),
        colon,
        key.startswith(_OPENING),
        key.startswith(_BULLETS),
        bool(_LABEL.match(key)),
        bool(_DATE.search(key)),
        ":" in key and bool(_CLOCK.search(key)),
        bool(_ADDRESS.search(key)),
        "\t" in row.line.text,
    )


def _ruled(row: Row, verdict: Taken | None, rules: BoilerplateRules) -> tuple[float, ...]:
    known = [rules.knowing(row.key, zone) for zone in _ZONES]
    every = [rule for found in known for rule in found]
    zone = verdict.zone if verdict is not None and not row.line.apart else ""
    return (
        verdict is None,
        *(zone == each for each in _ZONES),
        *map(bool, known),
        bool(zone) and verdict is not None and verdict.rule is None,
        bool(every),
        any(rule.field for rule in every),
        any(rule.anchor for rule in every),
        any(rule.action == "cut" for rule in every),
        any(rule.closes or rule.action == "cut" for rule in known[_ZONES.index("tail")]),
        bool(compiled(rules.keep).search(row.key)),
        bool(compiled(rules.attachment).search(row.key)),
        min(3, len(compiled(rules.rights).findall(row.key))),
    )


def _tree(row: Row, layout: Layout) -> tuple[float, ...]:
    line, tag, why = row.line, layout.tag, row.line.apart.partition(":")[0]
    return (
        line.link_share,
        math.log1p(layout.headed),
        layout.bold,
        line.heading,
        layout.caption,
        layout.hidden,
        line.after_image,
        *(why == each for each in _APART),
        layout.listed,
        layout.title,
        layout.opened,
        layout.same_kind,
        layout.same_parent,
        layout.same_branch,
        math.log1p(layout.siblings),
        math.log1p(layout.branch_lines),
        layout.branch_links,
        layout.depth,
        tag == "p",
        tag in ("li", "dd", "dt"),
        tag in ("td", "tr", "th"),
        tag[:1] == "h" and tag[1:].isdigit(),
        tag == "div",
        tag in ("section", "article", "figure", "blockquote", "figcaption"),
        _NOBODY if layout.witness is None else layout.witness,
    )


def _said_again(keys: Sequence[str]) -> list[tuple[float, float]]:
    """Which share of each line the lines above it say as well, and the lines below it: leads, summaries, captions."""
    clauses = [[part for each in _CLAUSES.split(key) if len(part := each.strip()) >= _CLAUSE_LENGTH] for key in keys]
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for at, parts in enumerate(clauses):
        for part in parts:
            first.setdefault(part, at)
            last[part] = at
    found = []
    for at, parts in enumerate(clauses):
        total = max(1, sum(map(len, parts)))
        found.append(
            (
                sum(len(part) for part in parts if first[part] < at) / total,
                sum(len(part) for part in parts if last[part] > at) / total,
            )
        )
    return found


def _distances(marks: Sequence[bool]) -> list[int]:
    """How many rows above each the next marked one stands."""
    found, since = [], _FAR
    for mark in marks:
        found.append(since)
        since = 1 if mark else min(_FAR, since + 1)
    return found
