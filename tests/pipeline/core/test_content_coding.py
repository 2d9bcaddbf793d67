"""`Content-Encoding` as servers write it, and what follows a stream: crawls and landing files read the same."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.content_coding import CutOff, TooLarge, plain
from pipeline.store.landing import decompress

PAGE = b"<html><body>" + "各有关单位：请于月底前报送。".encode() * 50 + b"</body></html>"
NO_CODINGS = [
    "utf-8",
    "UTF-8",
    "none",
    "chunked",
    "binary",
    "8bit",
    "gbk",
    "text/html",
    "",
    ",",
    "identity",
    "null",
    "7bit; x",
]
GZIP_NAMES = [
    "gzip",
    "x-gzip",
    "GZIP",
    '"gzip"',
    "gzip;q=1",
    "gzip, utf-8",
    "utf-8, gzip",
    "'gzip'",
    "none",
    "utf-8",
    "deflate",
    "br",
]


@pytest.mark.parametrize("declared", [*NO_CODINGS, "gzip", "deflate", "br", "zstd", "br (true)"])
def test_a_plain_page_is_read_whatever_its_header_says(declared: str) -> None:
    assert plain(PAGE, declared, 100_000) == PAGE


@pytest.mark.parametrize("declared", GZIP_NAMES)
@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\0" * 8, b"<!-- cached -->", b"0\r\n\r\n"])
def test_a_gzipped_page_is_read_without_what_follows_its_stream(declared: str, tail: bytes) -> None:
    body = gzip.compress(PAGE) + tail
    assert plain(body, declared, 100_000) == PAGE
    assert decompress(body, declared) == PAGE


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("br", brotli.compress(PAGE)),
        ("br (true)", brotli.compress(PAGE)),
        ("zstd", zstandard.compress(PAGE)),
        ("zstd", zstandard.compress(PAGE) + b"\r\n"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("deflate", zlib.compress(PAGE) + b"tail"),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE))),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE))),
        ("gzip", gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:])),
    ],
)
def test_every_coding_comes_off(declared: str, body: bytes) -> None:
    assert plain(body, declared, 100_000) == PAGE


def test_a_file_that_is_gzip_and_says_nothing_stays_one() -> None:
    assert plain(gzip.compress(PAGE), "", 100_000) == gzip.compress(PAGE)


@pytest.mark.parametrize(
    "body", [gzip.compress(PAGE), brotli.compress(PAGE), zstandard.compress(PAGE), zlib.compress(PAGE)]
)
@pytest.mark.parametrize("cut", [15, -9, -1])
def test_a_stream_that_ends_too_early_is_cut_off(body: bytes, cut: int) -> None:
    declared = (
        "gzip" if body[:1] == b"\x1f" else "zstd" if body[:1] == b"\x28" else "deflate" if body[:1] == b"x" else "br"
    )
    with pytest.raises(CutOff):
        plain(body[:cut], declared, 100_000)
    assert decompress(body[:cut], declared) == body[:cut]


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("gzip", gzip.compress(bytes(50_000_000))),
        ("br", brotli.compress(bytes(50_000_000), quality=1)),
        ("zstd", zstandard.compress(bytes(50_000_000))),
    ],
)
def test_a_bomb_is_too_large_long_before_it_is_unpacked(declared: str, body: bytes) -> None:
    with pytest.raises(TooLarge):
        plain(body, declared, 100_000)


@given(st.binary(min_size=1, max_size=2000))
def test_a_body_comes_out_of_its_coding_as_it_went_in(body: bytes) -> None:
    assert plain(gzip.compress(body), "gzip", 5000) == body
    assert plain(gzip.compress(body) + gzip.compress(body), "gzip", 5000) == 2 * body
    assert plain(zlib.compress(body), "deflate", 5000) == body
