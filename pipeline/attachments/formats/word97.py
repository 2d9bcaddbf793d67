"""A binary Word file in (Word 97 to 2003 and Kingsoft's WPS), its paragraphs and rows of tables out.

The layout is that of [MS-DOC]: the file information block names the text's lengths and the piece table; paragraphs'
properties (PAPX) say what stands in a table and where its rows end.
"""

import io
import re
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import olefile

from pipeline.attachments.file_text import FileLine
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

_IDENT, _WORD_97 = 0xA5EC, 0x00C1
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_COMPRESSED = 0x40000000
_PAGE = 512  # bytes of a page of formatted properties
_IN_TABLE, _ROW_END = 0x2416, 0x2417  # sprmPFInTable, sprmPFTtp
_LONG = {0xD608: 2, 0xC615: 1}  # sprms whose operand's length is written before it, in so many bytes
_OPERAND = (1, 1, 2, 4, 2, 2, 0, 3)  # bytes, by the upper three bits of a sprm
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
_SIGNS = {"\x0b": "\n", "\x1e": "-", "\xa0": " ", "\t": "\u3000"}
_UNSEEN = re.compile("[\x00-\x06\x08\x0e-\x1d\x1f]")


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int  # first character
    end: int
    offset: int  # of its first byte
    wide: bool


def lines(data: bytes) -> tuple[list[FileLine], int]:
    """The lines of the main text, of boxes, footnotes and endnotes; and whether the file holds pictures, as a count."""
    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        word = ole.openstream("WordDocument").read()
        ident, version, flags = *struct.unpack_from("<HH", word, 0), struct.unpack_from("<H", word, 0x0A)[0]
        if flags & _ENCRYPTED:
            raise Reject(Reason.ENCRYPTED, "Word")
        if ident != _IDENT or version < _WORD_97:
            raise Reject(Reason.OLD_WORD, f"version {version}")
        table = ole.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
        pictures = int(ole.exists("Data"))
    pieces = _pieces(table, *struct.unpack_from("<II", word, 0x01A2))
    text = "".join(_read(word, piece) for piece in pieces)
    paragraphs = _Paragraphs(word, table)
    main, notes, headers, _, comments, ends, boxes = struct.unpack_from("<7i", word, 0x4C)
    found = list(_lines(text, 0, main, pieces, paragraphs))
    start = main + notes + headers + comments + ends
    found += _lines(text, start, start + boxes, pieces, paragraphs)
    found += _lines(text, main, main + notes, pieces, paragraphs)
    start = main + notes + headers + comments
    found += _lines(text, start, start + ends, pieces, paragraphs)
    return found, pictures


def _pieces(table: bytes, start: int, length: int) -> list[_Piece]:
    clx, at = table[start : start + length], 0
    while at < len(clx) and clx[at] == 1:  # property lists before the piece table
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise Reject(Reason.BROKEN, "no piece table")
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc, 0)
    found = []
    for number in range(count):
        (offset,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        wide = not offset & _COMPRESSED
        offset &= ~_COMPRESSED
        found.append(_Piece(ends[number], ends[number + 1], offset if wide else offset // 2, wide))
    return found


def _read(word: bytes, piece: _Piece) -> str:
    """Its characters, so many as the piece table says: a surrogate pair counts as two."""
    count = piece.end - piece.start
    if not piece.wide:
        return word[piece.offset : piece.offset + count].decode("cp1252", "replace").ljust(count, "\ufffd")
    units = struct.unpack(f"<{count}H", word[piece.offset : piece.offset + 2 * count].ljust(2 * count, b"\0"))
    return "".join(map(chr, units))


class _Paragraphs:
    """Whether a byte of the text belongs to a table's paragraph, and whether that ends a row."""

    def __init__(self, word: bytes, table: bytes) -> None:
        start, length = struct.unpack_from("<II", word, 0x0102)
        plc = table[start : start + length]
        count = max((len(plc) - 4) // 8, 0)
        self._starts: list[int] = []
        self._told: list[tuple[bool, bool]] = []
        for (page,) in struct.iter_unpack("<I", plc[4 * (count + 1) : 4 * (count + 1) + 4 * count]):
            self._read(word[page * _PAGE : (page + 1) * _PAGE])

    def at(self, offset: int) -> tuple[bool, bool]:
        """(in a table, end of a row)"""
        found = bisect_right(self._starts, offset) - 1
        return self._told[found] if found >= 0 else (False, False)

    def _read(self, page: bytes) -> None:
        if len(page) < _PAGE:
            return
        count = page[-1]
        if 4 * (count + 1) + 13 * count > _PAGE:
            return
        starts = struct.unpack_from(f"<{count + 1}I", page, 0)
        for number in range(count):
            place = page[4 * (count + 1) + 13 * number] * 2
            self._starts.append(starts[number])
            self._told.append(_told(page, place) if place else (False, False))


def _told(page: bytes, place: int) -> tuple[bool, bool]:
    size = page[place] * 2 - 1
    if size < 0:
        size, place = page[place + 1] * 2, place + 1
    properties = page[place + 3 : place + 1 + size]  # behind the style's number
    in_table = row_end = False
    at = 0
    while at + 2 <= len(properties):
        (code,) = struct.unpack_from("<H", properties, at)
        at += 2
        operand = properties[at : at + 1]
        if code == _IN_TABLE:
            in_table = operand == b"\1"
        elif code == _ROW_END:
            row_end = operand == b"\1"
        length = _OPERAND[code >> 13]
        if not length:
            counted = _LONG.get(code, 1)
            length = counted + int.from_bytes(properties[at : at + counted], "little") - (counted == 2)
        at += length
    return in_table, row_end


def _lines(text: str, start: int, end: int, pieces: Sequence[_Piece], paragraphs: _Paragraphs) -> Iterator[FileLine]:
    cells: list[str] = []
    cell: list[str] = []
    begun = start
    starts = [piece.start for piece in pieces]
    for found in re.finditer("[\r\x07\x0c]", text[start:end]):
        at = start + found.start()
        piece = pieces[bisect_right(starts, at) - 1]
        in_table, row_end = paragraphs.at(piece.offset + (at - piece.start) * (2 if piece.wide else 1))
        held = _shown(text[begun:at])
        begun = at + 1
        if row_end or (found[0] == "\x07" and not cell and not held and cells and not in_table):
            yield from _row(cells)
            cells, cell = [], []
        elif found[0] == "\x07":
            cells.append(" ".join(filter(None, [*cell, *held])))
            cell = []
        elif in_table:
            cell += held
        else:
            if cells or cell:  # a row whose end nothing tells
                yield from _row([*cells, *cell])
                cells, cell = [], []
            yield from (FileLine(text=line) for line in held)
    yield from (FileLine(text=line) for line in (*cells, *cell, *_shown(text[begun:end])) if line)


def _row(cells: Sequence[str]) -> Iterator[FileLine]:
    if any(cells):
        yield FileLine(text="\t".join(cells).rstrip("\t"), row=len(cells) > 1)


def _shown(text: str) -> list[str]:
    """The lines of a paragraph as they are printed: of fields their result."""
    while (plain := _FIELD.sub(lambda found: found[1] or "", text)) != text:
        text = plain
    for sign, printed in _SIGNS.items():
        text = text.replace(sign, printed)
    text = _UNSEEN.sub("", text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [line.strip() for line in text.split("\n") if line.strip()]
