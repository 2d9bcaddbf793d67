"""The cookies of one crawl: those that headers set, kept till its end, sent where they belong."""

from collections.abc import Iterable
from http.cookiejar import Cookie

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.http.cookies import CookieJar
from scrapy.utils.httpobj import urlparse_cached
from tldextract import TLDExtract

_SUFFIXES = TLDExtract(suffix_list_urls=(), include_psl_private_domains=True)  # the list that it brings: asks nobody


class Cookies(CookiesMiddleware):
    """Scrapy's own jar, beside the cookies that a source's `headers` give."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Cookies":
        """As Scrapy builds its middlewares."""
        made = super().from_crawler(crawler)
        crawler.spider.cookies = made  # type: ignore[union-attr]
        made.given = (crawler.settings["DEFAULT_REQUEST_HEADERS"].get("Cookie") or "").encode()
        return made

    given: bytes

    def process_request(self, request: Request) -> None:  # type: ignore[override]
        """The request with its cookies."""
        super().process_request(request)
        kept = [cookie for cookie in (self.given, request.headers.get("Cookie")) if cookie]
        if kept:
            request.headers["Cookie"] = b"; ".join(kept)

    def sent_to(self, url: str) -> bytes:
        """The cookies that a request to an address would carry now."""
        asked = Request(url)
        self.process_request(asked)
        return asked.headers.get("Cookie") or b""

    def _process_cookies(self, cookies: Iterable[Cookie], *, jar: CookieJar, request: Request) -> None:
        """None is set for all of gov.cn."""
        host = (urlparse_cached(request).hostname or "").lower()
        for cookie in cookies:
            domain = cookie.domain.removeprefix(".")
            if domain == host or _SUFFIXES(domain).domain:
                jar.set_cookie_if_ok(cookie, request)
