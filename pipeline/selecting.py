"""A CSS selector of a source with `::text` or `::attr(name)`, and the first text that it gives on a page."""

import re
from functools import cache

from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

_PSEUDO = re.compile(r"::(text|attr\(\s*([\w:-]+)\s*\))\s*$")


def select_text(root: HtmlElement, selector: str) -> str:
    """The folded text (or attribute) of the first match that has one; empty if none."""
    pseudo = _PSEUDO.search(selector)
    css = selector[: pseudo.start()] if pseudo else selector
    attribute = pseudo[2] if pseudo else None
    found: list[HtmlElement] = _compiled(css)(root)  # type: ignore[assignment]  # CSS gives elements only
    for element in found:
        text = element.get(attribute) or "" if attribute else "".join(element.itertext())
        if text := " ".join(text.split()):
            return text
    return ""


@cache
def _compiled(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")
