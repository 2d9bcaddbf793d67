"""A store and a page in, all that is known of it out: its visits, its row, its cluster, and what became of its lines."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline import documents
from pipeline.core import urls
from pipeline.core.models import Decoded, Document, Outcome, Page, Place, Reason, Rejected
from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.publish.outages import FLAGS
from pipeline.report import line_fates, run_reports
from pipeline.report.backfill_answers import Answer
from pipeline.report.line_fates import Fate
from pipeline.rules import Rules
from pipeline.store import fetches, keys, landing
from pipeline.store.s3 import Store
from pipeline.store.schema import Row

_LAST_RUNS = 30
_AT_ONCE = 8  # requests to the store
DOC_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the store holds on a page. `row` is that of the corpus, `cluster` those that say the same, canonical first."""

    doc_id: str
    visits: tuple[Row, ...]  # oldest first
    row: Row | None
    cluster: tuple[Row, ...] = ()  # empty where it stands alone
    forgotten: Row | None = None  # `at` and `reason`, of a document that `gongbao forget` took out

    @property
    def canonical(self) -> Row | None:
        """The document that this one repeats; None where it repeats none."""
        return self.cluster[0] if self.row and self.row["canonical_id"] and self.cluster else None

    @property
    def pending(self) -> Row | None:
        """The last visit, where its text is held or a question for a person; None where nothing waits."""
        fetched = [] if self.forgotten else [visit for visit in self.visits if visit["kind"] == "article"]
        return fetched[-1] if fetched and fetched[-1]["flag"] in FLAGS else None

    @property
    def place(self) -> Place | None:
        """Where its bytes lie: of the revision that is published, else of the last visit that brought any."""
        if self.forgotten:
            return None
        return _place(*((self.row,) if self.row else reversed(self.visits)))


def _place(*rows: Row) -> Place | None:
    found = next((row["landing"] for row in rows if row["landing"]), None)
    return Place(key=found["key"], offset=found["offset"]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A run that asked for a page and did not get it, and how that ended."""

    run_id: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A page as the rules read it now; of a rejected page no line has a rule."""

    page: Page
    decoded: Decoded
    candidate: str  # which way of locating the text won
    outcome: Outcome
    lines: tuple[Fate, ...]


def story(store: Store, asked: str) -> Story | None:
    """The story of a doc_id or an address, also of one that led elsewhere; None if it was never fetched."""
    corpus = Corpus.open(store)
    for doc_id in _ids(store, asked):
        with ThreadPoolExecutor() as pool:
            log = pool.submit(fetches.story, store, doc_id)
            forgotten = pool.submit(_forgotten, store, doc_id)
            members = corpus.cluster(doc_id).to_dicts()
            visits = tuple(log.result())
        row = next((each for each in members if each["doc_id"] == doc_id), None)
        if row or visits:
            cluster = tuple(members) if len(members) > 1 else ()
            return Story(doc_id=doc_id, visits=visits, row=row, cluster=cluster, forgotten=forgotten.result())
    return None


def _forgotten(store: Store, doc_id: str) -> Row | None:
    """What `tombstones.announce` told of it."""
    found = store.find(f"{keys.FORGOTTEN}{doc_id}.json")
    told: Row | None = json.loads(found) if found else None
    return {**told, "at": datetime.fromisoformat(told["at"])} if told else None


def failure(store: Store, asked: str) -> Failure | None:
    """How the latest of the last runs that asked for a page in vain was answered; None if none of them did."""
    wanted = asked if DOC_ID.fullmatch(asked) else urls.doc_id(asked)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for failures in pool.map(lambda run_id: _failures(store, run_id), keys.ended_runs(store)[:_LAST_RUNS]):
            if found := failures.get(wanted):
                return found
    return None


def _failures(store: Store, run_id: str) -> dict[str, Failure]:
    """What a run did not get, by doc_id; of a night only what failed is known, of a backfill what was skipped too."""
    report = run_reports.report(store, run_id)
    told = {url: f"failed because {reason}" for source in report.sources for url, reason in source.failures}
    answered = store.find(keys.answers(run_id)) if report.kind == "backfill" else None
    for answer in (Answer(**json.loads(line)) for line in (answered or b"").splitlines()):
        if answer.answer in ("failed", "skipped"):
            told[answer.url] = answer.words()
    return {urls.doc_id(url): Failure(run_id=run_id, how=how) for url, how in told.items()}


def _ids(store: Store, asked: str) -> Iterator[str]:
    if DOC_ID.fullmatch(asked):
        yield asked
    else:
        yield urls.doc_id(asked)
        yield from sorted(fetches.at(store, asked))


def page_of(store: Store, told: Story) -> Page | None:
    """The page as it came; None where no bytes of it are kept."""
    return landing.read_at(store, told.place) if told.place else None


def pending_text(store: Store, told: Story, source: Source, rules: Rules) -> str | None:
    """The text that is held back, as the rules read it now; None where there is none, or its bytes are not kept."""
    place = _place(told.pending) if told.pending else None
    page = landing.read_at(store, place) if place else None
    outcome = documents.process(page, source, rules) if page else None
    return outcome.text if isinstance(outcome, Document) else None


def read(page: Page, source: Source, rules: Rules) -> Reading:
    """What the rules make of a page, line by line."""
    outcome = documents.process(page, source, rules)
    if documents.is_file(page):
        return _reading_of_file(page, outcome, rules)
    file = isinstance(outcome, Rejected) and outcome.reason is Reason.NOT_HTML
    decoded, extracted, _ = documents.read(replace(page, body=b"") if file else page, source, rules)
    lines = tuple(
        line_fates.fates(extracted, outcome)
        if isinstance(outcome, Document)
        else (Fate(line.text) for line in extracted.lines)
    )
    return Reading(page=page, decoded=decoded, candidate=extracted.candidate, outcome=outcome, lines=lines)


def _reading_of_file(page: Page, outcome: Outcome, rules: Rules) -> Reading:
    """The lines of a file with their pages; of one that cannot be read none."""
    from pipeline.documents import files  # with the libraries that read files: 0.2 s of start-up

    lines = files.read(page, rules).lines if isinstance(outcome, Document) else ()
    told = tuple(Fate(line.text, line.rule, "file" if line.rule else "", line.page) for line in lines)
    candidate = outcome.candidate if isinstance(outcome, Document) else "file"
    nothing = Decoded(text="", declared="", detected="", used="", replaced=0)
    return Reading(page=page, decoded=nothing, candidate=candidate, outcome=outcome, lines=told)
