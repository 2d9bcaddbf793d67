"""`gongbao backfill`: addresses, a source and days, or landing files in; an answer for each page out."""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from flows import settings
from flows.commands import run as running
from flows.terminal import output, progress
from pipeline.core.config import Strict, read
from pipeline.core.conservation import CrawlReport, RunReport
from pipeline.core.errors import ConfigError
from pipeline.core.source import UNKNOWN, is_loopback, load_all
from pipeline.core.source_of_url import source_of
from pipeline.corpus.corpus import Corpus
from pipeline.report.backfill_answers import Answer, answers
from pipeline.store import fetches, staging
from pipeline.store.s3 import Store

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_STYLE = {"document": "green", "repost": "yellow", "rejected": "magenta", "failed": "red", "skipped": "red"}


class _Crawl(Strict, extra="ignore"):
    """Of `config/crawl.yaml`, what is asked here; crawls check the rest."""

    contact: str


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
    check(known, urls, source, since, until, landing)
    now = datetime.now(UTC)
    run_id = running.new_run_id(now)
    ready = running.prepare_prefect(known)
    store = settings.open_store(known)
    if landing:
        landing_keys(store, landing)
    from flows.runs import nightly

    key = f"runs/{run_id}/urls.txt" if urls else ""
    if key:
        store.put(key, "".join(f"{url}\n" for url in urls).encode())
    ready()
    with progress.bars():
        report = nightly.backfill(
            listed_in=key, source=source, since=since, until=until, force=force, landing=landing, run_id=run_id, now=now
        )
    return Backfilled(report=report, answers=tuple(read_answers(store, run_id)))


def command(urls: Sequence[str], file: Path | None = None, *, as_json: bool = False, **asked: Any) -> bool:
    """The same for people and pipes; whether all is settled."""
    done = backfill([*urls, *(_lines(file) if file else ())], **asked)
    for answer in done.answers if as_json else ():
        output.emit(_row(answer))
    if not as_json:
        _show(done.answers)
    running.tell(done.report)
    return done.settled


def write_answers(store: Store, run_id: str, asked: Mapping[str, Sequence[str]], crawls: Sequence[CrawlReport]) -> None:
    """Leave an answer for each address in the store: `runs/RUN/answers.jsonl`."""
    led_to = partial(fetches.led_to, store)
    told = answers(Corpus.open(store), asked, staging.read(store, run_id), crawls, led_to)
    lines = (json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in told)
    store.put(_answers_key(run_id), "".join(lines).encode())


def read_answers(store: Store, run_id: str) -> list[Answer]:
    """The answers that a backfill left."""
    return [Answer(**json.loads(line)) for line in store.get(_answers_key(run_id)).decode().splitlines()]


def _answers_key(run_id: str) -> str:
    return f"runs/{run_id}/answers.jsonl"


def check(
    known: settings.Settings,
    urls: Sequence[str],
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    landing: str = "",
) -> None:
    """ConfigError if what is asked for makes no sense, or would ask strangers without a contact."""
    of_days = bool(source and since and not urls and not landing)
    of_urls = bool(urls and not since and not until and not landing)
    of_landing = bool(landing and not (urls or source or since or until))
    if not (of_days or of_urls or of_landing):
        raise ConfigError("say which: URLs, a --file of them, --source with --since, or --landing alone")
    if since and until and until < since:
        raise ConfigError(f"--until {until} is before --since {since}")
    if since and since > datetime.now(_SHANGHAI).date():
        raise ConfigError(f"--since {since} has not come yet")
    for url in urls:
        if not _is_url(url):
            raise ConfigError(f"not an http(s) URL: {url!r}")
    if not landing:
        _check_contact(known, urls, source)


def _check_contact(known: settings.Settings, urls: Sequence[str], source: str) -> None:
    """What each crawl refuses for itself is refused before the first of them: strangers asked by nobody in particular."""
    own = {each.id: each.hosts for each in load_all(known.sources, [source] if source else ())}
    hosts = {urlsplit(url).hostname or "" for url in urls}
    hosts.update(host for id_ in by_sources(known, urls, source) for host in own.get(id_, ()))
    if os.environ.get("GONGBAO_CONTACT") or all(map(is_loopback, hosts)):
        return
    if not read(known.config / "crawl.yaml", _Crawl).contact:
        raise ConfigError("say whom a site can write to: set GONGBAO_CONTACT, or contact in config/crawl.yaml")


def by_sources(known: settings.Settings, urls: Sequence[str], source: str = "") -> dict[str, list[str]]:
    """The addresses that each source is asked for; none where one is asked for days."""
    if source:
        return {each.id: list(urls) for each in load_all(known.sources, [source])}
    sources = load_all(known.sources)
    found: dict[str, list[str]] = {}
    for url in urls:
        own = source_of(url, sources)
        found.setdefault(own.id if own else UNKNOWN, []).append(url)
    return found


def say_unknown(urls: Sequence[str], say: Callable[[str], None]) -> None:
    """Warn of hosts that no source has."""
    for host, count in Counter(urlsplit(url).netloc for url in urls).items():
        say(f"{host}: no source has this host; the generic one takes its {count} addresses")


def landing_keys(store: Store, prefix: str) -> list[str]:
    """The landing files whose keys begin so; ConfigError if there is none."""
    prefix = prefix.removeprefix(f"{store.url}/").removeprefix("/")
    prefix = prefix if prefix.startswith("landing/") else f"landing/{prefix}"
    keys = [key for key in store.list(prefix) if key.endswith(".warc.gz")]
    if not keys:
        raise ConfigError(f"no landing file begins with {prefix}")
    return keys


def read_again(store: Store, run_id: str, now: datetime) -> list[CrawlReport]:
    """Reports of crawls that did not take place: the pages of landing files, staged by a run, as if it had fetched them."""
    pages = Counter(row["source_id"] for row in staging.read(store, run_id))
    times = {"started_at": now, "ended_at": now}
    return [
        CrawlReport(run_id=run_id, source_id=source_id, listed=count, fetched=count, **times)
        for source_id, count in sorted(pages.items())
    ]


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False


def _row(answer: Answer) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(answer).items() if value or name in ("url", "source_id", "answer")}


def _show(told: Sequence[Answer]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("answer", "source", "url"):
        table.add_column(name, overflow="fold")
    for answer in told:
        words = Text(answer.words(), style=_STYLE.get(answer.answer, ""))
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
    for number, url in urls:
        if not _is_url(url):
            raise ConfigError(f"not an http(s) URL: {url!r}", path=file, line=number)
    return [url for _, url in urls]
