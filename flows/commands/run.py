"""`gongbao run`: Prefect is set up here, before it is imported, and a flow is called."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows import settings
from flows.runs import leases
from flows.schedules import Schedules
from flows.servers import prefect_child, prefect_server
from flows.terminal import logs, output, progress
from pipeline.core.conservation import RunReport
from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.source import load_all


def run(sources: Sequence[str], now: datetime | None = None) -> RunReport:
    """A night: crawl the sources named, or all that are enabled, and publish. `now` is told only by demo and tests."""
    known = settings.from_environment()
    chosen = load_all(known.sources, sources)  # wrong configuration stops here, before any request
    if not any(source.enabled or sources for source in chosen):
        raise ConfigError("no source is enabled", path=known.sources)
    night = leases.of_night(sources), Schedules.load(known.config).leases
    ready = prepare_prefect(known)
    leases.check(settings.open_store(known), *night)  # said at once, not after Prefect has started
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.runs import nightly

    ready()
    started = now or datetime.now(UTC)
    # A flow's heart beats for whoever watches it from afar; its end waits up to a second for the next beat.
    with progress.bars(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        report = nightly.nightly(new_run_id(started), started, list(sources) or None)
    if report is None:
        leases.check(settings.open_store(known), *night)
        raise GongbaoError("the same night ran already; nothing was done")
    tell(report)
    return report


def dedupe(new: Path, against: Path, *, within: bool) -> Iterator[dict[str, Any]]:
    """Decisions on the texts of a file of JSON lines; needs neither store nor Prefect."""
    from flows.runs import processing
    from pipeline.dedupe.two_files import against as decide
    from pipeline.dedupe.two_files import read_texts

    rules = processing.rules(settings.from_environment().config).dedupe
    return decide(read_texts(new, rules), read_texts(against, rules), rules, within=within)


def prepare_prefect(known: settings.Settings) -> Callable[[], None]:
    """Settle which server of Prefect is used, before Prefect is imported; what is returned waits until it answers.

    It is that of PREFECT_API_URL, that of `gongbao serve` in this folder, or one that begins and ends with us.
    """
    configure_prefect(known)
    if api := os.environ.get("PREFECT_API_URL"):
        prefect_server.check(api)
        return lambda: None
    if "prefect" in sys.modules:
        return lambda: None
    if server := prefect_server.find(known.home):
        os.environ["PREFECT_API_URL"] = server.api
        return lambda: None
    os.environ["PREFECT_API_URL"], wait = prefect_child.start(known.home)
    return wait


def configure_prefect(known: settings.Settings) -> None:
    """Defaults for Prefect, each of which the environment may overrule.

    Nothing phones home; a server keeps its data beside the embedded store. Prefect's own temporary one, used where
    somebody imported Prefect before us, may take a minute to start (its default is 20 s: platform.md, C).
    """
    defaults: Mapping[str, str] = {
        "PREFECT_HOME": str((known.home / "prefect").resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        **logs.for_prefect(),
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",  # a server under load answers so once in a while, and a night would end
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)  # Prefect makes only the last folder of it


def new_run_id(now: datetime) -> str:
    """A name for a run; names sort as the runs began."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def tell(report: RunReport) -> None:
    """A few lines for people on what a run did."""
    took = (report.ended_at - report.started_at).total_seconds()
    output.say(
        f"{report.kind} {report.run_id}: listed {report.total('listed')}, fetched {report.total('fetched')}, "
        f"skipped {report.total('skipped')} in {took:.0f} s: "
        f"{report.total('documents')} documents, {report.total('reposts')} reposts, {report.total('unchanged')} unchanged, "
        f"{report.total('rejected')} rejected, {report.total('failed')} failed, {report.total('withdrawn')} withdrawn"
    )
    for source in report.broken:
        output.say(f"  {source.source_id}: {source.cause} {source.detail}")
    if report.error:
        output.say(f"  {report.error}")
