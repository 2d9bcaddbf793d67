"""Candidates of a night of 10,000 texts against corpora of growing size: time, bytes on disk, peak memory.

    python tests/benchmarks/dedupe_scale.py [--sizes 10000,100000,1000000,10000000] [--folder FOLDER]

The corpora are synthetic: random keys in the columns that deduplication reads, as Parquet files of 250,000 rows; one in
ten new texts shares half of its keys with a known one.
Each size runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.candidates import SCHEMA, pairs
from pipeline.config import read
from pipeline.judgement import DedupeRules, Text
from pipeline.models import Fingerprint

ROOT = Path(__file__).parents[2]
RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
KEYS = 40  # of a document: 34.5 on average in the labelled set, more with the floor for short texts
ROWS = 250_000
NIGHT = 10_000
_RANGE = 1 << 59  # keys are sampled below a sixteenth of 2^63


def corpus(folder: Path, size: int) -> Path:
    """A corpus of random keys; made once a size."""
    target = folder / f"corpus-{size}"
    if target.exists():
        return target
    partial = folder / f"partial-{size}"
    partial.mkdir(parents=True, exist_ok=True)
    for start in range(0, size, ROWS):
        _rows(start, min(ROWS, size - start)).write_parquet(partial / f"{start:010}.parquet", row_group_size=50_000)
    return partial.rename(target)


def _rows(start: int, count: int) -> pl.DataFrame:
    keys = pl.Series("shingle_keys", _keys(start, count)).arr.to_list().cast(pl.List(pl.Int64))
    ids = pl.Series("doc_id", [f"{(start + n) * 0x9E3779B97F4A7C15 % (1 << 128):032x}" for n in range(count)])
    nothing = pl.Series([None] * count, dtype=pl.String)
    columns = [ids, nothing.alias("canonical_id"), ids.alias("text_digest"), keys, nothing.alias("document_number")]
    return pl.DataFrame(columns).select(list(SCHEMA))


def _keys(start: int, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.random.default_rng(start).integers(0, _RANGE, size=(count, KEYS), dtype=np.int64)


def night(size: int) -> list[Text]:
    """New texts, every tenth with half of the keys of a known one."""
    fresh = np.random.default_rng(7).integers(0, _RANGE, size=(NIGHT, KEYS), dtype=np.int64)
    known = _keys(0, min(ROWS, size))
    for n in range(0, NIGHT, 10):
        fresh[n, : KEYS // 2] = known[n % len(known), : KEYS // 2]
    return [
        Text(id=f"n{n}", text="", fingerprint=Fingerprint(digest=f"n{n}", keys=tuple(keys)))
        for n, keys in enumerate(fresh.tolist())
    ]


def measure(files: str, size: int, options: dict[str, str]) -> dict[str, float]:
    """Seconds and peak memory of finding the candidates."""
    new = night(size)
    before = time.perf_counter()
    known = pl.scan_parquet(f"{files}/*.parquet", storage_options=options or None)
    found = pairs(new, known, RULES.candidates)
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"known": size, "seconds": round(seconds, 2), "peak_gb": round(peak, 2), "pairs": len(found)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="10000,100000,1000000,10000000")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "dedupe-scale")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(str(corpus(arguments.folder, arguments.one)), arguments.one, {})))
        return
    print(f"{'known':>12} {'seconds':>8} {'peak GB':>8} {'keys GB':>8} {'pairs':>8}")
    for size in map(int, arguments.sizes.split(",")):
        folder = corpus(arguments.folder, size)
        on_disk = sum(file.stat().st_size for file in folder.iterdir()) / 1024**3
        command = [sys.executable, __file__, "--one", str(size), "--folder", str(arguments.folder)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
        print(
            f"{size:>12,} {found['seconds']:>8} {found['peak_gb']:>8} {on_disk:>8.2f} {found['pairs']:>8,}", flush=True
        )


if __name__ == "__main__":
    main()
