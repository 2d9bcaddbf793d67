"""A row of a table in, whether it is one line of data or a piece of layout out."""

from lxml.html import HtmlElement

_CELLS = frozenset(("td", "th"))
_GROUPS = frozenset(("tbody", "thead", "tfoot"))


def is_row_of_data(row: HtmlElement, tables: dict[HtmlElement, bool]) -> bool:
    """Whether a row is one line: several cells, each of one block, in a table that is no layout.

    `tables` remembers the answer for the tables of a page.
    """
    table = row.getparent()
    if table is not None and table.tag in _GROUPS:
        table = table.getparent()
    if table is None:
        return False
    if table not in tables:
        tables[table] = _is_data(table)
    if not tables[table]:
        return False
    cells = [cell for cell in row if cell.tag in _CELLS]
    return len(cells) > 1 and all(_is_one_block(cell) for cell in cells)


def _is_data(table: HtmlElement) -> bool:
    inner = table.iterdescendants("table", "form", "h1", "h2", "h3", "ul")
    if any(each.tag == "table" or "".join(each.itertext()).strip() for each in inner):
        return False  # the empty list of a filter is no layout
    return sum(sum(cell.tag in _CELLS for cell in row) > 1 for row in table.iter("tr")) > 1


def _is_one_block(cell: HtmlElement) -> bool:
    filled = 0
    for block in cell.iter("p", "div", "li", "br"):
        text = block.tail if block.tag == "br" else "".join(block.itertext())
        filled += bool(text and text.strip())
    return filled < 2
