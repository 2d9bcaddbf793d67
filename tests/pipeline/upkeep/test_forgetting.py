"""A forgotten text is nowhere: not in old versions, the change feed, staged files, the landing, the nightly files."""

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import zstandard
from click.testing import CliRunner

from flows.cli.main import cli
from pipeline.core.conservation import CrawlReport
from pipeline.core.models import File, Place
from pipeline.core.urls import doc_id
from pipeline.corpus import nightly_files
from pipeline.corpus.changes import Changes
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.snapshot import ORDER
from pipeline.publish.publish import publish
from pipeline.store import fetches, keys, landing, staging
from pipeline.store.s3 import Store
from pipeline.upkeep import compaction, erase, redact, tombstones
from pipeline.upkeep import forget as forgetting
from tests.makers.corpus_nights import LIMITS, NIGHT, RULES, SOURCE, document, gone, night, prose
from tests.makers.landed_pages import DAYS, fetched

SECRET = prose(666)
URL = "https://example.gov.cn/t20260104_1.html"


@pytest.fixture
def told(store: Store) -> Store:
    """The secret was published, revised, reposted, compacted, withdrawn and told."""
    night(store, "run1", fetched(store, "run1", {1: SECRET, 2: prose(2)}, 0), at=DAYS[0])
    night(store, "run2", fetched(store, "run2", {1: SECRET + "\n" + prose(3)}, 1), at=DAYS[1])
    repost = SECRET[: len(SECRET) // 2 + 60]
    night(store, "run3", fetched(store, "run3", {3: repost, 4: prose(4)}, 2), at=DAYS[2])
    table = Corpus.open(store).table
    compaction.compact(table, ORDER)
    compaction.checkpoint(table)
    nightly_files.write_missing(store)
    staging.write(
        store, keys.staged_file("broken", "landing/source=ministry/x.warc.gz"), fetched(store, "broken", {1: SECRET}, 3)
    )
    return store


def bodies(store: Store) -> dict[str, list[bytes]]:
    """All that lies in the store, unpacked, by the kind of place."""
    found: dict[str, list[bytes]] = {}
    for key in store.list():
        data = store.get(key)
        if key.endswith(".parquet"):
            rows = pl.read_parquet(io.BytesIO(data))
            data = repr(rows.to_dicts()).encode()
        elif key.endswith(".warc.gz"):
            data = b"".join(record for _, _, record in redact.members(data))
        elif key.endswith(".zst"):
            data = zstandard.ZstdDecompressor().stream_reader(data).read()
        found.setdefault(key.split("/")[0], []).append(data)
    return found


def places_with(store: Store, words: str) -> set[str]:
    return {place for place, found in bodies(store).items() if any(words.encode() in data for data in found)}


def test_what_is_forgotten_is_nowhere_and_the_rest_is_as_it_was(told: Store) -> None:
    words = SECRET[:30]
    assert places_with(told, words) == {"corpus", "staged", "landing", "nightly"}
    before = {row["doc_id"]: row["text"] for row in Corpus.open(told).scan().collect().to_dicts()}
    others = {
        version: Corpus.open(told, version)
        .scan()
        .filter(pl.col("doc_id") != doc_id(URL))
        .select("doc_id", "text", "title")
        .sort("doc_id")
        .collect()
        for version in range(1, 4)
    }
    same = tombstones.same_texts(Corpus.open(told), [doc_id(URL)])
    proofs = forgetting.forget(told, [doc_id(URL), *same], "request 7", "forget1", DAYS[5])
    assert [proof.left for proof in proofs] == [0] * len(proofs)
    assert all(proof.rewritten for proof in proofs if proof.place in ("corpus/", "staged/", "landing/", "nightly/"))
    assert places_with(told, words) == set()
    assert places_with(told, SECRET[-30:-2][::-1]) == set()  # the further part of the page
    after = {row["doc_id"]: row for row in Corpus.open(told).scan().collect().to_dicts()}
    assert {id_: row["text"] for id_, row in after.items()} == before | {doc_id(URL): "", **dict.fromkeys(same, "")}
    assert after[doc_id(URL)]["withdrawn_because"] == "forgotten"
    assert URL not in {due.url for due in fetches.seen(told, "ministry", DAYS[8] + timedelta(days=90)).due}
    for version, rows in others.items():
        held = (
            Corpus.open(told, version)
            .scan()
            .filter(~pl.col("doc_id").is_in([doc_id(URL)]))
            .select("doc_id", "text", "title")
            .sort("doc_id")
            .collect()
        )
        assert held.filter(~pl.col("doc_id").is_in(same)).equals(rows.filter(~pl.col("doc_id").is_in(same)))
    story = [
        row["landing"]
        for row in fetches.story(told, doc_id("https://example.gov.cn/t20260104_2.html"))
        if row["landing"]
    ]
    assert landing.read_at(told, Place(**story[0])).body == prose(2).encode()
    assert forgetting.forget(told, [doc_id(URL), *same], "again", "forget2", DAYS[6])[0].rewritten == 0


def test_stopped_between_a_nights_file_and_its_manifest_it_makes_the_manifest_true_when_done_again(
    told: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Store.put

    def put_and_stop(store: Store, key: str, body: bytes) -> None:
        put(store, key, body)
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(Store, "put", put_and_stop)
        with pytest.raises(KeyboardInterrupt):
            erase.in_nightly(told, [doc_id(URL)])
    torn = next(key for key in reversed([*told.list("nightly/")]) if key.endswith(".json"))
    told.put(torn, b"{")
    for _ in range(2):  # it goes on over a manifest that cannot be read, which is made again
        erase.in_nightly(told, [doc_id(URL)])
        nightly_files.write_missing(told)
    for key in [key for key in told.list("nightly/") if key.endswith(".json")]:
        manifest = nightly_files.Manifest.model_validate_json(told.get(key))
        packed = told.get(manifest.file)
        assert (manifest.bytes, manifest.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())


def test_readers_are_told_and_old_changes_can_still_be_read(told: Store) -> None:
    before = Corpus.open(told).version
    forgetting.forget(told, [doc_id(URL)], "request 7", "forget1", DAYS[5])
    corpus = Corpus.open(told)
    told_now = {change.doc_id: (change.what, change.why) for change in corpus.changes(before)}
    assert told_now[doc_id(URL)] == ("withdrawn", "forgotten")
    assert Changes(Corpus.open(told, 2), 1, 2).counts() == {"added": 0, "revised": 1, "withdrawn": 0}
    assert any(b'"why":"forgotten"' in data for data in bodies(told)["nightly"])
    heir = corpus.scan().filter(pl.col("title") == "第3号新闻").collect().to_dicts()[0]
    assert (heir["canonical_id"], heir["cut"], heir["kind"]) == (None, [], "original")


def test_no_night_brings_it_back(told: Store) -> None:
    forgetting.forget(told, [doc_id(URL)], "request 7", "forget1", DAYS[5])
    report = night(told, "run9", fetched(told, "run9", {1: SECRET, 8: prose(8)}, 6), at=DAYS[6])
    assert report.sources[0].rejected == {"forgotten": 1}
    assert Corpus.open(told).of_ids([doc_id(URL)])["text"].to_list() == [""]
    night(told, "run10", [gone(1, DAYS[7])], at=DAYS[7])
    assert Corpus.open(told).of_ids([doc_id(URL)])["withdrawn_because"].to_list() == ["forgotten"]


def test_what_was_never_in_the_corpus_is_kept_out_too(store: Store) -> None:
    forgetting.forget(store, [doc_id(URL)], "request 8", "forget1", DAYS[0])
    report = night(store, "run1", [document(1, SECRET)])
    assert report.sources[0].rejected == {"forgotten": 1}
    assert Corpus.open(store).documents().collect().is_empty()


def test_a_night_that_began_before_does_not_win_over_the_request(told: Store) -> None:
    later = fetched(told, "race", {1: prose(77)}, 4)
    staging.write(told, keys.staged_file("race", "landing/source=ministry/date=2026-01-04/x-000.warc.gz"), later)
    open_before = Corpus.open(told)
    forgetting.forget(told, [doc_id(URL)], "request 7", "forget1", DAYS[5])
    crawl = CrawlReport(run_id="race", source_id="ministry", started_at=NIGHT, ended_at=NIGHT, listed=1, fetched=1)
    publish(told, "race", DAYS[5], [crawl], {"ministry": SOURCE}, RULES, LIMITS)
    assert open_before.version < Corpus.open(told).version
    assert Corpus.open(told).of_ids([doc_id(URL)])["text"].to_list() == [""]


def test_a_landing_file_processed_again_refuses_it_and_lets_it_go(told: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.runs import processing

    monkeypatch.setenv("GONGBAO_STORE", told.url)
    forgetting.forget(told, [doc_id(URL)], "request 7", "forget1", DAYS[5])
    fetched(told, "run9", {1: SECRET}, 6)
    key = next(key for key in told.list("landing/") if "run9" in key)
    assert processing.process_landing(key, "run9") == {"rejected:forgotten": 1}
    assert list(landing.read(told.get(key), key)) == []


def test_the_command_prints_the_proof(told: Store, tmp_path: Path) -> None:
    done = CliRunner(env={"GONGBAO_STORE": told.url, "GONGBAO_HOME": str(tmp_path)}).invoke(
        cli, ["forget", URL, "--reason", "request 7"], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "landing/" in done.stdout
    assert "nothing of it is left" in done.stdout
    assert "--reposts" in done.stdout


def test_a_large_file_that_a_merge_wrote_is_redacted(store: Store) -> None:
    rows = [
        {
            "doc_id": f"{number:032x}",
            "text": f"第{number}段",
            "title": "题",
            "month": "2026-01",
            "source_id": "ministry",
        }
        for number in range(1500)
    ]
    Corpus.open(store).commit(rows, "run1", {}, months=())
    Corpus.open(store).commit([row | {"text": SECRET} for row in rows], "run2", {})
    proof = erase.in_tables(store, "corpus/", [row["doc_id"] for row in rows[:1400]], same_size=True)
    assert (proof.rewritten > 1, proof.left) == (True, 0)
    assert Corpus.open(store).scan().select(pl.col("text").count()).collect().item() == 100


def test_a_long_table_goes_with_the_whole_texts_of_all_its_revisions_and_no_other_does(store: Store) -> None:
    for count, at in enumerate(DAYS[:2]):
        outcomes = []
        for number in (1, 2):
            page, found = document(number, prose(number + 10 * count), at=at)
            whole = "\n".join(f"岗位{count}-{row}\t1" for row in range(40))  # the same in both documents
            table = File(form="table", media_type="application/vnd.ms-excel", name="表.xls", digest="0", whole=whole)
            outcomes.append((page, replace(found, file=table)))
        night(store, f"run{count}", outcomes, at=at)
    corpus = Corpus.open(store)
    rows = {row["doc_id"]: row for row in corpus.scan().collect().to_dicts()}
    assert corpus.full_text(rows[doc_id(URL)]).startswith("岗位1-0\t1\n岗位1-1")
    assert len([*store.list(keys.TEXTS)]) == 4
    (proof,) = (
        each for each in forgetting.forget(store, [doc_id(URL)], "asked", "forget", DAYS[5]) if each.place == keys.TEXTS
    )
    assert (proof.rewritten, proof.left) == (2, 0)
    (other,) = rows.keys() - {doc_id(URL)}
    assert [key.startswith(keys.texts(other)) for key in store.list(keys.TEXTS)] == [True, True]
    assert Corpus.open(store).full_text(rows[other]) == corpus.full_text(rows[other])
