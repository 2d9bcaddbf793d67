"""`gongbao sources check`: each source asked once, a few articles carried the whole way, one line of cause and advice."""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from flows import console, crawling, settings, work
from pipeline import landing
from pipeline.documents import process
from pipeline.models import Document, Outcome
from pipeline.report import CrawlReport
from pipeline.source import Source
from pipeline.store import Store

_ARTICLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one look at a source showed."""

    crawl: CrawlReport
    outcomes: tuple[Outcome, ...]

    @property
    def documents(self) -> list[Document]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, Document)]

    @property
    def advice(self) -> str:
        return self.crawl.advice or "`gongbao why` on one of its articles shows what stopped it."

    @property
    def cause(self) -> str:
        """Why the source is not well; empty if it is."""
        if self.crawl.cause:
            return self.crawl.cause
        return "" if self.documents else "no_document"


def probe(sources: Sequence[Source]) -> bool:
    """Probe the sources side by side and print what they showed; whether all are well."""
    known = settings.from_environment()
    store = settings.open_store(known)
    run_id = f"check-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    with ThreadPoolExecutor(known.crawls) as pool, console.bar("check", len(sources)) as step:
        probes = []
        for source, found in zip(
            sources, pool.map(lambda each: _one(store, each, run_id, known), sources), strict=True
        ):
            probes.append((source, found))
            step(note=source.id)
    _print(probes)
    return not any(found.cause for _, found in probes)


def _one(store: Store, source: Source, run_id: str, known: settings.Settings) -> Probe:
    now = datetime.now(UTC)
    crawl = crawling.crawl(
        store, source.id, run_id, config=known.config, sources=known.sources, now=now, probe=_ARTICLES
    )
    rules = work.rules(known.config)
    pages = [page for key in crawl.landing for page in landing.read(store.get(key), key)]
    return Probe(crawl=crawl, outcomes=tuple(process(page, source, rules) for page in pages))


def _print(probes: Sequence[tuple[Source, Probe]]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("source", "reachable", "listing", "newest", "documents", "fields filled"):
        table.add_column(name)
    for source, found in probes:
        links = sum(listing.links for listing in found.crawl.listings)
        newest = max((each.newest for each in found.crawl.listings if each.newest), default=None)
        documents = found.documents
        table.add_row(
            source.id,
            "yes" if found.crawl.bytes else "no",
            f"{links} links" if links else "nothing",
            newest.strftime("%Y-%m-%d") if newest else "–",
            f"{len(documents)} of {len(found.outcomes)}",
            f"{_filled(documents):.0%}" if documents else "–",
        )
    console.out.print(table)
    for source, found in probes:
        if found.cause:
            told = f"{source.id}: {found.cause}: {found.crawl.detail or 'no article gave a document'}. {found.advice}"
            console.out.print(Text(told, style="red"))


def _filled(documents: Sequence[Document]) -> float:
    """The share of the fields that every article should have."""
    filled = [bool(document.title) + bool(document.text) + bool(document.fields.published) for document in documents]
    return sum(filled) / (3 * len(documents))
