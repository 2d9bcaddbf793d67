"""A task in, Scrapy started and ended, the report out. Scrapy's own exit code is always 0: the report tells the truth."""

from collections.abc import Sequence
from datetime import datetime

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from pipeline.core.conservation import CrawlReport
from pipeline.core.errors import StoreError
from pipeline.page.obstacles import Cause
from spiders.crawl import outcome
from spiders.crawl.spider import SourceSpider
from spiders.crawl.task import Task
from spiders.http import scrapy_settings


def crawl(task: Task, run_id: str) -> CrawlReport:
    """Crawl one source to its end; everything has landed and is uploaded when this returns. Once a process.

    SIGTERM and SIGINT end it early and cleanly. StoreError if the store refused what was fetched.
    """
    return crawl_all([task], run_id)[0]


def crawl_all(tasks: Sequence[Task], run_id: str) -> list[CrawlReport]:
    """The same for several sources side by side in this process."""
    started = tasks[0].clock.now()
    process = AsyncCrawlerProcess(scrapy_settings.of_process(tasks[0].settings, [task.source for task in tasks]))
    crawlers = []
    for task in tasks:
        crawler = Crawler(SourceSpider, Settings(scrapy_settings.of_scrapy(task.settings, task.source)))
        process.crawl(crawler, task=task)
        crawlers.append(crawler)
    process.start()
    return [_finish(crawler, task, run_id, started) for crawler, task in zip(crawlers, tasks, strict=True)]


def _finish(crawler: Crawler, task: Task, run_id: str, started: datetime) -> CrawlReport:
    keys = task.landed.close()
    spider = crawler.spider
    if not isinstance(spider, SourceSpider):
        raise RuntimeError("Scrapy did not start; its log says why")
    if refused := spider.crashed and spider.crashed.subgroup(StoreError):
        raise StoreError(str(refused.exceptions[0]))
    return outcome.report(spider, run_id, started, keys, _early_end(spider))


def _early_end(spider: SourceSpider) -> str:
    """Why the crawl ended before it was done; empty if it was done."""
    if spider.crashed:
        return Cause.CRASHED
    return "" if spider.finished else Cause.INTERRUPTED
