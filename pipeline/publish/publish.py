"""Staged outcomes in, one commit out: what is new is compared with the corpus, what changed becomes a revision.

The commit is made against the snapshot that the run was deduplicated with. Whoever loses against another publisher
looks at the new snapshot and decides again; a run that has committed already is not committed twice.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import xxhash

from pipeline.core.conservation import CrawlReport, SourceReport, balance
from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.rules import DedupeRules
from pipeline.page.obstacles import Cause
from pipeline.publish.night import Night
from pipeline.publish.outages import ACCEPTED, ERROR
from pipeline.publish.rules import PublishRules
from pipeline.publish.visits import Visits, read_visits
from pipeline.store import fetches, staging
from pipeline.store.s3 import Store
from pipeline.store.schema import Row
from pipeline.store.tables import Conflict

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0  # seconds; a small night is published in half a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a run did to the corpus."""

    version_before: int
    version: int
    sources: tuple[SourceReport, ...]


def publish(
    store: Store,
    run_id: str,
    now: datetime,
    crawls: Sequence[CrawlReport],
    sources: Mapping[str, Source],
    rules: DedupeRules,
    limits: PublishRules,
    wait: Callable[[float], None] = time.sleep,
    accepting: Collection[str] = (),
) -> Published:
    """Publish what a run staged; done twice, it is done once. `accepting`: pages whose texts a person accepts.

    Raises Unbalanced, before anything is committed, if a page got lost between its crawl and here.
    """
    staged = staging.read(store, run_id)
    lost = 0
    while True:
        corpus = Corpus.open(store)
        done = published(corpus, run_id)
        # A run that was killed between its commit and the log of its fetches judges its visits as it did.
        corpus = Corpus.open(store, done.version_before) if done and not fetches.has(store, run_id) else corpus
        visits = read_visits(corpus, staged, sources, limits, accepting=accepting)
        told = [_broken(crawl, visits, limits) for crawl in crawls]
        if done := done or _attempt(corpus, run_id, now, told, visits, sources, rules):
            break
        wait(_pause(run_id, lost))
        lost += 1
    logged = [row | {"fetched_at": now} if row["flag"] == ACCEPTED else row for row in visits.rows]
    fetches.append(store, run_id, [*logged, *_proved(visits, now)], told, dict(sources), limits.again_days)
    failed = fetches.failed(store, run_id) if any(crawl.failed for crawl in crawls) else {}
    named = (each.model_copy(update={"failed_addresses": failed.get(each.source_id, ())}) for each in done.sources)
    return replace(done, sources=tuple(named))


def _broken(crawl: CrawlReport, visits: Visits, limits: PublishRules) -> CrawlReport:
    """A crawl that found nothing wrong, of a source whose documents gave something else than their texts."""
    detail = visits.broken.get(crawl.source_id, "")
    if crawl.cause or not detail:
        return crawl
    return crawl.model_copy(update={"cause": Cause.ERROR_PAGES, "detail": detail, "advice": limits.advice})


def _proved(visits: Visits, now: datetime) -> Iterator[Row]:
    """What the log tells of documents that have proved to be error pages: they are asked for again."""
    ended = {"outcome": "rejected", "reason": ERROR, "detail": "stands at other addresses too", "in_a_row": 1}
    there = {row["doc_id"] for row in visits.rows}
    for row in visits.errors:
        if row["doc_id"] not in there:
            yield row | ended | {"requested_url": row["url"], "fetched_at": now, "landing": None}


def _pause(run_id: str, lost: int) -> float:
    """Seconds before the next try, longer with each commit lost, and other ones for each run: or all would lose again."""
    chance = xxhash.xxh3_64_intdigest(f"{run_id} {lost}".encode()) / (1 << 64)
    return chance * min(_FIRST_PAUSE * 2.0**lost, _LONGEST_PAUSE)


def published(corpus: Corpus, run_id: str) -> Published | None:
    """What a run that has committed did; None if it has not."""
    told = corpus.about_run(run_id)
    if not told:
        return None
    reports = tuple(SourceReport.model_validate(each) for each in told["sources"])
    return Published(version_before=told["before"], version=told["version"], sources=reports)


def _attempt(
    corpus: Corpus,
    run_id: str,
    now: datetime,
    crawls: Sequence[CrawlReport],
    visits: Visits,
    sources: Mapping[str, Source],
    rules: DedupeRules,
) -> Published | None:
    """One try against one snapshot; None if someone else committed meanwhile."""
    before = corpus.version
    broken = {crawl.source_id for crawl in crawls if crawl.cause and crawl.cause != Cause.ERROR_PAGES}
    night = Night(corpus, visits, sources, rules, run_id, now, broken)
    rows = night.rows(night.decide(rules))
    reports = night.reports(crawls)
    balance(reports)
    if not rows:
        return Published(version_before=before, version=before, sources=reports)
    about = {"before": before, "sources": [report.model_dump(mode="json") for report in reports]}
    try:
        version = corpus.commit(rows, run_id, about, night.months)
    except Conflict:
        return None
    return Published(version_before=before, version=version, sources=reports)
