"""A located body and its surroundings in, the files that belong to the article out."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.html import HtmlElement

from pipeline.core.models import Attachment
from pipeline.core.urls import join
from pipeline.page.fields.rules import AttachmentRules, compiled

_ANNOUNCED = re.compile(r"附\s*[件表]\s*[\d一二三四五六七八九十]*\s*[:：.、]?\s*$")  # then it is one, whatever its name
_BARE_NAME = re.compile(r"^[\w.%()（）-]+\.\w{2,4}$")
_ADDRESS = re.compile(r"['\"]([^'\"]+)['\"]")
_NOISE = re.compile(
    r"^\s*(?:[\[【(（]?(?:点击)?(?:下载|查看|打开|附件下载|点击下载|点击查看|在线预览|预览)[\]】)）]?[：:]?\s*)+$"
)
_FRAMES = {"iframe": "src", "embed": "src", "object": "data", "a": "href"}


def find_attachments(
    body: HtmlElement, near: Iterable[HtmlElement], base: str, rules: AttachmentRules
) -> tuple[Attachment, ...]:
    """Files linked or shown in `body` and, beside it, in elements that speak of attachments; each address once."""
    found: dict[str, Attachment] = {}
    for attachment in _in(body, base, rules.types, rules):
        _keep(found, attachment)
    for element in near:
        for attachment in _in(element, base, rules.types, rules):
            _keep(found, attachment)
    return tuple(found.values())


def _keep(found: dict[str, Attachment], attachment: Attachment) -> None:
    """The first of an address; a later one of the same address that has a better name lends it that name."""
    before = found.get(attachment.url)
    if before is None or (_BARE_NAME.match(before.name) and not _BARE_NAME.match(attachment.name)):
        found[attachment.url] = attachment


def _in(element: HtmlElement, base: str, types: tuple[str, ...], rules: AttachmentRules) -> Iterator[Attachment]:
    never = compiled(rules.never)
    for node in element.iter("a", "iframe", "embed", "object"):
        href = node.get(_FRAMES[node.tag]) or ""
        if node.tag == "a" and (not href or href.startswith(("#", "javascript"))):
            call = _ADDRESS.search(node.get("onclick") or href)
            href = call[1] if call else ""
        url = join(base, href).partition("#")[0]
        if not url or urlsplit(url).scheme not in ("http", "https", "file"):
            continue
        shown = _shown_file(url, types, rules) if node.tag != "a" or "viewer" in url.lower() else ""
        url = join(url, shown) if shown else url
        text = " ".join("".join(node.itertext()).split()) if node.tag == "a" else ""
        kind = _type(url, text, types, rules, node.tag == "a")
        if kind and (not never.search(text) or _ANNOUNCED.search(_before(node))):
            yield Attachment(name=_name(node, text, url, rules), url=url, type=kind)


def _before(node: HtmlElement) -> str:
    """What stands before a link in its line."""
    before, parent = node.getprevious(), node.getparent()
    return (before.tail if before is not None else parent.text if parent is not None else "") or ""


def _shown_file(url: str, types: tuple[str, ...], rules: AttachmentRules) -> str:
    """What a viewer's address names in its query: `viewer.html?file=/P02024.pdf`."""
    query = parse_qs(urlsplit(url).query)
    values = (value for name in rules.viewer_parameters for value in query.get(name, ()))
    return next((value for value in values if _ending(value, types)), "")


def _type(url: str, text: str, types: tuple[str, ...], rules: AttachmentRules, link: bool) -> str:
    parts = urlsplit(url)
    if kind := _ending(parts.path, types):
        return kind
    query = parse_qs(parts.query)
    for name in rules.name_parameters:
        for value in query.get(name, ()):
            if kind := _ending(value, types):
                return kind
    if link and compiled(rules.download, re.I).search(url):
        return _ending(text, types) or ("unknown" if compiled(rules.near, re.I).search(text) else "")
    return ""


def link_type(url: str) -> str:
    """The type that the address of a file ends in; empty where it ends in none."""
    return unquote(urlsplit(url).path).rpartition("/")[2].partition(";")[0].rpartition(".")[2].lower()


def _ending(path: str, types: tuple[str, ...]) -> str:
    name = unquote(path).rsplit("?", 1)[0].rpartition("/")[2].partition(";")[0]  # `1.pdf;jsessionid=…` is a PDF
    ending = name.rpartition(".")[2].strip().lower()
    return ending if ending in types else ""


def _name(node: HtmlElement, text: str, url: str, rules: AttachmentRules) -> str:
    """The link's text; its title; the name in the address."""
    for name in (text, " ".join((node.get("title") or node.get("textvalue") or "").split())):
        if name and not _NOISE.match(name):
            return name
    query = parse_qs(urlsplit(url).query)
    named = next((value for name in rules.name_parameters for value in query.get(name, ()) if "." in value), "")
    return named or unquote(urlsplit(url).path.rpartition("/")[2])
