"""`gongbao sources check`: each source asked once, a few articles carried the whole way, one line of cause and advice."""

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from zoneinfo import ZoneInfo

from pydantic import Field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows import console, crawling, recordings, settings, work
from flows.recordings import FIELDS, Recording, folder_of
from pipeline import landing
from pipeline.config import Strict, read
from pipeline.documents import process
from pipeline.health_rules import HealthRules
from pipeline.models import Document, Outcome, Rejected
from pipeline.observation import Trouble
from pipeline.report import CrawlReport
from pipeline.source import Source
from pipeline.store import Store

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_WIDE = 200  # columns in a pipe, where nobody knows how wide the reader is
_TURNED_AWAY = ("denied", "other_host", "not_http")  # by the source's own rules


class CheckRules(Strict):
    """`config/check.yaml`."""

    articles: int = Field(ge=1)
    own: float = Field(ge=0, le=1)
    shrunk: float = Field(gt=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one look at a source showed."""

    crawl: CrawlReport
    outcomes: tuple[Outcome, ...]
    recording: Recording | None

    @property
    def documents(self) -> list[Document]:
        """Of the articles that were fetched."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, Document)]

    @property
    def links(self) -> int:
        """Articles that the first pages of its listings name."""
        return sum(listing.links for listing in self.crawl.listings)

    @property
    def own_share(self) -> float:
        """The share of the links that the source's own rules take."""
        turned_away = sum(self.crawl.skipped.get(reason, 0) for reason in _TURNED_AWAY)
        return 1 - turned_away / self.crawl.listed if self.crawl.listed else 1.0

    def filled(self, field: str) -> int:
        """How many of the documents have a field."""
        return sum(bool(recordings.fields_of(document)[field]) for document in self.documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    cause: str
    detail: str
    advice: str


def probe(sources: Sequence[Source]) -> bool:
    """Probe the sources side by side, a few at a time, and print what they showed; whether all are well."""
    known = settings.from_environment()
    rules, health = read(known.config / "check.yaml", CheckRules), HealthRules.load(known.config)
    work.rules(known.config)  # read once, before the threads ask for them
    run_id = f"check-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    store = Store.open(settings.open_store(known).url_of(f"checks/{run_id}"))  # beside the corpus, and gone afterwards
    found: dict[str, Probe] = {}
    try:
        with ThreadPoolExecutor(known.crawls) as pool, console.bar("check", len(sources)) as step:
            asked = {pool.submit(_one, store, each, run_id, known, rules.articles): each.id for each in sources}
            for done in as_completed(asked):
                found[asked[done]] = done.result()
                step(note=asked[done])
    finally:
        store.delete_all("")
    wrong = {source.id: list(findings(found[source.id], rules, health)) for source in sources}
    _print(sources, found, wrong)
    return not any(wrong.values())


def _one(store: Store, source: Source, run_id: str, known: settings.Settings, articles: int) -> Probe:
    crawl = crawling.crawl(
        store, source.id, run_id, config=known.config, sources=known.sources, now=datetime.now(UTC), probe=articles
    )
    rules = work.rules(known.config)
    pages = [page for key in crawl.landing for page in landing.read(store.get(key), key)]
    outcomes = tuple(process(page, source, rules) for page in pages)
    return Probe(crawl=crawl, outcomes=outcomes, recording=Recording.find(source.id, folder_of(known.sources)))


def findings(probed: Probe, rules: CheckRules, health: HealthRules) -> Iterator[Finding]:
    """What is wrong, the root of it first. A crawl that names a cause has said all; else the articles are looked at."""
    crawl = probed.crawl
    if crawl.cause:
        yield Finding(cause=crawl.cause, detail=crawl.detail, advice=crawl.advice or health.advice[Trouble.DEFECT])
        return
    for trouble, detail in _drift(probed, rules):
        yield Finding(cause=trouble, detail=detail, advice=health.advice[trouble])


def _drift(probed: Probe, rules: CheckRules) -> Iterator[tuple[Trouble, str]]:
    documents, recording = probed.documents, probed.recording
    if probed.own_share < rules.own:
        yield Trouble.LISTING_CHANGED, f"{probed.own_share:.0%} of its links are articles by the source's own rules"
    if probed.crawl.failed:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(probed.crawl.failed.items()))
        yield Trouble.ARTICLES_FAILED, reasons
    if probed.outcomes and not documents:
        reasons = ", ".join(sorted({each.reason for each in probed.outcomes if isinstance(each, Rejected)}))
        yield Trouble.ARTICLES_CHANGED, f"none of {len(probed.outcomes)} articles gave a document: {reasons}"
    if not documents:
        return
    wanted = [name for name in FIELDS if recording.has(name)] if recording else ["title", "text"]
    if lost := [name for name in wanted if not probed.filled(name)]:
        yield Trouble.FIELDS_LOST, f"no document has {' or '.join(lost)}" + (", the recording has" if recording else "")
    if recording and recording.has("text"):
        then, now = len(recording.article["text"]), median(len(document.text) for document in documents)
        if now * rules.shrunk < then:
            yield Trouble.TEXTS_SHRUNK, f"{now:.0f} characters a text, {then} in the recording"


def _print(sources: Sequence[Source], found: dict[str, Probe], wrong: dict[str, list[Finding]]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("source", "reachable", "listing", "newest", "extracted", *FIELDS, "drift"):
        table.add_column(name)
    for source in sources:
        table.add_row(source.id, *_cells(found[source.id], wrong[source.id]))
    out = console.out if console.out.is_terminal else Console(highlight=False, soft_wrap=True, width=_WIDE)
    out.print(table)
    for source_id, findings in wrong.items():
        for each in findings:
            told = f"{source_id}: {each.cause}: {each.detail.rstrip('.')}. {each.advice}"
            console.out.print(Text(told, style="red"))


def _cells(probed: Probe, wrong: Sequence[Finding]) -> Iterator[str]:
    crawl, documents = probed.crawl, probed.documents
    newest = max((listing.newest for listing in crawl.listings if listing.newest), default=None)
    yield "yes" if crawl.bytes else "no"
    yield f"{probed.links} links" if probed.links else "nothing"
    yield newest.astimezone(_SHANGHAI).strftime("%Y-%m-%d") if newest else "–"
    yield f"{len(documents)} of {len(probed.outcomes)}"
    yield from (f"{probed.filled(name)}/{len(documents)}" if documents else "–" for name in FIELDS)
    drifted = [each.cause for each in wrong if each.cause in set(Trouble)]
    yield ", ".join(drifted) or ("none" if documents and probed.recording else "–")
