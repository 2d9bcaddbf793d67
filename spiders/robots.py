"""robots.txt as RFC 9309 wants it read: by its status first, and by its text only where that is one."""

import asyncio
import logging

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached

from pipeline.obstacles import Cause
from spiders.failures import Failed, failure

log = logging.getLogger(__name__)

_MAX_BYTES = 512_000  # RFC 9309, 2.5: a crawler reads at least 500 KiB
# Nothing is known of the rules, and the reason is the host's own trouble: that is the better name.
_DEAD = frozenset({Cause.DNS, Cause.REFUSED, Cause.TLS})


class Verdict:
    """What one host's robots.txt says: rules, or the reason why nothing there may be asked for tonight."""

    def __init__(self, rules: ProtegoRobotParser | None = None, refusal: Failed | None = None) -> None:
        self.rules = rules
        self.refusal = refusal


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
            raise verdict.refusal
        if verdict.rules and not verdict.rules.allowed(request.url, self._token):
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
            return Verdict(refusal=_refusal(failure(error)))
        return self._read(response, parts.hostname or "")

    def _read(self, response: Response, host: str) -> Verdict:
        if response.status in (401, 403):
            return Verdict(refusal=Failed(Cause.ROBOTS_FORBIDDEN, f"robots.txt answered {response.status}"))
        if response.status == 429 or response.status >= 500 or response.status < 200:
            return Verdict(refusal=Failed(Cause.ROBOTS_UNKNOWN, f"robots.txt answered {response.status}"))
        if response.status >= 300:
            return Verdict()  # 4xx, and redirects that lead nowhere: there are no rules
        rules = ProtegoRobotParser(response.body, self._crawler.spider)
        self._slow_down(host, rules)
        return Verdict(rules=rules)

    def _slow_down(self, host: str, rules: ProtegoRobotParser) -> None:
        """Wait between two requests as long as the host asks, if that is longer than we would."""
        asked = rules.rp.crawl_delay(self._token) or 0.0
        if rate := rules.rp.request_rate(self._token):
            asked = max(asked, rate.seconds / rate.requests)
        if asked > self._crawler.settings.getfloat("DOWNLOAD_DELAY"):
            log.info("%s asks for %.1f s between two requests", host, asked)
            assert self._crawler.engine
            slower = {"delay": asked, "jitter": 0.0, "concurrency": 1}
            downloader = self._crawler.engine.downloader
            downloader.per_slot_settings[host] = slower
            if slot := downloader.slots.get(host):
                slot.delay, slot.jitter, slot.concurrency = asked, 0.0, 1


def _refusal(error: Failed) -> Failed | None:
    """Why nothing may be asked for after robots.txt could not be had; None where that means that there are no rules."""
    if error.reason in (Cause.REDIRECT_LOOP, Cause.REDIRECT_AWAY):
        return None
    if error.reason == Cause.TOO_LARGE:
        return None  # no robots.txt: a page, or a film
    if error.reason in _DEAD or error.reason.startswith(("blocked:", "busy")) or error.reason == "cooled_down":
        return Failed(error.reason, f"robots.txt: {error.detail}")
    return Failed(Cause.ROBOTS_UNKNOWN, f"robots.txt: {error.reason} {error.detail}".strip())
