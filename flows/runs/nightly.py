"""The path of a night, straight down: crawl each source, process each landing file, publish in one commit, report.

`backfill` is the same for given addresses or days. Between tasks go keys, ids and small reports, never pages or documents.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain, count, islice
from typing import Any, Literal

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run

from flows import settings
from flows.alarms.standing import HOOKS, after_run
from flows.commands import backfill as backfilling
from flows.runs import crawl_process, leases, processing
from flows.runs import morning_report as morning
from flows.schedules import Schedules
from flows.terminal import progress
from pipeline.core.conservation import CrawlReport, RunReport, SourceReport, markdown
from pipeline.core.errors import StoreError
from pipeline.core.observation import Alarm, Observation
from pipeline.core.source import UNKNOWN, Source, load_all
from pipeline.corpus import nightly_files
from pipeline.health.observing import watch
from pipeline.health.rules import HealthRules
from pipeline.page.obstacles import Cause
from pipeline.publish.publish import Published, publish
from pipeline.publish.rules import PublishRules
from pipeline.store import fetches
from pipeline.store.known_pages import Seen
from pipeline.store.s3 import Store

Kind = Literal["nightly", "backfill"]
_LAST_COMMITS = 60  # that may lack their plain files; what is older was looked at by the nights before


def _store_failed(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Only a store that refused is worth another try: HTTP has its retries in Scrapy, the rest would fail again."""
    return isinstance(state.result(raise_on_failure=False), StoreError)


_TASK: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": [2, 10, 60],
    "retry_condition_fn": _store_failed,
    "cache_policy": NO_CACHE,
    "persist_result": False,
}


@task(name="crawl", task_run_name="crawl {source_id}", **_TASK)
def crawl_source(
    source_id: str,
    run_id: str,
    now: datetime,
    urls: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    force: bool = False,
) -> CrawlReport:
    """Crawl one source into landing files."""
    known = settings.from_environment()
    store, log = settings.open_store(known), get_run_logger()
    rules = Schedules.load(known.config).leases
    try:
        with leases.hold(store, f"source={source_id}", run_id, rules, wait=rules.wait, say=log.warning) as lease:
            report = crawl_process.crawl(
                store,
                source_id,
                run_id,
                config=known.config,
                sources=known.sources,
                now=now,
                urls=urls,
                force=force,
                since=since,
                until=until,
                seen=_seen(store, source_id, urls, now, force=force),
                log=progress.watch(source_id, log.info),
                began=lease.share_with,
            )
    except leases.Taken as taken:
        at = datetime.now(UTC)
        report = CrawlReport(
            run_id=run_id, source_id=source_id, started_at=at, ended_at=at, cause=Cause.INTERRUPTED, detail=str(taken)
        )
    if report.cause:
        log.warning("%s is broken: %s %s", source_id, report.cause, report.detail)
    return report


def _seen(store: Store, source_id: str, urls: Sequence[str], now: datetime, *, force: bool) -> Seen | None:
    if urls:
        return fetches.seen_of(store, source_id, urls, now, force=force)
    return None if force else fetches.seen(store, source_id, now)


@task(name="process", task_run_name="process {landing_key}", **_TASK)
def process_landing(landing_key: str, run_id: str) -> dict[str, int]:
    """Make outcomes of one landing file, in a process of the pool, and stage them."""
    return processing.in_pool(processing.process_landing, landing_key, run_id)


@task(name="publish", **_TASK)
def publish_run(run_id: str, now: datetime, crawls: Sequence[CrawlReport]) -> Published:
    """Deduplicate what the run staged, commit it, and remember what was fetched."""
    known = settings.from_environment()
    sources = {source.id: source for source in load_all(known.sources)}
    rules, limits = processing.rules(known.config).dedupe, PublishRules.load(known.config)
    return publish(settings.open_store(known), run_id, now, crawls, sources, rules, limits)


@task(name="plain files", **_TASK)
def write_plain_files() -> list[str]:
    """Write the night for those who only speak S3, and nights that were killed before they came to it."""
    store = settings.open_store(settings.from_environment())
    return [manifest.file for manifest in nightly_files.write_missing(store, last=_LAST_COMMITS)]


@task(name="watch", **_TASK)
def watch_sources(
    run_id: str, now: datetime, reports: Sequence[SourceReport]
) -> tuple[tuple[Observation, ...], tuple[Alarm, ...]]:
    """Compare what the night showed of each source with what its earlier nights did."""
    known = settings.from_environment()
    rules = HealthRules.load(known.config)
    return watch(settings.open_store(known), run_id, now, reports, load_all(known.sources), rules)


@task(name="answer", **_TASK)
def answer(run_id: str, asked: dict[str, list[str]], crawls: Sequence[CrawlReport]) -> None:
    """Write down what became of each address that a backfill was asked for."""
    backfilling.write_answers(settings.open_store(settings.from_environment()), run_id, asked, crawls)


@task(name="morning report", **_TASK)
def morning_report(report: RunReport) -> None:
    """Write the page that people read in the morning."""
    known = settings.from_environment()
    morning.write(settings.open_store(known), report, known.config)


def run_id_of(given: str = "") -> str:
    """The name of a run. One that a schedule began is named after its flow run."""
    given = given or flow_run.parameters.get("run_id", "")
    return given or f"{flow_run.scheduled_start_time:%Y%m%dT%H%M%SZ}-{flow_run.id[-4:]}"


def _begin(store: Store, run_id: str, instead_of: str) -> tuple[str, str]:
    """The name of this run, and of that whose work it does again.

    Prefect's UI offers to retry a run that failed: the retry is a run of its own, or it would overwrite landing files.
    """
    names = chain([run_id], (f"{run_id}-{again}" for again in count(2)))
    name = next(name for name in names if store.put(f"runs/{name}/begun", b"", only_new=True))
    return name, instead_of if name == run_id else run_id


def _name() -> str:
    return f"{flow_run.flow_name} {run_id_of()}"


@flow(name="nightly", flow_run_name=_name, **HOOKS)
def nightly(
    run_id: str = "",
    now: datetime | None = None,
    sources: list[str] | None = None,
    scheduled: bool = False,
    instead_of: str = "",
) -> RunReport | None:
    """Crawl the sources named, or all that are enabled, and publish what is new in one commit.

    With `scheduled` sources that have a schedule of their own are left to it. None if the same night runs already.
    `instead_of` is set by `gongbao serve` where it begins a run again: the one that was ended.
    """
    known, run_id = settings.from_environment(), run_id_of(run_id)
    chosen = load_all(known.sources, sources or ())
    asked: dict[str, list[str]] = {source.id: [] for source in chosen if sources or _is_due(source, scheduled)}
    store, rules = settings.open_store(known), Schedules.load(known.config).leases
    try:
        with leases.hold(store, leases.of_night(sources), run_id, rules):
            names = _begin(store, run_id, instead_of)
            return _run("nightly", names, now or datetime.now(UTC), asked)
    except leases.Taken as taken:
        get_run_logger().warning("%s; nothing was done", taken)
        return None


def _is_due(source: Source, scheduled: bool) -> bool:
    return source.enabled and not (scheduled and source.schedule)


@flow(name="backfill", flow_run_name=_name, **HOOKS)
def backfill(
    urls: list[str] | None = None,
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    landing: str = "",
    force: bool = False,
    listed_in: str = "",
    run_id: str = "",
    now: datetime | None = None,
    instead_of: str = "",
) -> RunReport:
    """Fetch addresses, or what a source published from one day to another, and publish them like a night.

    `urls`: addresses, of whichever source has their host, or of `source`. Known ones are fetched again with `force`.
    `source`, `since` and `until`: instead of addresses, what a source published on these days.
    `landing`: instead of both, what lies in landing files whose keys begin so, such as `source=ID/date=2026-01`.
    `listed_in` is the key of an object in the store that names one address a line: Prefect's parameters hold 512 kB.
    `instead_of` is set by `gongbao serve` where it begins a run again: the one that was ended.
    """
    known, run_id = settings.from_environment(), run_id_of(run_id)
    store, now = settings.open_store(known), now or datetime.now(UTC)
    every = list(dict.fromkeys([*(urls or ()), *(store.get(listed_in).decode().splitlines() if listed_in else ())]))
    backfilling.check(known, every, source, since, until, landing)
    names = _begin(store, run_id, instead_of)
    if landing:
        return _run("backfill", names, now, {}, backfilling.landing_keys(store, landing))
    asked = backfilling.by_sources(known, every, source)
    backfilling.say_unknown(asked.get(UNKNOWN, ()), get_run_logger().warning)
    return _run("backfill", names, now, asked, since=since, until=until, force=force)


def _crawled(
    asked: dict[str, list[str]], run_id: str, now: datetime, *, most: int, **how: Any
) -> Iterator[CrawlReport]:
    """Crawl these sources, so many at the same time; each one's report as it ends."""
    waiting, crawling_now = iter(asked.items()), set[PrefectFuture[CrawlReport]]()
    while True:
        for each, urls in islice(waiting, most - len(crawling_now)):
            crawling_now.add(crawl_source.submit(each, run_id, now, urls, **how))
        if not crawling_now:
            return
        done = next(as_completed(list(crawling_now)))
        crawling_now.remove(done)
        yield done.result()


def _run(
    kind: Kind,
    names: tuple[str, str],
    now: datetime,
    asked: dict[str, list[str]],
    landing: Sequence[str] = (),
    **how: Any,
) -> RunReport:
    """A source that breaks is told in the report and the others go on; what concerns all of them is raised."""
    started, (run_id, instead_of) = datetime.now(UTC), names
    known = settings.from_environment()
    store = settings.open_store(known)
    crawls, staged = [], [process_landing.submit(key, run_id) for key in landing]
    for crawl in _crawled(asked, run_id, now, most=known.crawls, **how):
        crawls.append(crawl)
        staged += [process_landing.submit(key, run_id) for key in crawl.landing]
    for future in staged:
        future.result()
    if landing:
        crawls = backfilling.read_again(store, run_id, now)
        asked = {crawl.source_id: [] for crawl in crawls}
    published = publish_run(run_id, now, crawls)
    write_plain_files()
    if kind == "backfill":
        answer(run_id, asked, crawls)
    observations, alarms = watch_sources(run_id, now, published.sources) if kind == "nightly" else ((), ())
    report = RunReport(
        run_id=run_id,
        kind=kind,
        started_at=started,
        ended_at=datetime.now(UTC),
        version_before=published.version_before,
        version=published.version,
        rules_version=processing.rules(known.config).version,
        sources=published.sources,
        observations=observations,
        alarms=alarms,
        instead_of=instead_of,
    )
    store.put(f"runs/{run_id}.json", report.model_dump_json(indent=1).encode())
    morning_report(report)
    create_markdown_artifact(key=kind, markdown=markdown(report), description=f"report of {run_id}")
    after_run(report, now, get_run_logger().warning)
    return report
