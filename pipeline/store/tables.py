"""Delta Lake behind one door: a table is read at one version and written by compare-and-swap against it."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pipeline.core.errors import GongbaoError, StoreError
from pipeline.store import digests
from pipeline.store.s3 import Store

_CONFIGURATION = {"delta.enableChangeDataFeed": "true", "delta.logRetentionDuration": "interval 365 days"}
_NO_STATISTICS = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
# delta-rs writes Parquet with snappy unless told; zstd halves Chinese text. Groups of 1,024 rows (some 2 MB) let a
# reader of one source skip the rest of its month. Statistics of texts would put texts into footers.
WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=3,
    max_row_group_size=1024,
    column_properties={"text": _NO_STATISTICS, "text_as_published": _NO_STATISTICS},
)
# Bytes; a month of 20,000 documents makes three, so that one of them holds what readers do not read
FILE_SIZE = 16 << 20
_NULLS = "null_count."
_GONE = ("not found", "nosuchkey", "invalid table version")  # what is said of a file, or of a commit, that is not there
_PAINT = re.compile(r"\x1b\[[0-9;]*m|↳")
_OF_A_STORE = re.compile(r"Generic S3|object.store|HTTP error|error sending request|s3://", re.IGNORECASE)


class Conflict(GongbaoError):
    """Someone committed since this version was read: look at what was added, and try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One Parquet file of a version: its key within the table, and what the log says of it."""

    path: str
    size: int
    rows: int
    partition: str
    nulls: dict[str, int]  # rows without a value, of the indexed columns; an older release's log may not say it


class HistoryGone(GongbaoError):
    """What is asked for lies before the oldest commit whose files were kept."""


class Table:
    """One Delta table at one version. Opening it again sees what was committed since."""

    def __init__(self, handle: DeltaTable, store: Store) -> None:
        self.handle = handle
        self._store = store

    @classmethod
    def open(
        cls,
        store: Store,
        name: str,
        schema: pa.Schema,
        *,
        partition_by: str,
        description: str,
        version: int | datetime | None = None,
        indexed: Sequence[str] = (),
    ) -> "Table":
        """The table under `name`, at a version or as it was at a time; made empty if there is none.

        Only the columns `indexed` have their least and greatest value in the log, so that no text gets there.
        """
        options = store.storage_options()
        url = store.url_of(name)
        try:
            try:
                at = version if isinstance(version, int) else None
                handle = DeltaTable(url, storage_options=options, version=at)
                if isinstance(version, datetime):
                    handle.load_as_version(_version_at(handle, version))
            except TableNotFoundError:
                # Of two that make the table at once one is refused; what the other made is what both want.
                with suppress(DeltaError):
                    DeltaTable.create(
                        url,
                        schema,
                        mode="ignore",
                        partition_by=[partition_by],
                        name=name,
                        description=description,
                        configuration=configuration(indexed),
                        storage_options=options,
                    )
                handle = DeltaTable(url, storage_options=options, version=at)
        except (DeltaError, OSError) as error:
            raise StoreError(f"{url}: {_line(error)}") from error
        return cls(handle, store)

    @property
    def version(self) -> int:
        """The version that this handle reads."""
        return int(self.handle.version())

    @property
    def columns(self) -> set[str]:
        """The columns that this version has; older tables have fewer."""
        return {field.name for field in self.handle.schema().fields}

    def has(self, transaction: str) -> bool:
        """Whether a commit of that name is in the table already."""
        return self.handle.transaction_version(transaction) is not None

    def scan(self) -> pl.LazyFrame:
        """The rows of this version, lazily."""
        access = self._access()
        if "credential_provider" in access:  # which Polars takes only where it opens the table itself
            return pl.scan_delta(self.handle.table_uri, version=self.version, **access)
        return pl.scan_delta(self.handle, **access)

    def scan_files(self, files: Sequence[DataFile]) -> list[pl.LazyFrame]:
        """The rows of some of this version's files, each lazily for itself, with the partition as a column."""
        column = self.handle.metadata().partition_columns[0]
        root = self.handle.table_uri.rstrip("/")
        return [
            pl.scan_parquet(f"{root}/{file.path}", hive_partitioning=False, **self._access()).with_columns(
                pl.lit(file.partition).alias(column)
            )
            for file in files
        ]

    def _access(self) -> dict[str, Any]:
        """How Polars reaches the store, also when what was a role's credentials at the beginning has run out."""
        options, asked = self._store.storage_options(), self._store.credentials()
        if not asked:
            return {"storage_options": options}
        known, _ = asked()
        rest = {name: value for name, value in options.items() if name not in known}
        return {"storage_options": rest, "credential_provider": asked}

    def append(self, rows: pa.Table, transaction: str, about: dict[str, str] | None = None) -> None:
        """Add rows in one commit named `transaction`; Conflict if anyone committed since this version."""
        with _committing():
            write_deltalake(
                self.handle,
                self._fitting(rows),
                mode="append",
                schema_mode="merge",
                target_file_size=FILE_SIZE,
                writer_properties=WRITER,
                commit_properties=self._commit(transaction, about),
            )
        self._record()

    def upsert(
        self,
        rows: pa.Table,
        key: str,
        transaction: str,
        about: dict[str, str] | None = None,
        *,
        partitions: tuple[str, Collection[str]],
    ) -> None:
        """Add rows, or replace those with the same `key`, in one commit; Conflict as with `append`.

        `partitions` are the partition column and all of its values under which rows with these keys lie now: the
        others are not read.
        """
        column, values = partitions
        listed = ", ".join(f"'{value}'" for value in sorted(values))
        with _committing():
            merger = self.handle.merge(
                self._fitting(rows),
                predicate=f"old.{column} IN ({listed}) AND old.{key} = new.{key}",
                source_alias="new",
                target_alias="old",
                merge_schema=True,
                writer_properties=WRITER,
                commit_properties=self._commit(transaction, about),
            )
            merger.when_matched_update_all().when_not_matched_insert_all().execute()
        self._record()

    def drop_missing(self) -> None:
        """Take files that are not there out of the newest version; their rows are in it no more."""
        with _committing():
            self.handle.repair()
        self._record()

    def _record(self) -> None:
        """Remember what was written; where the store refuses that, the next commit does it."""
        with suppress(StoreError):
            digests.record_commits(self._store, self.handle.table_uri.rstrip("/").rpartition("/")[2])

    def changes(self, since: int, columns: Sequence[str] = (), predicate: str | None = None) -> pl.DataFrame:
        """Rows changed by the commits after version `since` up to this one, with `_change_type` and `_commit_version`.

        Compaction changes no rows. HistoryGone where files of these commits were vacuumed.
        """
        wanted = [name for name in columns if name in self.columns or name.startswith("_")]
        with kept(f"the history after version {since}"):
            feed = self.handle.load_cdf(
                starting_version=since + 1, ending_version=self.version, columns=wanted or None, predicate=predicate
            )
            return pl.DataFrame(feed)  # the feed is lazy: its files are read here

    def files(self) -> list[DataFile]:
        """The Parquet files of this version, in the order of their keys."""
        with _asking():
            actions = pl.DataFrame(self.handle.get_add_actions(flatten=True)).to_dicts()
        found = (
            DataFile(
                path=each["path"],
                size=each["size_bytes"],
                rows=each["num_records"],
                partition=next((str(value) for name, value in each.items() if name.startswith("partition.")), ""),
                nulls={
                    name.removeprefix(_NULLS): count
                    for name, count in each.items()
                    if name.startswith(_NULLS) and count is not None
                },
            )
            for each in actions
        )
        return sorted(found, key=lambda file: file.path)

    def commit_of(self, transaction: str) -> dict[str, Any] | None:
        """The commit of that name: version, timestamp in milliseconds, and what `about` told; None if there is none."""
        if not self.has(transaction):
            return None
        for limit in (20, 500, None):  # what is asked for is mostly of late, and each commit is a request
            for commit in self.history(limit):
                if commit.get("run_id") == transaction:
                    return commit
        return None

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The commits, newest first: version, timestamp in milliseconds, operation, and what `about` told."""
        with _asking():
            return self.handle.history(limit)

    def written_at(self) -> datetime:
        """When this version was committed."""
        return datetime.fromtimestamp(self.history(1)[0]["timestamp"] / 1000, UTC)

    def comments(self) -> dict[str, str]:
        """What the table's own metadata say of each column."""
        return {field.name: field.metadata.get("comment", "") for field in self.handle.schema().fields}

    def _fitting(self, rows: pa.Table) -> pa.Table:
        """Rows with the comments that the table has: where an older release told a column otherwise, merging fails."""
        told = self.comments()
        fields = [
            field.with_metadata({"comment": told[field.name]} if told[field.name] else {})
            if field.name in told
            else field
            for field in rows.schema
        ]
        return rows.cast(pa.schema(fields))

    @staticmethod
    def _commit(transaction: str, about: dict[str, str] | None) -> CommitProperties:
        return CommitProperties(
            custom_metadata=about, max_commit_retries=0, app_transactions=[Transaction(transaction, 1)]
        )


def _version_at(handle: DeltaTable, at: datetime) -> int:
    """The version that stood at a time, the oldest there is where none did: by what the commits tell.

    The times of files, by which the library would go, are those of the copy where a store was copied or restored.
    """
    moment, commits = at.timestamp() * 1000, list[dict[str, Any]]()
    for limit in (20, 500, None):  # what is asked for is mostly of late, and each commit is a request
        commits = handle.history(limit)
        for commit in commits:
            if commit["timestamp"] <= moment:
                return int(commit["version"])
    return int(commits[-1]["version"])


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Around reads of the past: HistoryGone, naming what was read, where files are gone; StoreError for all else."""
    try:
        yield
    except (DeltaError, OSError, pl.exceptions.ComputeError) as error:
        if any(word in str(error).lower() for word in _GONE):
            raise HistoryGone(f"{what} is no longer kept") from error
        raise StoreError(_line(error)) from error


@contextmanager
def _committing() -> Iterator[None]:
    """What the table library says of a commit, in our errors."""
    with _asking():
        try:
            yield
        except CommitFailedError as error:
            raise Conflict(_line(error)) from error


@contextmanager
def _asking() -> Iterator[None]:
    """What the table library says of the store, in our errors."""
    try:
        yield
    except (DeltaError, OSError) as error:
        raise StoreError(_line(error)) from error


def refusal(error: BaseException) -> StoreError | None:
    """The refusal of the store that an exception tells of, in one line; None if it tells of something else.

    A lazy frame reads where it is collected, so that what its library says of the store comes up anywhere.
    """
    if isinstance(error, StoreError):
        return error
    by_library = isinstance(error, DeltaError) or (isinstance(error, OSError) and error.errno is None)
    if by_library or (isinstance(error, pl.exceptions.ComputeError) and _OF_A_STORE.search(str(error))):
        return StoreError(_line(error))
    return None


def _line(error: BaseException) -> str:
    """What a library says in coloured trees, on one line."""
    return " ".join(_PAINT.sub("", str(error)).split())


def configuration(indexed: Sequence[str]) -> dict[str, str]:
    """The properties of a table; only the columns `indexed` have their least and greatest value in its log."""
    return _CONFIGURATION | ({"delta.dataSkippingStatsColumns": ",".join(indexed)} if indexed else {})
