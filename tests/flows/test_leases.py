"""Leases in a real store: one holder at a time, whoever is killed gives way, a second night leaves."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows import leases
from flows.commands import run as running
from flows.samples.sites import SITES
from flows.schedules import LeaseRules, Schedules
from pipeline.store.s3 import Store
from tests.makers.places import ROOT
from tests.makers.servers.waiting import until

RULES = LeaseRules(renew_seconds=0.05, stale_minutes=10, wait_minutes=0)
HOLD = """
import sys
from flows import leases
from flows.schedules import LeaseRules
from pipeline.store.s3 import Store
rules = LeaseRules(renew_seconds=60, stale_minutes=10, wait_minutes=0)
with leases.hold(Store.open(sys.argv[1]), "source=one", "first", rules) as held:
    if len(sys.argv) > 2:
        held.share_with(int(sys.argv[2]))
    print("held", flush=True)
    sys.stdin.read()
"""


def other(store: Store, *more: str) -> subprocess.Popen[str]:
    """Another process that holds the name."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, store.url, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_of_many_who_ask_at_once_one_gets_it(store: Store) -> None:
    answered = threading.Barrier(6)

    def ask(number: int) -> bool:
        try:
            with leases.hold(store, "source=one", f"run {number}", RULES):
                answered.wait()
        except leases.Taken:
            answered.wait()
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 1


def test_one_who_is_in_the_way_is_named(store: Store) -> None:
    with leases.hold(store, "source=one", "first", RULES):
        with pytest.raises(leases.Taken, match=f"run first is at it since .*process {os.getpid()} on"):
            leases.check(store, "source=one", RULES)
        leases.check(store, "source=two", RULES)
    leases.check(store, "source=one", RULES)


def test_a_holder_that_was_killed_gives_way_at_once(store: Store) -> None:
    process = other(store)
    with pytest.raises(leases.Taken, match="run first"), leases.hold(store, "source=one", "second", RULES):
        pass
    process.kill()
    process.wait()
    with leases.hold(store, "source=one", "second", RULES):
        assert [Path(key).stem for key in store.list("leases/source=one/")] == ["000000002"]


def test_a_child_that_outlives_the_holder_keeps_the_name(store: Store) -> None:
    child = subprocess.Popen(["sleep", "infinity"])
    process = other(store, str(child.pid))
    process.kill()
    process.wait()
    with pytest.raises(leases.Taken):
        leases.check(store, "source=one", RULES)
    child.kill()
    child.wait()
    leases.check(store, "source=one", RULES)


def test_a_holder_on_another_machine_is_dead_when_it_has_been_silent_for_long(store: Store) -> None:
    with leases.hold(store, "source=one", "there", RULES) as held:
        there = replace(held._lease, machine="elsewhere")
    # what its own clock said counts for nothing: those of two machines differ
    told = asdict(there) | {"renewed": "1970-01-01T00:00:00+00:00", "released": False}
    for minutes, free in ((9, False), (11, True)):
        assert leases.Lease(**told).holds(RULES.stale, timedelta(minutes=minutes)) is not free
    (key,) = store.list("leases/source=one/")
    store.put(key, leases._pack(leases.Lease(**told)))
    with pytest.raises(leases.Taken):
        leases.check(store, "source=one", RULES)


def test_a_lease_is_renewed_while_it_is_held_and_not_after(store: Store) -> None:
    with leases.hold(store, "source=one", "first", RULES):
        (key,) = store.list("leases/source=one/")
        before = store.get(key)
        until(lambda: store.get(key) != before)
    until(lambda: not [thread for thread in threading.enumerate() if "(_keep)" in thread.name])
    assert leases.Lease(**json.loads(store.get(key))).released


def test_who_waits_gets_it_when_it_is_free_and_says_so_once(store: Store) -> None:
    words: list[str] = []
    process = other(store)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(
            lambda: (until(lambda: words), time.sleep(2.5), process.kill(), process.wait())
        )  # asked again twice
        with leases.hold(store, "source=one", "second", RULES, wait=timedelta(hours=1), say=words.append):
            assert process.poll() is not None
    assert len(words) == 1


def test_a_second_night_says_so_and_leaves_and_one_of_other_sources_does_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    rules = Schedules.load(ROOT / "config").leases
    with leases.hold(store, leases.of_night(None), "first", rules):
        with pytest.raises(leases.Taken, match="run first is at it"):
            running.run(())
        leases.check(store, leases.of_night(["gov_cn"]), rules)
    assert leases.of_night(sorted(SITES)) == leases.of_night(sorted(SITES, reverse=True))
