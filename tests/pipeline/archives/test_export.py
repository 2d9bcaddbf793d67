"""What was fetched, in other people's tools: the kinds of its records, what is left out, and a replay by pywb."""

import io
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from click.testing import CliRunner
from fastwarc.warc import ArchiveIterator, WarcRecordType

from flows.cli.main import cli
from pipeline.core.urls import doc_id
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from pipeline.upkeep import redact
from tests.makers.places import ROOT

WAYBACK = ROOT / ".venv" / "pywb" / "bin"  # it wants packages of its own age beside it; .ci/run installs it
HTML = "<html><body><p>关于开展冬季安全生产检查的通知</p></body></html>".encode("gb18030")
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n%%EOF\n"


def landed(store: Store, source_id: str, day: int, paths: Sequence[str]) -> list[str]:
    writer = LandingWriter(store, source_id, f"run-{len(paths)}", date(2026, 1, day))
    for at, path in enumerate(paths):
        url = f"http://www.{source_id}.example{path}"
        kind = "application/pdf" if path.endswith(".pdf") else "text/html; charset=gb18030"
        writer.write(
            Capture(kind="article", url=url, requested_url=url, source_id=source_id, status=200,
                    headers=[("Content-Type", kind), ("Transfer-Encoding", "chunked")],
                    body=PDF if path.endswith(".pdf") else HTML, fetched_at=datetime(2026, 1, day, 3, at, tzinfo=UTC),
                    request_headers=[("User-Agent", "gongbao")], listed_title="关于开展检查的通知")
        )  # fmt: skip
    writer.close()
    return writer.keys


def records(data: bytes) -> Counter[str]:
    return Counter(
        record.headers["WARC-Type"]
        for record in ArchiveIterator(io.BytesIO(data), record_types=WarcRecordType.any_type)
    )


def exported(store: Store, folder: Path, *asked: str) -> tuple[int, list[str]]:
    done = CliRunner(env={"GONGBAO_STORE": store.url}).invoke(cli, ["export", str(folder), "--warc", *asked])
    return done.exit_code, sorted(path.name for path in folder.glob("*"))


def test_each_response_has_its_request_and_its_metadata(store: Store, tmp_path: Path) -> None:
    (key,) = landed(store, "city", 4, ["/a.html", "/b.pdf"])
    assert records(store.get(key)) == {"response": 2, "request": 2, "metadata": 2}


def test_an_export_is_by_source_and_day_of_the_fetch(store: Store, tmp_path: Path) -> None:
    for source_id, day in (("city", 4), ("city", 5), ("paper", 5), ("paper", 6)):
        landed(store, source_id, day, ["/a.html"])
    landed(store, "paper", 5, ["/b.html", "/c.pdf"])
    for name, asked, files in (
        ("all", (), ["city-2026-01-04.warc.gz", "city-2026-01-05.warc.gz", "paper-2026-01-05.warc.gz", "paper-2026-01-06.warc.gz"]),
        ("days", ("--since", "2026-01-05", "--until", "2026-01-06"), ["city-2026-01-05.warc.gz", "paper-2026-01-05.warc.gz"]),
    ):  # fmt: skip
        assert exported(store, tmp_path / name, *asked) == (0, files)
    both = (tmp_path / "days" / "paper-2026-01-05.warc.gz").read_bytes()
    assert records(both) == {"warcinfo": 1, "response": 3, "request": 3, "metadata": 3}


def test_what_was_forgotten_is_not_in_an_export(store: Store, tmp_path: Path) -> None:
    (key,) = landed(store, "city", 4, ["/a.html", "/b.html"])
    forgotten = redact.warc(store.get(key), {doc_id("http://www.city.example/a.html")}, (), ())
    store.put(key, forgotten)
    assert exported(store, tmp_path / "all")[0] == 0
    found = ArchiveIterator(io.BytesIO((tmp_path / "all" / "city-2026-01-04.warc.gz").read_bytes()))
    assert {record.headers["WARC-Target-URI"] for record in found if "WARC-Target-URI" in record.headers} == {
        "http://www.city.example/b.html"
    }


def test_filters_of_documents_do_not_go_with_it(store: Store, tmp_path: Path) -> None:
    assert exported(store, tmp_path / "x", "--lang", "en")[0] == 2


@pytest.mark.skipif(not WAYBACK.exists(), reason="pywb is not installed: .ci/run does it")
def test_pywb_replays_a_landing_file_and_an_export(store: Store, tmp_path: Path) -> None:
    (key,) = landed(store, "city", 4, ["/a.html", "/b.pdf"])
    exported(store, tmp_path / "all")
    for name, data in (
        ("landing", store.get(key)),
        ("export", (tmp_path / "all" / "city-2026-01-04.warc.gz").read_bytes()),
    ):
        (tmp_path / f"{name}.warc.gz").write_bytes(data)
        subprocess.run([WAYBACK / "wb-manager", "init", name], cwd=tmp_path, check=True, capture_output=True)
        subprocess.run(
            [WAYBACK / "wb-manager", "add", name, f"{name}.warc.gz"], cwd=tmp_path, check=True, capture_output=True
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([WAYBACK / "wayback", "-b", "127.0.0.1", "-p", str(port)], cwd=tmp_path,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        for name in ("landing", "export"):
            for path, body in (("a.html", HTML), ("b.pdf", PDF)):
                shown = f"http://127.0.0.1:{port}/{name}/20260104030000id_/http://www.city.example/{path}"
                assert replayed(server, shown) == body
    finally:
        server.terminate()
        server.wait()


def replayed(server: "subprocess.Popen[bytes]", url: str) -> bytes:
    """What the server shows, as soon as it listens."""
    while server.poll() is None:
        try:
            with build_opener(ProxyHandler({})).open(url, timeout=60) as answer:
                return bytes(answer.read())
        except URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.1)
    raise AssertionError(f"pywb ended with {server.returncode}")
