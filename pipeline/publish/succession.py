"""Documents that leave the corpus in, the rows of their reposts out: the earliest that stands is canonical now.

Readers read canonical documents that stand: a repost of a page that is gone would be an article that is lost to them.
"""

from collections.abc import Collection, Iterable

import polars as pl

from pipeline.corpus.corpus import Corpus
from pipeline.store.schema import Row


def heirs(corpus: Corpus, leaving: Collection[str], written: Iterable[Row] = ()) -> list[Row]:
    """The reposts of each of these documents as they are from now on, save those that leave too.

    `written` are the rows that the same commit writes: they count instead of what the corpus holds of them.
    """
    if not leaving:
        return []
    told = {row["doc_id"]: row for row in written}
    reposts = pl.col("canonical_id").is_in(list(leaving)) & ~pl.col("doc_id").is_in([*leaving, *told])
    found = corpus.scan().filter(reposts).collect(engine="streaming").to_dicts()
    found += [row for id_, row in told.items() if row["canonical_id"] in leaving and id_ not in leaving]
    clusters: dict[str, list[Row]] = {}
    for row in sorted(found, key=lambda row: (bool(row["withdrawn_at"]), row["first_fetched_at"], row["doc_id"])):
        clusters.setdefault(row["canonical_id"], []).append(row)
    return [_of(row, cluster[0]) for cluster in clusters.values() for row in cluster]


def _of(row: Row, heir: Row) -> Row:
    quoted: Row = {"cut": [], "added": []}  # they quoted the text that left
    if row is heir:
        return row | quoted | {"canonical_id": None, "similarity": None, "kind": "original"}
    return row | quoted | {"canonical_id": heir["doc_id"]}
