"""The law of the change feed: whatever the order of polls, commits, kills and publications, each change is told exactly once."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.corpus.corpus import Corpus
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import document, night, prose

STEPS = st.lists(
    st.sampled_from(["publish", "relink", "poll", "poll and commit", "poll and die"]), min_size=3, max_size=9
)


@pytest.mark.usefixtures("s3")
@given(steps=STEPS)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_each_change_is_told_exactly_once(steps: list[str]) -> None:
    store = Store.open(f"s3://gongbao/{uuid4().hex}")
    done, published = dict[str, list[str]](), 0
    night(store, "run0", [document(0, prose(0))])
    with TemporaryDirectory() as folder:
        for number, step in enumerate(
            [*steps, "poll and commit", "publish", "poll and commit", "poll", "poll and commit"], 1
        ):
            _step(store, Path(folder) / "my.cursor", step, number, done)
            published += step == "publish"
    told = [title for titles in done.values() for title in titles]
    assert len(told) == len(set(told)) == published + 1


def _step(store: Store, cursor: Path, step: str, number: int, done: dict[str, list[str]]) -> None:
    """`done`: what a reader keeps of each range, under its name, so that what is told again replaces itself."""
    if step == "publish":
        night(store, f"run{number}", [document(number, prose(number))])
    elif step == "relink":  # a commit that tells readers nothing
        rows = [row | {"rules_version": str(number)} for row in Corpus.open(store).scan().collect().to_dicts()]
        Corpus.open(store).commit(rows, f"run{number}", {})
    else:
        changes = Corpus.open(store).changes(cursor=cursor)
        titles = [change.document["title"] for change in changes]
        if step != "poll and die":
            done[changes.id] = titles
        if step == "poll and commit":
            changes.commit()


def test_an_empty_poll_does_not_hold_the_cursor(store: Store, tmp_path: Path) -> None:
    night(store, "run0", [document(0, prose(0))])
    list(changes := Corpus.open(store).changes(cursor=tmp_path / "my"))
    changes.commit()
    assert list(Corpus.open(store).changes(cursor=tmp_path / "my")) == []
    night(store, "run1", [document(1, prose(1))])
    told = Corpus.open(store).changes(cursor=tmp_path / "my")
    assert (told.since, told.until, [change.what for change in told]) == (1, 2, ["added"])
    assert Corpus.open(store).changes(cursor=tmp_path / "my").id == told.id
