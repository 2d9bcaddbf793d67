"""The lines of a page in, what stands before and behind the article out: each taken line with the rule that knew it."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from pipeline.text.folded_lines import LINKED, SENTENCE_END, Row, is_prose, is_short_sentence, letters
from pipeline.text.rules import BoilerplateRules, Guard, Rule, Zone, compiled

_BULLET = re.compile(r"^[-•·*●■▪◆>]\s*")
_NUMBERED = re.compile(r"^(?P<stem>.{4,60}?)\s*\(\d{1,2}\)$")
_ENDS = ("statement", "toolbar", "source")  # rules
_TITLE_LINES = 3  # over so many lines a title may run
_BRACKETED_END = re.compile(r"\s*[(（][^(（)）]*[)）]\s*$")  # of a title: a document's number, a date, a remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A row that is not body, and why; `rule` is None where its place alone decided."""

    row: Row
    name: str
    zone: Zone | Literal["caption"]
    rule: Rule | None = None


Split = tuple[list[Row], list[Taken]]


def take_inline(rows: Sequence[Row], title: str, rules: BoilerplateRules) -> Split:
    """Share bars, stray signs and a farm's numbered captions, wherever they stand."""
    stems = numbered_stems(rows)
    kept: list[Row] = []
    taken: list[Taken] = []
    for row in rows:
        stem = _stem(row)
        if stem and (stem == letters(title) or stems[stem] >= rules.limits.caption_repeats):
            taken.append(Taken(row=row, name="numbered_caption", zone="caption"))
        elif found := rules.find(row.key, "inline"):
            taken.append(Taken(row=row, name=found.name, zone="inline", rule=found))
        else:
            kept.append(row)
    return kept, taken


def take_between(rows: Sequence[Row], rules: BoilerplateRules) -> Split:
    """What farms and programs set between two paragraphs; what stands behind the last one was taken before."""
    found = [(row, rules.find(row.key, "between")) for row in rows]
    taken = [Taken(row=row, name=rule.name, zone="between", rule=rule) for row, rule in found if rule]
    return [row for row, rule in found if not rule], taken


def numbered_stems(rows: Sequence[Row]) -> Counter[str]:
    """How often each `stem(1)`, `stem(2)`, … stands among the lines."""
    return Counter(stem for row in rows if (stem := _stem(row)))


def _stem(row: Row) -> str:
    found = _NUMBERED.match(row.key)
    return letters(found["stem"]) if found else ""


def take_head(rows: Sequence[Row], title: str, rules: BoilerplateRules) -> Split:
    """All up to the last metadata line, the title or an unbroken run of furniture above the body."""
    taken: list[Taken] = []
    start = 0
    while True:  # below a heading of the page stands the article's own
        found = _head_at(rows[start : start + rules.limits.head_lines], title, rules)
        taken += found
        start += len(found)
        window = rows[start : start + rules.limits.head_lines]
        if not found or not _title_lines(window, title, rules) or _title_at(window, title, rules) is None:
            return list(rows[start:]), taken


def _head_at(rows: Sequence[Row], title: str, rules: BoilerplateRules) -> list[Taken]:
    """What of these lines, from the first on, stands above the body."""
    title_at = _title_at(rows, title, rules)
    cut, unknown = 0, 0
    known: dict[int, Rule] = {}
    seen: Counter[str] = Counter()
    for at, row in enumerate(rows):
        rule = head_rule(row.key, rules)
        if at == title_at:
            cut, unknown = at + 1, 0
        elif rule:
            known[at] = rule
            seen[rule.name] += 1
            if rule.field and seen[rule.name] > rules.limits.head_repeats:
                cut = 0 if title_at is None else title_at + 1
                break
            if rule.anchor or not unknown:
                cut, unknown = at + 1, 0
        elif title_at is not None and at < title_at:
            continue
        elif is_prose(row, rules) or is_short_sentence(row):
            break
        elif row.line.link_share < LINKED:
            unknown += 1
            if unknown > rules.limits.head_unknown:
                break
    return [
        Taken(
            row=row,
            name="title" if at == title_at else known[at].name if at in known else "above_the_body",
            zone="head",
            rule=known.get(at),
        )
        for at, row in enumerate(rows[:cut])
    ]


def head_rule(key: str, rules: BoilerplateRules) -> Rule | None:
    """The rule that knows a line of the head by itself or by one of its statements."""
    if found := rules.find(key, "head"):
        return found
    if SENTENCE_END.search(key.rstrip(": ")):
        return None
    statements = statement_spans(key, rules)
    if len(statements) < 2:
        return None
    known = [found for start, end in statements if (found := rules.find(key[start:end], "head"))]
    return next((rule for rule in known if rule.anchor), None)


def statement_spans(key: str, rules: BoilerplateRules) -> Sequence[tuple[int, int]]:
    """Where the statements of `来源:某报 2025-03-04 浏览:3` stand; a label keeps the value that a bar separates from it."""
    return _statement_spans(key, rules.statements)


@lru_cache(maxsize=4096)
def _statement_spans(key: str, pattern: str) -> Sequence[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for gap in [
        *((found.start(), found.end()) for found in compiled(pattern).finditer(key)),
        (len(key), len(key)),
    ]:
        part = key[start : gap[0]]
        if part.strip() and not (
            gap[1] < len(key) and len(part) <= 4 and not part[-1].isdigit() and "|" in key[slice(*gap)]
        ):
            spans.append((start, gap[0]))
            start = gap[1]
        elif not part.strip():
            start = gap[1]
    return spans


def _title_at(rows: Sequence[Row], title: str, rules: BoilerplateRules) -> int | None:
    """Where the title stands above the first running text, if it does."""
    for at, row in enumerate(rows):
        if lines := _title_lines(rows[at : at + _TITLE_LINES], title, rules):
            beside = [*rows[max(0, at - 1) : at], *rows[at + lines : at + lines + 1]]
            document = any(compiled(rules.document_head).search(near.key) for near in beside)
            return None if document else at + lines - 1
        if is_prose(row, rules) and not head_rule(row.key, rules):
            return None
    return None


def _title_lines(rows: Sequence[Row], title: str, rules: BoilerplateRules) -> int:
    """Over how many of these rows, from the first on, the title runs, or it without the brackets at its end; else 0."""
    bare = letters(_BRACKETED_END.sub("", title))
    return _lines_of(rows, letters(title)) or (_lines_of(rows, bare) if len(bare) >= rules.limits.title_least else 0)


def _lines_of(rows: Sequence[Row], wanted: str) -> int:
    said = ""
    for count, row in enumerate(rows[:_TITLE_LINES], 1):
        said += letters(row.key)
        if is_title(said, wanted) if count == 1 else said == wanted:
            return count
        if not wanted.startswith(said) or not said:
            return 0
    return 0


def is_title(line: str, wanted: str) -> bool:
    """Whether a line says the title: all of it, or all but an end that one of the two lacks."""
    if not line or not wanted:
        return False
    short, long = sorted((line, wanted), key=len)
    return line == wanted or (len(short) >= 8 and long.startswith(short) and len(short) * 10 >= len(long) * 7)


def take_tail(rows: Sequence[Row], rules: BoilerplateRules) -> Split:
    """The hard cut, if any, and the furniture that is left behind the last sentence; again until nothing is left to take."""
    kept = list(rows)
    taken: list[Taken] = []
    while True:
        kept, cut = _cut(kept, rules)
        kept, dropped = _drop_tail(kept, rules)
        taken += cut + dropped
        if not cut and not dropped:
            return kept, taken


def _cut(rows: Sequence[Row], rules: BoilerplateRules) -> Split:
    """Cut at the first line that ends the article; files that are listed behind it stay.

    What is said again and again between paragraphs (打开新闻客户端 查看更多图片) ends nothing by standing far below.
    """
    tail, said = _Tail(rows, rules), Counter(row.key for row in rows)
    total, before = sum(tail.prose), 0
    rests = list(accumulate(map(tail.rest_of, reversed(range(len(rows)))), _and, initial=_NOTHING))[::-1]
    by_shape = list(accumulate((_by_shape(row, rules) for row in rows), initial=0.0))
    stays = list(accumulate((len(row.key) for row in rows), initial=0))
    for at in range(1, len(rows)):
        before += tail.prose[at - 1]
        share = before / total if total else at / len(rows)
        far = share if said[rows[at].key] == 1 else 0.0
        rule = (
            next((rule for rule in tail.acting(at, rests[at + 1]) if _cuts(rule, far, rules)), None) if share else None
        )
        if rule is None:
            continue
        until = _end_of(rows, at)
        links = rows[at].line.layout is None and rests[at + 1].cards  # in a plain text nobody says what a link is
        if links or by_shape[until] - by_shape[at + 1] <= stays[at] + stays[-1] - stays[until]:
            behind = [_behind(row, rule, rules) for row in rows[at + 1 : until]]
            files = [row for row, each in zip(rows[at + 1 : until], behind, strict=True) if each is None]
            return [*rows[:at], *files, *rows[until:]], [
                Taken(row=rows[at], name=rule.name, zone="tail", rule=rule),
                *filter(None, behind),
            ]
    return list(rows), []


def _behind(row: Row, end: Rule, rules: BoilerplateRules) -> Taken | None:
    """A line behind the end of the article as one that goes, unless it names a file or tells of a picture of the article's."""
    if compiled(rules.attachment).search(row.key) or (row.line.layout and row.line.layout.caption):
        return None
    rule = rules.find(row.key, "tail")
    return Taken(row=row, name=rule.name if rule else f"behind_{end.name}", zone="tail", rule=rule)


def _end_of(rows: Sequence[Row], at: int) -> int:
    """Where the element of a line ends; a text without a page is one element."""
    layout, end = rows[at].line.layout, len(rows)
    return bisect_left(rows, rows[at].index + layout.ends, at, end, key=lambda row: row.index) if layout else end


def _by_shape(row: Row, rules: BoilerplateRules) -> float:
    """Characters, links aside, that could only be taken for where they stand: no rule and no word of rights knows them."""
    known = rules.find(row.key, "tail") or any(
        compiled(words).search(row.key) for words in (rules.rights, rules.attachment)
    )
    return 0.0 if known else len(row.key) * (1 - row.line.link_share)


def _cuts(rule: Rule, share: float, rules: BoilerplateRules) -> bool:
    return rule.action == "cut" or (rule.closes and share > rules.limits.closing_share)


def _drop_tail(rows: Sequence[Row], rules: BoilerplateRules) -> Split:
    """Walk up from the end: furniture goes, signatures, dates and files stay, the first running text ends the walk."""
    tail = _Tail(rows, rules)
    taken: list[Taken] = []
    rest = _NOTHING
    unknown = 0
    for at in range(len(rows) - 1, 0, -1):
        row = rows[at]
        if found := next((rule for rule in tail.acting(at, rest) if rule.action != "cut"), None):
            taken.append(Taken(row=row, name=found.name, zone="tail", rule=found))
            unknown = 0
            continue
        rest = _and(rest, tail.rest_of(at))
        if tail.prose[at]:
            break
        if not compiled(rules.keep).search(row.key):
            unknown += 1
            if unknown > rules.limits.tail_unknown:
                break
    gone = {id(each.row) for each in taken}
    return [row for row in rows if id(row) not in gone], taken


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left behind a line: how much, and of what kind."""

    rows: int = 0
    characters: int = 0
    linked: float = 0.0  # characters in links
    prose: int = 0  # rows of running text that no rule of the tail knows
    short: int = 0  # headings, bullets, no running text

    @property
    def cards(self) -> bool:
        """Whether it is at most one sentence each: no section reads so."""
        return self.short >= 2 and self.short * 2 >= self.rows


_NOTHING = _Rest()


def _and(rest: _Rest, other: _Rest) -> _Rest:
    return _Rest(
        rest.rows + other.rows,
        rest.characters + other.characters,
        rest.linked + other.linked,
        rest.prose + other.prose,
        rest.short + other.short,
    )


class _Tail:
    """Rows and what the guards ask about them; each row is looked at once, whatever their number."""

    def __init__(self, rows: Sequence[Row], rules: BoilerplateRules) -> None:
        self.rows = rows
        self.rules = rules
        self.prose = [len(row.key) if is_prose(row, rules) else 0 for row in rows]
        known = (at if not rules.find(row.key, "tail") else -1 for at, row in enumerate(rows))
        self._unknown = list(accumulate(known, max, initial=-1))  # the last row above each that no rule knows

    def rest_of(self, at: int) -> _Rest:
        """One row as a rest."""
        row, prose = self.rows[at], bool(self.prose[at])
        short = bool(_BULLET.match(row.key)) or not prose
        unknown = self._unknown[at + 1] == at
        return _Rest(1, len(row.key), len(row.key) * row.line.link_share, int(prose and unknown), int(short))

    def acting(self, at: int, rest: _Rest) -> Iterator[Rule]:
        """The rules of the tail that know this row, or each of its statements, and may act on it with that rest behind it."""
        key, rules = self.rows[at].key, self.rules
        if len(key) > rules.limits.rule_length:
            return iter(())
        known = [rule for rule in rules.knowing(key, "tail") if _says_it(rule, key, rules)]
        whole = [
            rule for rule in known if not rule.guards or any(self._guarded(guard, at, rest) for guard in rule.guards)
        ]
        if not whole and not key.endswith("。") and len(spans := statement_spans(key, rules)) > 1:
            parts = [rules.find(key[start:end], "tail") for start, end in spans]
            whole = sorted((rule for rule in parts if rule), key=lambda rule: not rule.closes) if all(parts) else []
        return iter(whole)

    def _guarded(self, guard: Guard, at: int, rest: _Rest) -> bool:
        """Whether all that a guard names holds."""
        rows, rules = self.rows, self.rules
        if guard.last is not None and at < (1 - guard.last) * len(rows):
            return False
        if guard.linked is not None and rest.linked < guard.linked * max(1, rest.characters):
            return False
        if guard.words:
            near = " ".join(row.key for row in rows[at : at + guard.within + 1])
            if len(set(compiled(guard.words).findall(near))) < guard.at_least:
                return False
        above = self._unknown[at]
        if guard.not_below and above >= 0 and compiled(guard.not_below).search(rows[above].key):
            return False
        if guard.after_end and not any(_ends(row, rules) for row in rows[max(0, at - 2) : at]):
            return False
        if guard.no_prose and rest.prose:
            return False
        return not (guard.nothing_left and rest.rows) and (rest.cards or not guard.cards)


def _says_it(rule: Rule, key: str, rules: BoilerplateRules) -> bool:
    """Whether the line says what the rule knows: not if sentences of something else stand before it."""
    found = rule.match(key)
    before = key[: found.start()] if found else ""
    return not SENTENCE_END.search(before) or bool(compiled(rules.rights).search(before))


def _ends(row: Row, rules: BoilerplateRules) -> bool:
    """Whether a line says that the article is over; one that is believed only behind such a line does not."""
    return any(
        (rule.closes and not any(guard.after_end for guard in rule.guards)) or rule.name in _ENDS
        for rule in rules.knowing(row.key, "tail")
    )
