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
from pipeline.text.repair import simplified


class EditingRules(Strict):
    """What an editor's hand looks like (`config/dedupe.yaml`)."""

    around: int = Field(ge=1)
    dateline_within: int = Field(ge=0)
    dateline: Pattern
    classes: tuple[Pattern, ...]
    selves: frozenset[str]
    particles: str
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
        if _is_head(edit, heads, new, old, rules, same_day=same_day):
            return False
        return not (is_verbatim(edit.here[0]) or _same_class(edit, new, old, rules) or _is_echo(edit, new, old, rules))

    slots = tuple(filter(counts, alignment.slots))
    here = _with_echoes(alignment.here, new, old, heads[0], rules)
    for slot in set(alignment.slots).difference(slots):
        here[slice(*slot.here)] = True
    return replace(alignment, edits=tuple(filter(counts, alignment.edits)), slots=slots, here=here)


def dateline(ready: Ready, rules: EditingRules) -> tuple[int, int]:
    """Where the dateline stands, in characters of the form: from the outlet to 电 or 讯 and the reporter's name."""
    for nth, place in enumerate(ready.own):
        if ready.starts[nth] > rules.dateline_within:
            break
        raw = ready.passages.raw[place]
        found = re.match(rules.dateline, simplified(raw) if ready.passages.traditional else raw)
        if found:
            start = ready.starts[nth]
            return start + len(canonical(found["before"] or "")), start + len(canonical(found[0]))
    return 0, 0


def _is_head(
    edit: Edit, heads: tuple[tuple[int, int], ...], new: Ready, old: Ready, rules: EditingRules, *, same_day: bool
) -> bool:
    """Whether an edit lies in a dateline and says beside it nothing but who, when and what the old text says."""
    if not any(
        start < stop and begin < stop and start < end for (start, stop), (begin, end) in zip(edit, heads, strict=True)
    ):
        return False
    if not same_day and numbers_change(edit, new.sequence.form, old.sequence.form):
        return False
    rests = []
    for side, (start, stop), (begin, end) in zip((new, old), edit, heads, strict=True):
        form = side.sequence.form
        stop += form[stop : stop + 1] == "日"  # of 今日, where the other one says 9日
        beside = form[start : max(start, begin)] + form[max(start, min(end, stop)) : stop] if end else form[start:stop]
        rests.append(rules.wordings.sub("", beside))
    return _is_self(rests[0], rests[1], rules) or _holds(old.sequence.form + canonical(old.text.title), rests[0], rules)


def _is_self(one: str, other: str, rules: EditingRules) -> bool:
    """Whether one of them is what a text calls itself, its place or whom it named, instead of the name: 本院, 我市, 他."""
    return any(
        short in rules.selves and 1 < len(long) <= rules.self_length and not re.search(r"\d", long)
        for short, long in ((one, other), (other, one))
    )


def _holds(text: str, stretch: str, rules: EditingRules) -> bool:
    """Whether a stretch stands in a text, particles aside."""
    plain = stretch.translate(dict.fromkeys(map(ord, rules.particles)))
    return stretch in text or plain in text or (len(stretch) >= rules.echo_length and echoes(stretch, text, rules))


def _same_class(edit: Edit, new: Ready, old: Ready, rules: EditingRules) -> bool:
    """Whether both sides are wordings of one class: outlets, days, verbs of saying, the text's own body."""
    if numbers_change(edit, new.sequence.form, old.sequence.form):
        return False
    wordings = [_wordings(side.sequence.form, *span, rules) for side, span in ((new, edit.here), (old, edit.there))]
    if not wordings[0].isdisjoint(wordings[1]):
        return True
    (a, b), (c, d) = edit
    one, other = new.sequence.form[a:b], old.sequence.form[c:d]
    if not one or not other:
        return False
    bare = rules.wordings.sub("", one), rules.wordings.sub("", other)
    return (
        not any(bare) or _is_self(bare[0], bare[1], rules) or _is_self(one, other, rules)
    )  # 今天表示 for 9日介绍, 他说 for 该负责人表示


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
    if b - a < (2 if d > c else rules.echo_length) or numbers_change(edit, new.sequence.form, old.sequence.form):
        return False
    one, other = new.sequence.form[a:b], old.sequence.form[c:d]
    bare = rules.wordings.sub("", one).translate(dict.fromkeys(map(ord, rules.particles)))
    return (
        one in other
        or (len(one) > len(bare) > 1 and bare in other)
        or (
            echoes(one, old.sequence.form, rules)
            and (min(len(one), len(other)) >= rules.headline or echoes(other, new.sequence.form, rules))
        )
    )


def _with_echoes(here: Mask, new: Ready, old: Ready, head: tuple[int, int], rules: EditingRules) -> Mask:
    """The mask with the stretches of the new text that repeat what the old text says."""
    missing = np.flatnonzero(~here)
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
    if not missing:
        return
    starts = set(new.starts)
    start = before = missing[0]
    for place in [*missing[1:], -2]:
        if place != before + 1 or place in starts:
            yield start, before + 1
            start = place
        before = place


def changed(alignment: Alignment, new: Ready) -> str:
    """What the new text says otherwise than the old one, with a character before and after each stretch."""
    spans = [edit.here for edit in (*alignment.edits, *alignment.slots)]
    spans += _stretches(np.flatnonzero(~alignment.here).tolist(), new)
    return "\n".join(new.sequence.form[max(start - 1, 0) : end + 1] for start, end in spans)


def strange_numbers(alignment: Alignment, new: Ready, old: Ready, longest: int) -> int:
    """Stretches with numbers that the old text has nowhere, in sentences of which it has the rest: at either end, before a cut.

    `longest`: a longer stretch is something that was added, and counts as that.
    """
    _, numbers = _said(old.sequence.form)
    spans = [span for span in _stretches(np.flatnonzero(~alignment.here).tolist(), new) if span[1] - span[0] <= longest]
    found = 0
    for start, end in {*spans, *(slot.here for slot in alignment.slots)}:
        nth = bisect_right(new.starts, start) - 1
        left, right = new.starts[nth], new.starts[nth + 1]
        if new.passages.prose[new.own[nth]] and 2 * int(alignment.here[left:right].sum()) >= right - left:
            found += any(
                left + number.start() < end and left + number.end() > start and number[0].lstrip("0") not in numbers
                for number in re.finditer(r"\d+", new.sequence.form[left:right])
            )
    return found


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
