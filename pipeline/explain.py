"""A page in, every line of its block out with what became of it; two texts in, their paragraphs side by side out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.fingerprint import canonical
from pipeline.models import Document, Extracted, Removed

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Fate:
    """A line that stood on the page. `rule` and `zone` are empty for one that stayed."""

    line: str
    rule: str = ""
    zone: str = ""


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


def fates(extracted: Extracted, document: Document) -> Iterator[Fate]:
    """The lines of the located block in the order of the page, those set apart by its structure last."""
    removed: dict[str, list[Removed]] = {}
    for each in document.removed:
        removed.setdefault(_folded(each.line), []).append(each)
    kept = Counter(_folded(line) for line in (document.text_as_published or document.text).split("\n"))
    for line in extracted.lines:
        key = _folded(line.text)
        if kept[key]:
            kept[key] -= 1
            yield Fate(line.text)
        elif removed.get(key):
            told = removed[key].pop(0)
            yield Fate(line.text, told.rule, told.zone)
        else:
            yield Fate(line.text, "shortened or split", "inline")
    for left in removed.values():
        yield from (Fate(each.line, each.rule, each.zone) for each in left)


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


def _folded(line: str) -> str:
    return "".join(line.split())
