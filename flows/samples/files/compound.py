"""Binary Word and Excel files: compound files with one stream of text in Word's or in Excel's records."""

import struct
from collections.abc import Sequence

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def doc(lines: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> bytes:
    """Paragraphs and below them a table, as Word 97 and Kingsoft's WPS write them."""
    table = "".join("".join(f"{cell}\x07" for cell in row) + "\x07" for row in rows)
    text = "".join(f"{line}\r" for line in lines) + table + "\r"
    start = 2048
    head = bytearray(start)
    struct.pack_into("<HH", head, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", head, 0x0A, 0x0200)  # the table stream is 1Table
    struct.pack_into("<i", head, 0x4C, len(text))
    body = text.encode("utf-16-le")
    pieces = struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, start, 0)
    clx = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    formats, page = _formats(lines, rows, start, len(head) + len(body))
    struct.pack_into("<II", head, 0x01A2, 0, len(clx))
    struct.pack_into("<II", head, 0x0102, len(clx), len(page))
    return _compound({"WordDocument": bytes(head) + body.ljust(-len(body) % _SECTOR + len(body), b"\0") + formats,
                      "1Table": clx + page})  # fmt: skip


def _formats(lines: Sequence[str], rows: Sequence[Sequence[str]], start: int, end: int) -> tuple[bytes, bytes]:
    """The page that says which paragraphs stand in a table, and the table that leads to it."""
    at, starts, kinds = start, [], list[int]()
    for line in lines:
        starts.append(at)
        kinds.append(0)
        at += 2 * (len(line) + 1)
    for row in rows:
        starts.append(at)
        kinds.append(1)
        at += 2 * sum(len(cell) + 1 for cell in row)
        starts.append(at)
        kinds.append(2)
        at += 2
    starts.append(at)
    kinds.append(0)
    page = bytearray(_SECTOR)
    count = len(kinds)
    struct.pack_into(f"<{count + 1}I", page, 0, *starts, at + 2)
    # behind the last entry, each at an even place: length in words, style, properties
    told = {1: b"\x03\x00\x00\x16\x24\x01\x00", 2: b"\x05\x00\x00\x16\x24\x01\x17\x24\x01\x00\x00"}
    places, free = {}, 508
    for kind, properties in told.items():
        free -= len(properties) + len(properties) % 2
        places[kind] = free
        page[free : free + len(properties)] = properties
    for number, kind in enumerate(kinds):
        page[4 * (count + 1) + 13 * number] = places.get(kind, 0) // 2
    page[-1] = count
    whole = -(-end // _SECTOR) * _SECTOR
    return bytes(page), struct.pack("<III", start, at + 2, whole // _SECTOR)


def xls(rows: Sequence[Sequence[str]]) -> bytes:
    """One sheet of texts, as Excel 97 writes it."""
    cells = b"".join(
        _record(0x0204, struct.pack("<HHHHB", at, column, 15, len(cell), 1) + cell.encode("utf-16-le"))
        for at, row in enumerate(rows)
        for column, cell in enumerate(row)
    )
    size = _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet = _begin(0x0010) + size + cells + _record(0x000A, b"")
    name = "Sheet1"
    bound = 4 + 8 + len(name)
    before = _begin(0x0005)
    place = len(before) + 4 + bound - 4 + 4
    named = _record(0x0085, struct.pack("<IBBBB", place, 0, 0, len(name), 0) + name.encode())
    return _compound({"Workbook": before + named + _record(0x000A, b"") + sheet})


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _compound(streams: dict[str, bytes]) -> bytes:
    """Streams of 4,096 bytes and more each in sectors of their own, a directory, and one sector of who follows whom."""
    sectors, fat, entries = list[bytes](), list[int](), list[bytes]()
    names = sorted(streams, key=lambda name: (len(name), name))
    for name in names:
        data = streams[name].ljust(4096, b"\0")
        first = len(sectors)
        count = -(-len(data) // _SECTOR)
        sectors += [data[at : at + _SECTOR].ljust(_SECTOR, b"\0") for at in range(0, len(data), _SECTOR)]
        fat += [*range(first + 1, first + count), _END]
        entries.append(
            _entry(name, 2, first, len(data), right=len(entries) + 2 if len(entries) + 1 < len(names) else -1)
        )
    root = _entry("Root Entry", 5, _END, 0, child=1)
    directory = b"".join([root, *entries]).ljust(_SECTOR, b"\0")
    sectors.append(directory)
    fat += [_END, _FAT]
    sectors.append(struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat))))
    head = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, len(sectors) - 2, 0, 4096, _END, 0, _END, 0, len(sectors) - 1,
    )  # fmt: skip
    return head + struct.pack("<108I", *[_FREE] * 108) + b"".join(sectors)


def _entry(name: str, kind: int, first: int, size: int, child: int = -1, right: int = -1) -> bytes:
    spelt = name.encode("utf-16-le") + b"\0\0"
    links = [each & 0xFFFFFFFF for each in (-1, right, child)]
    return spelt.ljust(64, b"\0") + struct.pack(
        "<HBBIII16sI8s8sIQ", len(spelt), kind, 1, *links, bytes(16), 0, bytes(8), bytes(8), first, size
    )
