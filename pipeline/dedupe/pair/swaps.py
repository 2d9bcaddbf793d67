"""The edits between two texts in, out: how many of them put one thing for another in a single character.

甲级 for 乙级, 一中 for 三中, 属实 for 不属实: texts of one mould that differ in a character again and again say another
thing each time, however alike they are. A typing error hits a character once and keeps to no class.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from pydantic import Field

from pipeline.core.config import Strict
from pipeline.dedupe.pair.alignment import Edit

Pair = tuple[str, str]


class SwapRules(Strict):
    """Which characters stand for things of one class (`config/dedupe.yaml`)."""

    classes: tuple[str, ...]
    negations: tuple[str, ...]
    variants: tuple[str, ...]
    places: int = Field(ge=2)
    length: int = Field(ge=1)

    @cached_property
    def partners(self) -> frozenset[Pair]:
        """All pairs of different characters of one class."""
        return frozenset((one, other) for kind in self.classes for one in kind for other in kind if one != other)

    @cached_property
    def same(self) -> frozenset[Pair]:
        """All pairs of characters that are one word in two spellings."""
        return frozenset((one, other) for kind in self.variants for one in kind for other in kind)


def count(edits: Iterable[Edit], here: str, there: str, rules: SwapRules) -> tuple[int, int]:
    """Distinct swaps, and the edits that are occurrences of them."""
    places: Counter[Pair] = Counter()
    certain: set[Pair] = set()
    for (a, b), (c, d) in edits:
        one, other = here[a:b], there[c:d]
        if (one, other) in rules.same or max(len(one), len(other)) > rules.length:
            continue
        if one and other:
            places[one, other] += 1
            if any(pair in rules.partners for pair in zip(one, other, strict=False)):
                certain.add((one, other))
        elif one in rules.negations or other in rules.negations:
            places[one, other] += 1
            certain.add((one, other))
        elif len(one + other) == 1:  # 市长, 副市长: the same before the same
            following = here[b : b + 1]
            places[one + following, other + following] += 1
    found = {pair for pair, times in places.items() if times >= rules.places and len(pair[0] + pair[1]) > 1} | certain
    return len(found), sum(places[pair] for pair in found)
