"""A published night in, an observation of each of its sources and their alarms out; the history is that of earlier runs.

Everything lies in the store already: run reports, staged outcomes, the log of fetches.
"""

import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from pipeline.core.conservation import SourceReport
from pipeline.core.dates import SHANGHAI
from pipeline.core.observation import Alarm, Observation
from pipeline.core.source import Source
from pipeline.health.assess import assess
from pipeline.health.rules import HealthRules
from pipeline.health.unknown_holiday import is_common_rest
from pipeline.page.obstacles import Cause
from pipeline.store import fetches, keys
from pipeline.store.s3 import Store

_FIELDS = ("title", "published", "publisher")  # what every article should have
_COLUMNS = ["doc_id", "source_id", "outcome", "reason", "title", "published_at", "publisher", "text"]
_GONE = ("gone",)  # a page that went before it was ever read says nothing about its template


def watch(
    store: Store,
    run_id: str,
    now: datetime,
    reports: Sequence[SourceReport],
    sources: Iterable[Source],
    rules: HealthRules,
) -> tuple[tuple[Observation, ...], tuple[Alarm, ...]]:
    """What a published night showed of each source, and what is wrong with it."""
    day = night_of(now, rules)
    pages = new_pages(store, run_id)
    by_id = {source.id: source for source in sources}
    past = history(store, run_id, rules)
    tonight = [
        observe(each, pages.filter(pl.col("source_id") == each.source_id), day, by_id.get(each.source_id), rules)
        for each in reports
    ]
    rest = is_common_rest(tonight, past, day, rules)
    observations, alarms = [], []
    for each in tonight:
        seen = each.model_copy(update={"rest": rest})
        found = assess(past.get(seen.source_id, []), seen, rules)
        observations.append(seen.model_copy(update={"troubles": tuple(alarm.trouble for alarm in found)}))
        alarms += found
    return tuple(observations), tuple(alarms)


def night_of(now: datetime, rules: HealthRules) -> date:
    """The day whose news a run finds: a run before noon looks back on the day before."""
    return (now.astimezone(SHANGHAI) - timedelta(hours=rules.night_begins)).date()


def observe(
    report: SourceReport, pages: pl.DataFrame, day: date, source: Source | None, rules: HealthRules
) -> Observation:
    """One source in one night. `pages`: its staged rows that were fetched for the first time, texts as their lengths."""
    documents = pages.filter(pl.col("outcome") == "document")
    known = report.skipped.get("known", 0)
    denied = sum(report.skipped.get(reason, 0) for reason in ("denied", "other_host", "not_http"))
    failed = sum(report.failed.values()) - report.failed_again  # a link that is known as dead says nothing of tonight
    asked = known + pages.height + failed
    newest = max((each.newest for each in report.listings if each.newest), default=None)
    # A dead link fails every night. On a night without anything else the crawl takes it for a broken source.
    only_dead_links = report.cause == Cause.ALL_FAILED and failed < rules.share.failed
    measured: dict[str, Any] = _measured(documents, day) if documents.height else {}
    return Observation(
        source_id=report.source_id,
        day=day,
        cause="" if only_dead_links else report.cause,
        detail=report.detail,
        links=sum(listing.links for listing in report.listings),
        own_share=asked / (asked + denied) if asked + denied else None,
        known_share=known / asked if asked else None,
        newest=newest.astimezone(SHANGHAI).date() if newest else None,
        stale_after=max((listing.stale_after_days for listing in source.listings), default=0) if source else 0,
        pages=pages.filter(~pl.col("reason").is_in(_GONE).fill_null(False)).height,
        rejected=pages.filter((pl.col("outcome") == "rejected") & ~pl.col("reason").is_in(_GONE)).height,
        failed=failed,
        documents=documents.height,
        **measured,
    )


def _measured(documents: pl.DataFrame, day: date) -> dict[str, Any]:
    filled = {
        "title": int((documents["title"].fill_null("") != "").sum()),
        "published": int(documents["published_at"].is_not_null().sum()),
        "publisher": int((documents["publisher"].fill_null("") != "").sum()),
    }
    tonight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=1)
    ages = (pl.lit(tonight.astimezone(UTC)) - pl.col("published_at")).dt.total_seconds() / 86_400
    age = documents.select(ages.median()).item()
    return {
        "filled": filled,
        "median_length": int(documents["characters"].median() or 0),  # type: ignore[arg-type]
        "median_age": None if age is None else max(0.0, float(age)),
    }


def new_pages(store: Store, run_id: str) -> pl.DataFrame:
    """The staged rows of a run whose pages were never fetched before; of a text its length only."""
    first = fetches.first_visits(store, run_id)  # how they count: many pages tell of one that it is an error page
    characters = pl.col("text").str.len_chars().alias("characters")
    frames = [
        pl.read_parquet(io.BytesIO(store.get(key)), columns=_COLUMNS)
        .select(*_COLUMNS[:-1], characters)
        .drop("outcome", "reason")
        .join(first, on="doc_id")
        .select(*_COLUMNS[:-1], "characters")
        for key in store.list(keys.staged(run_id))
    ]
    if not frames:
        empty: dict[str, Any] = dict.fromkeys(_COLUMNS[:-1], pl.String)
        return pl.DataFrame(schema=empty | {"published_at": pl.Datetime("us", "UTC"), "characters": pl.UInt32})
    return pl.concat(frames, how="vertical_relaxed").unique("doc_id", keep="last", maintain_order=True)


def history(store: Store, before: str, rules: HealthRules) -> dict[str, list[Observation]]:
    """By source: what earlier runs observed, oldest first. Run ids sort as the runs began."""
    earlier = [run_id for run_id in keys.ended_runs(store) if run_id < before][: rules.history]
    found: dict[str, list[Observation]] = {}
    for run_id in reversed(earlier):
        for told in json.loads(store.get(keys.run_report(run_id))).get("observations", ()):
            seen = Observation.model_validate(told)
            found.setdefault(seen.source_id, []).append(seen)
    return found
