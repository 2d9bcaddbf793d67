"""A text and what is looked for in it in, its passages out, each marked or not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.explain import Beside
from pipeline.fingerprint import readable


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
