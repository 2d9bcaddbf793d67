"""Prefect's server for one command: it starts while the rest is loaded, and ends with us, however we end.

Prefect has one of its own for this, which it starts only when all else is loaded, and which outlives a kill. Run as a
process (`python -m flows.prefect_child`) this serves on the socket that is handed over, until standard input ends.
"""

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flows.servers.prefect_server import READY_SECONDS, answers
from pipeline.core.errors import GongbaoError

# Its tables are made under a lock, below; blocks are registered by who saves or loads one.
_LEAN = {"PREFECT_API_DATABASE_MIGRATE_ON_START": "false", "PREFECT_API_BLOCKS_REGISTER_ON_START": "false"}
_END_SECONDS = 10  # for it to write down what it was told last


def start(folder: Path) -> tuple[str, Callable[[], None]]:
    """The address of a server's API, and what waits until it answers. Its log lies in that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "prefect.log"
    with socket.create_server(("127.0.0.1", 0)) as door, log.open("ab") as words:
        child = subprocess.Popen(
            [sys.executable, "-m", __name__, str(door.fileno()), str(folder / "prefect-database.lock")],
            stdin=subprocess.PIPE, stdout=words, stderr=words, env={**os.environ, **_LEAN},
            pass_fds=[door.fileno()], start_new_session=True,
        )  # fmt: skip
        api = f"http://127.0.0.1:{door.getsockname()[1]}/api"
    atexit.register(_end, child)  # before Prefect is loaded: after all that Prefect does at the end

    def wait() -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(api):
            if child.poll() is not None or time.monotonic() > deadline:
                raise GongbaoError(f"Prefect's server does not start; {log} says why")
            time.sleep(0.1)

    return api, wait


def _end(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin
    child.stdin.close()
    try:
        child.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def _serve(door: socket.socket, lock: Path) -> None:
    import asyncio  # all this takes seconds, in which our parent may have ended
    import fcntl

    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.server.database import provide_database_interface

    with lock.open("w") as held:  # two commands that begin at once would both make its tables
        fcntl.flock(held, fcntl.LOCK_EX)
        asyncio.run(provide_database_interface().create_db())
    app = create_app(ephemeral=True, final=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on")).run(sockets=[door])


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))
