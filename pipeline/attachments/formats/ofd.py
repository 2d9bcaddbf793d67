"""An OFD file in (GB/T 33190: a ZIP of XML), its pages' characters and ruling lines out."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from lxml import etree

from pipeline.attachments.boxes import Glyph, Sheet, Stroke, is_han
from pipeline.attachments.formats.packages import Package
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

_POINTS = 72 / 25.4  # OFD counts in millimetres
_ASCENT, _DESCENT = 0.88, 0.12  # of a character's size; fonts are rarely embedded
_A4 = (210.0, 297.0)
_THIN = 1.0  # millimetres; a thicker bar is no ruling line
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DRAWN = re.compile(r"([MLSBQCA])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")


def sheets(package: Package) -> tuple[list[Sheet], int]:
    """The pages of all documents of a file and the count of pictures on them."""
    found: list[Sheet] = []
    pictures = 0
    for root in _texts(package.tree("OFD.xml"), "DocRoot"):
        place = root.lstrip("/")
        document = package.tree(place)
        folder = posixpath.dirname(place)
        size = _box(document, "PageArea") or _box(document, "CommonData")
        templates = {each.get("ID", ""): each.get("BaseLoc", "") for each in _all(document, "TemplatePage")}
        for page in _all(document, "Page"):
            content = package.tree(_join(folder, page.get("BaseLoc", "")))
            behind = [_join(folder, templates[each.get("TemplateID", "")]) for each in _all(content, "Template")
                      if each.get("TemplateID", "") in templates]  # fmt: skip
            width, height = (_box(content, "Area") or size or (0, 0, *_A4))[2:]
            glyphs: list[Glyph] = []
            strokes: list[Stroke] = []
            for layer in (*(package.tree(name) for name in behind), content):
                for drawn in layer.iter("{*}TextObject"):
                    glyphs += _glyphs(drawn)
                for drawn in layer.iter("{*}PathObject"):
                    strokes += _strokes(drawn)
                pictures += sum(1 for _ in layer.iter("{*}ImageObject"))
            found.append(Sheet(width * _POINTS, height * _POINTS, glyphs, strokes))
    if not found:
        raise Reject(Reason.BROKEN, "no page")
    return found, pictures


def _glyphs(drawn: etree._Element) -> Iterator[Glyph]:
    size = float(drawn.get("Size") or 0)
    left, top, *_ = _numbers(drawn.get("Boundary")) or (0.0, 0.0)
    a, b, c, d, e, f = (_numbers(drawn.get("CTM")) or [1, 0, 0, 1, 0, 0])[:6]
    across, down = abs(a) or abs(b) or 1.0, abs(d) or abs(c) or 1.0
    x = y = 0.0
    for code in drawn.iter("{*}TextCode"):
        text = code.text or ""
        x, y = float(code.get("X") or x), float(code.get("Y") or y)
        steps, falls = _deltas(code.get("DeltaX")), _deltas(code.get("DeltaY"))
        for at, char in enumerate(text):
            step = steps[at] if at < len(steps) else 0.0
            width = size if is_han(char) else size / 2
            if not char.isspace():
                px, py = a * x + c * y + e + left, b * x + d * y + f + top
                height = size * down
                yield Glyph(
                    char, px * _POINTS, (px + width * across) * _POINTS,
                    (py - _ASCENT * height) * _POINTS, (py + _DESCENT * height) * _POINTS,
                )  # fmt: skip
            x += step or (width if at >= len(steps) and not falls else 0.0)
            y += falls[at] if at < len(falls) else 0.0


def _strokes(drawn: etree._Element) -> Iterator[Stroke]:
    left, top, *_ = _numbers(drawn.get("Boundary")) or (0.0, 0.0)
    a, b, c, d, e, f = (_numbers(drawn.get("CTM")) or [1, 0, 0, 1, 0, 0])[:6]
    path = "".join(_texts(drawn, "AbbreviatedData"))
    here: tuple[float, float] | None = None
    start = here
    for operator, numbers in _operations(path):
        if operator == "C" and here and start:
            yield from _straight(here, start)
        if len(numbers) < 2:
            continue
        x, y = numbers[-2:]
        there = (a * x + c * y + e + left, b * x + d * y + f + top)
        if operator in "MS":
            start = there
        elif operator == "L" and here:
            yield from _straight(here, there)
        here = there


def _operations(path: str) -> Iterator[tuple[str, list[float]]]:
    operator, numbers = "", list[float]()
    for letter, number in _DRAWN.findall(path):
        if letter:
            if operator:
                yield operator, numbers
            operator, numbers = letter, []
        else:
            numbers.append(float(number))
    if operator:
        yield operator, numbers


def _straight(here: tuple[float, float], there: tuple[float, float]) -> Iterator[Stroke]:
    (x0, x1), (y0, y1) = sorted((here[0], there[0])), sorted((here[1], there[1]))
    if min(x1 - x0, y1 - y0) <= _THIN < max(x1 - x0, y1 - y0):
        yield Stroke(x0 * _POINTS, y0 * _POINTS, x1 * _POINTS, y1 * _POINTS)


def _deltas(text: str | None) -> list[float]:
    """`8 8 g 3 4`: steps, of which `g` repeats the third so often as the second says."""
    found: list[float] = []
    parts = iter((text or "").split())
    for part in parts:
        if part == "g":
            count, step = int(float(next(parts, "0"))), float(next(parts, "0"))
            found += [step] * min(count, 10_000)
        else:
            found.append(float(part))
    return found


def _join(folder: str, place: str) -> str:
    return place.lstrip("/") if place.startswith("/") else posixpath.normpath(posixpath.join(folder, place))


def _box(tree: etree._Element, of: str) -> list[float] | None:
    for area in tree.iter(f"{{*}}{of}"):
        for box in area.iter("{*}PhysicalBox"):
            if len(numbers := _numbers(box.text)) == 4:
                return numbers
    return None


def _numbers(text: str | None) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text or "")]


def _all(tree: etree._Element, name: str) -> Sequence[etree._Element]:
    return list(tree.iter(f"{{*}}{name}"))


def _texts(tree: etree._Element, name: str) -> list[str]:
    return [(each.text or "").strip() for each in tree.iter(f"{{*}}{name}")]
