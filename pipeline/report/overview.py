"""A store in, what it holds in all and of each source out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.store import fetches
from pipeline.store.s3 import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of one snapshot: canonical documents that stand, reposts that stand, rows that are withdrawn."""

    documents: int
    reposts: int
    withdrawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A source: how many of its articles are known, and when it was last fetched from. `source`: None: not configured."""

    source_id: str
    source: Source | None
    known: int
    last_fetch: datetime | None

    @property
    def state(self) -> str:
        """In words."""
        return "not configured" if self.source is None else "enabled" if self.source.enabled else "disabled"


def totals(corpus: Corpus) -> Totals:
    """What a snapshot holds; reads two columns that are mostly null."""
    stands, repeats = pl.col("withdrawn_at").is_null(), pl.col("canonical_id").is_not_null()
    counts = {"documents": stands & ~repeats, "reposts": stands & repeats, "withdrawn": ~stands}
    found = corpus.scan().select(which.sum().alias(name) for name, which in counts.items())
    return Totals(**found.collect(engine="streaming").row(0, named=True))


def held(store: Store, configured: Iterable[Source]) -> list[Held]:
    """Every source that is configured or was fetched from, in the order of their ids."""
    seen = {row["source_id"]: row for row in fetches.of_sources(store).to_dicts()}
    by_id = {source.id: source for source in configured}
    return [
        Held(
            source_id=id_,
            source=by_id.get(id_),
            known=seen[id_]["known"] if id_ in seen else 0,
            last_fetch=seen[id_]["last_fetch"] if id_ in seen else None,
        )
        for id_ in sorted(by_id.keys() | seen.keys())
    ]
