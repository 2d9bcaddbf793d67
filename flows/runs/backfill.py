"""A backfill: what a night does, for given addresses, days or landing files, with an answer for each page."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State

from flows import settings
from flows.alarms.standing import HOOKS
from flows.runs import backfill_request, engine, importing
from flows.runs.tasks import (
    Run,
    answer,
    begin,
    crawl_and_process,
    flow_run_name,
    publish_run,
    read_again,
    report_of,
    run_id_of,
    state_of,
    write_plain_files,
)
from pipeline.core.conservation import CrawlReport, RunReport
from pipeline.core.source import UNKNOWN
from pipeline.documents.templates import shelf
from pipeline.store import staging
from pipeline.store.s3 import Store
from pipeline.upkeep.archives import land


@flow(name="backfill", flow_run_name=flow_run_name, task_runner=engine.task_runner(), **HOOKS)
def backfill(
    urls: list[str] | None = None,
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    landing: str = "",
    force: bool = False,
    listed_in: str = "",
    archive: str = "",
    hosts_in: str = "",
    run_id: str = "",
    now: datetime | None = None,
    instead_of: str = "",
) -> State[RunReport]:
    """Fetch addresses, or what a source published from one day to another, and publish them like a night.

    `urls`: addresses, of whichever source has their host, or of `source`. Known ones are fetched again with `force`.
    `source`, `since` and `until`: instead of addresses, what a source published on these days.
    `landing`: instead of both, what lies in landing files whose keys begin so, such as `source=ID/date=2026-01`.
    `archive`: instead of all, the pages of WARC or WACZ files at a path or s3 address: of the sources' articles, or of
    the hosts that an object in the store names, one a line; `hosts_in` is its key.
    `listed_in` is the key of an object in the store that names one address a line: Prefect's parameters hold 512 kB.
    `instead_of` is set by `gongbao serve` where it begins a run again: the one that was ended.
    """
    known, run_id = settings.from_environment(), run_id_of(run_id)
    store = settings.open_store(known)
    every = list(dict.fromkeys([*(urls or ()), *(store.get(listed_in).decode().splitlines() if listed_in else ())]))
    if not archive:
        backfill_request.check(known, every, source, since, until, landing)
    run = begin("backfill", run_id, instead_of, now)
    parts = (
        importing.parts(store, known, archive, store.get(hosts_in).decode().split() if hosts_in else ())
        if archive
        else []
    )
    if archive:
        crawls = _read_again(store, run, importing.landed(store, parts, get_run_logger().warning))
        asked: dict[str, list[str]] = {crawl.source_id: [] for crawl in crawls}
    elif landing:
        crawls = _read_again(store, run, backfill_request.landing_keys(store, landing))
        asked = {crawl.source_id: [] for crawl in crawls}
    else:
        asked = backfill_request.by_sources(known, every, source)
        backfill_request.say_unknown(asked.get(UNKNOWN, ()), get_run_logger().warning)
        crawls = crawl_and_process(run, asked, since=since, until=until, force=force)
    published = publish_run(run.id, run.now, crawls)
    write_plain_files()
    answer(run.id, asked, crawls)
    for part in parts:
        land.publish(store, part.key, run.id)
    return state_of(report_of(run, published))


def _read_again(store: Store, run: Run, keys: Iterable[str]) -> list[CrawlReport]:
    """Process landing files as if the run had fetched them, each as soon as it is named; reports of crawls that did not
    take place."""
    read_again(keys, run.id, shelf.versions(store))
    pages = Counter(row["source_id"] for row in staging.read(store, run.id) if not row.get("parent_id"))
    times = {"started_at": run.now, "ended_at": run.now}
    return [
        CrawlReport(run_id=run.id, source_id=source_id, listed=count, fetched=count, **times)
        for source_id, count in sorted(pages.items())
    ]
