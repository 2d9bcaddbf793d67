"""New texts and the corpus' own columns in, the pairs worth comparing out: those that share sampled shingle keys.

There is no index beside the corpus: its key column is read once, in batches, and what has none of the night's keys is
dropped at once, so memory grows with the night and time with the bytes of two columns. The test is one of the pair
alone (shared keys, as a share of the smaller key set), but for two caps that bound what formulas and long series cost.

What it costs (`tests/benchmarks/dedupe_scale.py`, a night of 10,000): 0.35 GB of keys a million known texts, read at
the pace of the store. At 100 million that is 35 GB, minutes on one machine and still no more memory: the loop over
batches is then to be split by files, one worker a share of `corpus.files()`, and their matches added up, hot keys
counted over all (`_Matches` of each is a few megabytes). A night of a million texts is split the same way by its keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.dedupe.pair.text import Text
from pipeline.dedupe.rules import CandidateRules

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "doc_id": pl.String,
    "canonical_id": pl.String,
    "text_digest": pl.String,
    "shingle_keys": pl.List(pl.Int64),
    "document_number": pl.String,
}
Pairs = list[tuple[str, str]]
_BRACKETS = r"[\s〔〕\[\]()（）【】﹝﹞]"
_BATCH = 50_000  # rows: 16 MB of keys
_SIEVE_BITS = 26  # 64 MB at most; of 400,000 keys one foreign key in 160 passes
_MANY = 64  # frames of matches that are kept apart
_HELD = {"doc_id": pl.String, "old_keys": pl.Int64, "key": pl.Int64}


def columns(texts: Sequence[Text]) -> pl.DataFrame:
    """Texts as rows of the corpus columns that deduplication reads."""
    return pl.DataFrame(
        {
            "doc_id": [text.id for text in texts],
            "canonical_id": [None] * len(texts),
            "text_digest": [text.fingerprint.digest for text in texts],
            "shingle_keys": [list(text.fingerprint.keys) for text in texts],
            "document_number": [text.document_number or None for text in texts],
        },
        schema=SCHEMA,
    )


def pairs(new: Sequence[Text], known: pl.LazyFrame | None, rules: CandidateRules, *, within: bool = True) -> Pairs:
    """(new id, other id) of texts that share enough keys, or their 发文字号; with `within`, of the night as well."""
    if not new:
        return []
    night = columns(new)
    matches = _Matches(night, rules)
    if known is not None:
        rows = known.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
        for batch in rows.collect_batches(chunk_size=_BATCH, maintain_order=False, engine="streaming"):
            # What is revised tonight is there twice; its new text counts.
            matches.add(batch.filter(~pl.col("doc_id").is_in(night["doc_id"].implode())))
    if within:
        matches.add(night)
    return sorted(pl.concat([matches.by_keys(), matches.by("text_digest"), matches.by("number")]).unique().iter_rows())


@dataclass(slots=True)
class _Sieve:
    """A set of keys that tells at once of nearly all others that they are not in it."""

    keys: NDArray[np.int64]  # sorted
    bits: NDArray[np.bool_]
    shift: int

    @classmethod
    def of(cls, keys: NDArray[np.int64]) -> "_Sieve":
        """The sieve of distinct keys, at least 64 places for each."""
        size = min(_SIEVE_BITS, max(10, len(keys).bit_length() + 6))
        top = int(keys.max(initial=0)).bit_length()  # sampled keys are small numbers
        shift = max(top - size, 0)
        bits = np.zeros((1 << size) + 1, np.bool_)
        bits[keys >> shift] = True
        return cls(np.sort(keys), bits, shift)

    def places(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where in `keys` those of the set stand, and which of the set they are."""
        cells = np.minimum(keys >> self.shift, len(self.bits) - 1)
        maybe = np.flatnonzero(self.bits[cells])
        which = np.minimum(np.searchsorted(self.keys, keys[maybe]), len(self.keys) - 1)
        found = self.keys[which] == keys[maybe] if len(self.keys) else np.zeros(len(maybe), np.bool_)
        return maybe[found], which[found]


@dataclass(slots=True)
class _Matches:
    """What of the texts seen so far has keys, digest or 发文字号 in common with the night."""

    night: pl.DataFrame
    rules: CandidateRules
    _sieve: _Sieve = field(init=False)
    _spread: NDArray[np.int64] = field(init=False)  # for each key of the night, in how many clusters it was seen
    _held: list[pl.DataFrame] = field(
        init=False, default_factory=list
    )  # key (its place in the sieve), doc_id, old_keys
    _same: dict[str, list[pl.DataFrame]] = field(init=False)

    def __post_init__(self) -> None:
        self.night = self.night.with_columns(_number())
        keys = self.night["shingle_keys"].explode().drop_nulls().unique()
        self._sieve = _Sieve.of(keys.to_numpy())
        self._spread = np.zeros(len(keys), np.int64)
        self._same = {"text_digest": [], "number": []}

    def add(self, texts: pl.DataFrame) -> None:
        """Look at some more texts."""
        texts = texts.with_columns(_number())
        for name, found in self._same.items():
            wanted = self.night[name].drop_nulls()
            if len(wanted):
                found.append(texts.filter(pl.col(name).is_in(wanted.implode())).select("doc_id", name))
        texts = texts.select(
            "doc_id", "canonical_id", "shingle_keys", old_keys=pl.col("shingle_keys").list.len().cast(pl.Int64)
        ).filter(pl.col("old_keys") > 0)
        at, which = self._sieve.places(texts["shingle_keys"].explode().to_numpy())
        if not len(at):
            return
        rows = np.searchsorted(np.cumsum(texts["old_keys"].to_numpy()), at, side="right")
        # Canonical documents alone count: an article that a hundred sites repeat is one article.
        is_canonical = texts["canonical_id"].is_null().to_numpy()[rows]
        self._spread += np.bincount(which[is_canonical], minlength=len(self._spread))
        cool = ~self._hot()[which]
        self._held.append(texts.select("doc_id", "old_keys")[rows[cool]].with_columns(key=which[cool]))
        if len(self._held) > _MANY:
            self._held = [self._cooled()]

    def by_keys(self) -> pl.DataFrame:
        """Pairs that share enough keys, of each new text the most similar ones."""
        keys = pl.DataFrame({"shingle_keys": self._sieve.keys, "key": np.arange(len(self._sieve.keys))})
        night = (
            self.night.lazy()
            .select("shingle_keys", new="doc_id", keys=pl.col("shingle_keys").list.len().cast(pl.Int64))
            .explode("shingle_keys")
            .join(keys.lazy(), on="shingle_keys")
            .select("new", "keys", "key")
        )
        least = pl.max_horizontal(
            pl.lit(self.rules.least_shared), self.rules.least_share * pl.min_horizontal("keys", "old_keys")
        )
        return (
            self._cooled()
            .lazy()
            .join(night, on="key")
            .filter(pl.col("new") != pl.col("doc_id"))
            .group_by("new", "doc_id")
            .agg(pl.len().alias("shared"), pl.col("keys").first(), pl.col("old_keys").first())
            .filter(pl.col("shared") >= pl.min_horizontal(least, "keys", "old_keys"))
            .sort("shared", "doc_id", descending=[True, False])
            .group_by("new", maintain_order=True)
            .head(self.rules.most)
            .select("new", "doc_id")
            .collect(engine="streaming")
        )

    def by(self, name: str) -> pl.DataFrame:
        """Pairs that have the same text or the same 发文字号, however often it was repeated."""
        new = self.night.select(name, new="doc_id").drop_nulls()
        held = pl.concat([pl.DataFrame(schema={"doc_id": pl.String, name: pl.String}), *self._same[name]])
        return held.join(new, on=name).filter(pl.col("new") != pl.col("doc_id")).select("new", "doc_id")

    def _hot(self) -> NDArray[np.bool_]:
        """Which keys are in too many clusters: a formula of the trade is in every fifth text."""
        return self._spread > self.rules.hot_key

    def _cooled(self) -> pl.DataFrame:
        """All that was held, but for the keys that turned out to be hot since."""
        held = pl.concat([pl.DataFrame(schema=_HELD), *self._held])
        return held.filter(pl.Series(~self._hot()[held["key"].to_numpy()]))


def _number() -> pl.Expr:
    """The 发文字号 without its brackets, whichever it is printed with."""
    return pl.col("document_number").str.replace_all(_BRACKETS, "").alias("number")
