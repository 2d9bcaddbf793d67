"""`python -m spiders.nursery`: a process of its own for every crawl that is asked for, forked from one that is ready.

To load Scrapy takes 3 s of a processor, as much as many a crawl: here it is done once. Standard input is a socket on
which `flows/runs/crawl_process.py` asks: a line of JSON with the `arguments` of `python -m spiders`, the `environment` and the
`folder`, and beside it three descriptors, which are the crawl's standard input, its standard error, and where we
write its process number, and its exit code when it has ended (minus the number of the signal that killed it).

multiprocessing's own fork server does not do: asked by 16 threads at once it told 77 of 300 exit codes wrongly, as it
reads the pipe that tells them without a lock, and a crawl's exit code is believed.
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from types import FrameType

from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from spiders import __main__ as spiders
from spiders.crawl import scrapy_run as _run  # noqa: F401  what a crawl imports itself
from spiders.http.scrapy_settings import PARTS

_LONGEST = 1 << 20  # bytes of a request: an environment holds some kB
_told: dict[int, int] = {}  # where the exit code of a process is to be written


def main() -> int:
    """Serve until the socket is closed; crawls that still run then find their own standard input closed."""
    _load()
    door = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, _reap)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt of the terminal is for the crawls and our parent
    gc.freeze()  # what is loaded stays in pages that all crawls share
    while True:
        line, descriptors, _, _ = socket.recv_fds(door, _LONGEST, 3)
        if not line:
            return 0
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # a crawl that ends at once is not missed
        if (pid := os.fork()) == 0:
            door.close()
            _become(json.loads(line), *descriptors)
        stdin, stderr, status = descriptors
        os.close(stdin)
        os.close(stderr)
        os.write(status, f"{pid}\n".encode())
        _told[pid] = status
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _load() -> None:
    """Import what Scrapy would import by name at the start of each crawl."""
    for value in Settings(PARTS).values():
        for name in [*value.keys(), *value.values()] if isinstance(value, Mapping) else [value]:
            if isinstance(name, str) and name.startswith(("scrapy.", "spiders.")):
                load_object(name)


def _become(request: dict[str, object], stdin: int, stderr: int, status: int) -> None:
    """Be the crawl, to the end of this process."""
    code = 70  # EX_SOFTWARE, until we know better
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.dup2(stdin, 0)
        os.dup2(stderr, 2)
        for descriptor in (stdin, stderr, status, *_told.values()):
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        os.chdir(str(request["folder"]))
        code = spiders.main(request["arguments"])  # type: ignore[arg-type]
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def _reap(_signal: int, _frame: FrameType | None) -> None:
    while _told:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return  # this signal came while the one before it was looked after: that has the last of them in hand
        if pid == 0:
            return
        with os.fdopen(_told.pop(pid), "w") as told:
            told.write(f"{os.waitstatus_to_exitcode(status)}\n")


if __name__ == "__main__":
    sys.exit(main())
