"""Where the state of the alarms lies: in the store, or on disk for the one alarm that the store cannot keep."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from flows import leases
from flows.schedules import Schedules
from pipeline.health.alarms import State
from pipeline.store import keys
from pipeline.store.s3 import Store


class Place(Protocol):
    """Where the state lies, and how one changes it at a time."""

    name: str

    def read(self) -> State | None:
        """The state, if there is one."""

    def write(self, state: State) -> None:
        """Replace it."""

    def held(self) -> AbstractContextManager[None]:
        """Nobody else changes it meanwhile."""


class InStore:
    """`alarms/state.json` in the store."""

    def __init__(self, store: Store, config: Path) -> None:
        self._store, self._leases, self.name = store, Schedules.load(config).leases, store.url

    def read(self) -> State | None:
        """The state, if there is one."""
        found = self._store.find(keys.ALARMS)
        return State.model_validate_json(found) if found else None

    def write(self, state: State) -> None:
        """Replace it."""
        self._store.put(keys.ALARMS, state.model_dump_json(indent=1).encode())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes it meanwhile."""
        patience = self._leases.stale + timedelta(minutes=1)
        with leases.hold(self._store, "alarms", f"process {os.getpid()}", self._leases, wait=patience):
            yield


class OnDisk:
    """A file beside the embedded store, for the one alarm that the store cannot keep: that it does not answer."""

    def __init__(self, home: Path, store: str) -> None:
        self._path, self.name = home / "alarms.json", store or "the embedded store"

    def read(self) -> State | None:
        """The state, if there is one."""
        return State.model_validate_json(self._path.read_bytes()) if self._path.exists() else None

    def write(self, state: State) -> None:
        """Replace it."""
        self._path.write_text(state.model_dump_json(indent=1))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes it meanwhile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
