"""Waiting for what must come: however long it takes, unless what it comes from has ended. Hangs are pytest's to end."""

import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def until(ask: Callable[[], T], process: "subprocess.Popen[Any] | None" = None) -> T:
    """What it answers as soon as that is something; the process, if one is given, must live on meanwhile."""
    while True:
        ended = process is not None and process.poll() is not None  # before asking: what it did last counts
        if answer := ask():
            return answer
        assert not ended, "the process ended, and it did not come"
        time.sleep(0.05)
