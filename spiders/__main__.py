"""`python -m spiders SOURCE --run RUN`: one source crawled in this process; landing files and a report into the store.

Exit code 0: crawled. 1: the source is broken; the report and standard error say why. 2: configuration or call wrong.
3: the store refused, nothing is wrong with the source. Standard output stays empty.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from datetime import UTC, date, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.core.config import file
from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.source import UNKNOWN, Source, load, unknown
from pipeline.store import keys
from pipeline.store.known_pages import Seen

if TYPE_CHECKING:
    from pipeline.store.s3 import Store

log = logging.getLogger("spiders")

DONE, BROKEN, WRONG, REFUSED = range(4)


def main(arguments: list[str] | None = None) -> int:
    """Crawl as the command line says; the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = _parser().parse_args(arguments)
    _log_to_stderr(os.environ.get("GONGBAO_LOG", "INFO"))
    try:
        source = _source(asked)
        if source and source.fetch.tls == "p256_only":
            _allow_p256_only(file(asked.config / "openssl_p256.cnf"), arguments)
        urls = _addresses(asked.urls) if asked.urls else None
        source = source or unknown(sorted({urlsplit(url).netloc for url in urls or ()}))
        if asked.with_parent:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        return _crawl(asked, source, urls)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return WRONG
    except StoreError as error:
        print(f"error: the store refused: {error}", file=sys.stderr)  # noqa: T201
        return REFUSED


def _crawl(asked: argparse.Namespace, source: Source, urls: tuple[str, ...] | None) -> int:
    """Everything that takes long to import is, from here on: a wrong call is told at once."""
    from pipeline.core.config import read
    from pipeline.page import obstacles
    from pipeline.page.fields.rules import FieldRules
    from pipeline.store.landing import LandingWriter
    from pipeline.store.s3 import Store
    from spiders.crawl import scrapy_run
    from spiders.crawl.landing_writer import Landed
    from spiders.crawl.night_window import Clock
    from spiders.crawl.task import Task
    from spiders.http import scrapy_settings

    if not asked.store:
        raise ConfigError("no store: set it, or give --store s3://bucket/prefix", key="GONGBAO_STORE")
    store = Store.open(asked.store)
    clock = Clock.on(asked.now)
    how = scrapy_settings.load(asked.config / "crawl.yaml", os.environ.get("GONGBAO_CONTACT", ""))
    writer = LandingWriter(store, source.id, asked.run, clock.day, how.landing.max_bytes, how.landing.max_seconds)
    task = Task(
        source=source,
        settings=how,
        signatures=obstacles.load(asked.config / "obstacles.yaml"),
        file_links=read(asked.config / "fields.yaml", FieldRules).attachments,
        landed=Landed(writer),
        clock=clock,
        seen=_seen(asked, store, source.id, clock.now()),
        urls=urls,
        probe=asked.probe,
        period=(asked.since, asked.until or clock.day) if asked.since else None,
    )
    report = scrapy_run.crawl(task, asked.run)
    store.put(keys.crawl_report(asked.run, source.id), report.model_dump_json(indent=1).encode())
    log.info(
        "%s: listed %d = fetched %d + skipped %s + failed %s; %d requests",
        source.id, report.listed, report.fetched, report.skipped or 0, report.failed or 0, report.requests,
    )  # fmt: skip
    if report.cause:
        advice = how.advice[obstacles.Cause(report.cause)]
        print(f"error: {source.id}: {report.cause}: {report.detail}\n{advice}", file=sys.stderr)  # noqa: T201
    return BROKEN if report.cause else DONE


def _seen(asked: argparse.Namespace, store: "Store", source_id: str, now: datetime) -> Seen:
    """What is known of the source: as our parent read it, or read here, which loads the table library for a second."""
    if asked.seen:
        return Seen.unpack(asked.seen.read_bytes())
    if asked.force or asked.probe:
        return Seen()
    from pipeline.store import fetches

    return fetches.seen(store, source_id, now)


def _source(asked: argparse.Namespace) -> Source | None:
    """The source asked for; None for the generic one, which takes addresses of any host."""
    if asked.source == UNKNOWN:
        return None
    return load((asked.sources or asked.config / "sources") / f"{asked.source}.yaml")


def _allow_p256_only(configuration: Path, arguments: list[str]) -> None:
    """Begin again with a configuration of OpenSSL, which reads it when it is first loaded.

    No other way to choose curves leaves certificates verified.
    """
    if (wanted := str(configuration.resolve())) != os.environ.get("OPENSSL_CONF"):
        os.environ["OPENSSL_CONF"] = wanted
        os.execv(sys.executable, [sys.executable, "-m", "spiders", *arguments])


def _addresses(name: str) -> tuple[str, ...]:
    """The lines of a file, or those of standard input up to an empty one: it stays open as the tie to our parent."""
    try:
        lines = list(takewhile(str.strip, sys.stdin)) if name == "-" else Path(name).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=Path(name)) from error
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _folder(text: str) -> Path | None:
    return Path(text) if text else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _end_with_parent() -> None:
    """The parent holds our standard input open for as long as it lives. When it ends, we close up and end too."""
    while os.read(0, 4096):
        pass
    log.warning("the parent process is gone")
    os.kill(os.getpid(), signal.SIGTERM)


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith("spiders"))
    handler.setLevel(level)
    logging.basicConfig(handlers=[handler], level=level)


def _parser() -> argparse.ArgumentParser:
    environment = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m spiders", description="Crawl one source into landing files.")
    parser.add_argument("source", metavar="SOURCE", help="id of the source")
    parser.add_argument("--run", required=True, metavar="RUN", help="id of the run")
    parser.add_argument("--now", type=_moment, metavar="TIME", help="when the run began, ISO 8601; default: now")
    parser.add_argument(
        "--urls", metavar="FILE", help="fetch these addresses, one a line; -: standard input, up to an empty line"
    )
    parser.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="walk the listings back to this day")
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DAY", help="with --since: and no further than to this one"
    )
    parser.add_argument("--force", action="store_true", help="with --urls or --since: what is known already too")
    parser.add_argument("--seen", type=Path, metavar="FILE", help="what is known of the source, from `Seen.pack`")
    parser.add_argument(
        "--probe", type=int, default=0, metavar="N", help="the first page of each listing and N articles, known or not"
    )
    parser.add_argument("--store", default=environment("GONGBAO_STORE", ""), metavar="s3://BUCKET/PREFIX")
    parser.add_argument("--config", type=Path, default=Path(environment("GONGBAO_CONFIG", "config")), metavar="DIR")
    parser.add_argument("--sources", type=_folder, default=_folder(environment("GONGBAO_SOURCES", "")), metavar="DIR")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
