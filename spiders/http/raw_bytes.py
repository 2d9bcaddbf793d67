"""What goes over the wire is kept as it came; what leaves this middleware for the spider is decompressed within limits."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response, TextResponse
from scrapy.http.headers import Headers
from scrapy.responsetypes import responsetypes

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed

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
            request_headers=_pairs(request.headers),
            at=datetime.now(UTC),
        )
        return response


class Decompression(HttpCompressionMiddleware):
    """Scrapy's own, but a bomb and a stream that ends before its end are named failures instead of short pages."""

    def process_response(self, request: Request, response: Response) -> Response | Request:  # type: ignore[override]
        """The response with its content encoding taken off."""
        names = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        encodings = [name.strip() for name in names.split(",") if name.strip() not in ("", "identity")]
        if not encodings or not response.body or request.method == "HEAD":
            return response
        limit = request.meta.get("download_maxsize") or self._max_size
        body = response.body
        for encoding in reversed(encodings):
            body = inflate(body, encoding, limit)
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        plain = response.replace(cls=kind, body=body, **({"encoding": None} if issubclass(kind, TextResponse) else {}))
        del plain.headers["Content-Encoding"]
        return plain


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """`body` without one content encoding; Failed if it holds more than `limit` bytes or ends too early.

    What was declared gzip and is none stays as it is: servers do that.
    """
    if encoding in ("gzip", "x-gzip"):
        if body[:2] != b"\x1f\x8b":
            return body
        window = 16 + zlib.MAX_WBITS
    elif encoding == "deflate":
        window = zlib.MAX_WBITS if body[0] & 0x0F == 8 and not int.from_bytes(body[:2]) % 31 else -zlib.MAX_WBITS
    else:
        raise Failed("bad_encoding", encoding)
    plain = b""
    rest = body
    while rest and (not plain or rest[:2] == b"\x1f\x8b"):  # gzip may have more than one member
        stream = zlib.decompressobj(window)
        try:
            plain += stream.decompress(rest, limit + 1 - len(plain))
        except zlib.error as error:
            raise Failed(Cause.TRUNCATED, f"{encoding}: {error}") from error
        if len(plain) > limit:
            raise Failed(Cause.TOO_LARGE, f"{len(body)} bytes hold more than {limit}")
        if not stream.eof:
            raise Failed(Cause.TRUNCATED, f"the {encoding} stream ends too early")
        rest = stream.unused_data
    return plain


def _pairs(headers: Headers) -> Pairs:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )
