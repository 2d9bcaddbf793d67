"""The corpus at size, on the embedded store: nights, reads, exports, and a reader that is killed.

    python -m tests.benchmarks.corpus [nights|size|killed …] [--scale 0.1]

Full scale is 1,000 nights of 200 documents, 1,000,000 documents of 1,500 characters, and 200 kills.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from flows import embedded
from pipeline import export
from pipeline.corpus import Corpus
from pipeline.maintenance import MaintenanceRules, maintain
from pipeline.store import Store
from pipeline.urls import doc_id

ROOT = Path(__file__).resolve().parents[2]
BEGIN = datetime(2024, 1, 1, 18, tzinfo=UTC)
RULES = MaintenanceRules.load(ROOT / "config")
COMMON = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 1500))


def texts(count: int, characters: int, seed: int) -> list[str]:
    """Texts whose characters are as unevenly common as those of Chinese, so that they pack like it (to about 2.2 bytes)."""
    rng = np.random.default_rng(seed)
    found = np.minimum((rng.pareto(0.9, (count, characters)) * 12).astype(int), len(COMMON) - 1)
    points = np.array([ord(character) for character in COMMON], np.uint32)[found]
    return [row.tobytes().decode("utf-32-le") for row in points]


def rows(run: str, count: int, first: int, at: datetime, characters: int, sources: int = 30) -> list[dict[str, Any]]:
    """Documents as a night publishes them."""
    keys = np.random.default_rng(first).integers(-(1 << 62), 1 << 62, (count, 24)).tolist()
    return [
        {
            "doc_id": doc_id(f"https://example.cn/{first + number}.html"), "url": f"https://example.cn/{first + number}.html",
            "source_id": f"s{number % sources}", "title": f"第{first + number}号", "text": text, "lang": "zh-Hans",
            "published_at": at, "fetched_at": at, "first_fetched_at": at, "revision": 1, "kind": "original",
            "month": f"{at:%Y-%m}", "run_id": run, "text_digest": f"{first + number:032x}", "shingle_keys": keys[number],
        }
        for number, text in enumerate(texts(count, characters, first))
    ]  # fmt: skip


def timed(work: Callable[[], Any], repeat: int = 1) -> float:
    """Seconds, the best of some."""
    best = 1e9
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def nights(folder: Path, scale: float) -> None:
    """How opening and committing grow with the nights, with and without housekeeping."""
    total = int(1000 * scale)
    print(f"\n{total} nights of 200 documents (1,500 characters, 4 of them revisions)\n")
    print("| nights | maintained | open s | commit s | files |\n|---:|---|---:|---:|---:|")
    for maintained in (False, True):
        store = Store.open(f"s3://gongbao/nights-{maintained}")
        for number in range(total):
            at = BEGIN + timedelta(days=number)
            night = rows(f"r{number}", 196, number * 196, at, 1500)
            if number:
                older = rows(f"r{number}", 4, (number - 1) * 196, at, 1500)
                night += [row | {"month": f"{at - timedelta(days=1):%Y-%m}", "revision": 2} for row in older]
            if maintained and number % 7 == 6:
                maintain(store, RULES, datetime.now(UTC))
            last = number in (total // 10 - 1, total // 2 - 1, total - 1)
            if last and maintained:
                maintain(store, RULES, datetime.now(UTC))
            opened = timed(partial(Corpus.open, store), 3 if last else 1)
            corpus = Corpus.open(store)
            committed = timed(lambda: corpus.commit(night, f"r{number}", {}, only_new=not number))  # noqa: B023
            if last:
                print(
                    f"| {number + 1} | {'weekly' if maintained else 'no'} | {opened:.2f} | {committed:.2f} | {len(corpus.files())} |"
                )


def size(folder: Path, scale: float) -> None:
    """Reads of a large corpus, and its export beside a plain copy of its files."""
    total, month = int(1_000_000 * scale), 20_000
    store = Store.open("s3://gongbao/size")
    for number in range(0, total, month):
        at = BEGIN + timedelta(days=30 * (number // month))
        of_month = rows(f"m{number}", month, number, at, 1500)
        of_month = [
            row | ({} if at % 20 else {"canonical_id": of_month[0]["doc_id"]}) for at, row in enumerate(of_month, 1)
        ]
        Corpus.open(store).commit(of_month, f"m{number}", {}, only_new=True)
    at += timedelta(days=1)
    Corpus.open(store).commit(rows("last", 200, total, at, 1500), "last", {}, only_new=True)
    maintain(store, RULES, datetime.now(UTC))
    corpus = Corpus.open(store)
    files = corpus.files()
    bytes_ = sum(file.size for file in files)
    print(f"\n{total} documents of 1,500 characters, {bytes_ / 1e6:.0f} MB in {len(files)} files\n")
    print("| what | s | |\n|---|---:|---|")
    print(f"| open | {timed(lambda: Corpus.open(store), 3):.2f} | |")
    found = [frame.height for frame in corpus.newest(since=at)]
    yesterday = timed(lambda: sum(frame.height for frame in Corpus.open(store).newest(since=at)), 3)
    print(f"| read --since yesterday | {yesterday:.2f} | {sum(found)} documents |")
    print(f"| count by month | {timed(lambda: corpus.count('month'), 3):.2f} | {corpus.count('month').height} months |")
    source = timed(lambda: corpus.documents(sources=["s7"]).select("title", "text").collect(engine="streaming"))
    print(f"| texts of one source of 30 | {source:.2f} | |")

    def copy() -> None:
        for number, file in enumerate(files):
            (folder / f"copy-{number}").write_bytes(store.get(corpus.key_of(file)))

    copied = timed(copy)
    print(f"| copy of the same files | {copied:.2f} | {bytes_ / copied / 1e6:.0f} MB/s |")
    for name, form, filters in (
        ("parquet, every row", "parquet", {"every": True}),
        ("parquet without the reposts", "parquet", {}),
        ("jsonl without the reposts", "jsonl", {}),
    ):
        took = timed(lambda: export.export(corpus, folder / name, form, filters))  # noqa: B023
        print(f"| export {name} | {took:.2f} | {copied / took:.2f} of the copy's speed |")


READER = """
import json, os, sys
from pathlib import Path
from pipeline.corpus import Corpus
folder = Path(sys.argv[2])
while True:
    changes = Corpus.open(sys.argv[1]).changes(cursor=folder / "cursor")
    kept = folder / "kept" / changes.id
    if not kept.exists():
        lines = [json.dumps([each.what, each.doc_id, each.document["text"]]) for each in changes]
        scratch = folder / "scratch"
        scratch.write_text("\\n".join(lines))
        os.replace(scratch, kept)
    changes.commit()
"""


def killed(folder: Path, scale: float) -> None:
    """A reader as its own process, killed with SIGKILL at random while everything else goes on."""
    kills = max(int(200 * scale), 5)
    store = Store.open("s3://gongbao/killed")
    Corpus.open(store)
    (folder / "kept").mkdir()
    rng = random.Random(7)
    writing = _writing(store, rng)
    reader = None
    for _ in range(kills):
        reader = subprocess.Popen([sys.executable, "-c", READER, store.url, str(folder)], cwd=ROOT)
        deadline = time.monotonic() + 1.2 + rng.random() * 2.5  # it starts in a second
        while time.monotonic() < deadline:
            next(writing)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
    held: dict[str, str] = {}
    newest = Corpus.open(store)
    reader = subprocess.Popen([sys.executable, "-c", READER, store.url, str(folder)], cwd=ROOT)
    while (json.loads((folder / "cursor").read_text())["version"]) < newest.version:
        time.sleep(0.2)
    reader.kill()
    reader.wait()
    ranges = sorted((folder / "kept").iterdir(), key=lambda path: [int(end) for end in path.name.split("-")])
    for path in ranges:
        for line in path.read_text().splitlines():
            what, id_, text = json.loads(line)
            assert (id_ in held) == (what != "added"), f"{what} twice in {path.name}"
            held.pop(id_, None)
            if what != "withdrawn":
                held[id_] = text
    wanted = dict(newest.documents().select("doc_id", "text").collect().iter_rows())
    state = "exactly the corpus" if held == wanted else "NOT THE CORPUS"
    print(
        f"\na reader killed {kills} times over {newest.version} versions in {len(ranges)} ranges ends with {state}: {len(held)} documents"
    )
    assert held == wanted


def _writing(store: Store, rng: random.Random) -> Iterator[None]:
    """Nights, backfills of old months, revisions, withdrawals, reposts that are found late, and housekeeping, for ever."""
    number = 0
    while True:
        number += 1
        at, run = BEGIN + timedelta(days=number), f"r{number}"
        night = rows(run, 6, number * 6, at - timedelta(days=rng.choice((0, 0, 400))), 300)
        corpus = Corpus.open(store)
        held = corpus.scan().collect().to_dicts()
        for row in rng.sample(held, min(4, len(held))):
            change = rng.choice(("revised", "withdrawn", "restored", "repost", "relinked"))
            night.append(row | {"run_id": run} | {
                "revised": {"text": texts(1, 300, number)[0], "revision": row["revision"] + 1},
                "withdrawn": {"withdrawn_at": at, "withdrawn_because": "gone"},
                "restored": {"withdrawn_at": None, "canonical_id": None},
                "repost": {"canonical_id": night[0]["doc_id"], "kind": "repost"},
                "relinked": {"near_ids": [run]},
            }[change])  # fmt: skip
        corpus.commit(night, run, {}, only_new=False)
        yield
        if number % 10 == 0:
            maintain(store, RULES, datetime.now(UTC))
            yield


def main() -> None:
    """Run the parts named, or all."""
    parts = {"nights": nights, "size": size, "killed": killed}
    known = argparse.ArgumentParser(description=__doc__)
    known.add_argument("parts", nargs="*", choices=[*parts, []], default=[])
    known.add_argument("--scale", type=float, default=1.0)
    asked = known.parse_args()
    with TemporaryDirectory(prefix="gongbao-") as name:
        folder = Path(name)
        server = embedded.start(folder / "s3")
        os.environ.update(server.environment())
        try:
            for part in asked.parts or parts:
                (folder / part).mkdir()
                parts[part](folder / part, asked.scale)
        finally:
            embedded.stop(folder / "s3")


if __name__ == "__main__":
    main()
