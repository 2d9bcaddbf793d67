"""A firewall's page is named as soon as it comes, and its host is left alone from then on."""

import logging

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from pipeline.page.decode import decode
from pipeline.page.obstacles import Cause, Signatures, recognise
from spiders.http.failures import Failed
from spiders.http.raw_bytes import Received

PATIENCE = frozenset({429, 503})  # "busy" that says so by its status, and may say for how long

log = logging.getLogger(__name__)


class Obstacles:
    """Recognises blocks in every answer, robots.txt and listings too, and keeps the hosts that are cooling down."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures
        self.cooled: dict[str, Failed] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Obstacles":
        """As Scrapy builds its middlewares; the signatures are the spider's."""
        made = cls(crawler.spider.signatures)  # type: ignore[union-attr]
        crawler.spider.obstacles = made  # type: ignore[union-attr]
        return made

    def process_request(self, request: Request) -> None:
        """Failed, without asking, if the host is cooling down."""
        why = self.cooled.get(urlparse_cached(request).netloc)
        if why and request.meta.get("kind") == "listing":
            raise Failed(why.reason, why.detail)  # it is broken for the same reason
        if why:
            raise Failed("cooled_down", str(why))

    def process_response(self, request: Request, response: Response) -> Response:
        """Failed, and the host cools down, if this is a block."""
        cause = self.look(request, response)
        if cause and cause.blocks and response.status not in PATIENCE:
            block = Failed(cause, f"{response.url} answered {response.status}")
            self.cool(response.url, block)
            raise block
        return response

    def look(self, request: Request, response: Response) -> Cause | None:
        """The obstacle that a response is, or None."""
        received: Received = request.meta["received"]
        if received.status == 304 or response.body[:5] == b"%PDF-":
            return None
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        text = decode(response.body[: 2 * self._signatures.window], content_type).text
        return recognise(response.status, received.headers, text, self._signatures)

    def cool(self, url: str, why: Failed) -> None:
        """Ask nothing more of the host of `url` tonight."""
        host = urlparse_cached(Request(url)).netloc
        log.warning("%s is left alone for the night: %s", host, why)
        self.cooled.setdefault(host, why)
