"""Nights on a real Dask cluster on the loopback: workers that die, workers set up otherwise, and the corpus of one machine."""

import os
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES as ALL_SITES
from flows.samples.world import World
from pipeline.core.conservation import RunReport
from pipeline.corpus.corpus import Corpus
from pipeline.report import run_reports
from pipeline.store.s3 import Store
from tests.makers.places import LAST_NIGHT, ROOT
from tests.makers.servers.waiting import until

pytest.importorskip("distributed", reason="the extra `dask` is not installed")
pytestmark = pytest.mark.slow
SITES = ("ministry", "company")
WORKERS = 2
FINISHED = re.compile(
    r"Task run '?((?:process|crawl) [^' ]+)'? - Finished in state Completed|\"Finished in state Completed\(\)\".*\"task\": \"((?:process|crawl) [^\"]+)\""
)

FOUND_DONE = re.compile(r"([^ '\"]+): a worker that died had ended it")


@dataclass
class Cluster:
    """A scheduler and its workers, each a process with a log of its own."""

    folder: Path
    environment: dict[str, str]
    port: int = 0
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)

    def begin(self, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        """One of Dask's commands."""
        self.logs.append(self.folder / f"{len(self.logs)}.log")
        with self.logs[-1].open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *command, "--host", "127.0.0.1", "--no-dashboard"],
                cwd=ROOT, env=self.environment | environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def start(self, workers: int, **environment: str) -> None:
        """So many more workers, ready."""
        how = ["--no-nanny", "--nthreads", "4", "--memory-limit", "0", "--preload", "flows.runs.nightly"]
        made = [self.begin("worker", f"tcp://127.0.0.1:{self.port}", *how, **environment) for _ in range(workers)]
        self.workers += made
        for worker, log in zip(made, self.logs[-workers:], strict=True):
            until(lambda log=log: b"Registered to" in log.read_bytes(), worker)  # type: ignore[misc]

    def finished(self) -> tuple[list[str], list[str]]:
        """The tasks that ended well on any worker, each as often as it did; those that had nothing left to do."""
        told = "".join(log.read_text("utf-8", "replace") for log in self.logs)
        return ["".join(names) for names in FINISHED.findall(told)], FOUND_DONE.findall(told)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """Two sample sites, and the folder of their sources."""
    folder = tmp_path_factory.mktemp("sites") / "sources"
    with serve(World(base=LAST_NIGHT), dict.fromkeys((*ALL_SITES, "control"), 0)) as running:
        for path in write_sources(running, folder):
            if path.stem not in SITES:
                path.unlink()
        yield running, folder


@pytest.fixture
def clustered(
    sites: tuple[Running, Path], store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Cluster]:
    """A scheduler without workers; settings of the scheduler are the test's parameter."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    told = {"GONGBAO_STORE": store.url, "GONGBAO_SOURCES": str(sites[1]), "GONGBAO_HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "INFO"}  # fmt: skip
    cluster = Cluster(tmp_path, os.environ | told, port)
    scheduler = cluster.begin("scheduler", "--port", str(port), **getattr(request, "param", {}))
    until(lambda: b"Scheduler at" in cluster.logs[0].read_bytes(), scheduler)
    yield cluster
    for each in (*cluster.workers, scheduler):
        each.kill()
        each.wait()


def run(cluster: Cluster, store: Store, command: str = "run", **environment: str) -> "subprocess.Popen[str]":
    """A command of Gongbao, with this engine."""
    engine = {"GONGBAO_ENGINE": f"dask://127.0.0.1:{cluster.port}", "GONGBAO_STORE": store.url}
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli.main", command],
        cwd=ROOT, env=cluster.environment | engine | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def corpus(store: Store) -> pl.DataFrame:
    """What a reader of everything sees, without ids of runs, times and places."""
    wanted = "url", "doc_id", "title", "text", "canonical_id", "kind", "similarity", "revision", "content_digest"
    return Corpus.open(store).documents(every=True).select(wanted).sort("url").collect()


def report(store: Store) -> RunReport:
    return next(iter(run_reports.last(store, 1)))


@pytest.fixture(scope="module")
def undisturbed(sites: tuple[Running, Path], s3: None, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """What a night on one machine, without an engine, makes of these sites."""
    store = Store.open(f"s3://gongbao/{uuid4().hex}")
    told = {"GONGBAO_STORE": store.url, "GONGBAO_SOURCES": str(sites[1]), "GONGBAO_PROCESSES": "1"}
    home = {"GONGBAO_HOME": str(tmp_path_factory.mktemp("home"))}
    subprocess.run([sys.executable, "-m", "flows.cli.main", "run"], cwd=ROOT, env=os.environ | told | home, check=True)
    return corpus(store)


@pytest.mark.parametrize(
    ("moment", "count"), [("leases/source", 1), ("landing/", 1), ("runs/", 2), ("staged/", 1), ("staged/", len(SITES))]
)  # a crawl began, pages are stored, a crawl has ended, a landing file is done, all are
def test_a_worker_killed_at_any_moment_changes_nothing_and_repeats_nothing_that_was_finished(
    clustered: Cluster, store: Store, undisturbed: pl.DataFrame, moment: str, count: int
) -> None:
    clustered.start(WORKERS)
    flow = run(clustered, store)
    until(lambda: len(list(store.list(moment))) >= count, flow)
    clustered.workers.pop(0).kill()
    words, _ = flow.communicate()
    assert flow.returncode == 0, words[-3000:]
    assert corpus(store).equals(undisturbed)
    done, found = clustered.finished()
    assert Counter(again.split()[-1] for again in (Counter(done) - Counter(set(done))).elements()) <= Counter(found)
    assert len(done) >= len(SITES)


@pytest.mark.parametrize("clustered", [{"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}], indirect=True)
def test_a_source_whose_workers_all_died_has_crashed_and_the_night_goes_on(clustered: Cluster, store: Store) -> None:
    clustered.start(1)
    flow = run(clustered, store, GONGBAO_CRAWLS="1")
    until(lambda: list(store.list("leases/source")), flow)
    clustered.workers.pop(0).kill()
    clustered.start(1)
    words, _ = flow.communicate()
    assert flow.returncode == 1, words[-3000:]
    (broken,) = report(store).broken
    assert broken.cause == "crashed"
    assert "died" in broken.detail
    assert corpus(store).height


def test_a_worker_that_is_set_up_otherwise_refuses_by_name_and_nothing_is_published(
    clustered: Cluster, store: Store
) -> None:
    clustered.start(1, GONGBAO_STORE=f"{store.url}/elsewhere")
    flow = run(clustered, store)
    words, _ = flow.communicate()
    assert flow.returncode == 2, words[-3000:]
    assert f"its store is {store.url}/elsewhere at " in words
    assert not list(store.list("landing/"))
    assert not Corpus.open(store).version
    told, _ = run(clustered, store, "status").communicate()
    assert f"engine dask://127.0.0.1:{clustered.port}, workers: 1" in told


@pytest.mark.parametrize(
    ("engine", "code", "names"),
    [
        ("ray://x:1", 2, "GONGBAO_ENGINE: not of the form dask://host:port"),
        ("dask://127.0.0.1:1", 1, "GONGBAO_ENGINE: no scheduler answers at 127.0.0.1:1"),
    ],
)
def test_an_engine_that_cannot_be_is_named_before_anything_is_asked(
    sites: tuple[Running, Path], store: Store, tmp_path: Path, engine: str, code: int, names: str
) -> None:
    told = {"GONGBAO_ENGINE": engine, "GONGBAO_STORE": store.url, "GONGBAO_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "flows.cli.main", "run"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | told | {"GONGBAO_SOURCES": str(sites[1])}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert names in done.stderr
