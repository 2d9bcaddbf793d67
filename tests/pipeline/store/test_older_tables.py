"""Every release reads every older table: those under `tests/fixtures/corpora/` were written by earlier releases.

`python -m tests.fixtures.write_corpus NAME` writes another; that is to be done before the columns change.
"""

from datetime import timedelta

import pytest

from pipeline.corpus import diff, nightly_files
from pipeline.corpus.changes import Changes
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.snapshot import INDEXED, ORDER
from pipeline.store import schema
from pipeline.store.s3 import Store
from pipeline.upkeep import compaction
from tests.makers.corpus_nights import NIGHT, document, night, prose
from tests.makers.places import TESTS

CORPORA = sorted((TESTS / "fixtures" / "corpora").iterdir())


@pytest.fixture(params=CORPORA, ids=lambda folder: folder.name)
def older(request: pytest.FixtureRequest, store: Store) -> Store:
    """A store that holds the table of an earlier release."""
    for path in request.param.rglob("*"):
        if path.is_file():
            store.put(f"corpus/{path.relative_to(request.param)}", path.read_bytes())
    return store


def test_an_older_table_is_read_with_all_columns_of_today(older: Store) -> None:
    corpus = Corpus.open(older)
    rows = corpus.scan().collect()
    assert rows.columns == [column.name for column in schema.CORPUS]
    assert rows.height == 4
    assert {row["title"] for row in corpus.documents().collect().to_dicts()} == {"第1号新闻", "第4号新闻"}
    assert Corpus.open(older, 1).documents().collect().height == 2
    assert corpus.documents(latest=True).collect().height == 2


def test_the_changes_of_an_older_table_are_told(older: Store) -> None:
    assert Changes(Corpus.open(older, 2), 1, 2).counts() == {"added": 0, "revised": 1, "withdrawn": 0}
    assert Changes(Corpus.open(older, 3), 2, 3).counts() == {"added": 1, "revised": 0, "withdrawn": 1}
    assert diff.compare(Corpus.open(older, 1), Corpus.open(older)).counts() == {
        "added": 1,
        "changed": 0,
        "gone": 1,
    }
    assert [each.version for each in nightly_files.write_missing(older)] == [1, 2, 3]


def test_a_night_of_today_goes_into_an_older_table_and_rewriting_its_rows_is_no_revision(older: Store) -> None:
    before = Corpus.open(older).version
    at = NIGHT + timedelta(days=5)
    night(older, "today", [document(4, prose(4) + "\n" + prose(7), at=at), document(9, prose(9), at=at)], at=at)
    assert Changes(Corpus.open(older), before, before + 1).counts() == {"added": 1, "revised": 1, "withdrawn": 0}
    rows = Corpus.open(older).scan().collect().to_dicts()
    Corpus.open(older).commit([row | {"near_ids": ["x"]} for row in rows], "relinked", {})
    assert list(Corpus.open(older).changes(before + 1)) == []
    table = Corpus.open(older).table
    compaction.document(table, schema.arrow(schema.CORPUS), INDEXED)
    compaction.compact(table, ORDER)
    fresh = Corpus.open(older)
    assert fresh.table.comments() == {column.name: column.comment for column in schema.CORPUS}
    assert list(fresh.changes(before + 1)) == []
