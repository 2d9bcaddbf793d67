"""Two texts in, what one holds of the other out: seed and extend on characters, with gaps, blocks in any order.

Seeds are equal runs of a few characters. Seeds on one diagonal are a block, mismatches of up to `gap` characters
included; blocks are taken from the longest on, each character at most once; what lies between two neighbouring
blocks and is no longer than `gap` on either side is an edit (a name, a number, a typing error), not a hole.
The scheme is that of BLAST (Altschul et al. 1990), with chaining in place of dynamic programming.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.config import Strict
from pipeline.dedupe.fingerprint import Codes, Hashes, codes, shingles

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


class AlignmentRules(Strict):
    """What starts, joins and ends a block (`config/dedupe.yaml`)."""

    seed: int = Field(ge=2)
    gap: int = Field(ge=0)
    slot: int = Field(ge=0)
    block: int = Field(ge=2)
    repeats: int = Field(ge=1)


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A text made ready for alignment: its characters, and its distinct seeds in the order of their hashes."""

    form: str
    points: Codes
    seeds: Hashes
    first: Places  # where in `order` the places of each seed begin
    counts: Places
    order: Places  # places in the text, those of one seed together


class Block(NamedTuple):
    """`length` characters from `start` in the one text stand from `start + shift` in the other, edits included."""

    start: int
    shift: int
    length: int


class Edit(NamedTuple):
    """A short stretch between or inside blocks where the texts differ: [start, end) here, [start, end) there."""

    here: tuple[int, int]
    there: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Which characters of each text the other holds, and the edits within."""

    blocks: tuple[Block, ...]
    edits: tuple[Edit, ...]
    slots: tuple[Edit, ...]  # longer stretches that stand in each other's place, not held
    here: Mask
    there: Mask
    equal: int  # characters that are the same in both


def sequence(canonical_text: str, rules: AlignmentRules) -> Sequence:
    """The work that is done once a text, not once a pair."""
    points = codes(canonical_text)
    hashes = shingles(points, rules.seed)
    order = np.argsort(hashes, kind="stable")
    seeds, first, counts = np.unique(hashes[order], return_index=True, return_counts=True)
    return Sequence(form=canonical_text, points=points, seeds=seeds, first=first, counts=counts, order=order)


def align(here: Sequence, there: Sequence, rules: AlignmentRules, *, least: float = 0.0) -> Alignment:
    """The blocks that both texts share; edits are looked for where either text is held to the share `least`."""
    blocks = _chosen(_runs(here, there, rules), len(here.form), len(there.form), rules)
    mask_here, mask_there = np.zeros(len(here.form), dtype=np.bool_), np.zeros(len(there.form), dtype=np.bool_)
    short: list[Edit] = []
    slots: list[Edit] = []
    for left, right in pairwise([Block(0, 0, 0), *blocks]):
        start, end, shift = right.start, right.start + right.length, right.shift
        mask_here[start:end] = mask_there[start + shift : end + shift] = True
        gap, is_edit = _between(left, right, rules)
        if gap and is_edit:
            mask_here[slice(*gap.here)] = mask_there[slice(*gap.there)] = True
            short.append(gap)
        elif gap:
            slots.append(gap)
    if blocks and (last := _after(blocks[-1], len(here.form), len(there.form), rules)):
        mask_here[slice(*last.here)] = mask_there[slice(*last.there)] = True
        short.append(last)
    held = int(mask_here.sum())
    edits: list[Edit] = []
    if held >= least * len(here.form) or int(mask_there.sum()) >= least * len(there.form):
        edits = [part for gap in short + _mismatches(blocks, here, there) for part in _parted(gap, here, there)]
    equal = held - sum(edit.here[1] - edit.here[0] for edit in edits)
    return Alignment(tuple(blocks), tuple(edits), tuple(slots), mask_here, mask_there, equal)


def _runs(here: Sequence, there: Sequence, rules: AlignmentRules) -> list[tuple[int, int, int]]:
    """(start, shift, length) of each run of seeds on one diagonal, those with most seeds first."""
    if not len(here.seeds) or not len(there.seeds):
        return []
    place = np.searchsorted(there.seeds, here.seeds)
    place[place == len(there.seeds)] = 0
    hit = np.flatnonzero((there.seeds[place] == here.seeds) & (there.counts[place] <= rules.repeats))
    if not len(hit):
        return []
    there_first, there_counts = there.first[place[hit]], there.counts[place[hit]]
    here_first, here_counts = here.first[hit], here.counts[hit]
    if int(here_counts.max()) == int(there_counts.max()) == 1:
        starts = here.order[here_first]
        shifts = there.order[there_first] - starts
    else:  # each place here with each place there
        both = here_counts * there_counts
        nth = np.arange(int(both.sum())) - np.repeat(np.cumsum(both) - both, both)
        across = np.repeat(there_counts, both)
        starts = here.order[np.repeat(here_first, both) + nth // across]
        shifts = there.order[np.repeat(there_first, both) + nth % across] - starts
    width = len(here.points) + rules.seed + rules.gap + 1  # so wide that two diagonals never touch
    line = np.sort((shifts + width) * width + starts)
    breaks = np.flatnonzero(np.diff(line) > rules.seed + rules.gap)
    first = np.concatenate(([0], breaks + 1))
    last = np.concatenate((breaks, [len(line) - 1]))
    seeds = last - first + 1
    kept = np.flatnonzero(seeds > rules.block - rules.seed)
    kept = kept[np.argsort(-seeds[kept], kind="stable")]
    first, last = line[first[kept]], line[last[kept]]
    shift = first // width - width
    return list(zip((first % width).tolist(), shift.tolist(), (last - first + rules.seed).tolist(), strict=True))


def _chosen(runs: list[tuple[int, int, int]], size: int, other: int, rules: AlignmentRules) -> list[Block]:
    """The runs as blocks in order of their start here; what an earlier one holds is cut off from a later one."""
    free_here, free_there = bytearray(b"\1") * size, bytearray(b"\1") * other
    blocks = []
    for start, shift, length in runs:
        end = start + length
        while start < end and not (free_here[start] and free_there[start + shift]):
            start += 1
        while start < end and not (free_here[end - 1] and free_there[end - 1 + shift]):
            end -= 1
        length = end - start
        if length < rules.block or 0 in free_here[start:end] or 0 in free_there[start + shift : end + shift]:
            continue
        free_here[start:end] = free_there[start + shift : end + shift] = bytes(length)
        blocks.append(Block(start, shift, length))
    return sorted(blocks)


def _mismatches(blocks: list[Block], here: Sequence, there: Sequence) -> list[Edit]:
    """The stretches inside blocks that differ."""
    edits: list[Edit] = []
    for block in blocks:
        start, end, shift = block.start, block.start + block.length, block.shift
        if here.form[start:end] != there.form[start + shift : end + shift]:
            wrong = np.flatnonzero(here.points[start:end] != there.points[start + shift : end + shift]) + start
            edits.extend(_stretches(wrong.tolist(), shift))
    return edits


def _between(left: Block, right: Block, rules: AlignmentRules) -> tuple[Edit | None, bool]:
    """What stands between two blocks where it is no passage of its own, and whether it is short enough for an edit."""
    from_, to = left.start + left.length, right.start
    there_from, there_to = from_ + left.shift, to + right.shift
    here, there = to - from_, there_to - there_from
    if min(here, there) < 0 or max(here, there) > rules.slot:
        return None, False
    if (left.length or 0 < here == there < rules.seed) and max(here, there) <= rules.gap:
        return Edit((from_, to), (there_from, there_to)), True
    return (Edit((from_, to), (there_from, there_to)), False) if min(here, there) > 1 else (None, False)


def _after(last: Block, size: int, other: int, rules: AlignmentRules) -> Edit | None:
    """What stands behind the last block where both texts end so soon that no seed reaches into it."""
    here, there = last.start + last.length, last.start + last.length + last.shift
    return Edit((here, size), (there, other)) if 0 < size - here == other - there < rules.seed else None


def _stretches(wrong: list[int], shift: int) -> list[Edit]:
    """Neighbouring mismatches of one block as one edit each."""
    edits = []
    start = before = wrong[0]
    for place in [*wrong[1:], -1]:
        if place != before + 1:
            edits.append(Edit((start, before + 1), (start + shift, before + 1 + shift)))
            start = place
        before = place
    return edits


def _parted(edit: Edit, here: Sequence, there: Sequence) -> list[Edit]:
    """An edit without the characters that both sides hold in the same order (longest common subsequence)."""
    (a, b), (c, d) = edit.here, edit.there
    if a == b or c == d or b - a == d - c == 1:
        return [edit]
    left, right = here.form[a:b], there.form[c:d]
    if set(left).isdisjoint(right):
        return [edit]
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(len(right) - 1, -1, -1):
            if left[i] == right[j]:
                row[j] = below[j + 1] + 1
            else:
                row[j] = below[j] if below[j] >= row[j + 1] else row[j + 1]
    edits: list[Edit] = []
    i = j = from_i = from_j = 0
    while i < len(left) and j < len(right):
        if left[i] == right[j] and best[i][j] == best[i + 1][j + 1] + 1:
            if i > from_i or j > from_j:
                edits.append(Edit((a + from_i, a + i), (c + from_j, c + j)))
            i, j = i + 1, j + 1
            from_i, from_j = i, j
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    if from_i < len(left) or from_j < len(right):
        edits.append(Edit((a + from_i, b), (c + from_j, d)))
    return edits
