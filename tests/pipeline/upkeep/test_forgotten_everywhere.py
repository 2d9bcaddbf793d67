"""After `gongbao forget` every byte of the store is looked at, unpacked and in each spelling: nothing of it is left."""

import gzip
import io
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from flows.cli.main import cli
from flows.runs.morning_report import write as write_report
from flows.servers import embedded_store
from pipeline.core.conservation import RunReport
from pipeline.core.models import Document, Outcome, Page, Removed
from pipeline.core.urls import doc_id
from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.snapshot import ORDER, SCHEMA
from pipeline.store import fetches, keys, landing, staging
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from pipeline.store.tables import Table
from pipeline.upkeep import backup, compaction
from tests.makers.corpus_nights import NIGHT, document, night, prose
from tests.makers.places import ROOT
from tests.makers.unpacking import layers

DAYS = [NIGHT + timedelta(days=day) for day in range(9)]
URL = "https://example.gov.cn/t20260104_1.html"
TITLE = "关于张三等人违规占用耕地问题的调查处理通报"
FIRST, SECOND = prose(666), prose(667)  # what it said, and what its revision says
REPOSTED = FIRST[: len(FIRST) // 2 + 60]
REMOVED = "责任编辑：李四，值班编审：王五"
CODECS = ("zstd", "snappy", "gzip", "brotli", "lz4", "uncompressed")


class Stopped(Exception):
    """Whatever ends a process in the middle of its work."""


def sentences(text: str) -> list[str]:
    return [line[:24] for line in text.split("\n")] + [line[-24:] for line in text.split("\n")]


def spelt(words: str) -> set[bytes]:
    """In each charset and escaped in each way."""
    ways = {words, escape(words), json.dumps(words)[1:-1], json.dumps(words)[1:-1].upper().replace("\\U", "\\u")}
    ways |= {"".join(form.format(ord(each)) for each in words) for form in ("&#{};", "&#x{:x};", "&#x{:X};")}
    return {way.encode(charset) for way in ways for charset in ("utf-8", "gb18030")}


def places_with(store: Store, said: Sequence[str]) -> set[str]:
    """Where any of it stands."""
    wanted = [form for words in said for form in spelt(words)]
    found = set()
    for key in store.list():
        if any(form in layer for layer in layers(store.get(key)) for form in wanted):
            found.add("_delta_log" if "_delta_log" in key else key.split("/")[0] + Path(key).suffix)
    return found


def fetched(
    store: Store, run_id: str, texts: dict[int, str], day: int, *, codes: bool = False
) -> list[tuple[Page, Outcome]]:
    """Pages in a landing file as servers send them, behind the listing and the feed that name them; and their outcomes."""
    writer = LandingWriter(store, "ministry", run_id, DAYS[day].date())
    titles = {number: TITLE if number == 1 else f"第{number}号新闻的标题" for number in texts}

    def capture(kind: str, url: str, body: bytes, *headers: tuple[str, str]) -> Capture:
        return Capture(
            kind=kind, url=url, requested_url=url, source_id="ministry", status=200, headers=headers, body=body,
            fetched_at=DAYS[day], listed_title=titles[1] if url == URL else "", part_of=URL if kind == "part" else "",
        )  # fmt: skip

    listing = "".join(f'<a href="t20260104_{number}.html">{title}</a>' for number, title in titles.items())
    feed = json.dumps([{"title": titles[number], "content": text} for number, text in texts.items()])
    writer.write(capture("listing", "https://example.gov.cn/", listing.encode("gb18030")))
    writer.write(
        capture("listing", "https://example.gov.cn/api", gzip.compress(feed.encode()), ("content-encoding", "gzip"))
    )
    found = []
    for number, text in texts.items():
        page, outcome = document(number, text, at=DAYS[day], title=titles[number])
        assert isinstance(outcome, Document)
        html = "".join(f"&#x{ord(each):x};" for each in text) if codes else text
        article = capture("article", page.url, gzip.compress(html.encode("gb18030")), ("Content-Encoding", "gzip"))
        place = writer.write(article, capture("part", page.url + "?2", text.encode()))
        removed = (Removed(line=REMOVED, rule="editor", zone="tail"),) if number == 1 else ()
        found.append((replace(page, listed_title=titles[number]), replace(outcome, place=place, removed=removed)))
    writer.close()
    return found


@pytest.fixture
def told(store: Store) -> Store:
    """It was published into a table whose log tells titles, revised, reposted, compacted, reported, asked for, and more."""
    Table.open(store, "corpus", SCHEMA, partition_by="month", description="")  # an older release indexed every column
    night(store, "run1", fetched(store, "run1", {1: FIRST, 2: prose(2)}, 0), at=DAYS[0])
    night(store, "run2", fetched(store, "run2", {1: FIRST + "\n" + SECOND}, 1, codes=True), at=DAYS[1])
    night(store, "run3", fetched(store, "run3", {3: REPOSTED, 4: prose(4)}, 2), at=DAYS[2])
    for table, order in ((Corpus.open(store).table, ORDER), (fetches.table(store), ["key64"])):
        compaction.compact(table, order)
        compaction.checkpoint(table)
    nightly_files.write_missing(store)
    for run, day in (("run1", 0), ("run2", 1)):
        at = {"started_at": DAYS[day], "ended_at": DAYS[day]}
        write_report(store, RunReport(run_id=run, kind="nightly", version_before=0, version=1, **at), ROOT / "config")
    answer = {"url": URL, "doc_id": doc_id(URL), "answer": "document", "title": TITLE}
    store.put("runs/run1/answers.jsonl", json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    staging.write(store, keys.staged_file("broken", "landing/x.warc.gz"), fetched(store, "broken", {1: FIRST}, 3))
    fetched(store, "killed", {1: SECOND}, 4)  # a crawl that died: nothing but its landing file is there
    rows = Corpus.open(store).scan().collect()
    for codec in CODECS:  # what refused commits, other writers and releases left behind
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression=codec)
        store.put(f"corpus/month=2026-01/part-0-{codec}.parquet", buffer.getvalue())
    return store


def forget(store: Store, home: Path, *options: str) -> Result:
    env = {"GONGBAO_STORE": store.url, "GONGBAO_HOME": str(home)}
    done = CliRunner(env=env).invoke(cli, ["forget", URL, "--reason", "request 7", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def test_nothing_of_it_and_of_its_reposts_is_anywhere(told: Store, tmp_path: Path) -> None:
    said = [TITLE, REMOVED, *sentences(FIRST), *sentences(SECOND)]
    everywhere = {
        "corpus.parquet",
        "staged.parquet",
        "landing.gz",
        "nightly.zst",
        "fetches.parquet",
        "runs.html",
        "runs.jsonl",
    }
    assert places_with(told, said) == everywhere | {"_delta_log"}
    assert places_with(told, [REMOVED]) == {"corpus.parquet", "staged.parquet", "nightly.zst"}
    others = {words: places_with(told, [words]) for words in (prose(2)[:24], prose(4)[:24])}
    forget(told, tmp_path, "--reposts")
    assert places_with(told, said) == set()
    assert {words: places_with(told, [words]) for words in others} == others
    for version in range(1, Corpus.open(told).version + 1):  # every snapshot can still be read
        assert Corpus.open(told, version).scan().collect().height
        assert not any(TITLE in str(change) for change in Corpus.open(told, version).changes(version - 1, every=True))


def test_a_repost_keeps_its_own_words_and_nothing_else_of_it_is_left(told: Store, tmp_path: Path) -> None:
    mine = [TITLE, REMOVED, *sentences(FIRST)[4:6], *sentences(SECOND)]
    assert not any(words in REPOSTED for words in mine)
    assert {"corpus.parquet", "nightly.zst"} <= places_with(told, sentences(FIRST)[4:6])
    done = forget(told, tmp_path)
    assert places_with(told, mine) == set()
    assert "1 more documents say the same and stay (--reposts takes them too)" in done.stdout
    row = Corpus.open(told).of_ids([doc_id("https://example.gov.cn/t20260104_3.html")]).to_dicts()[0]
    assert (row["text"], row["canonical_id"]) == (REPOSTED, None)


def test_what_only_a_repost_added_goes_with_it(store: Store, tmp_path: Path) -> None:
    night(store, "run1", [document(2, prose(2))])
    own = "本报讯记者李四在现场看到的情况与通报所说并不一致，村民们对此议论纷纷，要求公开全部材料。"
    night(store, "run2", fetched(store, "run2", {1: prose(2) + "\n" + own}, 1), at=DAYS[1])
    row = Corpus.open(store).of_ids([doc_id(URL)]).to_dicts()[0]
    assert row["canonical_id"] == doc_id("https://example.gov.cn/t20260104_2.html")
    assert places_with(store, [own[:24]])
    forget(store, tmp_path)
    assert places_with(store, [own[:24], own[-24:], TITLE]) == set()
    assert Corpus.open(store).documents().collect()["text"].to_list() == [prose(2)]


def test_a_crawl_after_it_brings_neither_text_nor_title_into_what_is_made_of_it(
    told: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.runs import processing

    monkeypatch.setenv("GONGBAO_STORE", told.url)
    forget(told, tmp_path, "--reposts")
    fetched(told, "run9", {1: FIRST}, 6)
    key = next(key for key in told.list("landing/") if "run9" in key)
    assert processing.process_landing(key, "run9") == {"rejected:forgotten": 1}
    assert places_with(told, [TITLE, REMOVED, *sentences(FIRST)]) <= {"landing.gz"}  # the publisher lists it still
    assert list(landing.read(told.get(key), key)) == []


def test_stopped_in_the_middle_it_is_done_again(told: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise Stopped

    for step in ("tombstones.bury", "nightly_files.write_missing", "erase.in_nightly"):
        with monkeypatch.context() as broken:
            broken.setattr(f"pipeline.upkeep.forget.{step}", stop)
            with pytest.raises(Stopped):
                forget(told, tmp_path)
    forget(told, tmp_path)
    assert places_with(told, [TITLE, REMOVED, *sentences(SECOND)]) == set()


def test_a_copy_of_the_store_made_again_forgets_too(told: Store, tmp_path: Path) -> None:
    copy = Store.open(told.url + "-copy")
    said = [TITLE, REMOVED, *sentences(FIRST)[4:6], *sentences(SECOND)]
    told.put("runs/old/answers.jsonl", told.get("runs/run1/answers.jsonl"))
    backup.copy(told, copy)
    assert {"corpus.parquet", "nightly.zst", "runs.jsonl", "landing.gz"} <= places_with(copy, said)
    for key in ("corpus/month=2026-01/part-0-zstd.parquet", "runs/old/answers.jsonl"):
        told.delete(key)  # what housekeeping took here, and nobody told the copy
    done = forget(told, tmp_path)
    assert "store copy" in done.stdout
    backup.copy(told, copy)
    assert places_with(copy, said) == set()
    held = Corpus.open(copy).scan().collect().sort("doc_id")
    assert held.equals(Corpus.open(told).scan().collect().sort("doc_id"))
    assert any("part-0-zstd" in key for key in copy.list("corpus/"))


def test_the_search_index_goes_and_is_made_anew(told: Store, tmp_path: Path) -> None:
    env = {"GONGBAO_STORE": told.url, "GONGBAO_HOME": str(tmp_path)}
    search = lambda: CliRunner(env=env).invoke(cli, ["search", TITLE[2:9]], catch_exceptions=False).stdout  # noqa: E731
    assert TITLE in search()
    assert list((tmp_path / "search").iterdir())
    forget(told, tmp_path)
    assert not (tmp_path / "search").exists()
    assert TITLE not in search()


def test_the_disk_of_the_embedded_store_holds_no_deleted_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("GONGBAO_STORE", raising=False)
    store = Store.open(f"s3://{embedded_store.BUCKET}", embedded_store.start(tmp_path).environment())
    try:
        night(store, "run1", fetched(store, "run1", {1: FIRST, 2: prose(2)}, 0), at=DAYS[0])

        def on_disk(words: str) -> bool:
            files = [path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()]
            return any(form in layer for data in files for layer in layers(data) for form in spelt(words))

        assert on_disk(FIRST[:24])
        env = {"GONGBAO_HOME": str(tmp_path)}
        done = CliRunner(env=env).invoke(cli, ["forget", URL, "--reason", "request 7"], catch_exceptions=False)
        assert "compacted" in done.stdout
        assert (on_disk(FIRST[:24]), on_disk(prose(2)[:24])) == (False, True)
    finally:
        embedded_store.stop(tmp_path)


@pytest.mark.parametrize("codec", CODECS)
def test_the_look_into_parquet_files_finds_what_stands_there(codec: str) -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"text": [FIRST] * 3, "title": [TITLE] * 3}).write_parquet(buffer, compression=codec)
    found = list(layers(buffer.getvalue()))
    assert sum(TITLE.encode() in layer for layer in found) >= 2  # in the rows, and in a page
