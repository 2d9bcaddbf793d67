"""`gongbao demo`: three nights on the sample sites, the corpus compared with what they really say after each."""

import os
import time
from datetime import UTC, date, datetime, timedelta

from flows import settings
from flows.commands import run
from flows.samples.plan import NIGHTS
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.truth_check import compare, compare_files
from flows.samples.world import World
from flows.terminal import output
from pipeline.core.errors import ConfigError
from pipeline.core.source import load_all
from pipeline.corpus.corpus import Corpus
from pipeline.store import keys
from pipeline.store.s3 import Store

_WITH_FILES = "bureau"  # the site whose source fetches what its notices name


def demo(nights: int = NIGHTS, base: date | None = None) -> bool:
    """Run the nights in a store that holds nothing but an earlier demo; whether all went as the truth has it.

    The last night is today's, or that of `base`, some days ago.
    """
    started = time.monotonic()
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "WARNING")  # the sites' crawls interest nobody here
    store = settings.open_store(settings.from_environment())
    world = World(base=base)
    with serve(world) as sites:
        folder = settings.from_environment().home / "samples"
        write_sources(sites, folder)
        os.environ["GONGBAO_SOURCES"] = str(folder.resolve())
        _empty(store)
        output.say(
            f"{len(sites.ports)} sample sites on the loopback, {len(world.truth(NIGHTS - 1))} pages in {NIGHTS} nights"
        )
        good = True
        for night in range(nights):
            sites.night = night
            good &= _night(store, sites, night, sites.now(night) if base else _as_if_now(night))
    output.say(f"{nights} nights in {time.monotonic() - started:.0f} s")
    output.say(
        "next: `gongbao read` shows the documents, `gongbao why URL` the story of one, `gongbao status` the runs\n"
        "      add a source of your own: README.md; the embedded store runs on until `gongbao store stop`\n"
        "      (not on your PATH? .venv/bin/gongbao)"
    )
    return good


def _as_if_now(night: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=NIGHTS - 1 - night)


def _night(store: Store, sites: Running, night: int, now: datetime) -> bool:
    """One night, as on the day that its sites believe in; whether the corpus is what it must be after it."""
    report = run.run((), now)
    found = list(Corpus.open(store).documents(every=True, attachments=True).collect().iter_rows(named=True))
    seen = compare(sites.world.truth(night), [row for row in found if not row["parent_id"]], sites.url)
    files = compare_files(sites.world.files(night, _WITH_FILES), [row for row in found if row["parent_id"]], sites.url)
    output.say(f"night {night + 1}: {seen.text()}\nfiles of {_WITH_FILES}: {files.text()}")
    return report.succeeded and seen.perfect and files.perfect


def _empty(store: Store) -> None:
    """Remove what an earlier demo left; refuse to touch anything else."""
    samples = {source.id for source in load_all(settings.from_environment().sources)}
    found = set(Corpus.open(store).scan().select("source_id").unique().collect()["source_id"])
    if strangers := sorted(found - samples):
        raise ConfigError(
            f"{store.url} holds documents of {', '.join(strangers)}: the demo wants a store of its own",
            key="GONGBAO_STORE",
        )
    made = (keys.CORPUS, keys.FETCHES, keys.LANDING, keys.STAGED, keys.RUNS, keys.NIGHTLY, keys.DIGESTS, keys.TEMPLATES)
    for prefix in made:
        store.delete_all(prefix)
