"""A page in, every line of its block out with what became of it; two texts in, their paragraphs side by side out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.models import Document, Extracted, Removed


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
        """Whether both say the same."""
        return self.left == self.right


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
    """The paragraphs of two texts, aligned where they are equal or most alike."""
    a, b = left.split("\n"), right.split("\n")
    rows: list[Beside] = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [Beside(text, text) for text in a[a0:a1]]
        else:
            rows += _paired(a[a0:a1], b[b0:b1])
    return rows


def _paired(a: Sequence[str], b: Sequence[str]) -> Iterator[Beside]:
    """Changed paragraphs: each of the left beside the next of the right that is at least half like it."""
    rest = list(b)
    for text in a:
        alike = next(
            (other for other in rest if SequenceMatcher(None, text, other, autojunk=False).ratio() >= 0.5), None
        )
        if alike is None:
            yield Beside(text, "")
            continue
        while rest[0] != alike:
            yield Beside("", rest.pop(0))
        yield Beside(text, rest.pop(0))
    yield from (Beside("", text) for text in rest)


def _folded(line: str) -> str:
    return "".join(line.split())
