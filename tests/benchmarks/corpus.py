"""The corpus at size, on the embedded store: nights, reads, exports, and a reader that is killed.

    python -m tests.benchmarks.corpus [PART …] [--scale 0.1] [--home FOLDER] [--minutes 8]

Each part runs on its own. With a home the corpora stay there for the next call, and a part that ran out of minutes
goes on from where it was. Full scale: 1,000 nights of 200 documents, 1,000,000 documents of 1,500 characters, 200 kills.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from flows import embedded
from pipeline import export, nightly_files, schema, staging
from pipeline.config import read
from pipeline.corpus import Corpus
from pipeline.dedupe_rules import DedupeRules
from pipeline.maintenance import MaintenanceRules, maintain
from pipeline.publish import publish
from pipeline.report import CrawlReport
from pipeline.store import Store
from pipeline.urls import doc_id

ROOT = Path(__file__).resolve().parents[2]
BEGIN = datetime(2024, 1, 1, 18, tzinfo=UTC)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
RULES = MaintenanceRules.load(ROOT / "config")
DEDUPE = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
COMMON = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 1500))
SOURCES = [
    f"{name}-{place}"
    for name in ("gov", "daily", "miit", "drc", "port")
    for place in ("bj", "tj", "sh", "gd", "sc", "hb")
]
A_NIGHT, A_MONTH, LENGTH = 200, 20_000, 1500


@dataclass(frozen=True)
class Place:
    """Where a part works: a folder of its own, how large, and until when."""

    folder: Path
    scale: float
    until: float

    @property
    def is_late(self) -> bool:
        """Whether the minutes are used up."""
        return time.monotonic() > self.until


def texts(count: int, characters: int, seed: int) -> list[str]:
    """Texts whose characters are as unevenly common as those of Chinese, so that they pack like it (to about 1.4 bytes)."""
    rng = np.random.default_rng(seed)
    found = np.minimum((rng.pareto(0.9, (count, characters)) * 12).astype(int), len(COMMON) - 1)
    points = np.array([ord(character) for character in COMMON], np.uint32)[found]
    return [row.tobytes().decode("utf-32-le") for row in points]


def rows(run: str, count: int, first: int, at: datetime, characters: int) -> list[dict[str, Any]]:
    """Documents as a night publishes them."""
    keys = np.random.default_rng(first).integers(-(1 << 62), 1 << 62, (count, 24)).tolist()
    return [
        {
            "doc_id": doc_id(f"https://example.cn/{first + number}.html"), "url": f"https://example.cn/{first + number}.html",
            "source_id": SOURCES[number % len(SOURCES)], "title": f"第{first + number}号", "text": text,
            "lang": "en" if number % 50 == 0 else "zh-Hant" if number % 25 == 0 else "zh-Hans",
            "published_at": at, "fetched_at": at, "first_fetched_at": at, "revision": 1, "kind": "original",
            "month": staging.month_of(at, at), "run_id": run, "text_digest": f"{first + number:032x}", "shingle_keys": keys[number],
        }
        for number, text in enumerate(texts(count, characters, first))
    ]  # fmt: skip


def timed(work: Callable[[], Any], repeat: int = 1) -> float:
    """Seconds, the median of some."""
    taken = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def nights(place: Place) -> None:
    """A corpus of a thousand nights that nobody keeps house for."""
    _nights(place, maintained=False)


def maintained_nights(place: Place) -> None:
    """The same with housekeeping every week."""
    _nights(place, maintained=True)


def _nights(place: Place, *, maintained: bool) -> None:
    total = int(1000 * place.scale)
    measured = {max(total * share // 100, 1) for share in (1, 10, 25, 50, 100)}
    store, notes = Store.open(f"s3://gongbao/{place.folder.name}"), place.folder / "measured.jsonl"
    number = len(Corpus.open(store).table.history()) and _newest_night(store) + 1
    while number < total and not place.is_late:
        if maintained and number % 7 == 6:
            maintain(store, RULES, datetime.now(UTC))
        if number + 1 in measured:
            if maintained:
                maintain(store, RULES, datetime.now(UTC))
            with notes.open("a") as file:
                file.write(json.dumps(_real_night(store, number)) + "\n")
        else:
            Corpus.open(store).commit(_night(number), f"r{number}", {"number": number}, only_new=not number)
        number += 1
    print(f"\n{number} nights of {A_NIGHT} documents ({LENGTH} characters, 4 of them revisions), "
          f"{'housekeeping every week' if maintained else 'no housekeeping'}; seconds\n")  # fmt: skip
    names = ("nights", "files", "open", "commit", "publish", "plain files", "count by month")
    print("| " + " | ".join(names) + " |\n|" + "---:|" * len(names))
    for line in notes.read_text().splitlines() if notes.exists() else ():
        told = json.loads(line)
        print("| " + " | ".join(str(told[name]) for name in names) + " |")


def _newest_night(store: Store) -> int:
    for commit in Corpus.open(store).table.history(20):
        if (commit.get("run_id") or "").startswith("r"):
            return int(commit["run_id"][1:])
    return -1


def _night(number: int) -> list[dict[str, Any]]:
    at, fresh = BEGIN + timedelta(days=number), A_NIGHT - 4
    found = rows(f"r{number}", fresh, number * fresh, at, LENGTH)
    if number:
        older = rows(f"r{number}", 4, (number - 1) * fresh, at, LENGTH)
        found += [row | {"month": staging.month_of(at - timedelta(days=1), at), "revision": 2} for row in older]
    return found


def _real_night(store: Store, number: int) -> dict[str, Any]:
    """What a night does after its crawl: staged files read, compared with all keys, committed, logged, told as plain files.

    `open` is the corpus, `commit` of what was decided: the transaction id looked up, refused if anyone committed, written.
    """
    run, at = f"r{number}", BEGIN + timedelta(days=number)
    names = schema.arrow(schema.STAGED)
    staged = [row | {"outcome": "document", "requested_url": row["url"], "title": row["title"] + "改" * (row["revision"] > 1)}
              for row in _night(number)]  # fmt: skip
    path = Path(f"{os.getpid()}.parquet")
    pq.write_table(pa.Table.from_pylist(staged, names), path)
    store.put_file(staging.key_of(run, "landing/source=s/x.warc.gz"), path)
    path.unlink()
    crawls = [
        CrawlReport(run_id=run, source_id=each, started_at=at, ended_at=at, listed=count, fetched=count)
        for each, count in pl.DataFrame(staged).group_by("source_id").len().iter_rows()
    ]
    opened = timed(partial(Corpus.open, store), 5)
    committing: list[float] = []
    commit = Corpus.commit

    def watched(corpus: Corpus, *args: Any, **more: Any) -> int:
        began = time.perf_counter()
        corpus.table.has(run)
        version = commit(corpus, *args, **more)
        committing.append(time.perf_counter() - began)
        return version

    Corpus.commit = watched  # type: ignore[method-assign]
    try:
        published = timed(lambda: publish(store, run, at, crawls, {}, DEDUPE))
    finally:
        Corpus.commit = commit  # type: ignore[method-assign]
    plain = timed(lambda: nightly_files.write_missing(store, last=5))
    corpus = Corpus.open(store)
    counted = timed(lambda: corpus.count("month"), 3)
    figures = {
        "open": opened,
        "commit": committing[0],
        "publish": published,
        "plain files": plain,
        "count by month": counted,
    }
    return {"nights": number + 1, "files": len(corpus.files())} | {
        name: round(took, 2) for name, took in figures.items()
    }


def fill(place: Place) -> None:
    """A million documents, 20,000 a month up to now, every twentieth a repost, and last night's 200."""
    store, total = _filled(), int(1_000_000 * place.scale)
    months = max(total // A_MONTH, 1)
    for number in range(months):
        at = TODAY - timedelta(days=30 * (months - number))
        if number < Corpus.open(store).version or place.is_late:
            continue
        found = rows(f"m{number}", A_MONTH, number * A_MONTH, at, LENGTH)
        found = [row | ({} if at % 20 else {"canonical_id": found[0]["doc_id"]}) for at, row in enumerate(found, 1)]
        Corpus.open(store).commit(found, f"m{number}", {}, only_new=True)
    if Corpus.open(store).version == months:
        last = rows("last", A_NIGHT, total, TODAY - timedelta(hours=12), LENGTH)
        Corpus.open(store).commit(last, "last", {}, only_new=True)
        maintain(store, RULES, datetime.now(UTC))
    corpus = Corpus.open(store)
    files = corpus.files()
    print(
        f"{sum(each.rows for each in files)} documents, {sum(each.size for each in files) / 1e6:.0f} MB, {len(files)} files"
    )


def _filled() -> Store:
    return Store.open("s3://gongbao/filled")


def reads(place: Place) -> None:
    """Whole commands, each a process that knows nothing, and the same through the API."""
    store = _filled()
    corpus = Corpus.open(store)
    print("\n| what | s | answers |\n|---|---:|---|")
    for arguments in (
        ["read", "--since", "yesterday"], ["read", "--since", "yesterday", "--format", "table"], ["read", "--count", "month"],
        ["read", "--count", "source_id"], ["read", "--since", "7d", "--source", SOURCES[7]], ["read", "--limit", "20"],
    ):  # fmt: skip
        command, environment = (
            [sys.executable, "-m", "flows.cli", *arguments],
            {**os.environ, "GONGBAO_STORE": store.url},
        )
        asked = partial(subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        took = timed(asked, 3)
        print(f"| `gongbao {' '.join(arguments)}` | {took:.2f} | {len(asked().stdout.splitlines())} lines |")
    print(f"| Corpus.open | {timed(partial(Corpus.open, store), 5):.2f} | version {corpus.version} |")
    month = corpus.files()[-2].partition
    for name, filters in (
        ("all", {}), ("a source of 30", {"sources": [SOURCES[7]]}), ("a language, 2 %", {"languages": ["en"]}),
        ("both", {"sources": [SOURCES[20]], "languages": ["en"]}),
        ("a month of 50", {"since": datetime.fromisoformat(f"{month}-02T00:00:00+08:00"), "until": datetime.fromisoformat(f"{month}-28T00:00:00+08:00")}),
    ):  # fmt: skip
        wanted = corpus.documents(**filters).select("doc_id", "title", "text")
        took = timed(lambda: found.append(wanted.collect(engine="streaming").height), 1) if (found := []) == [] else 0  # noqa: B023
        print(f"| titles and texts of {name} | {took:.2f} | {found[0]} documents, {_groups(corpus, filters)} |")


def _groups(corpus: Corpus, filters: dict[str, Any]) -> str:
    """How many files and groups of rows may hold what is asked for, by their least and greatest values."""
    whole = held = 0
    files: set[str] = set()
    for file in corpus.files():
        about = pq.ParquetFile(_Ranged(corpus.store, corpus.key_of(file), file.size)).metadata
        names = [about.schema.column(number).path for number in range(about.num_columns)]
        for number in range(about.num_row_groups):
            group = about.row_group(number)
            whole += 1
            kept = True
            for name, values in (("source_id", filters.get("sources")), ("lang", filters.get("languages"))):
                ends = group.column(names.index(name)).statistics
                kept &= not values or ends.min <= values[0] <= ends.max
            if kept:
                held += 1
                files.add(file.path)
    return f"{held} of {whole} groups of rows in {len(files)} of {len(corpus.files())} files"


class _Ranged(pa.PythonFile):
    """An object as a file that is read by ranges."""

    def __new__(cls, store: Store, key: str, size: int) -> Any:
        tail = store.get_range(key, max(size - (1 << 18), 0))

        class Tail:
            closed = False
            at = 0

            def read(self, count: int = -1) -> bytes:
                begin = self.at - (size - len(tail))
                self.at += count
                return tail[begin : begin + count]

            def seek(self, to: int, whence: int = 0) -> int:
                self.at = to + (size if whence == 2 else self.at if whence == 1 else 0)
                return self.at

            def tell(self) -> int:
                return self.at

            def size(self) -> int:
                return size

            def flush(self) -> None: ...
            def close(self) -> None: ...
            def readable(self) -> bool:
                return True

            def seekable(self) -> bool:
                return True

            def writable(self) -> bool:
                return False

        return pa.PythonFile(Tail(), mode="r")


def exports(place: Place) -> None:
    """Full exports beside a copy of the same Parquet files, one after another, as a reader with boto3 makes it."""
    corpus = Corpus.open(_filled())
    files = corpus.files()
    size = sum(file.size for file in files)
    print(
        f"\n{size / 1e6:.0f} MB in {len(files)} files\n\n| what | s | MB/s | of the copy's speed |\n|---|---:|---:|---:|"
    )

    def copy() -> None:
        folder = _empty(place.folder / "copy")
        for number, file in enumerate(files):
            (folder / str(number)).write_bytes(corpus.store.get(corpus.key_of(file)))

    copied = timed(copy)
    print(f"| copy | {copied:.1f} | {size / copied / 1e6:.0f} | 1.00 |", flush=True)
    forms: Sequence[tuple[export.Form, dict[str, Any]]] = (("parquet", {}), ("parquet", {"every": True}), ("jsonl", {}))
    for form, filters in forms:
        folder = _empty(place.folder / "export")
        took = timed(lambda: export.export(corpus, folder, form, filters))  # noqa: B023
        name = f"{form}, {'every row' if filters else 'what readers read'}"
        print(f"| export {name} | {took:.1f} | {size / took / 1e6:.0f} | {copied / took:.2f} |", flush=True)
    shutil.rmtree(place.folder / "export")
    shutil.rmtree(place.folder / "copy")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


READER = """
import json, os, sys
from pathlib import Path
from pipeline import Corpus
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


def killed(place: Place) -> None:
    """A reader as its own process, killed with SIGKILL at random while everything else goes on."""
    folder, kills = place.folder, max(int(200 * place.scale), 5)
    store = Store.open("s3://gongbao/killed")
    newest = Corpus.open(store)
    (folder / "kept").mkdir(exist_ok=True)
    tally = folder / "kills"
    done = int(tally.read_text()) if tally.exists() else 0
    rng = random.Random(done + 7)
    writing = _writing(store, rng, _newest_night(store) + 1)
    reader = None
    while done < kills and not place.is_late:
        reader = subprocess.Popen([sys.executable, "-c", READER, store.url, str(folder)], cwd=ROOT)
        deadline = time.monotonic() + 1.2 + rng.random() * 2.5  # it starts in a second
        while time.monotonic() < deadline:
            next(writing)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
        done += 1
        tally.write_text(str(done))
    newest = Corpus.open(store)
    reader = subprocess.Popen([sys.executable, "-c", READER, store.url, str(folder)], cwd=ROOT)
    while (json.loads((folder / "cursor").read_text())["version"]) < newest.version:
        time.sleep(0.2)
    reader.kill()
    reader.wait()
    held: dict[str, str] = {}
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
        f"\na reader killed {done} times over {newest.version} versions in {len(ranges)} ranges ends with {state}: {len(held)} documents"
    )
    assert held == wanted


def _writing(store: Store, rng: random.Random, number: int) -> Iterator[None]:
    """Nights, backfills of old months, revisions, withdrawals, reposts that are found late, and housekeeping, for ever."""
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


PARTS = {part.__name__: part for part in (nights, maintained_nights, fill, reads, exports, killed)}


def main() -> None:
    """Run the parts named, or all."""
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    known.add_argument("--scale", type=float, default=1.0)
    known.add_argument("--home", type=Path, help="Kept; unset: a folder that is removed afterwards.")
    known.add_argument("--minutes", type=float, default=1e6)
    asked = known.parse_args()
    with TemporaryDirectory(prefix="gongbao-") as temporary:
        home = (asked.home or Path(temporary)).resolve()
        server = embedded.start(home / "s3")
        os.environ.update(server.environment())
        try:
            for part in asked.parts or PARTS:
                folder = home / part
                folder.mkdir(parents=True, exist_ok=True)
                PARTS[part](Place(folder, asked.scale, time.monotonic() + 60 * asked.minutes))
        finally:
            embedded.stop(home / "s3")


if __name__ == "__main__":
    main()
