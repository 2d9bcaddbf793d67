"""Where tasks of a run are done: in threads of its own process, or on the Dask cluster that GONGBAO_ENGINE names.

Scheduling is Prefect's and Dask's. What stands here is what they do not promise: that a worker sees what the flow sees,
that no more is under way than can be done soon, and that a task which ended is never done again.
"""

import os
import socket
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import xxhash
from prefect import Task, get_client
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.states import Crashed
from prefect.task_runners import TaskRunner

from flows import settings
from flows.runs.processing import Lost
from flows.servers import scheduler
from pipeline.core.config import SHIPPED, digest
from pipeline.core.errors import ConfigError
from pipeline.core.source import is_loopback
from pipeline.store.s3 import Store

_ROOT = Path(__file__).resolve().parents[2]
_AHEAD = 2  # landing files under way for each place: while one is worked on, the next is there
_CRAWLING = 0.75  # of the places: a crawl holds its own for hours and mostly waits, and landing files need some, too


def task_runner() -> TaskRunner[PrefectFuture[Any]] | None:
    """What Prefect runs the tasks of a flow with; None is its default, threads."""
    if not (engine := settings.from_environment().engine):
        return None
    address = scheduler.address(engine)
    from prefect_dask.task_runners import DaskTaskRunner  # a second to load, and an extra

    return cast("TaskRunner[PrefectFuture[Any]]", DaskTaskRunner(address=address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What flow and worker must see alike: the store in words, the rest as digests."""

    store: str
    rules: str
    sources: str
    code: str


def terms() -> Terms | None:
    """Those of this process; None without an engine, where the environment of the flow is that of all."""
    return _terms() if settings.from_environment().engine else None


def _terms() -> Terms:
    known = settings.from_environment()
    store = f"the embedded one in {known.home.resolve()} on {socket.gethostname()}" if known.embedded else known.store
    return Terms(
        store=store if known.embedded else f"{store} at {_endpoint(store)}",
        rules=digest(known.config, SHIPPED),
        sources=digest(known.sources),
        code=_code(),
    )


@cache
def _endpoint(url: str) -> str:
    """Where a store is; on which machine, where that is asked for on the loopback. Nothing is asked of it."""
    endpoint = Store.open(url).endpoint
    return f"{endpoint} on {socket.gethostname()}" if is_loopback(urlsplit(endpoint).netloc) else endpoint


@cache
def _code() -> str:
    found = xxhash.xxh3_128()
    for path in sorted(each for top in ("pipeline", "spiders", "flows") for each in (_ROOT / top).rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def refuse_others(flow: Terms | None) -> None:
    """ConfigError on a worker that sees anything else than its flow: another store would swallow what it makes."""
    if flow is None or (here := _terms()) == flow:
        return
    ours, theirs = asdict(here), asdict(flow)
    differing = (
        f"its {name} is {ours[name]}, the flow's {theirs[name]}" for name in ours if ours[name] != theirs[name]
    )
    told = "; ".join(differing)
    raise ConfigError(f"a worker on {socket.gethostname()} (process {os.getpid()}) is set up otherwise: {told}")


def places() -> int:
    """How many tasks can be done at the same time now; 0 while an engine has no worker."""
    known = settings.from_environment()
    if not known.engine:
        return max(known.processes, 1)
    context = FlowRunContext.get()
    assert context
    threads: dict[str, int] = context.task_runner.client.nthreads()  # type: ignore[attr-defined]  # Dask's
    return sum(threads.values())


def most_crawls() -> int:
    """How many sources are crawled at the same time."""
    known = settings.from_environment()
    return min(known.crawls, max(1, int(places() * _CRAWLING))) if known.engine else known.crawls


def most_landing_files() -> int:
    """How many landing files are under way."""
    return _AHEAD * max(places(), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A task that ended: which, what it was given first, and what came of it."""

    task: Task[..., Any]
    of: Any
    value: Any = None
    error: BaseException | None = None

    def result(self) -> Any:
        """What it returned; what it raised is raised; Lost if those who worked on it were killed."""
        if self.error:
            raise self.error
        return self.value


class UnderWay:
    """Tasks that were begun. Each is forgotten as it ends, by Dask too, which else does it again when a worker dies."""

    def __init__(self) -> None:
        self._ended = SimpleQueue[PrefectFuture[Any]]()
        self._tasks: dict[UUID, tuple[Task[..., Any], Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def count(self, task: Task[..., Any]) -> int:
        """How many of this task are under way."""
        return sum(each is task for each, _ in self._tasks.values())

    def begin(self, task: Task[..., Any], of: Any, *args: Any, **kwargs: Any) -> None:
        """Submit a task."""
        future = task.submit(of, *args, **kwargs)
        self._tasks[future.task_run_id] = task, of
        future.add_done_callback(self._ended.put)

    def wait(self) -> Ended:
        """The next that ends."""
        future = self._ended.get()
        task, of = self._tasks.pop(future.task_run_id)
        value, error = None, None
        try:
            value = future.result()
        except Exception as raised:
            error = self._lost(future, of, raised) or raised
        if release := getattr(getattr(future, "wrapped_future", None), "release", None):
            release()
        return Ended(task=task, of=of, value=value, error=error)

    def _lost(self, future: PrefectFuture[Any], of: Any, error: Exception) -> Lost | None:
        """Whether Dask gave a task up because each worker that had it died. Prefect would show it as running for ever."""
        if "distributed" not in sys.modules:
            return None
        from distributed import KilledWorker  # loaded already, where it can be raised

        if not isinstance(error, KilledWorker):
            return None
        lost = Lost(
            f"{error.allowed_failures + 1} workers that had {of} died, the last was {error.last_worker.address}"
        )
        with get_client(sync_client=True) as client:
            client.set_task_run_state(future.task_run_id, Crashed(message=str(lost)), force=True)
        return lost
