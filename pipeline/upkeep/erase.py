"""Documents in, one kind of place in a store without what they said out, and the proof.

Only what was said at these addresses goes: other documents, and pages that link to one of these by its title, are
others' words. Everything is looked at by the ids of documents, so that who looks again later finds the same.
"""

import io
import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl
import zstandard

from pipeline.corpus import nightly_files
from pipeline.store import digests, keys
from pipeline.store.s3 import Store
from pipeline.upkeep import redact

_ITEM = re.compile(r"<li>(?:(?!</li>).)*</li>", re.S)


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


def in_tables(store: Store, place: str, ids: Sequence[str], *, same_size: bool) -> Proof:
    """Every Parquet file: those of old versions, of the change feed, and what a refused commit left behind."""

    def clean(key: str, data: bytes) -> bytes:
        if not _says(data, ids):
            return data
        return redact.parquet(data, lambda rows: redact.blank(rows, ids), same_size=same_size)

    files = [key for key in store.list(place) if key.endswith(".parquet") and "/_delta_log/" not in key]
    return _erased(store, place, files, clean)


def in_log(store: Store, table: str) -> Proof:
    """Least and greatest values of texts, which an older release let into the log of a table and its checkpoints."""

    def clean(key: str, data: bytes) -> bytes:
        return redact.checkpoint(data) if key.endswith(".parquet") else redact.log(data)

    place = f"{table}_delta_log/"
    commits = [key for key in store.list(place) if key.endswith((".json", ".parquet"))]
    return _erased(store, place, commits, clean)


def in_landing(
    store: Store,
    files: Iterable[str],
    ids: Collection[str],
    offsets: Collection[tuple[str, int]] = (),
    words: Collection[str] = (),
) -> Proof:
    """Articles of these ids, or at these places, with their further parts; listings that hold one of these words."""

    def clean(key: str, data: bytes) -> bytes:
        return redact.warc(data, ids, {offset for of, offset in offsets if of == key}, words)

    return _erased(store, keys.LANDING, sorted(files), clean)


def in_nightly(store: Store, ids: Sequence[str]) -> Proof:
    """The plain files of nights. A manifest that is not true of its file is put right: who erased before was stopped there."""

    def clean(_: str, data: bytes) -> bytes:
        lines = zstandard.ZstdDecompressor().stream_reader(data).read().splitlines(keepends=True)
        found = [_unsaid(line, ids) for line in lines]
        return data if found == lines else nightly_files.pack(b"".join(found))

    plain = [key for key in store.list(keys.NIGHTLY) if key.endswith(".zst")]
    proof = _erased(store, keys.NIGHTLY, plain, clean, nightly_files.rewrite)
    for key in plain:
        nightly_files.attest(store, key)
    return proof


def in_reports(store: Store, ids: Sequence[str]) -> Proof:
    """Titles in reports of runs (the documents to look at), and in what backfills answered."""

    def clean(key: str, data: bytes) -> bytes:
        if key.endswith(".html"):
            return _ITEM.sub(lambda item: _unlisted(item[0], ids), data.decode()).encode()
        return b"".join(_unanswered(line, ids) for line in data.splitlines(keepends=True))

    pages = [key for key in store.list(keys.RUNS) if key.endswith((".html", ".jsonl"))]
    return _erased(store, keys.RUNS, pages, clean)


def _erased(
    store: Store,
    place: str,
    files: Sequence[str],
    clean: Callable[[str, bytes], bytes],
    put: Callable[[Store, str, bytes], object] = Store.put,
) -> Proof:
    rewritten = left = 0
    for key in files:
        data = store.find(key)
        try:
            cleaned = clean(key, data) if data else data
        except redact.Unredactable as error:
            raise redact.Unredactable(f"{store.url_of(key)}: {error}") from error
        if not cleaned or cleaned == data:
            continue
        put(store, key, cleaned)
        if place not in (keys.NIGHTLY, keys.RUNS):
            digests.record(store, key, digests.of(cleaned))
        store.drop_old_versions(key)
        rewritten += 1
        now = store.get(key)
        left += clean(key, now) != now
    return Proof(place=place, looked_at=len(files), rewritten=rewritten, left=left)


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
    said = [_filled(rows.filter(mine), name) for name in rows.columns if name not in redact.KEPT]
    quoted = [_filled(rows.filter(quoting), "cut")] if "cut" in rows.columns else []
    return any(said) or any(quoted)


def _filled(rows: pl.DataFrame, name: str) -> bool:
    column = rows[name].drop_nulls()
    if isinstance(column.dtype, pl.List):
        return bool((column.list.len() > 0).any())
    if column.dtype == pl.String:
        return bool((column != "").any())
    return isinstance(column.dtype, pl.Struct) and not column.is_empty() and any(any(row.values()) for row in column)


def _unsaid(line: bytes, ids: Sequence[str]) -> bytes:
    """A line of a plain file without what these documents said; the same bytes if it says nothing of it."""
    if not any(id_.encode() in line for id_ in ids):
        return line
    row = json.loads(line)
    told = dict(row)
    if row["doc_id"] in ids:
        told |= {name: None for name in row if name not in redact.KEPT and name not in ("change", "why")}
    if row.get("canonical_id") in ids:
        told |= {"cut": None}
    return line if told == row else json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _unanswered(line: bytes, ids: Sequence[str]) -> bytes:
    """A line of a backfill's answers without the title."""
    if not any(id_.encode() in line for id_ in ids):
        return line
    row = json.loads(line)
    told = row | ({"title": "", "detail": ""} if row["doc_id"] in ids else {})
    return line if told == row else json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _unlisted(item: str, ids: Sequence[str]) -> str:
    """An item of a report's page without the title."""
    of = next((id_ for id_ in ids if id_ in item), "")
    return f"<li>forgotten<br><code>gongbao why {of}</code></li>" if of else item
