"""What the log of the table counts is what counting the rows gives."""

import random
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.corpus import Corpus, wanted
from pipeline.corpus.snapshot import INDEXED, UNREAD
from pipeline.store import schema
from pipeline.store.s3 import Store
from pipeline.store.staging import month_of
from pipeline.store.tables import DataFile
from pipeline.upkeep import compaction
from tests.makers.places import TESTS

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)
OLDER = sorted((TESTS / "fixtures" / "corpora").iterdir())


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans())))
def test_a_file_is_counted_by_its_log_only_where_that_cannot_be_wrong(rows: list[tuple[bool, bool, bool]]) -> None:
    nulls = dict(zip(UNREAD, (sum(not row[at] for row in rows) for at in range(3)), strict=True))
    told = wanted(DataFile(path="", size=0, rows=len(rows), partition="", nulls=nulls))
    if told is None:
        assert sum(0 < count < len(rows) for count in nulls.values()) > 1
    else:
        assert told == sum(not any(row) for row in rows)


def test_what_an_older_log_does_not_say_is_not_guessed() -> None:
    assert wanted(DataFile(path="", size=0, rows=3, partition="", nulls={"canonical_id": 3})) is None


def filled(store: Store, seed: int) -> Corpus:
    """Some commits of a few months with every mixture of reposts and withdrawals in their files."""
    chance = random.Random(seed)
    for number in range(6):
        at = BEGIN + timedelta(days=chance.choice((0, 31, 59)))
        shares = [chance.choice((0.0, 0.5, 1.0)) for _ in UNREAD]
        rows = [
            {
                "doc_id": f"{number}-{each}", "source_id": chance.choice("ab"), "lang": "zh-Hans", "text": "文",
                "month": month_of(at, at), "published_at": at, "first_fetched_at": at, "fetched_at": at,
                "canonical_id": "x" if chance.random() < shares[0] else None,
                "withdrawn_at": at if chance.random() < shares[1] else None,
                "parent_id": "y" if chance.random() < shares[2] else None,
            }
            for each in range(chance.randrange(1, 9))
        ]  # fmt: skip
        Corpus.open(store).commit(rows, f"run{number}", {}, months=())
    return Corpus.open(store)


def plainly(corpus: Corpus, by: str, **filters: object) -> list[tuple[str, int]]:
    rows = corpus.documents(**filters).collect()
    return sorted(rows.group_by(by).len().iter_rows())


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_rows_filtered_or_not(store: Store, seed: int) -> None:
    corpus = filled(store, seed)
    assert any(wanted(file) is not None for file in corpus.files())
    for every, attachments in product((False, True), repeat=2):
        for by in ("month", "source_id"):
            for filters in ({}, {"sources": ["a"]}, {"since": BEGIN + timedelta(days=20)}):
                counted = list(corpus.count(by, every=every, attachments=attachments, **filters).iter_rows())
                assert counted == plainly(corpus, by, every=every, attachments=attachments, **filters)


def test_nothing_is_counted_in_an_empty_corpus(store: Store) -> None:
    assert Corpus.open(store).count().schema == {"month": pl.String, "documents": pl.get_index_type()}


@pytest.mark.parametrize("folder", OLDER, ids=lambda folder: folder.name)
def test_an_older_table_is_counted_before_and_after_housekeeping(store: Store, folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            store.put(f"corpus/{path.relative_to(folder)}", path.read_bytes())
    for _ in range(2):
        corpus = Corpus.open(store)
        for every in (False, True):
            assert list(corpus.count(every=every).iter_rows()) == plainly(corpus, "month", every=every)
        compaction.document(corpus.table, schema.arrow(schema.CORPUS), INDEXED)
