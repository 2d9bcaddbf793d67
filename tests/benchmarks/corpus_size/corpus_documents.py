"""Documents of any number for the benchmarks of the corpus, where a part works, and how long something takes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.urls import doc_id
from pipeline.corpus.corpus import Corpus
from pipeline.store import staging
from pipeline.store.s3 import Store
from pipeline.upkeep.maintenance import MaintenanceRules
from tests.makers.places import ROOT

BEGIN = datetime(2024, 1, 1, 18, tzinfo=UTC)
RULES = MaintenanceRules.load(ROOT / "config")
COMMON = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 1500))
SOURCES = [
    f"{name}-{place}"
    for name in ("gov", "daily", "miit", "drc", "port")
    for place in ("bj", "tj", "sh", "gd", "sc", "hb")
]
A_NIGHT, LENGTH = 200, 1500


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


def newest_night(store: Store) -> int:
    """The number of the last night that committed; -1 if none did."""
    for commit in Corpus.open(store).table.history(20):
        if (commit.get("run_id") or "").startswith("r"):
            return int(commit["run_id"][1:])
    return -1
