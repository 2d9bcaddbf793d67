"""The corpus: one table, one row a document, read at one version and written in one commit a run."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline import schema
from pipeline.store import Store
from pipeline.tables import Table

_SCHEMA = schema.arrow(schema.CORPUS)
_NAME = "corpus"


@dataclass(frozen=True, slots=True)
class Corpus:
    """One snapshot of the corpus. It never changes; open it again to see what was published since."""

    store: Store
    table: Table

    @classmethod
    def open(cls, store: Store | str, version: int | None = None) -> "Corpus":
        """The newest snapshot of the corpus in a store (or at `s3://bucket/prefix`), or the one of that version."""
        found = store if isinstance(store, Store) else Store.open(store)
        about = "documents of Chinese government and industry news, one row each"
        return cls(found, Table.open(found, _NAME, _SCHEMA, partition_by="month", description=about, version=version))

    @property
    def version(self) -> int:
        """The number of the snapshot; each commit adds one."""
        return self.table.version

    def scan(self) -> pl.LazyFrame:
        """Every row, reposts and withdrawn documents too, with all columns of `schema.CORPUS`; older tables lack some."""
        rows = self.table.scan()
        missing = [column for column in _SCHEMA if column.name not in self.table.columns]
        nulls = pl.from_arrow(pa.Table.from_batches([], pa.schema(missing)))
        assert isinstance(nulls, pl.DataFrame)
        return rows.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in nulls.schema.items())

    def documents(
        self,
        *,
        every: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
        sources: Collection[str] = (),
        languages: Collection[str] = (),
        publisher: str = "",
        contains: str = "",
    ) -> pl.LazyFrame:
        """Canonical documents that stand; with `every` also reposts and withdrawn ones.

        `since` and `until` (not included) are times of publication, of the first fetch where there is none.
        """
        rows = self.scan()
        when = pl.coalesce("published_at", "first_fetched_at")
        if not every:
            rows = rows.filter(pl.col("canonical_id").is_null() & pl.col("withdrawn_at").is_null())
        if since:
            rows = rows.filter(when >= since)
        if until:
            rows = rows.filter(when < until)
        if sources:
            rows = rows.filter(pl.col("source_id").is_in(list(sources)))
        if languages:
            rows = rows.filter(pl.col("lang").is_in(list(languages)))
        if publisher:
            rows = rows.filter(pl.col("publisher").str.contains(publisher, literal=True))
        if contains:
            found = [pl.col(name).str.contains(contains, literal=True) for name in ("title", "text")]
            rows = rows.filter(found[0] | found[1])
        return rows

    def of_ids(self, ids: Sequence[str], columns: Sequence[str] = ()) -> pl.DataFrame:
        """The rows of some documents; those that are not in the corpus are missing."""
        rows = self.scan().filter(pl.col("doc_id").is_in(list(ids)))
        return (rows.select(columns) if columns else rows).collect()

    def about_run(self, run_id: str) -> dict[str, Any] | None:
        """What the commit of a run told about itself; None if it has not committed."""
        if not self.table.has(run_id):
            return None
        for commit in self.table.history():
            if commit.get("run_id") == run_id:
                return {"version": commit["version"], **json.loads(commit["about"])}
        return {}

    def commit(self, rows: Sequence[dict[str, Any]], run_id: str, about: dict[str, Any], *, only_new: bool) -> int:
        """Add or replace rows in one commit against this snapshot, and the version it made; Conflict if anyone committed since."""
        data = pa.Table.from_pylist(list(rows), schema=_SCHEMA)
        told = {"run_id": run_id, "about": json.dumps(about, ensure_ascii=False)}
        if only_new:
            self.table.append(data, run_id, told)
        else:
            self.table.upsert(data, "doc_id", run_id, told)
        return self.table.version
