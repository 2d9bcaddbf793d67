"""A document in, the whole store without its text out, a tombstone that keeps it out, and the proof, place by place.

Exports that readers made, and copies of the store, are elsewhere; `backup` takes out of a copy what was forgotten since.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.store import fetches, keys
from pipeline.store.s3 import Store
from pipeline.upkeep import erase, tombstones
from pipeline.upkeep.erase import Proof

_LINES, _WORDS = 5, 24  # by the beginnings of so many lines a feed is known that holds the text


def forget(store: Store, ids: Sequence[str], reason: str, run_id: str, now: datetime) -> list[Proof]:
    """Take these documents out of everything under `store`; done twice, or stopped and done again, it is done once.

    What readers of the change feed and of the plain files are told is that they were withdrawn, because forgotten.
    """
    tombstones.announce(store, ids, reason, run_id, now)
    texts = _whole_texts(store, ids)
    landing = _in_landing(store, ids)  # first: by what the tables still tell its listings are known
    tombstones.bury(store, ids, run_id, now)
    for id_ in ids:
        fetches.forget(store, id_, f"{run_id}-{id_}", now)
    nightly_files.write_missing(store, last=60)
    for key in texts:
        store.delete(key)
        store.drop_old_versions(key)
    left = len(texts & set(store.list(keys.TEXTS)))
    return [landing, Proof(place=keys.TEXTS, looked_at=len(texts), rewritten=len(texts) - left, left=left),
            *in_derived(store, ids)]  # fmt: skip


def _whole_texts(store: Store, ids: Sequence[str]) -> set[str]:
    """The keys of these documents' whole texts, of long tables; an older release named them after what they say."""
    own = {key for id_ in ids for key in store.list(keys.texts(id_))}
    rows = Corpus.open(store).scan().filter(pl.col("full_text").is_not_null()).select("doc_id", "full_text")
    held = [(row["doc_id"] in ids, row["full_text"]["key"]) for row in rows.collect().iter_rows(named=True)]
    return own | {key for mine, key in held if mine} - {key for mine, key in held if not mine}


def _in_landing(store: Store, ids: Sequence[str]) -> Proof:
    """All landing files of the documents' sources, and those that no visit tells of: of crawls that broke off."""
    visits = fetches.table(store).scan().select("doc_id", "source_id", "landing", "listed_title").collect()
    mine = visits.filter(pl.col("doc_id").is_in(list(ids)))
    held = Corpus.open(store).of_ids(ids, ["source_id", "landing", "title", "text"])
    landed = [*mine["landing"].drop_nulls(), *held["landing"].drop_nulls()]
    folders = tuple(keys.landed(source_id) for source_id in {*mine["source_id"], *held["source_id"]})
    known = set(visits["landing"].struct.field("key"))
    files = {key for key in store.list(keys.LANDING) if key.startswith(folders) or key not in known}
    words = {*mine["listed_title"], *held["title"]} | {
        line[:_WORDS] for text in held["text"].drop_nulls() for line in text.split("\n")[:_LINES] if len(line) >= _WORDS
    }
    places = {(place["key"], place["offset"]) for place in landed}
    return erase.in_landing(store, files | {key for key, _ in places}, ids, places, {said for said in words if said})


def in_derived(store: Store, ids: Sequence[str]) -> Iterator[Proof]:
    """Take these documents out of all that was made of the landing."""
    for table in (keys.CORPUS, keys.FETCHES):
        yield erase.in_tables(store, table, ids, same_size=True)
        yield erase.in_log(store, table)
    yield erase.in_tables(store, keys.STAGED, ids, same_size=False)
    yield erase.in_nightly(store, ids)
    yield erase.in_reports(store, ids)
