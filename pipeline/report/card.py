"""A snapshot in, its data card out: what is in it and what is not, as Markdown and as one page of HTML with plots."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from markupsafe import Markup

from pipeline.corpus.corpus import Corpus
from pipeline.report import pages, plots, run_reports
from pipeline.store import keys

Counts = tuple[tuple[str, int], ...]
_FIELDS = (
    "title", "published_at", "publisher", "author", "editor", "document_number", "index_number", "issuer", "topic",
    "validity", "signed_on", "effective_on", "attachments",
)  # fmt: skip
_LENGTHS = (0, 100, 200, 500, 1000, 2000, 5000, 10_000)  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a card tells. Counts by something are of canonical documents that stand."""

    store: str
    version: int
    at: datetime
    rows: int
    documents: int
    reposts: int
    withdrawn: int
    forgotten: int
    characters: int
    first: datetime | None
    last: datetime | None
    by_source: Counts
    by_month: Counts
    by_language: Counts
    by_length: Counts
    by_kind: Counts
    by_rules: Counts
    filled: Counts  # field -> documents in which it is not empty
    rejected: Counts  # reason -> pages, over all runs up to this snapshot

    @property
    def share_of_reposts(self) -> float:
        """Of the rows that stand, 0..1."""
        return self.reposts / max(self.documents + self.reposts, 1)


def facts(corpus: Corpus) -> Facts:
    """Count a snapshot; its texts are read once, for their lengths."""
    rows = corpus.scan()
    stands = pl.col("withdrawn_at").is_null()
    canonical = stands & pl.col("canonical_id").is_null()
    length = pl.col("text").str.len_chars()
    totals = rows.select(
        pl.len().alias("rows"),
        canonical.sum().alias("documents"),
        (stands & pl.col("canonical_id").is_not_null()).sum().alias("reposts"),
        (~stands).sum().alias("withdrawn"),
        pl.col("forgotten_at").is_not_null().sum().alias("forgotten"),
        length.filter(canonical).sum().alias("characters"),
        pl.col("published_at").filter(canonical).min().alias("first"),
        pl.col("published_at").filter(canonical).max().alias("last"),
        *(_filled(name).filter(canonical).sum().alias(f"has {name}") for name in _FIELDS),
        *((canonical & (length >= low) & (length < high)).sum().alias(f"from {low}") for low, high in _spans()),
    )
    told = totals.collect(engine="streaming").row(0, named=True)
    reads = corpus.documents()
    return Facts(
        store=corpus.store.url,
        version=corpus.version,
        at=corpus.table.written_at(),
        by_source=_counts(reads, "source_id"),
        by_month=tuple(sorted(_counts(reads, "month"))),
        by_language=_counts(reads, "lang"),
        by_kind=_counts(rows.filter(stands), "kind"),
        by_rules=_counts(reads, "rules_version"),
        by_length=tuple((_span(low, high), told[f"from {low}"]) for low, high in _spans()),
        filled=tuple((name, told[f"has {name}"]) for name in _FIELDS),
        rejected=_rejected(corpus),
        **{name: value for name, value in told.items() if " " not in name},
    )


def markdown(found: Facts) -> str:
    """The card for people and for repositories of data sets."""
    lines = [f"# Gongbao corpus, version {found.version}", "", *(f"- {line}" for line in _summary(found)), ""]
    for title, of, counts in _sections(found):
        lines += [f"## {title}", "", f"| {of} | count | share |", "|---|---:|---:|"]
        whole = found.documents if of == "field" else sum(number for _, number in counts)
        lines += [f"| {name} | {number:,} | {number / max(whole, 1):.1%} |" for name, number in counts]
        lines += [""]
    return "\n".join(lines)


def html(found: Facts) -> str:
    """The same as one page with plots; holds no script and asks nothing of any server."""
    plotted = [
        (title, Markup((plots.columns if of in ("month", "characters") else plots.bars)(counts, title)))
        for title, of, counts in _sections(found)
    ]
    return pages.page("card.html", version=found.version, summary=_summary(found), plots=plotted)


def _summary(found: Facts) -> list[str]:
    days = f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}" if found.first and found.last else "no dates"
    return [
        f"{found.store}, snapshot {found.version} of {found.at:%Y-%m-%d %H:%M} UTC",
        f"{found.documents:,} documents, {found.characters:,} characters, published {days}",
        f"{found.reposts:,} reposts ({found.share_of_reposts:.1%} of what stands), linked to their canonical documents",
        f"{found.withdrawn:,} withdrawn, of them {found.forgotten:,} forgotten on request",
    ]


def _sections(found: Facts) -> tuple[tuple[str, str, Counts], ...]:
    return (
        ("Documents by source", "source", found.by_source),
        ("Documents by month of publication", "month", found.by_month),
        ("Documents by language", "language", found.by_language),
        ("Documents by length of the text", "characters", found.by_length),
        ("What stands, by kind", "kind", found.by_kind),
        ("Fields that are filled", "field", found.filled),
        ("Pages rejected, by reason", "reason", found.rejected),
        ("Documents by version of the rules", "rules", found.by_rules),
    )


def _filled(name: str) -> pl.Expr:
    column = pl.col(name)
    if name == "attachments":
        return column.list.len() > 0
    return column.is_not_null() & (column != "") if name == "title" else column.is_not_null()


def _counts(rows: pl.LazyFrame, by: str) -> Counts:
    found = rows.group_by(by).agg(pl.len().alias("count")).collect(engine="streaming")
    return tuple(
        sorted(((str(name), number) for name, number in found.iter_rows()), key=lambda item: (-item[1], item[0]))
    )


def _rejected(corpus: Corpus) -> Counts:
    counts: Counter[str] = Counter()
    for report in run_reports.reports(corpus.store, keys.ended_runs(corpus.store)):
        if report.version <= corpus.version and report.kind != "reprocess":
            for source in report.sources:
                counts.update(source.rejected)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _spans() -> Sequence[tuple[int, int]]:
    return list(zip(_LENGTHS, (*_LENGTHS[1:], 1 << 40), strict=True))


def _span(low: int, high: int) -> str:
    return f"{low}–{high - 1}" if high < 1 << 40 else f"≥ {low}"
