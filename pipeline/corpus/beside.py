"""Two texts in, their paragraphs side by side out, with the passages of each that the other does not say.

A passage is a piece of a text, marked or not; what a search looked for is marked in the same way.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.dedupe.fingerprint import canonical, readable

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Beside:
    """A paragraph of one text beside its counterpart in another; empty where there is none."""

    left: str
    right: str

    @property
    def same(self) -> bool:
        """Whether both say the same, in whichever script and typography."""
        return self.left == self.right or canonical(self.left) == canonical(self.right)

    @property
    def changed(self) -> tuple[Spans, Spans]:
        """Where two paragraphs that stand beside each other differ: [start, end) on the left and on the right."""
        if self.same or not self.left or not self.right:
            return [], []
        parts = [part for part in _matcher(self.left, self.right).get_opcodes() if part[0] != "equal"]
        return [(a, b) for _, a, b, _, _ in parts if a < b], [(c, d) for _, _, _, c, d in parts if c < d]


def beside(left: str, right: str) -> list[Beside]:
    """The paragraphs of two texts, aligned where they say the same or most nearly the same."""
    a, b = _paragraphs(left), _paragraphs(right)
    forms = [canonical(text) for text in a], [canonical(text) for text in b]
    rows: list[Beside] = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *forms, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [Beside(one, other) for one, other in zip(a[a0:a1], b[b0:b1], strict=True)]
        else:
            rows += _paired(a[a0:a1], b[b0:b1])
    return rows


def _paragraphs(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _paired(a: Sequence[str], b: Sequence[str]) -> Iterator[Beside]:
    """Changed paragraphs: each of the left beside the next of the right that it is like, or that holds or is held by it."""
    rest = list(b)
    for text in a:
        alike = next((n for n, other in enumerate(rest) if _alike(canonical(text), canonical(other))), None)
        if alike is None:
            yield Beside(text, "")
            continue
        yield from (Beside("", other) for other in rest[:alike])
        yield Beside(text, rest[alike])
        del rest[: alike + 1]
    yield from (Beside("", text) for text in rest)


def _alike(one: str, other: str) -> bool:
    """Whether half of the shorter one stands in the other, in the same order."""
    held = sum(block.size for block in _matcher(one, other).get_matching_blocks() if block.size > 1)
    return held >= 0.5 * max(min(len(one), len(other)), 1) and held > 1


def _matcher(one: str, other: str) -> SequenceMatcher[str]:
    return SequenceMatcher(None, one, other, autojunk=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text. All pieces together are the text."""

    text: str
    marked: bool


def passages(text: str, spans: Sequence[tuple[int, int]]) -> list[Passage]:
    """The text in pieces; those at `spans`, [start, end), are marked. Spans may touch and overlap."""
    found: list[Passage] = []
    at = 0
    for start, end in sorted(spans):
        if start > at:
            found.append(Passage(text[at:start], False))
        if end > max(start, at):
            found.append(Passage(text[max(start, at) : end], True))
        at = max(at, end)
    return [*found, Passage(text[at:], False)] if at < len(text) else found


def found(text: str, asked: str) -> list[Passage]:
    """The text with the words that were asked for marked, in whichever script they stand there."""
    folded = readable(text)
    same = folded if len(folded) == len(text) else text
    words = [readable(word) for word in asked.replace('"', " ").split()]
    return passages(text, [match.span() for word in words for match in re.finditer(re.escape(word), same)])


def sides(pair: Beside) -> tuple[list[Passage], list[Passage]]:
    """Both paragraphs with what the other does not say marked; all of one that stands alone."""
    left, right = pair.changed
    if not pair.same and not (pair.left and pair.right):
        left, right = [(0, len(pair.left))], [(0, len(pair.right))]
    return passages(pair.left, left), passages(pair.right, right)
