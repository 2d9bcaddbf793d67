"""Families whose listing is an HTML column page: rows of links, and a pager of one kind or another."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml.html import HtmlElement
from parsel import Selector

from pipeline.core.source import Item, Listing
from pipeline.core.urls import join
from spiders.listings.exchange import Answer, Found, Link, once
from spiders.listings.paging.numbered import (
    Pages,
    count_page,
    create_page,
    file_name,
    next_link,
    reversed_pages,
    total_pages,
)
from spiders.listings.paging.scripted import page_count
from spiders.listings.reader import Reader, link, register
from spiders.listings.rows.anchors import target, title_of
from spiders.listings.rows.outline import Outline, parse_html
from spiders.listings.rows.page_links import base_of
from spiders.listings.rows.printed_dates import printed_date, without_date
from spiders.listings.rows.row_sets import find_rows


class Column(Reader):
    """A column page; which further pages it has is the families' only difference."""

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """Rows by the listing's selectors, or found by themselves, and the pages that follow."""
        tree = parse_html(answer.text)
        pages = self.pages(listing, answer, tree)
        requests = tuple(
            self.request(listing, url, page=answer.page + 1 + ahead) for ahead, url in enumerate(pages.urls)
        )
        links = self.links(listing, answer, tree, base)
        return Found(links=links, next=requests, total=pages.articles, declared_pages=pages.count)

    def links(self, listing: Listing, answer: Answer, tree: HtmlElement, base: datetime) -> tuple[Link, ...]:
        """The articles that the page names."""
        return read_rows(tree, answer.url, listing.item, base)

    def pages(self, listing: Listing, answer: Answer, tree: HtmlElement) -> Pages:
        """The pages that follow this one, as far as it says."""
        if listing.pager.pattern:
            return by_pattern(listing, answer)
        return Pages()


def by_pattern(listing: Listing, answer: Answer) -> Pages:
    """The one next page by the listing's own pattern; its `start` is the number of the second page."""
    number = listing.pager.start + answer.page - 1
    return Pages(
        urls=(urljoin(listing.url, listing.pager.pattern.replace("{n}", str(number))),),
        count=total_pages(answer.text) or page_count(answer.text),
    )


def read_rows(tree: HtmlElement, url: str, item: Item, base: datetime) -> tuple[Link, ...]:
    """The articles of a page by selectors where the source names a row, else found by themselves."""
    rows = _selected(tree, url, item, base) if item.row or item.link else _found(tree, url, base)
    return once(rows)


def _found(tree: HtmlElement, url: str, base: datetime) -> Iterator[Link]:
    for row in find_rows(tree, url):
        raw, plain = (row.printed.raw, row.printed.plain) if row.printed else ("", "")
        yield link(row.url, row.title, raw, base, plain=plain)


def _selected(tree: HtmlElement, url: str, item: Item, base: datetime) -> Iterator[Link]:
    relative_to, outline = base_of(tree, url), Outline(tree)
    root = Selector(root=tree)
    for row in root.css(item.row) if item.row else [root]:
        element = row.root
        for address, title in _addresses(row, item, relative_to):
            said = _first(row, item.title) or title
            pieces = [_first(row, item.date)] if item.date else outline.inside(element)
            printed = printed_date(pieces)
            raw, plain = (printed.raw, printed.plain) if printed else (pieces[0] if item.date and pieces else "", "")
            yield link(address, without_date(said), raw, base, plain=plain)


def _addresses(row: Selector, item: Item, base: str) -> Iterator[tuple[str, str]]:
    """Address and title of the one link of a row, or of all links where there is no row."""
    if not item.link:
        for anchor in row.root.iter("a"):
            if address := target(anchor, base):
                yield address, title_of(anchor)
                return
        return
    for selector in item.link:
        values = [value.strip() for value in row.css(selector).getall() if value.strip()]
        if item.link_pattern:
            values = [match[1] for value in values if (match := re.search(item.link_pattern, value))]
        values = [value for value in values if not value.lower().startswith(("javascript:", "#"))]
        if values:
            anchor = next((a for a in row.root.iter("a")), None)
            title = title_of(anchor) if anchor is not None and item.row else ""
            for value in values[:1] if item.row else values:
                yield join(base, value), title
            return


def _first(row: Selector, selectors: tuple[str, ...]) -> str:
    """What the first selector that gives something gives: one attribute, or pieces of text joined by spaces."""
    for selector in selectors:
        values = row.css(selector).getall()
        if text := " ".join(" ".join(values[:1] if "::attr(" in selector else values).split()):
            return text
    return ""


def _left(listing: Listing, answer: Answer) -> int:
    """How many pages may be asked for after this one."""
    return max(0, listing.stop.max_pages - answer.page)


@register("trs")
@register("count_page")
class Scripted(Column):
    """createPageHTML(…) and var countPage: one city's sites mix them, so either is looked for."""

    def pages(self, listing: Listing, answer: Answer, tree: HtmlElement) -> Pages:
        readers = (create_page, count_page)
        said = (read(answer.text, answer.url, answer.page, _left(listing, answer)) for read in readers)
        return next((pages for pages in said if pages), None) or super().pages(listing, answer, tree)


@register("reversed")
class Reversed(Column):
    """国资委 and relatives: fragments that count down."""

    def pages(self, listing: Listing, answer: Answer, tree: HtmlElement) -> Pages:
        return reversed_pages(answer.text, answer.url, _left(listing, answer)) or super().pages(listing, answer, tree)


@register("next_link")
class NextLink(Column):
    """Whatever has a link called 下一页."""

    def pages(self, listing: Listing, answer: Answer, tree: HtmlElement) -> Pages:
        url = next_link(tree, base_of(tree, answer.url))
        asked = urldefrag(url)[0] not in ("", urldefrag(answer.url)[0])  # a fragment is a script's affair
        return Pages(urls=(url,) if asked else (), count=total_pages(answer.text))


@register("page_parameter")
class PageParameter(Column):
    """`?page=2`, `list_2.html`: named by the listing's pager, never guessed."""


@register("people")
class People(Column):
    """人民网 and relatives: index.html, index2.html, index3.html."""

    def pages(self, listing: Listing, answer: Answer, tree: HtmlElement) -> Pages:
        if listing.pager.pattern:
            return by_pattern(listing, answer)
        name, ending = file_name(answer.url)
        stem = re.sub(r"\d+$", "", name)
        numbers = [int(n) for n in re.findall(rf"{re.escape(stem)}(\d+)\.{re.escape(ending)}", answer.text)]
        following = answer.page + 1
        if numbers and following > max(numbers):
            return Pages()
        return Pages(urls=(urljoin(answer.url, f"{stem}{following}.{ending}"),))  # the numbers shown may be a window


@register("epaper")
class Epaper(Column):
    """方正 e-papers: an issue's pages (node_), and on each the articles (content_)."""

    _NODE = re.compile(r"node_[\w-]+\.html?", re.I)
    _CONTENT = re.compile(r"content_[\w-]+\.html?", re.I)
    _NOISE = re.compile(r"^(?:编辑|责编|责任编辑|美编|广告|公益广告|导读|图片新闻)(?:[：:].*)?$")

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """Articles and pages of the issue that this page is of."""
        tree = parse_html(answer.text)
        anchors = [(target(a, base_of(tree, answer.url)), title_of(a)) for a in tree.iter("a", "area")]
        articles: dict[str, str] = {}
        for url, title in anchors:
            if self._CONTENT.search(urlsplit(url).path) and not self._NOISE.match(title):
                articles[url] = max(articles.get(url, ""), title, key=len)
        nodes = dict.fromkeys(url for url, _ in anchors if self._NODE.search(urlsplit(url).path) and url != answer.url)
        links = tuple(link(url, title, "", base) for url, title in articles.items())
        further = tuple(self.request(listing, url, page=answer.page + 1 + ahead) for ahead, url in enumerate(nodes))
        return Found(links=links, next=further, flags=frozenset() if links else frozenset({"index"}))
