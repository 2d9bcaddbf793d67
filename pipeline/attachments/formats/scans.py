"""A PDF of pictures in, its pages' characters out, as RapidOCR reads them (an extra: `pip install gongbao[ocr]`)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pypdfium2 as pdfium

from pipeline.attachments.boxes import Glyph, Sheet
from pipeline.attachments.rules import Ocr
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

_INCH = 72  # points


def sheets(data: bytes, rules: Ocr) -> list[Sheet]:
    """The pages; Reject where the extra is missing or the file has too many."""
    engine = _engine()
    with pdfium.PdfDocument(data) as document:
        if len(document) > rules.pages:
            raise Reject(Reason.IMAGE_ONLY, f"{len(document)} pages; of more than {rules.pages} no picture is read")
        return [_sheet(page, engine, rules) for page in document]


@cache
def _engine() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR  # an extra, which takes a second to load
    except ImportError as error:
        raise Reject(Reason.IMAGE_ONLY, f"gongbao[ocr] is not installed: {error}") from error
    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)


def _sheet(page: pdfium.PdfPage, engine: Any, rules: Ocr) -> Sheet:
    picture = page.render(scale=rules.dots / _INCH).to_numpy()
    found, _ = engine(picture)
    glyphs = [
        glyph for box, text, sure in found or () if float(sure) >= rules.least for glyph in _glyphs(box, text, rules)
    ]
    width, height = page.get_size()
    return Sheet(width, height, glyphs)


def _glyphs(box: list[list[float]], text: str, rules: Ocr) -> Iterator[Glyph]:
    """The characters of a line, as if all Han were of one width and all others of half of it."""
    scale = _INCH / rules.dots
    x0, x1 = (end(point[0] for point in box) * scale for end in (min, max))
    top, bottom = (end(point[1] for point in box) * scale for end in (min, max))
    widths = [1.0 if ord(char) > 0xFF else 0.5 for char in text]
    step = (x1 - x0) / max(sum(widths), 1.0)
    for char, width in zip(text, widths, strict=True):
        if not char.isspace():
            yield Glyph(char, x0, x0 + step * width, top, bottom)
        x0 += step * width
