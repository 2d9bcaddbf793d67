"""A tree in, its lines out, in one walk over it: every line with its place, its links and what stands before it."""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

from pipeline.core.outside_text import seen
from pipeline.page.cells import is_row_of_data
from pipeline.page.tree import Block, Outline, Part, Role, Span

# Elements that run on inside a line. An element that nobody knows runs on, too, unless it holds blocks.
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
_BLOCK = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "html",
        "legend",
        "li",
        "main",
        "marquee",
        "menu",
        "nav",
        "ol",
        "p",
        "picture",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "video",
        "xmp",
        "ucapcontent",
        "ucaptitle",
        "trs_document",
    ]
)
_EMPTY = frozenset(("br", "hr", "meta", "img"))
_FILMS = frozenset(("embed", "object", "iframe"))
_CELLS = frozenset(("td", "th"))
_FURNITURE = frozenset(("nav", "footer", "aside"))
# The head of a page is `<div><span class="title">…</span><span class="time">…</span></div>` as often as not.
_PARTS = frozenset(("span", "b", "strong", "em", "i", "font", "label", "small"))
_WHOLE = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6"))  # nothing stands alone in these
_LEADS = re.compile(r"\s*+(?!#|(?:javascript|about|void)\b\s*[:(]|$)", re.IGNORECASE)
_CALLS = re.compile(r"(?<!void)(?<!print)(?<!close)\(\s*[^)\s]|\blocation\b", re.IGNORECASE)  # and not `return false`
_LINE = _INLINE | {"p"}  # a comment directly in one of these ends no line
_KINDS = {
    **dict.fromkeys(_BLOCK, "block"),
    **dict.fromkeys(_INLINE, "inline"),
    **dict.fromkeys(_SILENT, "silent"),
    **dict.fromkeys(_EMPTY, "empty"),
}
_ROLES: dict[str, Role] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    "figcaption": "caption",
    "pre": "preformatted",
}
_CAPTION = re.compile(r"(?:^|[\s_-])caption(?:[_-]text)?(?:\s|$)")  # a class; old pages have no <figcaption>
_PLAYER = re.compile(r"video|player|\.mp4|\.swf|\.m3u8", re.IGNORECASE)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?:px|pt|r?em|%)?\s*(?:;|!|$)"
    r"|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,}px",
    re.IGNORECASE,
)
_BLANK = re.compile(r"visibility\s*:\s*hidden", re.IGNORECASE)
_PROMPT = 40  # characters of a button
_SHOWN_AS_BLOCK = re.compile(r"display\s*:\s*(?:block|table|flex|list-item)", re.IGNORECASE)
_FILE_LINK = re.compile(
    r"\.(?:pdf|ofd|docx?|xlsx?|pptx?|zip|rar|wps|et|ceb|7z|txt|csv)(?:$|[?#&])|downfile|/download", re.IGNORECASE
)
_ORNAMENT = re.compile(r"icon|logo|blank|spacer|qrcode|ewm|loading|\.gif(?:$|\?)", re.IGNORECASE)
_SMALLEST_PICTURE = 60  # pixels a side; below it stand icons and trackers

_BEFORE_A_LINK = " \t\r\n\xa0\u3000·•▪■◆●>»-—–/.:：[]【】()（）|0123456789年月日"  # bullets and dates of lists

_HAN = "\u2e80-\u9fff\uff00-\uffef，。；：、？！”“《》（）"
_WRAPPED = re.compile(rf"(?<=[{_HAN}])[ \t\xa0]*[\r\n]\s*(?=[{_HAN}])")
_INDENTED = re.compile(r"[\r\n][ \t\xa0\r\n]*\u3000\u3000\s*")
_SPACE = re.compile(r"[ \r\n\f\v\xa0\u2002-\u200a\u2028\u2029\x85]+")
_CELL_ENDS = re.compile(r"[ \u3000]*\t[ \u3000]*")
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
        self.hiders: list[tuple[Span, bool]] = []
        self.prompts: list[tuple[str, int]] = []
        self.open: list[Span] = []
        self.anchors: list[tuple[HtmlElement, bool, bool]] = []  # open: whether each leads to a page, or to a file
        self.inside: list[Span] = []  # of those, the unknown ones that end no line
        self.alone: list[tuple[HtmlElement, int]] = []  # open: what may stand alone in a line, inside so many blocks
        self.strong: list[HtmlElement] = []
        self.row: Span | None = None  # the open row of data, written as one line
        self.cells = 0  # of the open row, begun
        self.tables: dict[HtmlElement, bool] = {}
        self.image = False
        self.pieces: list[str] = []
        self.cuts: list[tuple[int, HtmlElement]] = []  # the piece from which on an element speaks
        self.linked: list[int] = []  # of each piece, characters in links of any kind
        self.pages = self.files = self.furniture = 0  # open links, open elements around an article
        self.broken = False  # the line goes on behind a <br>
        self.to_pages = self.bold = 0
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
                    self._leave(element)
                elif event == "comment" and element.text and len(element.text) < 120:
                    self._mark(element.text, within_a_line=element.getparent().tag in _LINE)
            if text and (self.pieces or not text.isspace()):
                self._say(text)
        self._flush()
        return Outline(root, self.blocks, self.spans, self.marks, self.hiders, self.prompts)

    def _enter(self, element: HtmlElement) -> bool:
        """Open an element; False if what is inside it is no text."""
        tag = element.tag
        kind = _KINDS.get(tag, "unknown")
        if kind == "silent":
            if tag == "button":
                self.prompts.append(
                    ("".join(element.itertext())[:_PROMPT].strip(), len(self.blocks) + bool(self.pieces))
                )
            elif tag in _FILMS and _PLAYER.search(" ".join(map(str, element.attrib.values()))):
                self._count(videos=1)
            return False
        if kind == "empty":
            self._enter_empty(element, tag)
            return True
        style, classes = element.get("style"), element.get("class")
        unseen, block = _shown(style) if style is not None else (False, False)
        hidden = (
            unseen
            or (classes is not None and not self.hiding.isdisjoint(classes.split()))
            or element.get("hidden", "until-found") != "until-found"
        )
        if not block and (kind == "inline" or ":" in tag):
            if hidden:
                return False
            if tag == "a":
                self._anchor(element)
            elif tag in ("b", "strong"):
                self.strong.append(element)
            if tag in _PARTS and (classes is not None or element.get("id") is not None):
                self._stand_alone(element)
            return True
        if kind == "unknown" and not (hidden or block) and self._runs_on(tag):
            self._open_inside(element)
        else:
            self._open(element, tag, hidden, classes or "")
            if hidden:
                self.hiders.append((self.spans[-1], style is not None and _BLANK.search(style) is not None))
        return True

    def _runs_on(self, tag: str) -> bool:
        """Whether an unknown element goes on the line: `<org>NATO</org>`, not a web component among others."""
        return "-" not in tag or bool(self.pieces) or (bool(self.open) and self.open[-1].element.tag in _WHOLE)

    def _open_inside(self, element: HtmlElement) -> None:
        """Open an unknown element without ending the line; what blocks it holds are inside its span all the same."""
        place = len(self.blocks) + bool(self.pieces)
        if self.open:
            up = self.open[-1]
            span = Span(element, place, up.hidden, up.role)
            up.children.append(span)
        else:
            span = Span(element, place, 0, "")
        self.open.append(span)
        self.spans.append(span)
        self.inside.append(span)

    def _leave(self, element: HtmlElement) -> None:
        if self.open and self.open[-1].element is element:
            self._close(self.open[-1])
            return
        if self.anchors and self.anchors[-1][0] is element:
            _, page, file = self.anchors.pop()
            self.pages -= page
            self.files -= file
        elif self.strong and self.strong[-1] is element:
            self.strong.pop()
        if self.alone and self.alone[-1][0] is element:
            self.alone.pop()
            self._cut()

    def _anchor(self, element: HtmlElement) -> None:
        """Open a link; one that leads nowhere, as Word's bookmarks do and `javascript:;`, is none.

        One that a script follows has its address in another attribute: `data-url="https://…"`.
        """
        href = element.get("href") or ""
        leads = _LEADS.match(href) is not None or _CALLS.search(element.get("onclick") or "") is not None
        leads = leads or any("://" in value for name, value in element.items() if name.startswith("data-"))
        file = leads and _FILE_LINK.search(href) is not None
        self.anchors.append((element, leads and not file, file))
        self.pages += leads and not file
        self.files += file

    def _stand_alone(self, element: HtmlElement) -> None:
        """Note that an inline element with a name of its own speaks, save in a paragraph or a heading."""
        if self.open and self.open[-1].element.tag not in _WHOLE:
            self.alone.append((element, len(self.open)))
            self._cut()

    def _speaker(self) -> HtmlElement | None:
        """The element whose text comes now."""
        if self.alone and self.alone[-1][1] == len(self.open):
            return self.alone[-1][0]
        return self.open[-1].element if self.open else None

    def _cut(self) -> None:
        if self.pieces and (speaker := self._speaker()) is not None:
            self.cuts.append((len(self.pieces), speaker))

    def _enter_empty(self, element: HtmlElement, tag: str) -> None:
        if tag == "img":
            if _is_picture(element):
                self.image = True
                self._count(images=1)
        elif tag == "meta":
            self._mark(element.get("name") or "")
        elif tag == "br" and self.row is not None:
            self._space(" ")
        else:
            self._flush()
            self.broken = tag == "br"

    def _space(self, space: str) -> None:
        self.pieces.append(space)
        self.linked.append(0)

    def _open(self, element: HtmlElement, tag: str, hidden: bool, classes: str) -> None:
        if self.row is None:
            self._flush()
            self.broken = False
        elif tag in _CELLS:
            self.cells += 1
            if self.cells > 1:
                self._space("\t")
        elif self.pieces:
            self._space(" ")
        if self.open:
            up = self.open[-1]
            role: Role = "caption" if up.images and _CAPTION.search(classes) else _ROLES.get(tag, up.role)
            span = Span(element, len(self.blocks), up.hidden + hidden, role)
            up.children.append(span)
        else:
            span = Span(element, len(self.blocks), int(hidden), _ROLES.get(tag, ""))
        self.open.append(span)
        self.spans.append(span)
        self._cut()
        self.furniture += tag in _FURNITURE
        if tag == "tr" and self.row is None and is_row_of_data(element, self.tables):
            self.row, self.cells = span, 0
        elif tag == "video":
            self._count(videos=1)

    def _close(self, span: Span) -> None:
        if self.row is span:
            self.row = None
        if self.inside and self.inside[-1] is span:
            self.inside.pop()
        elif self.row is None:
            self._flush()
            self.broken = False
        elif self.pieces:
            self._space(" ")
        self.furniture -= span.element.tag in _FURNITURE
        span.end = max(span.start, len(self.blocks))
        self.open.pop()
        self._cut()
        if self.open:
            up = self.open[-1]
            up.images += span.images
            up.videos += span.videos
            if span.start == span.end:  # says nothing: the elements inside it are gone already
                self.spans.pop()
                up.children.pop()

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
                self.broken = True
        else:
            self._piece(text)

    def _piece(self, text: str) -> None:
        if not self.pieces and (speaker := self._speaker()) is not None:
            self.cuts = [(0, speaker)]
        self.pieces.append(text)
        said = len(text.strip())
        self.linked.append(said if self.pages or self.files else 0)
        if self.pages:
            self.to_pages += said
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
        span = self.open[-1] if self.open else None
        element = self.cuts[0][1] if span is None else span.element
        role, hidden = ("", 0) if span is None else (span.role, span.hidden)
        lines = _lines(raw)
        parts: tuple[Part, ...] = ()
        if len(lines) == 1 and (len(self.cuts) > 1 or self.cuts[0][1] is not element):
            parts = tuple(self._parts())
        linked = sum(self.linked)
        for text in lines:
            self.blocks.append(
                Block(
                    text=text,
                    element=element,
                    parts=parts,
                    broken=self.broken,
                    linked=linked,
                    furniture=self.furniture > 0,
                    link_share=min(1.0, self.to_pages / len(text)),
                    headed=max(0, self.headed),
                    bold=self.bold >= 0.8 * len(text),
                    after_image=self.image,
                    heading=role == "heading",
                    caption=role == "caption",
                    hidden=hidden,
                )
            )
            self.image, self.broken = False, True
        self.pieces.clear()
        self.linked.clear()
        self.to_pages = self.bold = 0
        self.headed = -1

    def _parts(self) -> Iterator[Part]:
        """What each element says in the line that is being written."""
        edges = [*(start for start, _ in self.cuts), len(self.pieces)]
        for (start, element), end in zip(self.cuts, edges[1:], strict=True):
            if text := " ".join(_lines("".join(self.pieces[start:end]))).strip():
                yield Part(text, element, sum(self.linked[start:end]))

    def _count(self, images: int = 0, videos: int = 0) -> None:
        if self.open:
            self.open[-1].images += images
            self.open[-1].videos += videos


@lru_cache(maxsize=8192)
def _shown(style: str) -> tuple[bool, bool]:
    """Whether a style hides its element, and whether it makes a block of it."""
    return _HIDDEN.search(style) is not None, _SHOWN_AS_BLOCK.search(style) is not None


def _lines(raw: str) -> list[str]:
    """A run of characters as clean lines; a paragraph that only an indent divides from the last is one of its own.

    A row of a table is one line; its empty cells stand between, before and behind tabs.
    """
    text = seen(raw)
    if "\t" in text:
        row = _CELL_ENDS.sub("\t", _SPACE.sub(" ", text)).strip(" \u3000")
        return [row] if row.strip("\t") else []
    if "\n" in text or "\r" in text:
        if "\u3000\u3000" in text and len(parts := _INDENTED.split(text)) > 1:
            return [line for part in parts for line in _lines(part)]
        text = _WRAPPED.sub("", text)
    text = _SPACE.sub(" ", text)
    parts = _INDENT_AFTER_SENTENCE.split(text) if "\u3000\u3000" in text else [text]
    return [line for part in parts if (line := part.strip(" \u3000"))]


def _is_picture(element: HtmlElement) -> bool:
    """Whether an image is a picture rather than an icon or a tracker."""
    for name in ("width", "height"):
        size = (element.get(name) or "").removesuffix("px")
        if size.isdecimal() and int(size) < _SMALLEST_PICTURE:
            return False
    source = element.get("data-src") or element.get("src") or ""
    return bool(source) and not _ORNAMENT.search(source)
