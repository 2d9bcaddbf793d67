"""`gongbao backfill`: addresses, or a source and days, in; an answer for each on standard output."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text

from flows import console, progress, running, settings
from pipeline import staging
from pipeline.answers import Answer, answers
from pipeline.belonging import source_of
from pipeline.corpus import Corpus
from pipeline.errors import ConfigError
from pipeline.report import CrawlReport
from pipeline.source import UNKNOWN, load_all
from pipeline.store import Store

_STYLE = {"document": "green", "repost": "yellow", "rejected": "magenta", "failed": "red", "skipped": "red"}


def backfill(
    urls: Sequence[str],
    file: Path | None = None,
    *,
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    force: bool = False,
    as_json: bool = False,
) -> bool:
    """Fetch what is asked for and publish it like a night; whether there is an answer to all that asking again keeps."""
    known = settings.from_environment()
    listed = [*urls, *(_lines(file) if file else ())]
    asked = by_sources(known, listed, source, since, until)  # a wrong call stops here, before any request
    for url in asked.get(UNKNOWN, ()):
        console.say(f"{url}: no source has this host; the generic one takes it")
    now = datetime.now(UTC)
    run_id = running.new_run_id(now)
    store = settings.open_store(known)
    running.prepare_prefect(known)
    from flows import nightly

    key = f"runs/{run_id}/urls.txt" if listed else ""
    if key:
        store.put(key, "".join(f"{url}\n" for url in listed).encode())
    with progress.bars():
        report = nightly.backfill(
            listed_in=key, source=source, since=since, until=until, force=force, run_id=run_id, now=now
        )
    told = read_answers(store, run_id)
    for answer in told if as_json else ():
        console.emit(_row(answer))
    if not as_json:
        _show(told)
    running.tell(report)
    return not report.error and all(answer.settled for answer in told)


def write_answers(store: Store, run_id: str, asked: Mapping[str, Sequence[str]], crawls: Sequence[CrawlReport]) -> None:
    """Leave an answer for each address in the store: `runs/RUN/answers.jsonl`."""
    told = answers(Corpus.open(store), asked, staging.read(store, run_id), crawls)
    lines = (json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in told)
    store.put(_answers_key(run_id), "".join(lines).encode())


def read_answers(store: Store, run_id: str) -> list[Answer]:
    """The answers that a backfill left."""
    return [Answer(**json.loads(line)) for line in store.get(_answers_key(run_id)).decode().splitlines()]


def _answers_key(run_id: str) -> str:
    return f"runs/{run_id}/answers.jsonl"


def by_sources(
    known: settings.Settings,
    urls: Sequence[str],
    source: str = "",
    since: date | None = None,
    until: date | None = None,
) -> dict[str, list[str]]:
    """What is asked of each source: addresses, or none where it is asked for days. ConfigError if that makes no sense."""
    of_days = bool(source and since and not urls)
    of_urls = bool(urls and not since and not until)
    if not (of_days or of_urls):
        raise ConfigError("say which: URLs, a --file of them, or --source with --since")
    if since and until and until < since:
        raise ConfigError(f"--until {until} is before --since {since}")
    for url in urls:
        _check(url)
    if source:
        return {each.id: list(urls) for each in load_all(known.sources, [source])}
    sources = load_all(known.sources)
    found: dict[str, list[str]] = {}
    for url in urls:
        own = source_of(url, sources)
        found.setdefault(own.id if own else UNKNOWN, []).append(url)
    return found


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        wrong = True
    if wrong:
        raise ConfigError(f"not an http(s) URL: {url!r}")


def _row(answer: Answer) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(answer).items() if value or name in ("url", "source_id", "answer")}


def _show(told: Sequence[Answer]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("answer", "source", "url"):
        table.add_column(name, overflow="fold")
    for answer in told:
        words = Text(answer.words(), style=_STYLE.get(answer.answer, ""))
        table.add_row(words, answer.source_id, Text(answer.url))
    console.out.print(table)
    if any(answer.because == "known" for answer in told):
        console.say("known: fetched before; --force fetches again")


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=file) from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
