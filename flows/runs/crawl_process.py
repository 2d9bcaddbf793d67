"""One source's crawl in a process of its own: it may crash without taking the flow with it, and its exit code is believed."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from flows.servers import nursery
from pipeline.core.conservation import CrawlReport
from pipeline.core.errors import ConfigError, StoreError
from pipeline.store import keys
from pipeline.store.known_pages import Seen
from pipeline.store.s3 import Store

_TOLD, _WRONG, _STORE_REFUSED = (0, 1), 2, 3  # exit codes of `python -m spiders`
_TAIL = 20  # lines of the child's log that a crash shows


def crawl(
    store: Store,
    source_id: str,
    run_id: str,
    *,
    config: Path,
    sources: Path,
    now: datetime,
    urls: Sequence[str] = (),
    force: bool = False,
    since: date | None = None,
    until: date | None = None,
    seen: Seen | None = None,
    probe: int = 0,
    log: Callable[[str], None] = lambda line: None,
    began: Callable[[int], None] = lambda pid: None,
) -> CrawlReport:
    """Crawl one source and return its report; a crawl that left none is reported as crashed, with its last words.

    Raises ConfigError or StoreError where the child says that it could not begin for one of these.

    The child's standard input is a pipe from us: when we die, however we die, it reads the end and stops.
    """
    started = datetime.now(UTC)
    command = [source_id, "--run", run_id, "--now", now.isoformat(), "--with-parent"]
    command += ["--store", store.url, "--config", str(config), "--sources", str(sources)]
    command += ["--urls", "-"] if urls else []
    command += ["--force"] if force else []
    command += ["--since", since.isoformat()] if since else []
    command += ["--until", until.isoformat()] if until else []
    command += ["--probe", str(probe)] if probe else []
    with TemporaryDirectory(prefix="gongbao-") as folder:
        if seen:
            packed = Path(folder) / "seen.npz"
            packed.write_bytes(seen.pack())
            command += ["--seen", str(packed)]
        code, tail = _watch(command, urls, log, began)
    if code == _WRONG:
        raise ConfigError((tail[-1] if tail else "wrong configuration").removeprefix("error: "))
    if code == _STORE_REFUSED:
        raise StoreError(tail[-1] if tail else f"the crawl of {source_id} could not use the store")
    report = find_report(store, run_id, source_id)
    if report and code in _TOLD:
        return report
    return CrawlReport(
        run_id=run_id,
        source_id=source_id,
        started_at=started,
        ended_at=datetime.now(UTC),
        cause="crashed",
        detail=f"exit code {code}: " + (" | ".join(tail[-3:]) or "no output"),
    )


def _watch(
    command: Sequence[str], urls: Sequence[str], log: Callable[[str], None], began: Callable[[int], None]
) -> tuple[int, list[str]]:
    """Run a crawl to its end; its exit code and the last lines of its log."""
    child = nursery.begin(command)
    tail: list[str] = []
    try:
        began(child.pid)
        with suppress(BrokenPipeError):  # it found our configuration wrong and is gone already
            child.stdin.write("".join(f"{url}\n" for url in urls) + "\n" if urls else "")
            child.stdin.flush()
        for line in child.stderr:
            log(line.rstrip())
            tail = [*tail[1 - _TAIL :], line.rstrip()]
        return child.wait(), tail
    finally:  # a flow that is cancelled ends its crawls so, too
        with suppress(BrokenPipeError):
            child.stdin.close()
        child.stderr.close()


def find_report(store: Store, run_id: str, source_id: str) -> CrawlReport | None:
    """The report that a crawl left; None if there is none."""
    found = store.find(keys.crawl_report(run_id, source_id))
    try:
        return CrawlReport.model_validate(json.loads(found)) if found else None
    except (ValueError, ValidationError):
        return None
