"""Families whose rows come as JSON: 开普云, gkmlpt, searches, flat arrays, 新华网."""

import json
import re
from collections import Counter
from datetime import datetime
from math import ceil
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from pipeline.core.source import JsonRows, Listing
from spiders.listings.exchange import Answer, Found, Request
from spiders.listings.families.column import read_rows
from spiders.listings.families.json_rows import html_rows, load, read_json
from spiders.listings.reader import Reader, register
from spiders.listings.rows.outline import parse_html

_INDEX = frozenset({"index"})
_NOT_A_LISTING = frozenset({"not_a_listing"})
_SCRIPT_ONLY = frozenset({"script_only"})


def with_query(url: str, **values: str | int) -> str:
    """The address with these parameters set, in their places."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | {name: str(value) for name, value in values.items()}
    return urlunsplit(parts._replace(query=urlencode(query)))


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@register("json")
class JsonList(Reader):
    """Any JSON list. `{n}` in the URL or in the pager's body is the page's number, `pager.start` that of the second."""

    rows: JsonRows | None = None  # where the family's JSON holds its rows; None: found by the usual names
    page_parameter = ""

    def first(self, listing: Listing) -> Request:
        """The first page of the API."""
        return self._numbered(listing, 1)

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The rows of one page, and the request for the next where the API has pages."""
        data = load(answer.text)
        if data is None:
            return self.parse_page(listing, answer, base)
        links, total = read_json(data, listing.json_rows or self.rows, answer.url, base)
        if not links and (snippets := html_rows(data)):
            page = "".join(f"<section class='record'>{snippet}</section>" for snippet in snippets)
            links = read_rows(parse_html(page), answer.url, listing.item, base)
        per_page = listing.pager.per_page or (len(links) if answer.page == 1 else 0)
        pages = ceil(total / per_page) if total and per_page else None
        more = bool(links) and (pages is None or answer.page < pages)
        return Found(
            links=links, next=self.following(listing, answer) if more else (), total=total, declared_pages=pages
        )

    def parse_page(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """What to do with an answer that is no JSON: families with a column page find their API in it."""
        return Found(flags=_NOT_A_LISTING)

    def following(self, listing: Listing, answer: Answer) -> tuple[Request, ...]:
        """The request for the page after this one."""
        if "{n}" in listing.url + listing.pager.body:
            return (self._numbered(listing, answer.page + 1),)
        if self.page_parameter and self.page_parameter in query_of(answer.url):
            url = with_query(answer.url, **{self.page_parameter: answer.page + 1})
            return (self.request(listing, url, page=answer.page + 1),)
        return ()

    def _numbered(self, listing: Listing, page: int) -> Request:
        number = str(listing.pager.start + page - 2)
        url, body = listing.url.replace("{n}", number), listing.pager.body.replace("{n}", number)
        return self.request(listing, url, page=page, body=body, method=listing.pager.method)


@register("ucap")
class Ucap(JsonList):
    """开普云: /searchList/CHANNEL?_isJson=true, or a column page that names its channel."""

    rows = JsonRows(
        rows="data.results|results|data.list",
        url="url",
        title="title",
        date="publishedTimeStr|publishedTime",
        total="data.total|data.rows_total|total",
    )
    page_parameter = "page"
    _CHANNEL = re.compile(r"(?:/searchList/|/common/search/|channelId\W{1,24}?|content=\")([0-9a-f]{32})\b", re.I)
    _ROUTE = re.compile(r"(/searchList|/common/search)/[0-9a-f]{32}", re.I)

    def parse_page(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The API of the channel that the column page names."""
        named = listing.unit.get("channelId") or next(iter(self._CHANNEL.findall(answer.text)), "")
        if not named:
            return Found(flags=_SCRIPT_ONLY)
        route = match[1] if (match := self._ROUTE.search(answer.text)) else "/searchList"
        size = listing.pager.per_page or 18
        query = f"_isAgg=true&_isJson=true&_pageSize={size}&_template=index&page=1"
        return Found(
            next=(self.request(listing, urljoin(answer.url, f"{route}/{named}?{query}"), page=1),), flags=_INDEX
        )


@register("gkmlpt")
class Gkmlpt(JsonList):
    """Guangdong's 信息公开: /gkmlpt/api/all/COLUMN?page=1&sid=SITE; column 0 is everything.

    The column's own count (`classify.post_count`) is more than what is listed, and no total.
    """

    rows = JsonRows(
        rows="articles|data.articles",
        url="url|post_url",
        title="title",
        date="display_publish_time|first_publish_time|created_at|date",
        total="total",
    )
    page_parameter = "page"
    headers = (("Referer", "{listing_url}"),)
    _SITE = re.compile(r"""\bSID\W{1,4}?["']?(\d+)""")

    def parse_page(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The API of the site whose number the page names, for the column in the listing's address (`#/5`, `/5/`)."""
        site = listing.unit.get("sid") or (match[1] if (match := self._SITE.search(answer.text)) else "")
        parts = urlsplit(listing.url)
        column = listing.unit.get("column") or next(iter(re.findall(r"\d+", parts.fragment)), "0")
        if not site or "/gkmlpt" not in parts.path:
            return Found(flags=_SCRIPT_ONLY)
        root = parts.path.partition("/gkmlpt")[0]
        url = f"{parts.scheme}://{parts.netloc}{root}/gkmlpt/api/all/{column}?page=1&sid={site}"
        return Found(next=(self.request(listing, url, page=1),), flags=_INDEX)


@register("search")
class Search(JsonList):
    """A site's search, sorted by time, as a list: IGS, 海云, jsearch, search5; the source names the rows or they are found.

    An answer without rows is never "nothing new": it fires the rule for an empty list.
    """

    def parse_page(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """Some searches answer HTML."""
        return Found(
            links=read_rows(parse_html(answer.text), answer.url, listing.item, base),
            next=self.following(listing, answer),
        )


@register("xinhua")
class Xinhua(JsonList):
    """新华网: a channel page whose blocks are marked `datasource:ID`, the rows of a block in ds_ID.json beside it."""

    rows = JsonRows(
        rows="datasource|data.datasource|data",
        url="publishUrl|linkUrl|url|Url",
        title="title|showTitle|Title",
        date="publishTime|pubtime|PubTime|date",
    )
    _BLOCK = re.compile(r"datasource:([0-9a-f]{16,40})")

    def parse_page(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The data file of the block with the most links, or of the one that the source names."""
        block = listing.unit.get("datasource") or self._main_block(answer.text)
        if not block:
            return Found(flags=_SCRIPT_ONLY)
        return Found(next=(self.request(listing, urljoin(answer.url, f"ds_{block}.json"), page=1),), flags=_INDEX)

    def _main_block(self, text: str) -> str:
        links: Counter[str] = Counter()
        for element in parse_html(text).iter():
            if isinstance(element.tag, str) and (match := self._BLOCK.search(element.get("data") or "")):
                links[match[1]] = max(links[match[1]], 1 + sum(1 for _ in element.iter("a")))
        for block in self._BLOCK.findall(text) + re.findall(r"ds_([0-9a-f]{16,40})\.json", text):
            links.setdefault(block, 0)
        return max(links, key=lambda block: links[block], default="")


def compact(value: dict[str, str | int]) -> str:
    """JSON without a space: one cost a 403 (`sites.md` 1.5)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
