"""Candidates of a night of 10,000 texts against corpora of growing size, a Delta table on the embedded S3 server.

    python -m tests.benchmarks.corpus_size.dedupe_scale [--sizes 10000,100000,1000000] [--folder FOLDER]

Time, bytes read, peak memory of the process. The corpora are synthetic: random keys in the columns that deduplication
reads, in files of 250,000 rows; one in ten new texts shares half of its keys with a known one; one key in fifty is a
formula of which there are but two hundred. Each size runs in a process of its own, so that its peak is its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from flows.servers import embedded_store
from pipeline.core.config import read
from pipeline.core.models import Fingerprint
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.candidates import SCHEMA, pairs
from pipeline.dedupe.pair.compare import Text
from pipeline.dedupe.rules import DedupeRules
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
KEYS = 40  # of a document: 34.5 on average in the labelled set, more with the floor for short texts
ROWS = 250_000
NIGHT = 10_000
FORMULAS = 200
_RANGE = 1 << 59  # keys are sampled below a sixteenth of 2^63
Keys = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def fill(store: Store, size: int) -> None:
    """A corpus of that many texts with random keys; made once."""
    corpus = Corpus.open(store)
    done = sum(file.rows for file in corpus.files())
    for start in range(done, size, ROWS):
        rows = _rows(start, min(ROWS, size - start))
        Corpus.open(store).table.append(rows, f"fill{start}")


def _rows(start: int, count: int) -> pa.Table:
    keys = _keys(start, count)
    ids = [f"{(start + n) * 0x9E3779B97F4A7C15 % (1 << 128):032x}" for n in range(count)]
    nested = pa.ListArray.from_arrays(pa.array(np.arange(0, count * KEYS + 1, KEYS, dtype=np.int32)), keys.reshape(-1))
    nothing = pa.nulls(count, pa.string())
    month = pa.array([f"{2020 + start // ROWS // 12 % 7}-{start // ROWS % 12 + 1:02}"] * count)
    columns = {"doc_id": pa.array(ids), "canonical_id": nothing, "text_digest": pa.array(ids), "shingle_keys": nested}
    return pa.table(columns | {"document_number": nothing, "month": month})


def _keys(start: int, count: int) -> Keys:
    """The keys of some texts, by blocks of `NIGHT` so that a few need not the memory of many."""
    blocks = [_block(first) for first in range(start, start + count, NIGHT)]
    return np.concatenate(blocks)[:count]


def _block(start: int) -> Keys:
    random = np.random.default_rng(start)
    keys = random.integers(0, _RANGE, size=(NIGHT, KEYS), dtype=np.int64)
    formulas = np.random.default_rng(1).integers(0, _RANGE, FORMULAS)
    return np.where(random.random(keys.shape) < 0.02, formulas[random.integers(0, FORMULAS, keys.shape)], keys)


def night(size: int) -> list[Text]:
    """New texts, every tenth with half of the keys of a known one."""
    fresh, known = _block(7), _block(0)[: min(NIGHT, size)]
    for n in range(0, NIGHT, 10):
        fresh[n, : KEYS // 2] = known[n % len(known), : KEYS // 2]
    return [
        Text(id=f"n{n}", text="", fingerprint=Fingerprint(digest=f"n{n}", keys=tuple(sorted(set(keys)))))
        for n, keys in enumerate(fresh.tolist())
    ]


def measure(url: str, size: int) -> dict[str, float]:
    """Seconds and peak memory of finding the candidates, from opening the corpus on."""
    new = night(size)
    base = _peak()
    before, worked = time.perf_counter(), time.process_time()
    corpus = Corpus.open(url)
    found = pairs(new, corpus.scan().select(list(SCHEMA)), RULES.candidates)
    return {
        "seconds": time.perf_counter() - before,
        "cpu": time.process_time() - worked,
        "read_gb": sum(file.size for file in corpus.files()) / 1e9,  # the table holds little but what is read
        "peak_gb": _peak(),
        "base_gb": base,
        "pairs": len(found),
    }


def _peak() -> float:
    """Gigabytes that this process held at most; getrusage would tell those of its parent where it held more."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e6


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--sizes", default="10000,100000,1000000")
    cli.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "dedupe-scale")
    cli.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = cli.parse_args()
    if args.one:
        print(json.dumps(measure(f"s3://{embedded_store.BUCKET}/{args.one}", args.one)))
        return
    os.environ.update(embedded_store.start(args.folder).environment())
    try:
        print(
            f"{'known':>12} {'seconds':>8} {'cpu s':>7} {'read GB':>8} {'peak GB':>8} {'of it before':>12} {'pairs':>7}"
        )
        for size in map(int, args.sizes.split(",")):
            fill(Store.open(f"s3://{embedded_store.BUCKET}/{size}"), size)
            command = [sys.executable, "-m", "tests.benchmarks.corpus_size.dedupe_scale", "--one", str(size)]
            told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)
            print(
                f"{size:>12,} {told['seconds']:>8.2f} {told['cpu']:>7.2f} {told['read_gb']:>8.2f} {told['peak_gb']:>8.2f} "
                f"{told['base_gb']:>12.2f} {told['pairs']:>7,}",
                flush=True,
            )
    finally:
        embedded_store.stop(args.folder)


if __name__ == "__main__":
    main()
