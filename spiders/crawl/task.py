"""What a crawl is told, and which of the articles that it meets it wants."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from pipeline.core.dates import SHANGHAI
from pipeline.core.source import Listing, Source, Stop
from pipeline.page.fields.rules import AttachmentRules
from pipeline.page.obstacles import Signatures
from pipeline.store.known_pages import Seen, Validators
from spiders.crawl.landing_writer import Landed
from spiders.crawl.night_window import Clock
from spiders.http.scrapy_settings import CrawlSettings
from spiders.listings import Link

_ALL_PAGES = 10_000  # of a listing; the other stopping rules end it before


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An article to be fetched, and what is known of it."""

    url: str
    title: str = ""
    date: str = ""
    validators: Validators | None = None  # it was fetched before, and is due


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One crawl: the source, how it is asked, what is known of it, and where its pages go."""

    source: Source
    settings: CrawlSettings
    signatures: Signatures
    landed: Landed
    clock: Clock
    file_links: AttachmentRules  # which links of an article lead to its files
    seen: Seen = field(default_factory=Seen)
    urls: Iterable[str] | None = None  # fetch exactly these, and walk no listing
    probe: int = 0  # the first page of each listing, and at most so many articles; what is known counts for nothing
    period: tuple[date, date] | None = None  # walk the listings back to the first day, and fetch what is of these days


class Choice:
    """The source's rules and the task's bounds, applied to addresses."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._match = re.compile(task.source.article.match)
        self._deny = [re.compile(pattern) for pattern in task.source.article.deny]

    def is_ours(self, url: str) -> bool:
        """Whether an address is on a host of the source, or on a host below it."""
        parts = urlsplit(url)
        host, netloc = (parts.hostname or "").lower(), parts.netloc.lower()
        return any(own in (host, netloc) or host.endswith("." + own) for own in self._task.source.hosts)

    def refusal(self, wanted: Wanted) -> str:
        """Why an article is not asked for; empty if it is."""
        if not _is_http(wanted.url):
            return "not_http"
        if not self.is_ours(wanted.url):
            return "other_host"
        if wanted.validators is not None:
            return ""
        if self._task.urls is None and not self._is_article(wanted.url):
            return "denied"
        if self._task.seen.knows(wanted.url):
            return "known"
        return "dead_link" if self._task.urls is None and self._task.seen.is_dead(wanted.url) else ""

    def wrong_day(self, link: Link, listing: Listing, *, archive: bool) -> str:
        """Why the date of a link turns it away; empty if it does not. Without a date it may be of any day.

        Old links on a page of news are few and are fetched; an archive names all that there ever was.
        """
        if link.published is None:
            return ""
        if self._task.period:
            first, last = self._task.period
            inside = first <= link.published.at.astimezone(SHANGHAI).date() <= last
            return "" if inside else "outside_period"
        return "too_old" if archive and link.published.at < self.cutoff(listing) else ""

    def cutoff(self, listing: Listing) -> datetime:
        """Before this, a listing's articles are old."""
        if self._task.period:
            return datetime.combine(self._task.period[0], time(), SHANGHAI)
        return self._task.clock.now() - timedelta(days=listing.stop.older_than_days)

    def stop(self, listing: Listing) -> Stop:
        """A night reads some pages, a probe one; a period is read to its first day."""
        if self._task.probe:
            return listing.stop.model_copy(update={"max_pages": 1})
        return listing.stop.model_copy(update={"max_pages": _ALL_PAGES}) if self._task.period else listing.stop

    def _is_article(self, url: str) -> bool:
        return bool(self._match.search(url)) and not any(pattern.search(url) for pattern in self._deny)


def _is_http(url: str) -> bool:
    """Whether this is an address that a request can be made of at all."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
