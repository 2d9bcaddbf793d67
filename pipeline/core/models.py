"""The data that moves through Gongbao: frozen, without behaviour, named by the words of the field."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal


class Reason(StrEnum):
    """The closed list of why a fetched page did not become a document."""

    NOT_HTML = "not_html"  # a PDF, an image, JSON where an article was expected
    HTTP_STATUS = "http_status"  # landed, but the status is no success
    CHALLENGE = "challenge"  # a firewall's challenge or block page
    LOGIN = "login"  # asks for an account
    SOFT_404 = "soft_404"  # status 200, text says that nothing is here
    ERROR_PAGE = "error_page"  # status 200, and a sentence or a trace in place of an article
    LIST_PAGE = "list_page"  # names articles, is none
    NAVIGATION_ONLY = "navigation_only"  # menus and footers and nothing else
    IMAGE_ONLY = "image_only"  # the article is a picture
    VIDEO_ONLY = "video_only"  # the article is a film
    EMPTY_SHELL = "empty_shell"  # JavaScript would have to fill it
    TOO_SHORT = "too_short"
    MOJIBAKE = "mojibake"  # bytes that no charset reads
    GARBLED_TEXT = "garbled_text"  # a file whose fonts do not say which characters they show
    ENCRYPTED = "encrypted"  # a file that asks for a password
    BROKEN = "broken"  # a file that is damaged
    EMPTY = "empty"  # a file without bytes, or without a letter
    OLD_WORD = "old_word"  # a file of Word 6 or 95
    UNKNOWN_OLE = "unknown_ole"  # a compound file of another program, such as Microsoft Works
    UNKNOWN_FILE = "unknown_file"  # a file of a type that is not read
    HTML_PAGE = "html_page"  # a file that is a web page, mostly one that says that the file is not there
    ARCHIVE_UNREADABLE = "archive_unreadable"  # RAR or 7z that this system cannot open
    TOO_EXPENSIVE = "too_expensive"  # took more time or memory than one page or file may
    GONE = "gone"  # 404 or 410 where a document was: the publisher withdrew it
    FORGOTTEN = "forgotten"  # withdrawn for good by `gongbao forget`
    CRASHED = "crashed"  # a defect of ours; the run fails on it


class Precision(StrEnum):
    """How much of a date the page really said."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a response lies: key of the landing file, offset of its WARC record in bytes (compressed)."""

    key: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One fetched response of an article, as the landing file holds it."""

    url: str  # after redirects
    requested_url: str
    source_id: str
    status: int
    headers: tuple[tuple[str, str], ...]  # names as received
    body: bytes  # transfer and content encoding removed, charset untouched
    fetched_at: datetime  # UTC
    place: Place | None = None
    listed_title: str = ""  # what the listing said of it
    listed_date: str = ""  # as printed there
    parts: tuple["Page", ...] = ()  # pages 2, 3, … of a multi-page article, in order
    parent_url: str = ""  # of an attachment: the article that names it; `listed_title` is then the name of its link

    def header(self, name: str) -> str:
        """The first header of that name, case-insensitive; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A page's characters and how they were won (`decode.py`)."""

    text: str
    declared: str  # by header or meta, empty if neither
    detected: str
    used: str
    replaced: int  # count of U+FFFD


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the tree says of a line inside the located block; shares are of the block's other prose, 0..1."""

    tag: str = ""  # of the block element around it
    depth: int = 0  # block elements around it inside the located one
    ends: int = 1  # lines from it to the end of the element that it stands in together with others
    bold: bool = False
    headed: int = 0  # characters of the link that it begins with
    caption: bool = False
    hidden: bool = False
    listed: bool = False  # a link that the article itself lists
    title: bool = False  # repeats what the page is called
    opened: bool = False  # at or behind the first prose below the title
    same_kind: float = 0.0  # prose in elements of its tag and class
    same_parent: float = 0.0  # prose beside it in the same element
    same_branch: float = 0.0  # prose in the same child of the located element
    siblings: int = 0  # lines beside it in the same element
    branch_lines: int = 0
    branch_links: float = 0.0  # share of its branch's characters inside links
    witness: bool | None = None  # whether another reader of the whole page read it; None where none was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One block of a page's text: a paragraph, a heading, a row of a table. Never holds a line break."""

    text: str
    link_share: float = 0.0  # characters inside links / all characters, 0..1
    heading: bool = False
    after_image: bool = False  # the block directly before it holds a picture
    apart: str = ""  # why the page's structure holds it for no part of the article: chrome:share, feed, hidden, …
    layout: Layout | None = None  # None where there is no page to ask


LEARNED = "learned"  # the rule of a line that a source's own pages taught


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A line that stood on the page and is not in the text, and the rule that took it out."""

    line: str
    rule: str
    zone: str  # head | tail | between | inline | caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to an article."""

    name: str
    url: str
    type: str  # pdf, doc, docx, xls, xlsx, ofd, wps, zip, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A date that a page names. `at` is UTC; where only a day is known, midnight in Asia/Shanghai."""

    at: datetime
    precision: Precision
    raw: str  # the characters it was read from
    evidence: str  # meta:PubDate | label:发布日期 | line | url | list | relative | …


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a page says about an article beside its title and text. Empty string or None: it does not say."""

    published: Dated | None = None
    date_conflict: bool = False  # trustworthy witnesses disagree by more than a day
    signed_on: date | None = None  # 成文日期
    effective_on: date | None = None  # 施行日期
    publisher: str = ""  # 来源
    author: str = ""
    editor: str = ""
    document_number: str = ""  # 发文字号
    index_number: str = ""  # 索引号
    issuer: str = ""  # 发文机关
    topic: str = ""  # 主题分类
    validity: str = ""  # 有效性
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What extraction found in a page: the located block lines with head and tail still on, title, fields."""

    title: str
    lines: tuple[Line, ...]  # those among them that structure sets apart say so
    fields: Fields
    candidate: str  # which way of locating won
    evidence: tuple[tuple[str, str], ...] = ()  # field -> where it came from
    images: int = 0  # pictures inside the located block
    videos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """Lines after the boilerplate rules, what was taken out, and what taken-out lines said."""

    title: str
    paragraphs: tuple[str, ...]
    removed: tuple[Removed, ...]
    publisher: str = ""
    author: str = ""
    editor: str = ""
    published: Dated | None = None
    document_number: str = ""
    as_published: tuple[str, ...] | None = (
        None  # the paragraphs before the repair of machine conversion, where they differ
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Exact digest of the canonical text, and its sampled shingle keys (unsigned 64 bit, sorted, distinct)."""

    digest: str
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What a document that is no page was read from. `whole` holds a long table of which `text` is the beginning."""

    form: Literal["attachment", "table"]
    media_type: str
    name: str
    digest: str  # of its bytes
    pages: int = 0  # 0: its format knows none
    whole: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text fit for the corpus, before it was compared with any other."""

    doc_id: str  # digest of the URL's identity (`urls.py`)
    url: str
    source_id: str
    title: str
    text: str  # paragraphs separated by "\n"
    text_as_published: str | None
    lang: str
    lang_confidence: float
    fields: Fields
    removed: tuple[Removed, ...]
    charset: Decoded | None = field(repr=False, default=None)  # its text is dropped
    candidate: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    fetched_at: datetime
    place: Place | None
    rules_version: str
    fingerprint: Fingerprint
    parent_id: str = ""  # of an attachment: the article that names it
    file: File | None = None  # None: it is a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A page that stopped, and the closed name of why."""

    doc_id: str
    url: str
    source_id: str
    reason: Reason
    detail: str
    fetched_at: datetime
    place: Place | None
    rules_version: str
    parent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A page that was looked at again and answered 304, or with the bytes that it had."""

    doc_id: str
    url: str
    source_id: str
    fetched_at: datetime
    place: Place | None
    parent_id: str = ""


Outcome = Document | Rejected | Unchanged
Kind = Literal["original", "exact", "repost", "near"]
