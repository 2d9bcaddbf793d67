"""What the sample sites publish, and the truth about it, as frozen data."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

State = Literal["new", "same", "edited", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One thing in an article's body, top to bottom."""

    kind: Literal["p", "heading", "item", "table", "image", "video", "attachment", "signature"]
    text: str = ""  # of an image or video its caption, of an attachment its name
    rows: tuple[tuple[str, ...], ...] = ()
    url: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """How the block must come out of the page; captions may, but need not."""
        if self.kind == "table":
            return tuple(" ".join(row) for row in self.rows)
        return () if self.kind in ("image", "video") else (self.text,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a publisher wrote."""

    title: str
    blocks: tuple[Block, ...]
    published: datetime  # aware
    publisher: str
    author: str = ""
    editor: str = ""
    lang: str = "zh-Hans"
    topic: str = ""
    number: str = ""  # 发文字号
    index: str = ""  # 索引号
    issuer: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body as it must come out, paragraph by paragraph."""
        return tuple(line for block in self.blocks for line in block.paragraphs)

    @property
    def captions(self) -> tuple[str, ...]:
        """Lines that may come out or not."""
        return tuple(block.text for block in self.blocks if block.kind in ("image", "video") and block.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An article on a site: where, since which night, and what becomes of it."""

    site: str
    column: str
    path: str  # with the query, if that is what names the article
    article: Article
    since: int  # the night on which it appears
    repeats: str | None = None  # key of the posting that it repeats
    edited: tuple[int, Article] | None = None  # from that night on it reads so
    withdrawn: int | None = None  # from that night on it is 404
    pinned: bool = False  # 置顶: stands above newer rows
    rejected: str | None = None  # the reason why it is no document
    parts: int = 1  # pages that it is spread over
    form: str = ""  # the site's template, where it has several

    @property
    def key(self) -> str:
        return f"{self.site}:{self.path}"

    def on(self, night: int) -> Article | None:
        """What stands at the address on that night; None where nothing does."""
        if night < self.since or (self.withdrawn is not None and night >= self.withdrawn):
            return None
        return self.edited[1] if self.edited and night >= self.edited[0] else self.article

    @property
    def last(self) -> Article:
        """How it read at the end."""
        came_to_it = self.edited and (self.withdrawn is None or self.edited[0] < self.withdrawn)
        return self.edited[1] if self.edited and came_to_it else self.article

    def state(self, night: int) -> State:
        """What happened to it on that night, seen from the night before."""
        if self.withdrawn is not None and night >= self.withdrawn:
            return "withdrawn"
        if self.edited and night == self.edited[0]:
            return "edited"
        return "new" if night == self.since else "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the corpus must hold of one page after a night."""

    site: str
    path: str
    state: State
    rejected: str | None  # why it is no document: a reason, or `robots` where it may not be fetched
    title: str
    paragraphs: tuple[str, ...]
    optional: tuple[str, ...]  # lines that may come out or not: captions, names of attachments beside the body
    published: datetime  # aware, in Asia/Shanghai
    precision: Literal["second", "minute", "day"]
    publisher: str  # as the page declares it; empty where it does not
    author: str
    editor: str
    lang: str
    number: str  # 发文字号
    index: str  # 索引号
    issuer: str  # 发文机关
    topic: str  # 主题分类
    validity: str  # 有效性
    signed: date | None  # 成文日期
    attachments: tuple[tuple[str, str], ...]  # names and file names
    repeats: str | None  # key of the page that it repeats

    @property
    def key(self) -> str:
        return f"{self.site}:{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTruth:
    """What the corpus must hold of a file that a page names; what it does not say of itself is its page's."""

    page: Truth
    path: str
    title: str
    paragraphs: tuple[str, ...]
    form: str


def fold(text: str) -> str:
    """Text for comparing: NFKC, no white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
