"""Two snapshots in, what became of each document out: added, changed or gone, with the lines and fields that differ."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.core.models import LEARNED
from pipeline.corpus.beside import beside
from pipeline.corpus.corpus import Corpus
from pipeline.store import schema
from pipeline.store.schema import Row

_AT_ONCE = 500
_LONG = ("text", "text_as_published")  # told by their lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One document that is not the same. `lost` and `gained` are lines of its text, `fields` what else a reader reads."""

    what: str  # added, changed, gone
    why: str  # of one that is gone: gone, repost, forgotten, rejected:REASON, …
    doc_id: str
    url: str
    source_id: str
    title: str
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    fields: tuple[tuple[str, Any, Any], ...] = ()

    def row(self) -> dict[str, Any]:
        """As a JSON line."""
        fields = [{"field": name, "before": before, "after": after} for name, before, after in self.fields]
        plain = ("what", "why", "doc_id", "url", "source_id", "title")
        told = {name: getattr(self, name) for name in plain}
        return told | {"lost": list(self.lost), "gained": list(self.gained), "fields": fields}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two snapshots, to readers of canonical documents; `found` has doc_id, source_id, what."""

    before: Corpus
    after: Corpus
    found: pl.DataFrame

    def counts(self) -> dict[str, int]:
        """How many documents were added, changed and went."""
        return {"added": 0, "changed": 0, "gone": 0} | dict(self.found["what"].value_counts().iter_rows())

    def by_source(self) -> dict[str, dict[str, int]]:
        """The same for each source in which something did."""
        counted: dict[str, Counter[str]] = {}
        for source_id, what in self.found.select("source_id", "what").sort("source_id").iter_rows():
            counted.setdefault(source_id, Counter())[what] += 1
        return {source_id: dict(sorted(counts.items())) for source_id, counts in counted.items()}

    def differences(self, limit: int = 0) -> Iterator[Difference]:
        """Each difference with its lines, at most so many; 0: all."""
        wanted = self.found.head(limit) if limit else self.found
        for chunk in wanted.iter_slices(_AT_ONCE):
            ids = chunk["doc_id"].to_list()
            old, new = ({row["doc_id"]: row for row in of.of_ids(ids).to_dicts()} for of in (self.before, self.after))
            for id_ in ids:
                told = difference(old.get(id_), new.get(id_))
                if told:
                    yield told


def compare(before: Corpus, after: Corpus) -> Comparison:
    """What a reader of canonical documents finds different. Reads no history: any two snapshots that can be opened."""
    columns = ["doc_id", "source_id", "run_id", "canonical_id", "withdrawn_at", "content_digest"]
    old, new = (of.scan().select(columns).collect(engine="streaming") for of in (before, after))
    both = old.join(new, on="doc_id", how="full", coalesce=True, suffix="_new")
    both = both.filter(pl.col("run_id").ne_missing(pl.col("run_id_new")))  # every write of a row names its run
    was, now = _stands(pl.col("run_id"), ""), _stands(pl.col("run_id_new"), "_new")
    same = pl.col("content_digest") == pl.col("content_digest_new")
    what = pl.when(~was & now).then(pl.lit("added")).when(was & ~now).then(pl.lit("gone"))
    what = what.when(was & now & ~same.fill_null(False)).then(pl.lit("changed"))
    found = both.with_columns(what=what, source_id=pl.coalesce("source_id", "source_id_new"))
    found = (
        found.filter(pl.col("what").is_not_null())
        .select("doc_id", "source_id", "what")
        .sort("source_id", "what", "doc_id")
    )
    return Comparison(before, after, _without_equal(found, both, before, after))


def difference(before: Row | None, after: Row | None) -> Difference | None:
    """What became of a document from one row to another, seen by a reader of canonical documents; None if nothing did."""
    was, now = _is_read(before), _is_read(after)
    row = after or before
    if row is None or not (was or now) or (was and now and _digest(before) == _digest(after)):
        return None
    here = {"doc_id": row["doc_id"], "url": row["url"], "source_id": row["source_id"], "title": row["title"] or ""}
    if not was:
        return Difference(what="added", why="", gained=_paragraphs(after), **here)
    if not now:
        reason = (after.get("withdrawn_because") or "gone") if after and after["withdrawn_at"] else "repost"
        return Difference(what="gone", why=reason if after else "", lost=_paragraphs(before), **here)
    assert before
    assert after
    pairs = [pair for pair in beside(before["text"] or "", after["text"] or "") if not pair.same]
    changed = tuple(
        (name, before.get(name), after.get(name))
        for name in schema.CONTENT
        if name not in _LONG and (before.get(name) or None) != (after.get(name) or None)
    )
    lost, gained = (
        tuple(filter(None, side)) for side in ([pair.left for pair in pairs], [pair.right for pair in pairs])
    )
    learned = {each["line"] for each in after["removed"] or () if each["rule"] == LEARNED}  # nobody misses it
    lost = tuple(line for line in lost if line not in learned)
    return Difference(what="changed", why="", lost=lost, gained=gained, fields=changed, **here)


def _stands(there: pl.Expr, suffix: str) -> pl.Expr:
    return there.is_not_null() & pl.col(f"canonical_id{suffix}").is_null() & pl.col(f"withdrawn_at{suffix}").is_null()


def _is_read(row: Row | None) -> bool:
    return row is not None and not row["canonical_id"] and not row["withdrawn_at"]


def _digest(row: Row | None) -> str:
    return schema.content_digest(row) if row else ""


def _paragraphs(row: Row | None) -> tuple[str, ...]:
    return tuple(filter(None, ((row or {}).get("text") or "").split("\n")))


def _without_equal(found: pl.DataFrame, both: pl.DataFrame, before: Corpus, after: Corpus) -> pl.DataFrame:
    """Without what only seems changed because an older release wrote no digest."""
    unsure = both.filter(pl.col("content_digest").is_null() | pl.col("content_digest_new").is_null())["doc_id"]
    ids = found.filter((pl.col("what") == "changed") & pl.col("doc_id").is_in(unsure.implode()))["doc_id"].to_list()
    if not ids:
        return found
    columns = ["doc_id", *schema.CONTENT]
    old, new = ({row["doc_id"]: _digest(row) for row in of.of_ids(ids, columns).to_dicts()} for of in (before, after))
    return found.filter(~pl.col("doc_id").is_in([id_ for id_ in ids if old[id_] == new[id_]]))
