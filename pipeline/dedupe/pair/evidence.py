"""Two texts' titles, dates and 发文字号 in, out: do they speak for one article, against it, or not at all."""

import itertools
import re
from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import Literal

from pydantic import Field

from pipeline.core.config import Strict
from pipeline.dedupe.fingerprint import canonical

Bond = Literal["bound", "open", "apart"]

_NUMBER = re.compile(r"\d+|第[一二三四五六七八九十百零〇]+|[一二三四五六七八九十]+(?=月|季度|批|期|号)")


class EvidenceRules(Strict):
    """What speaks for and against beside the texts themselves (`config/dedupe.yaml`)."""

    days: float = Field(gt=0)
    title_length: int = Field(ge=1)
    title_alike: float = Field(ge=0, le=1)
    title_stands: float = Field(ge=0, le=1)


def weigh(
    titles: tuple[str, str],
    dates: tuple[datetime | None, datetime | None],
    numbers: tuple[str, str],
    rules: EvidenceRules,
    old: str = "",
    changed: str = "",
) -> Bond:
    """ "bound" if they name the same article, "apart" if they name two, "open" if they do not tell.

    `old` is the canonical text of the second, `changed` what the text of the first says otherwise.
    """
    if all(numbers):
        return "bound" if canonical(numbers[0]) == canonical(numbers[1]) else "apart"
    if None not in dates and abs((dates[0] - dates[1]).total_seconds()) > rules.days * 86_400:  # type: ignore[operator]
        return "apart"
    bond = compare_titles(*titles, rules)
    if bond == "apart" and old and _stands(_form(titles[0]), _form(titles[1]), old, changed, rules):
        return "open"
    return bond


def compare_titles(one: str, other: str, rules: EvidenceRules) -> Bond:
    """Equal, or one within the other: bound. Alike and yet different, or with other numbers: two of one series."""
    one, other = _form(one), _form(other)
    if not one or not other:
        return "open"
    numbers = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    if numbers[0] - numbers[1] and numbers[1] - numbers[0]:
        return "apart"
    if min(len(one), len(other)) >= rules.title_length and (one in other or other in one):
        return "bound" if numbers[0] == numbers[1] else "open"
    return "apart" if one != other and _alike(one, other) >= rules.title_alike else "open"


def _stands(one: str, other: str, old: str, changed: str, rules: EvidenceRules) -> bool:
    """Whether what the first title adds to the second stands in the second text, or is not what the first one says otherwise."""
    numbers = set(_NUMBER.findall(one)) - set(_NUMBER.findall(other))
    if any(number not in old for number in numbers):
        return False
    added = [pair for pair in map("".join, itertools.pairwise(one)) if pair not in other]
    return sum(pair in old for pair in added) >= rules.title_stands * len(added) or not any(
        pair in changed for pair in added
    )


@lru_cache(maxsize=100_000)
def _form(title: str) -> str:
    return canonical(title)


def _alike(one: str, other: str) -> float:
    """Share of common pairs of characters (Dice)."""
    pairs = [Counter(itertools.pairwise(text)) for text in (one, other)]
    total = sum(pairs[0].values()) + sum(pairs[1].values())
    return 2 * (pairs[0] & pairs[1]).total() / total if total else 0.0
