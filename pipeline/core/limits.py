"""Work that can be stopped: a function runs in a child process, which is killed and replaced where it takes too much.

    answer = limits.run(known, function, argument)     # what it returns, or raises; TooExpensive, Died
    with Sandbox(known) as sandbox:                    # the same for many, in order; the next is sent while one looks
        for item, answer in sandbox.each(function, items): ...      # at the last; an answer may be TooExpensive, Died

`function`, what it is given and what it gives back are pickled, so it stands at the top of a module. One child is kept
for the next call, so that a call costs a tenth of a millisecond; it ends with its parent. CPU seconds are counted by
the kernel, which ends the child itself; of the memory the parent takes a look, and the child tells its peak. Inside a
child `run` calls the function as it is: the limits around it hold.
"""

import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, ParamSpec, TypeVar

from pydantic import Field

from pipeline.core.config import Strict, read
from pipeline.core.errors import GongbaoError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")
_LOOK_SECONDS = 0.02  # between two looks at the memory: a child can take some 40 MB meanwhile
_PATIENCE = 60  # seconds on the clock for each CPU second: whatever waits for so long waits for ever
_PDEATHSIG = 1  # prctl(2)
_inside = False
_lock = threading.Lock()


class Limits(Strict):
    """`config/limits.yaml`: what the work on one page or file may take."""

    cpu_seconds: float = Field(gt=0)
    memory_mb: int = Field(ge=256)

    @classmethod
    def load(cls, config: Path) -> "Limits":
        """The limits of a configuration folder; ConfigError names file, line and key."""
        return read(config / "limits.yaml", cls)

    @property
    def memory(self) -> int:
        """In bytes."""
        return self.memory_mb * 1_000_000


class TooExpensive(GongbaoError):
    """The work was stopped, as it took more than it may."""


class Died(GongbaoError):
    """The child ended in the middle of the work, twice: killed from outside, or by a defect of a library."""

    def __init__(self, by: str) -> None:
        super().__init__(f"the process that worked on it ended twice, by {by}")
        self.by = by


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a child tells of one call."""

    value: Any
    raised: bool
    cpu_seconds: float
    peak: int
    leaves: bool  # it has grown, and another takes its place


class Sandbox:
    """A child that works for one thread, and its successors. Close it, or use it in a `with`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: tuple[int, Connection] | None = None
        self._ended_by = ""

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        if self._child:
            _end(*self._child)
            self._child = None

    def run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """What the function returns or raises; TooExpensive or Died if it could not end."""
        if _inside:
            return function(*args, **kwargs)
        call = (function, args, kwargs, self._limits)
        try:
            self._send(call)
            return self._received(call)  # type: ignore[no-any-return]  # what `function` returned
        except (KeyboardInterrupt, SystemExit):
            self.close()  # its answer would be taken for that of the next call
            raise

    def each(self, function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[tuple[_T, _R | TooExpensive | Died]]:
        """Each item with what the function returns of it, in order; what it raises is raised."""
        waiting: list[_T] = []
        try:
            for item in items:  # the next is looked up while the child works on the last
                told = [(last, self._tried(function, last)) for last in waiting]
                waiting = []
                self._send((function, (item,), {}, self._limits))
                waiting = [item]
                yield from told
            told, waiting = [(last, self._tried(function, last)) for last in waiting], []
            yield from told
        finally:
            if waiting:
                self.close()

    def _tried(self, function: Callable[[_T], _R], item: _T) -> _R | TooExpensive | Died:
        try:
            return self._received((function, (item,), {}, self._limits))  # type: ignore[no-any-return]
        except (TooExpensive, Died) as error:
            return error

    def _send(self, call: tuple[Any, ...]) -> None:
        if self._child:
            try:
                self._child[1].send(call)
                return
            except OSError:  # it was killed while it waited
                self.close()
        self._child = _begin(self._limits)
        self._child[1].send(call)

    def _received(self, call: tuple[Any, ...]) -> Any:
        """The answer to what was sent. A child that died is replaced, and asked once more."""
        answer = self._answer()
        if answer is None:
            self._send(call)
            answer = self._answer()
        if answer is None:
            raise Died(self._ended_by)
        if answer.leaves:
            self.close()
        if answer.cpu_seconds > self._limits.cpu_seconds:
            raise TooExpensive(_too_long(self._limits))
        if answer.peak > self._limits.memory or (answer.raised and isinstance(answer.value, MemoryError)):
            raise TooExpensive(_too_large(self._limits))
        if answer.raised:
            raise answer.value
        return answer.value

    def _answer(self) -> _Answer | None:
        """What the child tells; None if it died of something that is none of the limits."""
        assert self._child
        pid, line = self._child
        until = time.monotonic() + _PATIENCE * self._limits.cpu_seconds
        while not line.poll(_LOOK_SECONDS):
            if _resident(pid) > self._limits.memory:
                self.close()
                raise TooExpensive(_too_large(self._limits))
            if time.monotonic() > until:
                self.close()
                raise TooExpensive(f"not done after {_PATIENCE * self._limits.cpu_seconds:.0f} seconds")
        try:
            answer: _Answer = line.recv()
            return answer
        except (EOFError, OSError):
            status = os.waitstatus_to_exitcode(_end(pid, line))
            self._child = None
        if status == -signal.SIGPROF:
            raise TooExpensive(_too_long(self._limits))
        self._ended_by = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return None


_shared: dict[Limits, Sandbox] = {}


def run(known: Limits, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """`Sandbox.run` in a child that all threads of this process share, one after another."""
    with _lock:
        return _shared.setdefault(known, Sandbox(known)).run(function, *args, **kwargs)


def _too_long(limits: Limits) -> str:
    return f"more than {limits.cpu_seconds:g} seconds of computing"


def _too_large(limits: Limits) -> str:
    return f"more than {limits.memory_mb} MB of memory"


def _begin(limits: Limits) -> tuple[int, Connection]:
    """A child that waits for work: a fork of us where that is safe and small, else an interpreter of its own."""
    ours, theirs = Pipe()
    if sys.platform == "linux" and threading.active_count() == 1 and _resident(os.getpid()) < limits.memory / 2:
        parent = os.getpid()
        if not (pid := os.fork()):
            _as_fork(theirs, parent)
    else:
        code = f"import sys; sys.path[:] = {sys.path!r}; from pipeline.core import limits; limits._as_interpreter()"
        inherited = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0)]
        pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ, file_actions=inherited)
    theirs.close()
    return pid, ours


def _end(pid: int, line: Connection) -> int:
    line.close()
    try:
        os.kill(pid, signal.SIGKILL)
        return os.waitpid(pid, 0)[1]
    except (ProcessLookupError, ChildProcessError):  # somebody else waited for it
        return 0


def _as_fork(line: Connection, parent: int) -> NoReturn:
    try:
        end_with(parent)
        for first, end in ((3, line.fileno()), (line.fileno() + 1, 1 << 20)):
            os.closerange(first, end)  # else whoever waits for the end of our parent's pipes would wait for ours
        gc.freeze()
        _serve(line)
    finally:
        os._exit(1)


def end_with(parent: int) -> None:
    """End this process when its parent does, if that made it from its only thread; at once if it is gone already."""
    if sys.platform == "linux":
        import ctypes  # not before it is needed: 10 ms

        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _as_interpreter() -> None:
    _serve(Connection(os.dup(0)))


def _serve(line: Connection) -> None:
    """Work until nobody is there to ask for more."""
    global _inside
    _inside = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it goes to all who sit at a terminal; our parent ends us
    for each in (signal.SIGPROF, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    while True:
        try:
            function, args, kwargs, limits = line.recv()
        except (EOFError, OSError):
            return
        before = time.process_time()
        _bound(limits)
        raised = False
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            value, raised = error, True
        signal.setitimer(signal.ITIMER_PROF, 0)
        leaves = _resident(os.getpid()) > limits.memory / 2
        answer = _Answer(value, raised, time.process_time() - before, _peak(), leaves)
        try:
            line.send(answer)
        except OSError:
            return
        except Exception as error:  # no pickle can hold it
            line.send(_Answer(TypeError(f"{value!r:.200}: {error}"), True, answer.cpu_seconds, answer.peak, leaves))


def _bound(limits: Limits) -> None:
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
    if sys.platform == "linux":  # far above the limit: where the kernel refuses memory, libraries may go on without it
        data = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (data + 2 * limits.memory, hard))


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where that cannot be asked."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _peak() -> int:
    """The most bytes of memory that this process ever held."""
    try:
        told = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(told.partition("VmHWM:")[2].split()[0]) * 1024
