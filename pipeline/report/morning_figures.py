"""The documents of a run in, what a morning report says of them out: counts, and the most suspicious."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pipeline.report.suspicion import MorningRules, suspicions

LENGTHS = (0, 100, 200, 500, 1000, 2000, 5000, 10_000)
HOURS = ((1, "< 1 h"), (6, "1–6 h"), (24, "6–24 h"), (72, "1–3 days"), (168, "3–7 days"), (720, "7–30 days"))
OVER = "> 30 days"
COLUMNS = [
    "doc_id", "url", "source_id", "title", "text", "lang", "lang_confidence", "charset", "published_at",
    "published_precision", "date_conflict", "fetched_at", "canonical_id", "revision",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A document that a person should look at."""

    doc_id: str
    url: str
    source_id: str
    title: str
    why: tuple[str, ...]
    weight: float


@dataclass(slots=True, kw_only=True)
class Figures:
    """What the documents of a run add up to; texts are looked at one by one and not kept."""

    by_source: Counter[str] = field(default_factory=Counter)
    reposts: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    charsets: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)  # lower bound -> documents
    latency: Counter[str] = field(default_factory=Counter)
    suspects: list[Suspect] = field(default_factory=list)


def figures(rows: Iterable[Mapping[str, Any]], rules: MorningRules) -> Figures:
    """Count the rows that a run wrote into the corpus (`COLUMNS`)."""
    found = Figures()
    for row in rows:
        if row["canonical_id"]:
            found.reposts[row["source_id"]] += 1
            continue
        found.by_source[row["source_id"]] += 1
        found.languages[row["lang"] or "unknown"] += 1
        found.charsets[(row["charset"] or {}).get("used") or "not recorded"] += 1
        found.lengths[max(bound for bound in LENGTHS if bound <= len(row["text"] or ""))] += 1
        if late := _latency(row):
            found.latency[late] += 1
        if odd := suspicions(row, rules):
            why = tuple(sorted(odd, key=lambda name: -odd[name]))
            told = {name: row[name] or "" for name in ("doc_id", "url", "source_id", "title")}
            found.suspects.append(Suspect(**told, why=why, weight=max(odd.values()) + 0.1 * len(odd)))
    found.suspects.sort(key=lambda suspect: (-suspect.weight, suspect.url))
    del found.suspects[rules.suspicious :]
    return found


def _latency(row: Mapping[str, Any]) -> str:
    """How long after its publication a page was first fetched; empty where that cannot be known."""
    if row["published_at"] is None or row["revision"] != 1 or row["published_precision"] not in ("minute", "second"):
        return ""
    hours = (row["fetched_at"] - row["published_at"]) / timedelta(hours=1)
    return next((name for most, name in HOURS if hours < most), OVER)
