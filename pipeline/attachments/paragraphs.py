"""The printed lines of all pages in, paragraphs out; running headers and page numbers are named as such."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from pipeline.attachments.boxes import PrintedLine, Sheet, is_han, joined, lines_of
from pipeline.attachments.file_text import FileLine
from pipeline.attachments.rules import Printed

_DIGITS = re.compile(r"\d+")
_LEADER = re.compile(r"[.·…．]{4,}\s*\d+\s*$")  # a row of a table of contents
_COLUMN = 6  # lines, from which a column has edges of its own
_FULL = 0.6  # of the page's width: where all lines end before it, none of them is full; margins take 0.15 on the right
_ENDS = ".!?:;。！？：；"


def paragraphs(sheets: Sequence[Sheet], rules: Printed) -> list[FileLine]:
    """The text of printed pages: a paragraph or a row of a table a line."""
    pages = [lines_of(sheet, number, rules) for number, sheet in enumerate(sheets, 1)]
    heights = [sheet.height for sheet in sheets]
    furniture = _furniture(pages, heights, rules)
    body = [[line for line in page if id(line) not in furniture] for page in pages]
    found: list[FileLine] = []
    gone = [
        FileLine(text=line.text, page=line.page, rule=furniture[id(line)])
        for page in pages for line in page if id(line) in furniture
    ]  # fmt: skip
    blocks = [(block, sheet) for page, sheet in zip(body, sheets, strict=True) for block in _blocks(page)]
    before: PrintedLine | None = None
    edges = _edges_of([block for block, _ in blocks], _FULL * min((each.width for each in sheets), default=0.0), rules)
    was_open = False
    size = median([line.size for page in body for line in page if not line.row] or [0.0])
    for (block, sheet), (left, right) in zip(blocks, edges, strict=True):
        for at, line in enumerate(block):
            if (
                found
                and before
                and _goes_on(before, line, left, sheet, rules, was_open=was_open, first=at == 0, body=size)
            ):
                last = found[-1]
                found[-1] = FileLine(text=joined(last.text, line.text), page=last.page)
            else:
                found.append(FileLine(text=line.text, page=line.page, row=line.row))
            was_open = _is_open(line, right, rules)
            before = line
    return _in_order(found, gone)


def _in_order(found: list[FileLine], gone: list[FileLine]) -> list[FileLine]:
    """Text first, what was taken out behind it on its page: nobody reads it in its place."""
    return sorted([*found, *gone], key=lambda line: line.page)


def _furniture(pages: Sequence[Sequence[PrintedLine]], heights: Sequence[float], rules: Printed) -> dict[int, str]:
    """The lines that are no text, by identity, with the rule that says so."""
    number = re.compile(rules.page_number)
    outer = [
        [line for line in page if not line.row and _is_outer(line, height, rules)]
        for page, height in zip(pages, heights, strict=True)
    ]
    counts = Counter(mask for page in outer for mask in {_masked(line.text) for line in page})
    least = max(2, rules.recurs * len(pages))
    found = {}
    for page in outer:
        for line in page:
            if number.match(line.text):
                found[id(line)] = "page_number"
            elif counts[_masked(line.text)] >= least:
                found[id(line)] = "running_header"
    return found


def _is_outer(line: PrintedLine, height: float, rules: Printed) -> bool:
    return line.bottom <= rules.margin * height or line.top >= (1 - rules.margin) * height


def _masked(text: str) -> str:
    return "".join(_DIGITS.sub("#", text).split())


def _blocks(lines: Sequence[PrintedLine]) -> Iterator[list[PrintedLine]]:
    """Columns: a line that stands above the one before it begins another."""
    block: list[PrintedLine] = []
    for line in lines:
        if block and line.top < block[-1].top - 2 * max(line.size, 1) and not line.row:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _edges_of(blocks: Sequence[Sequence[PrintedLine]], least: float, rules: Printed) -> list[tuple[float, float]]:
    """Left and right edge of each block; of one whose lines end here and there those of all, with the right one not before `least`."""
    left, right = _edges([line for block in blocks for line in block], rules)
    every = left, max(right, least)
    return [_edges(block, rules) if _is_justified(block, rules) else every for block in blocks]


def _is_justified(block: Sequence[PrintedLine], rules: Printed) -> bool:
    prose = [line for line in block if not line.row]
    _, right = _edges(prose, rules)
    return len(prose) >= _COLUMN and sum(abs(line.x1 - right) < line.size for line in prose) >= rules.justified * len(
        prose
    )


def _edges(lines: Sequence[PrintedLine], rules: Printed) -> tuple[float, float]:
    prose = [line for line in lines if not line.row]
    if not prose:
        return 0.0, float("inf")
    lefts, rights = sorted(line.x0 for line in prose), sorted(line.x1 for line in prose)
    return lefts[int((len(lefts) - 1) * (1 - rules.right_edge))], rights[int((len(rights) - 1) * rules.right_edge)]


def _is_open(line: PrintedLine, right: float, rules: Printed) -> bool:
    if line.row or not line.text or _LEADER.search(line.text):
        return False
    latin = not any(map(is_han, line.text[-12:]))
    if latin and line.text[-1] not in _ENDS and line.text[-1].isalpha():
        return line.x1 >= right - rules.open_latin * line.size
    return line.x1 >= right - rules.open_line * line.size


def _goes_on(
    before: PrintedLine,
    line: PrintedLine,
    left: float,
    sheet: Sheet,
    rules: Printed,
    *,
    was_open: bool,
    first: bool,
    body: float,
) -> bool:
    """Whether a line continues the paragraph of the one before it."""
    if line.row or before.row:
        return False
    same_size = abs(line.size - before.size) <= rules.size_change * max(line.size, before.size)
    if not same_size:
        return False
    if re.match(rules.heading, line.text):
        return False
    if not first and _is_title(before, line, sheet, rules, body):
        return True
    return was_open and line.x0 <= left + rules.indent * line.size


def _is_title(before: PrintedLine, line: PrintedLine, sheet: Sheet, rules: Printed, body: float) -> bool:
    """Whether two lines are one title: larger than the text, one below the other, both in the middle of the page."""
    centred = all(abs(each.x0 + each.x1 - sheet.width) < 2 * each.size for each in (before, line))
    near = 0 < line.top - before.bottom < before.size
    return centred and near and line.size > (1 + rules.size_change) * body
