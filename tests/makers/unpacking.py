"""Bytes in, all that can be read in them out: what is packed in what is packed, pages and footers of Parquet files."""

import bz2
import io
import zlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

_DEEPEST = 4
_MAGIC = {b"\x1f\x8b\x08": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}


def layers(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and whatever gzip, zstd, bzip2 or Parquet packed anywhere within them."""
    yield data
    if depth == _DEEPEST:
        return
    inner = [*(_parquet(data) if data[:4] == data[-4:] == b"PAR1" else ()), *_streams(data)]
    for each in inner:
        yield from layers(each, depth + 1)


def _streams(data: bytes) -> Iterator[bytes]:
    for magic, kind in _MAGIC.items():
        at = data.find(magic)
        while at >= 0:
            try:
                if kind == "gzip":
                    found = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data[at:])
                elif kind == "zstd":
                    found = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data[at:])).read()
                else:
                    found = bz2.BZ2Decompressor().decompress(data[at:])
            except (zlib.error, zstandard.ZstdError, OSError, EOFError):
                found = b""
            if found:
                yield found
            at = data.find(magic, at + 1)


def _parquet(data: bytes) -> Iterator[bytes]:
    """Its rows as they are read, and each page as it lies, those that no row names any more too."""
    file = pq.ParquetFile(io.BytesIO(data))
    yield repr(file.read().to_pylist()).encode()
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for column in (group.column(at) for at in range(group.num_columns)):
            starts = [column.data_page_offset, column.dictionary_page_offset or column.data_page_offset]
            at, end = min(starts), min(starts) + column.total_compressed_size
            while at < end:
                header, at = _struct(data, at)
                page, at = data[at : at + header[3]], at + header[3]
                if column.compression != "UNCOMPRESSED":
                    levels = header.get(8, {}).get(5, 0) + header.get(8, {}).get(6, 0)  # of a page of version 2
                    codec = pa.Codec({"LZ4": "lz4_raw"}.get(column.compression, column.compression.lower()))
                    page = codec.decompress(page[levels:], header[2] - levels, asbytes=True) if page[levels:] else b""
                yield page


def _struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """A struct of Thrift's compact protocol by the numbers of its fields, and where it ends."""
    found: dict[int, Any] = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = _varint(data, at)
        found[number], at = _value(data, at, head & 15)
    return found, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (1, 2):
        return kind == 1, at
    if kind == 3:
        return data[at], at + 1
    if kind in (4, 5, 6):
        return _varint(data, at)
    if kind == 7:
        return None, at + 8
    if kind == 8:
        length, at = _unsigned(data, at)
        return data[at : at + length], at + length
    assert kind == 12, "page headers hold no lists"
    return _struct(data, at)


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(data, at)
    return value >> 1 ^ -(value & 1), at
