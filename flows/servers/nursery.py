"""The process that crawls are forked from (`python -m spiders.nursery`): started with the first, tied to our life."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_lock = threading.Lock()
_door: socket.socket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """A crawl that runs: its process number, its standard input and error. It ends when its input is closed."""

    pid: int
    stdin: IO[str]
    stderr: IO[str]
    _status: IO[str]

    def wait(self) -> int:
        """Its exit code when it has ended; minus the signal that killed it; -1 also if nobody was left to tell."""
        with self._status:
            return int(self._status.readline() or -1)


def begin(arguments: Sequence[str]) -> Crawl:
    """Begin `python -m spiders` with these arguments, with our environment and folder as they are now."""
    asked = {"arguments": list(arguments), "environment": dict(os.environ), "folder": str(Path.cwd())}
    stdin, our_stdin = os.pipe()
    our_stderr, stderr = os.pipe()
    our_status, status = os.pipe()
    try:
        _ask(json.dumps(asked).encode(), [stdin, stderr, status])
    finally:
        for end in (stdin, stderr, status):
            os.close(end)
    told = os.fdopen(our_status)
    return Crawl(
        pid=int(told.readline() or 0),
        stdin=os.fdopen(our_stdin, "w"),
        stderr=os.fdopen(our_stderr, errors="replace"),
        _status=told,
    )


def _ask(request: bytes, ends: list[int]) -> None:
    global _door
    with _lock:
        if _door is None:
            _door = _start()
        try:
            socket.send_fds(_door, [request], ends)
        except OSError:  # it was killed: the next one serves as well
            _door.close()
            _door = _start()
            socket.send_fds(_door, [request], ends)


def _start() -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen([sys.executable, "-m", "spiders.nursery"], stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
    return ours
