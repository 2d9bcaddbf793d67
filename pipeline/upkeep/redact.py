"""Stored bytes in, the same number of bytes out, without a document's text: Parquet files, logs and landing files.

Data files and landing files keep their length to the byte. The log of the table names the size of each file and readers trust it; documents
name the offset of their record in a landing file. So old versions stay readable, and nothing else moves.
"""

import html
import io
import json
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import urls
from pipeline.core.errors import GongbaoError
from pipeline.store import landing

# What stays of a forgotten document: its name, its history, digests. Everything else of its row becomes null.
KEPT = frozenset({
    "doc_id", "url", "source_id", "month", "revision", "fetched_at", "first_fetched_at", "landing", "kind",
    "canonical_id", "similarity", "withdrawn_at", "withdrawn_because", "forgotten_at", "content_digest", "run_id",
    "rules_version", "requested_url", "status", "body_digest", "_change_type", "outcome", "reason", "key64", "visits",
    "next_visit", "etag", "last_modified", "form", "parent_id", "file_digest",
})  # fmt: skip
_IN_LOG = KEPT | {"lang", "published_at", "charset"}  # whose least and greatest values the log of a table may tell
_OF_OTHERS = ("cut",)  # what a repost tells of the text of its canonical document
_FOLLOWING = ("part", "attachment")  # records that belong to the article before them
_KEPT_HEADERS = (
    "WARC-Type", "WARC-Record-ID", "WARC-Date", "WARC-Target-URI", "Content-Type", "Gongbao-Source", "Gongbao-Requested"
)  # fmt: skip
# Ways of writing, the last the shortest: a small file must fit where another writer's lay.
_WRITERS: tuple[dict[str, Any], ...] = (
    {"compression_level": 3},
    {"compression_level": 19},
    {"compression_level": 19, "use_dictionary": False, "write_statistics": False},
)
_SHORTEST = 6  # characters of a title by which a listing is known; 通知 is the title of many
_CHUNK = 1 << 16


class Unredactable(GongbaoError):
    """What is left does not fit where it lay, or what lies there is no landing file."""


def blank(rows: pl.DataFrame, ids: Collection[str]) -> pl.DataFrame:
    """Rows without what these documents said, in their own rows and in those of their reposts; staged: rejected."""
    own = pl.col("doc_id").is_in(list(ids))
    nothing = [pl.when(~own).then(pl.col(name)).alias(name) for name in rows.columns if name not in KEPT]
    rows = rows.with_columns(nothing)
    if {"outcome", "text"} <= set(rows.columns):
        own &= pl.col("outcome") == "document"
        said = {"reason": "forgotten", "outcome": "rejected"}
        return rows.with_columns(
            pl.when(own).then(pl.lit(what)).otherwise(pl.col(name)).alias(name) for name, what in said.items()
        )
    if "canonical_id" not in rows.columns:
        return rows
    quoted = pl.col("canonical_id").is_in(list(ids)).fill_null(False)
    return rows.with_columns(
        pl.when(~quoted).then(pl.col(name)).alias(name) for name in _OF_OTHERS if name in rows.columns
    )


def parquet(data: bytes, change: Callable[[pl.DataFrame], pl.DataFrame], *, same_size: bool) -> bytes:
    """A Parquet file with its rows changed; with `same_size` as long as it was."""
    changed = change(pl.read_parquet(io.BytesIO(data)))
    return _written(changed.to_arrow(compat_level=pl.CompatLevel.oldest()), len(data) if same_size else None)


def log(data: bytes) -> bytes:
    """A commit of a table's log without least and greatest values of texts."""
    lines = data.decode().splitlines()
    clean = [_without_values(line) for line in lines]
    return data if clean == lines else "\n".join(clean).encode()


def checkpoint(data: bytes) -> bytes:
    """The same of a checkpoint, which is a Parquet file."""
    table = pq.read_table(io.BytesIO(data))
    at = table.schema.get_field_index("add")
    adds = table.column(at).combine_chunks()
    parts = {field.name: adds.field(field.name) for field in adds.type}
    stats = [_without(told) if told else told for told in parts["stats"].to_pylist()]
    if stats == parts["stats"].to_pylist():
        return data
    parts["stats"] = pa.array(stats, pa.string())
    clean = pa.StructArray.from_arrays(list(parts.values()), fields=list(adds.type), mask=adds.is_null())
    return _written(table.set_column(at, table.schema.field(at), clean), None)


def _without_values(line: str) -> str:
    action = json.loads(line)
    stats = (action.get("add") or {}).get("stats")
    if not stats or (clean := _without(stats)) == stats:
        return line
    action["add"]["stats"] = clean
    return json.dumps(action, ensure_ascii=False)


def _without(stats: str) -> str:
    """Statistics of a file without values of texts; the same if there are none."""
    told = json.loads(stats)
    ends = [told[end] for end in ("minValues", "maxValues") if told.get(end)]
    texts = {name for values in ends for name in values if name not in _IN_LOG}
    for values in ends:
        for name in texts & values.keys():
            del values[name]
    return json.dumps(told, ensure_ascii=False) if texts else stats


def _written(rows: pa.Table, length: int | None) -> bytes:
    """A Parquet file of exactly that length, by zeros before its footer; of any with None."""
    packed = b""
    for how in _WRITERS:
        buffer = io.BytesIO()
        pq.write_table(rows, buffer, compression="zstd", row_group_size=4096, store_schema=length is None, **how)
        packed = buffer.getvalue()
        if length is None:
            return packed
        if len(packed) <= length:
            footer = int.from_bytes(packed[-8:-4], "little") + 8
            return packed[:-footer] + b"\0" * (length - len(packed)) + packed[-footer:]
    raise Unredactable(f"{len(packed)} bytes do not fit into {length}")


def warc(data: bytes, ids: Collection[str], offsets: Collection[int], words: Collection[str]) -> bytes:
    """A landing file without what articles of these ids or at these offsets and their further parts said.

    Listings that hold one of these words go with them: a feed may hold the whole text.
    """
    named = {spelt for said in words if len(said) >= _SHORTEST for spelt in _spellings(said)}
    whole = bytearray(data)
    taking = False
    for start, end, record in members(data):
        headers = headers_of(record)
        if headers.get("WARC-Type") != "response":
            continue
        kind = headers.get("Gongbao-Kind")
        if kind == "listing":
            taking = any(spelt in _body(record).lower() for spelt in named)
        elif kind not in _FOLLOWING:
            asked = kind == "article" and urls.doc_id(headers.get("WARC-Target-URI", "")) in ids
            taking = asked or (start in offsets and kind == "article")
        own = kind == "attachment" and (start in offsets or urls.doc_id(headers.get("WARC-Target-URI", "")) in ids)
        if taking or own:
            whole[start:end] = _member(_emptied(headers), end - start)
    return bytes(whole)


def _spellings(said: str) -> Iterator[bytes]:
    """The bytes, in lower case, in which a listing may say it: its charset, escaped for JSON or for HTML."""
    numbers = ("".join(f"&#{ord(each)};" for each in said), "".join(f"&#x{ord(each):x};" for each in said))
    for spelt in (said, html.escape(said), json.dumps(said)[1:-1], *numbers):
        yield from (spelt.encode(charset).lower() for charset in ("utf-8", "gb18030"))


def _body(record: bytes) -> bytes:
    """What a response says, content encoding removed."""
    own, block = record.split(b"\r\n\r\n", 1)
    http, _, body = block[: int(headers_of(own)["Content-Length"])].partition(b"\r\n\r\n")
    encodings = (value for name, value in headers_of(http).items() if name.lower() == "content-encoding")
    return landing.decompress(body, next(encodings, ""))


def members(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each gzip member, and so each record: where it begins and ends, and what it holds."""
    start = 0
    while start < len(data):
        member, at, parts = zlib.decompressobj(zlib.MAX_WBITS | 16), start, []
        try:
            while not member.eof and at < len(data):
                parts.append(member.decompress(data[at : at + _CHUNK]))
                at += _CHUNK
        except zlib.error as error:
            raise Unredactable(f"no record begins at byte {start}: {error}") from error
        end = min(at, len(data)) - len(member.unused_data)
        yield start, end, b"".join(parts)
        start = end


def headers_of(record: bytes) -> dict[str, str]:
    """The WARC headers of a record, or the HTTP headers of a block."""
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
