"""The change feed: added, revised and withdrawn, each once, whatever else moves in the table and whoever is killed."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError, StoreError
from pipeline.corpus import nightly_files
from pipeline.corpus.changes import Changes
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.cursors import Cursor, slowest
from pipeline.corpus.snapshot import INDEXED, ORDER
from pipeline.store import schema
from pipeline.store.s3 import Store
from pipeline.store.tables import HistoryGone
from pipeline.upkeep import compaction
from tests.makers.corpus_nights import NIGHT, document, gone, night, prose
from tests.makers.corpus_versions import DAYS, truth, vacuumed


def told(changes: Changes) -> dict[str, tuple[str, str]]:
    """What each document's change is, by the number of its page."""
    return {change.document["url"].rsplit("_", 1)[1].split(".")[0]: (change.what, change.why) for change in changes}


def apply(held: dict[str, str], changes: Changes) -> dict[str, str]:
    """A reader that keeps a copy; it fails on what is told twice."""
    held = dict(held)
    for change in changes:
        if change.what == "withdrawn":
            del held[change.doc_id]
        else:
            assert (change.doc_id in held) == (change.what == "revised")
            held[change.doc_id] = change.document["text"]
    return held


def test_each_night_tells_what_it_added_revised_and_withdrew(store: Store) -> None:
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    night(
        store,
        "run2",
        [document(1, prose(1) + "\n" + prose(8), at=DAYS[1]), document(3, prose(3), at=DAYS[1])],
        at=DAYS[1],
    )
    night(store, "run3", [gone(2, DAYS[2])], at=DAYS[2])
    night(store, "run4", [document(2, prose(2), at=DAYS[3])], at=DAYS[3])
    corpus = Corpus.open(store)
    assert told(Changes(Corpus.open(store, 1), 0, 1)) == {"1": ("added", ""), "2": ("added", "")}
    assert told(Changes(Corpus.open(store, 2), 1, 2)) == {"1": ("revised", ""), "3": ("added", "")}
    assert told(Changes(Corpus.open(store, 3), 2, 3)) == {"2": ("withdrawn", "gone")}
    assert told(Changes(corpus, 3, 4)) == {"2": ("added", "restored")}
    assert told(corpus.changes(1)) == {"1": ("revised", ""), "3": ("added", "")}  # net: 2 went and came back
    assert corpus.changes(DAYS[50] + timedelta(days=9999)).counts() == {"added": 0, "revised": 0, "withdrawn": 0}
    with pytest.raises(ConfigError, match="versions 0 to 4"):
        corpus.changes(5)


def test_compaction_and_moves_within_a_cluster_are_no_revisions(store: Store) -> None:
    night(store, "run1", [document(1, prose(1)), document(4, prose(4))])
    night(store, "run2", [document(2, prose(2), at=DAYS[1])], at=DAYS[1])
    before = Corpus.open(store).version
    rows = Corpus.open(store).scan().collect().to_dicts()
    relinked = [row | {"near_ids": ["x"], "rules_version": "2"} for row in rows]
    Corpus.open(store).commit(relinked, "relink", {})
    table = Corpus.open(store).table
    compaction.compact(table, ORDER)
    compaction.checkpoint(table)
    corpus = Corpus.open(store)
    assert corpus.version > before + 1 or len(corpus.files()) == 1
    assert list(corpus.changes(before)) == []


def test_a_canonical_document_that_becomes_a_repost_is_withdrawn_to_readers_of_canonical_ones_alone(
    store: Store,
) -> None:
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    rows = {row["url"]: row for row in Corpus.open(store).scan().collect().to_dicts()}
    first, second = rows.values()
    Corpus.open(store).commit([second | {"canonical_id": first["doc_id"], "kind": "repost"}], "link", {})
    change = next(iter(Corpus.open(store).changes(1)))
    assert (change.what, change.why, change.document["canonical_id"]) == ("withdrawn", "repost", first["doc_id"])
    assert [each.what for each in Corpus.open(store).changes(1, every=True)] == ["revised"]


def test_the_cursor_moves_when_the_reader_says_so_and_not_before(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "cursor"
    night(store, "run1", [document(1, prose(1))])
    first = Corpus.open(store).changes(cursor=file)
    night(store, "run2", [document(2, prose(2), at=DAYS[1])], at=DAYS[1])
    again = Corpus.open(store).changes(cursor=file)
    assert (first.id, again.id) == ("0-1", "0-1")
    assert told(again) == {"1": ("added", "")}
    again.commit()
    third = Corpus.open(store).changes(cursor=file)
    assert (third.id, told(third)) == ("1-2", {"2": ("added", "")})
    third.commit()
    assert list(Corpus.open(store).changes(cursor=file)) == []
    with pytest.raises(ConfigError, match="knows where it stands"):
        Corpus.open(store).changes(1, cursor=file)
    with pytest.raises(ConfigError, match="canonical documents"):
        Corpus.open(store).changes(cursor=file, every=True)


def test_a_slow_reader_is_known_to_the_store(store: Store, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        night(store, f"run{number}", [document(number, prose(number), at=DAYS[number])], at=DAYS[number])
        Corpus.open(store).changes(cursor=tmp_path / f"cursor{number}").commit()
    assert slowest(store, DAYS[0]) == 1
    assert slowest(store, NIGHT.replace(year=9999)) is None
    for number, body in enumerate((b"{", b"[]", b'{"version": "0"}', b"{}", b"\xff")):
        store.put(f"cursors/junk{number}.json", body)
    assert slowest(store, DAYS[0]) == 1


class Killed(Exception):
    """Stands for SIGKILL at a place of the reader's code."""


def random_night(store: Store, rng: random.Random, number: int, pages: dict[int, int]) -> None:
    """New, changed, gone and returned pages, and reposts of others."""
    at, outcomes = DAYS[number], []
    for page in rng.sample(range(30), 5):
        if page in pages and rng.random() < 0.3:
            outcomes.append(gone(page, at))
        elif rng.random() < 0.2 and pages:
            outcomes.append(document(page, prose(pages[rng.choice(sorted(pages))]) + "\n（本网编辑整理）", at=at))
            pages.setdefault(page, 1000 + page)
        else:
            pages[page] = rng.randrange(10_000)
            outcomes.append(document(page, prose(pages[page]), at=at))
    night(store, f"run{number:03}", outcomes, at=at)


@pytest.mark.parametrize("every", [False, True])
def test_a_reader_that_is_killed_at_random_ends_with_exactly_the_corpus(
    store: Store, tmp_path: Path, every: bool
) -> None:
    rng, pages = random.Random(4), {}
    held: dict[str, str] = {}
    file = tmp_path / "cursor"
    done: set[str] = set()
    kills = 0
    for number in range(14):
        random_night(store, rng, number, pages)
        if number % 5 == 4:
            table = Corpus.open(store).table
            compaction.document(table, schema.arrow(schema.CORPUS), INDEXED)
            compaction.compact(table, ORDER)
            compaction.checkpoint(table)
        dies_at = rng.randrange(6)
        changes = Corpus.open(store).changes(cursor=file, every=every)
        if changes.id not in done:  # what it did is kept with the name of the range, in one write
            after = apply(held, changes)
            if dies_at == 1:
                kills += 1
                continue
            held = after
            done.add(changes.id)
        if dies_at == 2:
            kills += 1
            continue
        changes.commit()
    for _ in range(2):
        changes = Corpus.open(store).changes(cursor=file, every=every)
        if changes.id not in done:
            held = apply(held, changes)
            done.add(changes.id)
        changes.commit()
    assert kills
    assert held == truth(store, every=every)


def test_a_cursor_file_is_written_whole_or_not_at_all(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cursor"
    cursor = Cursor.begin(store, 3, every=False)
    cursor.write(file)
    torn: Callable[..., None] = lambda *_: (_ for _ in ()).throw(Killed())  # noqa: E731
    monkeypatch.setattr("pipeline.corpus.cursors.os.fsync", torn)
    with pytest.raises(Killed):
        cursor.offering(9).write(file)
    assert Cursor.read(file, store, every=False) == cursor


def test_a_date_before_the_corpus_is_its_beginning(store: Store) -> None:
    night(store, "run1", [document(1, prose(1))])
    assert Corpus.open(store).changes(NIGHT.replace(year=2001)).counts()["added"] == 1


def test_changes_whose_files_are_gone_are_told_as_such_and_what_cannot_be_read_is_not(store: Store) -> None:
    corpus = Corpus.open(vacuumed(store))
    for since in (1, 2):
        with pytest.raises(HistoryGone, match=f"history after version {since} is no longer kept"):
            corpus.changes(since).counts()
    with pytest.raises(HistoryGone, match="version 2 is no longer kept"):
        Corpus.open(store, 2).changes().counts()
    assert corpus.changes().counts()["added"] == 3
    night(store, "run4", [document(4, prose(4), at=DAYS[3])], at=DAYS[3])
    fresh = {Corpus.key_of(file) for file in Corpus.open(store).files()} - {corpus.key_of(f) for f in corpus.files()}
    store.put(fresh.pop(), b"not Parquet")
    with pytest.raises(StoreError):
        Corpus.open(store).changes(corpus.version).counts()


def test_nights_whose_history_is_gone_are_passed_over_and_the_others_get_their_plain_files(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    night(vacuumed(store), "run4", [document(4, prose(4), at=DAYS[3])], at=DAYS[3])
    assert [each.run_id for each in nightly_files.write_missing(store)] == ["run4"]
    assert [record.args[0] for record in caplog.records if record.args] == ["run1", "run2", "run3"]
    with pytest.raises(HistoryGone):
        nightly_files.write_missing(store, ["run2"])
