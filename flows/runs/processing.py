"""The work on one landing file, and the processes that do it. Imports no Prefect: each process starts in a second."""

import _thread
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from multiprocessing.connection import wait
from pathlib import Path
from typing import ParamSpec, TypeVar

from flows import settings
from pipeline.core import limits, source
from pipeline.core.config import SHIPPED, digest
from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.limits import Died, Limits, Sandbox, TooExpensive
from pipeline.core.models import Outcome, Page, Reason
from pipeline.core.urls import doc_id
from pipeline.documents import is_file, process, rejected
from pipeline.documents.templates import night, shelf
from pipeline.documents.templates.rules import TemplateRules
from pipeline.documents.templates.sight import Sighting, sight
from pipeline.page.template import NOTHING, Template
from pipeline.rules import Rules
from pipeline.store import digests, keys, landing, staging
from pipeline.upkeep import erase, tombstones

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Work = tuple[Page, source.Source, Template]  # a page, its source, and what was learned of that
_lock = threading.Lock()
_alone = threading.Lock()
_reading = threading.Lock()
_pools: dict[int, ProcessPoolExecutor] = {}
_mine = threading.local()


class Lost(GongbaoError):
    """Whoever worked on it was killed, and whoever tried again, too."""


def process_landing(landing_key: str, run_id: str, template: str = "") -> dict[str, int]:
    """Stage the outcomes of a landing file; the count of each. Done twice it leaves the same.

    `template`: the version of what was learned of its source, by which its pages are read.
    """
    known = settings.from_environment()
    store = settings.open_store(known)
    by_id = _sources(known.sources, digest(known.sources))
    learned = shelf.get(store, keys.source_of(landing_key), template)
    forgotten = tombstones.forgotten(store)
    refused: list[tuple[Page, Outcome]] = []

    def wanted() -> Iterator[_Work]:
        body = store.get(landing_key)
        digests.check(store, landing_key, body)
        for page in landing.read(body, landing_key):
            if forgotten & {doc_id(page.url), doc_id(page.parent_url) if page.parent_url else ""}:
                refused.append((page, tombstones.refused(page, rules(known.config).version)))
            else:
                yield page, by_id.get(page.source_id) or source.unknown(), learned

    outcomes = chain(_processed(wanted(), known.config), refused)  # these are complete when those end
    counts = staging.write(store, keys.staged_file(run_id, landing_key), outcomes)
    if "rejected:forgotten" in counts:  # someone asked for it by name: what was fetched does not stay either
        erase.in_landing(store, [landing_key], forgotten)
    return counts


def reject_all(landing_key: str, run_id: str, why: Lost) -> None:
    """Stage each page of a landing file as one that crashed: nobody lived to say more of it."""
    known = settings.from_environment()
    store, found = settings.open_store(known), rules(known.config)
    pages = landing.read(store.get(landing_key), landing_key)
    stopped = ((page, rejected(page, found, Reason.CRASHED, str(why))) for page in pages)
    staging.write(store, keys.staged_file(run_id, landing_key), stopped)


def learn(source_id: str, run_id: str, now: datetime, landed: Sequence[str]) -> str:
    """The version of what the pages of a source taught, by which those of these landing files are read."""
    known = settings.from_environment()
    of, least = source.of(known.sources, source_id), TemplateRules.load(known.config)
    look = partial(_sighted, known.config, digest(known.config, SHIPPED), of)
    return night.learn(settings.open_store(known), of.id, run_id, now, landed, look, Limits.load(known.config), least)


def _sighted(config: Path, content: str, of: source.Source, page: Page) -> Sighting | None:
    try:
        return sight(page, of, rules(config, content))
    except Exception:  # what it is it becomes when it is processed
        return None


def process_one(page: Page, of: source.Source, config: Path, template: Template = NOTHING) -> Outcome:
    """The outcome of a page, made under the limits of one."""
    try:
        return limits.run(Limits.load(config), _outcome, config, digest(config, SHIPPED), (page, of, template))
    except (TooExpensive, Died) as error:
        return _stopped(page, rules(config), error)


def _processed(pages: Iterable[_Work], config: Path) -> Iterator[tuple[Page, Outcome]]:
    """Pages with their outcomes, each made under the limits of one, in a child that this thread keeps for the next file."""
    known, content = Limits.load(config), digest(config, SHIPPED)
    found = rules(config, content)  # before the child is made, which finds them then
    if getattr(_mine, "limits", None) != known:
        _mine.limits, _mine.sandbox = known, Sandbox(known)
    for (page, _, learned), answer in _mine.sandbox.each(partial(_outcome, config, content), pages):
        yield page, _stopped(page, found.of(learned), answer) if isinstance(answer, TooExpensive | Died) else answer


def _outcome(config: Path, content: str, of: _Work) -> Outcome:
    page, whose, learned = of
    return process(page, whose, rules(config, content).of(learned))


def _stopped(page: Page, known: Rules, why: TooExpensive | Died) -> Outcome:
    """SIGKILL is how a system that runs out of memory ends a process, SIGABRT how the reader of a file that does; other
    signals are defects."""
    too_much = isinstance(why, TooExpensive) or why.by == "SIGKILL" or (why.by == "SIGABRT" and is_file(page))
    return rejected(page, known, Reason.TOO_EXPENSIVE if too_much else Reason.CRASHED, str(why))


def in_pool(work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` in one of this process' workers and wait for it; right here where GONGBAO_PROCESSES is 0.

    A worker that is killed takes with it what the others were at, too. All of it is done once more in a new pool, each
    alone, so that it is known at which the second one ended: Lost.
    """
    processes = settings.from_environment().processes
    if processes == 0:
        return work(*args, **kwargs)
    call = partial(_in_environment, dict(os.environ), work, *args, **kwargs)
    with _lock:
        pool = _pools.get(processes) or _pools.setdefault(processes, _new_pool(processes))
    try:
        return pool.submit(call).result()
    except BrokenProcessPool:
        with _lock:
            if _pools.get(processes) is pool:
                del _pools[processes]
    with _alone, _new_pool(1) as pool:
        try:
            return pool.submit(call).result()
        except BrokenProcessPool as error:
            raise Lost(f"the process that worked on {args} was killed twice") from error


def _new_pool(processes: int) -> ProcessPoolExecutor:
    # Not by fork of us: flows run threads, and a fork of a process with threads may inherit a held lock. The server that
    # forks has loaded this module and runs no code beside: each worker costs a second of a processor less.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_bound_to_parent)


def _bound_to_parent() -> None:
    """A worker waits for work at a pipe whose other end it holds, too, so that it would never see us end.

    The thread that looks is unknown to `threading`: it holds no lock, and forbids no fork.
    """
    parent = multiprocessing.parent_process()
    assert parent
    _thread.start_new_thread(_end_after, (parent.sentinel,))


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _in_environment(environment: dict[str, str], work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` where settings and credentials are what they are now, not what they were when the worker began."""
    if environment != os.environ:
        os.environ.clear()
        os.environ.update(environment)
    return work(*args, **kwargs)


def rules(config: Path, content: str = "") -> Rules:
    """The rules and thresholds of a configuration folder as they are now, read again only where that changed.

    `content`: its digest, where the caller knows it. One thread reads, and the others wait for it.
    """
    with _reading:
        return _rules(config, content or digest(config, SHIPPED))


@lru_cache(maxsize=2)
def _rules(config: Path, content: str) -> Rules:
    loaded = Rules.load(config)
    if digest(config, SHIPPED) != content:
        raise ConfigError("changed while it was read", path=config)
    return loaded


@lru_cache(maxsize=2)
def _sources(folder: Path, content: str) -> dict[str, source.Source]:
    return {each.id: each for each in source.load_all(folder)}
