"""Characters of a page in, its tree out; and what a walk over a tree finds: lines, and the elements that hold them."""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree, html
from lxml.html import HtmlElement

from pipeline.core.models import Decoded

# An included header or footer often ends the document a first time; the parser would believe it.
_ENDS = re.compile(r"</(?:[bB][oO][dD][yY]|[hH][tT][mM][lL])\s*>")  # spelled out: twenty times faster than IGNORECASE
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>", re.IGNORECASE)
# The C class lookup; that of lxml.html asks Python for the class of every node that is touched.
_CLASSES = etree.ElementDefaultClassLookup(
    element=html.HtmlElement, comment=html.HtmlComment, pi=html.HtmlProcessingInstruction, entity=html.HtmlEntity
)

Role = Literal["", "heading", "caption", "preformatted"]


@dataclass(frozen=True, slots=True)
class Part:
    """What an element inside a line says: a cell, or a `<span class="time">` in a byline."""

    text: str
    element: HtmlElement
    linked: int  # characters inside links, those to files among them


@dataclass(slots=True)
class Block:
    """One line of the page, with what is needed to weigh it."""

    text: str
    element: HtmlElement  # the block element around it
    parts: tuple[Part, ...]  # where elements inside it stand alone, else none
    broken: bool  # begun by <br>: goes on what the line before it began
    linked: int  # characters inside links, those to files among them
    furniture: bool  # inside nav, aside or footer
    link_share: float  # of its characters, those inside links that lead to pages, not to files
    headed: int  # characters of the link that the line begins with, 0 if it begins otherwise
    bold: bool
    after_image: bool
    heading: bool
    caption: bool
    hidden: int  # elements around it that hide it


@dataclass(slots=True, eq=False)
class Span:
    """A block element and the half-open range of the lines inside it. Hidden and role are inherited.

    It knows what it holds, not what holds it: a page without cycles is freed at once, its tree with it.
    """

    element: HtmlElement
    start: int
    hidden: int  # elements around its text that hide it, itself counted
    role: Role
    end: int = 0
    images: int = 0
    videos: int = 0
    children: list["Span"] = field(default_factory=list)

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(slots=True)
class Outline:
    """A page as lines in the order of the document, and the elements that hold them."""

    root: HtmlElement
    blocks: list[Block]
    spans: list[Span]  # in document order; the first is the whole page
    marks: list[tuple[str, int]]  # comments and misplaced metas that may bound the text, and the line they stand before
    hiders: list[tuple[Span, bool]]  # elements that hide themselves; True: whose place stays blank (visibility)
    prompts: list[tuple[str, int]]  # the words on buttons, and the line they stand before

    def span_of(self, element: HtmlElement) -> Span | None:
        """The span of a block element; None for any other."""
        return next((span for span in self.spans if span.element is element), None)

    def parent_of(self, span: Span) -> Span | None:
        """The span around another; None around the whole page."""
        return next((each for each in self.spans if span in each.children), None)


def parse(decoded: Decoded) -> HtmlElement:
    """The tree of a page; nothing that it contains makes this raise."""
    text = _ENDS.sub("", decoded.text.replace("\x00", ""))
    text = _without_code(text)
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=_parser())
    except (etree.ParserError, ValueError, AssertionError):  # no element at all
        root = html.document_fromstring("<html><body></body></html>", parser=_parser())
    return root


def _without_code(text: str) -> str:
    """Without what a server should have run (JSP, ASP) and sent instead; what a script holds may be a template of its own."""
    parts, at = [], 0
    while (start := text.find("<%", at)) >= 0:
        close = "--%>" if text.startswith("<%--", start) else "%>"
        end = text.find(close, start)
        if end < 0:
            break
        end += len(close)
        parts.append(text[at : end if text.find("</script", start, end) >= 0 else start])
        at = end
    return "".join(parts) + text[at:] if parts else text


def page_of(element: HtmlElement) -> HtmlElement:
    """A page that holds a copy of one element and nothing else."""
    parser = _parser()
    page, body, copy = parser.makeelement("html"), parser.makeelement("body"), deepcopy(element)
    copy.tail = None
    body.append(copy)
    page.append(body)
    return page


def _parser() -> html.HTMLParser:
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    parser.set_element_class_lookup(_CLASSES)
    return parser
