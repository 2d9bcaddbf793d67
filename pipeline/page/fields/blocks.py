"""A parsed page in, its blocks of text out, in reading order: what stands together between two line breaks of layout."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

_BLOCK = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "ucapcontent",
        "ucaptitle",
        "founder-content",
        "trs_document",
    ]
)
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "select",
        "option",
        "textarea",
        "button",
        "iframe",
        "object",
        "svg",
        "head",
        "title",
        "canvas",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_PARTS = frozenset(["span", "b", "strong", "em", "i", "font", "label", "small"])
_FURNITURE = frozenset(["nav", "footer", "aside"])
_BREAK = "\x01"  # stands for <br> until the page's own line breaks are folded
_SENTENCE = ("。", "！", "？", "，", ". ", ", ")
_DATED = re.compile(r"(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}")
_LONG = 60  # characters of a block that can only be running text, where nobody located the body
_NO_TEXT = 40  # blocks that may be head on a page without running text
_INSIDE = 30  # blocks of the body that can still be head: title, subtitle, byline, table of a document
_BEHIND = 60  # blocks behind the body that can hold its source, its attachments, its table of fields


@dataclass(frozen=True, slots=True)
class Block:
    """`text` has its white space folded and a line break where the page has `<br>`; `node` is the element around it."""

    text: str
    node: HtmlElement
    in_body: bool
    linked: int  # characters inside links
    furniture: bool  # inside nav, aside or footer

    @property
    def link_share(self) -> float:
        """Characters inside links / all characters, 0..1."""
        return min(1.0, self.linked / max(1, len(self.text)))


def around(root: HtmlElement, body: HtmlElement | None) -> tuple[list[Block], int, int]:
    """The blocks before a body, its first ones and those right behind it; the places of its start and its end.

    Where nobody located a body, the page's first long paragraph is taken for its start.
    """
    if body is None or body is root:
        return _guessed(walk(root, None))
    blocks: list[Block] = []
    start = end = -1
    for block in walk(root, body):
        if block.in_body:
            start = len(blocks) if start < 0 else start
            if len(blocks) - start >= _INSIDE:
                continue
        elif start >= 0:
            end = len(blocks) if end < 0 else end
            if len(blocks) - end >= _BEHIND:
                break
        blocks.append(block)
    start = _past_head(blocks, len(blocks) if start < 0 else start)
    return blocks, start, len(blocks) if end < 0 else end


def _past_head(blocks: list[Block], start: int) -> int:
    """The start without the heading, the date line and the crumbs that a generously located body holds on top."""
    for place in range(start, len(blocks)):
        if not blocks[place].in_body or is_running(blocks[place]):
            break
    else:
        return start
    head = blocks[start:place]
    if not any(map(_is_head, head)):
        return start
    blocks[start:place] = [replace(block, in_body=False) for block in head]
    return place


def _is_head(block: Block) -> bool:
    dated = bool(_DATED.search(block.text)) and not block.text.endswith("。")
    return dated or block.node.tag in ("h1", "h2") or block.link_share > 0.5


def is_running(block: Block) -> bool:
    """Whether a block is text that runs, and not a line of a head or a menu."""
    text = block.text
    return len(text) >= _LONG and block.linked < len(text) / 3 and any(mark in text for mark in _SENTENCE)


def _guessed(blocks: Iterator[Block]) -> tuple[list[Block], int, int]:
    kept: list[Block] = []
    for block in blocks:
        kept.append(block)
        if is_running(block):
            start = len(kept) - 1
            kept.extend(islice(blocks, _INSIDE))
            return kept, start, len(kept)
    return kept, min(len(kept), _NO_TEXT), len(kept)


def walk(root: HtmlElement, body: HtmlElement | None) -> Iterator[Block]:
    """The blocks of a page; outside the body inline elements with a class or an id are blocks of their own.

    The head of a page is `<div><span class="title">…</span><span class="time">…</span></div>` as often as not.
    """
    pieces: list[str] = []
    linked = links = furniture = 0
    in_body = False
    nodes: list[HtmlElement] = [root]
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    skipped: HtmlElement | None = None
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in _SKIPPED or ((style := element.get("style")) and _hides(style) and tag != "body"):
                skipped = element
                walker.skip_subtree()
                continue
            if tag in _BLOCK or (tag in _PARTS and _stands_alone(element, nodes[-1], in_body)):
                if pieces:
                    if text := _fold(pieces):
                        yield Block(text, nodes[-1], in_body, linked, furniture > 0)
                    pieces, linked = [], 0
                nodes.append(element)
                furniture += tag in _FURNITURE
                in_body = in_body or element is body
            elif tag == "br":
                pieces.append(_BREAK)
            elif tag == "a":
                links += 1
            if text := element.text:
                pieces.append(text)
                if links:
                    linked += len(text.strip())
        else:
            if event == "end":
                if element is skipped:
                    skipped = None
                elif element is nodes[-1]:
                    if pieces:
                        if text := _fold(pieces):
                            yield Block(text, element, in_body, linked, furniture > 0)
                        pieces, linked = [], 0
                    nodes.pop()
                    furniture -= tag in _FURNITURE
                    in_body = in_body and element is not body
                elif tag == "a":
                    links -= 1
            if tail := element.tail:
                pieces.append(tail)
                if links:
                    linked += len(tail.strip())
    if text := _fold(pieces):
        yield Block(text, root, in_body, linked, furniture > 0)


def _stands_alone(element: HtmlElement, around: HtmlElement, in_body: bool) -> bool:
    return (
        not in_body
        and around.tag != "p"
        and around.tag not in _HEADINGS
        and (element.get("class") is not None or element.get("id") is not None)
    )


def _hides(style: str) -> bool:
    return "none" in style and "display:none" in style.replace(" ", "").lower()


def _fold(pieces: list[str]) -> str:
    text = "".join(pieces)
    if _BREAK not in text:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)
