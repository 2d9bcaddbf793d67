"""A tree in, its lines out, in one walk over it: every line with its place, its links and what stands before it."""

import re
from collections.abc import Collection
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

from pipeline.page.cells import is_row_of_data
from pipeline.page.tree import Block, Outline, Role, Span

# Elements that run on inside a line; every other element, known or not, begins and ends one.
_INLINE = frozenset(
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
_SILENT = frozenset(
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
_EMPTY = frozenset(("br", "hr", "meta", "img"))
_LINE = _INLINE | {"p"}  # a comment directly in one of these ends no line
_KINDS = {**dict.fromkeys(_INLINE, "inline"), **dict.fromkeys(_SILENT, "silent"), **dict.fromkeys(_EMPTY, "empty")}
_ROLES: dict[str, Role] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    "figcaption": "caption",
    "pre": "preformatted",
}
_CAPTION = re.compile(r"(?:^|[\s_-])caption(?:[_-]text)?(?:\s|$)")  # a class; old pages have no <figcaption>
_FILMS = frozenset(("embed", "object", "iframe"))
_PLAYER = re.compile(r"video|player|\.mp4|\.swf|\.m3u8", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$)", re.IGNORECASE)
_BLANK = re.compile(r"visibility\s*:\s*hidden", re.IGNORECASE)  # jammers; of a block a script makes it visible (微信)
_SHOWN_AS_BLOCK = re.compile(r"display\s*:\s*(?:block|table|flex|list-item)", re.IGNORECASE)
_FILE_LINK = re.compile(
    r"\.(?:pdf|ofd|docx?|xlsx?|pptx?|zip|rar|wps|et|ceb|7z|txt|csv)(?:$|[?#&])|downfile|/download", re.IGNORECASE
)
_ORNAMENT = re.compile(r"icon|logo|blank|spacer|qrcode|ewm|loading|\.gif(?:$|\?)", re.IGNORECASE)
_SMALLEST_PICTURE = 60  # pixels a side; below it stand icons and trackers

_BEFORE_A_LINK = " \t\r\n\xa0\u3000·•▪■◆●>»-—–/.:：[]【】()（）|0123456789年月日"  # bullets and dates of lists

_ODD = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\x00]+")
_HAN = "\u2e80-\u9fff\uff00-\uffef，。；：、？！”“《》（）"
_WRAPPED = re.compile(rf"(?<=[{_HAN}])[ \t\xa0]*[\r\n]\s*(?=[{_HAN}])")
_INDENTED = re.compile(r"[\r\n][ \t\xa0\r\n]*\u3000\u3000\s*")
_SPACE = re.compile(r"[ \r\n\f\v\xa0\u2002-\u200a\u2028\u2029\x85]+")
_TABS = re.compile(r"\s*\t\s*")
_INDENT_AFTER_SENTENCE = re.compile(r"(?<=[。！？；：”」）])[ \xa0]?\u3000[\u3000 \xa0]+(?=\S)")


def outline(root: HtmlElement, hiding: Collection[str] = ()) -> Outline:
    """Read the page's lines in one walk; classes in `hiding` hide what they stand on."""
    body = root.find("body")
    return _Walk(frozenset(hiding)).over(root if body is None else body, root)


class _Walk:
    """The state of one walk over a tree: the line being written, and the elements that are open."""

    def __init__(self, hiding: frozenset[str]) -> None:
        self.hiding = hiding
        self.blocks: list[Block] = []
        self.spans: list[Span] = []
        self.marks: list[tuple[str, int]] = []
        self.open: list[Span] = []
        self.links: list[tuple[HtmlElement, bool]] = []  # open links: whether each leads to a page
        self.strong: list[HtmlElement] = []
        self.row: Span | None = None  # the open row of data, written as one line
        self.tables: dict[HtmlElement, bool] = {}
        self.image = False
        self.pieces: list[str] = []
        self.linked = self.bold = 0
        self.headed = -1  # nothing said yet

    def over(self, top: HtmlElement, root: HtmlElement) -> Outline:
        """The speed of Gongbao is decided here: a page has thousands of nodes, most of them white space."""
        walk = etree.iterwalk(top, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                text = element.text
                if not self._enter(element):
                    walk.skip_subtree()
                    text = None
            else:
                text = element.tail if element is not top else None
                if event == "end":
                    if self.open and self.open[-1].element is element:
                        self._close(self.open[-1])
                    elif self.links and self.links[-1][0] is element:
                        self.links.pop()
                    elif self.strong and self.strong[-1] is element:
                        self.strong.pop()
                elif event == "comment" and element.text and len(element.text) < 120:
                    self._mark(element.text, within_a_line=element.getparent().tag in _LINE)
            if text and (self.pieces or not text.isspace()):
                self._say(text)
        self._flush()
        return Outline(root, self.blocks, self.spans, self.marks)

    def _enter(self, element: HtmlElement) -> bool:
        """Open an element; False if what is inside it is no text."""
        tag = element.tag
        kind = _KINDS.get(tag, "block")
        if kind == "silent":
            if tag in _FILMS and _PLAYER.search(" ".join(map(str, element.attrib.values()))):
                self._count(videos=1)
            return False
        if kind == "empty":
            self._enter_empty(element, tag)
            return True
        style, classes = element.get("style"), element.get("class")
        unseen, block = _shown(style, kind) if style is not None else (False, False)
        hidden = (
            unseen
            or (classes is not None and not self.hiding.isdisjoint(classes.split()))
            or element.get("hidden") is not None
        )
        if not block and (kind == "inline" or ":" in tag):
            if hidden:
                return False
            if tag == "a":
                self.links.append((element, not _FILE_LINK.search(element.get("href") or "")))
            elif tag in ("b", "strong"):
                self.strong.append(element)
            return True
        self._open(element, tag, hidden, classes or "")
        return True

    def _enter_empty(self, element: HtmlElement, tag: str) -> None:
        if tag == "img":
            if _is_picture(element):
                self.image = True
                self._count(images=1)
        elif tag == "meta":
            self._mark(element.get("name") or "")
        elif tag == "br" and self.row is not None:
            self.pieces.append(" ")
        else:
            self._flush()

    def _open(self, element: HtmlElement, tag: str, hidden: bool, classes: str) -> None:
        if self.pieces:
            if self.row is None:
                self._flush()
            else:
                self.pieces.append("\t" if tag in ("td", "th") else " ")
        if self.open:
            up = self.open[-1]
            role: Role = "caption" if up.images and _CAPTION.search(classes) else _ROLES.get(tag, up.role)
            span = Span(element, len(self.blocks), up.hidden + hidden, role)
            up.children.append(span)
        else:
            span = Span(element, len(self.blocks), int(hidden), _ROLES.get(tag, ""))
        self.open.append(span)
        self.spans.append(span)
        if tag == "tr" and self.row is None and is_row_of_data(element, self.tables):
            self.row = span
        elif tag == "video":
            self._count(videos=1)

    def _close(self, span: Span) -> None:
        if self.row is span:
            self.row = None
        if self.pieces:
            if self.row is None:
                self._flush()
            else:
                self.pieces.append(" ")
        span.end = len(self.blocks)
        self.open.pop()
        if span.start == span.end and self.open:  # says nothing: the elements inside it are gone already
            self.spans.pop()
            self.open[-1].children.pop()

    def _mark(self, name: str, *, within_a_line: bool = False) -> None:
        """Note what is named here; within a line it stands behind it: portals put comments around a keyword."""
        if not within_a_line:
            self._flush()
        self.marks.append((name, len(self.blocks) + bool(self.pieces)))

    def _say(self, text: str) -> None:
        if "\t" in text:
            text = text.replace("\t", " ")  # in a line a tab divides cells
        if self.open and self.open[-1].role == "preformatted" and "\n" in text:
            for part in text.split("\n"):
                self._piece(part)
                self._flush()
        else:
            self._piece(text)

    def _piece(self, text: str) -> None:
        self.pieces.append(text)
        said = len(text.strip())
        if self.links and self.links[-1][1]:
            self.linked += said
            if self.headed < 0:
                self.headed = said or -1
        elif self.headed < 0 and text.strip(_BEFORE_A_LINK):
            self.headed = 0
        if self.strong:
            self.bold += said

    def _flush(self) -> None:
        """End the line that is being written."""
        if not self.pieces:
            return
        raw = "".join(self.pieces)
        linked, bold, headed = self.linked, self.bold, max(0, self.headed)
        role, hidden = (self.open[-1].role, self.open[-1].hidden) if self.open else ("", 0)
        self.pieces.clear()
        self.linked = self.bold = 0
        self.headed = -1
        for text in _lines(raw):
            self.blocks.append(
                Block(
                    text=text,
                    link_share=min(1.0, linked / len(text)),
                    headed=headed,
                    bold=bold >= 0.8 * len(text),
                    after_image=self.image,
                    heading=role == "heading",
                    caption=role == "caption",
                    hidden=hidden,
                )
            )
            self.image = False

    def _count(self, images: int = 0, videos: int = 0) -> None:
        for span in self.open:
            span.images += images
            span.videos += videos


@lru_cache(maxsize=8192)
def _shown(style: str, kind: str) -> tuple[bool, bool]:
    """Whether a style hides its element, and whether it makes a block of it."""
    blank = kind == "inline" and _BLANK.search(style) is not None
    return blank or _HIDDEN.search(style) is not None, _SHOWN_AS_BLOCK.search(style) is not None


def _lines(raw: str) -> list[str]:
    """A run of characters as clean lines; a paragraph that only an indent divides from the last is one of its own."""
    text = _ODD.sub("", raw)
    if "\n" in text or "\r" in text:
        if "\u3000\u3000" in text and len(parts := _INDENTED.split(text)) > 1:
            return [line for part in parts for line in _lines(part)]
        text = _WRAPPED.sub("", text)
    text = _SPACE.sub(" ", text)
    if "\t" in text:
        text = _TABS.sub("\t", text)
    parts = _INDENT_AFTER_SENTENCE.split(text) if "\u3000\u3000" in text else [text]
    return [line for part in parts if (line := part.strip(" \t\u3000"))]


def _is_picture(element: HtmlElement) -> bool:
    """Whether an image is a picture rather than an icon or a tracker."""
    for name in ("width", "height"):
        size = (element.get(name) or "").removesuffix("px")
        if size.isdecimal() and int(size) < _SMALLEST_PICTURE:
            return False
    source = element.get("data-src") or element.get("src") or ""
    return bool(source) and not _ORNAMENT.search(source)
