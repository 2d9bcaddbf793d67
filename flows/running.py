"""`gongbao run` and `gongbao backfill`: Prefect is set up here, before it is imported, and a flow is called."""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows import console, settings
from pipeline.errors import ConfigError
from pipeline.report import RunReport
from pipeline.source import UNKNOWN, load_all


def run(sources: Sequence[str], now: datetime | None = None) -> RunReport:
    """A night: crawl the sources named, or all that are enabled, and publish. `now` is told only by demo and tests."""
    known = settings.from_environment()
    chosen = load_all(known.sources, sources)  # wrong configuration stops here, before any request
    if not any(source.enabled or sources for source in chosen):
        raise ConfigError("no source is enabled", path=known.sources)
    prepare_prefect(known)
    from flows import nightly

    started = now or datetime.now(UTC)
    report = nightly.nightly(new_run_id(started), started, list(sources) or None)
    tell(report)
    return report


def backfill(urls: Sequence[str], file: Path | None, *, force: bool = False) -> RunReport:
    """Fetch given URLs, each by the source that its host belongs to, and publish them like a night."""
    known = settings.from_environment()
    by_source = by_sources(known, [*urls, *(_lines(file) if file else ())])
    prepare_prefect(known)
    from flows import nightly

    now = datetime.now(UTC)
    report = nightly.backfill(new_run_id(now), now, by_source, force)
    tell(report)
    return report


def dedupe(new: Path, against: Path, *, within: bool) -> Iterator[dict[str, Any]]:
    """Decisions on the texts of a file of JSON lines; needs neither store nor Prefect."""
    from flows import work
    from pipeline.against import against as decide
    from pipeline.against import read_texts

    rules = work.rules(settings.from_environment().config).dedupe
    return decide(read_texts(new, rules), read_texts(against, rules), rules, within=within)


def by_sources(known: settings.Settings, urls: Sequence[str]) -> dict[str, list[str]]:
    """URLs by the source whose host they are on; those of hosts that no source has go through a generic one."""
    sources = load_all(known.sources)
    found: dict[str, list[str]] = {}
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigError(f"not an http(s) URL: {url!r}")
        own = (each.id for each in sources if parts.netloc in each.hosts or parts.hostname in each.hosts)
        source_id = next(own, UNKNOWN)
        if source_id == UNKNOWN:
            console.say(f"{url}: no source has this host; a generic one takes it")
        found.setdefault(source_id, []).append(url)
    if not found:
        raise ConfigError("no URL given")
    return found


def prepare_prefect(known: settings.Settings) -> None:
    """Defaults for Prefect, each of which the environment may overrule.

    Nothing phones home; a server of its own keeps its data beside the embedded store, and may take a minute to
    start (its own default of 20 s is too short for a first start on a busy machine: platform.md, C).
    """
    defaults: Mapping[str, str] = {
        "PREFECT_HOME": str((known.home / "prefect").resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def new_run_id(now: datetime) -> str:
    """A name for a run; names sort as the runs began."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def tell(report: RunReport) -> None:
    """A few lines for people on what a run did."""
    took = (report.ended_at - report.started_at).total_seconds()
    console.say(
        f"{report.kind} {report.run_id}: listed {report.total('listed')}, fetched {report.total('fetched')} in {took:.0f} s: "
        f"{report.total('documents')} documents, {report.total('reposts')} reposts, {report.total('unchanged')} unchanged, "
        f"{report.total('rejected')} rejected, {report.total('failed')} failed, {report.total('withdrawn')} withdrawn"
    )
    for source in report.broken:
        console.say(f"  {source.source_id}: {source.cause} {source.detail}")
    if report.error:
        console.say(f"  {report.error}")


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=file) from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
