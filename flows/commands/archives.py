"""`gongbao import`: other people's archives become documents, in one commit with a report. `gongbao export --warc`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from flows import settings
from flows.runs import importing
from flows.servers import prefect_setup
from flows.terminal import moments, output, progress
from pipeline.core.conservation import RunReport
from pipeline.core.errors import ConfigError
from pipeline.publish.reprocess import landing_keys
from pipeline.report import run_reports
from pipeline.store import keys
from pipeline.upkeep.archives import land
from pipeline.upkeep.archives.export import export


def import_archives(place: str, hosts: Path | None = None) -> RunReport | None:
    """Publish the pages of the archives at a path or an s3 address like a night; None if that was done before.

    Stopped, it goes on where it was. ConfigError, before anything is read, on a wrong call.
    """
    known = settings.from_environment()
    names = _hosts(hosts) if hosts else []
    store = settings.open_store(known)
    parts = importing.parts(store, known, place, names)
    if all(land.read(store, part.key, part.archive).published for part in parts):
        output.say(f"{place}: imported before, nothing is to be done")
        return None
    now = datetime.now(UTC)
    run_id = run_reports.new_id(now)
    ready = prefect_setup.prepare(known.home, known.engine)
    from flows.runs import backfill as flow  # Prefect reads its settings when it is imported
    from flows.runs import tasks

    key = keys.of_run(run_id, "hosts.txt") if names else ""
    if key:
        store.put(key, "".join(f"{name}\n" for name in names).encode())
    ready()
    with progress.bars():
        state = flow.backfill(archive=place, hosts_in=key, run_id=run_id, now=now, return_state=True)
    report: RunReport = tasks.outcome(state)
    for part in parts:
        _tell(land.read(store, part.key, part.archive))
    output.tell(report)
    return report


def export_archives(folder: Path, sources: Sequence[str], since: str, until: str) -> None:
    """Write what was fetched of these sources in these days as WARC files, one a source and day."""
    known = settings.from_environment()
    first, last = (moments.when(day).date() if day else None for day in (since, until))
    store = settings.open_store(known)
    files = responses = size = 0
    with output.bar("export", None) as advance:
        for each in export(store, landing_keys(store, sources, first, last), folder):
            files, responses, size = files + 1, responses + each.responses, size + each.bytes
            advance(note=each.path.name)
    if not files:
        raise ConfigError(f"nothing of {', '.join(sources) or 'any source'} was fetched in these days")
    output.say(f"{responses} responses in {files} WARC files, {size / 1e6:.0f} MB, in {folder}")


def _tell(came: land.Progress) -> None:
    skipped = ", ".join(f"{count} {reason}" for reason, count in sorted(came.skipped.items()))
    output.say(f"{came.archive}: {sum(came.pages.values())} pages taken" + (f", skipped {skipped}" if skipped else ""))


def _hosts(path: Path) -> list[str]:
    try:
        lines = [line.strip().lower() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"no list of hosts: {error}", path=path) from error
    names = [line for line in lines if line and not line.startswith("#")]
    if wrong := next((name for name in names if "/" in name or " " in name), ""):
        raise ConfigError(f"a host is a name without scheme or path, not {wrong!r}", path=path)
    if not names:
        raise ConfigError("names no host", path=path)
    return names
