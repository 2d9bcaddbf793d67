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
    "script", "style", "link", "base", "meta", "iframe", "frame", "frameset", "object", "embed", "applet", "template", "portal",
    "video", "audio", "source", "track",
)  # fmt: skip
_LOOKS = {"style", "bgcolor", "color", "width", "height"}  # in which menus would lie over the article
_ASKING = {"src", "srcset", "poster", "background", "data", "ping", "action", "formaction", "srcdoc", "autofocus"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MARKS = """
body { font: 15px/1.6 system-ui, sans-serif; margin: 1rem; overflow-wrap: anywhere; background: #fff; color: #222; }
[data-gongbao-line=kept] { background: #e3f1e6 !important; color: #14261a !important; }
[data-gongbao-line=removed] { background: #fbe3e0 !important; color: #5f1712 !important;
  text-decoration: line-through !important; }
"""


def harmless(decoded: Decoded, lines: Sequence[Fate]) -> str:
    """The page as HTML that a browser may show in a sandbox."""
    root = parse(decoded)
    page = outline(root)
    _mark(page, lines)
    etree.strip_elements(root, *_ACTIVE, with_tail=False)
    for element in root.iter(etree.Element):
        for name in list(element.attrib):
            if name == "style" and _HIDDEN.search(element.get(name) or ""):
                element.set("hidden", "")
            if (
                name in _ASKING | _LOOKS
                or name.startswith("on")
                or ":" in name
                or (
                    name == "href"
                    and not (element.get(name) or "").strip().lower().startswith(("http:", "https:", "#"))
                )
            ):
                del element.attrib[name]
    style = etree.SubElement(root, "style")
    style.text = _MARKS
    return "<!doctype html>" + str(html.tostring(root, encoding="unicode"))


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
