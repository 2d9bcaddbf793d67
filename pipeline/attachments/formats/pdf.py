"""A PDF in, its pages' characters and ruling lines out (PDFium)."""

import ctypes
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from pipeline.attachments.boxes import Glyph, Sheet, Stroke
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

_THIN = 3.0  # points; a thicker bar is no ruling line
_SHORT = 4.0  # points; a shorter one is a dot or a dash
_MOST_OBJECTS = 20_000  # of a page; a map has more, and no table
_TALL = 1.7  # a box that is so much higher than its font has an ascent of fantasy
_DEPTH = 4  # of forms in forms
_MOST_SEGMENTS = 2_000  # of a path; more are a drawing
_SPACE, _HYPHEN = 0x20, 0x02  # PDFium says U+0002 for a hyphen at a line's end
_SURROGATES, _LOW = (0xD800, 0xE000), 0xDC00
_SPACES = frozenset((0xA0, 0x3000, 0x200B, 0xFEFF, *range(0x2000, 0x200B)))
_SAME = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_SAMPLE = 16  # each so many characters one is asked how it is turned

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
Place = Callable[[float, float, float, float], Box]


def sheets(data: bytes) -> tuple[list[Sheet], int]:
    """The pages and the count of pictures on them; Reject if the file cannot be opened."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        locked = code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY) or "password" in str(error).lower()
        raise Reject(Reason.ENCRYPTED if locked else Reason.BROKEN, str(error)) from error
    with document:
        found, pictures = [], 0
        for number in range(len(document)):
            try:
                page = document[number]
            except pdfium.PdfiumError as error:
                raise Reject(Reason.BROKEN, f"page {number + 1}: {error}") from error
            sheet, seen = _sheet(page)
            found.append(sheet)
            pictures += seen
            page.close()
        if not found:
            raise Reject(Reason.BROKEN, "no page")
        return found, pictures


def _sheet(page: pdfium.PdfPage) -> tuple[Sheet, int]:
    left, bottom, right, top = page.get_bbox()
    textpage = page.get_textpage()
    turned = _turned(textpage.raw)
    width, height = (right - left, top - bottom) if turned % 180 == 0 else (top - bottom, right - left)

    if turned == 0:  # a box of the page as (x0, top, x1, bottom), read upright

        def place(x0: float, y0: float, x1: float, y1: float) -> Box:
            return x0 - left, top - y1, x1 - left, top - y0
    elif turned == 90:

        def place(x0: float, y0: float, x1: float, y1: float) -> Box:
            return y0 - bottom, x0 - left, y1 - bottom, x1 - left
    elif turned == 180:

        def place(x0: float, y0: float, x1: float, y1: float) -> Box:
            return right - x1, y0 - bottom, right - x0, y1 - bottom
    else:

        def place(x0: float, y0: float, x1: float, y1: float) -> Box:
            return top - y1, right - x1, top - y0, right - x0

    glyphs = _glyphs(textpage.raw, place)
    strokes, pictures = _drawn(page, place)
    textpage.close()
    return Sheet(width, height, glyphs, strokes), pictures


def _turned(text: raw.FPDF_TEXTPAGE) -> int:
    """By how many degrees most characters are turned counter-clockwise: tables are often laid across a page."""
    count = raw.FPDFText_CountChars(text)
    angles = Counter(
        round(math.degrees(raw.FPDFText_GetCharAngle(text, at)) / 90) * 90 % 360 for at in range(0, count, _SAMPLE)
    )
    return angles.most_common(1)[0][0] if angles else 0


def _glyphs(text: raw.FPDF_TEXTPAGE, place: Place) -> list[Glyph]:
    """Every character that is no space; spaces are where boxes are apart. Half of a page's time goes by here."""
    rect = raw.FS_RECTF()
    box, code_of, box_of = ctypes.byref(rect), raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    found: list[Glyph] = []
    high = 0
    for at in range(raw.FPDFText_CountChars(text)):
        code = code_of(text, at)
        if (code <= _SPACE and code != _HYPHEN) or code in _SPACES or not box_of(text, at, box):
            continue
        if _SURROGATES[0] <= code < _SURROGATES[1]:  # two halves of a character beyond the basic plane
            if code < _LOW:
                high = code
                continue
            code = 0x10000 + ((high - _SURROGATES[0]) << 10) + (code - _LOW) if high else 0xFFFD
            high = 0
        x0, top, x1, bottom = place(rect.left, rect.bottom, rect.right, rect.top)
        if bottom - top > _TALL * (x1 - x0) and bottom - top > _TALL * (size := raw.FPDFText_GetFontSize(text, at)) > 2:
            top = bottom - size
        if bottom > top:
            found.append(Glyph(chr(code), x0, x1, top, bottom))
    return found


def _drawn(page: pdfium.PdfPage, place: Place) -> tuple[list[Stroke], int]:
    """The ruling lines and the count of pictures of a page, those inside of forms too."""
    if raw.FPDFPage_CountObjects(page) > _MOST_OBJECTS:
        return [], 0
    strokes: list[Stroke] = []
    pictures = 0
    for drawn, kind, matrix in _objects(page, raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, _SAME, 0):
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            pictures += 1
        else:
            strokes += _strokes(drawn, matrix, place)
    return strokes, pictures


def _objects(parent: Any, count: Any, get: Any, matrix: Matrix, depth: int) -> Iterator[tuple[Any, int, Matrix]]:
    """The paths and pictures of a page or form, each with what leads from its coordinates to the page's."""
    for at in range(count(parent)):
        drawn = get(parent, at)
        kind = raw.FPDFPageObj_GetType(drawn)
        if kind in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE):
            yield drawn, kind, matrix
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
            inner = _product(_matrix(drawn), matrix)
            yield from _objects(drawn, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, inner, depth + 1)


def _strokes(path: Any, matrix: Matrix, place: Place) -> Iterator[Stroke]:
    """A thin box is a line; a stroked path is its straight pieces, a stroked rectangle its four sides."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(path, left, bottom, right, top):
        return
    corners = [_point(matrix, left.value, bottom.value), _point(matrix, right.value, top.value)]
    (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
    if min(x1 - x0, y1 - y0) <= _THIN:
        if max(x1 - x0, y1 - y0) >= _SHORT:
            yield _centred(*place(x0, y0, x1, y1))
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, fill, stroke)
    if not stroke.value:
        return
    inner = _product(_matrix(path), matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    here: tuple[float, float] | None = None
    start = (0.0, 0.0)
    for at in range(min(raw.FPDFPath_CountSegments(path), _MOST_SEGMENTS)):
        segment = raw.FPDFPath_GetPathSegment(path, at)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        there = _point(inner, x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = there
        elif kind == raw.FPDF_SEGMENT_LINETO and here:
            yield from _straight(here, there, place)
        if raw.FPDFPathSegment_GetClose(segment):
            yield from _straight(there, start, place)
        here = there


def _straight(here: tuple[float, float], there: tuple[float, float], place: Place) -> Iterator[Stroke]:
    (x0, x1), (y0, y1) = sorted((here[0], there[0])), sorted((here[1], there[1]))
    if min(x1 - x0, y1 - y0) <= _THIN and max(x1 - x0, y1 - y0) >= _SHORT:
        yield _centred(*place(x0, y0, x1, y1))


def _centred(x0: float, y0: float, x1: float, y1: float) -> Stroke:
    if x1 - x0 >= y1 - y0:
        return Stroke(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
    return Stroke((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)


def _matrix(drawn: Any) -> Matrix:
    held = raw.FS_MATRIX()
    return (held.a, held.b, held.c, held.d, held.e, held.f) if raw.FPDFPageObj_GetMatrix(drawn, held) else _SAME


def _product(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _point(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
