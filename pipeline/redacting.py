"""Stored bytes in, the same number of bytes out, without a document's text: Parquet files and landing files.

Both keep their length to the byte. The log of the table names the size of each file and readers trust it; documents
name the offset of their record in a landing file. So old versions stay readable, and nothing else moves.
"""

import io
import zlib
from collections.abc import Callable, Collection, Iterator

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import GongbaoError

# What stays of a forgotten document: its name, its history, digests. Everything else of its row becomes null.
KEPT = frozenset({
    "doc_id", "url", "source_id", "month", "revision", "fetched_at", "first_fetched_at", "landing", "kind",
    "canonical_id", "similarity", "withdrawn_at", "withdrawn_because", "forgotten_at", "content_digest", "run_id",
    "rules_version", "requested_url", "status", "body_digest", "_change_type", "outcome", "reason",
})  # fmt: skip
_OF_OTHERS = ("cut",)  # what a repost tells of the text of its canonical document
_FOLLOWING = ("part", "attachment")  # records that belong to the article before them
_KEPT_HEADERS = (
    "WARC-Type", "WARC-Record-ID", "WARC-Date", "WARC-Target-URI", "Content-Type", "Gongbao-Source", "Gongbao-Requested"
)  # fmt: skip
_LEVELS = (3, 9, 19)
_CHUNK = 1 << 16


class Unredactable(GongbaoError):
    """What is left does not fit where it lay."""


def blank(rows: pl.DataFrame, ids: Collection[str]) -> pl.DataFrame:
    """Rows without what these documents said, in their own rows and in those of their reposts."""
    own = pl.col("doc_id").is_in(list(ids))
    nothing = [pl.when(~own).then(pl.col(name)).alias(name) for name in rows.columns if name not in KEPT]
    rows = rows.with_columns(nothing)
    if "canonical_id" not in rows.columns:
        return rows
    quoted = pl.col("canonical_id").is_in(list(ids)).fill_null(False)
    return rows.with_columns(
        pl.when(~quoted).then(pl.col(name)).alias(name) for name in _OF_OTHERS if name in rows.columns
    )


def parquet(data: bytes, change: Callable[[pl.DataFrame], pl.DataFrame], *, same_size: bool) -> bytes:
    """A Parquet file with its rows changed; with `same_size` as long as it was, by zeros before its footer."""
    table = pq.read_table(io.BytesIO(data))
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    changed = change(frame).to_arrow().cast(pa.schema([field.remove_metadata() for field in table.schema]))
    packed = b""
    for level in _LEVELS:
        buffer = io.BytesIO()
        pq.write_table(
            changed,
            buffer,
            compression="zstd",
            compression_level=level,
            row_group_size=4096,
            store_schema=not same_size,
        )
        packed = buffer.getvalue()
        if not same_size:
            return packed
        if len(packed) <= len(data):
            footer = int.from_bytes(packed[-8:-4], "little") + 8
            return packed[:-footer] + b"\0" * (len(data) - len(packed)) + packed[-footer:]
    raise Unredactable(f"{len(packed)} bytes do not fit into {len(data)}")


def landing(data: bytes, offsets: Collection[int]) -> bytes:
    """A landing file without what the articles at these offsets and their further parts said."""
    whole = bytearray(data)
    taking = False
    for start, end, record in _members(data):
        headers = _headers(record)
        if headers.get("WARC-Type") != "response":
            continue
        taking = start in offsets or (taking and headers.get("Gongbao-Kind") in _FOLLOWING)
        if taking:
            whole[start:end] = _member(_emptied(headers), end - start)
    return bytes(whole)


def _members(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each gzip member, and so each record: where it begins and ends, and what it holds."""
    start = 0
    while start < len(data):
        member, at, parts = zlib.decompressobj(zlib.MAX_WBITS | 16), start, []
        while not member.eof and at < len(data):
            parts.append(member.decompress(data[at : at + _CHUNK]))
            at += _CHUNK
        end = min(at, len(data)) - len(member.unused_data)
        yield start, end, b"".join(parts)
        start = end


def _headers(record: bytes) -> dict[str, str]:
    lines = record.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace").split("\r\n")[1:]
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _emptied(headers: dict[str, str]) -> bytes:
    """A record that says where and when, and nothing of what was there."""
    block = b"HTTP/1.1 451 Forgotten\r\n\r\n"
    kept = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
    kept |= {"Gongbao-Kind": "forgotten", "Content-Length": str(len(block))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
    return b"WARC/1.1\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def _member(record: bytes, length: int) -> bytes:
    """A gzip member of exactly that length: its header's comment fills what is left."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflater.compress(record) + deflater.flush()
    tail = zlib.crc32(record).to_bytes(4, "little") + len(record).to_bytes(4, "little")
    spare = length - 10 - len(body) - len(tail)
    if spare < 0:
        raise Unredactable(f"a record of {length} bytes is too short to be replaced")
    comment = b" " * (spare - 1) + b"\0" if spare else b""
    return bytes([0x1F, 0x8B, 8, 0x10 if spare else 0, 0, 0, 0, 0, 2, 255]) + comment + body + tail
