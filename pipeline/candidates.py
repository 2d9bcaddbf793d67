"""New texts and the corpus' own columns in, the pairs worth comparing out: those that share sampled shingle keys.

There is no index beside the corpus: its key column is scanned and joined with the keys of the night, so the cost
grows with the night first, and with the corpus only as a scan of two columns. The test is one of the pair alone
(shared keys, as a share of the smaller key set), but for two caps that bound what formulas and long series cost.
"""

from collections.abc import Sequence

import polars as pl

from pipeline.judgement import CandidateRules, Text

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "doc_id": pl.String,
    "canonical_id": pl.String,
    "text_digest": pl.String,
    "shingle_keys": pl.List(pl.Int64),
    "document_number": pl.String,
}
Pairs = list[tuple[str, str]]
_BRACKETS = r"[\s〔〕\[\]()（）【】﹝﹞]"


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
    batch = columns(new)
    frames = [] if known is None else [known.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())]
    corpus = pl.concat(frames + [batch.lazy()] * within)
    found = pl.concat([_by_keys(batch, corpus, rules), _by_digest(batch, corpus), _by_number(batch, corpus)]).unique()
    return sorted(found.iter_rows())


def _by_keys(batch: pl.DataFrame, corpus: pl.LazyFrame, rules: CandidateRules) -> pl.DataFrame:
    """Pairs that share enough keys, of each new text the most similar ones."""
    night = batch.select(new="doc_id", keys=pl.col("shingle_keys").list.len(), key=pl.col("shingle_keys")).explode(
        "key"
    )
    held = corpus.select(
        "doc_id",
        "canonical_id",
        old_keys=pl.col("shingle_keys").list.len(),
        key=pl.col("shingle_keys"),
    ).explode("key")
    wanted = night.select(pl.col("key").unique())
    # Two scans: a formula of the trade is in every fifth text, and its rows would not fit into memory. Canonical
    # documents alone count: an article that a hundred sites repeat is one article.
    hot = (
        held.filter(pl.col("canonical_id").is_null())
        .select("key")
        .join(wanted.lazy(), on="key", how="semi")
        .group_by("key")
        .len()
        .filter(pl.col("len") > rules.hot_key)
        .collect(engine="streaming")
    )
    wanted = wanted.join(hot, on="key", how="anti")
    met = held.drop("canonical_id").join(wanted.lazy(), on="key", how="semi").collect(engine="streaming")
    least = pl.max_horizontal(pl.lit(rules.least_shared), rules.least_share * pl.min_horizontal("keys", "old_keys"))
    return (
        met.lazy()
        .join(night.lazy(), on="key")
        .filter(pl.col("new") != pl.col("doc_id"))
        .group_by("new", "doc_id")
        .agg(pl.len().alias("shared"), pl.col("keys").first(), pl.col("old_keys").first())
        .filter(pl.col("shared") >= pl.min_horizontal(least, "keys", "old_keys"))
        .sort("shared", "doc_id", descending=[True, False])
        .group_by("new", maintain_order=True)
        .head(rules.most)
        .select("new", "doc_id")
        .collect()
    )


def _by_digest(batch: pl.DataFrame, corpus: pl.LazyFrame) -> pl.DataFrame:
    """Pairs of equal canonical texts, however often they were repeated."""
    new = batch.select("text_digest", new="doc_id")
    return (
        corpus.select("doc_id", "text_digest")
        .join(new.lazy(), on="text_digest")
        .filter(pl.col("new") != pl.col("doc_id"))
        .select("new", "doc_id")
        .collect(engine="streaming")
    )


def _by_number(batch: pl.DataFrame, corpus: pl.LazyFrame) -> pl.DataFrame:
    """Pairs of documents with the same 发文字号, whichever brackets it is printed with."""
    number = pl.col("document_number").str.replace_all(_BRACKETS, "").alias("number")
    numbered = batch.select(pl.col("doc_id").alias("new"), number).drop_nulls()
    if numbered.is_empty():
        return pl.DataFrame(schema={"new": pl.String, "doc_id": pl.String})
    return (
        corpus.select("doc_id", number)
        .drop_nulls()
        .join(numbered.lazy(), on="number")
        .filter(pl.col("new") != pl.col("doc_id"))
        .select("new", "doc_id")
        .collect(engine="streaming")
    )
