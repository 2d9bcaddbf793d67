"""A document in, the whole store without its text out, a tombstone that keeps it out, and the proof.

The tombstone is the document's own row: whoever publishes reads it in the snapshot that its commit is made against, so
no night can bring the text back. `forgotten/DOC_ID.json` says the same to those who process landing files, and why.
Only the text at this address goes: listings that name it, and exports that readers made, are theirs and not ours.
"""

import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import zstandard

from pipeline import fetches, landing, nightly_files, redacting, schema, urls
from pipeline.corpus import Corpus
from pipeline.models import Page, Place, Reason, Rejected
from pipeline.snapshot import INDEXED
from pipeline.staging import month_of
from pipeline.store import Store
from pipeline.tables import Conflict

Row = dict[str, Any]
_FOLDER = "forgotten/"
_TOLD_BY_LOG = {name.split(".")[0] for name in INDEXED}
_LISTS = {"attachments", "removed", "evidence", "shingle_keys", "near_ids", "cut", "added"}  # empty, not null, in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One place that held the text or might have: what was looked at, what was rewritten, what still holds it."""

    place: str
    looked_at: int
    rewritten: int
    left: int

    def text(self) -> str:
        """In a line."""
        state = "nothing of it is left" if not self.left else f"{self.left} STILL HOLD IT"
        return f"{self.place}: {self.looked_at} looked at, {self.rewritten} rewritten, {state}"


def forgotten(store: Store) -> frozenset[str]:
    """The ids of all documents that are forgotten."""
    return frozenset(key.removeprefix(_FOLDER).removesuffix(".json") for key in store.list(_FOLDER))


def same_texts(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    """The other documents of these documents' clusters: reposts, or what these are reposts of."""
    roots = {row["canonical_id"] or row["doc_id"] for row in corpus.of_ids(ids, ["doc_id", "canonical_id"]).to_dicts()}
    known = pl.col("doc_id").is_in(list(roots)) | pl.col("canonical_id").is_in(list(roots))
    found = corpus.scan().filter(known & pl.col("forgotten_at").is_null()).select("doc_id").collect()["doc_id"]
    return sorted(set(found) - set(ids))


def forget(store: Store, ids: Sequence[str], reason: str, run_id: str, now: datetime) -> list[Proof]:
    """Take these documents out of everything under `store`; done twice it is done once. The proof, place by place.

    What readers of the change feed and of the plain files are told is that they were withdrawn, because forgotten.
    """
    for id_ in ids:
        told = {"doc_id": id_, "reason": reason, "at": now.isoformat(), "run_id": run_id}
        store.put(f"{_FOLDER}{id_}.json", json.dumps(told, ensure_ascii=False).encode(), only_new=True)
    places = list(_places(store, ids))  # before what names them is rewritten
    while not _bury(Corpus.open(store), ids, run_id, now):
        pass
    for id_ in ids:
        fetches.forget(store, id_, f"{run_id}-{id_}", now)
    nightly_files.write_missing(store, last=60)
    return [
        _in_tables(store, "corpus/", ids),
        _in_log(store),
        _in_tables(store, "staged/", ids),
        _in_landing(store, places),
        _in_nightly(store, ids),
    ]


def _bury(corpus: Corpus, ids: Sequence[str], run_id: str, now: datetime) -> bool:
    """One try to put the tombstones and to give their reposts another canonical document; False if someone committed."""
    held = {row["doc_id"]: row for row in corpus.of_ids(list(ids)).to_dicts()}
    rows = [
        _tombstone(held.get(id_) or _unknown(id_, now), run_id, now)
        for id_ in ids
        if not (held.get(id_) or {}).get("forgotten_at")
    ]
    rows += [row | {"run_id": run_id} for id_ in ids for row in _heirs(corpus, id_, ids)]
    if not rows:
        return True
    try:
        corpus.commit(rows, run_id, {"kind": "forget"}, only_new=False)
    except Conflict:
        return False
    return True


def _tombstone(row: Row, run_id: str, now: datetime) -> Row:
    kept = {name: value for name, value in row.items() if name in redacting.KEPT}
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


def _heirs(corpus: Corpus, id_: str, ids: Sequence[str]) -> list[Row]:
    """The reposts of a canonical document, the earliest of them canonical now, the others its reposts."""
    found = corpus.scan().filter((pl.col("canonical_id") == id_) & ~pl.col("doc_id").is_in(list(ids))).collect()
    rows = sorted(found.to_dicts(), key=lambda row: (bool(row["withdrawn_at"]), row["first_fetched_at"], row["doc_id"]))
    for number, row in enumerate(rows):
        row |= {"cut": [], "added": []}  # they quoted the text
        row |= (
            {"canonical_id": rows[0]["doc_id"]}
            if number
            else {"canonical_id": None, "similarity": None, "kind": "original"}
        )
    return rows


def _in_tables(store: Store, prefix: str, ids: Sequence[str]) -> Proof:
    """Every Parquet file: those of old versions, of the change feed, and what a refused commit left behind."""
    keys = [key for key in store.list(prefix) if key.endswith(".parquet") and "/_delta_log/" not in key]
    rewritten = left = 0
    for key in keys:
        data = store.get(key)
        if not _says(data, ids):
            continue
        store.put(key, redacting.parquet(data, lambda rows: _blanked(rows, ids), same_size=prefix == "corpus/"))
        store.drop_old_versions(key)
        rewritten += 1
        left += _says(store.get(key), ids)
    return Proof(place=prefix, looked_at=len(keys), rewritten=rewritten, left=left)


def _blanked(rows: pl.DataFrame, ids: Sequence[str]) -> pl.DataFrame:
    rows = redacting.blank(rows, ids)
    if "outcome" not in rows.columns:
        return rows
    told = pl.col("doc_id").is_in(list(ids)) & (pl.col("outcome") == "document")
    said = {"reason": "forgotten", "outcome": "rejected"}
    return rows.with_columns(
        pl.when(told).then(pl.lit(what)).otherwise(pl.col(name)).alias(name) for name, what in said.items()
    )


def _says(data: bytes, ids: Sequence[str]) -> bool:
    """Whether a Parquet file holds anything of what these documents said."""
    names = pl.read_parquet_schema(io.BytesIO(data))
    few: list[str] = [name for name in ("doc_id", "canonical_id") if name in names]
    if "doc_id" not in few:
        return False
    own = pl.read_parquet(io.BytesIO(data), columns=few)
    mine = own["doc_id"].is_in(list(ids))
    quoting = own["canonical_id"].is_in(list(ids)).fill_null(False) if "canonical_id" in few else mine & False
    if not (mine.any() or quoting.any()):
        return False
    rows = pl.read_parquet(io.BytesIO(data))
    said = [_filled(rows.filter(mine), name) for name in rows.columns if name not in redacting.KEPT]
    quoted = [_filled(rows.filter(quoting), "cut")] if "cut" in rows.columns else []
    return any(said) or any(quoted)


def _filled(rows: pl.DataFrame, name: str) -> bool:
    column = rows[name].drop_nulls()
    if isinstance(column.dtype, pl.List):
        return bool((column.list.len() > 0).any())
    if column.dtype == pl.String:
        return bool((column != "").any())
    return isinstance(column.dtype, pl.Struct) and not column.is_empty() and any(any(row.values()) for row in column)


def _in_log(store: Store) -> Proof:
    """Least and greatest values of texts, which an older release let into the log of the table."""
    keys = [key for key in store.list("corpus/_delta_log/") if key.endswith(".json") and key[-6:-5].isdigit()]
    rewritten = 0
    for key in keys:
        lines = store.get(key).decode().splitlines()
        clean = [_without_values(line) for line in lines]
        if clean != lines:
            store.put(key, "\n".join(clean).encode())
            store.drop_old_versions(key)
            rewritten += 1
    return Proof(place="corpus/_delta_log/", looked_at=len(keys), rewritten=rewritten, left=0)


def _without_values(line: str) -> str:
    action = json.loads(line)
    stats = json.loads((action.get("add") or {}).get("stats") or "{}")
    found = False
    for ends in ("minValues", "maxValues"):
        for name in set(stats.get(ends) or {}) - _TOLD_BY_LOG:
            found |= stats[ends].pop(name) not in (None, {}, "")
    if not found:
        return line
    action["add"]["stats"] = json.dumps(stats, ensure_ascii=False)
    return json.dumps(action, ensure_ascii=False)


def _places(store: Store, ids: Sequence[str]) -> Iterator[Place]:
    """Every record that a visit of these documents left in the landing: of published runs, and of runs that broke off."""
    seen: set[tuple[str, int]] = set()
    for id_ in ids:
        seen |= {
            (row["landing"]["key"], row["landing"]["offset"]) for row in fetches.story(store, id_) if row["landing"]
        }
    for key in store.list("staged/"):
        rows = pl.read_parquet(io.BytesIO(store.get(key)), columns=["doc_id", "landing"])
        rows = rows.filter(pl.col("doc_id").is_in(list(ids)) & pl.col("landing").is_not_null())
        seen |= {(place["key"], place["offset"]) for place in rows["landing"]}
    return (Place(key=key, offset=offset) for key, offset in sorted(seen))


def _in_landing(store: Store, places: Sequence[Place]) -> Proof:
    rewritten = left = 0
    for key in sorted({place.key for place in places}):
        offsets = {place.offset for place in places if place.key == key}
        rewritten += redact_landing(store, key, offsets)
        told = {page.place.offset for page in landing.read(store.get(key), key) if page.place}
        left += len(told & offsets)
    return Proof(place="landing/", looked_at=len(places), rewritten=rewritten, left=left)


def refused(page: Page, rules_version: str) -> Rejected:
    """The outcome of a page that is forgotten: nothing of it is looked at."""
    return Rejected(
        doc_id=urls.doc_id(page.url), url=page.url, source_id=page.source_id, reason=Reason.FORGOTTEN, detail="",
        fetched_at=page.fetched_at, place=page.place, rules_version=rules_version,
    )  # fmt: skip


def redact_again(store: Store, key: str, ids: Collection[str]) -> None:
    """Take out of a landing file what was fetched of forgotten documents since they were forgotten."""
    pages = landing.read(store.get(key), key)
    redact_landing(store, key, {page.place.offset for page in pages if page.place and urls.doc_id(page.url) in ids})


def redact_landing(store: Store, key: str, offsets: set[int]) -> int:
    """Take articles out of one landing file; 1 if that changed it, 0 if they were out."""
    data = store.find(key)
    clean = redacting.landing(data, offsets) if data else data
    if not clean or clean == data:
        return 0
    store.put(key, clean)
    store.drop_old_versions(key)
    return 1


def _in_nightly(store: Store, ids: Sequence[str]) -> Proof:
    keys = [key for key in store.list("nightly/") if key.endswith(".jsonl.zst")]
    rewritten = left = 0
    for key in keys:
        lines = zstandard.ZstdDecompressor().stream_reader(store.get(key)).read().splitlines()
        rows = [json.loads(line) if any(id_.encode() in line for id_ in ids) else None for line in lines]
        clean = [line if row is None else _unsaid(row, line, ids) for row, line in zip(rows, lines, strict=True)]
        if clean != lines:
            nightly_files.rewrite(store, key, b"".join(line + b"\n" for line in clean))
            rewritten += 1
            again = zstandard.ZstdDecompressor().stream_reader(store.get(key)).read().splitlines()
            left += any(_unsaid(json.loads(line), line, ids) != line for line in again)
    return Proof(place="nightly/", looked_at=len(keys), rewritten=rewritten, left=left)


def _unsaid(row: Row, line: bytes, ids: Sequence[str]) -> bytes:
    """A line without what these documents said; the same bytes if it says nothing of it."""
    told = dict(row)
    if row["doc_id"] in ids:
        told |= {name: None for name in row if name not in redacting.KEPT and name not in ("change", "why")}
    if row.get("canonical_id") in ids:
        told |= {"cut": None}
    return line if told == row else json.dumps(told, ensure_ascii=False).encode()
