"""A CSS selector of a source with `::text` or `::attr(name)`: the first text that it gives on a page, whether it matches."""

import re
from collections.abc import Iterator
from functools import cache

from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

_PSEUDO = re.compile(r"::(?:text|attr\(\s*([\w:-]+)\s*\))\s*(?:,|$)")


def select_text(root: HtmlElement, selector: str) -> str:
    """The folded text (or attribute) of the first match that has one; empty if none."""
    for css, attribute in _parts(selector):
        found: list[HtmlElement] = _compiled(css)(root)  # type: ignore[assignment]  # CSS gives elements only
        for element in found:
            text = element.get(attribute) or "" if attribute else "".join(element.itertext())
            if text := " ".join(text.split()):
                return text
    return ""


def matches(root: HtmlElement, selector: str) -> bool:
    """Whether a selector matches anything on a page, be it without text."""
    return any(_compiled(css)(root) for css, _ in _parts(selector))


def _parts(selector: str) -> Iterator[tuple[str, str]]:
    """CSS and the attribute that is wanted of it, for each part of `h1::text, img::attr(alt)`."""
    start = 0
    for pseudo in _PSEUDO.finditer(selector):
        yield selector[start : pseudo.start()].strip() or "*", pseudo[1] or ""
        start = pseudo.end()
    if rest := selector[start:].strip():
        yield rest, ""


@cache
def _compiled(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")
