"""Delta Lake behind one door: a table is read at one version and written by compare-and-swap against it."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pipeline.errors import GongbaoError, StoreError
from pipeline.store import Store

_CONFIGURATION = {"delta.enableChangeDataFeed": "true", "delta.logRetentionDuration": "interval 365 days"}
# delta-rs writes Parquet with snappy unless told; zstd halves Chinese text.
_WRITER = WriterProperties(compression="ZSTD", compression_level=3)


class Conflict(GongbaoError):
    """Someone committed since this version was read: look at what was added, and try again."""


class Table:
    """One Delta table at one version. Opening it again sees what was committed since."""

    def __init__(self, handle: DeltaTable, options: dict[str, str]) -> None:
        self._handle = handle
        self._options = options

    @classmethod
    def open(
        cls,
        store: Store,
        name: str,
        schema: pa.Schema,
        *,
        partition_by: str,
        description: str,
        version: int | None = None,
    ) -> "Table":
        """The table under `name`, made empty if there is none, and widened by columns that it does not have yet."""
        options = store.storage_options()
        url = store.url_of(name)
        try:
            try:
                handle = DeltaTable(url, storage_options=options, version=version)
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
                        configuration=_CONFIGURATION,
                        storage_options=options,
                    )
                handle = DeltaTable(url, storage_options=options, version=version)
        except (DeltaError, OSError) as error:
            raise StoreError(f"{url}: {error}") from error
        return cls(handle, options)

    @property
    def version(self) -> int:
        """The version that this handle reads."""
        return int(self._handle.version())

    @property
    def columns(self) -> set[str]:
        """The columns that this version has; older tables have fewer."""
        return {field.name for field in self._handle.schema().fields}

    def has(self, transaction: str) -> bool:
        """Whether a commit of that name is in the table already."""
        return self._handle.transaction_version(transaction) is not None

    def scan(self) -> pl.LazyFrame:
        """The rows of this version, lazily."""
        return pl.scan_delta(self._handle, storage_options=self._options)

    def append(self, rows: pa.Table, transaction: str, about: dict[str, str] | None = None) -> None:
        """Add rows in one commit named `transaction`; Conflict if anyone committed since this version."""
        try:
            write_deltalake(
                self._handle,
                rows,
                mode="append",
                schema_mode="merge",
                writer_properties=_WRITER,
                commit_properties=self._commit(transaction, about),
            )
        except CommitFailedError as error:
            raise Conflict(str(error)) from error
        except (DeltaError, OSError) as error:
            raise StoreError(str(error)) from error

    def upsert(self, rows: pa.Table, key: str, transaction: str, about: dict[str, str] | None = None) -> None:
        """Add rows, or replace those with the same `key`, in one commit; Conflict as with `append`."""
        try:
            (
                self._handle.merge(
                    rows,
                    predicate=f"old.{key} = new.{key}",
                    source_alias="new",
                    target_alias="old",
                    merge_schema=True,
                    writer_properties=_WRITER,
                    commit_properties=self._commit(transaction, about),
                )
                .when_matched_update_all()
                .when_not_matched_insert_all()
                .execute()
            )
        except CommitFailedError as error:
            raise Conflict(str(error)) from error
        except (DeltaError, OSError) as error:
            raise StoreError(str(error)) from error

    def changes(self, since: int) -> pa.Table:
        """Rows changed by the commits after version `since` up to this one, with `_change_type` and `_commit_version`."""
        return pa.table(self._handle.load_cdf(starting_version=since + 1, ending_version=self.version).read_all())

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The commits, newest first: version, timestamp in milliseconds, operation, and what `about` told."""
        return self._handle.history(limit)

    def maintain(self, keep: timedelta, before: datetime | None = None) -> dict[str, Any]:
        """Compact small files, write a checkpoint, and delete what no version of the last `keep` needs."""
        compacted = self._handle.optimize.compact()
        self._handle.create_checkpoint()
        vacuumed = self._handle.vacuum(retention_hours=int(keep.total_seconds() // 3600), dry_run=False)
        self._handle.cleanup_metadata()
        return {
            "files_added": compacted["numFilesAdded"],
            "files_removed": compacted["numFilesRemoved"],
            "deleted": len(vacuumed),
        }

    @staticmethod
    def _commit(transaction: str, about: dict[str, str] | None) -> CommitProperties:
        return CommitProperties(
            custom_metadata=about, max_commit_retries=0, app_transactions=[Transaction(transaction, 1)]
        )
