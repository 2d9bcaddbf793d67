"""robots.txt as RFC 9309 wants it read: by its status first, and by its text only where that is one."""

import asyncio
import logging
from dataclasses import dataclass

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed, failure

log = logging.getLogger(__name__)

_READ_BYTES = 512_000  # RFC 9309, 2.5: a crawler reads at least 500 KiB
_MAX_BYTES = 5_000_000  # what is larger is a page, or a film
# Nothing is known of the rules, and the reason is the host's own trouble: that is the better name.
_DEAD = frozenset({Cause.DNS, Cause.REFUSED, Cause.TLS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one host's robots.txt says: rules for us, or the reason why nothing there may be asked for tonight."""

    rules: Protego | None = None  # None: nothing is forbidden
    token: str = ""
    refusal: Failed | None = None

    def allows(self, url: str) -> bool:
        """Whether an address may be asked for."""
        return self.refusal is None and (self.rules is None or bool(self.rules.can_fetch(url, self.token)))

    @property
    def delay(self) -> float:
        """Seconds between two requests that the host asks for; 0 if it asks for none."""
        if self.rules is None:
            return 0.0
        rate = self.rules.request_rate(self.token)
        return max(self.rules.crawl_delay(self.token) or 0.0, rate.seconds / rate.requests if rate else 0.0)


def read(response: Response, token: str) -> Verdict:
    """What an answer to the request for robots.txt means, by RFC 9309, to who is called `token`."""
    if response.status in (401, 403):
        return Verdict(refusal=Failed(Cause.ROBOTS_FORBIDDEN, f"robots.txt answered {response.status}"))
    if response.status == 429 or response.status >= 500 or response.status < 200:
        return Verdict(refusal=Failed(Cause.ROBOTS_UNKNOWN, f"robots.txt answered {response.status}"))
    if response.status >= 300:
        return Verdict()  # 4xx, and redirects that lead nowhere: there are no rules
    return Verdict(rules=Protego.parse(response.body[:_READ_BYTES].decode("utf-8", "replace")), token=token)


def refusal(error: Failed) -> Failed | None:
    """Why nothing may be asked for after robots.txt could not be had; None where that means that there are no rules."""
    if error.reason in (Cause.REDIRECT_LOOP, Cause.REDIRECT_AWAY, Cause.TOO_LARGE):
        return None  # RFC 9309, 2.3.1.2
    if error.reason in _DEAD or error.reason.startswith(("blocked:", "busy")) or error.reason == "cooled_down":
        return Failed(error.reason, f"robots.txt: {error.detail}")
    return Failed(Cause.ROBOTS_UNKNOWN, f"robots.txt: {error.reason} {error.detail}".strip())


class Robots:
    """Asks each host for its robots.txt once, before the first request to it, and turns away what it forbids."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._token: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._verdicts: dict[str, asyncio.Future[Verdict]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Robots":
        """As Scrapy builds its middlewares."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Failed if the host forbids this address, or does not say what it forbids."""
        if request.meta.get("kind") == "robots":
            return
        netloc = urlparse_cached(request).netloc
        if netloc not in self._verdicts:
            self._verdicts[netloc] = asyncio.ensure_future(self._ask(request))
        verdict = await asyncio.shield(self._verdicts[netloc])
        if verdict.refusal:
            raise Failed(verdict.refusal.reason, verdict.refusal.detail)
        if not verdict.allows(request.url):
            raise Failed("robots", "robots.txt disallows it")

    async def _ask(self, request: Request) -> Verdict:
        parts = urlparse_cached(request)
        robots = Request(
            f"{parts.scheme}://{parts.netloc}/robots.txt",
            meta={"kind": "robots", "download_maxsize": _MAX_BYTES},
            callback=NO_CALLBACK,
        )
        assert self._crawler.engine
        try:
            response = await self._crawler.engine.download_async(robots)
        except Exception as error:
            return Verdict(refusal=refusal(failure(error)))
        verdict = read(response, self._token)
        if verdict.delay > self._crawler.settings.getfloat("DOWNLOAD_DELAY"):
            self._slow_down(parts.hostname or "", verdict.delay)
        return verdict

    def _slow_down(self, host: str, delay: float) -> None:
        """Wait as long between two requests as the host asks for, whatever the source says."""
        log.info("%s asks for %.1f s between two requests", host, delay)
        assert self._crawler.engine
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings[host] = {"delay": delay, "jitter": 0.0, "concurrency": 1}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter, slot.concurrency = delay, 0.0, 1
