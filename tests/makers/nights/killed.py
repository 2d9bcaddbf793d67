"""A life of a store in steps, each done in a process of its own, that may be killed and done again: what it holds then.

A step is what a command or a flow does, by the same functions and in the same order, without Prefect and Scrapy, whose
start takes longer than the step. The site changes every night: new articles, a repost, a new text, one that is gone.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from flows.runs import processing
from flows.samples.writing import texts
from pipeline.core.conservation import CrawlReport, RunReport
from pipeline.core.urls import doc_id
from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.publish.publish import publish
from pipeline.publish.rollback import rollback
from pipeline.store import fetches, staging
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from pipeline.store.tables import refusal
from pipeline.upkeep import backup
from pipeline.upkeep.forget import forget
from pipeline.upkeep.maintenance import MaintenanceRules, maintain
from pipeline.upkeep.verify import verify
from tests.makers.corpus_nights import LIMITS, NIGHT, RULES, SOURCE
from tests.makers.places import ROOT

_R = TypeVar("_R")
_NEW = 4  # articles a night
_TRIES = (0.0, 0.5, 1.0, 2.0)  # seconds before each: a task tries so often when the store refuses, with longer pauses
_LOADED = processing.rules(ROOT / "config")  # by who is forked from: each step would take two seconds to load them
FORGOTTEN = "https://example.gov.cn/t20260104_5.html"


def article(number: int) -> str:
    return f"https://example.gov.cn/t20260104_{number}.html"


def site(day: int) -> dict[str, bytes]:
    """What the site says on a day, by address; nothing where a page is gone."""
    said: dict[str, bytes] = {}
    for since in range(day + 1):
        for number in range(since * _NEW, (since + 1) * _NEW):
            told = number - 3 if number % _NEW == 3 else number  # the last of a night says what the first does
            seed = told + (1000 if number % _NEW == 1 and since < day else 0)  # the second has a new text the day after
            gone = number % _NEW == 2 and since < day - 1
            said[article(number)] = b"" if gone else _page(seed, NIGHT + timedelta(days=since))
    return said


def write_source(folder: Path) -> Path:
    """The one source, as a folder of sources."""
    folder.mkdir()
    told = SOURCE.model_dump(mode="json", exclude_unset=True)
    (folder / f"{SOURCE.id}.yaml").write_text(json.dumps(told))
    return folder


@cache
def _page(seed: int, at: datetime) -> bytes:
    rng = random.Random(seed)
    draft = texts.news(rng, rng.choice(sorted(texts.NEWS)))
    body = "".join(f"<p>　　{escape(block.text)}</p>" for block in draft.blocks if block.text)
    title = escape(draft.title)
    return (
        f"<html><head><title>{title}-部</title><meta name='PubDate' content='{at:%Y-%m-%d %H:%M}'></head>"
        f"<body><h1>{title}</h1><div class='TRS_Editor'>{body}</div></body></html>"
    ).encode()


def night(store: Store, name: str, day: int) -> None:
    """A night: what is not known is fetched, processed, published in one commit, and told."""
    now = NIGHT + timedelta(days=day)
    run_id = f"{name}-{time.time_ns()}"
    said = site(day)
    seen = _tried(lambda: fetches.seen(store, SOURCE.id, now))
    due = {each.url for each in seen.due}
    asked = [url for url in said if url in due or not (seen.knows(url) or seen.is_dead(url))]

    def crawl() -> tuple[str, ...]:
        writer = LandingWriter(store, SOURCE.id, run_id, now.date(), max_bytes=6_000)  # some files a night
        for url in asked:
            writer.write(
                Capture(kind="article", url=url, requested_url=url, source_id=SOURCE.id, status=200 if said[url] else 404,
                        headers=[("Content-Type", "text/html; charset=utf-8")], body=said[url] or b"404", fetched_at=now)
            )  # fmt: skip
        writer.close()
        return tuple(writer.keys)

    landed = _tried(crawl)
    for key in landed:
        _tried(lambda: processing.process_landing(key, run_id))  # noqa: B023
    told = CrawlReport(
        run_id=run_id, source_id=SOURCE.id, started_at=now, ended_at=now, listed=len(asked), fetched=len(asked),
        landing=landed,
    )  # fmt: skip
    done = _tried(lambda: publish(store, run_id, now, [told], {SOURCE.id: SOURCE}, RULES, LIMITS))
    _tried(lambda: nightly_files.write_missing(store, last=60))
    report = RunReport(run_id=run_id, kind="nightly", started_at=now, ended_at=now, version_before=done.version_before,
                       version=done.version, sources=done.sources)  # fmt: skip
    _tried(lambda: store.put(f"runs/{run_id}.json", report.model_dump_json(indent=1).encode()))


def housekeeping(store: Store, name: str, day: int) -> None:
    # the log keeps its history for a week of its own clock; files that are not in it go
    _tried(lambda: maintain(store, MaintenanceRules.load(ROOT / "config"), NIGHT + timedelta(days=day)))
    _tried(lambda: nightly_files.write_missing(store))


def forgetting(store: Store, name: str, day: int) -> None:
    ids = [doc_id(FORGOTTEN)]
    at = NIGHT + timedelta(days=day, hours=1)
    proofs = _tried(lambda: forget(store, ids, "asked for", f"forget-{time.time_ns()}", at))
    assert not any(proof.left for proof in proofs), proofs


def putting_back(store: Store, name: str, day: int) -> None:
    """Roll back the last night that committed something."""
    commits = _tried(lambda: Corpus.open(store).table.history())
    run = next(each["run_id"] for each in commits if str(each.get("run_id", "")).startswith("night2-"))
    _tried(lambda: rollback(store, run, f"rollback-{time.time_ns()}", NIGHT + timedelta(days=day)))
    _tried(lambda: nightly_files.write_missing(store, last=60))


def copying(store: Store, name: str, day: int) -> None:
    to = Store(store.bucket, store.prefix.rstrip("/") + "-copy/", store._session, store._client.meta.endpoint_url)
    _tried(lambda: backup.copy(store, to, delete=True))


Step = Callable[[Store, str, int], None]
STEPS: tuple[tuple[str, Step, int], ...] = (
    ("night0", night, 0),
    ("night1", night, 1),
    ("maintain", housekeeping, 1),
    ("night2", night, 2),
    ("forget", forgetting, 2),
    ("copy", copying, 2),
    ("night3", night, 3),
    ("rollback", putting_back, 3),
)


def _tried(act: Callable[[], _R]) -> _R:
    """As a task does: again where the store refused."""
    for pause in _TRIES[1:]:
        try:
            return act()
        except Exception as error:
            if not refusal(error):
                raise
            time.sleep(pause)
    return act()


def perform(url: str, environment: Mapping[str, str], number: int) -> None:
    """A step in a process of its own. Exit code 3 and one line: the store refused."""
    os.environ.update(environment)
    name, step, day = STEPS[number]
    try:
        step(Store.open(url), name, day)
    except Exception as error:
        if not (refused := refusal(error)):
            raise
        sys.stderr.write(f"{name}: {refused}\n")
        sys.exit(3)


def state(store: Store) -> dict[str, Any]:
    """What a store holds, without what a second try may change: ids of runs, places, times of writing."""
    rows = Corpus.open(store).documents(every=True)
    corpus = rows.select("url", "title", "text", "kind", "canonical_id", "revision", "withdrawn_because").sort("url")
    log = fetches._scan(store).filter(pl.col("kind") == "article").sort("fetched_at")
    last = log.group_by("url").agg(pl.col("outcome", "reason", "status").last()).sort("url")
    return {
        "corpus": corpus.collect().to_dicts(),
        "fetches": last.collect(engine="streaming").to_dicts(),
        "told": _told(store),
    }


def _told(store: Store) -> dict[str, str]:
    """What a reader of the plain files holds, who was told each document once."""
    manifests = [json.loads(store.get(key)) for key in store.list("nightly/") if key.endswith(".json")]
    nights, version = {each["previous"]: each for each in manifests}, 0
    assert len(nights) == len(manifests), "two nights follow the same one"
    held: dict[str, str] = {}
    while told := nights.pop(version, None):
        for line in staging.unpack_text(store.get(told["file"])).splitlines():
            change = json.loads(line)
            assert (change["change"] == "added") == (change["doc_id"] not in held), f"{change['url']} is told twice"
            held.pop(change["doc_id"], None)
            if change["change"] != "withdrawn":
                held[change["doc_id"]] = change["text"]
        version = told["version"]
    assert not nights, "a night is missing"
    return held


def faults(store: Store) -> list[str]:
    """What `gongbao verify` finds."""
    return [f"{each.what} {each.key} {each.detail}" for each in verify(store).faults]
