"""Redirects of every kind: followed within the source's hosts and within a bound, each dead end with its name."""

import re
from collections.abc import Callable

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.utils.httpobj import urlparse_cached

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed

_HEAD = 4096  # bytes in which Scrapy looks for a refresh; decoding every page to find none would cost 1 ms
_REFRESH = re.compile(rb"http-equiv\s*=\s*[\"']?\s*refresh", re.I)
_JUMP = re.compile(
    r"(?:(?:window|self|top|document)\.)*location(?:\.href)?\s*(?:=|\.replace\(|\.assign\()\s*(['\"])(?P<url>[^'\"\s+]+)\1"
)


class Redirects(RedirectMiddleware):
    """Redirects by status."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The next request of the way, or the response at its end; 304 and the like are ends."""
        return _followed(self.crawler, request, lambda: super(Redirects, self).process_response(request, response))


class Refreshes(MetaRefreshMiddleware):
    """Redirects by `<meta refresh>`, and by JavaScript on pages that hold nothing else: one such jump, same host."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The next request of the way, or the response at its end."""
        if response.status != 200 or request.meta.get("kind") == "robots":
            return response
        return _followed(self.crawler, request, lambda: self._next(request, response))

    def _next(self, request: Request, response: Response) -> Request | Response:
        result = super().process_response(request, response) if _REFRESH.search(response.body[:_HEAD]) else response
        small: int = self.crawler.spider.settings_of_crawl.small_page  # type: ignore[union-attr]
        if result is not response or len(response.body) >= small or not isinstance(response, HtmlResponse):
            return result
        jump = _JUMP.search(response.text)
        if not jump or request.meta.get("jumped"):
            return response
        target = request.replace(url=response.urljoin(jump["url"]), meta={**request.meta, "jumped": True})
        if urlparse_cached(target).netloc != urlparse_cached(request).netloc or target.url == request.url:
            return response
        return self._redirect(target, request, "location.href")


def _followed(crawler: Crawler, request: Request, step: Callable[[], Request | Response]) -> Request | Response:
    """One step of the way, its dead ends by name."""
    try:
        result = step()
    except IgnoreRequest as error:
        raise Failed(Cause.REDIRECT_LOOP, request.url) from error
    if isinstance(result, Request) and not crawler.spider.is_ours(result.url):  # type: ignore[union-attr]
        raise Failed(Cause.REDIRECT_AWAY, result.url)
    return result
