"""The process that crawls are forked from tells of each how it ended, however many end at one moment."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.servers import nursery


def ended(arguments: list[str]) -> tuple[int, str]:
    crawl = nursery.begin(arguments)
    with crawl.stdin, crawl.stderr:
        said = crawl.stderr.read()
    return crawl.wait(), said


def its_process() -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"PPid:\t{os.getpid()}\n" in (folder / "status").read_text()
            if ours and "spiders.nursery" in (folder / "cmdline").read_text():
                return int(folder.name)
        except OSError:
            continue
    raise LookupError("no nursery runs")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to find the process")
def test_of_many_crawls_that_end_at_once_each_tells_its_own_exit_code() -> None:
    assert ended(["--help"])[0] == 0
    pid, over = its_process(), threading.Event()

    def say_that_children_ended() -> None:
        while not over.is_set():
            os.kill(pid, signal.SIGCHLD)  # a signal while the one before it is being looked after

    noise = threading.Thread(target=say_that_children_ended)
    noise.start()
    try:
        calls = [["--help"] if number % 2 else ["--no-such-option"] for number in range(120)]
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(ended, calls))
    finally:
        over.set()
        noise.join()
    assert [code for code, _ in found] == [0 if number % 2 else 2 for number in range(120)]
    assert all(said for code, said in found if code), "what a crawl says of its end is lost"
    assert its_process() == pid
