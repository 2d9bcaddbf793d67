"""One version of the corpus: its rows, what of them is asked for, and its files."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import polars as pl
import pyarrow as pa

from pipeline.core.errors import ConfigError
from pipeline.store import schema
from pipeline.store.s3 import Store
from pipeline.store.staging import month_of, unpack_text
from pipeline.store.tables import DataFile, Table

SCHEMA = schema.arrow(schema.CORPUS)
_NAME = "corpus"
_ABOUT = "documents of Chinese government and industry news, one row each"
# A reader asks for a month, a source, a language, a time, a document, or what stands: by these, files are skipped.
INDEXED = (
    "doc_id", "source_id", "lang", "published_at", "first_fetched_at", "fetched_at", "canonical_id", "withdrawn_at",
    "forgotten_at", "run_id", "parent_id",
    "charset.replaced", "landing.offset", "full_text.characters",  # delta-rs 1.6 reads no statistics of what follows a struct that has none
)  # fmt: skip
UNREAD = (
    "canonical_id",
    "withdrawn_at",
    "parent_id",
)  # who reads canonical articles that stand wants none of them filled
# Of the rows within a month, nulls first: what readers read lies together, and by language and source.
ORDER = (*UNREAD, "lang", "source_id")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version, whoever publishes meanwhile."""

    store: Store
    table: Table

    @classmethod
    def open(cls, store: Store | str, version: int | None = None, *, at: datetime | None = None, run: str = "") -> Self:
        """The newest snapshot in a store (or at `s3://bucket/prefix`), or that of a version, of a time, or after a run."""
        found = store if isinstance(store, Store) else Store.open(store)
        if run:
            told = cls.open(found).about_run(run)
            if not told:
                raise ConfigError(f"run {run} committed nothing to the corpus")
            version = told["version"]
        asked = at if version is None else version
        return cls(
            found,
            Table.open(found, _NAME, SCHEMA, partition_by="month", description=_ABOUT, version=asked, indexed=INDEXED),
        )

    @property
    def version(self) -> int:
        """The number of the snapshot; each commit adds one."""
        return self.table.version

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(SCHEMA.names)

    def scan(self) -> pl.LazyFrame:
        """Every row, reposts and withdrawn documents too, with all columns of `schema.CORPUS`; older tables lack some."""
        return complete(self.table.scan(), self.table.columns)

    def documents(
        self, *, every: bool = False, attachments: bool = False, latest: bool = False, **filters: Any
    ) -> pl.LazyFrame:
        """Canonical documents that stand, or with `every` all of them, that pass the `filters` of `chosen`.

        The files that articles name are left out unless `attachments` asks for them.

        `latest`: of documents that extend each other the newest alone, not those that one which stands extends.
        """
        rows = chosen(self.scan(), every=every, attachments=attachments, **filters)
        return rows.join(self._extended(), on="doc_id", how="anti") if latest else rows

    def _extended(self) -> pl.LazyFrame:
        """The ids of the documents that one which stands extends; of a repost, that of the one which it repeats."""
        links = self.scan().select("doc_id", "canonical_id", "withdrawn_at", "extends")
        named = links.filter(pl.col("withdrawn_at").is_null()).select(doc_id="extends").drop_nulls().unique()
        found = named.join(links.select("doc_id", "canonical_id"), on="doc_id")
        return found.select(pl.coalesce("canonical_id", "doc_id").alias("doc_id"))

    def full_text(self, row: Mapping[str, Any]) -> str:
        """The whole text of a row, also of a long table, of which `text` holds the beginning."""
        whole = row.get("full_text")
        return unpack_text(self.store.get(whole["key"])) if whole else str(row["text"] or "")

    def about_run(self, run_id: str) -> dict[str, Any] | None:
        """What the commit of a run told about itself, with its `version`; None if it has not committed."""
        commit = self.table.commit_of(run_id)
        return {"version": commit["version"], **json.loads(commit["about"])} if commit else None

    def files(self) -> list[DataFile]:
        """The Parquet files of this snapshot, for tools that read files: `store.url_of(corpus.key_of(file))`."""
        return self.table.files()

    def scan_files(self, files: Sequence[DataFile]) -> pl.LazyFrame:
        """The rows of some of its files, like `scan`."""
        return pl.concat([complete(rows, rows.collect_schema().names()) for rows in self.table.scan_files(files)])

    @staticmethod
    def key_of(file: DataFile) -> str:
        """The key of such a file in the store."""
        return f"{_NAME}/{file.path}"


def complete(rows: pl.LazyFrame, present: Collection[str]) -> pl.LazyFrame:
    """Rows with the columns that an older table lacks, as nulls, in the order of `schema.CORPUS`."""
    missing = [column for column in SCHEMA if column.name not in present]
    kinds = schema.kinds(pa.schema(missing))
    filled = rows.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in kinds.items())
    return filled.select(SCHEMA.names)


def unread(*, every: bool, attachments: bool) -> list[str]:
    """The columns of which a reader of this view wants none filled."""
    return [name for name in UNREAD if not (attachments if name == "parent_id" else every)]


def chosen(
    rows: pl.LazyFrame,
    *,
    every: bool = False,
    attachments: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    sources: Collection[str] = (),
    languages: Collection[str] = (),
    publisher: str = "",
    contains: str = "",
) -> pl.LazyFrame:
    """Canonical documents that stand, with `every` also reposts and withdrawn ones, that pass all filters.

    Files that articles name (those with a `parent_id`) only with `attachments`.

    `since` and `until` (not included) are times of publication, of the first fetch where there is none.
    """
    when = pl.coalesce("published_at", "first_fetched_at")
    if empty := unread(every=every, attachments=attachments):
        rows = rows.filter(pl.all_horizontal(pl.col(*empty).is_null()))
    if since:
        rows = rows.filter((pl.col("month") >= month_of(None, since)) & (when >= since.astimezone(UTC)))
    if until:
        rows = rows.filter((pl.col("month") <= month_of(None, until)) & (when < until.astimezone(UTC)))
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
