"""One holder of a name at a time, on however many machines: `leases/NAME/NUMBER.json` in the store.

The lease with the highest number counts. Whoever finds it free writes the next number, which the store lets only one
do; a highest number is never deleted, so that numbers never come again. A holder that was killed gives way at once
on its own machine, where its process can be looked for, and elsewhere when it has been silent for some minutes.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flows.schedules import LeaseRules
from flows.servers.processes import began as began_at
from pipeline.core.errors import GongbaoError, StoreError
from pipeline.store import keys
from pipeline.store.s3 import Store

_POLL_SECONDS = 1.0
_leaving = threading.Event()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who holds a name: a run, the machine it is on, and its processes there as (pid, when it began)."""

    owner: str
    machine: str
    processes: tuple[tuple[int, str], ...]
    since: str
    renewed: str
    released: bool = False

    def holds(self, stale: timedelta, age: timedelta) -> bool:
        """Whether its holder lives, who last said so `age` ago: by the store's clock, as those of two machines differ."""
        if self.released:
            return False
        if self.machine == _machine():
            return any(began and began_at(pid) == began for pid, began in self.processes)
        return age < stale


class Taken(GongbaoError):
    """Somebody else holds the name."""

    def __init__(self, name: str, lease: Lease) -> None:
        pids = ", ".join(str(pid) for pid, _ in lease.processes)
        super().__init__(
            f"{name}: run {lease.owner} is at it since {lease.since} (process {pids} on {lease.machine.split()[0]})"
        )
        self.lease = lease


class Held:
    """A lease that is ours."""

    def __init__(self, store: Store, key: str, lease: Lease) -> None:
        self._store, self._key, self._lease = store, key, lease
        self._lock = threading.Lock()

    def share_with(self, pid: int) -> None:
        """Count a child among the holders: it may outlive us for a moment."""
        self._write(processes=(*self._lease.processes, (pid, began_at(pid))))

    def renew(self) -> None:
        """Say that we live."""
        self._write(renewed=_now())

    def release(self) -> None:
        """Let go."""
        self._write(released=True)

    def _write(self, **changes: object) -> None:
        with self._lock:
            if not self._lease.released:
                self._lease = replace(self._lease, **changes)  # type: ignore[arg-type]  # fields of Lease, from above
                self._store.put(self._key, _pack(self._lease))


def of_night(sources: Sequence[str] | None) -> str:
    """The name that a night of these sources, or of all, holds: two different nights may run side by side."""
    if not sources:
        return "night=all"
    return f"night={blake2b(' '.join(sorted(set(sources))).encode(), digest_size=8).hexdigest()}"


def check(store: Store, name: str, rules: LeaseRules) -> None:
    """Taken if somebody holds the name now."""
    lease, age = _read(store, max(store.list(_folder(name)), default=""))
    if lease and lease.holds(rules.stale, age):
        raise Taken(name, lease)


def held(store: Store, rules: LeaseRules) -> Iterator[tuple[str, Lease]]:
    """All names that somebody holds now, and who."""
    newest = {
        key.rpartition("/")[0]: key for key in store.list(keys.LEASES)
    }  # in order: the highest number is the last
    for folder, key in newest.items():
        lease, age = _read(store, key)
        if lease and lease.holds(rules.stale, age):
            yield folder.removeprefix(keys.LEASES), lease


@contextmanager
def hold(
    store: Store,
    name: str,
    owner: str,
    rules: LeaseRules,
    *,
    wait: timedelta = timedelta(),
    say: Callable[[str], None] = lambda words: None,
) -> Iterator[Held]:
    """Hold a name; Taken if somebody else still does after `wait`."""
    until, told = time.monotonic() + wait.total_seconds(), False
    while isinstance(held := _take(store, name, owner, rules), Lease):
        taken = Taken(name, held)
        left = _leaving.is_set() and threading.current_thread() is not threading.main_thread()
        if time.monotonic() >= until or left:
            raise taken
        if not told:
            say(f"waiting: {taken}")
        told = True
        _leaving.wait(_POLL_SECONDS)
    done = threading.Event()
    threading.Thread(target=_keep, args=(held, done, rules.renew_seconds), daemon=True).start()
    try:
        yield held
    finally:
        done.set()
        with suppress(StoreError):  # nobody renews it: it will be taken for dead
            held.release()


@contextmanager
def waits_end_with_us() -> Iterator[None]:
    """Around a flow: whoever waits in another thread of it stops waiting when it ends, as it does on a signal."""
    _leaving.clear()
    try:
        yield
    finally:
        _leaving.set()


def _take(store: Store, name: str, owner: str, rules: LeaseRules) -> Held | Lease:
    """The lease, now ours; or the one that is in the way."""
    keys = list(store.list(_folder(name)))
    last, age = _read(store, keys[-1]) if keys else (None, timedelta())
    if last and last.holds(rules.stale, age):
        return last
    pid = os.getpid()
    lease = Lease(owner=owner, machine=_machine(), processes=((pid, began_at(pid)),), since=_now(), renewed=_now())
    number = int(Path(keys[-1]).stem) + 1 if keys else 1
    key = f"{_folder(name)}{number:09}.json"
    if not store.put(key, _pack(lease), only_new=True):
        return _read(store, key)[0] or lease
    newest = max(store.list(_folder(name)))
    if newest > key:  # we had looked before others came and went
        store.delete(key)
        return _read(store, newest)[0] or lease
    for old in keys:
        store.delete(old)
    return Held(store, key, lease)


def _keep(held: Held, done: threading.Event, seconds: float) -> None:
    while not done.wait(seconds):
        with suppress(StoreError):  # tried again in a moment
            held.renew()


def _folder(name: str) -> str:
    return f"{keys.LEASES}{name}/"


def _pack(lease: Lease) -> bytes:
    return json.dumps(asdict(lease)).encode()


def _read(store: Store, key: str) -> tuple[Lease | None, timedelta]:
    """A lease, and how long ago it was written or renewed."""
    found = store.find_aged(key) if key else None
    if found is None:
        return None, timedelta()
    told = json.loads(found[0])
    return Lease(**told | {"processes": tuple((pid, began) for pid, began in told["processes"])}), found[1]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def _machine() -> str:
    """Where process numbers mean the same: host, boot, and the namespace of process numbers (containers)."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    namespace = Path("/proc/self/ns/pid")
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts += [boot.read_text().strip(), str(namespace.readlink())]
    return " ".join(parts)
