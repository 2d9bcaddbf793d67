"""Redirects of every kind: followed within the source's hosts and within a bound, each dead end with its name."""

import html
import re
from collections.abc import Callable

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from pipeline.core.urls import base_in, join
from pipeline.page.decode import decode
from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed

_HEAD = 200_000  # bytes of a page that may hold its head, inline scripts and all
_HINT = re.compile(rb"http-equiv\s*=\s*[\"']?\s*refresh", re.I)
_END_OF_HEAD = re.compile(r"</head\b|<body\b", re.I)
_UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|noscript|template|textarea)\b.*?(?:</\1\s*>|\Z)", re.I | re.S)
_META = re.compile(r"<meta\b((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.I)
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
_CONTENT = re.compile(
    r"\s*(\d+)[\d.]*(?:\s*[;,\s]\s*(?:url\s*=\s*)?(?P<quote>['\"]?)(?P<url>.*?)(?P=quote))?\s*$", re.I | re.S
)
_JUMP = re.compile(
    r"(?:(?:window|self|top|document)\.)*location(?:\.href)?\s*(?:=|\.replace\(|\.assign\()\s*(['\"])(?P<url>[^'\"\s+]+)\1"
)
_RELOAD = re.compile(r"location\.reload\(|location(?:\.href)?\s*=\s*(?:(?:window|self|document)\.)?location\b")


class Redirects(RedirectMiddleware):
    """Redirects by status."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The next request of the way, or the response at its end; 304 and the like are ends."""
        result = _followed(self.crawler, request, lambda: super(Redirects, self).process_response(request, response))
        if result is None:
            raise Failed(Cause.REDIRECT_LOOP, request.url)
        return result


class Refreshes(BaseRedirectMiddleware):
    """Redirects by `<meta refresh>` and by its header, and by JavaScript on pages that hold nothing else, on the same host.

    A page that leads to itself is one that reloads, unless it set a cookie: then it is asked for once more, with that.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The next request of the way, or the response at its end."""
        if response.status != 200 or request.meta.get("kind") == "robots":
            return response
        return _followed(self.crawler, request, lambda: self._next(request, response)) or response

    def _next(self, request: Request, response: Response) -> Request | Response:
        latest: int = self.crawler.settings["METAREFRESH_MAXDELAY"]
        told = refresh(response)
        if told and told[0] <= latest:
            return self._to(told[1], request, response, "refresh")
        small: int = self.crawler.spider.settings_of_crawl.small_page  # type: ignore[union-attr]
        if len(response.body) >= small or request.meta.get("jumped"):
            return response
        text = decode(response.body, _content_type(response)).text
        jump = _JUMP.search(text)
        url = join(response.url, jump["url"]) if jump else response.url if _RELOAD.search(text) else ""
        if not url or urlparse_cached(Request(url)).netloc != urlparse_cached(request).netloc:
            return response
        if url == response.url and "Set-Cookie" not in response.headers:
            return response
        return self._to(url, request, response, "location.href")

    def _to(self, url: str, request: Request, response: Response, why: str) -> Request | Response:
        following = self._redirect_request_using_get(request, response, url)
        if urlparse_cached(following).scheme not in ("http", "https"):
            return response
        following.meta["jumped"] = why == "location.href"
        return self._redirect(following, request, why)


def refresh(response: Response) -> tuple[int, str] | None:
    """Seconds and address of a refresh, by header or in the page's head; None if it has none."""
    body = response.body[:_HEAD]
    hinted = bool(_HINT.search(body.replace(b"\0", b"")))
    header = (response.headers.get("Refresh") or b"").decode("latin-1")
    if not (hinted or header):
        return None
    page = decode(body, _content_type(response))
    head = _UNREAD.sub("", _END_OF_HEAD.split(_UNREAD.sub("", page.text), maxsplit=1)[0])
    for content in (header, *_contents(head)):
        found = _CONTENT.match(content)
        if found:
            base = base_in(head, response.url)
            return int(found[1]), join(base, found["url"], page.used) if found["url"] else response.url
    return None


def _contents(head: str) -> list[str]:
    """What the refreshing metas of a head say."""
    metas = (
        {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(meta)}
        for meta in _META.findall(head)
    )
    return [meta.get("content", "") for meta in metas if meta.get("http-equiv", "").strip().lower() == "refresh"]


def _content_type(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1")


def _followed(crawler: Crawler, request: Request, step: Callable[[], Request | Response]) -> Request | Response | None:
    """One step of the way, its dead ends by name; None where it leads in a circle: the same address with the same cookies."""
    try:
        result = step()
    except IgnoreRequest as error:
        raise Failed(Cause.REDIRECT_LOOP, request.url) from error
    if isinstance(result, Response):
        return result
    if not crawler.spider.is_ours(result.url):  # type: ignore[union-attr]
        raise Failed(Cause.REDIRECT_AWAY, result.url)
    way = (*request.meta.get("way", ()), (request.url, request.headers.get("Cookie") or b""))
    result.meta["way"] = way
    carried: bytes = crawler.spider.cookies.sent_to(result.url)  # type: ignore[union-attr]
    return None if (result.url, carried) in way else result
