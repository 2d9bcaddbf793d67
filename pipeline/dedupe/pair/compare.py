"""Two texts in, a verdict out: exact, repost, near or different, and what tells them apart.

The verdict is on the new text: what it adds counts against it, what it leaves out does not. No single similarity
decides. What decides is measured on the alignment of both (`Signs`), and title, date and 发文字号 shift how much
change a repost may show: two texts of one template differ in few characters, and in exactly those that matter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.dedupe.furniture import NOTHING, Furniture, without
from pipeline.dedupe.pair import swaps
from pipeline.dedupe.pair.alignment import Alignment, Edit, Mask, align, sequence
from pipeline.dedupe.pair.editing import changed, dateline, foreign, strange_numbers, without_editing
from pipeline.dedupe.pair.entities import count, moulds, numbers_change
from pipeline.dedupe.pair.evidence import Bond, compare_titles, weigh
from pipeline.dedupe.pair.text import Ready, Text
from pipeline.dedupe.passages import Passages, split
from pipeline.dedupe.rules import DedupeRules, JudgementRules, Limits

Kind = Literal["exact", "repost", "near", "different"]
_ADDS = (  # why a text that changes nothing is no repost all the same
    "another item beside it",
    "prose of its own",
    "prose of its own in many places",
    "only a short passage in common",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the alignment of a new with an old text says; shares are of characters, 0..1."""

    held: int  # characters of the new text that the old one holds
    held_new: float  # as share of the new text
    held_old: float  # characters of the old text that the new one holds, as share of the old one
    digits: int  # digits of the aligned part
    wrong_digits: int  # those of them that differ
    cuts: int  # longer insertions and omissions within sentences
    words: float  # words and numbers that were replaced
    slips: int  # single characters that differ or are too many: typing and conversion errors
    replaced: float  # characters of replaced words (not numbers) as share of the aligned part
    errors: float  # the same with slips
    novel: int  # characters in runs of prose that the old text does not hold
    foreign: int  # pairs of characters in sentences of the new text that the old one has nowhere
    scattered: int  # all characters in prose of the new text that the old one does not hold
    prose: int  # characters in prose of the new text


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a new text is to an old one. `cut` and `added` are passages as they stand in the texts."""

    kind: Kind
    similarity: float  # share of the new text that the old one holds, furniture aside
    why: str
    cut: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    holds: float = field(default=1.0, repr=False)  # share of the old text that the new one holds
    held: int = field(default=0, repr=False)
    extends: bool = False  # holds the old text whole, changes nothing in it, and adds facts


def make_ready(text: Text, furniture: Furniture, rules: DedupeRules, passages: Passages | None = None) -> Ready:
    """The work that is done once a text; `passages` if they were split before."""
    passages = passages or split(text.text, rules.passages)
    own = without(passages, furniture.get(text.scope, NOTHING), rules.furniture)
    starts = np.cumsum([0] + [len(passages.forms[n]) for n in own]).tolist()
    form = "".join(passages.forms[n] for n in own)
    digits = bytes(map(str.isdecimal, form))
    labels = b"".join(bytes([passages.labels[n] and not passages.stated[n]]) * len(passages.forms[n]) for n in own)
    return Ready(text, passages, own, tuple(starts), sequence(form, rules.alignment), digits, labels)


def judge(new: Text, old: Text, furniture: Furniture, rules: DedupeRules) -> Verdict:
    """What `new` is to `old`, a text of another document."""
    return compare(make_ready(new, furniture, rules), make_ready(old, furniture, rules), rules)


def compare(new: Ready, old: Ready, rules: DedupeRules, *, told: bool = True) -> Verdict:
    """The same for texts made ready; without `told` only of a repost it is said what was cut and added."""
    if new.text.fingerprint.digest == old.text.fingerprint.digest:
        return Verdict(kind="exact", similarity=1.0, why="equal digests", held=new.starts[-1])
    alignment = align(new.sequence, old.sequence, rules.alignment, least=rules.judgement.alike)
    held_new, held_old = _share(alignment.here), _share(alignment.there)
    if max(held_new, held_old) < rules.judgement.alike:
        return Verdict(kind="different", similarity=held_new, why="little in common", held=alignment.equal)
    kind, why, signs = _kind(new, old, alignment, rules)
    told = told or kind == "repost"
    bond = compare_titles(new.text.title, old.text.title, rules.evidence)
    return Verdict(
        kind=kind,
        similarity=held_new,
        why=why,
        cut=_not_held(old, _missing_characters(old, alignment.there), rules.judgement) if told else (),
        added=_not_held(new, _missing_characters(new, alignment.here), rules.judgement) if told else (),
        holds=held_old,
        held=alignment.equal,
        extends=why in _ADDS and _extends(signs, bond, rules.judgement),
    )


def _extends(signs: Signs, bond: Bond, rules: JudgementRules) -> bool:
    """Whether a text that adds prose to an old one is its next state, not two items in one text nor a digest."""
    if signs.held_old < rules.extends_held:
        return False
    own_matter = signs.foreign <= max(rules.foreign, rules.extends_foreign * signs.scattered)
    return bond == "bound" or (signs.held_new >= rules.extends_share and own_matter)


def _share(mask: Mask) -> float:
    return float(mask.mean()) if len(mask) else 0.0


def _kind(new: Ready, old: Ready, alignment: Alignment, rules: DedupeRules) -> tuple[Kind, str, Signs]:
    """The kind and the reason for it, of two texts of which one holds a good part of the other."""
    noise = alignment.edits
    alignment = without_editing(alignment, new, old, rules.editing, same_day=_on_one_day(new.text, old.text))
    bond = weigh(
        (new.text.title, old.text.title),
        (new.text.published_at, old.text.published_at),
        (new.text.document_number, old.text.document_number),
        rules.evidence,
        old.sequence.form,
        changed(alignment, new),
    )
    missing = _missing_characters(new, alignment.here)
    signs = measure(alignment, noise, new, old, missing, rules.judgement)
    if _is_of_another_day(new, old, rules) and _is_of_another_day(old, new, rules):
        return "near", "another day in the same words", signs
    converted = new.passages.traditional != old.passages.traditional
    if not converted and _swapped(alignment, signs, new, old, rules):
        return "near", "another thing in the same words", signs
    kind, why = decide_kind(signs, bond, new.starts[-1], converted, rules.judgement)
    if kind == "repost" and _other_entities(alignment, signs, new, old, missing, bond, rules):
        return "near", "other numbers or names in the same words", signs
    return kind, why, signs


def _on_one_day(one: Text, other: Text) -> bool:
    """Whether the days of publication do not tell the texts apart."""
    return not one.day or not other.day or one.day == other.day


def _is_of_another_day(one: Ready, other: Ready, rules: DedupeRules) -> bool:
    """Whether it names its day of publication, which is far from the other's and which the other does not name.

    A dateline says when an outlet sent it, not what it tells of.
    """
    days = one.text.day, other.text.day
    if not days[0] or not days[1] or abs((days[0] - days[1]).days) <= rules.evidence.days:
        return False
    named = re.compile(rf"(?<!\d)0?{days[0].month}月0?{days[0].day}日")
    start, end = dateline(one, rules.editing)
    form = one.sequence.form[:start] + one.sequence.form[end:]
    return bool(named.search(form)) and not named.search(other.sequence.form)


def _swapped(alignment: Alignment, signs: Signs, new: Ready, old: Ready, rules: DedupeRules) -> bool:
    """Whether characters were put for others of their class, or for the same again and again: no title excuses that."""
    edits = [edit for edit in alignment.edits if not _is_label(edit, new, old)]
    pairs, occurrences = swaps.count(edits, new.sequence.form, old.sequence.form, rules.swaps)
    others = max(signs.slips - occurrences, 0)
    return pairs > rules.judgement.limits["apart"].entities + rules.judgement.entity_excess * others


def decide_kind(signs: Signs, bond: Bond, length: int, converted: bool, rules: JudgementRules) -> tuple[Kind, str]:
    """The tests in turn; each keeps out a kind of text that resembles and is no repost."""
    limits = rules.limits[bond]
    usual = rules.number_slack + rules.number_excess * signs.errors * signs.digits
    if signs.wrong_digits > max(usual, limits.numbers * signs.digits):
        return "near", "other numbers"
    if signs.errors > rules.errors or _other_words(signs, limits, converted, rules):
        return "near", "other names"
    if signs.held < rules.short and signs.held_new < rules.short_share:
        return "near", _ADDS[3]
    if signs.foreign > rules.foreign:
        return "near", _ADDS[0]
    if signs.novel >= max(rules.novel_prose, limits.novel * length):
        return "near", _ADDS[1]
    if signs.scattered >= max(rules.scattered_prose, limits.scattered * signs.prose):
        return "near", _ADDS[2]
    return "repost", "says nothing new"


def _other_entities(
    alignment: Alignment, signs: Signs, new: Ready, old: Ready, missing: list[int], bond: Bond, rules: DedupeRules
) -> bool:
    """Whether what differs are entities, more than noise hits: another member of a series."""
    told = [[edit for edit in edits if not _is_label(edit, new, old)] for edits in (alignment.edits, alignment.slots)]
    day = 1.0 if _on_one_day(new.text, old.text) else rules.judgement.day_weight
    found = count(told[0], told[1], new.sequence.form, old.sequence.form, rules.entities, day)
    absent = _missing_characters(old, alignment.there)
    found += moulds(_lone(new, missing, rules.judgement), _lone(old, absent, rules.judgement), rules.entities)
    longest = len(new.digits) if len(new.digits) < rules.judgement.short else rules.alignment.gap
    found += strange_numbers(alignment, new, old, longest)
    if not found:
        return False
    others = max(signs.slips + signs.words - found, 0)
    limit = rules.judgement.limits[bond].entities
    if not _on_one_day(new.text, old.text):
        limit = min(limit, rules.judgement.limits["open"].entities)  # the same title every day
    return found > limit + rules.judgement.entity_excess * others


def _is_label(edit: Edit, new: Ready, old: Ready) -> bool:
    return bool(new.labels.count(1, *edit.here) or old.labels.count(1, *edit.there))


def _lone(ready: Ready, missing: list[int], rules: JudgementRules) -> list[str]:
    """Canonical passages, captions aside, that the other text does not hold."""
    return [
        ready.passages.forms[place]
        for n, place in enumerate(ready.own)
        if missing[n] > (1 - rules.passage_held) * ready.length(n) and not ready.passages.labels[place]
    ]


def _other_words(signs: Signs, limits: Limits, converted: bool, rules: JudgementRules) -> bool:
    """Whether so many words were replaced that this is another member of a series, not an edited or noisy copy."""
    if (
        signs.words
        and not (signs.slips or signs.cuts or converted)
        and signs.held_new == 1
        and signs.held < rules.form
        and limits.form
    ):
        return True  # the same to the letter but for a word: a form that was filled in; an editor's hand changes more
    usual = limits.free_words + signs.held / limits.words + rules.word_excess * signs.slips
    return signs.words > usual and not (converted and signs.replaced <= rules.converted_share)


def measure(
    alignment: Alignment, noise: Sequence[Edit], new: Ready, old: Ready, missing: list[int], rules: JudgementRules
) -> Signs:
    """The signs of an alignment; `missing` characters of each own passage of the new text; `noise`: all edits."""
    words = 0.0
    wrong = replaced = slips = slipped = cuts = 0
    counted = set(alignment.edits)
    for edit in noise:
        (a, b), (c, d) = edit
        if _is_label(edit, new, old):
            continue
        size = max(b - a, d - c)
        if digits := numbers_change(edit, new.sequence.form, old.sequence.form):
            wrong += digits if edit in counted else 0
            words += edit in counted
        elif b > a and d > c and size > 1:
            replaced += size if edit in counted else 0
            words += edit in counted
        elif size <= rules.slip:  # longer ones are captions and labels that were put in or left out
            slips += 1
            slipped += size
        else:
            cuts += 1
    for slot in alignment.slots:
        if not (new.labels.count(1, *slot.here) or old.labels.count(1, *slot.there)):
            words += rules.slot_words
    held = int(alignment.here.sum())
    prose = [n for n, place in enumerate(new.own) if new.passages.prose[place]]
    return Signs(
        held=held,
        held_new=held / max(len(new.digits), 1),
        held_old=int(alignment.there.sum()) / max(len(old.digits), 1),
        digits=int(np.frombuffer(new.digits, dtype=np.bool_)[alignment.here].sum()),
        wrong_digits=wrong,
        cuts=cuts,
        words=words,
        slips=slips,
        replaced=replaced / max(held, 1),
        errors=(replaced + slipped) / max(held, 1),
        novel=_in_runs([missing[n] for n in prose], [new.length(n) for n in prose], rules),
        foreign=_foreign(new, old, missing, rules),
        scattered=sum(missing[n] for n in prose),
        prose=sum(new.length(n) for n in prose),
    )


def _missing_characters(ready: Ready, mask: Mask) -> list[int]:
    """For each own passage how many of its characters the other text does not hold."""
    total = np.concatenate(([0], np.cumsum(~mask)))
    return np.diff(total[list(ready.starts)]).tolist()  # type: ignore[no-any-return]


def _in_runs(missing: list[int], lengths: list[int], rules: JudgementRules) -> int:
    """Characters in runs of passages of prose that the old text does not hold; a lone caption makes no run."""
    novel = run = 0
    for absent, length in zip(missing, lengths, strict=True):
        if absent > (1 - rules.passage_held) * length:
            run += length
            continue
        novel += run if run >= rules.novel_run else 0
        run = 0
    return novel + (run if run >= rules.novel_run else 0)


def _foreign(new: Ready, old: Ready, missing: list[int], rules: JudgementRules) -> int:
    """What sentences that the old text does not hold share with it not even in pairs of characters: another matter."""
    return sum(
        foreign(new.passages.forms[place], old.sequence.form)
        for n, place in enumerate(new.own)
        if new.passages.prose[place] and missing[n] > (1 - rules.passage_held) * new.length(n)
    )


def _not_held(ready: Ready, missing: list[int], rules: JudgementRules) -> tuple[str, ...]:
    """The own passages that the other text does not hold."""
    return tuple(
        ready.passages.raw[place]
        for n, place in enumerate(ready.own)
        if missing[n] > (1 - rules.passage_held) * ready.length(n)
    )
