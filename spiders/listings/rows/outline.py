"""A page's tree with its visible text laid out in order, so that what stands between two elements can be read."""

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from spiders.listings.rows.anchors import squeeze
from spiders.listings.rows.scripted_links import resolve

_UNSEEN = frozenset({"script", "style", "template", "textarea", "head", "noscript", "option", "svg", "object"})
_NULLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def parse_html(text: str) -> HtmlElement:
    """The tree of a page or of a fragment of one; an empty page for what holds no markup."""
    text = _NULLS.sub("", text).removeprefix("\ufeff")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    try:
        tree = lxml.html.document_fromstring(text or "<html></html>", parser=lxml.html.HTMLParser(huge_tree=True))
        resolve(tree)
        return tree
    except etree.ParserError:
        return lxml.html.document_fromstring("<html><body></body></html>")


class Outline:
    """Pieces of visible text in order of the document, and for each element which of them are inside it."""

    def __init__(self, tree: HtmlElement) -> None:
        self.tree = tree
        self.pieces: list[str] = []
        self._span: dict[HtmlElement, tuple[int, int]] = {}
        self._walk(tree)

    def _walk(self, root: HtmlElement) -> None:
        stack: list[tuple[HtmlElement, bool]] = [(root, False)]
        opened: dict[HtmlElement, int] = {}
        while stack:
            element, leaving = stack.pop()
            if leaving:
                self._span[element] = (opened.pop(element), len(self.pieces))
            else:
                opened[element] = len(self.pieces)
                stack.append((element, True))
                if isinstance(element.tag, str) and element.tag not in _UNSEEN:
                    self._add(element.text)
                    stack.extend((child, False) for child in reversed(element))
            if leaving and element is not root:
                self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if text and (piece := squeeze(text)):
            self.pieces.append(piece)

    def __contains__(self, element: HtmlElement) -> bool:
        return element in self._span

    def inside(self, element: HtmlElement) -> list[str]:
        """The pieces of text inside an element."""
        start, end = self._span[element]
        return self.pieces[start:end]

    def between(self, first: HtmlElement, second: HtmlElement) -> list[str]:
        """The pieces after the one element and before the other."""
        return self.pieces[self._span[first][1] : self._span[second][0]]

    def before(self, element: HtmlElement, count: int) -> list[str]:
        """The last pieces that stand before an element."""
        start = self._span[element][0]
        return self.pieces[max(0, start - count) : start]

    def after(self, element: HtmlElement, count: int) -> list[str]:
        """The first pieces that follow an element."""
        end = self._span[element][1]
        return self.pieces[end : end + count]


def visible(element: HtmlElement) -> Iterator[HtmlElement]:
    """The element's descendants and itself, without what a browser never shows as text."""
    stack = [element]
    while stack:
        node = stack.pop()
        if isinstance(node.tag, str) and node.tag not in _UNSEEN:
            yield node
            stack.extend(reversed(node))
