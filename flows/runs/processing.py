"""The work on one landing file, and the processes that do it. Imports no Prefect: each process starts in a second."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import ParamSpec, TypeVar

from flows import settings
from pipeline.core import source
from pipeline.core.models import Page
from pipeline.core.urls import doc_id
from pipeline.documents import process
from pipeline.rules import Rules
from pipeline.store import landing, staging
from pipeline.upkeep import erase, tombstones

_P = ParamSpec("_P")
_R = TypeVar("_R")
_lock = Lock()
_pool: ProcessPoolExecutor | None = None


def process_landing(landing_key: str, run_id: str) -> dict[str, int]:
    """Stage the outcomes of a landing file; the count of each. Done twice it leaves the same."""
    known = settings.from_environment()
    store = settings.open_store(known)
    by_id = _sources(known.sources)
    pages = landing.read(store.get(landing_key), landing_key)
    found = rules(known.config)
    forgotten = tombstones.forgotten(store)
    outcomes = (
        (
            page,
            tombstones.refused(page, found.version)
            if doc_id(page.url) in forgotten
            else process(page, _source_of(page, by_id), found),
        )
        for page in pages
    )
    counts = staging.write(store, staging.key_of(run_id, landing_key), outcomes)
    if "rejected:forgotten" in counts:  # someone asked for it by name: what was fetched does not stay either
        erase.in_landing(store, [landing_key], forgotten)
    return counts


def in_pool(work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` in one of this process' workers and wait for it; right here where GONGBAO_PROCESSES is 0."""
    processes = settings.from_environment().processes
    if processes == 0:
        return work(*args, **kwargs)
    global _pool
    with _lock:
        if _pool is None:
            # Not by fork: flows run threads, and a fork of a process with threads may inherit a held lock.
            _pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("forkserver"))
    return _pool.submit(partial(_in_environment, dict(os.environ), work, *args, **kwargs)).result()


def _in_environment(environment: dict[str, str], work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` where settings and credentials are what they are now, not what they were when the worker began."""
    if environment != os.environ:
        os.environ.clear()
        os.environ.update(environment)
    return work(*args, **kwargs)


def _source_of(page: Page, by_id: dict[str, source.Source]) -> source.Source:
    return by_id.get(page.source_id) or source.unknown()


@cache
def rules(config: Path) -> Rules:
    """The rules and thresholds of a configuration folder, read once a process."""
    return Rules.load(config)


@cache
def _sources(folder: Path) -> dict[str, source.Source]:
    return {each.id: each for each in source.load_all(folder)}
