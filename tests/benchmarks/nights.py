"""What a run costs beside its crawls and its processing, and how fast a backfill is beside a night.

python -m tests.benchmarks.nights [--pages 1000]
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from flows import settings
from flows.samples.plan import DEMO, Plan, heap
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from flows.servers import embedded_store, prefect_server, prefect_setup
from pipeline.corpus.corpus import Corpus
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

_SETTLED = 15  # seconds; a server that has just begun is busy with itself


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured thing beside its aim."""

    what: str
    measured: float
    aim: float
    at_most: bool
    about: str

    @property
    def reached(self) -> bool:
        return self.measured <= self.aim if self.at_most else self.measured >= self.aim

    def row(self) -> str:
        """For the table."""
        aim = f"{'at most' if self.at_most else 'at least'} {self.aim:g}"
        return f"{self.what:42} {self.measured:8.2f}   {aim:14} {'yes' if self.reached else 'NO':4} {self.about}"


@dataclass(frozen=True, kw_only=True)
class Took:
    """One call of `gongbao`: its wall time, that of its crawls and processing, and what it published."""

    seconds: float
    work: float
    pages: int
    commits: int


@contextmanager
def sample(plan: Plan, night: int = 0, only: Sequence[str] = ()) -> Iterator[tuple[Running, Path]]:
    """Sample sites, and a home of their own whose store runs already."""
    before = dict(os.environ)
    with (
        TemporaryDirectory(prefix="gongbao-") as name,
        serve(World(0, plan=plan), dict.fromkeys((*SITES, "control"), 0), night) as sites,
    ):
        home = Path(name)
        for path in write_sources(sites, home / "sources"):
            if only and path.stem not in only:
                path.unlink()
        os.environ |= {"GONGBAO_HOME": name, "GONGBAO_SOURCES": str(home / "sources")}
        os.environ.pop("GONGBAO_STORE", None)
        known = settings.from_environment()
        settings.open_store(known)
        prefect_setup.configure(known.home)
        try:
            yield sites, home
        finally:
            prefect_server.stop(home)
            embedded_store.stop(home)
            os.environ.clear()
            os.environ.update(before)


def called(home: Path, *arguments: str) -> Took:
    """Call `gongbao` as people do."""
    store = Store.open(f"s3://{embedded_store.BUCKET}")
    version, landed = Corpus.open(store).version, datetime.now().astimezone()
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if done.returncode:
        raise SystemExit(done.stderr)
    report = max(key for key in store.list("runs/") if key.endswith(".json") and key.count("/") == 1)
    from pipeline.core.conservation import RunReport

    told = RunReport.model_validate_json(store.get(report))
    return Took(
        seconds=seconds,
        work=busy(home / "prefect" / "prefect.db", landed),
        pages=told.total("fetched"),
        commits=Corpus.open(store).version - version,
    )


def busy(database: Path, since: datetime) -> float:
    """Seconds in which any crawl or any processing ran (cleaning, deduplication, commit), by Prefect's own record."""
    total, until = 0.0, since
    for first, last in _spans(database, since):
        if last > until:
            total += (last - max(first, until)).total_seconds()
            until = last
    return total


def _spans(database: Path, since: datetime) -> list[tuple[datetime, datetime]]:
    """When each crawl, each landing file's processing and the publishing began and ended. A server writes that down some seconds later."""
    told = "SELECT start_time, end_time FROM task_run WHERE start_time >= ? AND (name LIKE 'crawl %' OR name LIKE 'process %' OR name LIKE 'publish%')"
    for _ in range(60):
        with sqlite3.connect(database) as held:
            rows = held.execute(told, [f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"]).fetchall()
        if rows and all(last for _, last in rows):
            moment = datetime.fromisoformat
            return sorted((moment(f"{first}+00:00"), moment(f"{last}+00:00")) for first, last in rows)
        time.sleep(0.5)
    raise SystemExit("Prefect does not say when the crawls ended")


def overheads() -> Iterator[Figure]:
    """What `gongbao run` adds: the first time on a machine, then with Prefect's database there, then with its server."""
    with sample(DEMO) as (sites, home):
        for night, what, aim in (
            (0, "first run, no Prefect server", 20),
            (1, "no Prefect server", 20),
            (2, "with a Prefect server", 5),
        ):
            sites.night = night
            if "with" in what:
                prefect_server.start(home)
                time.sleep(_SETTLED)
            took = called(home, "run")
            about = f"{took.seconds:.1f} s in all, {took.work:.1f} s of crawls and processing, {took.pages} pages"
            yield Figure(
                what=f"run adds, seconds: {what}", measured=took.seconds - took.work, aim=aim, at_most=True, about=about
            )


def _read_to_the_end(folder: Path, columns: Sequence[str]) -> None:
    """Have the night read these columns, and all pages of them: a night of every day stops at the fifth."""
    for path in folder.glob("*.yaml"):
        told = yaml.safe_load(path.read_text("utf-8"))
        stop = {"stop": {"max_pages": 1000, "older_than_days": 3000}}
        told["listings"] = [each | stop for each in told["listings"] if any(name in each["url"] for name in columns)]
        path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")


def rates(pages: int) -> Iterator[Figure]:
    """A night and a backfill of the same pages, in stores of their own."""
    plan, only = heap(pages), ("ministry", "paper")
    took = []
    for command in ("run", "backfill"):
        with sample(plan, only=only) as (sites, home):
            prefect_server.start(home)
            _read_to_the_end(home / "sources", [batch.column for batch in plan.batches])
            urls = [sites.url(page.site, page.path) for page in sites.world.truth(0)]
            (home / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
            took.append(
                called(home, *((command,) if command == "run" else (command, "--file", str(home / "urls.txt"))))
            )
    night, backfill = took
    about = f"night {night.pages / night.seconds:.1f}/s ({night.seconds:.0f} s), backfill {backfill.pages / backfill.seconds:.1f}/s ({backfill.seconds:.0f} s)"
    share = (backfill.pages / backfill.seconds) / (night.pages / night.seconds)
    yield Figure(
        what=f"rate of a backfill of {backfill.pages}, by a night's",
        measured=share,
        aim=0.8,
        at_most=False,
        about=about,
    )
    yield Figure(what="its commits", measured=backfill.commits, aim=1, at_most=True, about="")


def main(arguments: Sequence[str] | None = None) -> int:
    """1 if an aim is missed."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--pages", type=int, default=1000)
    cli.add_argument("--only", choices=("overheads", "rates"))
    options = cli.parse_args(arguments)
    missed = 0
    for name, measure in (("overheads", overheads), ("rates", lambda: rates(options.pages))):
        for figure in measure() if options.only in (None, name) else ():
            print(figure.row(), flush=True)
            missed += not figure.reached
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
