"""Eight publishers at once with overlapping nights, round after round: every article once, `python -m tests.benchmarks.corpus_size.publishers`.

    [--rounds 50] [--publishers 8] [--processes]

All publish to one embedded S3 server; they are threads, or with `--processes` processes of their own. In each round neighbours share half of their
articles, and each publisher also has a repost of an article of its neighbour. After each round the corpus must hold
every article once, in one row, canonical, and every repost in the cluster of its original.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport
from pipeline.core.models import Document, Fields, Outcome, Page
from pipeline.core.source import Source
from pipeline.core.urls import doc_id
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.publish import publish
from pipeline.publish.rules import PublishRules
from pipeline.store import keys, staging
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
LIMITS = PublishRules.load(ROOT / "config")
SOURCE = Source.model_validate(
    {
        "id": "ministry",
        "name": "部",
        "tier": "gov",
        "hosts": ["example.gov.cn"],
        "listings": [{"url": "https://example.gov.cn/", "family": "trs"}],
    }
)
NIGHT = datetime(2026, 1, 4, 18, tzinfo=UTC)
_WORDS = "产业园区企业改造技术设备项目资金人才平台数据标准能源安全质量出口港口铁路农业医疗教育城市生态水利气象"
_SHARED = 3  # articles that a publisher has in common with each neighbour


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round did to the corpus."""

    seconds: float
    articles: int
    lost: int
    twice: int
    wrong_clusters: int

    @property
    def right(self) -> bool:
        """Whether every article is there once."""
        return not (self.lost or self.twice or self.wrong_clusters)


def run_round(url: str, number: int, publishers: int, pool: Executor) -> Round:
    """All publishers at once; what the corpus says afterwards of the articles of this round."""
    first = number * publishers * 10
    before = time.perf_counter()
    runs = [pool.submit(_publish, url, number, nth, first, publishers) for nth in range(publishers)]
    for run in runs:
        run.result()
    seconds = time.perf_counter() - before
    articles = {_id(first + n) for n in range(_SHARED * (publishers + 1))}
    copies = {_id(_copy(first, nth)): _id(first + _SHARED * nth) for nth in range(publishers)}
    held = Corpus.open(Store.open(url)).scan().select("doc_id", "canonical_id").collect()
    rows = [row for row in held.iter_rows() if row[0] in articles or row[0] in copies]
    canonical = dict(rows)
    wrong = 0
    for copy, original in copies.items():
        cluster = {canonical.get(copy) or copy, canonical.get(original) or original}
        wrong += len(cluster) != 1
    return Round(
        seconds=seconds,
        articles=len(articles),
        lost=len((articles | copies.keys()) - canonical.keys()),
        twice=len(rows) - len(canonical),
        wrong_clusters=wrong
        + sum(canonical.get(each) is not None and each not in copies.values() for each in articles),
    )


def _publish(url: str, number: int, nth: int, first: int, publishers: int) -> None:
    """The night of one publisher: articles that its neighbours have too, and a repost of its neighbour's first."""
    store, run_id = Store.open(url), f"round{number:03}-{nth}"
    outcomes = [_article(first + _SHARED * nth + n) for n in range(2 * _SHARED)]
    neighbour = (nth + 1) % publishers
    outcomes.append(_article(_copy(first, neighbour), of=first + _SHARED * neighbour))
    staging.write(store, keys.staged_file(run_id, f"landing/source=ministry/date=2026-01-04/{nth}.warc.gz"), outcomes)
    count = len(outcomes)
    crawl = CrawlReport(
        run_id=run_id, source_id="ministry", started_at=NIGHT, ended_at=NIGHT, listed=count, fetched=count
    )
    publish(store, run_id, NIGHT + timedelta(minutes=number), [crawl], {"ministry": SOURCE}, RULES, LIMITS)


def _copy(first: int, nth: int) -> int:
    return first + 9_000_000 + nth


def _url(number: int) -> str:
    return f"https://example.gov.cn/t20260104_{number}.html"


def _id(number: int) -> str:
    return doc_id(_url(number))


def _article(number: int, of: int | None = None) -> tuple[Page, Outcome]:
    rng = random.Random(number if of is None else of)
    text = "\n".join("".join(rng.choices(_WORDS, k=90)) + "。" for _ in range(4))
    text += "" if of is None else "\n（本网编辑整理）"
    page = Page(
        url=_url(number), requested_url=_url(number), source_id="ministry", status=200, headers=(), body=text.encode(),
        fetched_at=NIGHT,
    )  # fmt: skip
    found = Document(
        doc_id=_id(number), url=page.url, source_id="ministry", title=f"第{number if of is None else of}号新闻", text=text,
        text_as_published=None, lang="zh-Hans", lang_confidence=1.0, fields=Fields(), removed=(), fetched_at=NIGHT,
        place=None, rules_version="1", fingerprint=fingerprint(text, RULES.fingerprint),
    )  # fmt: skip
    return page, found


def main() -> None:
    from flows.servers import embedded_store

    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--rounds", type=int, default=50)
    cli.add_argument("--publishers", type=int, default=8)
    cli.add_argument("--processes", action="store_true")
    args = cli.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(embedded_store.start(Path(folder)).environment())
        try:
            url = f"s3://{embedded_store.BUCKET}/publishers"
            apart = ProcessPoolExecutor(args.publishers, mp_context=get_context("spawn")) if args.processes else None
            with apart or ThreadPoolExecutor(args.publishers) as pool:
                rounds = []
                for number in range(args.rounds):
                    rounds.append(run_round(url, number, args.publishers, pool))
                    done = rounds[-1]
                    print(
                        f"round {number + 1:>3}: {done.seconds:5.1f} s, {done.articles} articles, lost {done.lost}, "
                        f"twice {done.twice}, wrong clusters {done.wrong_clusters}",
                        flush=True,
                    )
        finally:
            embedded_store.stop(Path(folder))
    right = sum(each.right for each in rounds)
    middle = statistics.median(each.seconds for each in rounds)
    print(f"{right} of {len(rounds)} rounds right, {middle:.1f} s a round of {args.publishers} publishers (median)")
    sys.exit(right != len(rounds))


if __name__ == "__main__":
    main()
