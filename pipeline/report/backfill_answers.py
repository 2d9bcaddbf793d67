"""What a backfill was asked for and what its run left in, one answer an address out."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

import polars as pl

from pipeline.core.conservation import CrawlReport
from pipeline.core.urls import doc_id
from pipeline.corpus.corpus import Corpus
from pipeline.store import fetches, keys
from pipeline.store.s3 import Store
from pipeline.store.schema import Row

_NOT_ASKED_FOR = {"outside_period", "denied", "other_host", "not_http"}  # links of a listing that are no answer
_KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one address."""

    url: str
    source_id: str
    answer: Literal["document", "repost", "unchanged", "rejected", "skipped", "failed"]
    because: str = ""
    detail: str = ""
    repost_of: str = ""  # the address of the canonical document
    doc_id: str = ""
    title: str = ""
    revision: int = 0

    @property
    def settled(self) -> bool:
        """Whether asking again would bring nothing else: a page that was rejected is settled, one that failed is not."""
        return self.answer not in ("failed", "skipped") and self.because != "crashed"

    def words(self) -> str:
        """The answer for people."""
        why = self.because + (f" ({self.detail})" if self.detail else "")
        if self.answer == "repost":
            return f"repost of {self.repost_of}"
        if self.answer == "document" and self.revision > 1:
            return f"document, revision {self.revision}"
        return f"{self.answer} because {why}" if why else self.answer


def answers(
    corpus: Corpus,
    asked: Mapping[str, Sequence[str]],
    log: Iterable[Mapping[str, Any]],
    crawls: Sequence[CrawlReport],
    led_to: Callable[[Collection[str]], Mapping[str, str]],
) -> list[Answer]:
    """An answer for each address asked for, in that order; where a source was asked for days, for each that it listed.

    `log` holds the visits as they count (`fetches.of_run`); `led_to` tells the doc_id that an earlier visit of each address found (`fetches.led_to`).
    """
    visits = {doc_id(row["requested_url"]): row for row in log}
    known = led_to([url for crawl in crawls for url, _, reason in crawl.not_fetched if reason == _KNOWN])
    held = _held(corpus, [row["doc_id"] for row in visits.values()] + list(known.values()))
    causes = {crawl.source_id: crawl for crawl in crawls}
    run_ids = {crawl.run_id for crawl in causes.values()}
    found = {key: _of_visit(row, held, run_ids) for key, row in visits.items()}
    for crawl in causes.values():
        for url, fate, reason in crawl.not_fetched:
            if asked.get(crawl.source_id) or reason not in _NOT_ASKED_FOR:
                found.setdefault(
                    doc_id(url), _not_fetched(url, crawl.source_id, fate, reason, known.get(url, ""), held)
                )
    told = [
        replace(found.get(doc_id(url)) or _lost(url, source_id, causes.get(source_id)), url=url)  # as it was asked for
        for source_id, url in _each(asked)
    ]
    of_days = {source_id for source_id, urls in asked.items() if not urls}
    return told + [answer for answer in found.values() if answer.source_id in of_days]


def _each(asked: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, str]]:
    return ((source_id, url) for source_id, urls in asked.items() for url in urls)


def _held(corpus: Corpus, ids: Collection[str]) -> dict[str, Row]:
    """What the corpus says of these documents, and of those that they repeat."""
    columns = corpus.scan().select("doc_id", "url", "canonical_id", "landing", "title", "revision", "run_id")
    rows = columns.filter(pl.col("doc_id").is_in(list(ids))).collect().to_dicts()
    canonical = [row["canonical_id"] for row in rows if row["canonical_id"]]
    rows += columns.filter(pl.col("doc_id").is_in(canonical)).collect().to_dicts() if canonical else []
    return {row["doc_id"]: row for row in rows}


def _of_visit(row: Mapping[str, Any], held: Mapping[str, Mapping[str, Any]], run_ids: Collection[str]) -> Answer:
    of = {"url": row["requested_url"], "source_id": row["source_id"], "doc_id": row["doc_id"]}
    if row["outcome"] == "rejected":
        return Answer(**of, answer="rejected", because=row["reason"], detail=row["detail"] or "")
    stands = held.get(row["doc_id"])
    ours = stands and stands["landing"] == row["landing"] and stands["run_id"] in run_ids
    if row["outcome"] == "unchanged" or not stands or not ours:
        because, detail = (row["flag"] or "", row["detail"] or "") if row["flag"] != "accepted" else ("", "")
        return Answer(**of, answer="unchanged", because=because, detail=detail, title=stands["title"] if stands else "")
    told = {"title": stands["title"], "revision": stands["revision"]}
    if canonical := stands["canonical_id"]:
        repeated = held.get(canonical)
        return Answer(**of, **told, answer="repost", repost_of=repeated["url"] if repeated else canonical)
    return Answer(**of, **told, answer="document")


def _not_fetched(
    url: str, source_id: str, fate: str, reason: str, known: str, held: Mapping[str, Mapping[str, Any]]
) -> Answer:
    if reason == _KNOWN:
        title = held[known]["title"] if known in held else ""
        return Answer(url=url, source_id=source_id, answer="unchanged", because=_KNOWN, doc_id=known, title=title or "")
    return Answer(url=url, source_id=source_id, answer="failed" if fate == "failed" else "skipped", because=reason)


def _lost(url: str, source_id: str, crawl: CrawlReport | None) -> Answer:
    """Its crawl ended before it could say."""
    because = (crawl.cause if crawl else "") or "not_crawled"
    return Answer(url=url, source_id=source_id, answer="failed", because=because, detail=crawl.detail if crawl else "")


def write(store: Store, run_id: str, asked: Mapping[str, Sequence[str]], crawls: Sequence[CrawlReport]) -> None:
    """Leave an answer for each address in the store: `runs/RUN/answers.jsonl`."""
    led_to = partial(fetches.led_to, store)
    told = answers(Corpus.open(store), asked, fetches.of_run(store, run_id), crawls, led_to)
    lines = (json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in told)
    store.put(keys.answers(run_id), "".join(lines).encode())


def read(store: Store, run_id: str) -> list[Answer]:
    """The answers that a backfill left."""
    return [Answer(**json.loads(line)) for line in store.get(keys.answers(run_id)).decode().splitlines()]
