"""The embedded store lets no one in: every port and socket of its own server is tried, and no one else's."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from flows.servers import embedded_store as embedded
from pipeline.store.s3 import Store

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="ports of a process are read from /proc")

ORDERS = (  # what wiped a corpus, and what else the ports of an open server take
    ("GET", "/col/delete?collection=gongbao"),
    ("POST", "/col/delete?collection=gongbao"),
    ("GET", "/vol/vacuum?garbageThreshold=0.000001"),
    ("GET", "/dir/assign"),
    ("GET", "/dir/status"),
    ("GET", "/cluster/status"),
    ("POST", "/submit"),
    ("GET", "/stats/counter"),
    ("GET", "/metrics"),
    ("GET", "/debug/pprof/"),
    ("GET", "/ui/index.html"),
    ("GET", "/buckets/"),
    ("GET", "/buckets/gongbao/kept"),
    ("PUT", "/buckets/gongbao/planted"),
    ("DELETE", "/buckets/gongbao?recursive=true&ignoreRecursiveError=true"),
    ("DELETE", "/gongbao/kept"),
    ("GET", "/gongbao?list-type=2"),
    ("GET", "/api/files/list"),
    ("DELETE", "/api/files/delete"),
    ("GET", "/"),
)
HARMLESS = {"/status", "/healthz"}
HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"  # preface and empty settings
SETTINGS = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[embedded.Server, Path]]:
    folder = tmp_path_factory.mktemp("embedded")
    yield embedded.start(folder), folder
    embedded.stop(folder)


def ports(pid: int) -> set[int]:
    """Where a process listens."""
    ours, found = inodes(pid), set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            told = line.split()
            if told[3] == "0A" and told[9] in ours:
                found.add(int(told[1].rpartition(":")[2], 16))
    return found


def sockets(server: embedded.Server, folder: Path) -> set[Path]:
    """The sockets with a name on which a process listens."""
    ours, found = inodes(server.pid), set()
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        told = line.split()
        if len(told) == 8 and told[6] in ours and not told[7].startswith("@"):
            found.add(folder / "server" / told[7])
    return found


def inodes(pid: int) -> set[str]:
    """The sockets that a process holds; what it closes while they are read is none of them."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if (link := str(each.readlink())).startswith("socket:["):
                found.add(link[8:-1])
    return found


def contexts(tmp_path: Path) -> dict[str, ssl.SSLContext | None]:
    """In clear, over TLS without a certificate, and with one that looks like the server's own."""
    found: dict[str, ssl.SSLContext | None] = {"http": None}
    embedded._write_locks(tmp_path / "forged")
    for name in ("https", "forged"):
        found[name] = context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if name == "forged":
            context.load_cert_chain(tmp_path / "forged" / "tls.pem")
    return found


def answers(connect: Callable[[], socket.socket], context: ssl.SSLContext | None) -> list[tuple[str, int]]:
    """The orders that a port took, however it was asked."""
    taken = []
    for method, path in ORDERS:
        for host in ("127.0.0.1", "evil.example"):
            try:
                with connect() as plain:
                    line = http.client.HTTPConnection(host)
                    line.sock = context.wrap_socket(plain) if context else plain
                    line.request(method, path, headers={"Origin": f"http://{host}", "Authorization": "Bearer x"})
                    status = line.getresponse().status
            except (OSError, http.client.HTTPException):
                continue
            if status < 400:
                taken.append((path, status))
    try:
        with connect() as plain:
            if context:
                context.set_alpn_protocols(["h2"])
            line2 = context.wrap_socket(plain) if context else plain
            line2.sendall(HTTP2)
            if (told := line2.recv(9)) and len(told) == 9 and told[3] == SETTINGS:
                taken.append(("HTTP/2", 200))
    except OSError:
        pass
    return taken


def opened(server: embedded.Server, folder: Path, known: dict[str, ssl.SSLContext | None]) -> list[str]:
    """What is open of the server's ports and sockets to someone who holds nothing of ours."""
    s3, found = int(server.endpoint.rpartition(":")[2]), []
    for port in ports(server.pid):
        for how, context in known.items():
            for path, status in answers(lambda: socket.create_connection(("127.0.0.1", port), 10), context):  # noqa: B023
                if (port, path) != (s3, "HTTP/2") and path not in HARMLESS:
                    found.append(f"{how} {port} {path} {status}")
    return found


def reached(paths: list[Path]) -> list[str]:
    """The sockets that let the present user in."""
    found = []
    for path in paths:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(path))
            found.append(str(path))
        except OSError:
            pass
    return found


def as_nobody(ask: Callable[[], list[str]]) -> list[str]:
    """What another user of the machine is answered."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            told = ask()
        except BaseException as error:
            told = [repr(error)]
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = json.load(answer)
    os.waitpid(child, 0)
    return list(told)


def kept(server: embedded.Server) -> Store:
    store = Store.open(f"s3://{embedded.BUCKET}", server.environment())
    store.put("kept", b"a corpus")
    return store


def test_no_port_takes_an_order_from_one_who_holds_nothing_of_ours(
    server: tuple[embedded.Server, Path], tmp_path: Path
) -> None:
    store, known = kept(server[0]), contexts(tmp_path)
    assert len(ports(server[0].pid)) == 10
    assert opened(*server, known) == []
    assert store.get("kept") == b"a corpus"
    assert "planted" not in set(store.list())


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root may become another user")
def test_another_user_of_the_machine_reaches_nothing(server: tuple[embedded.Server, Path], tmp_path: Path) -> None:
    store, known = kept(server[0]), contexts(tmp_path)
    names = sorted(sockets(*server))
    assert len(names) >= 2
    listening = ports(server[0].pid)  # nobody may not look into /proc of others

    def ask() -> list[str]:
        globals()["ports"] = lambda pid: listening
        return opened(*server, known) + reached(names)

    assert as_nobody(ask) == []
    assert store.get("kept") == b"a corpus"


def test_what_the_server_keeps_is_for_its_owner_alone(server: tuple[embedded.Server, Path]) -> None:
    folder = server[1]
    assert folder.stat().st_mode & 0o077 == 0
    for path in (*(folder / "server").iterdir(), folder / "store", folder / "server.json", *sockets(*server)):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_page_in_a_browser_reaches_nothing(server: tuple[embedded.Server, Path], browser: Any) -> None:
    store, page = kept(server[0]), browser.new_page()
    page.goto("data:text/html,<p>a page somewhere")
    read = page.evaluate(
        """async ([ports, orders]) => {
            const read = [];
            for (const port of ports) for (const [method, path] of orders) for (const scheme of ['http', 'https']) {
                const url = `${scheme}://127.0.0.1:${port}${path}`;
                try { read.push([url, (await fetch(url, {method})).status]); } catch {}
                if (method == 'GET') await new Promise(done => {
                    const image = new Image(); image.onload = image.onerror = done; image.src = url; });
            }
            return read;
        }""",
        [sorted(ports(server[0].pid)), ORDERS],
    )
    page.close()
    assert read == []
    assert store.get("kept") == b"a corpus"


def test_a_preflight_allows_no_origin(server: tuple[embedded.Server, Path]) -> None:
    line = http.client.HTTPConnection("127.0.0.1", int(server[0].endpoint.rpartition(":")[2]))
    line.request(
        "OPTIONS", "/gongbao/kept", headers={"Origin": "http://a.example", "Access-Control-Request-Method": "PUT"}
    )
    assert not line.getresponse().getheader("Access-Control-Allow-Origin")
    line.close()


def test_settings_of_another_server_in_the_environment_count_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEED_GRPC_CA", "")
    monkeypatch.setenv("WEED_HTTPS_MASTER_CERT", "")
    try:
        server = embedded.start(tmp_path)
        assert opened(server, tmp_path, contexts(tmp_path)) == []
    finally:
        embedded.stop(tmp_path)


def test_a_server_that_an_older_release_started_is_ended_and_relaunched(tmp_path: Path) -> None:
    try:
        old = embedded.start(tmp_path)
        Store.open(f"s3://{embedded.BUCKET}", old.environment()).put("kept", b"a corpus")
        told = asdict(replace(old))
        for since in ("doors", "ports"):
            del told[since]
        (tmp_path / "server.json").write_text(json.dumps(told))
        new = embedded.start(tmp_path)
        assert new.pid != old.pid
        assert not Path(f"/proc/{old.pid}").exists()
        assert Store.open(f"s3://{embedded.BUCKET}", new.environment()).get("kept") == b"a corpus"
    finally:
        embedded.stop(tmp_path)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ended_leaves_no_sockets(tmp_path: Path, by: signal.Signals) -> None:
    try:
        server = embedded.start(tmp_path)
        left = sockets(server, tmp_path)
        os.kill(server.pid, by)
        while embedded.find(tmp_path):
            time.sleep(0.05)
        assert embedded.start(tmp_path).pid != server.pid
        fresh = sockets(embedded.start(tmp_path), tmp_path)
        assert [path for path in left - fresh if path.exists()] == []
    finally:
        embedded.stop(tmp_path)
    assert [path for path in left | fresh if path.exists()] == []


def test_a_launch_whose_port_was_taken_meanwhile_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = embedded._free_ports
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = [[taken.getsockname()[1], *free(4)]]
        monkeypatch.setattr(embedded, "_free_ports", lambda count: first.pop() if first else free(count))
        try:
            assert embedded.start(tmp_path)
            assert not first
        finally:
            embedded.stop(tmp_path)


def test_compacting_speaks_through_the_lock(server: tuple[embedded.Server, Path]) -> None:
    store = kept(server[0])
    store.put("gone", b"x" * 100_000)
    store.delete("gone")
    embedded.compact(server[1])
    assert store.get("kept") == b"a corpus"
    looked = subprocess.run(["grep", "-rq", "x" * 60, str(server[1] / "store")], check=False)
    assert looked.returncode == 1
