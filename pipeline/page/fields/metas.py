"""A parsed page in, what its head and markers declare out: meta tags in all spellings, JSON-LD, boundaries of CMSs."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from pipeline.core.outside_text import load_json

_MARK = re.compile(r"<\s*\$\[([^\]]+)\]>\s*(begin|end)")  # JCMS: <!--<$[标题]>begin-->…<!--<$[标题]>end-->
_LD_CONTROL = re.compile(r"[\x00-\x1f]+")
_ARTICLE_TYPES = ("article", "posting", "report", "webpage")
_LD_KEYS = ("headline", "datePublished", "author", "publisher")
_MAX_LD = 200_000  # characters; a longer block is data of an application


def read_metas(root: HtmlElement) -> dict[str, str]:
    """Lower-cased name, property or itemprop of each meta tag -> its first content that is not empty."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop")
        content = meta.get("content")
        if name and content and (content := " ".join(content.split())):
            found.setdefault(name.strip().lower(), content)
    return found


def read_json_ld(root: HtmlElement) -> dict[str, str]:
    """`headline`, `datePublished`, `author`, `publisher` of the article in a page's JSON-LD; nothing where it names several."""
    articles: list[dict[str, Any]] = []
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "") or not script.text or len(script.text) > _MAX_LD:
            continue
        try:
            data = load_json(_LD_CONTROL.sub(" ", script.text))
        except (ValueError, RecursionError):
            continue
        articles += _items(data)
    named = [item for item in articles if item.get("headline")]
    if len({str(item["headline"]) for item in named}) > 1:
        return {}
    values = ((key, _name(item.get(key))) for item in named or articles for key in _LD_KEYS)
    return {key: value for key, value in reversed(list(values)) if value}


def read_marks(root: HtmlElement) -> dict[str, str]:
    """What stands between the comments by which a CMS names the parts of an article, and in UCAP's own elements."""
    found: dict[str, str] = {}
    for comment in root.iter(etree.Comment):
        mark = _MARK.search(comment.text or "")
        if mark and mark[2] == "begin":
            text = " ".join("".join(_until_comment(comment)).split())
            if text and len(text) < 300:
                found.setdefault(mark[1].strip(), text)
    for element in root.iter("ucaptitle"):
        if text := " ".join("".join(element.itertext()).split()):
            found.setdefault("标题", text)
    return found


def _until_comment(comment: Any) -> Iterator[str]:
    """Texts between a comment and the next comment beside it."""
    yield comment.tail or ""
    for sibling in comment.itersiblings():
        if sibling.tag is etree.Comment:
            return
        if isinstance(sibling.tag, str):
            yield from sibling.itertext()
        yield sibling.tail or ""


def _items(data: Any) -> Iterator[dict[str, Any]]:
    stack = [data]
    while stack:
        item = stack.pop(0)
        if isinstance(item, list):
            stack = item[:20] + stack
        elif isinstance(item, dict):
            if str(item.get("@type", "")).lower().endswith(_ARTICLE_TYPES) or "datePublished" in item:
                yield item
            elif isinstance(item.get("@graph"), list):
                stack = item["@graph"][:20] + stack


def _name(value: Any) -> str:
    if isinstance(value, list) and value:
        return "、".join(filter(None, (_name(item) for item in value[:5])))
    if isinstance(value, dict):
        return _name(value.get("name"))
    return " ".join(value.split()) if isinstance(value, str) else ""
