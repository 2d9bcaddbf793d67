"""`gongbao backfill`: addresses, a source and days, or landing files in; an answer for each page out."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from flows import settings
from flows.runs import backfill_request
from flows.servers import prefect_setup
from flows.terminal import output, progress
from pipeline.core.conservation import RunReport
from pipeline.core.errors import ConfigError
from pipeline.core.language import t
from pipeline.report import backfill_answers, run_reports
from pipeline.report.backfill_answers import Answer
from pipeline.store import keys

_STYLE = {"document": "green", "repost": "yellow", "rejected": "magenta", "failed": "red", "skipped": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What a backfill did, and what became of each page."""

    report: RunReport
    answers: tuple[Answer, ...]

    @property
    def settled(self) -> bool:
        """Whether asking again would bring nothing else."""
        return not self.report.error and all(answer.settled for answer in self.answers)


def backfill(
    urls: Sequence[str] = (),
    *,
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    landing: str = "",
    force: bool = False,
) -> Backfilled:
    """Publish what is asked for like a night, in one commit, with an answer for each page.

    Asked for are addresses (of one `source`, or of whichever has their host), what a `source` published from the day
    `since` to the day `until`, or what lies in landing files whose keys begin with `landing`: nothing is fetched then.
    Addresses that are known are fetched again only with `force`. ConfigError, before any request, on anything else.
    """
    known = settings.from_environment()
    backfill_request.check(known, urls, source, since, until, landing)
    now = datetime.now(UTC)
    run_id = run_reports.new_id(now)
    ready = prefect_setup.prepare(known.home, known.engine)
    store = settings.open_store(known)
    if landing:
        backfill_request.landing_keys(store, landing)
    from flows.runs import backfill as flow  # Prefect reads its settings when it is imported
    from flows.runs import tasks

    key = keys.of_run(run_id, "urls.txt") if urls else ""
    if key:
        store.put(key, "".join(f"{url}\n" for url in urls).encode())
    ready()
    with progress.bars():
        state = flow.backfill(
            listed_in=key, source=source, since=since, until=until, force=force, landing=landing, run_id=run_id, now=now,
            return_state=True,
        )  # fmt: skip
    return Backfilled(report=tasks.outcome(state), answers=tuple(backfill_answers.read(store, run_id)))


def command(urls: Sequence[str], file: Path | None = None, *, as_json: bool = False, **asked: Any) -> bool:
    """The same for people and pipes; whether all is settled."""
    done = backfill([*urls, *(_lines(file) if file else ())], **asked)
    as_json = as_json or not sys.stdout.isatty()
    for answer in done.answers if as_json else ():
        output.emit(_row(answer))
    if not as_json:
        _show(done.answers)
    output.tell(done.report)
    return done.settled


def _row(answer: Answer) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(answer).items() if value or name in ("url", "source_id", "answer")}


def _show(told: Sequence[Answer]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("answer", "source", "url"):
        table.add_column(name, overflow="fold")
    for answer in told:
        words = Text(t(answer.words()), style=_STYLE.get(answer.answer, ""))
        table.add_row(words, answer.source_id, Text(answer.url))
    output.out.print(table)
    if any(answer.because == "known" for answer in told):
        output.say("known: fetched before; --force fetches again")


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(error.strerror or str(error), path=file) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"no text in UTF-8: {error}", path=file) from error
    urls = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    urls = [(number, url) for number, url in urls if url and not url.startswith("#")]
    if not urls:
        raise ConfigError("names no URL", path=file)
    if wrong := [f"{file}:{number}: {url!r}" for number, url in urls if not backfill_request.is_url(url)]:
        raise ConfigError(f"not an http(s) URL: {'; '.join(wrong)}")
    return [url for _, url in urls]
