"""A decoded page in, the article's block lines, title and fields out. The only door to trafilatura."""

from copy import deepcopy
from datetime import datetime

import trafilatura
from lxml import html
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from pipeline.field_rules import FieldRules, default_rules
from pipeline.fields import read_fields
from pipeline.locate import Located, is_doubtful, locate, witnessed
from pipeline.models import Decoded, Extracted, Line, Removed
from pipeline.source import ArticleSpec
from pipeline.surroundings import read_surroundings
from pipeline.titles import find_title
from pipeline.tree import outline, parse
from pipeline.weigh import ExtractionRules, Weighed, fold


def extract(
    decoded: Decoded,
    *,
    url: str,
    spec: ArticleSpec,
    rules: ExtractionRules,
    fetched_at: datetime,
    listed_title: str = "",
    listed_date: str = "",
    field_rules: FieldRules | None = None,
) -> Extracted:
    """Find the article in a page. No text found is an Extracted without lines, never an error."""
    root = parse(decoded)
    for selector in spec.drop:
        for element in CSSSelector(selector)(root):
            element.drop_tree()
    page = Weighed(outline(root, rules.hidden), rules, listed_title or root.findtext(".//title") or "")
    named = [element for selector in spec.body for element in CSSSelector(selector)(root)]
    located = locate(page, named)
    if is_doubtful(page, located):
        located = witnessed(page, located, _read(root))
    body = located.span.element if located else None
    around = read_surroundings(root, body, field_rules or default_rules())
    title, title_from = find_title(
        root, body=body, url=url, listed_title=listed_title, rules=field_rules, around=around
    )
    fields, evidence = read_fields(
        root,
        body=body,
        title=title,
        url=url,
        spec=spec,
        fetched_at=fetched_at,
        listed_date=listed_date,
        rules=field_rules,
        around=around,
    )
    if located is None:
        return Extracted(
            title=title, lines=(), fields=fields, candidate="none", evidence=(("title", title_from), *evidence.items())
        )
    kept, dropped = _lines(page, located, title)
    return Extracted(
        title=title,
        lines=kept,
        fields=fields,
        candidate=located.name,
        evidence=(("title", title_from), *evidence.items()),
        images=located.span.images,
        videos=located.span.videos,
        dropped=dropped,
    )


def _lines(page: Weighed, located: Located, title: str) -> tuple[tuple[Line, ...], tuple[Removed, ...]]:
    """The lines that stay, and those that the structure of the page or the witness takes out."""
    blocks = page.page.blocks
    apart = _set_apart(page, located)
    read = fold(_read_fragment(located.span.element))
    lines, dropped = [], []
    for index in range(located.start, located.end):
        block = blocks[index]
        rule = "hidden" if block.hidden else "caption" if block.caption else apart.get(index, "")
        if not rule and index != page.title_at and page.is_weak(index) and fold(block.text) not in read:
            rule = "witness"
        if rule:
            dropped.append(
                Removed(line=block.text, rule=f"structure:{rule}", zone="caption" if block.caption else "inline")
            )
        else:
            lines.append(
                Line(
                    text=block.text,
                    link_share=round(block.link_share, 3),
                    heading=block.heading,
                    after_image=block.after_image,
                )
            )
    return tuple(lines), tuple(dropped)


def _set_apart(page: Weighed, located: Located) -> dict[int, str]:
    """What stands around articles inside the located lines; not believed where it would take most of them."""
    apart = {index: name for index, name in page.apart.items() if located.start <= index < located.end}
    lost = sum(max(0.0, page.raw[index]) for index in apart)
    return apart if lost <= 0.5 * page.prose(located.start, located.end) else {}


def _read(root: HtmlElement) -> str:
    """What trafilatura reads on a whole page. Never with deduplicate=True: that remembers pages across calls."""
    return trafilatura.extract(deepcopy(root), include_comments=False, favor_recall=True, deduplicate=False) or ""


def _read_fragment(element: HtmlElement) -> str:
    """What trafilatura reads in an element alone."""
    page = html.document_fromstring("<html><body></body></html>")
    copy = deepcopy(element)
    copy.tail = None
    page.body.append(copy)
    return trafilatura.extract(page, include_comments=False, fast=True, deduplicate=False) or ""
