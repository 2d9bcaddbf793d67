"""Archives of others, made by their own tools' libraries: what of them lands, once, and what becomes of it."""

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.core.conservation import CrawlReport
from pipeline.core.errors import ConfigError
from pipeline.core.source import Source
from pipeline.core.urls import doc_id
from pipeline.corpus.corpus import Corpus
from pipeline.documents import process
from pipeline.publish.publish import publish
from pipeline.publish.rules import PublishRules
from pipeline.rules import Rules
from pipeline.store import fetches, keys, landing, staging
from pipeline.store.s3 import Store
from pipeline.upkeep import forget as forgetting
from pipeline.upkeep import tombstones
from pipeline.upkeep.archives import files, land
from tests.makers.places import ROOT
from tests.makers.servers.loopback import article

RULES = Rules.load(ROOT / "config")
LIMITS = PublishRules.load(ROOT / "config")
AT = datetime(2019, 5, 6, 3, 4, 5, tzinfo=UTC)
NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)
SOURCES = {
    "city": Source.model_validate({
        "id": "city", "name": "某某市", "tier": "gov", "hosts": ["www.city.example"],
        "listings": [{"url": "https://www.city.example/", "family": "page_parameter"}],
        "article": {"match": r"/a/\d+\.html"},
    })
}  # fmt: skip


def url(number: int, host: str = "www.city.example") -> str:
    return f"http://{host}/a/{number}.html"


def page(number: int) -> str:
    return article(
        f"关于第{number}批冬季安全生产检查情况的通知",
        f"<p>本批共检查企业{number * 7 + 3}家，发现隐患{number * 11 + 5}处。</p>",
    )


def warc(
    pages: Sequence[tuple[str, str]], *, gzip: bool = True, at: datetime = AT, headers: Sequence[tuple[str, str]] = ()
) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=gzip)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "somebody's"}))
    for number, (address, body) in enumerate(pages):
        stamp = (at + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8"), *headers], protocol="HTTP/1.1")
        data = io.BytesIO(body.encode())
        record = writer.create_warc_record(
            address, "response", payload=data, http_headers=http, warc_headers_dict={"WARC-Date": stamp}
        )
        writer.write_record(record)
    return buffer.getvalue()


def imported(store: Store, path: Path, hosts: Sequence[str] = (), run_id: str = "r1") -> list[str]:
    """Import, process and publish, as the flow does; the keys of the landing files."""
    (archive,) = files.find(str(path))
    wanted = land.Wanted(sources=SOURCES, hosts=frozenset(hosts), forgotten=tombstones.forgotten(store))
    landed = [key for batch in land.land(store, archive, land.key_of(archive, wanted), wanted) for key in batch]
    for key in landed:
        pages = landing.read(store.get(key), key)
        outcomes = ((each, process(each, SOURCES["city"], RULES)) for each in pages)
        staging.write(store, keys.staged_file(run_id, key), outcomes)
    counts = Counter(row["source_id"] for row in staging.read(store, run_id))
    how = {"run_id": run_id, "started_at": NOW, "ended_at": NOW}
    crawls = [CrawlReport(source_id=id_, listed=count, fetched=count, **how) for id_, count in counts.items()]
    publish(store, run_id, NOW, crawls, SOURCES, RULES.dedupe, LIMITS)
    return landed


def texts(store: Store, **view: bool) -> dict[str, str]:
    rows = Corpus.open(store).documents(**view).select("url", "text").collect()
    return dict(rows.iter_rows())


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def wacz(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("archive/data.warc.gz", data)
        package.writestr("datapackage.json", "{}")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("a.warc.gz", warc),
        ("a.warc", lambda pages: warc(pages, gzip=False)),
        ("a.warc.zst", lambda pages: zstd(warc(pages, gzip=False))),
        ("a.wacz", lambda pages: wacz(warc(pages))),
    ],
)
def test_pages_of_the_sources_articles_land_with_their_own_date(
    store: Store, tmp_path: Path, name: str, made: Callable[[Sequence[tuple[str, str]]], bytes]
) -> None:
    pages = [(url(number), page(number)) for number in range(1, 4)]
    others = [("http://www.city.example/", page(8)), (url(9, "elsewhere.example"), page(9))]
    (tmp_path / name).write_bytes(made([*pages, *others]))
    landed = imported(store, tmp_path / name)
    assert all(key.startswith("landing/source=city/date=2019-05-06/import-") for key in landed)
    rows = Corpus.open(store).documents().collect()
    assert set(rows["url"]) == {address for address, _ in pages}
    assert rows["fetched_at"].min() == AT
    assert not fetches.seen(store, "city", NOW).due, "what is of years ago is not due tonight"


def test_with_a_list_of_hosts_pages_without_a_source_are_of_the_unknown_one(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(
        warc([(url(1, "elsewhere.example"), page(1)), (url(2, "third.example"), page(2))])
    )
    imported(store, tmp_path / "a.warc.gz", hosts=["elsewhere.example"])
    rows = Corpus.open(store).documents().collect()
    assert list(rows.select("url", "source_id").iter_rows()) == [(url(1, "elsewhere.example"), "unknown")]


def test_done_twice_it_changes_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc([(url(number), page(number)) for number in range(1, 4)]))
    landed = imported(store, tmp_path / "a.warc.gz")
    version, before = Corpus.open(store).version, texts(store)
    assert imported(store, tmp_path / "a.warc.gz", run_id="r2") == landed
    assert (Corpus.open(store).version, texts(store)) == (version, before)


def test_an_import_that_is_killed_goes_on_where_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(land, "_BATCH", 2)
    (tmp_path / "a.warc.gz").write_bytes(warc([(url(number), page(number)) for number in range(1, 8)]))
    (archive,) = files.find(str(tmp_path / "a.warc.gz"))
    wanted = land.Wanted(sources=SOURCES)
    key = land.key_of(archive, wanted)
    first = next(iter(land.land(store, archive, key, wanted)))
    rest = [key for batch in land.land(store, archive, key, wanted) for key in batch]
    assert list(first) == rest[:1], "what was landed is told again, and not landed again"
    pages = [each.url for key in rest for each in landing.read(store.get(key), key)]
    assert pages == [url(number) for number in range(1, 8)]
    assert land.read(store, key, archive).pages == {"city": 7}


@pytest.mark.parametrize("cut", ["inside", "start", "end"])
def test_a_damaged_record_is_named_and_skipped(store: Store, tmp_path: Path, cut: str) -> None:
    one, two, three = (warc([(url(number), page(number))]) for number in (1, 2, 3))
    bad = {"inside": two[:-300] + bytes(80) + two[-220:], "start": two[:400] + b"xx" + two[402:], "end": two[:-150]}[
        cut
    ]
    (tmp_path / "a.warc.gz").write_bytes(one + bad + three)
    said: list[str] = []
    (archive,) = files.find(str(tmp_path / "a.warc.gz"))
    wanted = land.Wanted(sources=SOURCES)
    landed = [
        key for batch in land.land(store, archive, land.key_of(archive, wanted), wanted, said.append) for key in batch
    ]
    pages = [each.url for key in landed for each in landing.read(store.get(key), key)]
    assert pages == [url(1), url(3)]
    assert len(said) == 1
    assert "damaged" in said[0]


def test_a_later_fetch_wins_and_an_archive_brings_nothing_back_that_was_forgotten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "new.warc.gz").write_bytes(warc([(url(1), page(1)), (url(2), page(2))], at=AT + timedelta(days=400)))
    imported(store, tmp_path / "new.warc.gz")
    newer = texts(store)
    (tmp_path / "old.warc.gz").write_bytes(warc([(url(1), page(5)), (url(2), page(6))]))
    imported(store, tmp_path / "old.warc.gz", run_id="r2")
    assert texts(store) == newer
    forgetting.forget(store, [doc_id(url(1))], "asked for", "r3", NOW)
    (tmp_path / "again.warc.gz").write_bytes(warc([(url(1), page(1)), (url(2), page(2))], at=AT + timedelta(days=800)))
    landed = imported(store, tmp_path / "again.warc.gz", run_id="r4")
    assert set(texts(store)) == {url(2)}
    assert [each.url for key in landed for each in landing.read(store.get(key), key)] == [url(2)]


def test_a_revisit_says_that_the_page_was_as_it_had_been(store: Store, tmp_path: Path) -> None:
    buffer = io.BytesIO(warc([(url(1), page(1))]))
    buffer.seek(0, io.SEEK_END)
    writer = WARCWriter(buffer, gzip=True)
    stamp = "2019-06-01T00:00:00Z"
    record = writer.create_revisit_record(url(1), "sha1:X", url(1), "2019-05-06T03:04:05Z", None, {"WARC-Date": stamp})
    writer.write_record(record)
    (tmp_path / "a.warc.gz").write_bytes(buffer.getvalue())
    imported(store, tmp_path / "a.warc.gz")
    visits = fetches.story(store, doc_id(url(1)))
    assert [(visit["outcome"], visit["status"]) for visit in visits] == [("document", 200), ("unchanged", 304)]


def test_an_archive_in_a_bucket_is_read_where_it_lies(store: Store, tmp_path: Path) -> None:
    store.put("others/a.warc.gz", warc([(url(1), page(1))]))
    store.put("others/b.wacz", wacz(warc([(url(2), page(2))])))
    found = files.find(store.url_of("others/"))
    assert [archive.name.rpartition("/")[2] for archive in found] == ["a.warc.gz", "b.wacz"]
    wanted = land.Wanted(sources=SOURCES)
    landed = [
        key for each in found for batch in land.land(store, each, land.key_of(each, wanted), wanted) for key in batch
    ]
    assert [each.url for key in landed for each in landing.read(store.get(key), key)] == [url(1), url(2)]
    with pytest.raises(ConfigError, match="no archive"):
        files.find(store.url_of("nothing/"))
