"""`gongbao status`: the corpus, its sources, the last runs and the alarms, in a second. Starts no Prefect."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from rich.table import Table
from rich.text import Text

from flows import settings
from flows.servers import scheduler
from flows.terminal import output
from pipeline.core.conservation import RunReport
from pipeline.core.dates import minute
from pipeline.core.errors import GongbaoError
from pipeline.core.language import t
from pipeline.core.observation import Grade
from pipeline.core.source import load_all
from pipeline.corpus.corpus import Corpus
from pipeline.health.observing import night_of
from pipeline.health.rules import HealthRules
from pipeline.report import overview, run_reports

_LAST_RUNS = 5
_SOON = 14  # days ahead that the calendar should reach


def status() -> None:
    """Print it."""
    known = settings.from_environment()
    store = settings.open_store(known)
    with ThreadPoolExecutor() as pool:
        configured = load_all(known.sources) if known.sources.is_dir() else []  # who only reads the corpus has none
        sources = pool.submit(overview.held, store, configured)
        last = pool.submit(run_reports.last, store, _LAST_RUNS)
        corpus = Corpus.open(store)
        counts = overview.totals(corpus)
    output.out.print(f"store {store.url}" + (f", embedded, in {known.home.resolve()}" if known.embedded else ""))
    output.out.print(
        f"corpus version {corpus.version}: {counts.documents} documents, {counts.reposts} reposts, "
        f"{counts.withdrawn} withdrawn"
    )
    if not configured:
        output.out.print(
            f"{known.sources}: {t('no sources; `gongbao init` lays out a project')}", style="yellow", markup=False
        )
    _sources(sources.result())
    if known.engine:
        _engine(known.engine)
    reports = last.result()
    for report in reports:
        _run(report)
    for line in calendar(HealthRules.load(known.config), reports, datetime.now(UTC)):
        output.out.print(line, style="yellow", markup=False)
    for alarm in run_reports.open_alarms(reports):
        told = f"{alarm.grade}: {alarm.source_id}: {alarm.trouble.replace('_', ' ')} since {alarm.since}: {alarm.detail}. {alarm.advice}"
        output.out.print(told, style="yellow" if alarm.grade is Grade.NOTICE else "red", markup=False)


def calendar(rules: HealthRules, reports: Sequence[RunReport], now: datetime) -> Iterator[str]:
    """What the health of sources rests on where nobody entered the holidays."""
    soon = (night_of(now, rules) + timedelta(days=_SOON)).year
    if rules.holidays and not rules.holidays.knows(soon):
        yield (
            f"the holidays of {soon} are not in config/holidays.yaml: until they are, every day on which they can fall "
            "counts as one, and so does a night on which most sources are silent"
        )
    for day in sorted({seen.day for report in reports for seen in report.observations if seen.rest}):
        yield f"most sources were silent on {day}: taken for a holiday"


def _sources(held: Sequence[overview.Held]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("source", "name", "state", "known articles", "last fetch"):
        table.add_column(name, justify="right" if name == "known articles" else "left", overflow="fold")
    for each in (each for each in held if each.last_fetch):
        called = Text(each.source.name if each.source else "")
        table.add_row(each.source_id, called, t(each.state), str(each.known), minute(each.last_fetch))
    if table.rows:
        output.out.print(table)
    if never := [each.source_id for each in held if not each.last_fetch]:
        output.out.print(
            t("{} sources were never fetched: {}", len(never), ", ".join(never)), style="dim", markup=False
        )


def _engine(engine: str) -> None:
    try:
        workers = scheduler.workers(engine)
    except GongbaoError as error:  # the rest can be told all the same
        output.out.print(str(error), style="red", markup=False)
        return
    output.out.print(f"engine {engine}, workers: {len(workers)}", style="" if workers else "red", markup=False)
    for each in workers:
        output.out.print(f"    {each.address}: {each.tasks} tasks, {each.threads} threads", markup=False)


def _run(report: RunReport) -> None:
    state = t("went well" if report.succeeded else "needs a look")
    took = (report.ended_at - report.started_at).total_seconds()
    output.out.print(
        f"{report.run_id}  {t(report.kind)}, {took:.0f} s, {state}: {report.total('documents')} documents, "
        f"{report.total('reposts')} reposts, {report.total('failed')} failed"
    )
    for source in report.broken:
        output.out.print(f"    {source.source_id}: {source.cause} {source.detail}", style="red", markup=False)
