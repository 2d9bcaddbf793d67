"""What goes over the wire is kept as it came; what leaves this middleware for the spider is decompressed within limits."""

from dataclasses import dataclass
from datetime import UTC, datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response, TextResponse
from scrapy.http.headers import Headers
from scrapy.responsetypes import responsetypes

from pipeline.core.content_coding import CutOff, TooLarge, plain
from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed

# Of a request, what lands. All else may be a secret: `Authorization`, `Proxy-Authorization`, `Cookie`, a source's own.
_RECORDED = frozenset(
    ["accept", "accept-encoding", "accept-language", "content-type", "host", "if-modified-since", "if-none-match",
     "referer", "user-agent", "x-requested-with"]
)  # fmt: skip
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One exchange as it went over the wire, transfer encoding removed."""

    status: int
    headers: Pairs
    body: bytes
    request_headers: Pairs
    at: datetime  # UTC, when the last byte had come


class Wire:
    """Keeps every exchange in its request's meta, below decompression, so that the bytes land as received."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Wire":
        """As Scrapy builds its middlewares."""
        return cls()

    def process_response(self, request: Request, response: Response) -> Response:
        """Remember the exchange; of redirects the last one stays."""
        request.meta["received"] = Received(
            status=response.status,
            headers=_pairs(response.headers),
            body=response.body,
            request_headers=tuple(pair for pair in _pairs(request.headers) if pair[0].lower() in _RECORDED),
            at=datetime.now(UTC),
        )
        return response


class Decompression(HttpCompressionMiddleware):
    """Scrapy's own, but a bomb and a stream that ends before its end are named failures instead of short pages."""

    def process_response(self, request: Request, response: Response) -> Response | Request:  # type: ignore[override]
        """The response with its content encoding taken off."""
        declared = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not declared or not response.body or request.method == "HEAD":
            return response
        try:
            body = plain(response.body, declared, request.meta.get("download_maxsize") or self._max_size)
        except CutOff as error:
            raise Failed(Cause.TRUNCATED, f"{declared}: {error}") from error
        except TooLarge as error:
            raise Failed(Cause.TOO_LARGE, str(error)) from error
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        told = response.replace(cls=kind, body=body, **({"encoding": None} if issubclass(kind, TextResponse) else {}))
        del told.headers["Content-Encoding"]
        return told


def _pairs(headers: Headers) -> Pairs:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )
