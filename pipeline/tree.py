"""Characters of a page in, its tree and its block lines out: one walk, every line with its place."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from lxml import etree, html
from lxml.html import HtmlElement

from pipeline.models import Decoded

# Elements that run on inside a line; every other element, known or not, begins and ends one.
INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "blink",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "ruby",
        "rb",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "input",
    ]
)
# Elements whose content is never text of the page. <form> is not among them: ASP.NET puts whole pages into one.
SILENT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "title",
        "svg",
        "math",
        "select",
        "option",
        "datalist",
        "button",
        "textarea",
        "object",
        "embed",
        "applet",
        "canvas",
        "audio",
        "map",
        "dialog",
        "iframe",
        "frameset",
        "rt",
        "rp",
        "noframes",
    ]
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_VIDEO = frozenset(("video", "embed", "object", "iframe"))
_PLAYER = re.compile(r"video|player|\.mp4|\.swf|\.m3u8", re.IGNORECASE)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$)", re.IGNORECASE
)
_SHOWN_AS_BLOCK = re.compile(r"display\s*:\s*(?:block|table|flex|list-item)", re.IGNORECASE)
_FILE_LINK = re.compile(
    r"\.(?:pdf|ofd|docx?|xlsx?|pptx?|zip|rar|wps|et|ceb|7z|txt|csv)(?:$|[?#&])|downfile|/download", re.IGNORECASE
)
# An included header or footer often ends the document a first time; the parser would believe it.
_ENDS = re.compile(r"^\s*<\?xml[^>]*\?>|</(?:body|html)\s*>", re.IGNORECASE)

_ODD = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\x00"), "")
_WRAPPED = re.compile(
    r"(?<=[\u2e80-\u9fff\uff00-\uffef，。；：、？！”“《》（）])[ \t\xa0]*[\r\n]\s*(?=[\u2e80-\u9fff\uff00-\uffef，。；：、？！“”《》（）])"
)
_SPACE = re.compile(r"[ \r\n\f\v\xa0\u2002-\u200a\u2028\u2029\x85]+")
_TABS = re.compile(r"\s*\t\s*")
_INDENT_AFTER_SENTENCE = re.compile(r"(?<=[。！？；：”」）])[ \xa0]?\u3000[\u3000 \xa0]+(?=\S)")


@dataclass(slots=True)
class Block:
    """One line of the page, with what is needed to weigh it."""

    text: str
    linked: int  # characters inside links that lead to pages, not to files
    heading: bool
    after_image: bool
    hidden: int  # elements around it that hide it
    bold: bool
    headed: int  # characters of the link that the line begins with, 0 if it begins otherwise
    caption: bool

    @property
    def link_share(self) -> float:
        return min(1.0, self.linked / max(1, len(self.text)))


@dataclass(slots=True)
class Span:
    """A block element and the half-open range of the lines inside it."""

    element: HtmlElement
    start: int
    parent: "Span | None"
    end: int = 0
    images: int = 0
    videos: int = 0
    children: list["Span"] = field(default_factory=list)

    def __len__(self) -> int:
        return self.end - self.start

    def ancestors(self) -> Iterator["Span"]:
        span = self.parent
        while span is not None:
            yield span
            span = span.parent


@dataclass(slots=True)
class Outline:
    """A page as lines in the order of the document, and the elements that hold them."""

    root: HtmlElement
    blocks: list[Block]
    spans: list[Span]  # in document order; the first is the whole page
    marks: list[tuple[str, int]]  # comments and misplaced metas that may bound the text, and the line they stand before

    def span_of(self, element: HtmlElement) -> Span | None:
        return next((span for span in self.spans if span.element is element), None)


def parse(decoded: Decoded) -> HtmlElement:
    """The tree of a page; nothing that it contains makes this raise."""
    text = _ENDS.sub("", decoded.text.replace("\x00", ""))
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError, AssertionError):  # no element at all
        root = html.document_fromstring("<html><body></body></html>")
    return root


def outline(root: HtmlElement, hiding: Collection[str] = ()) -> Outline:
    """Read the page's lines in one walk; classes in `hiding` hide what they stand on."""
    return _Walk(root, frozenset(hiding)).result


class _Walk:
    """The state of one walk over a tree: the line being written, and the elements that are open."""

    def __init__(self, root: HtmlElement, hiding: frozenset[str]) -> None:
        self.hiding = hiding
        self.blocks: list[Block] = []
        self.spans: list[Span] = []
        self.marks: list[tuple[str, int]] = []
        self.pieces: list[str] = []
        self.linked = 0
        self.headed = -1  # nothing said yet
        self.bold = 0
        self.captions: list[HtmlElement] = []
        self.links: list[bool] = []  # open links: whether each leads to a page
        self.hidden: list[HtmlElement] = []
        self.heading: list[HtmlElement] = []
        self.strong: list[HtmlElement] = []
        self.rows: list[HtmlElement] = []  # open row that is written as one line
        self.tables: dict[HtmlElement, bool] = {}
        self.preformatted = 0
        self.image = False
        self.open: Span | None = None
        body = root.find("body")
        self._walk(root if body is None else body)
        self.result = Outline(root, self.blocks, self.spans, self.marks)

    def _walk(self, top: HtmlElement) -> None:
        walk = etree.iterwalk(top, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                if self._enter(element):
                    self._say(element.text)
                else:
                    walk.skip_subtree()
            elif event == "end":
                self._leave(element)
                if element is not top:
                    self._say(element.tail)
            else:
                if event == "comment" and element.text and len(element.text) < 120:
                    self._flush_for_mark(element.text)
                self._say(element.tail)
        self._flush()

    def _enter(self, element: HtmlElement) -> bool:
        tag = element.tag
        if tag in SILENT:
            if (
                tag in _VIDEO
                and _PLAYER.search(" ".join(str(v) for v in element.attrib.values()))
                and self.open is not None
            ):
                self._count(videos=1)
            return False
        get = element.get
        style = get("style")
        hidden = (
            (style is not None and _HIDDEN.search(style) is not None)
            or get("hidden") is not None
            or self._is_hiding(get("class"))
        )
        inline = (tag in INLINE or ":" in tag) and not (style is not None and _SHOWN_AS_BLOCK.search(style))
        if tag == "img":
            self._picture(element)
            return False
        if hidden and inline:
            return False
        if tag == "br":
            self._break()
            return False
        if tag == "hr":
            self._flush()
            return False
        if tag == "meta":
            self._flush_for_mark(get("name") or "")
            return False
        if tag == "a":
            href = get("href") or ""
            self.links.append(not _FILE_LINK.search(href))
        elif tag in ("b", "strong"):
            self.strong.append(element)
        if not inline:
            self._open(element, hidden)
        return True

    def _is_hiding(self, classes: str | None) -> bool:
        return classes is not None and not self.hiding.isdisjoint(classes.split())

    def _open(self, element: HtmlElement, hidden: bool) -> None:
        tag = element.tag
        if self.rows:
            if tag in ("td", "th") and self.pieces:
                self.pieces.append("\t")
            elif self.pieces:
                self.pieces.append(" ")
        else:
            self._flush()
        span = Span(element, len(self.blocks), self.open)
        if self.open is not None:
            self.open.children.append(span)
        self.open = span
        self.spans.append(span)
        if hidden:
            self.hidden.append(element)
        if tag in HEADINGS:
            self.heading.append(element)
        elif tag == "figcaption":
            self.captions.append(element)
        elif tag == "pre":
            self.preformatted += 1
        elif tag == "video":
            self._count(videos=1)
        elif tag == "tr" and not self.rows and _is_row_of_data(element, self.tables):
            self.rows.append(element)

    def _leave(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "a":
            if self.links:
                self.links.pop()
        elif self.strong and self.strong[-1] is element:
            self.strong.pop()
        span = self.open
        if span is None or span.element is not element:
            return
        if self.rows and self.rows[-1] is element:
            self.rows.pop()
        if not self.rows:
            self._flush()
        elif self.pieces:
            self.pieces.append(" ")
        span.end = len(self.blocks)
        self.open = span.parent
        if self.hidden and self.hidden[-1] is element:
            self.hidden.pop()
        if self.captions and self.captions[-1] is element:
            self.captions.pop()
        if self.heading and self.heading[-1] is element:
            self.heading.pop()
        if tag == "pre":
            self.preformatted -= 1

    def _say(self, text: str | None) -> None:
        if not text:
            return
        if self.preformatted and "\n" in text.strip():
            for part in text.split("\n"):
                self._piece(part)
                self._flush()
            return
        self._piece(text)

    def _piece(self, text: str) -> None:
        self.pieces.append(text)
        said = len(text.strip())
        if self.links and self.links[-1]:
            self.linked += said
            if self.headed < 0:
                self.headed = said or -1
        elif self.headed < 0 and said:
            self.headed = 0
        if self.strong:
            self.bold += said

    def _break(self) -> None:
        if self.rows:
            self.pieces.append(" ")
        else:
            self._flush()

    def _flush_for_mark(self, name: str) -> None:
        self._flush()
        self.marks.append((name, len(self.blocks)))

    def _flush(self) -> None:
        if not self.pieces:
            return
        raw = "".join(self.pieces)
        linked, bold, headed = self.linked, self.bold, max(0, self.headed)
        self.pieces.clear()
        self.linked = self.bold = 0
        self.headed = -1
        if raw.isspace():
            return
        for text in _lines(raw):
            block = Block(
                text=text,
                linked=min(linked, len(text)),
                heading=bool(self.heading),
                after_image=self.image,
                hidden=len(self.hidden),
                bold=bold >= 0.8 * len(text),
                headed=headed,
                caption=bool(self.captions),
            )
            self.blocks.append(block)
            self.image = False

    def _picture(self, element: HtmlElement) -> None:
        if _is_content_picture(element):
            self.image = True
            self._count(images=1)

    def _count(self, images: int = 0, videos: int = 0) -> None:
        span = self.open
        while span is not None:
            span.images += images
            span.videos += videos
            span = span.parent


def _lines(raw: str) -> list[str]:
    """A run of characters as clean lines; a paragraph that only an indent divides from the last is one of its own."""
    text = raw.translate(_ODD)
    if "\n" in text or "\r" in text:
        text = _WRAPPED.sub("", text)
    text = _SPACE.sub(" ", text)
    if "\t" in text:
        text = _TABS.sub("\t", text)
    parts = _INDENT_AFTER_SENTENCE.split(text) if "\u3000\u3000" in text else [text]
    return [line for part in parts if (line := part.strip(" \t\u3000"))]


def _is_row_of_data(row: HtmlElement, tables: dict[HtmlElement, bool]) -> bool:
    """Whether a row is one line: several cells, each of one block, in a table that is no layout."""
    table = row.getparent()
    if table is not None and table.tag in ("tbody", "thead", "tfoot"):
        table = table.getparent()
    if table is None:
        return False
    if table not in tables:
        tables[table] = _is_data(table)
    if not tables[table]:
        return False
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    return len(cells) > 1 and all(_is_one_block(cell) for cell in cells)


def _is_data(table: HtmlElement) -> bool:
    rows = list(table.iter("tr"))
    several = sum(sum(cell.tag in ("td", "th") for cell in row) > 1 for row in rows)
    return several > 1 and next(table.iterdescendants("table", "form", "h1", "h2", "h3", "ul"), None) is None


def _is_one_block(cell: HtmlElement) -> bool:
    filled = 0
    for block in cell.iter("p", "div", "li", "br"):
        filled += (
            bool(block.tail and block.tail.strip()) if block.tag == "br" else bool("".join(block.itertext()).strip())
        )
    return filled < 2


def _is_content_picture(element: HtmlElement) -> bool:
    """Whether an image is a picture rather than an icon or a tracker."""
    for name in ("width", "height"):
        size = (element.get(name) or "").removesuffix("px")
        if size.isdigit() and int(size) < 60:
            return False
    source = element.get("data-src") or element.get("src") or ""
    return bool(source) and not re.search(
        r"icon|logo|blank|spacer|qrcode|ewm|loading|\.gif(?:$|\?)", source, re.IGNORECASE
    )
