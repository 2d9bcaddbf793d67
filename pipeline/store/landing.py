"""Responses in, landing files out, and back: WARC 1.1, one gzip member a record, bytes as received.

Behind each response lie its request and a record of metadata for other people's tools: source, kind, run.

Key of a landing file: `landing/source=ID/date=YYYY-MM-DD/RUN-NNN.warc.gz`. The records of one article and of its
further parts lie in one file, one behind the other, so that a landing file can be processed alone.
"""

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from http.client import responses
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Literal
from urllib.parse import quote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.core.content_coding import CutOff, TooLarge, plain
from pipeline.core.models import Page, Place
from pipeline.store import digests, keys
from pipeline.store.s3 import Store

Kind = Literal["listing", "article", "part", "attachment", "robots"]
_MAX_DECODED = 64_000_000  # bytes; above any page that a crawl lets pass, below what a gzip bomb would need


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One request and its response, as they went over the wire (transfer encoding removed)."""

    kind: Kind
    url: str  # that answered, after redirects
    requested_url: str
    source_id: str
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes  # content encoding still on
    fetched_at: datetime
    method: str = "GET"
    request_headers: Sequence[tuple[str, str]] = ()
    request_body: bytes = b""
    listed_title: str = ""  # of an attachment: the name of its link
    listed_date: str = ""
    part_of: str = ""  # of a part or an attachment: the URL of the article's first page


@dataclass(slots=True)
class LandingWriter:
    """Writes captures to landing files, each uploaded when it is closed, by size or by age, or at the end."""

    store: Store
    source_id: str
    run_id: str
    day: date
    max_bytes: int = 32_000_000
    max_seconds: float = 300.0
    keys: list[str] = field(default_factory=list)
    _path: Path | None = None
    _writer: WARCWriter | None = None
    _opened: float = 0.0

    def write(self, *captures: Capture) -> Place:
        """Append captures that belong together to one landing file; where the first of them lies."""
        if self._writer and (self._writer.out.tell() >= self.max_bytes or self.age() >= self.max_seconds):
            self.close()
        writer = self._writer or self._open()
        place = Place(key=self.keys[-1], offset=writer.out.tell())
        for capture in captures:
            _write(writer, capture, self.run_id)
        return place

    def age(self) -> float:
        """Seconds since the open file was begun; 0 if none is open."""
        return time.monotonic() - self._opened if self._writer else 0.0

    def close(self) -> None:
        """Upload the open file, if there is one. The next write begins another."""
        if self._writer and self._path:
            self._writer.out.close()
            self.store.put_file(self.keys[-1], self._path)
            digests.record(self.store, self.keys[-1], digests.of_file(self._path))
            self._path.unlink()
            self._writer = self._path = None

    def _open(self) -> WARCWriter:
        self.keys.append(keys.landing_file(self.source_id, self.day, self.run_id, len(self.keys)))
        file = NamedTemporaryFile(prefix="gongbao-", suffix=".warc.gz", delete=False)  # noqa: SIM115 - lives until close()
        self._path, self._opened = Path(file.name), time.monotonic()
        self._writer = WARCWriter(file, gzip=True, warc_version="1.1")
        return self._writer


def read(data: bytes, key: str) -> Iterator[Page]:
    """The articles of a landing file, in order, each with its further parts, behind each the files that it names.

    Listings and the like are passed over.
    """
    yield from _articles(io.BytesIO(data), key)


def read_at(store: Store, place: Place) -> Page | None:
    """The one page whose record begins at a place, None if none does; of the rest of the file little is read."""
    with store.stream(place.key, place.offset) as stream:
        page = next(_articles(stream, place.key, place.offset), None)
    return page if page and page.place == place else None  # of what is forgotten only its room is left, before the next


def read_all(data: bytes, key: str) -> Iterator[tuple[Kind, Page]]:
    """Every response of a landing file with its kind, listings too."""
    yield from _pages(io.BytesIO(data), key)


def _articles(stream: IO[bytes], key: str, start: int = 0) -> Iterator[Page]:
    """`read`, of a stream that begins at offset `start` of its file."""
    head: Page | None = None
    parts: list[Page] = []
    for capture_kind, page in _pages(stream, key, start):
        if capture_kind == "part" and head:
            parts.append(page)
            continue
        if head:
            yield _joined(head, parts)
        if capture_kind == "attachment":
            yield page
        head, parts = (page, []) if capture_kind == "article" else (None, [])
    if head:
        yield _joined(head, parts)


def _joined(head: Page, parts: list[Page]) -> Page:
    return replace(head, parts=tuple(parts)) if parts else head


def _write(writer: WARCWriter, capture: Capture, run_id: str) -> None:
    stamp = capture.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    own = {
        "Gongbao-Kind": capture.kind,
        "Gongbao-Source": capture.source_id,
        "Gongbao-Requested": capture.requested_url,
    }
    optional = {
        "Gongbao-Listed-Title": capture.listed_title.replace("\n", " "),
        "Gongbao-Listed-Date": capture.listed_date.replace("\n", " "),
        "Gongbao-Part-Of": capture.part_of,
    }
    own |= {name: value for name, value in optional.items() if value}
    headers = [pair for pair in capture.headers if pair[0].lower() != "transfer-encoding"]
    response = writer.create_warc_record(
        capture.url,
        "response",
        payload=io.BytesIO(capture.body),
        length=len(capture.body),
        http_headers=StatusAndHeaders(
            f"{capture.status} {responses.get(capture.status, '')}", headers, protocol="HTTP/1.1"
        ),
        warc_headers_dict={"WARC-Date": stamp, **own},
    )
    request = writer.create_warc_record(
        capture.url,
        "request",
        payload=io.BytesIO(capture.request_body),
        length=len(capture.request_body),
        http_headers=StatusAndHeaders(
            f"{capture.method} {_target(capture.requested_url)} HTTP/1.1",
            list(capture.request_headers),
            is_http_request=True,
        ),
        warc_headers_dict={"WARC-Date": stamp},
    )
    writer.write_request_response_pair(request, response)
    fields = f"source: {capture.source_id}\r\nkind: {capture.kind}\r\nrun: {run_id}\r\n".encode()
    metadata = writer.create_warc_record(
        capture.url,
        "metadata",
        payload=io.BytesIO(fields),
        length=len(fields),
        warc_content_type="application/warc-fields",
        warc_headers_dict={
            "WARC-Date": stamp,
            "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
        },
    )
    writer.write_record(metadata)


def _target(url: str) -> str:
    """The request line's target, percent-encoded as it went over the wire."""
    parts = urlsplit(url)
    return quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?") if parts.query else ""
    )


def _pages(stream: IO[bytes], key: str, start: int = 0) -> Iterator[tuple[Kind, Page]]:
    records = ArchiveIterator(stream)
    for record in records:
        if record.rec_type != "response":
            continue
        body = record.raw_stream.read()  # before the offset is asked for: that skips to the record's end
        place = Place(key=key, offset=start + records.get_record_offset())
        yield record.rec_headers.get_header("Gongbao-Kind") or "article", _page(record, body, place)


def _page(record: ArcWarcRecord, body: bytes, place: Place) -> Page:
    own = record.rec_headers.get_header
    url = own("WARC-Target-URI")
    headers = tuple(record.http_headers.headers)
    encodings = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    return Page(
        url=url,
        requested_url=own("Gongbao-Requested") or url,
        source_id=own("Gongbao-Source") or "",
        status=int(record.http_headers.get_statuscode()),
        headers=headers,
        body=decompress(body, encodings),
        fetched_at=datetime.fromisoformat(own("WARC-Date")),
        place=place,
        listed_title=own("Gongbao-Listed-Title") or "",
        listed_date=own("Gongbao-Listed-Date") or "",
        parent_url=(own("Gongbao-Part-Of") or "") if own("Gongbao-Kind") == "attachment" else "",
    )


def decompress(body: bytes, encodings: str) -> bytes:
    """A body without its content encodings. What no crawl would let pass (cut off, endless) comes back as it is."""
    try:
        return plain(body, encodings, _MAX_DECODED)
    except (CutOff, TooLarge):
        return body
