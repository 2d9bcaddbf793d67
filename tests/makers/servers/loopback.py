"""A site on the loopback whose every answer a test decides, and which remembers what it was asked."""

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Handler = BaseHTTPRequestHandler
Behaviour = Callable[[Handler], None]


@dataclass
class Site:
    """Paths (with query) and what they answer: HTML as text, or a behaviour. `asked` holds every request in order."""

    pages: dict[str, str | Behaviour] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], float]] = field(default_factory=list)
    port: int = 0
    base: str = "http://127.0.0.1"

    def url(self, path: str) -> str:
        return f"{self.base}:{self.port}{path}"

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked == path for asked, _, _ in self.asked)


def listing(*paths: str, further: str = "", day: str = "2026-01-05") -> str:
    """A column page that names articles, newest first."""
    rows = "".join(
        f"<li><a href='{path}'>关于第{n}项工作安排的通知</a><span>{day}</span></li>" for n, path in enumerate(paths)
    )
    pager = f"<a href='{further}'>下一页</a>" if further else ""
    return f"<html><head><title>通知公告</title></head><body><ul>{rows}</ul>{pager}</body></html>"


def article(title: str = "关于开展冬季安全生产检查的通知", tail: str = "") -> str:
    """A page with a text that no signature takes for an obstacle."""
    text = "<p>各有关单位：为做好冬季安全生产工作，请对照清单逐项检查，于月底前报送结果，逾期未报的将予以通报。</p>" * 6
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{text}{tail}</body></html>"


def answers(body: bytes | str = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A whole answer."""
    raw = body.encode() if isinstance(body, str) else body

    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **(headers or {})}.items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return behave


def redirects(to: str, status: int = 302) -> Behaviour:
    return answers(status=status, headers={"Location": to})


def gzipped(body: bytes | str, cut: int | None = None, chunked: bool = False) -> Behaviour:
    """The body with Content-Encoding gzip; with `cut`, only so many bytes of the stream, and no word of it."""
    raw = gzip.compress(body.encode() if isinstance(body, str) else body)[:cut]
    if not chunked:
        return answers(raw, headers={"Content-Encoding": "gzip"})

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n0\r\n\r\n")

    return behave


def truncated(body: str) -> Behaviour:
    """Content-Length promises more than comes."""

    def behave(handler: Handler) -> None:
        raw = body.encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw[: len(raw) // 2])
        handler.close_connection = True

    return behave


def endless(size: int) -> Behaviour:
    """A chunked body of `size` bytes whose length nobody declares."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(size // 65_536):
            handler.wfile.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    return behave


def silent(seconds: float) -> Behaviour:
    """No answer for a while."""
    return lambda handler: time.sleep(seconds)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour after the other, the last for ever."""
    left = list(behaviours)
    lock = threading.Lock()

    def behave(handler: Handler) -> None:
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        now(handler)

    return behave


def conditional(body: str, etag: str) -> Behaviour:
    """304 to who knows the ETag."""

    def behave(handler: Handler) -> None:
        known = handler.headers.get("If-None-Match") == etag
        answers(b"" if known else body, 304 if known else 200, {"ETag": etag})(handler)

    return behave


@contextmanager
def serve(site: Site, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve a site on a free port until the end of the block."""

    class Handle(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(size)
            site.asked.append((self.path, dict(self.headers.items()), time.monotonic()))
            page = site.pages.get(self.path, answers("<html><title>Error</title></html>", 404))
            with suppress(BrokenPipeError, ConnectionResetError):
                (answers(page) if isinstance(page, str) else page)(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", site.port), Handle)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def with_tls(folder: Path, curve: str = "prime256v1") -> tuple[ssl.SSLContext, Path]:
    """What makes a site speak TLS on one curve only, and the certificate (of `localhost`) that a client must trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    context.set_ecdh_curve(curve)
    return context, pem
