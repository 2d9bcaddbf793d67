"""What a crawl must know of earlier nights: each article's last visit counts, under the address that was listed."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.urls import doc_id, key64
from pipeline.store import fetches, schema
from pipeline.store.s3 import Store
from pipeline.store.tables import Table

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
SCHEMA = schema.arrow(schema.FETCHES)


def visit(number: int, asked: str, landed: str = "", **more: object) -> dict[str, object]:
    key = int.from_bytes(key64(asked).to_bytes(8), signed=True)
    row = {"doc_id": doc_id(landed or asked), "key64": key, "kind": "article", "source_id": "a1", "visits": number}
    return row | {"url": landed or asked, "requested_url": asked, "fetched_at": NOW - timedelta(days=9 - number)} | more


def test_an_article_is_due_by_its_last_visit_and_under_its_listed_address(store: Store) -> None:
    listed, moved = "http://a.example/old/1.html", "http://a.example/new/1.html"
    rows = [
        visit(1, listed, moved, next_visit=NOW - timedelta(days=7)),
        visit(2, listed, moved, next_visit=NOW - timedelta(days=1), etag='"2"'),
        visit(1, "http://a.example/2.html", next_visit=NOW - timedelta(days=7)),
        visit(2, "http://a.example/2.html", next_visit=None),
        visit(1, "http://a.example/3.html", next_visit=NOW + timedelta(days=1)),
        visit(1, "http://a.example/5.html", next_visit=NOW + timedelta(minutes=40)),  # seen late in the night before
        visit(1, "http://a.example/list/", kind="listing", etag='"l"', requested_url=None),
    ]
    table = Table.open(store, "fetches", SCHEMA, partition_by="source_id", description="")
    table.append(pa.Table.from_pylist(rows, schema=SCHEMA), "r1")
    seen = fetches.seen(store, "a1", NOW)
    late = ("http://a.example/5.html", 1, "")
    assert [(due.url, due.visits, due.validators.etag) for due in seen.due] == [(listed, 2, '"2"'), late]
    assert [seen.knows(f"http://a.example/{name}") for name in ("old/1.html", "2.html", "3.html", "4.html")] == [True, True, True, False]  # fmt: skip
    assert not seen.knows("http://a.example/list/")
    assert seen.listings["http://a.example/list/"].etag == '"l"'
    assert fetches.seen(store, "other", NOW).due == ()
    assert fetches.led_to(store, [listed, "http://a.example/none.html"]) == {listed: doc_id(moved)}


VISITS = st.lists(
    st.tuples(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), st.integers(0, 9), st.integers(0, 9))
)


@given(VISITS, st.integers(0, 9))
def test_the_last_visits_are_those_that_a_plain_loop_finds(visits: list[tuple[int, int, int]], by: int) -> None:
    last: dict[int, tuple[int, int]] = {}
    for key, at, again in visits:
        if key not in last or at >= last[key][0]:
            last[key] = (at, again)
    columns = (np.array([visit[column] for visit in visits], np.int64) for column in range(3))
    keys, due = fetches._last_visits(*columns, by)
    assert keys.tolist() == sorted(key % 2**64 for key in last)
    assert due.tolist() == sorted(key % 2**64 for key, (_, again) in last.items() if again <= by)
