"""`python -m tests.campaigns.fuzz [COUNT]`: broken input through every reader of what sites send, counted.

Pages, files, feeds, sitemaps, JSON, WARC, robots and YAML: each is a sound one of our own, changed at random places
(bits, cuts, repeats, pieces of others, nesting, signs that mean something). A reader may say no; it may not raise what
it does not promise, nor take more than its limits.
"""

import argparse
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.samples.files import packages
from flows.samples.files.pdf import pdf
from pipeline.core import limits, outside_text
from pipeline.core.errors import GongbaoError
from pipeline.core.limits import Died, Limits, TooExpensive
from pipeline.core.models import Outcome, Page, Reason, Rejected
from pipeline.core.source import load, unknown
from pipeline.documents import process
from pipeline.rules import Rules
from pipeline.store import landing
from tests.makers.hostile import make
from tests.makers.places import ROOT

RULES = Rules.load(ROOT / "config")
LIMITS = Limits.load(ROOT / "config")
_AT = datetime(2026, 11, 1, tzinfo=UTC)
_PAGE = Page(
    url="https://www.example.gov.cn/t20261101_1.html", requested_url="https://www.example.gov.cn/t20261101_1.html",
    source_id="unknown", status=200, headers=(("Content-Type", "text/html"),), body=b"", fetched_at=_AT,
)  # fmt: skip
_SIGNS = (
    b"<", b">", b"</div>", b"<table><tr><td>", b"<a href=", b"<![CDATA[", b"<!--", b"-->", b"&#x", b"&#55357;", b"\x00",
    b"\xff\xfe", b"\xed\xa0\xbd", b"\x1b[2J", b"\xe2\x81\xa6", b"\\ud83d", b'"', b"{", b"[", b"}", b"]", b"1e999", b"%00",
    b"\xa1\xa1", b"<script>", b"<?xml", b"<!DOCTYPE", b"<!ENTITY a '&a;&a;'>", b"Content-Length: -1", b"WARC/1.1\r\n",
    "（来源：".encode(), "责任编辑：".encode(), "发布时间：2026-13-45".encode(), b"9" * 400, b" " * 3000,
)  # fmt: skip


def changed(body: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A body with one to six changes."""
    found = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(found) + 1)
        end = min(len(found), at + chance.choice((1, 4, 40, 400)))
        match chance.randrange(8):
            case 0:
                del found[at:end]
            case 1:
                found[at:at] = chance.choice(_SIGNS)
            case 2:
                found[at:at] = bytes(found[at:end]) * chance.choice((2, 30, 300))
            case 3:
                found[at:at] = chance.choice(_SIGNS) * chance.choice((1, 10, 2000))
            case 4:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                found[at:end] = other[start : start + 400]
            case 5:
                for place in range(at, end):
                    found[place] ^= 1 << chance.randrange(8)
            case 6:
                del found[at:]
            case _:
                found[at:end] = chance.randbytes(end - at)
    return bytes(found[:4_000_000])


def as_page(body: bytes) -> Outcome:
    return process(replace(_PAGE, body=body), unknown(), RULES)


def as_file(body: bytes) -> Outcome:
    return process(replace(_PAGE, body=body, parent_url="https://www.example.gov.cn/t.html"), unknown(), RULES)


def as_json(body: bytes) -> None:
    try:
        outside_text.load_json(body.decode(errors="surrogateescape"))
    except ValueError:
        return


def as_warc(body: bytes) -> list[Page]:
    return list(landing.read(body, "landing/source=a/date=2026-11-01/x-000.warc.gz"))


def as_yaml(body: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "unknown-source.yaml"
        path.write_bytes(body)
        try:
            load(path)
        except GongbaoError:
            return


def _seeds() -> dict[str, tuple[Callable[[bytes], object], list[bytes]]]:
    pages = [make(seed).html.encode() for seed in range(40)]
    lines = ["关于组织申报的通知", "各有关单位：", "请于十月三十一日前报送。"]
    rows = [["企业", "金额"], ["甲", "12"]]
    files = [
        pdf(lines, rows),
        packages.docx(lines, rows),
        packages.xlsx(rows),
        packages.ofd(lines),
        packages.rtf(lines),
    ]
    files.append(packages.zipped({"附件.docx": files[1]}))
    listing = json.dumps({"data": [{"title": "通知", "url": "/a/1.html", "date": "2026-11-01"}] * 5}).encode()
    sources = [path.read_bytes() for path in sorted((ROOT / "config" / "sources").glob("*.yaml"))[:20]]
    return {
        "page": (as_page, pages), "file": (as_file, files), "json": (as_json, [listing]), "yaml": (as_yaml, sources),
    }  # fmt: skip


def answers(kind: str, count: int, seed: int) -> Iterator[tuple[bytes, object]]:
    """Inputs of a kind, each with what its reader made of it under the limits of a page."""
    read, seeds = _seeds()[kind]
    chance = random.Random(f"{kind} {seed}")
    inputs = (changed(chance.choice(seeds), seeds, chance) for _ in range(count))
    with limits.Sandbox(LIMITS) as sandbox:
        yield from sandbox.each(partial(_read, read), inputs)


def _read(read: Callable[[bytes], object], body: bytes) -> object:
    began = time.process_time()
    try:
        found = read(body)
    except Exception as error:
        return f"raised {error!r}"[:300]
    crashed = isinstance(found, Rejected) and found.reason is Reason.CRASHED
    return f"crashed {found.detail}"[:300] if crashed else time.process_time() - began


def main() -> int:
    """Exit code 1 if a reader raised, died, or took more than it may."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("count", type=int, nargs="?", default=100_000)
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--keep", type=Path, help="folder for the inputs that went wrong")
    args = cli.parse_args()
    kinds, began, told = _seeds(), time.monotonic(), Counter[str]()
    for kind in kinds:
        slowest = 0.0
        for body, answer in answers(kind, args.count // len(kinds), args.seed):
            told[kind] += 1
            if isinstance(answer, float):
                slowest = max(slowest, answer)
                continue
            name = type(answer).__name__ if isinstance(answer, TooExpensive | Died) else "wrong"
            told[f"{kind} {name}"] += 1
            print(f"{kind}: {answer}", flush=True)
            if args.keep:
                (args.keep / f"{kind}-{told[kind]}").write_bytes(body)
        print(f"{kind}: {told[kind]} inputs, the slowest {slowest:.2f} CPU s", flush=True)
    wrong = sum(count for name, count in told.items() if " " in name)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{sum(told[kind] for kind in kinds)} inputs, {wrong} wrong, {peak:.0f} MB at most, {time.monotonic() - began:.0f} s"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
