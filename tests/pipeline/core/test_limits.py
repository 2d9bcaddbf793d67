"""Work that takes too much is stopped, and nothing else is: real processes, real memory, real signals."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.core import limits
from pipeline.core.limits import Died, Limits, Sandbox, TooExpensive
from tests.makers.places import ROOT

KNOWN = Limits(cpu_seconds=1, memory_mb=256)


def double(number: int) -> int:
    return 2 * number


def who() -> int:
    return os.getpid()


def spin(_: object = None) -> None:
    while True:
        pass


def spin_in_c(_: object = None) -> int:
    return sum(range(10**12))  # never comes back to the interpreter's loop: no thread of the child could stop it


def grow(step: int) -> None:
    held = []
    while True:
        held.append(b"x" * step)


def hold_for_a_moment(size: int) -> int:
    return len(b"x" * size)


def crash(by: int) -> None:
    os.kill(os.getpid(), by)


def crash_once(mark: str) -> str:
    if not Path(mark).exists():
        Path(mark).touch()
        crash(signal.SIGKILL)
    return "done"


def fail(words: str) -> None:
    raise ValueError(words)


def unspeakable() -> object:
    return lambda: None


def of_kind(kind: str) -> object:
    return {"spin": spin, "grow": lambda: grow(10_000_000), "die": lambda: crash(signal.SIGSEGV)}.get(
        kind, lambda: kind
    )()


@pytest.fixture(params=["alone", "among threads"])
def sandbox(request: pytest.FixtureRequest):
    """A sandbox in a process of one thread, which forks, and in one of more, which may not."""
    done = threading.Event()
    if request.param == "among threads":
        threading.Thread(target=done.wait, daemon=True).start()
    with Sandbox(KNOWN) as sandbox:
        yield sandbox
    done.set()


def test_one_child_does_the_work_and_is_kept(sandbox: Sandbox) -> None:
    assert sandbox.run(double, 4) == 8
    assert sandbox.run(who) == sandbox.run(who) != os.getpid()


@pytest.mark.parametrize("work", [spin, spin_in_c])
def test_what_computes_for_too_long_is_stopped_and_the_next_goes_on(sandbox: Sandbox, work) -> None:
    before = os.times().children_user
    with pytest.raises(TooExpensive, match="more than 1 seconds"):
        sandbox.run(work)
    assert os.times().children_user - before < 3
    assert sandbox.run(double, 4) == 8


@pytest.mark.parametrize("step", [100_000, 50_000_000])
def test_what_takes_too_much_memory_is_stopped_and_the_next_goes_on(sandbox: Sandbox, step: int) -> None:
    with pytest.raises(TooExpensive, match="more than 256 MB"):
        sandbox.run(grow, step)
    assert sandbox.run(double, 4) == 8


def test_memory_that_was_held_for_a_moment_counts_too(sandbox: Sandbox) -> None:
    first = sandbox.run(who)
    with pytest.raises(TooExpensive):
        sandbox.run(hold_for_a_moment, 300_000_000)
    assert sandbox.run(double, 4) == 8
    with pytest.raises(TooExpensive):
        sandbox.run(hold_for_a_moment, 300_000_000)
    assert sandbox.run(who) != first, "its peak would be held against the next"


def test_who_dies_of_something_else_is_replaced_and_asked_once_more(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox.run(crash_once, str(tmp_path / "mark")) == "done"
    with pytest.raises(Died, match="twice, by SIGSEGV"):
        sandbox.run(crash, signal.SIGSEGV)
    assert sandbox.run(double, 4) == 8


def test_who_is_killed_while_nobody_asks_is_replaced(sandbox: Sandbox) -> None:
    os.kill(sandbox.run(who), signal.SIGKILL)
    assert sandbox.run(double, 4) == 8


def test_what_the_function_raises_is_raised(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="of ours"):
        sandbox.run(fail, "of ours")
    with pytest.raises(TypeError, match="pickle"):
        sandbox.run(unspeakable)
    assert sandbox.run(double, 4) == 8


def test_of_many_each_has_its_answer_in_order(sandbox: Sandbox) -> None:
    kinds = ["a", "spin", "b", "grow", "die", "c"]
    told = dict(sandbox.each(of_kind, kinds))
    assert list(told) == kinds
    assert {kind: type(answer) for kind, answer in told.items()} == {
        "a": str, "spin": TooExpensive, "b": str, "grow": TooExpensive, "die": Died, "c": str
    }  # fmt: skip
    assert [told[kind] for kind in "abc"] == ["a", "b", "c"]


def test_the_next_item_is_looked_up_while_the_last_is_worked_on() -> None:
    seen: list[str] = []

    def items():
        for number in range(3):
            seen.append(f"asked {number}")
            yield number

    with Sandbox(KNOWN) as sandbox:
        for number, _ in sandbox.each(double, items()):
            seen.append(f"told {number}")
    assert seen == ["asked 0", "asked 1", "told 0", "asked 2", "told 1", "told 2"]


def test_who_leaves_in_the_middle_gets_no_answer_of_before(sandbox: Sandbox) -> None:
    for _ in sandbox.each(double, range(1000)):
        break
    assert sandbox.run(double, 4) == 8


def test_inside_a_child_the_limits_around_it_hold(sandbox: Sandbox) -> None:
    assert sandbox.run(limits.run, KNOWN, double, 4) == 8
    assert sandbox.run(limits.run, KNOWN, who) == sandbox.run(who)


PARENT = """
import os, sys, threading, time
from pipeline.core.limits import Limits, Sandbox
from tests.pipeline.core.test_limits import spin, who
if "threads" in sys.argv:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
with Sandbox(Limits(cpu_seconds=600, memory_mb=256)) as sandbox:
    print(sandbox.run(who), flush=True)
    if "busy" in sys.argv:
        sandbox.run(spin)
    time.sleep(600)
"""


@pytest.mark.parametrize("how", [(), ("threads",), ("busy",)])
def test_a_child_ends_with_its_parent_however_that_ends(how: tuple[str, ...]) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *how], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    while Path(f"/proc/{child}").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        time.sleep(0.05)
