"""What the kinds of sites share: resources, the shelf of what a site has published, bodies as HTML."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Literal

from flows.samples.articles import Article, Block, Posting

Precision = Literal["second", "minute", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What an address answers."""

    body: bytes
    type: str = "text/html; charset=utf-8"
    status: int = 200
    stamped: bool = True  # sends ETag and Last-Modified


Endpoint = Callable[[Mapping[str, str]], Resource]  # query and form of a request in, its answer out
Served = dict[str, Resource | Endpoint]  # path (with the query, where that names a page) -> what is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a site has published up to a night."""

    night: int
    today: date
    postings: tuple[Posting, ...]  # all that the site ever publishes, oldest first

    @property
    def listed(self) -> list[Posting]:
        """What its columns name tonight: pinned ones first, then newest first."""
        standing = [posting for posting in self.postings if posting.on(self.night)]
        return sorted(standing, key=lambda one: (one.pinned, one.article.published), reverse=True)

    def of(self, column: str) -> list[Posting]:
        """What one column names tonight."""
        return [posting for posting in self.listed if posting.column == column]

    def article(self, posting: Posting) -> Article:
        """How it reads tonight."""
        return posting.on(self.night) or posting.article

    def place(self, posting: Posting) -> int:
        """Which of the site's postings it is: a number that is its own on every night and every calendar."""
        return next(place for place, other in enumerate(self.postings) if other.path == posting.path)

    def beside(self, posting: Posting, count: int) -> list[Posting]:
        """What its sidebar shows: always the same for one page, so that the page stays as it is."""
        known = [other for other in self.postings if other.since <= posting.since and other.path != posting.path]
        return random.Random(f"{posting.site}:{self.place(posting)}").sample(known, min(count, len(known)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the sample web."""

    id: str
    name: str
    publisher: str  # the name under which it publishes its own
    precision: Precision
    address: str  # of an article, with the slots column, published and serial
    serials: tuple[int, int]  # the first serial number, and the step to the next
    serve: Callable[[Shelf], Served]
    names_itself: bool = True  # its own articles say 来源
    author: Callable[[Posting, Article], str] = lambda posting, article: ""  # whom its pages name as the author
    editor: Callable[[Posting, Article], str] = lambda posting, article: ""  # and as the editor
    tables: bool = False  # its documents have the table with 索引号 and 发文字号
    validity: str = ""  # what the table says of 有效性
    links_files: bool = True  # attachments can be clicked
    files_beside: bool = False  # attachments stand beside the body, not in it
    gzip: bool = False  # compresses for those who accept it
    closing: Callable[[Article], tuple[str, ...]] = (
        lambda article: ()
    )  # lines at its bodies' ends that may be kept or not
    robots: str = "User-agent: *\nDisallow: /search/\n"

    def path(self, column: str, published: datetime, number: int) -> str:
        """The address of its n-th article."""
        first, step = self.serials
        return self.address.format(column=column, published=published, serial=first + step * number)


def page(text: str, charset: str = "utf-8", header: str | None = None, stamped: bool = True) -> Resource:
    """An HTML page; `header` is what the server says of its charset, where that differs ("" for nothing)."""
    declared = charset if header is None else header
    kind = f"text/html; charset={declared}" if declared else "text/html"
    return Resource(body=text.encode(charset, "xmlcharrefreplace"), type=kind, stamped=stamped)


def chunks(items: Sequence[Posting], size: int) -> list[list[Posting]]:
    """The pages of a list; an empty list has one empty page."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)] or [[]]


def split(article: Article, parts: int) -> list[tuple[Block, ...]]:
    """The body of an article over several pages, cut between blocks."""
    size = -(-len(article.blocks) // parts)
    return [article.blocks[start : start + size] for start in range(0, len(article.blocks), size)]


def stem_part(path: str, part: int, mark: str = "_") -> str:
    """The address of part 0, 1, 2, … of an article: t1.html, t1_1.html, t1_2.html."""
    stem, dot, ending = path.rpartition(".")
    return f"{stem}{mark}{part}{dot}{ending}" if part else path


def summary(article: Article, length: int = 70) -> str:
    return article.blocks[0].text[:length] + "…"


def paragraphs(
    blocks: Sequence[Block],
    *,
    p: str = "<p>{}</p>",
    strong: str = "<p><strong>{}</strong></p>",
    right: str = '<p style="text-align: right;">{}</p>',
) -> str:
    """Blocks as HTML; the three templates say how paragraphs, headings and signatures are written."""
    return "\n".join(_block(block, p, strong, right) for block in blocks)


def _block(block: Block, p: str, strong: str, right: str) -> str:
    text = escape(block.text, quote=False)
    match block.kind:
        case "heading":
            return strong.format(text)
        case "signature":
            return right.format(text)
        case "attachment":
            label, _, name = text.partition("：")
            return p.format(f'{label}：<a href="./{block.url}" target="_blank" title="{name}">{name}</a>')
        case "table":
            return table(block.rows)
        case "image":
            caption = (
                f'\n<p style="text-align: center;"><span style="font-size: 14px;">{text}</span></p>' if text else ""
            )
            return f'<p style="text-align: center;"><img src="./{block.url}" alt="" border="0" oldsrc="{block.url}" /></p>{caption}'
        case "video":
            return f'<div class="video-box"><video id="player" controls="controls" poster="./cover.jpg" src="./{block.url}"></video></div>'
        case _:
            return p.format(text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table as a word processor leaves it."""
    cell = '<td style="border: 1px solid #000; padding: 0 7px;" width="{0}"><p style="text-align: center;"><span>{1}</span></p></td>'
    lines = [
        "<tr>" + "".join(cell.format(90 + 40 * place, escape(text)) for place, text in enumerate(row)) + "</tr>"
        for row in rows
    ]
    return (
        '<table border="1" cellspacing="0" cellpadding="0" align="center"><tbody>\n'
        + "\n".join(lines)
        + "\n</tbody></table>"
    )
