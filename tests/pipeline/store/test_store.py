"""The store, its embedded server, and landing files in it."""

import gzip
import os
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.servers import embedded_store
from pipeline.core.errors import StoreError
from pipeline.core.models import Place
from pipeline.store.landing import Capture, LandingWriter, decompress, read, read_all, read_at
from pipeline.store.s3 import Store

NOW = datetime(2026, 1, 4, 2, 3, 4, 567000, tzinfo=UTC)


def capture(kind: str, url: str, body: bytes, **more: object) -> Capture:
    return Capture(
        kind=kind,
        url=url,
        requested_url=url,
        source_id="ministry",
        status=200,
        headers=[("Content-Type", "text/html; charset=gb2312"), ("ETag", '"1"')],
        body=body,
        fetched_at=NOW,
        **more,
    )


def test_an_object_that_is_there_is_not_overwritten_when_only_a_new_one_is_wanted(store: Store) -> None:
    assert store.put("key", b"first", only_new=True)
    assert not store.put("key", b"second", only_new=True)
    assert store.get("key") == b"first"


def test_a_missing_object_is_none_to_find_and_an_error_to_get(store: Store) -> None:
    assert store.find("nothing") is None
    with pytest.raises(StoreError, match="nothing"):
        store.get("nothing")


def test_keys_are_listed_in_order_and_under_their_prefix_only(store: Store) -> None:
    for key in ("b/2", "b/1", "a/1"):
        store.put(key, b"")
    assert list(store.list("b/")) == ["b/1", "b/2"]


def test_the_embedded_server_is_found_again_and_stopped(tmp_path: Path) -> None:
    first = embedded_store.start(tmp_path)
    try:
        assert embedded_store.start(tmp_path) == first
        assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
    finally:
        assert embedded_store.stop(tmp_path)
    assert embedded_store.find(tmp_path) is None
    assert not embedded_store.stop(tmp_path)


def test_data_outlive_the_embedded_server_even_if_it_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in embedded_store.start(tmp_path).environment().items():
        monkeypatch.setenv(name, value)
    Store.open("s3://gongbao").put("kept", b"bytes")
    server = embedded_store.find(tmp_path)
    assert server
    os.kill(server.pid, 9)
    for name, value in embedded_store.start(tmp_path).environment().items():
        monkeypatch.setenv(name, value)
    try:
        assert Store.open("s3://gongbao").get("kept") == b"bytes"
    finally:
        embedded_store.stop(tmp_path)


def test_the_embedded_server_refuses_wrong_credentials(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StoreError):
        Store.open(store.url).put("key", b"")


def test_what_is_landed_is_read_again_byte_for_byte(store: Store) -> None:
    writer = LandingWriter(store, "ministry", "run", date(2026, 1, 4))
    writer.write(capture("listing", "http://example.cn/", b"list"))
    place = writer.write(
        capture(
            "article",
            "http://example.cn/文.html?a=1",
            b"\xd6\xd0\x00\r\n\r\n",
            listed_title="标题",
            listed_date="1月4日",
        ),
        capture("part", "http://example.cn/2.html", b"two", part_of="http://example.cn/1.html"),
    )
    last = writer.write(capture("article", "http://example.cn/3.html", b""))
    writer.close()
    (key,) = writer.keys
    assert key == "landing/source=ministry/date=2026-01-04/run-000.warc.gz"
    first, second = read(store.get(key), key)
    assert (first.url, first.body, first.listed_title, first.listed_date) == (
        "http://example.cn/文.html?a=1", b"\xd6\xd0\x00\r\n\r\n", "标题", "1月4日"
    )  # fmt: skip
    assert (first.fetched_at, first.header("etag"), first.place) == (NOW, '"1"', place)
    assert [part.body for part in first.parts] == [b"two"]
    assert read_at(store, last) == second
    assert read_at(store, Place(key=key, offset=0)) is None  # a listing lies there, and an article behind it
    assert [kind for kind, _ in read_all(store.get(key), key)] == ["listing", "article", "part", "article"]


def test_one_page_is_read_without_the_rest_of_its_landing_file(store: Store) -> None:
    writer = LandingWriter(store, "ministry", "run", date(2026, 1, 4))
    first = writer.write(
        capture("article", "http://example.cn/1", b"one"), capture("part", "http://example.cn/2", b"two")
    )
    writer.write(capture("listing", "http://example.cn/", b"list"))
    writer.close()
    store.put(first.key, store.get(first.key) + os.urandom(1_000_000))
    page = read_at(store, first)
    assert (page.body, [part.body for part in page.parts]) == (b"one", [b"two"])


def test_a_landing_file_is_closed_by_size_and_uploaded_while_the_crawl_goes_on(store: Store) -> None:
    writer = LandingWriter(store, "ministry", "run", date(2026, 1, 4), max_bytes=10_000)
    for number in range(20):
        writer.write(capture("article", f"http://example.cn/{number}", os.urandom(2_000)))
    uploaded = list(store.list("landing/"))
    assert len(uploaded) >= 3
    writer.close()
    assert [page.url for key in writer.keys for page in read(store.get(key), key)] == [
        f"http://example.cn/{number}" for number in range(20)
    ]


@given(st.binary(max_size=2_000), st.sampled_from(["gzip", "deflate", "zstd", "br", "identity", "gzip, gzip", ""]))
def test_no_body_and_no_content_encoding_make_decompression_raise(body: bytes, encoding: str) -> None:
    assert isinstance(decompress(body, encoding), bytes)


@given(st.binary(max_size=2_000))
def test_decompression_undoes_compression(body: bytes) -> None:
    assert decompress(gzip.compress(body), "gzip") == body
