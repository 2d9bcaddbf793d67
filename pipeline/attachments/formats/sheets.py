"""A workbook in (XLS, XLSX), its rows out: a row a line, cells parted by tabs."""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipeline.attachments.file_text import FileLine
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

Cell = int | float | str | bool | time | date | datetime | timedelta
_NAMELESS = re.compile(r"^(sheet|工作表|表)\s*\d*$", re.IGNORECASE)
_LOCKED = re.compile(r"password|encrypt", re.IGNORECASE)


def lines(data: bytes) -> list[FileLine]:
    """The rows of all sheets that are shown, each sheet's name above them where there are several with names."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = [
            each.name for each in book.sheets_metadata
            if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        ]  # fmt: skip
        found: list[FileLine] = []
        for name in shown:
            rows = list(_rows(book, name))
            if rows and len(shown) > 1 and not _NAMELESS.match(name):
                found.append(FileLine(text=name))
            found += rows
    except CalamineError as error:  # a locked .xls raises no error of its own
        locked = _LOCKED.search(str(error))
        raise Reject(Reason.ENCRYPTED if locked else Reason.BROKEN, str(error)) from error
    return found


def _rows(book: CalamineWorkbook, name: str) -> Iterator[FileLine]:
    for row in book.get_sheet_by_name(name).iter_rows():
        text = "\t".join(map(_shown, row)).rstrip("\t")
        if text.strip():
            yield FileLine(text=text.lstrip("\t"), row="\t" in text.strip("\t"))


def _shown(cell: Cell) -> str:
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.15g}" if not cell.is_integer() or abs(cell) >= 1e15 else str(int(cell))
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == time() else cell.isoformat(sep=" ", timespec="minutes")
    return str(cell)
