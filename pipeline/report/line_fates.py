"""A page in, every line of its block out with what became of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.models import Document, Extracted, Removed


@dataclass(frozen=True, slots=True)
class Fate:
    """A line that stood on the page. `rule` and `zone` are empty for one that stayed."""

    line: str
    rule: str = ""
    zone: str = ""
    page: int = 0  # of a file; 0 where there are none


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


def _folded(line: str) -> str:
    return "".join(line.split())
