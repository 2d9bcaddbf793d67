"""The corpus: one table, one row a document, read at one version and written in one commit a run."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.corpus.changes import Changes
from pipeline.corpus.snapshot import ORDER, SCHEMA, Snapshot, chosen, unread
from pipeline.store import schema
from pipeline.store.schema import Row
from pipeline.store.tables import DataFile


@dataclass(frozen=True, slots=True)
class Corpus(Snapshot):
    """One snapshot of the corpus. It never changes; open it again to see what was published since."""

    def count(
        self, by: str = "month", *, every: bool = False, attachments: bool = False, **filters: Any
    ) -> pl.DataFrame:
        """How many documents there are for each value of a column, filtered like `documents`.

        All that there are of each month are counted by the log of the table; few files have to be read for it.
        """
        view: dict[str, Any] = {"every": every, "attachments": attachments}
        if by != "month" or any(filters.values()):
            return _counted(self.documents(**view, **filters), by)
        files = [(file, wanted(file, **view)) for file in self.files()]
        told = [{"month": file.partition, "documents": count} for file, count in files if count]
        counts = [pl.DataFrame(told, {"month": pl.String, "documents": pl.get_index_type()})]
        if unsure := [file for file, count in files if count is None]:
            counts.append(_counted(chosen(self.scan_files(unsure), **view), by))
        return pl.concat(counts).group_by(by).agg(pl.col("documents").sum()).sort(by)

    def batches(self, size: int = 1000, **filters: Any) -> Iterator[pl.DataFrame]:
        """The documents, filtered like `documents`, some at a time: for a corpus larger than the memory."""
        yield from self.documents(**filters).collect_batches(chunk_size=size)

    def newest(self, limit: int = 0, **filters: Any) -> Iterator[pl.DataFrame]:
        """The documents, filtered like `documents`, newest first, one month in memory at a time; 0: no limit."""
        rows = self.documents(**filters)
        months = rows.select(pl.col("month").unique()).collect(engine="streaming")["month"].sort(descending=True)
        if months.is_empty():
            yield rows.limit(0).collect()
        left = limit
        for month in months:
            found = rows.filter(pl.col("month") == month)
            found = found.sort(pl.coalesce("published_at", "first_fetched_at"), "doc_id", descending=[True, False])
            frame = (found.limit(left) if limit else found).collect(engine="streaming")
            yield frame
            left -= frame.height
            if limit and left <= 0:
                return

    def changes(
        self,
        since: int | datetime | None = None,
        cursor: Path | str | None = None,
        *,
        every: bool = False,
        attachments: bool = False,
    ) -> Changes:
        """What was added, revised or withdrawn up to this snapshot since a version or a time, or since a cursor.

        A cursor is a file; it moves when `commit()` of the answer is called, and not before.
        """
        return Changes.of(self, since, Path(cursor) if cursor else None, every=every, attachments=attachments)

    def of_ids(self, ids: Sequence[str], columns: Sequence[str] = ()) -> pl.DataFrame:
        """The rows of some documents; those that are not in the corpus are missing."""
        rows = self._whole(self._places(pl.col("doc_id").is_in(list(ids))))
        return (rows.select(columns) if columns else rows).collect(engine="streaming")

    def cluster(self, id_: str) -> pl.DataFrame:
        """All rows that say the same as a document: the canonical one first, the others as they were published."""
        found = self._cluster_of(id_)
        if canonical := next(iter(found.filter(pl.col("doc_id") == id_)["canonical_id"].drop_nulls()), None):
            found = self._cluster_of(canonical)
        order = [
            pl.col("canonical_id").is_not_null(),
            pl.coalesce("published_at", "first_fetched_at"),
            pl.col("doc_id"),
        ]
        return self._whole(found).sort(order).collect(engine="streaming")

    def commit(
        self, rows: Sequence[Row], run_id: str, about: dict[str, Any], months: Collection[str] | None = None
    ) -> int:
        """Add or replace rows in one commit against this snapshot, and the version it made; Conflict if anyone committed since.

        `months` are those of the rows that are replaced, as they are now: empty where all are new; None: looked up,
        which takes half a second a hundred thousand documents.
        """
        told = {"run_id": run_id, "about": json.dumps(about, ensure_ascii=False)}
        digested = [row | {"content_digest": schema.content_digest(row)} for row in rows]
        digested.sort(key=lambda row: [str(row.get(name) or "") for name in ORDER])
        data = schema.table(digested, SCHEMA)
        replaced = self._months([row["doc_id"] for row in rows]) if months is None else months
        if replaced:
            self.table.upsert(data, "doc_id", run_id, told, partitions=("month", replaced))
        else:
            self.table.append(data, run_id, told)
        return self.table.version

    def _cluster_of(self, id_: str) -> pl.DataFrame:
        return self._places((pl.col("doc_id") == id_) | (pl.col("canonical_id") == id_))

    def _places(self, wanted: pl.Expr) -> pl.DataFrame:
        """Where the rows lie that a filter on ids wants: month, doc_id, canonical_id."""
        return self.scan().filter(wanted).select("month", "doc_id", "canonical_id").collect(engine="streaming")

    def _whole(self, places: pl.DataFrame) -> pl.LazyFrame:
        """These rows with all columns; no text of another is read."""
        there = [pl.col(name).is_in(places[name].unique().to_list()) for name in ("month", "doc_id")]
        return self.scan().filter(pl.all_horizontal(there))

    def _months(self, ids: Sequence[str]) -> set[str]:
        """The partitions in which these documents lie."""
        held = self.table.scan().filter(pl.col("doc_id").is_in(list(ids))).select(pl.col("month").unique())
        return set(held.collect(engine="streaming")["month"])


def wanted(file: DataFile, *, every: bool = False, attachments: bool = False) -> int | None:
    """How many rows of a file a reader of this view wants, if the log tells it.

    It does where a column that must be empty is filled in all rows, or but one of them is empty in all.
    """
    nulls = sorted(file.nulls.get(name, -1) for name in unread(every=every, attachments=attachments))
    if not nulls:
        return file.rows
    return nulls[0] if nulls[0] == 0 or (nulls[0] > 0 and all(count == file.rows for count in nulls[1:])) else None


def _counted(rows: pl.LazyFrame, by: str) -> pl.DataFrame:
    return rows.group_by(by).agg(pl.len().alias("documents")).sort(by).collect(engine="streaming")
