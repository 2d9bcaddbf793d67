"""A page and what became of its lines in, the page as it was out, harmless, with those lines marked.

It runs nothing and asks for nothing: what could is taken out here, and refused once more where it is shown.
"""

import re
from collections.abc import Sequence

from lxml import etree, html

from pipeline.core.models import Decoded
from pipeline.page.lines import outline
from pipeline.page.tree import Outline, Span, parse
from pipeline.report.line_fates import Fate

_ACTIVE = (
    "script", "link", "base", "meta", "iframe", "frame", "frameset", "object", "embed", "applet", "template", "portal",
    "video", "audio", "source", "track",
)  # fmt: skip
_ASKING = {"src", "srcset", "poster", "background", "data", "ping", "action", "formaction", "srcdoc", "autofocus"}
_ADDRESSES = re.compile(r"url\s*\([^)]*\)|@import[^;]*;?", re.I)
_MARKS = """
[data-gongbao-line=kept] { background: #e3f1e6 !important; color: #14261a !important; }
[data-gongbao-line=removed] { background: #fbe3e0 !important; color: #5f1712 !important;
  text-decoration: line-through !important; }
"""


def harmless(decoded: Decoded, lines: Sequence[Fate]) -> str:
    """The page as HTML that a browser may show in a sandbox."""
    root = parse(decoded)
    for element in root.iter("style"):
        element.text = _quiet(element.text or "")
    page = outline(root)
    _mark(page, lines)
    etree.strip_elements(root, *_ACTIVE, with_tail=False)
    for element in root.iter(etree.Element):
        for name in list(element.attrib):
            if name in _ASKING or name.startswith("on") or ":" in name:
                del element.attrib[name]
            elif name == "style":
                element.set(name, _quiet(element.get(name) or ""))
            elif name == "href" and not (element.get(name) or "").strip().lower().startswith(("http:", "https:", "#")):
                del element.attrib[name]
    style = etree.SubElement(root, "style")
    style.text = _MARKS
    return "<!doctype html>" + str(html.tostring(root, encoding="unicode"))


def _quiet(style: str) -> str:
    """A style without addresses."""
    return _ADDRESSES.sub("none", style.replace("\\", ""))


def _mark(page: Outline, lines: Sequence[Fate]) -> None:
    """Name the fate of a line on the smallest element whose lines all share it."""
    fates = {_folded(each.line): each for each in reversed(lines)}
    known = [fates.get(_folded(block.text)) for block in page.blocks]
    marked = [False] * len(known)
    for span in sorted(page.spans, key=len):
        told = known[span.start : span.end]
        if not told or None in told or any(marked[span.start : span.end]):
            continue
        rules = {(each.zone, each.rule) for each in told if each}
        if len(rules) == 1:
            _name(span, *rules.pop())
            marked[span.start : span.end] = [True] * len(span)


def _name(span: Span, zone: str, rule: str) -> None:
    span.element.set("data-gongbao-line", "removed" if rule else "kept")
    if rule:
        span.element.set("title", f"{zone}: {rule}")


def _folded(line: str) -> str:
    return "".join(line.split())
