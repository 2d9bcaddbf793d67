"""One listing in, its links out page by page, until a stopping rule fires; what was seen of it becomes its report."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

import xxhash

from pipeline.core.conservation import ListingReport
from pipeline.core.source import Listing, Stop
from pipeline.core.urls import url_key
from pipeline.page.obstacles import Cause
from pipeline.store.known_pages import Validators
from spiders import listings
from spiders.http.failures import Failed, cause_of
from spiders.listings import Answer, Found, Link, Request, Rule, Stopper

log = logging.getLogger(__name__)

NOT_MODIFIED = "not_modified"  # beside the rules: the listing says what it said last night


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An answer and what its headers say of it. `answer` is None for 304."""

    answer: Answer | None
    validators: Validators
    at: datetime


@dataclass(slots=True, kw_only=True)
class Walk:
    """The pages of one listing, in their order. After `links` is exhausted, `report` says how it went."""

    listing: Listing
    ask: Callable[[Listing, Request, Validators | None], Awaitable[Heard]]  # raises Failed
    look: Callable[[Answer], Cause | None]  # what obstacle a page without links is
    known: Callable[[str], bool]
    stop: Stop
    cutoff: datetime
    before: Validators | None = None  # of last night
    _pages: int = 0
    _links: set[str] = field(default_factory=set)
    _newest: datetime | None = None
    _days: set[date] = field(default_factory=set)
    _validators: Validators = field(default_factory=Validators)
    _unchanged: bool = False
    _ended: str = ""
    _cause: str = ""
    _detail: str = ""
    _flags: set[str] = field(default_factory=set)

    async def links(self) -> AsyncIterator[tuple[Link, ...]]:
        """The links of each page. Never raises Failed: what fails is the listing's cause."""
        try:
            async for links in self._walk():
                yield links
        except Failed as error:
            if error.reason in ("out_of_time", "outside_window"):
                self._ended = error.reason
            else:
                self._fail(Cause.ROBOTS_DISALLOW if error.reason == "robots" else cause_of(error.reason), str(error))
        except Exception as error:  # a response that our reading cannot cope with; the other listings go on
            log.exception("crashed on %s", self.listing.url)
            self._fail(Cause.CRASHED, repr(error))

    async def _walk(self) -> AsyncIterator[tuple[Link, ...]]:
        stopper = Stopper(self.stop, known=self.known, cutoff=self.cutoff)
        queue = deque([listings.first(self.listing)])
        asked: set[tuple[str, str]] = set()
        while queue and not self._ended:
            request = queue.popleft()
            if (identity := (request.url, request.body)) in asked:
                continue
            asked.add(identity)
            found = await self._read(request, stopper, first=len(asked) == 1)
            if found is None:
                break
            queue.extend(found.next)
            yield found.links
        else:
            self._ended = self._ended or Rule.END
        self._flags |= stopper.flags
        if not self._links and not self._unchanged and not self._cause and not self.listing.may_be_empty:
            self._fail(Cause.EMPTY_LIST, "no page of it named an article")

    async def _read(self, request: Request, stopper: Stopper, *, first: bool) -> Found | None:
        """What one page says, None if the listing ends here."""
        try:
            heard = await self.ask(self.listing, request, self.before if first else None)
        except Failed as error:
            if error.reason not in ("http_404", "http_410") or not stopper.pages:
                raise
            self._end(stopper.feed_missing())
            return None
        if heard.answer is None:
            self._unchanged, self._ended, self._validators = True, NOT_MODIFIED, self.before or Validators()
            self._pages += 1
            return None
        found = listings.parse(self.listing, heard.answer, base=heard.at)
        self._pages += 1
        if not found.links and not stopper.pages:
            self._explain_emptiness(heard.answer, found)
        if found.links and not self._links and self._is_as_before(heard, found, first=first):
            self._unchanged, self._ended = True, NOT_MODIFIED
        self._note(found.links)
        if rule := stopper.feed(found):
            self._end(rule)
        return found

    def _end(self, rule: Rule) -> None:
        self._ended = self._ended or rule
        if rule is Rule.EMPTY_LIST:
            return
        if rule.is_fault:
            self._flags.add(rule.value)

    def _explain_emptiness(self, answer: Answer, found: Found) -> None:
        """A first page without links says why, unless it is meant to have none."""
        if "index" in found.flags:
            return
        if "script_only" in found.flags:
            raise Failed(Cause.JS_REQUIRED, answer.url)
        if obstacle := self.look(answer):
            raise Failed(Cause.JS_REQUIRED if obstacle is Cause.EMPTY_SHELL else obstacle, answer.url)
        if "not_a_listing" in found.flags:
            raise Failed(Cause.NOT_A_LISTING, answer.url)

    def _is_as_before(self, heard: Heard, found: Found, *, first: bool) -> bool:
        """Whether the first page with links names what it named last night.

        The digest is of what the page names, not of its bytes: counters and clocks in the margin change every time.
        ETag and Last-Modified are kept only where they are those of the page with the links.
        """
        digest = _digest(found.links)
        kept = heard.validators if first else Validators()
        self._validators = Validators(etag=kept.etag, last_modified=kept.last_modified, digest=digest)
        return self.before is not None and self.before.digest == digest

    def _note(self, links: Iterable[Link]) -> None:
        for link in links:
            self._links.add(url_key(link.url))
            if link.published:
                self._days.add(link.published.at.date())
            if link.published and (self._newest is None or link.published.at > self._newest):
                self._newest = link.published.at

    def _fail(self, cause: Cause, detail: str) -> None:
        self._cause, self._detail = cause, detail
        log.warning("%s: %s (%s)", self.listing.url, cause, detail)

    @property
    def failure(self) -> tuple[str, str]:
        """Cause and detail; two empty strings if the listing works."""
        return self._cause, self._detail

    def report(self, *, remember: bool) -> ListingReport:
        """How it went. With `remember` false next night reads it again in any case: something that it named is missing."""
        whole = remember and not self._cause and self._ended not in ("out_of_time", "outside_window")
        kept = self._validators if whole else Validators()
        return ListingReport(
            url=self.listing.url,
            family=self.listing.family,
            pages=self._pages,
            links=len(self._links),
            newest=self._newest,
            longest_pause=max(((b - a).days for a, b in pairwise(sorted(self._days))), default=0),
            etag=kept.etag,
            last_modified=kept.last_modified,
            digest=kept.digest,
            unchanged=self._unchanged,
            stop=str(self._ended),
            cause=self._cause,
            flags=tuple(sorted(self._flags)),
        )


def _digest(links: Iterable[Link]) -> str:
    said = "\n".join(f"{url_key(link.url)}\t{link.title}\t{link.date_raw}" for link in links)
    return xxhash.xxh3_128_hexdigest(said.encode("utf-8", "surrogatepass"))
