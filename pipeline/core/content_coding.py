"""A body as received and its `Content-Encoding` in, the plain body out: one answer for crawls and for landing files.

The header proposes, the bytes decide: servers write `UTF-8` or `none` there, declare gzip and send plain text, and leave
bytes of their own behind the end of a stream.
"""

import re
import zlib
from collections.abc import Callable

import brotli
import zstandard

_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_STEP = 256  # bytes of a zstd stream at a time; so many can hold 8 MB at most
_WORD = re.compile(r"[a-z-]+")


class CutOff(ValueError):
    """The stream ends before its end, or is broken in the middle."""


class TooLarge(ValueError):
    """The stream holds more than anybody wants."""


def plain(body: bytes, declared: str, limit: int) -> bytes:
    """`body` without its content codings, the last applied first; CutOff or TooLarge if there is no telling what it holds.

    What is no stream of a coding comes back as it is.
    """
    named = [name for name in _WORD.findall(declared.lower()) if name != "identity"]
    for name in [name for name in reversed(named) if name in _READERS] or named[:1]:
        if body.startswith(_GZIP):
            body = _inflate(body, limit, 16 + zlib.MAX_WBITS)
        elif body.startswith(_ZSTD):
            body = _unzstd(body, limit)
        elif reader := _READERS.get(name):
            body = reader(body, limit)
    return body


def _inflate(body: bytes, limit: int, window: int) -> bytes:
    """One stream, or several of gzip, one behind the other. What follows the last is no part of the page."""
    found, rest = b"", body
    while rest and (not found or rest.startswith(_GZIP)):
        stream = zlib.decompressobj(window)
        try:
            found += stream.decompress(rest, limit + 1 - len(found))
        except zlib.error as error:
            raise CutOff(str(error)) from error
        if len(found) > limit:
            raise TooLarge(f"{len(body)} bytes hold more than {limit}")
        if not stream.eof:
            raise CutOff("the stream ends too early")
        rest = stream.unused_data
    return found


def _deflate(body: bytes, limit: int) -> bytes:
    """`deflate` is a zlib stream by its RFC, and a bare one on many a server."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and not int.from_bytes(body[:2]) % 31
    if not is_zlib and not _begins(body):
        return body
    return _inflate(body, limit, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _begins(body: bytes) -> bool:
    """Whether a bare deflate stream begins here."""
    try:
        return bool(zlib.decompressobj(-zlib.MAX_WBITS).decompress(body[:4096], 1))
    except zlib.error:
        return False


def _unzstd(body: bytes, limit: int) -> bytes:
    stream, found, size = zstandard.ZstdDecompressor().decompressobj(), [], 0
    for start in range(0, len(body), _STEP):
        try:
            found.append(stream.decompress(body[start : start + _STEP]))
        except zstandard.ZstdError as error:
            raise CutOff(str(error)) from error
        size += len(found[-1])
        if size > limit:
            raise TooLarge(f"{len(body)} bytes hold more than {limit}")
        if stream.eof:
            return b"".join(found)
    raise CutOff("the zstd stream ends too early")


def _unbrotli(body: bytes, limit: int) -> bytes:
    """Brotli has no mark of its own: what it cannot read, or what reads as a page, is none."""
    if body.lstrip()[:1] in (b"<", b"{", b"[", b"\xef"):
        return body
    stream = brotli.Decompressor()
    try:
        found: bytes = stream.process(body, output_buffer_limit=limit + 1)
    except brotli.error:
        return body
    if len(found) > limit:
        raise TooLarge(f"{len(body)} bytes hold more than {limit}")
    if not stream.is_finished():
        raise CutOff("the brotli stream ends too early")
    return found


def _as_it_is(body: bytes, _limit: int) -> bytes:
    return body


_READERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _as_it_is,  # without its magic bytes it is none
    "x-gzip": _as_it_is,
    "zstd": _as_it_is,
    "deflate": _deflate,
    "br": _unbrotli,
}
