"""大汉's two products: JCMS, whose lists come as XML (jpage), and jpaas, whose lists come as HTML in JSON (units)."""

import ast
import re
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from lxml.html import HtmlElement

from pipeline.core.outside_text import load_json
from pipeline.core.source import Listing
from spiders.listings.exchange import Answer, Found, Link, Request
from spiders.listings.families.apis import compact, query_of, with_query
from spiders.listings.families.column import read_rows
from spiders.listings.families.feeds import local, parse_xml
from spiders.listings.reader import Reader, register
from spiders.listings.rows.outline import parse_html

_INDEX = frozenset({"index"})
_AJAX = (("Referer", "{listing_url}"), ("X-Requested-With", "XMLHttpRequest"))


@register("jpage")
class Jpage(Reader):
    """JCMS: the first pages of the list stand in the column page as XML, the rest comes from dataproxy.jsp."""

    headers = _AJAX
    _STORE = re.compile(r"<datastore\b.*?</datastore>", re.S | re.I)
    _RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</record>", re.S | re.I)
    _PROXY = re.compile(r"""["'=(]\s*([^"'\s=()]*?/(?:jpage/)?(?:more\w*)?dataproxy\.jsp)""", re.I)
    _TOTAL = re.compile(r"totalrecords?\W{1,6}?(\d+)", re.I)
    _PER_PAGE = re.compile(r"per[-_]?page\W{1,6}?(\d+)", re.I)
    _KEYS = ("col", "appid", "webid", "path", "columnid", "sourceContentType", "unitid", "webname", "permissiontype")
    _MOST = 60  # rows a request; a column has been asked for 5,000 at once, which is rude
    _PAGES_AT_ONCE = 3  # as the site's own script asks

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The records that are here, and requests for the rest."""
        stores = list(self._STORE.finditer(answer.text))
        store = max((match[0] for match in stores), key=lambda each: each.lower().count("<record>"), default="")
        if len(stores) > 1:  # a sidebar's beside the list's own, each with its own parameters inside and behind it
            answer = replace(answer, text=answer.text[answer.text.index(store) :])
        text = answer.text
        if "dataproxy.jsp" in urlsplit(answer.url).path and not store:
            return Found(flags=frozenset({"not_a_listing"}))
        links = self._links(listing, store, answer, base)
        total = int(match[1]) if (match := self._TOTAL.search(text)) else None
        further = self._further(listing, answer, len(self._records(store)), total)
        if links or further:
            return Found(links=links, next=further, total=total, flags=frozenset() if links else _INDEX)
        return Found(links=read_rows(parse_html(text), answer.url, listing.item, base))

    def _records(self, store: str) -> list[str]:
        """The HTML of each record: read as XML, or piecemeal where that is broken."""
        root = parse_xml(store.encode()) if store else None
        records = (
            ["".join(str(text) for text in node.itertext()) for node in root.iter() if local(node) == "record"]
            if root is not None
            else []
        )
        piecemeal = self._RECORD.findall(store)
        return records if len(records) == len(piecemeal) and all("<" in record for record in records) else piecemeal

    def _links(self, listing: Listing, store: str, answer: Answer, base: datetime) -> tuple[Link, ...]:
        records = self._records(store)
        in_table = all(re.match(r"\s*<tr", record, re.I) for record in records)
        rows = records if in_table else [f"<section class='record'>{record}</section>" for record in records]
        page = "<table>{}</table>" if in_table else "<div>{}</div>"
        return read_rows(parse_html(page.format("".join(rows))), listing.url, listing.item, base) if rows else ()

    def _further(self, listing: Listing, answer: Answer, here: int, total: int | None) -> tuple[Request, ...]:
        query = query_of(answer.url)
        asked = "startrecord" in query
        per_page = int(query["perpage"]) if query.get("perpage", "").isdigit() else self._per_page(listing, answer.text)
        body = answer.sent if asked else self._parameters(listing, answer.text)
        if not body:
            return ()
        done = int(query["endrecord"]) if asked and query.get("endrecord", "").isdigit() else here
        step = max(per_page, min(self._MOST, per_page * self._PAGES_AT_ONCE) // per_page * per_page)
        proxy = answer.url.partition("?")[0] if asked else urljoin(answer.url, self._proxy(answer.text))
        last = total if total is not None else done + (step if here or not asked else 0)
        starts = range(done + 1, last + 1, step)
        # Pages are counted from the one that has rows: a column page without any is page 1 like its first answer.
        page = answer.page + (1 if here else 0)
        return tuple(
            self.request(
                listing,
                with_query(proxy, startrecord=start, endrecord=start + step - 1, perpage=per_page),
                page=page + ahead,
                body=body,
            )
            for ahead, start in enumerate(starts[: listing.stop.max_pages])
        )

    def _per_page(self, listing: Listing, text: str) -> int:
        return listing.pager.per_page or (int(match[1]) if (match := self._PER_PAGE.search(text)) else 15) or 15

    def _proxy(self, text: str) -> str:
        return match[1] if (match := self._PROXY.search(text)) else "/module/web/jpage/dataproxy.jsp"

    def _parameters(self, listing: Listing, text: str) -> str:
        found = {key: listing.unit[key] if key in listing.unit else self._value(key, text) for key in self._KEYS}
        values = {key: value for key, value in found.items() if value}
        return (
            urlencode({"col": "1", "appid": "1", "path": "/"} | values)
            if values.keys() & {"unitid", "columnid"}
            else ""
        )

    def _value(self, key: str, text: str) -> str:
        pattern = rf"""\b{key}['"]?\s*[:=]\s*['"]?([^'"&,;\s<>)}}]+)"""
        return match[1].replace("%2F", "/") if (match := re.search(pattern, text, re.I)) else ""


@register("jpaas")
class Jpaas(Reader):
    """jpaas: a column page whose script names a unit; the unit's API answers with the list's HTML."""

    headers = _AJAX
    ROUTE = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    _LIST = re.compile(r"list|列表|栏目|分页|内容", re.I)

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The rows of a unit, or the unit of a column page."""
        try:
            data = load_json(answer.text)
        except ValueError:
            return self._column(listing, answer)
        fragment = (
            (data.get("data") or {}).get("html")
            if isinstance(data, dict) and isinstance(data.get("data"), dict)
            else None
        )
        if not isinstance(fragment, str):
            return Found(flags=frozenset({"not_a_listing"}))
        links = read_rows(parse_html(fragment), listing.url, listing.item, base)
        total, size = _attribute(fragment, "count"), _attribute(fragment, "rows") or len(links)
        pages = ceil(total / size) if total and size else None
        more = links and size and (pages is None or answer.page < pages)
        following = (self._page(listing, answer.url, answer.page + 1, size),) if more else ()
        return Found(links=links, next=following, total=total, declared_pages=pages)

    def _page(self, listing: Listing, url: str, page: int, size: int) -> Request:
        return self.request(listing, with_query(url, paramJson=compact({"pageNo": page, "pageSize": size})), page=page)

    def _column(self, listing: Listing, answer: Answer) -> Found:
        units = [unit for script in parse_html(answer.text).iter("script") if (unit := self._unit(script))]
        route, query = max(units, key=self._like_a_list, default=(self.ROUTE, dict(listing.unit)))
        if not query:
            return Found(flags=frozenset({"script_only"}))
        url = with_query(urljoin(answer.url, route), **query)
        return Found(next=(self.request(listing, url, page=1),), flags=_INDEX)

    def _unit(self, script: HtmlElement) -> tuple[str, dict[str, str]] | None:
        said = script.get("querydata")
        if not said:
            return None
        try:
            data: Any = ast.literal_eval(said.strip())
        except (ValueError, SyntaxError):
            try:
                data = load_json(said.replace("'", '"'))
            except ValueError:
                return None
        return (
            (script.get("url") or self.ROUTE, {str(k): str(v) for k, v in data.items()})
            if isinstance(data, dict)
            else None
        )

    def _like_a_list(self, unit: tuple[str, dict[str, str]]) -> tuple[bool, bool]:
        return bool(self._LIST.search(unit[1].get("tagId", ""))), unit[1].get("pageType") == "column"


def _attribute(fragment: str, name: str) -> int | None:
    match = re.search(rf"""\b{name}\s*=\s*["'](\d+)["']""", fragment)
    return int(match[1]) if match else None
