"""What the pages show, read from the store anew for each of them; reports of runs are kept, they do not change."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from threading import Lock, Thread

import xxhash

from flows.settings import Settings
from pipeline.core import source
from pipeline.core.conservation import RunReport
from pipeline.core.errors import StoreError
from pipeline.core.models import Page
from pipeline.core.observation import Alarm, Observation
from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.search import Busy, Hit, Index
from pipeline.documents.templates import shelf
from pipeline.report import plots, run_reports, story
from pipeline.report.story import Failure, Reading, Story
from pipeline.rules import Rules
from pipeline.store import keys
from pipeline.store.s3 import Store

Seen = tuple[str, Observation]
_AT_ONCE = 8  # requests to the store
_PATIENCE = 0.5  # seconds that a search waits for the index to follow the corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found in the index of `version`, where the corpus is at `newest`; no hits at all while the first index is
    being made, of which so many documents of so many are `indexed`."""

    hits: list[Hit] | None
    version: int
    newest: int
    indexed: tuple[int, int]


class Reader:
    """The store of a console, and what was read of it."""

    def __init__(self, known: Settings, store: Store) -> None:
        self.known, self.store = known, store
        self._reports: dict[str, RunReport] = {}
        self._lock = Lock()
        self._syncing: Thread | None = None
        self._indexed = 0, 0
        name = xxhash.xxh3_64_hexdigest(store.url.encode())
        self._index = Index(known.home / "search" / f"{name}.sqlite", _PATIENCE)

    @cached_property
    def rules(self) -> Rules:
        """The rules, as they were when the console began."""
        return Rules.load(self.known.config)

    def corpus(self) -> Corpus:
        """The newest snapshot."""
        return Corpus.open(self.store)

    def sources(self) -> dict[str, Source]:
        """The sources that are configured now."""
        return {each.id: each for each in source.load_all(self.known.sources)}

    def run_ids(self) -> list[str]:
        """Newest first."""
        return keys.ended_runs(self.store)

    def report(self, run_id: str) -> RunReport:
        """The report of a run; StoreError if there is none."""
        if run_id not in self._reports:
            self._reports[run_id] = run_reports.report(self.store, run_id)
        return self._reports[run_id]

    def reports(self, run_ids: Sequence[str]) -> list[RunReport]:
        """The reports of some runs."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.report, run_ids))

    def nights(self, count: int) -> list[RunReport]:
        """The reports of the last runs that observed sources, oldest first."""
        return [report for report in self.reports(self.run_ids()[:count]) if report.observations][::-1]

    def observed(self, count: int) -> dict[str, list[Seen]]:
        """By source: what the last runs showed of it, each beside the run's name, oldest first."""
        found: dict[str, list[Seen]] = {}
        reports = self.nights(count)
        for run, report in zip(plots.moments([each.started_at for each in reports]), reports, strict=True):
            for each in report.observations:
                found.setdefault(each.source_id, []).append((run, each))
        return found

    def alarms(self, count: int) -> list[Alarm]:
        """What is wrong now."""
        return run_reports.open_alarms(self.nights(count)[::-1])

    def story(self, asked: str) -> Story | None:
        """All that the store holds on a page."""
        return story.story(self.store, asked)

    def failure(self, asked: str) -> Failure | None:
        """How the last run that asked for a page in vain was answered."""
        return story.failure(self.store, asked)

    def page(self, told: Story) -> Page | None:
        """The page as it came; None where its bytes are not kept, or are gone."""
        try:
            return story.page_of(self.store, told)
        except (StoreError, ValueError):
            return None

    def pending_text(self, told: Story) -> str | None:
        """The text of the last visit that is held back."""
        if not told.pending:
            return None
        try:
            return story.pending_text(
                self.store,
                told,
                source.of(self.known.sources, told.pending["source_id"]),
                self.rules_of(told.pending["source_id"]),
            )
        except (StoreError, ValueError):
            return None

    def reading(self, page: Page) -> Reading:
        """The page as the rules read it now."""
        return story.read(page, source.of(self.known.sources, page.source_id), self.rules_of(page.source_id))

    def rules_of(self, source_id: str) -> Rules:
        """The rules for the pages of a source, with what was learned of it."""
        return self.rules.of(shelf.current(self.store, source_id))

    def search(self, asked: str, limit: int, skip: int, source_id: str) -> Found:
        """The documents that fit best, and of which version: the index may still be on its way to the newest."""
        corpus = self.corpus()
        with self._lock:
            if not (self._syncing and self._syncing.is_alive()):
                self._syncing = Thread(target=self._sync, args=(corpus,), daemon=True)
                self._syncing.start()
            syncing = self._syncing
        syncing.join(_PATIENCE)
        with suppress(Busy):
            if self._index.version:
                hits = self._index.search(corpus, asked, limit, skip=skip, sources=[source_id] if source_id else ())
                return Found(hits=hits, version=self._index.version, newest=corpus.version, indexed=self._indexed)
        return Found(hits=None, version=0, newest=corpus.version, indexed=self._indexed)

    def _sync(self, corpus: Corpus) -> None:
        def step(done: int, total: int) -> None:
            self._indexed = done, total

        with suppress(Busy):  # `gongbao search` brings it up to date as well
            self._index.sync(corpus, step=step)
