"""An alignment in, the same without what changes nothing out: outlets, days, datelines, headlines, leads that repeat.

An editor who takes a text over puts 中新社 for 中新网, 今天 for 5日, 本院 for 杭州中院, repeats the headline, writes a lead
out of what the text says anyway. None of it is a fact of another text, and none of it may hide one: numbers that stand
nowhere in the old text are never an echo of it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from pydantic import Field

from pipeline.core.config import Pattern, Strict
from pipeline.dedupe.fingerprint import canonical
from pipeline.dedupe.pair.alignment import Alignment, Edit, Mask
from pipeline.dedupe.pair.entities import numbers_change
from pipeline.dedupe.pair.text import Ready


class EditingRules(Strict):
    """What an editor's hand looks like (`config/dedupe.yaml`)."""

    around: int = Field(ge=1)
    dateline_within: int = Field(ge=0)
    dateline: Pattern
    classes: tuple[Pattern, ...]
    selves: frozenset[str]
    self_length: int = Field(ge=1)
    verbatim: int = Field(ge=1)
    echo_length: int = Field(ge=1)
    echo_share: float = Field(ge=0, le=1)
    echo_prose: int = Field(ge=1)
    echo_apart: int = Field(ge=1)
    headline: int = Field(ge=1)

    @cached_property
    def wordings(self) -> re.Pattern[str]:
        """All classes as one, a group each."""
        return re.compile("|".join(f"(?P<c{n}>{wording})" for n, wording in enumerate(self.classes)))


def without_editing(alignment: Alignment, new: Ready, old: Ready, rules: EditingRules, *, same_day: bool) -> Alignment:
    """The alignment without edits that change nothing; `here` holds what the new text says again in other words, too.

    `same_day`: the days of publication do not speak against it, so that another day in a dateline is the outlet's own.
    """
    heads = dateline(new, rules), dateline(old, rules)
    same: dict[int, bool] = {}

    def is_verbatim(place: int) -> bool:
        nth = bisect_right(new.starts, place) - 1
        if nth not in same:
            form = new.sequence.form[new.starts[nth] : new.starts[nth + 1]]
            same[nth] = len(form) >= rules.verbatim and form in old.sequence.form
        return same[nth]

    def is_whole(span: tuple[int, int], side: Ready) -> bool:
        return all(side.starts[bisect_left(side.starts, place)] == place for place in span)

    def is_captions(span: tuple[int, int]) -> bool:
        passages = range(bisect_left(new.starts, span[0]), bisect_left(new.starts, span[1]))
        return all(new.passages.labels[new.own[nth]] for nth in passages)

    def counts(edit: Edit) -> bool:
        if (edit.here[0] == edit.here[1] and is_whole(edit.there, old)) or (
            edit.there[0] == edit.there[1] and is_whole(edit.here, new)
        ):
            return False  # a heading put in or left out
        if is_whole(edit.here, new) and is_captions(edit.here):
            return False  # captions where the old text has another passage
        in_head = any(
            begin <= start and stop <= end for (start, stop), (begin, end) in zip(edit, heads, strict=True) if end
        )
        if in_head and (same_day or not numbers_change(edit, new.sequence.form, old.sequence.form)):
            return False
        return not (is_verbatim(edit.here[0]) or _same_class(edit, new, old, rules) or _is_echo(edit, new, old, rules))

    return replace(
        alignment,
        edits=tuple(filter(counts, alignment.edits)),
        slots=tuple(filter(counts, alignment.slots)),
        here=_with_echoes(alignment.here, new, old, heads[0], rules),
    )


def dateline(ready: Ready, rules: EditingRules) -> tuple[int, int]:
    """Where the dateline stands, in characters of the form: from the outlet to 电 or 讯 and the reporter's name."""
    for nth, place in enumerate(ready.own):
        if ready.starts[nth] > rules.dateline_within:
            break
        found = re.match(rules.dateline, ready.passages.raw[place])
        if found:
            start = ready.starts[nth]
            return start + len(canonical(found["before"] or "")), start + len(canonical(found[0]))
    return 0, 0


def _same_class(edit: Edit, new: Ready, old: Ready, rules: EditingRules) -> bool:
    """Whether both sides are wordings of one class: outlets, days, verbs of saying, the text's own body."""
    if numbers_change(edit, new.sequence.form, old.sequence.form):
        return False
    wordings = [_wordings(side.sequence.form, *span, rules) for side, span in ((new, edit.here), (old, edit.there))]
    if not wordings[0].isdisjoint(wordings[1]):
        return True
    (a, b), (c, d) = edit
    one, other = new.sequence.form[a:b], old.sequence.form[c:d]
    if one and other and not rules.wordings.sub("", one) + rules.wordings.sub("", other):
        return True  # 今天表示 for 9日介绍
    return any(
        short in rules.selves and 1 < len(long) <= rules.self_length and not re.search(r"\d", long)
        for short, long in ((one, other), (other, one))
        if short
    )


def _wordings(form: str, start: int, end: int, rules: EditingRules) -> set[str]:
    """The classes of the wordings in which a stretch lies."""
    left = max(start - rules.around, 0)
    window = form[left : end + rules.around]
    return {
        str(found.lastgroup)
        for found in rules.wordings.finditer(window)
        if found.start() + left <= start and found.end() + left >= end and found.end() + left > start
    }


def _is_echo(edit: Edit, new: Ready, old: Ready, rules: EditingRules) -> bool:
    """Whether it only shortens, puts words that stand in both texts, or a headline in words of the old text."""
    (a, b), (c, d) = edit
    if b - a < 2 or numbers_change(edit, new.sequence.form, old.sequence.form):
        return False
    one, other = new.sequence.form[a:b], old.sequence.form[c:d]
    return one in other or (
        echoes(one, old.sequence.form, rules)
        and (min(len(one), len(other)) >= rules.headline or echoes(other, new.sequence.form, rules))
    )


def _with_echoes(here: Mask, new: Ready, old: Ready, head: tuple[int, int], rules: EditingRules) -> Mask:
    """The mask with the stretches of the new text that repeat what the old text says."""
    missing = np.flatnonzero(~here)
    if not len(missing):
        return here
    here = here.copy()
    here[slice(*head)] = True
    title = canonical(old.text.title)
    source = old.sequence.form + title
    for start, end in _stretches(missing.tolist(), new):
        at = new.sequence.form.find(title, start, end) if len(title) >= rules.headline else -1
        if at >= 0:
            here[at : at + len(title)] = True
        if end - start >= rules.echo_length and echoes(new.sequence.form[start:end], source, rules):
            here[start:end] = True
    return here


def _stretches(missing: list[int], new: Ready) -> Iterator[tuple[int, int]]:
    """Runs of missing characters, cut at the ends of passages."""
    starts = set(new.starts)
    start = before = missing[0]
    for place in [*missing[1:], -2]:
        if place != before + 1 or place in starts:
            yield start, before + 1
            start = place
        before = place


def foreign(stretch: str, source: str) -> int:
    """How many pairs of characters of a stretch stand nowhere in the source."""
    pairs, _ = _said(source)
    return sum(stretch[n : n + 2] not in pairs for n in range(len(stretch) - 1))


def echoes(stretch: str, source: str, rules: EditingRules) -> bool:
    """Whether what a stretch says stands in the source: nearly all of its pairs of characters, all of its numbers."""
    pairs, numbers = _said(source)
    if not {number.lstrip("0") for number in re.findall(r"\d+", stretch)} <= numbers:
        return False
    found = [stretch[n : n + 2] in pairs for n in range(len(stretch) - 1)]
    # A pair alone is missing where two words meet that do not meet there; a new name misses more.
    apart = rules.echo_apart if len(stretch) >= rules.echo_prose else 1
    missing = "".join("+" if stands else "-" for stands in found)
    return sum(found) >= rules.echo_share * len(found) and "-" * (apart + 1) not in missing


@lru_cache(maxsize=2_000)
def _said(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The pairs of characters and the numbers of a text."""
    pairs = frozenset(map("".join, pairwise(source)))
    return pairs, frozenset(number.lstrip("0") for number in re.findall(r"\d+", source))
