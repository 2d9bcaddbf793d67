"""The lines of a page and the place of its body in, what stands around the body out, as fields are read from it.

A piece is what one element says: lines divided by `<br>` are one piece, cells and named parts of a line outside the
body are pieces of their own. What a browser does not show is none.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from lxml.html import HtmlElement

from pipeline.page.tree import Block, Outline

_SENTENCE = ("。", "！", "？", "，", ". ", ", ")
_DATED = re.compile(
    r"(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}"
    r"|(?<![\d.])1[0-4]\d([./-])\d{2}\1\d{2}(?![\d.])|(?<!\d)\d{2}-\d{2}-\d{2}\s+\d{1,2}:\d{2}"
)
_LONG = 60  # characters of a piece that can only be running text, where nobody located the body
_NO_TEXT = 40  # pieces that may be head on a page without running text
_INSIDE = 30  # pieces of the body that can still be head: title, subtitle, byline, table of a document
_BEHIND = 60  # pieces behind the body that can hold its source, its attachments, its table of fields


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` has a line break where the page has `<br>`; `element` is the one around it."""

    text: str
    element: HtmlElement
    in_body: bool
    linked: int  # characters inside links
    furniture: bool  # inside nav, aside or footer

    @property
    def link_share(self) -> float:
        """Characters inside links / all characters, 0..1."""
        return min(1.0, self.linked / max(1, len(self.text)))


def around(page: Outline, body: range | None) -> tuple[list[Piece], int, int]:
    """The pieces before a body, its first ones and those right behind it; the places of its start and its end.

    Where nobody located a body, the page's first long paragraph is taken for its start.
    """
    if body is None or len(body) == len(page.blocks):
        return _guessed(_pieces(page.blocks, in_body=False))
    pieces = list(_pieces(page.blocks[: body.start], in_body=False))
    start = len(pieces)
    pieces += islice(_pieces(page.blocks[body.start : body.stop], in_body=True), _INSIDE)
    end = len(pieces)
    pieces += islice(_pieces(page.blocks[body.stop :], in_body=False), _BEHIND)
    return pieces, _past_head(pieces, start), end


def _pieces(blocks: Iterable[Block], *, in_body: bool) -> Iterator[Piece]:
    held: Piece | None = None
    for block in blocks:
        if block.hidden:
            continue
        pieces = [
            Piece(_folded(part.text), part.element, in_body, part.linked, block.furniture)
            for part in block.parts
            if not in_body or "\t" in block.text
        ] or [Piece(_folded(block.text), block.element, in_body, block.linked, block.furniture)]
        if held and block.broken and held.element is pieces[0].element:
            first = pieces[0]
            pieces[0] = replace(held, text=f"{held.text}\n{first.text}", linked=held.linked + first.linked)
        elif held:
            yield held
        *whole, held = pieces
        yield from whole
    if held:
        yield held


def _folded(text: str) -> str:
    return " ".join(text.split())


def _past_head(pieces: list[Piece], start: int) -> int:
    """The start without the heading, the date line and the crumbs that a generously located body holds on top."""
    for place in range(start, len(pieces)):
        if not pieces[place].in_body or is_running(pieces[place]):
            break
    else:
        return start
    head = pieces[start:place]
    if not any(map(_is_head, head)):
        return start
    pieces[start:place] = [replace(piece, in_body=False) for piece in head]
    return place


def _is_head(piece: Piece) -> bool:
    dated = bool(_DATED.search(piece.text)) and not piece.text.endswith("。")
    return dated or piece.element.tag in ("h1", "h2") or piece.link_share > 0.5


def is_running(piece: Piece) -> bool:
    """Whether a piece is text that runs, and not a line of a head or a menu."""
    text = piece.text
    return len(text) >= _LONG and piece.linked < len(text) / 3 and any(mark in text for mark in _SENTENCE)


def _guessed(pieces: Iterator[Piece]) -> tuple[list[Piece], int, int]:
    kept: list[Piece] = []
    for piece in pieces:
        kept.append(piece)
        if is_running(piece):
            start = len(kept) - 1
            kept.extend(islice(pieces, _INSIDE))
            return kept, start, len(kept)
    return kept, min(len(kept), _NO_TEXT), len(kept)
