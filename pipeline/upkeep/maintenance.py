"""The tables in, the same tables in fewer files out: compacted, checkpointed, vacuumed. Changes no row.

Safe beside a running night: whoever commits first wins, a publisher that lost looks again, and what is not yet
committed is younger than anything that is deleted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import Field

from pipeline.core.config import Strict, read
from pipeline.core.errors import StoreError
from pipeline.corpus import cursors
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.snapshot import INDEXED, ORDER
from pipeline.store import digests, fetches, keys, schema
from pipeline.store.s3 import Store
from pipeline.upkeep import compaction


class MaintenanceRules(Strict):
    """`config/maintenance.yaml`. Delta Lake refuses to keep less than a week."""

    keep_days: int = Field(ge=7)
    abandoned_days: int = Field(ge=7)
    staged_days: int = Field(ge=1)

    @classmethod
    def load(cls, config: Path) -> "MaintenanceRules":
        """The rules of a configuration folder."""
        return read(config / "maintenance.yaml", cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """What was done: partitions compacted, files deleted, how much history is kept, staged files deleted."""

    compacted: int
    deleted: int
    kept: timedelta
    staged: int


def maintain(store: Store, rules: MaintenanceRules, now: datetime) -> Maintained:
    """One round of housekeeping over the corpus, the log of fetches and the staged files."""
    corpus = Corpus.open(store)
    keep = _keep(corpus, rules, now)
    compaction.document(corpus.table, schema.arrow(schema.CORPUS), INDEXED)
    compacted = deleted = 0
    for table, order in ((Corpus.open(store).table, ORDER), (fetches.table(store), ("key64",))):
        compacted += compaction.compact(table, order)
    for table in (Corpus.open(store).table, fetches.table(store)):
        compaction.checkpoint(table)
        deleted += compaction.vacuum(table, keep)
    for name in digests.TABLES:
        digests.record_commits(store, name)
    return Maintained(compacted=compacted, deleted=deleted, kept=keep, staged=_staged(store, rules, now))


def _keep(corpus: Corpus, rules: MaintenanceRules, now: datetime) -> timedelta:
    """How much history is kept: for all readers, and for the slowest whose cursor is not abandoned, a day more."""
    least = timedelta(days=rules.keep_days)
    slowest = cursors.slowest(corpus.store, now - timedelta(days=rules.abandoned_days))
    if slowest is None or slowest >= corpus.version:
        return least
    try:
        behind = now - Corpus.open(corpus.store, slowest).table.written_at()
    except StoreError:
        return least  # what it needs is gone already; it is told so when it asks
    return max(least, behind + timedelta(days=1))


def _staged(store: Store, rules: MaintenanceRules, now: datetime) -> int:
    """Delete what published runs staged long ago; the count."""
    runs = set(keys.ended_runs(store))
    before = now - timedelta(days=rules.staged_days)
    old = [
        key
        for key, when in store.dated(keys.STAGED)
        if when < before and (found := keys.RUN_OF_STAGED.match(key)) and found[1] in runs
    ]
    for key in old:
        digests.delete(store, key)
    return len(old)
