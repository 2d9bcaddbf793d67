"""The edits between two aligned texts in, out: how many of them are numbers, ordinals, dates or names of people.

A repost keeps these, and an editor's hand or a typing error seldom hits them; two notices of one template differ in
little else. So a few such edits in a text that is otherwise the same to the letter make it another notice.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

from pydantic import Field

from pipeline.core.config import Pattern, Strict
from pipeline.dedupe.alignment import Edit

_NUMBER = re.compile(r"\d+")
_COUNTED = re.compile(r"(\d+)([^\W\d])")
_ORDINAL = re.compile(r"[一二三四五六七八九十百零〇两廿]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")


class EntityRules(Strict):
    """What a name, an ordinal, a dateline look like (`config/dedupe.yaml`)."""

    join: int = Field(ge=0)
    name_length: int = Field(ge=1)
    letter: float = Field(ge=0, le=1)
    surnames: str = Field(min_length=1)
    before_name: Pattern
    after_name: Pattern
    before_ordinal: Pattern
    after_ordinal: Pattern
    dateline: Pattern
    mould_length: int = Field(ge=1)
    mould_alike: float = Field(ge=0, le=1)

    @cached_property
    def surname(self) -> frozenset[str]:
        """The characters with which names begin."""
        return frozenset(self.surnames)

    @cached_property
    def left(self) -> re.Pattern[str]:
        """What ends where a name begins, or a character or two into the name."""
        return re.compile(rf"(?:{self.before_name})(?P<begun>[{self.surnames}][\u3400-\u9fff]?)?$")


def count(edits: Sequence[Edit], slots: Iterable[Edit], here: str, there: str, rules: EntityRules) -> float:
    """Edits of entities in the texts `here` and `there`; one that differs in a letter counts for less."""
    found = 0.0
    for edit in _joined(edits, rules.join):
        found += _weight(edit, here, there, rules)
    for slot in slots:
        one, other = here[slice(*slot.here)], there[slice(*slot.there)]
        if not re.search(rules.dateline, one) and not re.search(rules.dateline, other):
            found += _counts_differ(one, other) or _begins_names(slot, here, there, rules)
    return found


def moulds(here: Sequence[str], there: Sequence[str], rules: EntityRules) -> int:
    """Of the passages that only one text holds: those which resemble one of the other, as lines of one mould do."""
    rest = [Counter(pairwise(form)) for form in there if len(form) >= rules.mould_length]
    lines = [Counter(pairwise(form)) for form in here if len(form) >= rules.mould_length]
    return sum(any(_alike(line, other) >= rules.mould_alike for other in rest) for line in lines)


def _alike(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> float:
    return 2 * (one & other).total() / (one.total() + other.total())


def _joined(edits: Sequence[Edit], gap: int) -> list[Edit]:
    """Edits with hardly anything between them as one: 施玉霞 for 曹玉志."""
    joined: list[Edit] = []
    for edit in sorted(edits):
        if joined:
            (a, b), (c, d) = joined[-1]
            apart = edit.here[0] - b
            if 0 <= apart <= gap and edit.there[0] - d == apart:
                joined[-1] = Edit((a, edit.here[1]), (c, edit.there[1]))
                continue
        joined.append(edit)
    return joined


def _weight(edit: Edit, here: str, there: str, rules: EntityRules) -> float:
    (a, b), (c, d) = edit
    one, other = here[a:b], there[c:d]
    if _is_number(edit, one, other, here, there) or _is_ordinal(edit, one, other, here, there, rules):
        return 1.0
    return _name(edit, one, other, here, there, rules)


def _is_number(edit: Edit, one: str, other: str, here: str, there: str) -> bool:
    numbers = _NUMBER.findall(one), _NUMBER.findall(other)
    if all(numbers):
        return numbers[0] != numbers[1]
    if (one and other) or not any(numbers):
        return False
    (a, b), (c, d) = edit
    around = here[max(a - 1, 0) : a] + here[b : b + 1] if one else there[max(c - 1, 0) : c] + there[d : d + 1]
    return any(map(str.isdecimal, around))  # 95 and 195


def _is_ordinal(edit: Edit, one: str, other: str, here: str, there: str, rules: EntityRules) -> bool:
    """第九次 for 第八次, 十三届 for 三届."""
    if not (_ORDINAL.fullmatch(one) or not one) or not (_ORDINAL.fullmatch(other) or not other):
        return False
    (a, b), _ = edit
    left, right = here[max(a - 4, 0) : a], here[b : b + 4]
    return bool(re.search(rf"(?:{rules.before_ordinal}){_ORDINAL.pattern[:-1]}*$", left)) or bool(
        re.match(rf"{_ORDINAL.pattern[:-1]}*(?:{rules.after_ordinal})", right)
    )


def _name(edit: Edit, one: str, other: str, here: str, there: str, rules: EntityRules) -> float:
    if not _HAN.fullmatch(one) or not _HAN.fullmatch(other) or max(len(one), len(other)) > rules.name_length:
        return 0.0
    (a, b), _ = edit
    left = rules.left.search(here[max(a - 8, 0) : a])
    surnames = one[0] in rules.surname and other[0] in rules.surname
    if left and left["begun"]:
        return 1.0 if max(len(one), len(other)) > 1 else rules.letter
    after = re.match(rf"[\u3400-\u9fff]{{0,2}}?(?:{rules.after_name})", here[b : b + 8])
    return 1.0 if surnames and (left or after) else 0.0


def _counts_differ(one: str, other: str) -> bool:
    """Whether both count the same things to other numbers: 3月10日, 1月6日."""
    counted: tuple[dict[str, set[str]], dict[str, set[str]]] = ({}, {})
    for text, units in zip((one, other), counted, strict=True):
        for number, unit in _COUNTED.findall(text + "日"):
            units.setdefault(unit, set()).add(number)
    return any(numbers.isdisjoint(counted[1][unit]) for unit, numbers in counted[0].items() if unit in counted[1])


def _begins_names(slot: Edit, here: str, there: str, rules: EntityRules) -> bool:
    """Whether the stretch begins with a name on either side."""
    (a, _), (c, _) = slot
    return (
        here[a] in rules.surname
        and there[c] in rules.surname
        and rules.left.search(here[max(a - 8, 0) : a]) is not None
    )
