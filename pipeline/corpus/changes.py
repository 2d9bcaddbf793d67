"""Two versions of the corpus in, what a reader must do to get from one to the other out: added, revised, withdrawn.

The answer is net: a document counts once, whatever happened to it in between, and only if something that a reader
sees is different. Compaction, links within clusters and the version of the rules are no changes. A canonical document
that became a repost is withdrawn to readers of canonical documents (`why` is `repost`, `canonical_id` where to look).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pipeline.core.errors import ConfigError
from pipeline.corpus.cursors import Cursor
from pipeline.corpus.snapshot import Snapshot, unread
from pipeline.store import schema
from pipeline.store.schema import Row
from pipeline.store.tables import kept

What = Literal["added", "revised", "withdrawn"]
_STATE = ("canonical_id", "withdrawn_at", "parent_id", "content_digest")
_LIGHT = ("doc_id", "month", *_STATE, "_change_type", "_commit_version")
_BEFORE, _AFTER = ("delete", "update_preimage"), ("insert", "update_postimage")
_AT_ONCE = 2000  # documents held in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to do: `document` is the row as it is now, with all columns of the corpus; of a withdrawn one too."""

    what: What
    why: str  # of a withdrawal: gone, soft_404, repost, forgotten, …; of an addition: restored, or empty
    doc_id: str
    document: Row


@dataclass(frozen=True, slots=True)
class Changes:
    """The net changes from version `since` (not included) to `until`; iterate, then `commit()`.

    Until then the same range is offered again, under the same `id`, to whoever opens the cursor: a reader that keeps
    its results under that name does nothing twice, however often it dies. Only a range that told nothing moves by
    itself, as soon as there is more to tell. HistoryGone where files of it were vacuumed.
    """

    corpus: Snapshot
    since: int
    until: int
    every: bool = False
    attachments: bool = False
    path: Path | None = None
    cursor: Cursor | None = None

    @classmethod
    def of(
        cls, corpus: Snapshot, since: int | datetime | None, path: Path | None, *, every: bool, attachments: bool
    ) -> "Changes":
        """Changes up to this snapshot since a version or a time (None: from the very beginning), or since a cursor."""
        view = {"every": every, "attachments": attachments}
        cursor = Cursor.read(path, corpus.store, **view) if path else None
        if cursor is None:
            begin = _version_at(corpus, since)
            if path:
                cursor = Cursor.begin(corpus.store, begin, **view)
                cursor.write(path)  # before the store is told of a reader that has nowhere to keep it
            return cls._offered(corpus, begin, view, path, cursor)
        if cursor.version > corpus.version:
            raise ConfigError("the cursor is ahead of the corpus, which was restored: begin with a new one", path=path)
        if since is not None:
            raise ConfigError("a cursor knows where it stands; --since is for one that is not there yet", path=path)
        return cls._offered(corpus, cursor.version, view, path, cursor)

    @classmethod
    def _offered(
        cls, corpus: Snapshot, since: int, view: dict[str, Any], path: Path | None, cursor: Cursor | None
    ) -> "Changes":
        if cursor is None or path is None:
            return cls(corpus, since, corpus.version, **view)
        if cursor.offered is not None and cursor.offered <= corpus.version:
            here = cursor.offered == corpus.version
            until = corpus if here else Snapshot.open(corpus.store, cursor.offered)
            offered = cls(until, since, cursor.offered, path=path, cursor=cursor, **view)
            if here or not offered.table().is_empty():
                return offered
            cursor = cursor.moved()  # what told nothing needs nobody to say that it is done with
        cursor = cursor.offering(corpus.version)
        cursor.write(path)  # first: the store keeps what the file needs
        cursor.note(corpus.store)
        return cls(corpus, cursor.version, corpus.version, path=path, cursor=cursor, **view)

    @property
    def id(self) -> str:
        """The name of this range of versions; the same whenever it is offered again."""
        return f"{self.since}-{self.until}"

    def commit(self) -> None:
        """Say that all of it is done with: the cursor moves."""
        if self.cursor and self.path:
            moved = self.cursor.moved()
            moved.write(self.path)
            moved.note(self.corpus.store)

    def counts(self) -> dict[str, int]:
        """How many documents were added, revised and withdrawn."""
        found = self.table()["what"].value_counts()
        return {"added": 0, "revised": 0, "withdrawn": 0} | dict(found.iter_rows())

    def __iter__(self) -> Iterator[Change]:
        for rows in self.batches():
            for row in rows.iter_rows(named=True):
                what, why = row.pop("what"), row.pop("why")
                yield Change(what=what, why=why, doc_id=row["doc_id"], document=row)

    def batches(self) -> Iterator[pl.DataFrame]:
        """The changes in order of month and doc_id, some at a time: columns `what` and `why`, then those of the corpus."""
        found = self.table()
        for chunk in found.iter_slices(_AT_ONCE):
            rows = self.corpus.scan().filter(
                pl.col("month").is_in(chunk["month"].unique().implode())
                & pl.col("doc_id").is_in(chunk["doc_id"].implode())
            )
            here = (
                chunk.select("what", "why", "doc_id").lazy().join(rows, on="doc_id", how="left", maintain_order="left")
            )
            with kept(f"version {self.until}"):
                batch = here.collect(engine="streaming")
            yield batch

    def table(self) -> pl.DataFrame:
        """What changed, without the documents: doc_id, month, what, why; by month, so that each batch reads few files."""
        with kept(f"version {self.until}"):
            begins = self.since == 0
            state = (
                _from_nothing(self.corpus).collect(engine="streaming") if begins else _states(self.corpus, self.since)
            )
        before, after = (_visible(when, every=self.every, attachments=self.attachments) for when in ("before", "after"))
        same = pl.col("content_digest_before").eq_missing(pl.col("content_digest_after"))
        if self.every:
            same &= pl.col("canonical_id_before").eq_missing(pl.col("canonical_id_after"))
        what = pl.when(~before & after).then(pl.lit("added")).when(before & ~after).then(pl.lit("withdrawn"))
        what = what.when(before & after & ~same).then(pl.lit("revised"))
        withdrawn = pl.coalesce(pl.col("withdrawn_because"), pl.lit("gone"))
        why = (
            pl.when(pl.col("what") == "withdrawn")
            .then(pl.when(pl.col("withdrawn_at_after").is_not_null()).then(withdrawn).otherwise(pl.lit("repost")))
            .when((pl.col("what") == "added") & pl.col("is_before"))
            .then(pl.lit("restored"))
            .otherwise(pl.lit(""))
        )
        told = state.with_columns(what=what).filter(pl.col("what").is_not_null()).with_columns(why=why)
        return told.select("doc_id", "month", "what", "why").sort("month", "doc_id")


def _visible(when: str, *, every: bool, attachments: bool) -> pl.Expr:
    """Whether a reader of this view saw the document at that end of the range: of what is withdrawn nobody is told."""
    empty = {"withdrawn_at", *unread(every=every, attachments=attachments)}
    return pl.col(f"is_{when}") & pl.all_horizontal(pl.col(f"{name}_{when}").is_null() for name in sorted(empty))


def _from_nothing(corpus: Snapshot) -> pl.LazyFrame:
    """Everything is new to a reader that begins; needs no history."""
    rows = corpus.scan().select("doc_id", "month", "withdrawn_because", *_STATE)
    nothing = rows.collect_schema()
    return rows.rename({name: f"{name}_after" for name in _STATE}).with_columns(
        *(pl.lit(None, dtype=nothing[name]).alias(f"{name}_before") for name in _STATE), is_before=False, is_after=True
    )


def _states(corpus: Snapshot, since: int) -> pl.DataFrame:
    """A row a document that any commit touched: its state before the first of them and after the last."""
    columns = [*_LIGHT, "withdrawn_because"]
    empty = pl.DataFrame(schema=_from_nothing(corpus).collect_schema())
    if since >= corpus.version:
        return empty
    feed = corpus.table.changes(since, columns)
    lacking = [name for name in (*_STATE, "withdrawn_because") if name not in feed.columns]
    feed = feed.with_columns(
        pl.lit(None, dtype=empty[f"{name}_after" if name in _STATE else name].dtype).alias(name) for name in lacking
    )
    feed = _digested(corpus, since, feed)
    by, version = "doc_id", pl.col("_commit_version")
    first = feed.filter((version == version.min().over(by)) & pl.col("_change_type").is_in(_BEFORE))
    last = feed.filter((version == version.max().over(by)) & pl.col("_change_type").is_in(_AFTER))
    before = first.select(
        by, pl.col("month").alias("month_before"), *(pl.col(name).alias(f"{name}_before") for name in _STATE)
    )
    after = last.select(
        by, "month", "withdrawn_because", *(pl.col(name).alias(f"{name}_after") for name in _STATE), is_after=True
    )
    both = before.with_columns(is_before=True).join(after, on=by, how="full", coalesce=True)
    return both.with_columns(
        pl.col("is_before", "is_after").fill_null(False), pl.coalesce("month", "month_before").alias("month")
    ).select(empty.columns)


def _digested(corpus: Snapshot, since: int, feed: pl.DataFrame) -> pl.DataFrame:
    """The feed with the digests that an older release did not write, where a comparison needs them."""
    old = feed.filter(pl.col("content_digest").is_null() & (pl.col("_change_type") != "insert"))
    if old.is_empty():
        return feed
    ids = old["doc_id"].unique().to_list()
    listed = ", ".join(f"'{id_}'" for id_ in ids)
    keys = ["doc_id", "_commit_version", "_change_type"]
    full = corpus.table.changes(since, [*keys, *schema.CONTENT], f"doc_id IN ({listed})").to_dicts()
    digests = pl.DataFrame(
        [{**{name: row[name] for name in keys}, "digest": schema.content_digest(row)} for row in full]
    )
    whole = feed.join(digests, on=keys, how="left")
    return whole.with_columns(content_digest=pl.coalesce("digest", "content_digest")).drop("digest")


def _version_at(corpus: Snapshot, since: int | datetime | None) -> int:
    if since is None:
        return 0
    if isinstance(since, int):
        if not 0 <= since <= corpus.version:
            raise ConfigError(f"the corpus has versions 0 to {corpus.version}, not {since}")
        return since
    return min(Snapshot.open(corpus.store, at=since).version, corpus.version)
