"""The sample sites on the loopback: one port a site, one night at a time, with faults on request."""

import gzip
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.utils import formatdate
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flows.samples.faults import FAULTS, Fault, commit, send
from flows.samples.sites import SITES
from flows.samples.sites.html import Resource
from flows.samples.world import World
from pipeline.core.dates import SHANGHAI

FIRST_PORT = (
    18801  # one a site from here in the order of SITES, the control port before it, so that URLs stay from run to run
)
CONTROL_PORT = 18800
TEMPLATES = Path(__file__).parent / "sources"
_FILE = re.compile(r"\.(pdf|ofd|docx?|xlsx?|pptx?|zip|rar|wps|et|png|jpe?g|gif|ico|mp4|css|js)$")
_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "css": "text/css",
    "js": "application/javascript",
    "mp4": "video/mp4",
}


class Running:
    """Sample sites that are being served. Everything may be changed while requests come in."""

    def __init__(self, world: World, night: int) -> None:
        self.world = world
        self.night = night
        self.requests: Counter[tuple[str, str]] = Counter()  # (site, path with query) -> requests
        self.ports: dict[str, int] = {}
        self.control = ""  # URL of the control port
        self._faults: dict[str, list[Fault]] = {}
        self._opened = monotonic()
        self._lock = threading.Lock()

    def url(self, site: str, path: str = "/") -> str:
        """The absolute URL of a path on a site."""
        return f"http://127.0.0.1:{self.ports[site]}{path}"

    def misbehave(self, site: str, fault: str, path: str = "*", **options: Any) -> None:
        """From now on the addresses of `site` that match the shell pattern answer with the fault."""
        if fault not in FAULTS or site not in self.ports:
            raise ValueError(
                f"no fault {fault!r} or no site {site!r}; there are {', '.join(FAULTS)} and {', '.join(self.ports)}"
            )
        where = "/robots.txt" if fault == "robots_500" and path == "*" else path
        self._faults.setdefault(site, []).append(Fault(name=fault, path=where, options=options))

    def now(self, night: int) -> datetime:
        """The time of a night for a crawl: noon, and what has passed since the sites were opened.

        A crawl moves its clock by whole days; counted from noon it has the day that the sites believe in, even where
        midnight passes meanwhile.
        """
        noon = datetime.combine(self.world.today(night), time(12), SHANGHAI)
        return (noon + timedelta(seconds=monotonic() - self._opened)).astimezone(UTC)

    def misbehave_all(self, orders: list[dict[str, Any]]) -> None:
        for order in orders:
            self.misbehave(**order)

    def behave(self, site: str | None = None) -> None:
        """No more faults on a site, or on any."""
        for name in [site] if site else list(self._faults):
            self._faults.pop(name, None)

    def count(self, site: str, path: str) -> None:
        with self._lock:
            self.requests[site, path] += 1

    def fault(self, site: str, path: str) -> Fault | None:
        return next((fault for fault in self._faults.get(site, ()) if fault.strikes(path)), None)

    def answer(self, site: str, target: str, form: Mapping[str, str]) -> Resource:
        """What a sound site answers to a request for `target` (path and query)."""
        path, _, query = target.partition("?")
        served = self.world.served(site, self.night)
        found = served.get(target) or served.get(path)
        if isinstance(found, Resource):
            return replace(found, body=found.body.replace(b"{{url}}", self.url(site, "").encode()))
        if found:
            return found(dict(parse_qsl(query, keep_blank_values=True)) | dict(form))
        if path == "/robots.txt":
            return Resource(body=SITES[site].robots.encode(), type="text/plain")
        if kind := _FILE.search(path):
            return Resource(
                body=b"%PDF-1.4\n%%EOF\n" if kind[1] == "pdf" else b"\x00",
                type=_TYPES.get(kind[1], "application/octet-stream"),
            )
        return Resource(
            body=b"<html><head><title>404</title></head><body><h1>404 Not Found</h1></body></html>",
            status=404,
            stamped=False,
        )

    def modified(self, site: str, target: str) -> str:
        """Last-Modified: midnight (UTC) before the night on which the address began to read as it does."""
        now = self.world.served(site, self.night).get(target)
        night = self.night
        while night and self.world.served(site, night - 1).get(target) == now:
            night -= 1
        day = self.world.today(night)
        return formatdate((day.toordinal() - 719_163) * 86_400, usegmt=True)


@contextmanager
def serve(world: World, ports: Mapping[str, int] | None = None, night: int = 0) -> Iterator[Running]:
    """Serve all sites until the end of the block. Ports that are taken give way to free ones; 0 asks for a free one."""
    running = Running(world, night)
    wanted = {site: FIRST_PORT + number for number, site in enumerate(SITES)} | dict(ports or {})
    with ExitStack() as stack:
        for site in SITES:
            running.ports[site] = stack.enter_context(_listen(wanted[site], _handler(running, site)))
        running.control = f"http://127.0.0.1:{stack.enter_context(_listen(wanted.get('control', CONTROL_PORT), _control(running)))}/__control"
        yield running


def write_sources(running: Running, folder: Path) -> list[Path]:
    """One source YAML a site, pointing at where it is served."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for template in sorted(TEMPLATES.glob("*.yaml")):
        text = template.read_text(encoding="utf-8").replace("{{url}}", running.url(template.stem, ""))
        (folder / template.name).write_text(text, encoding="utf-8")
        written.append(folder / template.name)
    return written


@contextmanager
def _listen(port: int, handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    try:
        server = _Server(("127.0.0.1", port), handler)
    except OSError:
        server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    timeout = 60
    wbufsize = 65536  # one packet an answer

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the sites count their requests instead."""

    def form(self) -> dict[str, str]:
        size = int(self.headers.get("Content-Length") or 0)
        return dict(parse_qsl(self.rfile.read(size).decode("utf-8", "replace"), keep_blank_values=True))


def _handler(running: Running, site: str) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        def do_GET(self) -> None:
            self._reply(self.form())

        do_HEAD = do_POST = do_GET

        def _reply(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            running.count(site, target)
            resource = running.answer(site, target, form)
            with suppress(BrokenPipeError, ConnectionResetError):
                if fault := running.fault(site, parts.path):
                    commit(self, fault, resource)
                elif resource.stamped:
                    self._reply_stamped(resource, target)
                else:
                    send(self, resource.status, resource.body, headers={"Content-Type": resource.type})

        def _reply_stamped(self, resource: Resource, target: str) -> None:
            tag = f'"{blake2b(resource.body, digest_size=8).hexdigest()}"'
            stamps = {"ETag": tag, "Last-Modified": running.modified(site, target)}
            asked_tag, asked_time = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
            fresh = tag in asked_tag if asked_tag else asked_time == stamps["Last-Modified"]
            if fresh:
                self.send_response(304)
                for name, value in stamps.items():
                    self.send_header(name, value)
                self.end_headers()
            else:
                body = resource.body
                if SITES[site].gzip and "gzip" in (self.headers.get("Accept-Encoding") or ""):
                    body = gzip.compress(body, 1, mtime=0)
                    stamps |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
                send(self, resource.status, body, headers=stamps | {"Content-Type": resource.type})

    return Handler


def _control(running: Running) -> type[BaseHTTPRequestHandler]:
    """`POST /__control {"night": 1, "behave": true, "misbehave": [{"site": …, "fault": …, "path": …}]}`; GET tells the state."""
    orders: dict[str, Callable[[Any], None]] = {
        "night": lambda night: setattr(running, "night", int(night)),
        "behave": lambda site: running.behave(None if site is True else site),
        "misbehave": running.misbehave_all,
        "forget_requests": lambda _: running.requests.clear(),
    }

    class Handler(_Handler):
        def do_POST(self) -> None:
            try:
                order = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                for name, act in orders.items():
                    if name in order:
                        act(order[name])
            except (ValueError, TypeError) as error:
                return send(self, 400, f"{error}\n".encode(), headers={"Content-Type": "text/plain"})
            return self.do_GET()

        def do_GET(self) -> None:
            counts: dict[str, dict[str, int]] = {site: {} for site in running.ports}
            for (site, path), count in list(running.requests.items()):
                counts[site][path] = count
            state = {
                "night": running.night,
                "urls": {site: running.url(site) for site in running.ports},
                "requests": counts,
            }
            send(
                self, 200, json.dumps(state, ensure_ascii=False).encode(), headers={"Content-Type": "application/json"}
            )

    return Handler
