"""A document in, its tombstone in the corpus out: its own row without what it said.

Whoever publishes reads that row in the snapshot that its commit is made against, so no night can bring the text back.
`forgotten/DOC_ID.json` says the same to those who process landing files, and why.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

import polars as pl

from pipeline.core import urls
from pipeline.core.models import Page, Reason, Rejected
from pipeline.corpus.corpus import Corpus
from pipeline.publish.succession import heirs
from pipeline.store import keys, schema
from pipeline.store.s3 import Store
from pipeline.store.schema import Row
from pipeline.store.staging import month_of
from pipeline.store.tables import Conflict
from pipeline.upkeep import redact

_LISTS = {"attachments", "removed", "evidence", "shingle_keys", "near_ids", "cut", "added"}  # empty, not null, in a row


def forgotten(store: Store) -> frozenset[str]:
    """The ids of all documents that are forgotten."""
    return frozenset(key.removeprefix(keys.FORGOTTEN).removesuffix(".json") for key in store.list(keys.FORGOTTEN))


def refused(page: Page, rules_version: str) -> Rejected:
    """The outcome of a page that is forgotten: nothing of it is looked at."""
    return Rejected(
        doc_id=urls.doc_id(page.url), url=page.url, source_id=page.source_id, reason=Reason.FORGOTTEN, detail="",
        fetched_at=page.fetched_at, place=page.place, rules_version=rules_version,
        parent_id=urls.doc_id(page.parent_url) if page.parent_url else "",
    )  # fmt: skip


def same_texts(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    """The other documents of these documents' clusters: reposts, or what these are reposts of."""
    roots = {row["canonical_id"] or row["doc_id"] for row in corpus.of_ids(ids, ["doc_id", "canonical_id"]).to_dicts()}
    known = pl.col("doc_id").is_in(list(roots)) | pl.col("canonical_id").is_in(list(roots))
    found = corpus.scan().filter(known & pl.col("forgotten_at").is_null()).select("doc_id").collect()["doc_id"]
    return sorted(set(found) - set(ids))


def files_of(corpus: Corpus, ids: Collection[str]) -> set[str]:
    """The files that these articles name and that lie in the corpus."""
    found = corpus.scan().filter(pl.col("parent_id").is_in(list(ids))).select("doc_id").collect(engine="streaming")
    return set(found["doc_id"])


def announce(store: Store, ids: Sequence[str], reason: str, run_id: str, now: datetime) -> None:
    """Tell those who process landing files; what was told before stays."""
    for id_ in ids:
        told = {"doc_id": id_, "reason": reason, "at": now.isoformat(), "run_id": run_id}
        store.put(f"{keys.FORGOTTEN}{id_}.json", json.dumps(told, ensure_ascii=False).encode(), only_new=True)


def bury(store: Store, ids: Sequence[str], run_id: str, now: datetime) -> None:
    """Put the tombstones, and give the reposts of these documents another canonical one; in one commit."""
    while True:
        corpus = Corpus.open(store)
        held = {row["doc_id"]: row for row in corpus.of_ids(ids).to_dicts()}
        standing = [id_ for id_ in ids if not (held.get(id_) or {}).get("forgotten_at")]
        rows = [_tombstone(held.get(id_) or _unknown(id_, now), run_id, now) for id_ in standing]
        rows += [row | {"run_id": run_id} for row in heirs(corpus, ids)]
        if not rows:
            return
        try:
            corpus.commit(rows, run_id, {"kind": "forget"})
        except Conflict:
            continue
        return


def _tombstone(row: Row, run_id: str, now: datetime) -> Row:
    kept = {name: value for name, value in row.items() if name in redact.KEPT}
    nothing: Row = {
        column.name: [] if column.name in _LISTS else None for column in schema.CORPUS if column.name not in kept
    }
    gone = {"withdrawn_at": row["withdrawn_at"] or now, "withdrawn_because": "forgotten", "forgotten_at": now}
    return nothing | kept | gone | {"title": "", "text": "", "canonical_id": None, "similarity": None, "run_id": run_id}


def _unknown(id_: str, now: datetime) -> Row:
    """The row of a document that the corpus never had; nobody shall bring it there."""
    known = dict.fromkeys((column.name for column in schema.CORPUS), None)
    return known | {
        "doc_id": id_,
        "month": month_of(None, now),
        "first_fetched_at": now,
        "fetched_at": now,
        "revision": 0,
    }
