"""`gongbao sources check`: each source asked once, a few articles carried the whole way, one line of cause and advice."""

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from pydantic import Field
from rich.table import Table
from rich.text import Text

from flows import settings
from flows.runs import crawl_process, processing
from flows.sources import recordings, templates
from flows.sources.recordings import FIELDS, Recording
from flows.terminal import output
from pipeline.core.config import Strict, read
from pipeline.core.conservation import CrawlReport
from pipeline.core.dates import SHANGHAI
from pipeline.core.models import Decoded, Document, Outcome, Rejected
from pipeline.core.observation import Trouble
from pipeline.core.source import Source
from pipeline.documents.templates import shelf
from pipeline.health import drift
from pipeline.health.assess import trouble_of
from pipeline.health.rules import HealthRules
from pipeline.page.decode import decode
from pipeline.store import landing
from pipeline.store.s3 import Store

_WIDE = 200  # columns in a pipe, where nobody knows how wide the reader is
_TURNED_AWAY = ("denied", "other_host", "not_http")  # by the source's own rules


class CheckRules(Strict):
    """`config/check.yaml`."""

    articles: int = Field(ge=1)
    own: float = Field(ge=0, le=1)
    shrunk: float = Field(gt=1)
    frozen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one look at a source showed."""

    source: Source
    crawl: CrawlReport
    listings: tuple[Decoded, ...]  # pages, as they came
    articles: tuple[Decoded, ...]
    outcomes: tuple[Outcome, ...]
    recording: Recording | None
    now: datetime

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

    @property
    def newest(self) -> datetime | None:
        """The newest date that its listings show."""
        return max((listing.newest for listing in self.crawl.listings if listing.newest), default=None)

    @property
    def lengths(self) -> float | None:
        """How long its texts are beside the recorded one; None if there is nothing to compare."""
        if not self.documents or not self.recording or not self.recording.has("text"):
            return None
        return median(len(document.text) for document in self.documents) / len(self.recording.article["text"])

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
    processing.rules(known.config)  # read once, before the threads ask for them
    run_id = f"check-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    store = Store.open(settings.open_store(known).url_of(f"checks/{run_id}"))  # beside the corpus, and gone afterwards
    found: dict[str, Probe] = {}
    try:
        with ThreadPoolExecutor(known.crawls) as pool, output.bar("check", len(sources)) as step:
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
    now = datetime.now(UTC)
    crawl = crawl_process.crawl(
        store, source.id, run_id, config=known.config, sources=known.sources, now=now, probe=articles
    )
    learned = shelf.current(settings.open_store(known), source.id)
    landed = [entry for key in crawl.landing for entry in landing.read_all(store.get(key), key)]
    pages = [page for key in crawl.landing for page in landing.read(store.get(key), key)]
    return Probe(
        source=source,
        crawl=crawl,
        listings=tuple(decode(page.body, page.header("Content-Type")) for kind, page in landed if kind == "listing"),
        articles=tuple(decode(page.body, page.header("Content-Type")) for page in pages),
        outcomes=tuple(processing.process_one(page, source, known.config, learned) for page in pages),
        recording=Recording.find(source.id, settings.recordings_of(known.sources)),
        now=now,
    )


def findings(probed: Probe, rules: CheckRules, health: HealthRules) -> Iterator[Finding]:
    """What is wrong, the root of it first. A crawl that names a cause has said all; else the articles are looked at."""
    crawl = probed.crawl
    if crawl.cause:
        found = [crawl.detail.removeprefix(f"{crawl.cause}: ").rstrip("."), *map(str, _lost_of_listings(probed))]
        if trouble_of(crawl.cause) is Trouble.LISTING_CHANGED and probed.recording:
            found.append(f"it names {probed.links} articles, the recording {probed.recording.links}")
        advice = crawl.advice or health.advice[Trouble.DEFECT]
        yield Finding(cause=crawl.cause, detail="; ".join(filter(None, found)), advice=advice)
        return
    told: dict[Trouble, list[str]] = {}
    for trouble, detail in _drift(probed, rules):
        told.setdefault(trouble, []).append(detail)
    for trouble, details in told.items():
        advice = (
            rules.frozen if trouble is Trouble.FROZEN_FEED else health.advice[trouble]
        )  # of one look, not of a history
        yield Finding(cause=trouble, detail="; ".join(details), advice=advice)


def _drift(probed: Probe, rules: CheckRules) -> Iterator[tuple[Trouble, str]]:
    documents, recording = probed.documents, probed.recording
    for lost in _lost_of_listings(probed):
        yield Trouble.LISTING_CHANGED, str(lost)
    if probed.own_share < rules.own:
        yield Trouble.LISTING_CHANGED, f"{probed.own_share:.0%} of its links are articles by the source's own rules"
    pause = max((listing.longest_pause for listing in probed.crawl.listings), default=0)
    if probed.newest and (days := (probed.now - probed.newest).days) > max(_stale_after(probed.source), 1.5 * pause):
        known = f"stale_after_days is {_stale_after(probed.source)}, and the longest pause on its list {pause} days"
        yield Trouble.FROZEN_FEED, f"its newest is {days} days old; {known}"
    if probed.crawl.failed:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(probed.crawl.failed.items()))
        yield Trouble.ARTICLES_FAILED, reasons
    if probed.outcomes and not documents:
        reasons = ", ".join(sorted({each.reason for each in probed.outcomes if isinstance(each, Rejected)}))
        yield Trouble.ARTICLES_CHANGED, f"none of {len(probed.outcomes)} articles gave a document: {reasons}"
    for lost in drift.of_articles(probed.source, recording.article_pages() if recording else (), probed.articles):
        yield Trouble.ARTICLES_CHANGED, str(lost)
    if not documents:
        return
    wanted = [name for name in FIELDS if recording.has(name)] if recording else ["title", "text"]
    if lost_fields := [name for name in wanted if not probed.filled(name)]:
        told = f"no document has {' or '.join(lost_fields)}" + (", the recording has" if recording else "")
        yield Trouble.FIELDS_LOST, told
    if recording and probed.lengths is not None and probed.lengths * rules.shrunk < 1:
        now, then = median(len(document.text) for document in documents), len(recording.article["text"])
        yield Trouble.TEXTS_SHRUNK, f"{now:.0f} characters a text, {then} in the recording"


def _lost_of_listings(probed: Probe) -> Iterator[drift.Lost]:
    recorded = probed.recording.listing_pages() if probed.recording else ()
    return drift.of_listings(probed.source, recorded, probed.listings)


def _stale_after(source: Source) -> int:
    return max(listing.stale_after_days for listing in source.listings)


def _print(sources: Sequence[Source], found: dict[str, Probe], wrong: dict[str, list[Finding]]) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("source", "reachable", "listing", "newest", "extracted", *FIELDS, "drift"):
        table.add_column(name)
    for source in sources:
        table.add_row(source.id, *_cells(found[source.id], wrong[source.id]))
    out = output.out if output.out.is_terminal else output.Guarded(highlight=False, soft_wrap=True, width=_WIDE)
    out.print(table)
    store = settings.open_store(settings.from_environment())
    for source in sources:
        for line in templates.told(store, source.id):
            out.print(Text(line))
    for source_id, findings in wrong.items():
        for each in findings:
            told = f"{source_id}: {each.cause}: {each.detail.rstrip('.')}. {each.advice}"
            output.out.print(Text(told, style="red"))


def _cells(probed: Probe, wrong: Sequence[Finding]) -> Iterator[str]:
    crawl, documents = probed.crawl, probed.documents
    yield "yes" if crawl.bytes else "no"
    yield f"{probed.links} links" if probed.links else "nothing"
    yield probed.newest.astimezone(SHANGHAI).strftime("%Y-%m-%d") if probed.newest else "–"
    yield f"{len(documents)} of {len(probed.outcomes)}"
    yield from (f"{probed.filled(name)}/{len(documents)}" if documents else "–" for name in FIELDS)
    yield _measured(probed, [each.cause for each in wrong if each.cause in set(Trouble)])


def _measured(probed: Probe, drifted: Sequence[str]) -> str:
    """The drift in a few words: what is wrong, and how far the pages are from the recording in any case."""
    if not probed.recording:
        return ", ".join(drifted) or "–"
    told = list(drifted) or (["none"] if probed.documents else [])
    if probed.lengths is not None:
        told.append(f"text {probed.lengths - 1:+.0%}")
    left = drift.names_left(probed.recording.article_pages(), probed.articles)
    if left is not None:
        told.append(f"{left:.0%} of its names left")
    return ", ".join(told) or "–"
