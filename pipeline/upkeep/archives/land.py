"""An archive in, landing files of the pages that are wanted out, each with its own date as the time of fetch.

How far it came lies in the store, `imports/ID.json`, after each batch of landing files: killed, it goes on from there,
and what it had written since is written again under the same keys.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from pydantic import ValidationError

from pipeline.attachments import kinds
from pipeline.core.config import Strict
from pipeline.core.dates import SHANGHAI
from pipeline.core.source import UNKNOWN, Source
from pipeline.core.source_of_url import source_of
from pipeline.core.urls import doc_id
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from pipeline.upkeep.archives.files import Archive
from pipeline.upkeep.archives.records import Damaged, Response, responses

_BATCH = 1500  # pages between two notes of how far it came: a minute of the work that follows
_OPEN = 48  # landing files at a time
_MOST_DAMAGED = 1000  # records that are named
_PAGES = ("text/html", "application/xhtml+xml")


class Progress(Strict):
    """How far an import came: of which WARC of the archive, up to which record, and what it made so far."""

    archive: str
    warc: int = 0
    offset: int = -1
    batches: int = 0
    landing: tuple[str, ...] = ()
    pages: dict[str, int] = {}  # by source
    skipped: dict[str, int] = {}
    damaged: tuple[tuple[str, int, str], ...] = ()  # WARC, offset, what is wrong
    complete: bool = False
    published: str = ""  # the run that did it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pages are wanted: of these hosts, or else of the sources' hosts and article patterns."""

    sources: Mapping[str, Source]
    hosts: Collection[str] = ()
    forgotten: Collection[str] = ()
    _known: dict[str, bool] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes with what is wanted: then the archive is looked through again."""
        told = [
            sorted(self.hosts),
            [(each.id, each.hosts, each.article.match, each.article.deny) for each in self.sources.values()],
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:8]

    def host(self, url: str) -> bool:
        """Whether the host of an address is one of them; asked of every record."""
        host = url.partition("://")[2].partition("/")[0].lower()
        if host not in self._known:
            name = host.rpartition("@")[2].partition(":")[0]
            own = self.hosts or {each for source in self.sources.values() for each in source.hosts}
            self._known[host] = any(each in (host, name) or name.endswith(f".{each}") for each in own)
        return self._known[host]

    def source(self, url: str) -> str:
        """The source that a page belongs to; empty if it is none of its articles."""
        source = source_of(url, self.sources.values())
        if source is None:
            return UNKNOWN if self.hosts else ""
        article = source.article
        is_article = re.search(article.match, url) and not any(re.search(pattern, url) for pattern in article.deny)
        return source.id if is_article else ""


def key_of(archive: Archive, wanted: Wanted) -> str:
    """Where the store holds how far an import came."""
    return f"imports/{archive.id}-{wanted.digest}.json"


def read(store: Store, key: str, archive: Archive) -> Progress:
    """How far an import came; the very beginning if it was not begun."""
    try:
        return Progress.model_validate_json(store.find(key) or b"")
    except ValidationError:
        return Progress(archive=archive.name)


def land(
    store: Store, archive: Archive, key: str, wanted: Wanted, say: Callable[[str], None] = lambda line: None
) -> Iterator[Sequence[str]]:
    """Land what is wanted of an archive; the keys of each batch of landing files as they are whole, earlier ones first."""
    progress = read(store, key, archive)
    if progress.landing:
        yield progress.landing
    with archive.warcs() as warcs:
        for number, (name, stream) in enumerate(warcs):
            if progress.complete or number < progress.warc:
                continue
            begin = progress.offset if number == progress.warc else -1
            batch = _Batch(store, key, progress)
            for found in responses(stream, begin, wanted.host, batch.reached):
                batch.take(found, name, wanted, say)
                if batch.size >= _BATCH:
                    progress = batch.close(number)
                    yield batch.keys
                    batch = _Batch(store, key, progress)
            progress = batch.close(number + 1, offset=-1)
            yield batch.keys
    progress = progress.model_copy(update={"complete": True})
    store.put(key, progress.model_dump_json(indent=1).encode())


def publish(store: Store, key: str, run_id: str) -> None:
    """Note that a run has published what was landed: done again, there is nothing to do."""
    progress = Progress.model_validate_json(store.get(key))
    store.put(key, progress.model_copy(update={"published": run_id}).model_dump_json(indent=1).encode())


class _Batch:
    """Pages on their way into landing files: one file for each source and day."""

    def __init__(self, store: Store, key: str, progress: Progress) -> None:
        self._store, self._key, self._progress = store, key, progress
        self._writers: dict[tuple[str, date], LandingWriter] = {}
        self._pages, self._skipped = Counter(progress.pages), Counter(progress.skipped)
        self._damaged = list(progress.damaged)
        self._offset = progress.offset
        self._numbers: Counter[tuple[str, date]] = Counter()
        self.keys: list[str] = []
        self.size = 0

    def reached(self, offset: int) -> None:
        """A record is looked at: those before it are done with."""
        self._offset = offset

    def take(self, found: Response | Damaged, name: str, wanted: Wanted, say: Callable[[str], None]) -> None:
        if isinstance(found, Damaged):
            say(f"{name}: the record at byte {found.offset} is damaged: {found.detail}")
            self._skipped["damaged"] += 1
            self._damaged = [*self._damaged, (name, found.offset, found.detail)][:_MOST_DAMAGED]
            return
        if reason := _unwanted(found, wanted):
            self._skipped[reason] += 1
            return
        source_id = wanted.source(found.url)
        self._writer(source_id, found.at.astimezone(SHANGHAI).date()).write(_capture(found, source_id))
        self._pages[source_id] += 1
        self.size += 1

    def close(self, warc: int, offset: int | None = None) -> Progress:
        """Upload what is open and note how far it came."""
        for place in list(self._writers):
            self._end(place)
        progress = Progress(
            archive=self._progress.archive,
            warc=warc,
            offset=self._offset if offset is None else offset,
            batches=self._progress.batches + 1,
            landing=(*self._progress.landing, *self.keys),
            pages=dict(self._pages),
            skipped=dict(self._skipped),
            damaged=tuple(self._damaged),
        )
        self._store.put(self._key, progress.model_dump_json(indent=1).encode())
        return progress

    def _writer(self, source_id: str, day: date) -> LandingWriter:
        place = (source_id, day)
        if place not in self._writers:
            if len(self._writers) >= _OPEN:
                self._end(next(iter(self._writers)))
            self._numbers[place] += 1
            name = f"import-{self._key[8:24]}-{self._progress.batches:05d}-{self._numbers[place]:02d}"
            self._writers[place] = LandingWriter(self._store, source_id, name, day)
        return self._writers[place]

    def _end(self, place: tuple[str, date]) -> None:
        writer = self._writers.pop(place)
        writer.close()
        self.keys += writer.keys


def _unwanted(found: Response, wanted: Wanted) -> str:
    """Why a page is not landed; empty if it is."""
    if not wanted.source(found.url):
        return "no_article"
    if doc_id(found.url) in wanted.forgotten:
        return "forgotten"
    if found.status not in (200, 203, 304):
        return f"http_{found.status}"
    if found.revisit:
        return ""
    declared = next((value for name, value in found.headers if name.lower() == "content-type"), "").lower()
    is_page = not declared or declared.startswith(_PAGES) or kinds.type_of(found.body) in kinds.FILES
    return "" if is_page and found.body else "no_page"


def _capture(found: Response, source_id: str) -> Capture:
    return Capture(
        kind="article",
        url=found.url,
        requested_url=found.url,
        source_id=source_id,
        status=found.status,
        headers=found.headers,
        body=found.body,
        fetched_at=found.at,
        request_headers=(("Host", urlsplit(found.url).netloc),),
    )
