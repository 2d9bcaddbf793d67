"""A proxy in front of a real S3 server that fails as stores do: refuses, breaks off, stalls, and loses answers.

It also sees who asks die: before a request is done, or when it is done and nobody was told.
"""

import http.client
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KINDS = ("500", "503", "403", "full", "reset", "cut", "stall", "lost")
_STATUS = {
    "500": (500, "InternalError"),
    "503": (503, "SlowDown"),
    "403": (403, "AccessDenied"),
    "full": (507, "NoSpace"),
}
_STALL_SECONDS = 0.5
_WRITES = ("PUT", "POST", "DELETE")
_HOP = {"connection", "transfer-encoding", "content-length"}


class Faults:
    """What is to go wrong: a share of all requests, by a seed, or exactly what `next` lists."""

    def __init__(self, share: float = 0.0, kinds: Sequence[str] = KINDS, seed: int = 0) -> None:
        self.share, self.kinds, self.next = share, kinds, list[str]()
        self.methods: Sequence[str] = ()
        self.done: Counter[str] = Counter()
        self._random, self._lock = random.Random(seed), threading.Lock()

    def of(self, method: str) -> str:
        """What goes wrong with this request; empty if nothing does."""
        with self._lock:
            if self.methods and method not in self.methods:
                return ""
            if self.next:
                kind = self.next.pop(0)
            else:
                kind = self._random.choice(self.kinds) if self._random.random() < self.share else ""
            self.done[kind or "none"] += 1
            return kind


class Death(Faults):
    """The process `pid` is killed at its n-th request that writes, before that is done or `after`."""

    def __init__(self) -> None:
        super().__init__()
        self.pid, self.at, self.after, self.writes = 0, 0, False, 0

    def of(self, method: str) -> str:
        with self._lock:
            self.writes += method in _WRITES
            if not self.at or self.writes < self.at or not self.pid:
                return ""
        if not self.after:
            self.strike()
        return "lost" if self.after and method in _WRITES else "reset"

    def strike(self) -> None:
        """Kill whoever asks."""
        with self._lock, suppress(ProcessLookupError):
            if self.pid:
                os.kill(self.pid, signal.SIGKILL)
                self.pid = 0
                self.done["killed"] += 1


@contextmanager
def faulty(endpoint: str, faults: Faults) -> Iterator[str]:
    """The address of a server that answers as the one at `endpoint` does, but for the faults."""
    upstream = urlsplit(endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            body = self._body()
            kind = faults.of(self.command)
            if kind in _STATUS:
                status, code = _STATUS[kind]
                self._answer(
                    status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code></Error>".encode()
                )
                return
            if kind == "reset":
                self._break()
                return
            asked = http.client.HTTPConnection(str(upstream.hostname), upstream.port, timeout=60)
            try:
                asked.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in ("transfer-encoding", "expect", "content-length"):
                        asked.putheader(name, value)
                asked.putheader("Content-Length", str(len(body)))
                asked.endheaders(body)
                answer = asked.getresponse()
                told = answer.read()
            finally:
                asked.close()
            if kind == "lost":
                if isinstance(faults, Death):
                    faults.strike()
                self._break()
                return
            if kind == "stall":
                time.sleep(_STALL_SECONDS)
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            if self.command == "HEAD" and (length := answer.getheader("Content-Length")):
                headers["Content-Length"] = length
            self._answer(answer.status, headers, told, cut=kind == "cut")

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        def _body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found

        def _answer(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if cut else body)
            if cut:
                self._break()

        def _break(self) -> None:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Who asked is gone: that is what happens here."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
