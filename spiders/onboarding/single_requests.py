"""A few requests for a person at a terminal, made as a crawl makes its own: robots.txt, cookies, hosts inside, redirects."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from pipeline.core.source import Fetch, Source, is_loopback, unknown
from pipeline.page.obstacles import Signatures
from pipeline.page.obstacles import load as load_signatures
from spiders.http import scrapy_settings
from spiders.http.cookies import Cookies
from spiders.http.failures import Failed
from spiders.http.fetch import Fetcher
from spiders.http.firewalls import Obstacles
from spiders.listings import Request
from spiders.onboarding.draft import Page

_PAUSE = 2.0  # seconds between two requests; `sites.md` 4.8: 2 to 5
Ask = Callable[[Request], Page]
Found = TypeVar("Found")


class Refused(OSError):
    """There is no page: the site or its robots.txt says no, or does not answer."""


def with_asker(config: Path, url: str, work: Callable[[Ask], Found], source: Source | None = None) -> Found:
    """What `work` finds, which is given a function that asks for one page at a time (`Refused` says why there is none).

    Asked is as for `source` where there is one; else the host of `url`, which a person typed, may lie inside. Once a process.
    """
    host = urlsplit(url).netloc
    pause = 0.0 if is_loopback(host) else _PAUSE
    asked = source or unknown([host]).model_copy(update={"id": "typed", "fetch": Fetch(delay=pause, retries=0)})
    how = scrapy_settings.load(config / "crawl.yaml", os.environ.get("GONGBAO_CONTACT", ""))
    crawler = Crawler(_Asker, Settings(scrapy_settings.of_scrapy(how, asked)))
    process = AsyncCrawlerProcess(scrapy_settings.of_process(how, [asked]))
    process.crawl(crawler, how=how, signatures=load_signatures(config / "obstacles.yaml"), work=work)
    process.start()
    spider = crawler.spider
    if not isinstance(spider, _Asker):
        raise RuntimeError("Scrapy did not start; its log says why")
    if spider.error:
        raise spider.error
    found: Found = spider.found
    return found


class _Asker(scrapy.Spider):
    """Does not crawl: it answers what `work`, in a thread of its own, asks for."""

    name = "asker"
    obstacles: Obstacles
    cookies: Cookies
    found: Any = None
    error: Exception | None = None

    def __init__(
        self,
        *,
        how: scrapy_settings.CrawlSettings,
        signatures: Signatures,
        work: Callable[[Ask], Any],
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self.settings_of_crawl = how
        self.signatures = signatures
        self._work = work

    def is_ours(self, url: str) -> bool:
        """A person sees where a redirect led."""
        return True

    async def start(self) -> AsyncIterator[Any]:
        """Do the work, to its end."""
        fetcher = Fetcher(self.crawler, self.obstacles, self.settings_of_crawl.give_up_after)
        loop = asyncio.get_running_loop()

        def ask(request: Request) -> Page:
            return asyncio.run_coroutine_threadsafe(_page(fetcher, request), loop).result()

        try:
            self.found = await asyncio.to_thread(self._work, ask)
        except Exception as error:
            self.error = error
        return
        yield


async def _page(fetcher: Fetcher, wanted: Request) -> Page:
    headers = {name: scrapy_settings.secret(value, f"headers.{name}") for name, value in wanted.headers}
    request = scrapy.Request(wanted.url, method=wanted.method, body=wanted.body, headers=headers)
    try:
        response, _ = await fetcher.get(request)
    except Failed as error:
        raise Refused(
            f"robots.txt of {urlsplit(wanted.url).netloc} forbids it" if error.reason == "robots" else str(error)
        ) from error
    said = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return Page(url=response.url, body=response.body, content_type=said, sent=wanted.body)
