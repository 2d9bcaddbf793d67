"""How fast an archive of others is imported beside `reprocess` of the same pages, and in how much memory.

python -m tests.benchmarks.corpus_size.imports [--bytes 5e9] [--pages 20000]

The pages are those of ../shared/gold under changed addresses and words; the rest of the archive is of other hosts.
"""

import argparse
import io
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.makers.places import ROOT

GONGBAO = Path(sys.executable).parent / "gongbao"
PAGES = ROOT.parent / "shared" / "gold" / "pages"
HOST = "www.named.example"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_OTHERS = 500  # records of other hosts, written again and again
_KEPT = 0.7  # of the characters of a page; the others are exchanged among themselves
_AIM = 0.8  # of reprocess's pages a second


def bodies() -> list[str]:
    found = []
    for path in sorted(PAGES.rglob("*.html")):
        data = path.read_bytes()
        try:
            found.append(data.decode("utf-8"))
        except UnicodeDecodeError:
            found.append(data.decode("gb18030", "replace"))
    return found


def reworded(body: str, rng: random.Random) -> str:
    han = _HAN.findall(body) or [""]
    return _HAN.sub(lambda found: found[0] if rng.random() < _KEPT else rng.choice(han), body)


def record(url: str, body: str, at: datetime) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
    data = io.BytesIO(body.encode("utf-8", "replace"))
    stamp = {"WARC-Date": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    writer.write_record(writer.create_warc_record(url, "response", data, http_headers=http, warc_headers_dict=stamp))
    return buffer.getvalue()


def archive(pages: int, size: float) -> Iterator[bytes]:
    """Records: one of the named host, then as many of others as there must be for the size."""
    known, rng, begin = bodies(), random.Random(7), datetime(2019, 1, 1, tzinfo=UTC)
    others = [record(f"http://other{n}.example/{n}.html", known[n % len(known)], begin) for n in range(_OTHERS)]
    written, turn = 0, 0
    for number in range(pages):
        at = begin + timedelta(minutes=20 * number)
        own = record(f"http://{HOST}/a/{number}.html", reworded(known[number % len(known)], rng), at)
        yield own
        written += len(own)
        while written < size * (number + 1) / pages:
            yield others[turn % _OTHERS]
            written += len(others[turn % _OTHERS])
            turn += 1


def timed(home: Path, *call: str) -> float:
    environment = os.environ | {"GONGBAO_HOME": str(home)}
    environment.pop("GONGBAO_STORE", None)
    started = time.monotonic()
    done = subprocess.run([GONGBAO, *call], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(call)}: {done.stderr[-2000:]}")
    print(done.stderr.strip().rpartition("\n")[2])
    return time.monotonic() - started


def main() -> int:
    cli = argparse.ArgumentParser()
    cli.add_argument("--bytes", type=float, default=5e9)
    cli.add_argument("--pages", type=int, default=20_000)
    asked = cli.parse_args()
    with TemporaryDirectory() as folder:
        home, path, hosts = Path(folder) / "home", Path(folder) / "others.warc.gz", Path(folder) / "hosts"
        with path.open("wb") as file:
            for data in archive(asked.pages, asked.bytes):
                file.write(data)
        hosts.write_text(HOST + "\n")
        try:
            imported = timed(home, "import", str(path), "--hosts", str(hosts))
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            again = timed(home, "reprocess", "--dry-run")
        finally:
            timed(home, "store", "stop")
        rates = asked.pages / imported, asked.pages / again
        print(
            f"{path.stat().st_size / 1e9:.2f} GB, {asked.pages} pages: imported {rates[0]:.1f}, reprocessed {rates[1]:.1f} a second,"
        )
        print(f"a share of {rates[0] / rates[1]:.2f} (at least {_AIM}); largest process {memory:.0f} MB")
    return int(rates[0] < _AIM * rates[1])


if __name__ == "__main__":
    sys.exit(main())
