"""A task in, Scrapy started and ended, the report out. Scrapy's own exit code is always 0: the report tells the truth."""

from collections.abc import Sequence
from datetime import datetime

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from pipeline.errors import StoreError
from pipeline.obstacles import Cause
from pipeline.report import CrawlReport
from spiders import outcome, settings
from spiders.crawl import SourceSpider
from spiders.task import Task


def crawl(task: Task, run_id: str) -> CrawlReport:
    """Crawl one source to its end; everything has landed and is uploaded when this returns. Once a process.

    SIGTERM and SIGINT end it early and cleanly. StoreError if the store refused what was fetched.
    """
    return crawl_all([task], run_id)[0]


def crawl_all(tasks: Sequence[Task], run_id: str) -> list[CrawlReport]:
    """The same for several sources side by side in this process."""
    started = tasks[0].clock.now()
    process = AsyncCrawlerProcess(settings.OF_THE_PROCESS)
    crawlers = []
    for task in tasks:
        crawler = Crawler(SourceSpider, Settings(settings.of_scrapy(task.settings, task.source)))
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
