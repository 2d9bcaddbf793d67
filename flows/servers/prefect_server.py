"""Prefect's server with its UI on the loopback, its data under `.gongbao/`: found by every command in the same folder."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from ssl import SSLError
from urllib.error import HTTPError
from urllib.parse import urlsplit

from flows.servers import processes
from pipeline.core.errors import GongbaoError

_PORT = 4200  # Prefect's own
READY_SECONDS = 600  # while its process lives; 13 s on a quiet machine with an empty database (platform.md, C)
_STOP_SECONDS = 20
_PATIENCE_SECONDS = 20  # for a connection to somebody else's server
_ANSWER_SECONDS = 20  # of a server that is busy; then it is asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server: its process and when that began, and where it listens."""

    pid: int
    began: str
    port: int

    @property
    def api(self) -> str:
        """For PREFECT_API_URL."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def ui(self) -> str:
        """For people."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def lives(self) -> bool:
        """Whether its process does; it may still be starting."""
        return processes.began(self.pid) == self.began


def find(folder: Path) -> Server | None:
    """The server of that folder, if it runs and listens. One that is busy is waited for; one that starts is not."""
    server, deadline = _recorded(folder), time.monotonic() + READY_SECONDS
    while server and server.lives and _listens(server.port) and time.monotonic() < deadline:
        if answers(server.api):
            return server
        time.sleep(0.2)
    return None


def start(folder: Path) -> Server:
    """The server of that folder: the one that runs, or a new one, ready. Of two that start it at once one does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "prefect.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = _recorded(folder) or _launch(folder)
        deadline = time.monotonic() + READY_SECONDS
        while not answers(server.api):
            if not server.lives or time.monotonic() > deadline:
                stop(folder)
                raise GongbaoError(f"Prefect's server does not start; {folder / 'prefect.log'} says why")
            time.sleep(0.2)
        return server


def answers(api: str) -> bool:
    """Whether a server of Prefect is ready at the address of an API."""
    try:
        with urllib.request.urlopen(f"{api}/health", timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.read() == b"true")
    except OSError:
        return False


def _listens(port: int) -> bool:
    """Whether somebody takes connections at a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(_ANSWER_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check(api: str) -> None:
    """GongbaoError if nobody listens at the address of an API. What answers, whatever it is, Prefect itself judges."""
    try:
        urllib.request.urlopen(f"{api.rstrip('/')}/health", timeout=_PATIENCE_SECONDS).close()
    except (HTTPError, SSLError, TimeoutError):  # the last: it took the connection, and is busy
        return
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        if not isinstance(why, SSLError):
            place = urlsplit(api).netloc.rpartition("@")[2] or "it, which is no address"  # without a password
            told = f"PREFECT_API_URL: no server of Prefect answers at {place} ({why}); without it Gongbao uses its own"
            raise GongbaoError(told) from error


def stop(folder: Path) -> bool:
    """Stop the server of that folder and wait for its end; False if none ran."""
    server = _recorded(folder)
    (folder / "prefect.json").unlink(missing_ok=True)
    if not server:
        return False
    with suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while server.lives:
            if time.monotonic() > deadline:
                os.kill(server.pid, signal.SIGKILL)
            time.sleep(0.1)
    return True


@contextmanager
def only_one(folder: Path, what: str) -> Iterator[None]:
    """Refuse to do for a folder what another process does for it already."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{what}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise GongbaoError(f"`gongbao {what}` runs already in {folder.resolve()}") from error
        yield


def _recorded(folder: Path) -> Server | None:
    """The server that was started for that folder, if it lives."""
    try:
        server = Server(**json.loads((folder / "prefect.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return server if server.lives else None


def _launch(folder: Path) -> Server:
    port = _free_port()
    with (folder / "prefect.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    server = Server(pid=process.pid, began=processes.began(process.pid), port=port)
    (folder / "prefect.json").write_text(json.dumps(asdict(server)))  # before it is ready: we may be killed meanwhile
    return server


def _free_port() -> int:
    for port in (_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise GongbaoError("no port is free")
