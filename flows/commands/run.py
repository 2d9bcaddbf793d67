"""`gongbao run`: a night, called as a flow of Prefect."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flows import leases, settings
from flows.schedules import Schedules
from flows.servers import prefect_setup
from flows.terminal import output, progress
from pipeline.core.conservation import RunReport
from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.source import load_all
from pipeline.report import run_reports


def run(sources: Sequence[str], now: datetime | None = None) -> RunReport:
    """A night: crawl the sources named, or all that are enabled, and publish. `now` is told only by demo and tests."""
    known = settings.from_environment()
    chosen = load_all(known.sources, sources)  # wrong configuration stops here, before any request
    if not any(source.enabled or sources for source in chosen):
        raise ConfigError("no source is enabled", path=known.sources)
    night = leases.of_night(sources), Schedules.load(known.config).leases
    ready = prefect_setup.prepare(known.home, known.engine)
    leases.check(settings.open_store(known), *night)  # said at once, not after Prefect has started
    # Prefect reads its settings when it is imported
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.runs import nightly, tasks

    ready()
    started = now or datetime.now(UTC)
    # A flow's heart beats for whoever watches it from afar; its end waits up to a second for the next beat.
    with progress.bars(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state = nightly.nightly(run_reports.new_id(started), started, list(sources) or None, return_state=True)
    report: RunReport | None = tasks.outcome(state)
    if report is None:
        leases.check(settings.open_store(known), *night)
        raise GongbaoError("the same night ran already; nothing was done")
    output.tell(report)
    return report
