"""`python -m tests.campaigns.crashes [KILLS]`: a store's life, killed at every write, before it and after it, counted.

Each step of `tests/makers/nights/killed.py` runs in a process of its own, which a proxy before the real S3 server kills
at its n-th write; it is run again, killed again further on, and then left alone. After each step the store must hold
what it holds where nobody was killed, and `gongbao verify` must find nothing.
"""

import argparse
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from flows.servers import embedded_store
from pipeline.store.s3 import Store
from tests.makers.nights import killed
from tests.makers.servers.faulty_store import Death, Faults, faulty

_FORKED = multiprocessing.get_context("forkserver")  # from a process that has loaded all of it and runs no thread
_FORKED.set_forkserver_preload([killed.__name__])


@dataclass(slots=True)
class Lives:
    """Stores behind the proxy, and the processes that work on them."""

    server: embedded_store.Server
    endpoint: str
    sources: Path
    faults: Faults
    expected: list[dict[str, Any]] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)  # writes of each step, undisturbed
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def store(self) -> Store:
        """An empty store, past the proxy."""
        return Store.open(f"s3://{embedded_store.BUCKET}/{uuid4().hex}", self.server.environment())

    def perform(self, store: Store, number: int) -> int:
        """One step through the proxy; its exit code."""
        through = self.server.environment() | {"AWS_ENDPOINT_URL_S3": self.endpoint, "GONGBAO_STORE": store.url,
                                               "GONGBAO_SOURCES": str(self.sources)}  # fmt: skip
        child = _FORKED.Process(target=killed.perform, args=(store.url, through, number))
        child.start()
        if isinstance(self.faults, Death):
            self.faults.pid, self.faults.writes = child.pid or 0, 0
        child.join()
        if isinstance(self.faults, Death):
            self.faults.pid = 0
        return int(child.exitcode or 0)

    def learn(self) -> None:
        """What an undisturbed life leaves after each step, and how much each writes."""
        store = self.store()
        for number in range(len(killed.STEPS)):
            assert self.perform(store, number) == 0, killed.STEPS[number][0]
            self.widths.append(getattr(self.faults, "writes", 0))
            self.expected.append(killed.state(store))
            assert not killed.faults(store), killed.faults(store)

    def check(self, store: Store, number: int, how: str) -> None:
        """Compare a store with an undisturbed one after a step."""
        self.counts["compared"] += 1
        try:
            found = killed.state(store)
            for what, rows in self.expected[number].items():
                if found[what] != rows:
                    self.wrong.append(f"{how}: {what}: {_difference(found[what], rows)}")
            self.wrong += [f"{how}: {fault}" for fault in killed.faults(store)]
        except Exception as error:  # whatever it is, the campaign goes on and tells it
            self.wrong.append(f"{how}: {error!r}")


def _difference(found: Any, wanted: Any) -> str:
    lacking = [row for row in wanted if row not in found]
    more = [row for row in found if row not in wanted]
    return f"{len(lacking)} lost, {len(more)} more: {str((lacking or more)[:1])[:300]}"


@contextmanager
def lives(folder: Path, faults: Faults) -> Iterator[Lives]:
    """An embedded store of its own with the proxy before it."""
    server = embedded_store.start(folder)
    before = dict(os.environ)
    os.environ.update(server.environment())
    try:
        with faulty(server.endpoint, faults) as endpoint:
            yield Lives(server, endpoint, killed.write_source(folder / "sources"), faults)
    finally:
        os.environ.clear()
        os.environ.update(before)
        embedded_store.stop(folder)


def life(found: Lives, death: Death, history: int) -> None:
    """One life in which every step is killed at two of its writes, others in each life, and then done."""
    chance, store = random.Random(history), found.store()
    for number, (name, _, _) in enumerate(killed.STEPS):
        at, how = history % found.widths[number] + 1, []
        for again in range(2):
            death.at, death.after = at, bool((history // found.widths[number] + again) % 2)
            code = found.perform(store, number)
            if code not in (0, -9):
                found.wrong.append(f"life {history}, {name} at {at}: exit code {code}")
            how.append(f"{'after' if death.after else 'before'} {at}")
            found.counts[f"{name} killed" if code == -9 else f"{name} done first"] += 1
            at = chance.randint(1, found.widths[number])
        death.at = 0
        if code := found.perform(store, number):
            found.wrong.append(f"life {history}, {name} after being killed {how}: exit code {code}")
        found.check(store, number, f"life {history}, {name} killed {how}")
    for prefix in ("", "-copy"):
        whole = store.prefix.rstrip("/") + prefix + "/"
        Store(store.bucket, whole, store._session, found.server.endpoint).delete_all("")


def main() -> int:
    """Exit code 1 if anything was lost or doubled."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("kills", type=int, nargs="?", default=1000)
    cli.add_argument("--first", type=int, default=0, help="the first life; each kills at other writes")
    cli.add_argument("--seconds", type=float, default=1e9)
    args = cli.parse_args()
    death, began, history = Death(), time.monotonic(), args.first
    with TemporaryDirectory() as folder, lives(Path(folder), death) as found:
        found.learn()
        print("writes:", dict(zip((name for name, _, _ in killed.STEPS), found.widths, strict=True)), flush=True)
        while death.done["killed"] < args.kills and time.monotonic() - began < args.seconds:
            life(found, death, history)
            history += 1
            print(f"life {history}: {death.done['killed']} kills, {len(found.wrong)} wrong", flush=True)
    for line in found.wrong:
        print(line)
    print(dict(found.counts))
    print(
        f"{death.done['killed']} kills in {history - args.first} lives, {time.monotonic() - began:.0f} s: {len(found.wrong)} wrong"
    )
    return int(bool(found.wrong))


if __name__ == "__main__":
    raise SystemExit(main())
