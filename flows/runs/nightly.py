"""A night, straight down: crawl each source, process each landing file, publish in one commit, report."""

from datetime import datetime

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State

from flows import leases, settings
from flows.alarms.standing import HOOKS
from flows.runs import engine
from flows.runs.reprocess import reprocess
from flows.runs.tasks import (
    begin,
    crawl_and_process,
    flow_run_name,
    publish_run,
    report_of,
    run_id_of,
    state_of,
    watch_sources,
    write_plain_files,
)
from flows.schedules import Schedules
from pipeline.core.conservation import RunReport
from pipeline.core.source import Source, load_all
from pipeline.documents.templates import shelf


@flow(name="nightly", flow_run_name=flow_run_name, task_runner=engine.task_runner(), **HOOKS)
def nightly(
    run_id: str = "",
    now: datetime | None = None,
    sources: list[str] | None = None,
    scheduled: bool = False,
    instead_of: str = "",
) -> State[RunReport] | None:
    """Crawl the sources named, or all that are enabled, and publish what is new in one commit.

    With `scheduled` sources that have a schedule of their own are left to it. None if the same night runs already.
    `instead_of` is set by `gongbao serve` where it begins a run again: the one that was ended. A source that breaks is
    told in the report and the others go on, and the run ends as *Needs a look*; what concerns all of them is raised.
    """
    known, run_id = settings.from_environment(), run_id_of(run_id)
    chosen = load_all(known.sources, sources or ())
    asked: dict[str, list[str]] = {source.id: [] for source in chosen if sources or _is_due(source, scheduled)}
    store, rules = settings.open_store(known), Schedules.load(known.config).leases
    try:
        with leases.hold(store, leases.of_night(sources), run_id, rules):
            run = begin("nightly", run_id, instead_of, now)
            crawls = crawl_and_process(run, asked)
            published = publish_run(run.id, run.now, crawls)
            write_plain_files()
            observations, alarms = watch_sources(run.id, run.now, published.sources)
            report = report_of(run, published, observations, alarms)
            late = [
                each.source_id for each in crawls if shelf.came_late(store, each.source_id, run.id, len(each.landing))
            ]
            if late:  # what was learned from pages of earlier nights, which were read without it
                reprocess(late, dry_run=False, return_state=True)  # if it fails, that is no end of this night
            return state_of(report)
    except leases.Taken as taken:
        get_run_logger().warning("%s; nothing was done", taken)
        return None


def _is_due(source: Source, scheduled: bool) -> bool:
    return source.enabled and not (scheduled and source.schedule)
