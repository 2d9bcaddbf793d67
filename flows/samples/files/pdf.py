"""A PDF of lines and of a ruled table, with a running header and page numbers, in a font that every reader knows."""

from collections.abc import Iterable, Iterator, Sequence

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP = 595, 842, 90, 505, 740
_SIZE, _LEADING, _A_PAGE = 12, 20, 30
_COLUMN = 26  # Han characters a line


def pdf(lines: Sequence[str], rows: Sequence[Sequence[str]] = (), header: str = "") -> bytes:
    """The lines, broken where the page's edge is and indented as paragraphs are, and below them the table."""
    printed = list(broken(lines))
    pages = [printed[at : at + _A_PAGE] for at in range(0, len(printed), _A_PAGE)] or [[]]
    streams = []
    for number, page in enumerate(pages, 1):
        drawn = [_text(header, _LEFT, 800, 9)] if header else []
        drawn += [_text(text, _LEFT + indent * _SIZE, _TOP - row * _LEADING) for row, (text, indent) in enumerate(page)]
        drawn.append(_text(f"- {number} -", 285, 40, 9))
        if number == len(pages):
            drawn += _table(rows, _TOP - len(page) * _LEADING - 10)
        streams.append("\n".join(drawn).encode())
    return _file(streams)


def broken(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Printed lines and by how many characters each is indented; Latin letters and digits are half as wide."""
    for line in lines:
        text, wide, indent = "", 4.0, 2
        for char in line:
            wide += 1 if char.isascii() else 2
            if wide > 2 * _COLUMN:
                yield text, indent
                text, wide, indent = "", 1 if char.isascii() else 2, 0
            text += char
        yield text, indent


def scan(pixels: bytes = bytes(range(0, 256, 4)), width: int = 8) -> bytes:
    """A page that is one grey picture, a byte a dot, row by row."""
    told = b"/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d"
    picture = b"<</Type/XObject/Subtype/Image%s>>\nstream\n%s\nendstream" % (
        told % (width, len(pixels) // width, len(pixels)),
        pixels,
    )
    return _file([b"q %d 0 0 %d 0 0 cm /I Do Q" % (_WIDTH, _HEIGHT)], picture)


def _table(rows: Sequence[Sequence[str]], top: float) -> list[str]:
    if not rows:
        return []
    wide = (_RIGHT - _LEFT) / len(rows[0])
    drawn = [f"{_LEFT} {top - at * 24} m {_RIGHT} {top - at * 24} l S" for at in range(len(rows) + 1)]
    for column in range(len(rows[0]) + 1):
        x = _LEFT + column * wide
        drawn.append(f"{x} {top} m {x} {top - len(rows) * 24} l S")
    for at, row in enumerate(rows):
        drawn += [_text(cell, _LEFT + column * wide + 4, top - at * 24 - 16, 10) for column, cell in enumerate(row)]
    return drawn


def _text(text: str, x: float, y: float, size: int = _SIZE) -> str:
    return f"BT /F {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET"


def _file(streams: Sequence[bytes], picture: bytes = b"") -> bytes:
    """The objects of a file and the table of where they lie."""
    count = len(streams)
    pages = " ".join(f"{6 + 2 * at} 0 R" for at in range(count))
    inside = b"/XObject<</I 5 0 R>>" if picture else b""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{pages}]>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
        b"/Supplement 2>>/DW 1000/W[1[500]814[500]]/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6"
        b"/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>>>",
        picture or b"null",
    ]
    for at, stream in enumerate(streams):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>%s>>>>"
            % (_WIDTH, _HEIGHT, 7 + 2 * at, inside)
        )
        objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream))
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return data + tail % (len(objects) + 1, table, len(objects) + 1, len(data))
