"""One request in, one successful response out, or Failed with its reason. Hosts that fail again and again are left alone."""

from collections import Counter
from collections.abc import Collection

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from spiders.http.failures import NOT_ASKED, Failed, cause_of, failure, is_of_the_host
from spiders.http.firewalls import Obstacles
from spiders.http.raw_bytes import Received


class Fetcher:
    """Asks through Scrapy: its middlewares know robots.txt, patience, redirects, blocks and limits."""

    def __init__(self, crawler: Crawler, obstacles: Obstacles, give_up_after: int) -> None:
        self._crawler = crawler
        self._obstacles = obstacles
        self._give_up_after = give_up_after
        self._in_a_row: Counter[str] = Counter()

    async def get(self, request: Request, accept: Collection[int] = ()) -> tuple[Response, Received]:
        """The response with status 200, or one of `accept`, and the exchange as received; else Failed."""
        assert self._crawler.engine
        host = urlparse_cached(request).netloc
        try:
            response = await self._crawler.engine.download_async(request)
            if not (200 <= response.status < 300 or response.status in accept):
                raise Failed(f"http_{response.status}")
        except Exception as error:
            failed = failure(error)
            self._count(request.url, host, failed)
            raise failed from error
        self._in_a_row[host] = 0
        assert response.request
        return response, response.request.meta["received"]

    def _count(self, url: str, host: str, failed: Failed) -> None:
        if failed.reason in NOT_ASKED or not is_of_the_host(failed.reason):
            return
        self._in_a_row[host] += 1
        if self._in_a_row[host] >= self._give_up_after:
            self._obstacles.cool(url, Failed(cause_of(failed.reason), f"{self._in_a_row[host]} times in a row"))
