"""Whatever is damaged in a store is found by name, and nothing else is: every kind of object, every kind of damage."""

import os
import random
from datetime import timedelta

import boto3
import pytest

from flows.runs import processing
from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.store import digests, fetches, staging
from pipeline.store.digests import Damaged
from pipeline.store.s3 import Store
from pipeline.upkeep import compaction
from pipeline.upkeep import verify as verifying
from pipeline.upkeep.repair import repair
from pipeline.upkeep.verify import Verified, verify
from tests.makers.corpus_nights import night, prose
from tests.makers.landed_pages import DAYS, fetched

FOLDERS = ("landing/", "staged/", "corpus/", "fetches/", "nightly/")


@pytest.fixture
def held(store: Store) -> Store:
    """Three nights, with landing files, plain files and a compaction."""
    for day in range(3):
        numbers = {number: prose(number) for number in range(day * 4, day * 4 + 4)}
        night(store, f"run{day}", fetched(store, f"run{day}", numbers, day), at=DAYS[day])
    nightly_files.write_missing(store)
    compaction.compact(Corpus.open(store).table, ("source_id",))
    digests.record_commits(store, "corpus")
    return store


def overwrite(store: Store, key: str, body: bytes) -> None:
    """As a disk or a stranger does, past our own door."""
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])
    client.put_object(Bucket=store.bucket, Key=store.prefix + key, Body=body)


def named(verified: Verified) -> set[tuple[str, str]]:
    return {(fault.what, fault.key) for fault in verified.faults}


def test_a_sound_store_has_no_fault_and_nothing_unrecorded_but_hints_for_readers(held: Store) -> None:
    found = verify(held)
    assert found.faults == ()
    assert found.objects == sum(len(list(held.list(folder))) for folder in FOLDERS)
    assert found.unrecorded.total() <= 2, "versions made before the first commit, which hold no row"


def test_one_flipped_bit_anywhere_is_found(held: Store) -> None:
    chance = random.Random(7)
    known = digests.recorded(held)
    keys = [key for folder in FOLDERS for key in held.list(folder) if key in known or key.endswith(".zst")]
    flipped = chance.sample(keys, 12)
    for key in flipped:
        body = bytearray(held.get(key))
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        overwrite(held, key, bytes(body))
    assert named(verify(held)) == {("damaged", key) for key in flipped}


def test_what_is_cut_missing_or_foreign_is_named(held: Store) -> None:
    first, second, third = held.list("landing/")
    overwrite(held, first, held.get(first)[:-100])
    held.delete(second)
    data = [f"corpus/{file.path}" for file in Corpus.open(held).table.files()]
    held.delete(data[0])
    plain = next(key for key in held.list("nightly/") if key.endswith(".zst"))
    held.delete(plain)
    overwrite(held, "corpus/month=2026-01/backup.tmp", b"x")
    assert named(verify(held)) == {
        ("damaged", first), ("missing", second), ("missing", data[0]), ("missing", plain),
        ("foreign", "corpus/month=2026-01/backup.tmp"),
    }  # fmt: skip
    assert third not in {fault.key for fault in verify(held).faults}


def test_landing_files_from_before_digests_are_unrecorded_and_their_own_checksums_count(held: Store) -> None:
    first, second, _ = held.list("landing/")
    for key in (first, second):
        held.delete(f"digests/{key}.json")
    body = held.get(second)
    overwrite(held, second, body[: len(body) * 2 // 3])
    found = verify(held)
    assert named(found) == {("damaged", second)}
    assert found.unrecorded["landing"] == 1


def test_a_damaged_landing_file_makes_no_documents_and_is_named(held: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGBAO_STORE", held.url)
    first, *_ = held.list("landing/")
    body = held.get(first)
    overwrite(held, first, body[: len(body) * 2 // 3])
    with pytest.raises(Damaged, match=first):
        processing.process_landing(first, "again")


def test_what_can_be_made_again_is_repaired_and_the_rest_is_named(held: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_WRITING", timedelta())
    before = Corpus.open(held).documents(every=True).select("doc_id", "text").sort("doc_id").collect()
    plain = {key: held.get(key) for key in held.list("nightly/")}
    staged = next(held.list("staged/"))
    landed = next(held.list("landing/"))
    hurt = next(file for file in Corpus.open(held).table.files())
    log = fetches.table(held).files()[0].path
    for key in (next(key for key in plain if key.endswith(".zst")), staged, landed, f"corpus/{hurt.path}"):
        overwrite(held, key, held.get(key)[:-40])
    held.delete(next(key for key in plain if key.endswith(".json")))
    held.delete(f"fetches/{log}")
    overwrite(held, "corpus/month=2026-01/backup.tmp", b"x")
    done = repair(held, verify(held).faults)
    assert {(fault.what, fault.key) for fault in done.beyond} == {
        ("damaged", landed), ("foreign", "corpus/month=2026-01/backup.tmp"),
    }  # fmt: skip
    assert done.republish
    assert named(verify(held)) == {(fault.what, fault.key) for fault in done.beyond}
    for key, body in plain.items():
        if key.endswith(".zst"):
            assert sorted(staging.unpack_text(held.get(key)).splitlines()) == sorted(
                staging.unpack_text(body).splitlines()
            )
    left = Corpus.open(held).documents(every=True).collect().height
    assert left == before.height - hurt.rows


def test_every_table_has_its_commits_recorded(held: Store) -> None:
    known = digests.recorded(held)
    for name, table in (("corpus", Corpus.open(held).table), ("fetches", fetches.table(held))):
        assert {f"{name}/{file.path}" for file in table.files()} <= known.keys()
