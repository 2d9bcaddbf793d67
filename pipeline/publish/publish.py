"""Staged outcomes in, one commit out: what is new is compared with the corpus, what changed becomes a revision.

The commit is made against the snapshot that the run was deduplicated with. Whoever loses against another publisher
looks at the new snapshot and decides again; a run that has committed already is not committed twice.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import xxhash

from pipeline.core.conservation import CrawlReport, SourceReport, balance
from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.decide import decide
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.night import Night, Row
from pipeline.store import fetches, staging
from pipeline.store.s3 import Store
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
    wait: Callable[[float], None] = time.sleep,
) -> Published:
    """Publish what a run staged; done twice, it is done once.

    Raises Unbalanced, before anything is committed, if a page got lost between its crawl and here.
    """
    staged = staging.read(store, run_id)
    lost = 0
    while not (published := _attempt(Corpus.open(store), run_id, now, crawls, staged, sources, rules)):
        wait(_pause(run_id, lost))
        lost += 1
    fetches.append(store, run_id, staged, list(crawls), dict(sources))
    return published


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
    staged: list[Row],
    sources: Mapping[str, Source],
    rules: DedupeRules,
) -> Published | None:
    """One try against one snapshot; None if someone else committed meanwhile."""
    if done := published(corpus, run_id):
        return done
    before = corpus.version
    broken = {crawl.source_id for crawl in crawls if crawl.cause}
    night = Night(corpus, staged, sources, rules, run_id, now, broken)
    rows = night.rows(decide(night.fresh(), night, rules))
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
