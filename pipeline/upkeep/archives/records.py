"""A WARC file of any origin in (plain, gzip, zstd), its responses and revisits out; what is damaged is told and skipped."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

_KINDS = (WarcRecordType.response, WarcRecordType.revisit)
_CHUNK = 1 << 20
_MEMBER = b"\x1f\x8b\x08"
_BEGINS = b"WARC/1."
_UNPACKED = frozenset(("content-encoding", "transfer-encoding", "content-length"))
_LARGEST = 64_000_000  # bytes of one page, as in our own landing files
_HTTP = b"HTTP/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One exchange as the archive holds it, encodings taken off. `revisit`: the page was as it had been."""

    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    offset: int  # of its record
    revisit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A record that cannot be read."""

    offset: int
    detail: str


def responses(
    stream: IO[bytes], behind: int, wanted: Callable[[str], bool], seen: Callable[[int], None] = lambda offset: None
) -> Iterator[Response | Damaged]:
    """The wanted responses behind the record at `behind` (-1: all); of others only the address is looked at.

    `seen` is told of the offset of every record, so that a reader can go on behind it.
    """
    at: int | None = max(behind, 0)
    while at is not None:
        last: int | None = None
        stream.seek(at)
        try:
            for record in ArchiveIterator(stream, parse_http=False):
                last = record.stream_pos  # counted from the beginning of the file
                if last <= behind or record.record_type not in _KINDS:
                    continue
                seen(last)
                if wanted((record.headers.get("WARC-Target-URI") or "").strip("<>")):
                    yield _response(record, last)
            return
        except (OSError, ValueError, EOFError) as error:
            first = at if last is None else _next(stream, last + 1)
            if last is not None and first is not None:
                at = first  # the record that ended it is tried by itself, and named if it is the one
                continue
            if at > behind:
                yield Damaged(offset=at, detail=str(error))
            at = _next(stream, at + 1)


def _response(record: WarcRecord, offset: int) -> Response | Damaged:
    declared = record.content_length
    if declared > _LARGEST:
        return Damaged(offset=offset, detail=f"{declared} bytes")
    try:
        record.freeze()
        if record.content_length < declared:
            return Damaged(offset=offset, detail=f"{record.content_length} of {declared} bytes")
        at = datetime.fromisoformat(record.headers["WARC-Date"])
        revisit = record.record_type == WarcRecordType.revisit
        url = record.headers["WARC-Target-URI"].strip("<>")
        if revisit and not declared:
            return Response(url=url, at=at, status=304, headers=(), body=b"", offset=offset, revisit=True)
        record.parse_http(auto_decode="all")
        headers = tuple(
            (name, value) for name, value in record.http_headers.to_tuples() if name.lower() not in _UNPACKED
        )
        body = b"" if revisit else record.reader.read(_LARGEST)
        status = 304 if revisit else int(record.http_headers.status_code or 0)
        return Response(url=url, at=at, status=status, headers=headers, body=body, offset=offset, revisit=revisit)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Damaged(offset=offset, detail=str(error))


def _next(stream: IO[bytes], start: int) -> int | None:
    """Where the next record begins; None if none does. Of zstd no beginning can be told."""
    at, held = start, b""
    stream.seek(start)
    while chunk := stream.read(_CHUNK):
        held += chunk
        for magic, probe in ((_MEMBER, _unpacked), (b"\r\n\r\n" + _BEGINS, None)):
            found = held.find(magic)
            while found >= 0:
                if probe is None:
                    return at + found + 4
                if probe(held[found : found + 4096]).startswith(_BEGINS):
                    return at + found
                found = held.find(magic, found + 1)
        keep = 4096
        at, held = at + max(len(held) - keep, 0), held[-keep:]
    return None


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, len(_BEGINS))
    except zlib.error:
        return b""
