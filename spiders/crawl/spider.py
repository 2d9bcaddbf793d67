"""The one generic spider: a source in; its listings walked, its new and due articles landed, all of it accounted for."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import scrapy
from scrapy.http import Response, TextResponse

from pipeline.core.models import Decoded
from pipeline.core.source import Listing
from pipeline.core.urls import split_part, url_key
from pipeline.page.decode import decode
from pipeline.page.fields.attachment_links import link_type
from pipeline.page.obstacles import Cause, recognise
from pipeline.store.known_pages import Seen, Validators
from pipeline.store.landing import Capture, Kind
from spiders.crawl import further_parts
from spiders.crawl.ledger import Ledger
from spiders.crawl.listing_walk import Heard, Walk
from spiders.crawl.night_window import inside
from spiders.crawl.task import Choice, Task, Wanted
from spiders.http import browser
from spiders.http.cookies import Cookies
from spiders.http.failures import NOT_ASKED, Failed
from spiders.http.fetch import Fetcher
from spiders.http.firewalls import Obstacles
from spiders.http.inner_hosts import Guard
from spiders.http.raw_bytes import Received
from spiders.http.scrapy_settings import secret
from spiders.listings import Answer, Link, Request

log = logging.getLogger(__name__)

_TELL_SECONDS = 2.0
_MISSES = 3
_REVISIT = frozenset({304, 404, 410})  # what is news of an article that we have


class SourceSpider(scrapy.Spider):
    """Crawls one source. Requests are made by `Fetcher`, so that what becomes of each can be read straight down."""

    name = "source"
    finished = False
    crashed: ExceptionGroup[Exception] | None = None
    _no_parts = 0  # addresses that looked like a further part of an article and were none
    _told = 0.0  # when we last said how far we are
    obstacles: Obstacles  # these three are set by the middlewares of their names
    cookies: Cookies
    guard: Guard

    def __init__(self, *, task: Task, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.task = task
        self.source = task.source
        self.settings_of_crawl = task.settings
        self.signatures = task.signatures
        self.choice = Choice(task)
        self._files: set[str] = set()  # keys of the files that were asked for
        self.ledger = Ledger(names_all=task.urls is not None or task.period is not None)
        self.walks = [self._walk(listing) for listing in task.source.listings] if task.urls is None else []
        self.deadline = task.clock.now() + timedelta(hours=task.settings.limits.hours)

    async def start(self) -> AsyncIterator[Any]:
        """Fill a queue from what is due and from the listings; empty it with as many hands as the source allows."""
        assert self.crawler.engine
        self.fetcher = Fetcher(self.crawler, self.obstacles, self.settings_of_crawl.give_up_after)
        queue: asyncio.Queue[Wanted | None] = asyncio.Queue(maxsize=self.settings_of_crawl.limits.queue)
        hands = min(32, self.source.fetch.concurrency * len(self.source.hosts))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._fill(queue, hands))
                for _ in range(hands):
                    tasks.create_task(self._empty(queue))
            self.finished = True
        except* Exception as errors:
            self.crashed = errors
            log.exception("the crawl ended early")
        return
        yield  # what Scrapy wants is an iterator; ours asks by itself

    def is_ours(self, url: str) -> bool:
        """Whether an address is on a host of the source."""
        return self.choice.is_ours(url)

    # -- what is wanted -------------------------------------------------------

    async def _fill(self, queue: asyncio.Queue[Wanted | None], hands: int) -> None:
        put = 0
        async for wanted in self._wanted():
            if self.ledger.list(wanted.url):
                if reason := self.choice.refusal(wanted):
                    self.ledger.skip(wanted.url, reason)
                elif self.task.probe and put == self.task.probe:
                    self.ledger.skip(wanted.url, "not_probed")
                else:
                    put += 1
                    await queue.put(wanted)
        for _ in range(hands):
            await queue.put(None)

    async def _wanted(self) -> AsyncIterator[Wanted]:
        if self.task.urls is not None:
            said = {due.url: due for due in self.task.seen.due}
            for url in self.task.urls:
                yield Wanted(url=url, title=said[url].title, date=said[url].date) if url in said else Wanted(url=url)
            return
        due_now = self.task.seen.due if self.task.period is None else ()
        opened = [(walk, walk.links()) for walk in self.walks]
        first: tuple[Link, ...] = ()
        if opened and due_now:  # articles may need the session that the first page of the list begins
            with suppress(StopAsyncIteration):
                first = await anext(opened[0][1])
        for due in due_now:
            yield Wanted(url=due.url, title=due.title, date=due.date, validators=None if due.failed else due.validators)
        for walk, pages in opened:
            async for links in _before(first, pages):
                first = ()
                archive = len(links) > self.settings_of_crawl.limits.archive_links
                for link in links:
                    if reason := self.choice.wrong_day(link, walk.listing, archive=archive):
                        if self.ledger.list(link.url):
                            self.ledger.skip(link.url, reason)
                    else:
                        yield Wanted(url=link.url, title=link.title, date=link.date_raw)

    def _out_of_time(self) -> str:
        """Why nothing more may be asked now; empty if it may."""
        now = self.task.clock.now()
        if now > self.deadline:
            return "out_of_time"
        return "" if inside(self.source.fetch.window, now) else "outside_window"

    # -- what becomes of it ---------------------------------------------------

    async def _empty(self, queue: asyncio.Queue[Wanted | None]) -> None:
        while wanted := await queue.get():
            try:
                captures = await self._fetch(wanted)
            except Failed as error:
                if error.reason in NOT_ASKED:
                    self.ledger.skip(wanted.url, error.reason)
                else:
                    log.info("%s: %s", wanted.url, error)
                    self.ledger.fail(wanted.url, error.reason)
            except Exception:  # one page that we cannot cope with must not lose the night; the report names it
                log.exception("crashed on %s", wanted.url)
                self.ledger.fail(wanted.url, Cause.CRASHED)
            else:
                await self.task.landed.write(*captures)
                self.ledger.fetch(wanted.url)
            self._tell()

    def _tell(self) -> None:
        """How far we are, for those who watch (`flows/terminal/progress.py` reads it)."""
        if time.monotonic() - self._told >= _TELL_SECONDS:
            self._told = time.monotonic()
            log.info("%d of %d articles", self.ledger.settled, self.ledger.listed)

    async def _fetch(self, wanted: Wanted) -> list[Capture]:
        """The article with its further parts, and its attachments where the source wants them; Failed if not whole."""
        request, response, received = await self._first_part(wanted) or await self._ask_article(wanted.url, wanted)
        head = self._capture("article", request, response, received, wanted)
        if response.status not in (200, 203) or not isinstance(response, TextResponse):
            return [head]
        further = [part async for part in self._parts(response)]
        files = [file async for file in self._attachments(response)] if self.source.attachments.fetch else []
        return [head, *further, *files]

    async def _ask_article(self, url: str, wanted: Wanted) -> tuple[scrapy.Request, Response, Received]:
        meta: dict[str, Any] = {"kind": "article"}
        if link_type(url) in self.source.attachments.types:  # a column of PDFs
            meta["download_maxsize"] = self.source.attachments.max_bytes
        request = scrapy.Request(url, headers=_conditions(wanted.validators), meta=meta)
        return request, *await self._ask(request, _REVISIT if wanted.validators else frozenset[int]())

    async def _first_part(self, wanted: Wanted) -> tuple[scrapy.Request, Response, Received] | None:
        """Where a listing names part 2, the article's first part, if it is there and leads on to that part.

        Numbers at the end of an address mean something else on many a site: after a few misses it is not tried again.
        """
        first, number = split_part(wanted.url)
        if not number or self.task.urls is not None or self._no_parts >= _MISSES:
            return None
        try:
            request, response, received = await self._ask_article(first, wanted)
        except Failed as error:
            if error.reason not in ("http_404", "http_410"):
                raise
        else:
            if response.status == 304 or further_parts.leads_to(wanted.url, response.body):
                return request, response, received
        self._no_parts += 1
        return None

    async def _parts(self, response: Response) -> AsyncIterator[Capture]:
        """Parts 2, 3, … of an article. One that cannot be had fails the article; one that is not there ends it."""
        head, seen = response.url, {url_key(response.url)}
        while further_parts.may_have_parts(response.url, response.body) and len(seen) < self.source.article.max_parts:
            url = further_parts.next_part(response.url, response.body, self._read(response), self.source.article)
            if not url or url_key(url) in seen:
                return
            seen.add(url_key(url))
            request = scrapy.Request(url, headers={"Referer": response.url}, meta={"kind": "part"})
            try:
                response, received = await self._ask(request)
            except Failed as error:
                if error.reason in ("http_404", "http_410"):
                    return
                raise
            yield self._capture("part", request, response, received, part_of=head)

    async def _attachments(self, response: Response) -> AsyncIterator[Capture]:
        """Files of an article, each once a night. What cannot be had is counted: the article stands, and names it."""
        spec = self.source.attachments
        for file in further_parts.files(response.url, self._read(response), self.task.file_links):
            key = url_key(file.url)
            if key in self._files or file.type not in (*spec.types, "unknown") or not self.is_ours(file.url):
                continue
            self._files.add(key)
            known = self.task.seen.files.get(file.url)
            request = scrapy.Request(
                file.url,
                headers={"Referer": response.url, **_conditions(known)},
                meta={"kind": "attachment", "download_maxsize": spec.max_bytes},
            )
            try:
                answer, received = await self._ask(request, frozenset({304}) if known else frozenset[int]())
            except Failed as error:
                log.info("attachment %s: %s", file.url, error)
                self.ledger.files[f"failed:{error.reason}"] += 1
            else:
                named = Wanted(url=file.url, title=file.name)
                yield self._capture("attachment", request, answer, received, named, part_of=response.url)

    # -- asking ---------------------------------------------------------------

    async def _ask(self, request: scrapy.Request, accept: frozenset[int] = frozenset()) -> tuple[Response, Received]:
        if reason := self._out_of_time():
            raise Failed(reason)
        return await self.fetcher.get(request, accept)

    async def _ask_listing(self, listing: Listing, wanted: Request, validators: Validators | None) -> Heard:
        if wanted.url.startswith("file:"):
            return self._read_inbox(wanted)
        request = scrapy.Request(
            wanted.url,
            method=wanted.method,
            body=wanted.body,
            headers={
                **{name: secret(value, f"headers.{name}") for name, value in wanted.headers},
                **_conditions(validators),
            },
            meta={"kind": "listing", **(browser.request() if listing.render else {})},
        )
        if wanted.body:
            request.headers.setdefault(b"Content-Type", b"application/x-www-form-urlencoded; charset=UTF-8")
        response, received = await self._ask(request, frozenset({304}) if validators else frozenset())
        await self.task.landed.write(self._capture("listing", request, response, received))
        read = self._read(response)
        answer = Answer(
            url=response.url,
            body=response.body,
            text=read.text,
            charset=read.used,
            content_type=_header(response, "Content-Type"),
            page=wanted.page,
            sent=wanted.body,
        )
        told = Validators(etag=_header(response, "ETag"), last_modified=_header(response, "Last-Modified"))
        at = self.task.clock.at(received.at)
        return Heard(answer=None if response.status == 304 else answer, validators=told, at=at)

    def _read_inbox(self, wanted: Request) -> Heard:
        """A file of addresses that a person feeds."""
        path = Path(unquote(urlsplit(wanted.url).path))
        try:
            body = path.read_bytes()
        except OSError as error:
            raise Failed(Cause.NOT_A_LISTING, str(error)) from error
        answer = Answer(url=wanted.url, body=body, text=decode(body).text, content_type="text/plain", page=wanted.page)
        return Heard(answer=answer, validators=Validators(), at=self.task.clock.now())

    def _walk(self, listing: Listing) -> Walk:
        """A night stops at what is known; a period is read whatever is known."""
        seen = self.task.seen if self.task.period is None else Seen()
        return Walk(
            listing=listing,
            stop=self.choice.stop(listing),
            cutoff=self.choice.cutoff(listing),
            ask=self._ask_listing,
            look=lambda answer: recognise(200, (), answer.text, self.signatures),
            known=seen.knows,
            before=seen.listings.get(listing.url),
        )

    def _read(self, response: Response) -> Decoded:
        return decode(response.body, _header(response, "Content-Type"), self.source.article.encoding)

    def _capture(
        self,
        kind: Kind,
        request: scrapy.Request,
        response: Response,
        received: Received,
        wanted: Wanted | None = None,
        part_of: str = "",
    ) -> Capture:
        return Capture(
            kind=kind,
            url=response.url,
            requested_url=request.url if wanted is None else wanted.url,
            source_id=self.source.id,
            status=received.status,
            headers=received.headers,
            body=received.body,
            fetched_at=self.task.clock.at(received.at),
            method=request.method,
            request_headers=received.request_headers,
            request_body=request.body,
            listed_title=wanted.title if wanted else "",
            listed_date=wanted.date if wanted else "",
            part_of=part_of,
        )


async def _before(first: tuple[Link, ...], pages: AsyncIterator[tuple[Link, ...]]) -> AsyncIterator[tuple[Link, ...]]:
    if first:
        yield first
    async for page in pages:
        yield page


def _conditions(validators: Validators | None) -> dict[str, str]:
    """The headers that ask for a page only if it changed."""
    if validators is None:
        return {}
    asked = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in asked.items() if value}


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")
