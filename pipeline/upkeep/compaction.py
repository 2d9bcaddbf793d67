"""A table in, the same rows in fewer files out: compacted, checkpointed, vacuumed, documented."""

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
from deltalake.exceptions import CommitFailedError

from pipeline.store.tables import FILE_SIZE, WRITER, Table, configuration

_SMALL = FILE_SIZE // 2  # a night's files are of 1 MB: two below this are worth merging


def compact(table: Table, order: Sequence[str]) -> int:
    """Make one sorted file of the small ones of each partition; the count of partitions. Changes no rows.

    What someone else compacts or rewrites meanwhile is left for the next time.
    """
    small: dict[str, int] = {}
    for file in table.files():
        small[file.partition] = small.get(file.partition, 0) + (file.size < _SMALL)
    column = table.handle.metadata().partition_columns[0]
    done = 0
    for value in sorted(value for value, count in small.items() if count > 1):
        try:
            table.handle.optimize.z_order(
                list(order),
                partition_filters=[(column, "=", value)],
                target_size=FILE_SIZE,
                writer_properties=WRITER,
            )
            done += 1
        except CommitFailedError:
            table.handle.update_incremental()
    return done


def checkpoint(table: Table) -> None:
    """Write the state of the table as one file, so that opening it reads no long log."""
    table.handle.create_checkpoint()


def vacuum(table: Table, keep: timedelta) -> int:
    """Delete files that no version of the last `keep` needs, and logs past their retention; the count of files."""
    deleted = table.handle.vacuum(retention_hours=int(keep.total_seconds() // 3600), dry_run=False, full=True)
    table.handle.cleanup_metadata()
    return len(deleted)


def document(table: Table, schema: pa.Schema, indexed: Sequence[str]) -> None:
    """Give a table that an older release made the comments and the properties of this one."""
    wanted = configuration(indexed)
    if {name: table.handle.metadata().configuration.get(name) for name in wanted} != wanted:
        table.handle.alter.set_table_properties(wanted)
    for field in table.handle.schema().fields:
        if field.name in schema.names:
            comment = schema.field(field.name).metadata[b"comment"].decode()
            if field.metadata.get("comment") != comment:
                table.handle.alter.set_column_metadata(field.name, {"comment": comment})
