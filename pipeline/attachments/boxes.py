"""The boxes of a printed page in, its lines and the rows of its ruled tables out, in reading order."""

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.attachments.rules import Printed


class Glyph(NamedTuple):
    """A character and its box, in points from the page's upper left corner."""

    char: str
    x0: float
    x1: float
    top: float
    bottom: float


class Stroke(NamedTuple):
    """A ruling line, horizontal or vertical."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed page: its size, its characters in the file's order, its ruling lines."""

    width: float
    height: float
    glyphs: Sequence[Glyph]
    strokes: Sequence[Stroke] = ()


@dataclass(slots=True)
class PrintedLine:
    """One printed line; of a table's row the cells parted by tabs."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    page: int
    row: bool = False
    tokens: int = 1

    @property
    def size(self) -> float:
        """The height of the line, which grows with its font."""
        return self.bottom - self.top


@dataclass(slots=True)
class _Run:
    """Characters side by side without a wide gap."""

    glyphs: list[Glyph]
    cell: tuple[int, int] | None  # table and region
    parts: list[str]  # the characters and the spaces between words
    mixed: bool = False  # of more than one size

    @property
    def height(self) -> float:
        return max(glyph.bottom - glyph.top for glyph in self.glyphs)


_JOINT = 3.0  # points by which ruling lines miss each other
_THIN = 3.0  # points; a thicker bar is no line
_TEXT_GAP = 1.5  # of a line's height: pieces of one line that a file holds in another order
_KERNED = 0.3  # of a line's height, by which a character may begin before the one that it follows
_UNITS = "mM"  # before a raised 2 or 3 that is no footnote mark: m², km²
_RAISED = {"2": "²", "3": "³"}


def lines_of(sheet: Sheet, page: int, rules: Printed) -> list[PrintedLine]:
    """The lines of a page in reading order.

    A page on which no two lines stand side by side is read from above; on others the file's order says which column
    comes first.
    """
    tables = list(_tables(sheet.strokes))
    runs = _runs(sheet.glyphs, tables, rules)
    rows, placed = _table_rows(runs, tables, page, rules), list[tuple[int, PrintedLine]]()
    free: list[list[_Run]] = []
    for at, run in enumerate(runs):
        if run.cell is not None:
            placed += [(at, row) for row in rows.pop(run.cell[0], ())]
        elif not _attach(free, run, rules):
            free.append([run])
            placed.append((at, PrintedLine("", 0, 0, 0, 0, page)))
    lines = iter([_line(pieces, page, rules) for pieces in free])
    found = [line if line.row else next(lines) for _, line in placed]
    found = [line for line in found if line.text.strip()]
    return sorted(found, key=lambda line: line.top) if _is_single(found) else found


def joined(first: str, second: str) -> str:
    """Two pieces of one paragraph: a space between Latin words, none where a hyphen was broken."""
    if not first or not second:
        return first or second
    if first[-1] in "\x02\ufffe":
        return first[:-1] + second
    latin = first[-1].isascii() and second[0].isascii() and not first[-1].isspace() and first[-1] not in "(["
    return first + (" " if latin else "") + second


def is_han(char: str) -> bool:
    """Whether a character is one of those that stand side by side without spaces, full-width signs among them."""
    return (
        "\u2e80" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\uff00" <= char <= "\uffef"
        or char >= "\U00020000"
    )


# -- characters side by side ---------------------------------------------------


def _runs(glyphs: Iterable[Glyph], tables: "Sequence[_Table]", rules: Printed) -> list[_Run]:
    runs: list[_Run] = []
    end = begin = above = below = 0.0  # of the character before
    han = False
    for glyph in glyphs:
        char, x0, x1, top, bottom = glyph
        height, cell = bottom - top, _cell_of(glyph, tables) if tables else None
        gap, wide = x0 - end, height if height > below - above else below - above
        same = top == above or min(bottom, below) - max(top, above) >= rules.same_line * min(height, below - above)
        if runs and same and begin <= x0 + _KERNED * wide and gap < rules.cell_gap * wide and runs[-1].cell == cell:
            run = runs[-1]
            run.glyphs.append(glyph)
            is_mixed = abs(height - (below - above)) > 0.01 * wide
            run.mixed = run.mixed or is_mixed
            here = is_han(char)
            if gap > rules.space * wide and not (han and here and gap < rules.space_han * wide):
                run.parts.append(" ")
            run.parts.append(char)
            han = here
        else:
            runs.append(_Run([glyph], cell, [char]))
            han = is_han(char)
        begin, end, above, below = x0, x1, top, bottom
    return runs


def _beside(one: Glyph | PrintedLine, other: Glyph | PrintedLine, rules: Printed) -> bool:
    """Whether two boxes stand on one line."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= rules.same_line * min(one.bottom - one.top, other.bottom - other.top)


def _attach(lines: list[list[_Run]], run: _Run, rules: Printed) -> bool:
    """Add a run to the line that it belongs to: the last one, or any whose end or beginning it touches."""
    first, last = run.glyphs[0], run.glyphs[-1]
    for age, line in enumerate(reversed(lines)):
        end, begin = line[-1].glyphs[-1], line[0].glyphs[0]
        if end[3] >= first[4] or end[4] <= first[3]:  # above or below: most of a page's lines, told without a call
            continue
        reach = _TEXT_GAP * (first.bottom - first.top)
        after = _beside(end, first, rules) and first.x0 >= end.x0
        if after and (age == 0 or first.x0 - end.x1 < reach):
            line.append(run)
            return True
        if _beside(begin, last, rules) and -0.3 * (first.bottom - first.top) <= begin.x0 - last.x1 < reach:
            line.insert(0, run)
            return True
    return False


def _line(runs: Sequence[_Run], page: int, rules: Printed) -> PrintedLine:
    """One line of its pieces; words far apart are parted by tabs where there are so many that they are a row."""
    texts, gaps = list[str](), list[float]()
    end = 0.0
    for run in runs:
        if texts:
            gaps.append((run.glyphs[0].x0 - end) / max(run.height, 1))
        texts.append(_text(run, rules))
        end = run.glyphs[-1].x1
    tokens = 1 + sum(gap >= rules.cell_gap for gap in gaps)
    wide = "\t" if tokens >= rules.list_tokens else "\u3000"
    text = texts[0] if texts else ""
    for gap, piece in zip(gaps, texts[1:], strict=True):
        text = text + wide + piece if gap >= rules.cell_gap else _near(text, piece, gap, rules)
    heights = sorted((glyph.bottom - glyph.top, glyph.top, glyph.bottom) for run in runs for glyph in run.glyphs)
    _, top, bottom = heights[len(heights) // 2]
    return PrintedLine(
        text, runs[0].glyphs[0].x0, max(run.glyphs[-1].x1 for run in runs), top, bottom, page,
        row=tokens >= rules.list_tokens, tokens=tokens,
    )  # fmt: skip


def _near(text: str, piece: str, gap: float, rules: Printed) -> str:
    latin = bool(text) and bool(piece) and not (is_han(text[-1]) and is_han(piece[0]))
    return text + (" " if latin and gap > rules.space else "") + piece


def _text(run: _Run, rules: Printed) -> str:
    """The characters of a run with the spaces between its words, without footnote marks."""
    if not run.mixed:
        return "".join(run.parts)
    usual = sorted(glyph.bottom - glyph.top for glyph in run.glyphs)[len(run.glyphs) // 2]
    foot = sorted(glyph.bottom for glyph in run.glyphs)[len(run.glyphs) // 2]
    glyphs = iter(run.glyphs)
    text = ""
    for part in run.parts:
        glyph = next(glyphs) if part != " " else None
        if glyph and part.isdigit() and _is_raised(glyph, usual, foot, rules):
            part = _RAISED.get(part, "") if text[-1:] in _UNITS else ""
        text += part
    return text


def _is_raised(glyph: Glyph, usual: float, foot: float, rules: Printed) -> bool:
    return glyph.bottom - glyph.top < rules.mark * usual and glyph.bottom < foot - 0.15 * usual


def _is_single(lines: Sequence[PrintedLine]) -> bool:
    """Whether no two lines stand side by side."""
    by_top = sorted(lines, key=lambda line: line.top)
    return all(
        one.row
        or other.row
        or min(one.bottom, other.bottom) - max(one.top, other.top) < 0.4 * min(one.size, other.size)
        for one, other in itertools.pairwise(by_top)
    )


# -- ruled tables --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """A grid and the region that each of its fields belongs to: fields without a line between them are one."""

    xs: Sequence[float]
    ys: Sequence[float]
    region: Sequence[Sequence[int]]  # [row][column] -> number of the upper left field of the region


def _cell_of(glyph: Glyph, tables: Sequence[_Table]) -> tuple[int, int] | None:
    x, y = (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2
    for number, table in enumerate(tables):
        column, row = bisect_right(table.xs, x) - 1, bisect_right(table.ys, y) - 1
        if 0 <= column < len(table.xs) - 1 and 0 <= row < len(table.ys) - 1:
            return number, table.region[row][column]
    return None


def _table_rows(
    runs: Sequence[_Run], tables: Sequence[_Table], page: int, rules: Printed
) -> dict[int, list[PrintedLine]]:
    """The rows of each table: what a region holds stands in its first row."""
    held: dict[tuple[int, int], list[list[_Run]]] = {}
    for run in runs:
        if run.cell is not None:
            lines = held.setdefault(run.cell, [])
            if not _attach(lines, run, rules):
                lines.append([run])
    rows: dict[int, list[PrintedLine]] = {}
    for number, table in enumerate(tables):
        columns, rows[number] = len(table.xs) - 1, []
        for row, regions in enumerate(table.region):
            starts = [region for column, region in enumerate(regions) if region == row * columns + column]
            cells = [_cell_text(held.get((number, region), ()), page, rules) for region in starts]
            if any(cells):
                top, bottom = table.ys[row], table.ys[row + 1]
                text = "\t".join(cells).rstrip("\t")
                rows[number].append(PrintedLine(text, table.xs[0], table.xs[-1], top, bottom, page, True, len(cells)))
    return rows


def _cell_text(lines: Sequence[Sequence[_Run]], page: int, rules: Printed) -> str:
    text = ""
    for line in sorted((_line(runs, page, rules) for runs in lines), key=lambda line: line.top):
        text = joined(text, line.text.replace("\t", " ").strip())
    return text


def _tables(strokes: Sequence[Stroke]) -> Iterator[_Table]:
    """The tables that ruling lines make: two fields and more that hang together."""
    for group in _connected([*_merged(strokes, flat=True), *_merged(strokes, flat=False)]):
        flat = [each for each in group if _is_flat(each)]
        upright = [each for each in group if not _is_flat(each)]
        xs = _distinct([each.x0 for each in upright])
        ys = _distinct([each.y0 for each in flat])
        if len(xs) < 3 or len(ys) < 2:  # one column is a frame around text
            continue
        yield _Table(xs, ys, _regions(xs, ys, flat, upright))


def _is_flat(stroke: Stroke) -> bool:
    return stroke.x1 - stroke.x0 >= stroke.y1 - stroke.y0


def _merged(strokes: Sequence[Stroke], *, flat: bool) -> list[Stroke]:
    """Pieces of one line, drawn cell by cell, as one."""
    if flat:
        chosen = sorted((round(s.y0, 0), s.x0, s.x1, s.y0) for s in strokes if _is_flat(s))
    else:
        chosen = sorted((round(s.x0, 0), s.y0, s.y1, s.x0) for s in strokes if not _is_flat(s))
    lines: list[list[float]] = []
    for _, begin, end, at in chosen:
        if lines and abs(lines[-1][2] - at) < _JOINT and begin <= lines[-1][1] + _JOINT:
            lines[-1][1] = max(lines[-1][1], end)
        else:
            lines.append([begin, end, at])
    return [Stroke(b, at, e, at) if flat else Stroke(at, b, at, e) for b, e, at in lines]


def _connected(strokes: Sequence[Stroke]) -> Iterator[list[Stroke]]:
    groups: list[tuple[list[float], list[Stroke]]] = []
    for stroke in strokes:
        box = [stroke.x0 - _JOINT, stroke.y0 - _JOINT, stroke.x1 + _JOINT, stroke.y1 + _JOINT]
        members = [stroke]
        apart = []
        for other, held in groups:
            if any(_touch(stroke, each) for each in held):
                members += held
                box = [min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])]
            else:
                apart.append((other, held))
        groups = [*apart, (box, members)]
    for _, held in groups:
        yield held


def _touch(one: Stroke, other: Stroke) -> bool:
    return (
        one.x0 <= other.x1 + _JOINT and other.x0 <= one.x1 + _JOINT
        and one.y0 <= other.y1 + _JOINT and other.y0 <= one.y1 + _JOINT
    )  # fmt: skip


def _distinct(values: Iterable[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _THIN:
            found.append(value)
    return found


def _regions(
    xs: Sequence[float], ys: Sequence[float], flat: Sequence[Stroke], upright: Sequence[Stroke]
) -> list[list[int]]:
    columns, rows = len(xs) - 1, len(ys) - 1
    parent = list(range(columns * rows))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for row in range(rows):
        for column in range(columns):
            middle_x, middle_y = (xs[column] + xs[column + 1]) / 2, (ys[row] + ys[row + 1]) / 2
            here = row * columns + column
            if column + 1 < columns and not _ruled(xs[column + 1], middle_y, upright, flat=False):
                _unite(parent, root(here), root(here + 1))
            if row + 1 < rows and not _ruled(ys[row + 1], middle_x, flat, flat=True):
                _unite(parent, root(here), root(here + columns))
    return [[root(row * columns + column) for column in range(columns)] for row in range(rows)]


def _unite(parent: list[int], one: int, other: int) -> None:
    parent[max(one, other)] = min(one, other)


def _ruled(at: float, middle: float, strokes: Sequence[Stroke], *, flat: bool) -> bool:
    if flat:
        return any(abs(s.y0 - at) <= _THIN and s.x0 - 1 <= middle <= s.x1 + 1 for s in strokes)
    return any(abs(s.x0 - at) <= _THIN and s.y0 - 1 <= middle <= s.y1 + 1 for s in strokes)
