"""A thousand nights on the embedded store, with and without housekeeping: what opening and committing cost."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport
from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.publish import publish
from pipeline.publish.rules import PublishRules
from pipeline.store import keys, schema, staging
from pipeline.store.s3 import Store
from pipeline.upkeep.maintenance import maintain
from tests.benchmarks.corpus_size.corpus_documents import (
    A_NIGHT,
    BEGIN,
    LENGTH,
    RULES,
    Place,
    newest_night,
    rows,
    timed,
)
from tests.makers.places import ROOT

DEDUPE = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
LIMITS = PublishRules.load(ROOT / "config")


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
    number = len(Corpus.open(store).table.history()) and newest_night(store) + 1
    while number < total and not place.is_late:
        if maintained and number % 7 == 6:
            maintain(store, RULES, datetime.now(UTC))
        if number + 1 in measured:
            if maintained:
                maintain(store, RULES, datetime.now(UTC))
            with notes.open("a") as file:
                file.write(json.dumps(_real_night(store, number)) + "\n")
        else:
            Corpus.open(store).commit(_night(number), f"r{number}", {"number": number}, months=None if number else ())
        number += 1
    print(f"\n{number} nights of {A_NIGHT} documents ({LENGTH} characters, 4 of them revisions), "
          f"{'housekeeping every week' if maintained else 'no housekeeping'}; seconds\n")  # fmt: skip
    names = ("nights", "files", "open", "commit", "publish", "plain files", "count by month")
    print("| " + " | ".join(names) + " |\n|" + "---:|" * len(names))
    for line in notes.read_text().splitlines() if notes.exists() else ():
        told = json.loads(line)
        print("| " + " | ".join(str(told[name]) for name in names) + " |")


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
    store.put_file(keys.staged_file(run, "landing/source=s/x.warc.gz"), path)
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
        published = timed(lambda: publish(store, run, at, crawls, {}, DEDUPE, LIMITS))
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
