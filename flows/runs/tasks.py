"""The tasks of a run. Between them go keys, ids and small reports, never pages or documents."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain, count, islice
from typing import Any, Literal

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows import leases, settings
from flows.alarms.standing import NEEDS_A_LOOK, after_run
from flows.runs import crawl_process, engine, processing
from flows.runs import morning_report as page
from flows.runs.processing import Lost
from flows.schedules import Schedules
from flows.terminal import progress
from pipeline.core.conservation import CrawlReport, RunReport, SourceReport, markdown
from pipeline.core.errors import GongbaoError
from pipeline.core.observation import Alarm, Observation
from pipeline.core.source import load_all
from pipeline.core.urls import untracked
from pipeline.corpus import nightly_files
from pipeline.documents.templates import shelf
from pipeline.health.observing import watch
from pipeline.health.rules import HealthRules
from pipeline.page.obstacles import Cause
from pipeline.publish.publish import Published, publish
from pipeline.publish.rules import PublishRules
from pipeline.report import backfill_answers
from pipeline.store import fetches, keys, staging
from pipeline.store.known_pages import Seen
from pipeline.store.s3 import Store
from pipeline.store.tables import refusal

_MESSAGE = 2000  # characters of a state's message
_LAST_COMMITS = 60  # that may lack their plain files; what is older was looked at by the nights before
_DONE = "%s: a worker that died had ended it and could not say so any more"


def _store_failed(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Only a store that refused is worth another try: HTTP has its retries in Scrapy, the rest would fail again."""
    return refusal(state.result(raise_on_failure=False)) is not None


_TASK: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": [2, 10, 60],
    "retry_condition_fn": _store_failed,
    "cache_policy": NO_CACHE,
    "persist_result": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run under way: its name, the one whose work it does again, the time that it counts from, and when it began."""

    id: str
    kind: Literal["nightly", "backfill"]
    instead_of: str
    now: datetime
    started: datetime


def run_id_of(given: str = "") -> str:
    """The name of a run. One that a schedule began is named after its flow run."""
    given = given or flow_run.parameters.get("run_id", "")
    return given or f"{flow_run.scheduled_start_time:%Y%m%dT%H%M%SZ}-{flow_run.id[-4:]}"


def flow_run_name() -> str:
    """What Prefect shows of a run."""
    return f"{flow_run.flow_name} {run_id_of()}"


def begin(kind: Literal["nightly", "backfill"], run_id: str, instead_of: str, now: datetime | None) -> Run:
    """The run that begins now.

    Prefect's UI offers to retry a run that failed: the retry is a run of its own, or it would overwrite landing files.
    """
    store, started = settings.open_store(settings.from_environment()), datetime.now(UTC)
    names = chain([run_id], (f"{run_id}-{again}" for again in count(2)))
    name = next(name for name in names if store.put(keys.of_run(name, "begun"), b"", only_new=True))
    return Run(
        id=name, kind=kind, instead_of=instead_of if name == run_id else run_id, now=now or started, started=started
    )


@task(name="crawl", task_run_name="crawl {source_id}", **_TASK)
def crawl_source(
    source_id: str,
    run_id: str,
    now: datetime,
    urls: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    force: bool = False,
    terms: engine.Terms | None = None,
) -> CrawlReport:
    """Crawl one source into landing files."""
    engine.refuse_others(terms)
    known = settings.from_environment()
    store, log = settings.open_store(known), get_run_logger()
    done = crawl_process.find_report(store, run_id, source_id) if terms else None
    if done and done.cause != Cause.INTERRUPTED:  # that is what a crawl leaves whose worker died
        log.info(_DONE, source_id)
        return done
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
def process_landing(
    landing_key: str, run_id: str, terms: engine.Terms | None = None, template: str = ""
) -> dict[str, int]:
    """Make outcomes of one landing file, in a process of the pool, and stage them."""
    engine.refuse_others(terms)
    if terms:  # a worker of an engine needs no pool: it has threads, and each a process for what a page may do
        store = settings.open_store(settings.from_environment())
        if (done := staging.done(store, keys.staged_file(run_id, landing_key))) is not None:
            get_run_logger().info(_DONE, landing_key)
            return done
        return processing.process_landing(landing_key, run_id, template)
    return processing.in_pool(processing.process_landing, landing_key, run_id, template)


@task(name="learn", task_run_name="learn {source_id}", **_TASK)
def learn_template(
    source_id: str, run_id: str, now: datetime, landed: Sequence[str], terms: engine.Terms | None = None
) -> str:
    """The version of what the pages of a source taught, by which all workers of this run read them."""
    engine.refuse_others(terms)
    if terms:
        return processing.learn(source_id, run_id, now, landed)
    return processing.in_pool(processing.learn, source_id, run_id, now, landed)


def crawl_and_process(run: Run, asked: Mapping[str, Sequence[str]], **how: Any) -> list[CrawlReport]:
    """Crawl the sources, so many at the same time, and process each landing file as soon as its crawl has ended."""
    crawls, fetched, under_way = list[CrawlReport](), deque[str](), engine.UnderWay()
    learned, pages = dict[str, str](), dict[str, Sequence[str]]()
    waiting, how["terms"] = iter(asked.items()), engine.terms()
    owes = partial(shelf.owes, settings.open_store(settings.from_environment()))
    with leases.waits_end_with_us():
        while True:
            while fetched and under_way.count(process_landing) < engine.most_landing_files():
                template = learned.get(keys.source_of(fetched[0]), "")
                under_way.begin(process_landing, fetched.popleft(), run.id, how["terms"], template)
            for source_id, urls in islice(waiting, max(engine.most_crawls() - under_way.count(crawl_source), 0)):
                under_way.begin(crawl_source, source_id, run.id, run.now, list(map(untracked, urls)), **how)
            if not under_way:
                return crawls
            ended = under_way.wait()
            if ended.task is crawl_source:
                crawls.append(crawl := _crawled(ended, run))
                if crawl.fetched:  # else there are lists in what landed, and no page
                    pages[crawl.source_id] = crawl.landing
                if crawl.fetched or owes(crawl.source_id):
                    under_way.begin(learn_template, crawl.source_id, run.id, run.now, crawl.landing, how["terms"])
            elif ended.task is learn_template:
                learned[ended.of] = _learned(ended)
                fetched += pages.get(ended.of, ())
            else:
                _processed(ended, run.id)


def process_all(landed: Iterable[str], run_id: str, learned: Mapping[str, str]) -> Iterator[engine.Ended]:
    """Process landing files, each as soon as it is named and there is room for it."""
    waiting, under_way, terms = iter(landed), engine.UnderWay(), engine.terms()
    while True:
        for key in islice(waiting, max(engine.most_landing_files() - under_way.count(process_landing), 0)):
            under_way.begin(process_landing, key, run_id, terms, learned.get(keys.source_of(key), ""))
        if not under_way:
            return
        yield under_way.wait()


def read_again(landed: Iterable[str], run_id: str, learned: Mapping[str, str]) -> None:
    """Process landing files as if the run had fetched them."""
    for ended in process_all(landed, run_id, learned):
        _processed(ended, run_id)


def _learned(ended: engine.Ended) -> str:
    """The version that was learned; without one pages are read as they are, which is no end of the night either."""
    try:
        version: str = ended.result()
    except GongbaoError as error:
        get_run_logger().warning("nothing is learned of %s: %s", ended.of, error)
        return ""
    return version


def _crawled(ended: engine.Ended, run: Run) -> CrawlReport:
    """What a crawl told; that it crashed, where nobody lived to tell."""
    try:
        report: CrawlReport = ended.result()
    except Lost as lost:
        get_run_logger().error("%s", lost)
        times = {"started_at": run.now, "ended_at": datetime.now(UTC)}
        return CrawlReport(run_id=run.id, source_id=ended.of, cause=Cause.CRASHED, detail=str(lost), **times)
    return report


def _processed(ended: engine.Ended, run_id: str) -> None:
    """Its pages are told as crashed where nobody lived to make documents of them: it is no end of the night."""
    try:
        ended.result()
    except Lost as lost:
        get_run_logger().error("%s", lost)
        processing.reject_all(ended.of, run_id, lost)


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
    backfill_answers.write(settings.open_store(settings.from_environment()), run_id, asked, crawls)


@task(name="morning report", **_TASK)
def morning_report(report: RunReport) -> None:
    """Write the page that people read in the morning."""
    known = settings.from_environment()
    page.write(settings.open_store(known), report, known.config)


def state_of(report: RunReport) -> State[RunReport]:
    """How Prefect shows a run that ended: green only where nothing needs anybody; automations can wait for its name."""
    broken = [f"{each.source_id}: {each.cause} {each.detail}".strip() for each in report.broken]
    if report.succeeded:
        return Completed(data=report)
    return Failed(
        name=NEEDS_A_LOOK,
        message=report.error or f"published; {'; '.join(broken) or 'pages made our code crash'}"[:_MESSAGE],
        data=report,
    )


def outcome(state: State[Any]) -> Any:
    """What a flow that was called returned, also where that needs a look; raises what it raised."""
    found = state.result(raise_on_failure=False)
    if isinstance(found, BaseException):
        raise found
    return found


def report_of(
    run: Run, published: Published, observations: tuple[Observation, ...] = (), alarms: tuple[Alarm, ...] = ()
) -> RunReport:
    """The report of a run that ended: kept in the store, shown by Prefect, and told to people where something is wrong."""
    known = settings.from_environment()
    report = RunReport(
        run_id=run.id,
        kind=run.kind,
        started_at=run.started,
        ended_at=datetime.now(UTC),
        version_before=published.version_before,
        version=published.version,
        rules_version=processing.rules(known.config).version,
        sources=published.sources,
        observations=observations,
        alarms=alarms,
        instead_of=run.instead_of,
    )
    settings.open_store(known).put(keys.run_report(run.id), report.model_dump_json(indent=1).encode())
    morning_report(report)
    create_markdown_artifact(key=run.kind, markdown=markdown(report), description=f"report of {run.id}")
    after_run(report, run.now, get_run_logger().warning)
    return report
