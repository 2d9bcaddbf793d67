"""A DOCX in, its paragraphs and rows of tables out: what a reader sees, without fields, deletions and headers."""

from collections.abc import Iterator

from lxml import etree

from pipeline.attachments.file_text import FileLine
from pipeline.attachments.formats.numbering import Numbering
from pipeline.attachments.formats.packages import Package
from pipeline.attachments.kinds import DOCUMENT

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What is not shown, or is shown elsewhere.
_UNSEEN = frozenset(
    (_FALLBACK, *(f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "pPr", "rPr", "rt", "delText")))
)
_BOX = f"{_W}txbxContent"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")


def lines(package: Package) -> tuple[list[FileLine], int]:
    """The lines of the document, its notes behind them, and the count of pictures."""
    document = package.tree(next(filter(DOCUMENT.fullmatch, package.names()), "word/document.xml"))
    numbering = Numbering.of(package)
    body = document.find(f"{_W}body")
    found = list(_blocks(document if body is None else body, numbering))
    for part in _NOTES:
        if package.has(part):
            for note in package.tree(part):
                if note.get(f"{_W}type") in (None, "normal"):
                    found += _blocks(note, numbering)
    pictures = sum(1 for _ in document.iter("{*}blip", "{*}imagedata"))
    return found, pictures


def _blocks(parent: etree._Element, numbering: Numbering) -> Iterator[FileLine]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield from _paragraph(child, numbering)
        elif child.tag == f"{_W}tbl":
            yield from _table(child, numbering)
        elif isinstance(child.tag, str) and child.tag not in _UNSEEN:
            yield from _blocks(child, numbering)


def _paragraph(paragraph: etree._Element, numbering: Numbering) -> Iterator[FileLine]:
    boxes: list[etree._Element] = []
    text = numbering.mark(paragraph) + "".join(_runs(paragraph, boxes))
    for line in text.split("\n"):
        if line.strip():
            yield FileLine(text=line)
    for box in boxes:
        yield from _blocks(box, numbering)


def _runs(parent: etree._Element, boxes: list[etree._Element]) -> Iterator[str]:
    """The text of a paragraph; boxes that hang on it are put aside."""
    for child in parent:
        tag = child.tag
        if tag == f"{_W}t":
            yield child.text or ""
        elif tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif tag in (f"{_W}tab", f"{_W}ptab"):
            yield "\u3000"
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag == _BOX:
            boxes.append(child)
        elif isinstance(tag, str) and tag not in _UNSEEN and not _is_hidden(child):
            yield from _runs(child, boxes)


def _is_hidden(run: etree._Element) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val") not in ("0", "false")


def _table(table: etree._Element, numbering: Numbering) -> Iterator[FileLine]:
    for row in table.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not table:  # of a table inside of a cell
            continue
        cells = [
            list(_blocks(cell, numbering))
            for cell in row.iterchildren(f"{_W}tc", f"{_W}sdt")
            if not _continues(cell)
        ]  # fmt: skip
        if len(cells) == 1:  # a frame around text
            yield from cells[0]
        elif any(cells):
            texts = [" ".join(line.text.replace("\t", " ").strip() for line in cell) for cell in cells]
            yield FileLine(text="\t".join(texts).rstrip("\t"), row=True)


def _continues(cell: etree._Element) -> bool:
    """Whether a cell is the lower part of the one above it: its text stands there."""
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merge is not None and merge.get(f"{_W}val") in (None, "continue")
