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
from pipeline.dedupe.pair.alignment import Edit

_NUMBER = re.compile(r"\d+")
_COUNTED = re.compile(r"(\d+)([^\W\d])")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d*")
_DIGITS_BEFORE = re.compile(r"\d*$")
_DAY = re.compile(r"\d?[日号]")
_CLOCK = frozenset("年月日号时点分秒")
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
    place: Pattern
    no_place: str
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


def count(
    edits: Sequence[Edit], slots: Iterable[Edit], here: str, there: str, rules: EntityRules, day: float = 1.0
) -> float:
    """Edits of entities in the texts `here` and `there`; one that differs in a letter counts for less, a day for `day`."""
    found = 0.0
    for edit in _joined(edits, rules.join):
        weight = _weight(edit, here, there, rules)
        found += day if weight and _DAY.match(here, edit.here[1]) and numbers_change(edit, here, there) else weight
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
    if numbers_change(edit, here, there) or _is_ordinal(edit, one, other, here, there, rules):
        return 1.0
    return _name(edit, one, other, here, there, rules) or float(_is_place(edit, one, other, here, there, rules))


def _is_place(edit: Edit, one: str, other: str, here: str, there: str, rules: EntityRules) -> bool:
    """山西省 for 江西省: what stands before the word for a place, neither of which the other text names."""
    (_, b), (_, d) = edit
    if not _HAN.fullmatch(one) or not _HAN.fullmatch(other) or max(len(one), len(other)) > rules.name_length:
        return False
    if one[-1] in rules.no_place or other[-1] in rules.no_place:
        return False
    ends = re.match(rules.place, here[b : b + 4]), re.match(rules.place, there[d : d + 4])
    if not all(ends):
        return False
    names = one + ends[0][0], other + ends[1][0]  # type: ignore[index]
    return names[0] not in there and names[1] not in here


def numbers_change(edit: Edit, here: str, there: str) -> int:
    """How many digits differ where an edit puts other numbers; 0 where it has none, or adds or leaves out whole ones.

    The numbers are those that the edit touches, read whole: 5 in 95 and 195 is no insertion; 05分 is 5分.
    """
    (a, b), (c, d) = edit
    digits = bool(_DIGIT.search(here, a, b)), bool(_DIGIT.search(there, c, d))
    if not any(digits) or (a < b and c < d and not all(digits)):
        return 0
    left = len(_DIGITS_BEFORE.search(here, max(a - 12, 0), a)[0])  # type: ignore[index]
    right = len(_DIGITS.match(here, b)[0])  # type: ignore[index]
    starts = here[a:b] or here[b : b + 1], there[c:d] or there[d : d + 1]
    ends = here[a:b] or here[a - 1 : a], there[c:d] or there[c - 1 : c]
    a, c = (a - left, c - left) if any(side[:1].isdecimal() for side in starts) else (a, c)
    b, d = (b + right, d + right) if any(side[-1:].isdecimal() for side in ends) else (b, d)
    numbers = _numbers(here, a, b), _numbers(there, c, d)
    few, many = sorted(numbers, key=len)
    rest = iter(many)
    if all(number in rest for number in few):
        return 0
    return max(
        sum(map(str.isdecimal, here[edit.here[0] : edit.here[1]])),
        sum(map(str.isdecimal, there[edit.there[0] : edit.there[1]])),
    )


def _numbers(form: str, start: int, end: int) -> list[str]:
    """The numbers of a stretch; those of a clock or a calendar without leading zeros."""
    return [
        found[0].lstrip("0") if form[found.end() : found.end() + 1] in _CLOCK else found[0]
        for found in _NUMBER.finditer(form, start, end)
    ]


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
