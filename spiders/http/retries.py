"""Trying again, without hurry: back-off, Retry-After within a bound, and a budget that makes a storm impossible."""

import asyncio
import logging
import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed, failure
from spiders.http.firewalls import PATIENCE
from spiders.http.scrapy_settings import Retry

log = logging.getLogger(__name__)

_ASK_AGAIN = frozenset({408, 429, 500, 502, 503, 504, 522, 524})
_WORTH_ANOTHER_TRY = frozenset({Cause.TIMEOUT, Cause.NETWORK, Cause.TRUNCATED, Cause.REFUSED, Cause.DNS})


class Patience:
    """Scrapy's retries, with waiting in between: the whole host waits, not only the one request."""

    def __init__(self, crawler: Crawler, rules: Retry) -> None:
        self._crawler = crawler
        self._rules = rules
        self._left = rules.budget
        self._not_before: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Patience":
        """As Scrapy builds its middlewares; the rules are the spider's."""
        return cls(crawler, crawler.spider.settings_of_crawl.retry)  # type: ignore[union-attr]

    async def process_request(self, request: Request) -> None:
        """Wait until the host may be asked again."""
        host = urlparse_cached(request).netloc
        while (wait := self._not_before.get(host, 0.0) - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """The same request again after a status that may pass, or the response as it is."""
        if response.status not in _ASK_AGAIN:
            return response
        asked = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        told_to_stop = asked > self._rules.longest_wait if asked is not None else response.status == 429
        again = None if told_to_stop else self._again(request, f"http_{response.status}", asked)
        if again:
            return again
        if told_to_stop or response.status == 429:
            why = Failed(Cause.BUSY, f"{response.url} answered {response.status}, Retry-After: {asked}")
            self._crawler.spider.obstacles.cool(response.url, why)  # type: ignore[union-attr]
        if response.status in PATIENCE and not (response.status == 503 and request.meta.get("kind") == "robots"):
            raise Failed(Cause.BUSY, f"{response.url} answered {response.status}")
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """The same request again after a failure that may pass."""
        reason = failure(exception).reason
        return self._again(request, reason, None) if reason in _WORTH_ANOTHER_TRY else None

    def _again(self, request: Request, reason: str, asked: float | None) -> Request | None:
        assert self._crawler.spider
        if self._left <= 0:
            return None
        again = get_retry_request(request, spider=self._crawler.spider, reason=reason)
        if again:
            self._left -= 1
            wait = asked if asked is not None else backoff(again.meta["retry_times"], self._rules)
            host = urlparse_cached(request).netloc
            self._not_before[host] = max(self._not_before.get(host, 0.0), time.monotonic() + wait)
            log.info("%s: %s; again in %.1f s", request.url, reason, wait)
        return again


def backoff(tries: int, rules: Retry) -> float:
    """Seconds before try number `tries` (1 is the first repetition): doubled each time, with jitter, bounded."""
    return min(rules.longest_wait, rules.first_wait * 2.0 ** (tries - 1) * random.uniform(0.75, 1.25))


def retry_after(value: bytes | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as number or date; None if it says neither."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
