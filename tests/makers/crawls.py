"""A real crawl of a site on the loopback, in a process forked for it: Scrapy starts once a process."""

import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport
from pipeline.core.source import Source, unknown
from pipeline.page import obstacles
from pipeline.page.fields.rules import FieldRules
from pipeline.store import landing
from pipeline.store.known_pages import Seen
from pipeline.store.s3 import Store
from tests.makers.places import ROOT
from tests.makers.servers.loopback import Site

CONFIG = ROOT / "config"


def source_of(site: Site, **differs: Any) -> Source:
    """A plain source whose list is the site's `/list.html`; `listing`, `fetch`, `article` are merged, the rest replaced."""
    return Source.model_validate(
        {"id": "bureau", "name": "某局", "tier": "gov", "hosts": [f"127.0.0.1:{site.port}"]}
        | {name: value for name, value in differs.items() if name not in ("listing", "fetch")}
        | {"listings": [{"url": site.url("/list.html"), "family": "next_link"} | differs.get("listing", {})]}
        | {"fetch": {"delay": 0, "timeout": 20, "retries": 0} | differs.get("fetch", {})}
    )


def crawl(
    site: Site,
    store: Store,
    *,
    seen: Seen | None = None,
    urls: Sequence[str] | None = None,
    generic: bool = False,
    retry: Mapping[str, float] | None = None,
    run_id: str = "r1",
    **differs: Any,
) -> CrawlReport:
    """The report of a crawl; what it raised is raised."""
    made = unknown([f"127.0.0.1:{site.port}"]) if generic else source_of(site, **differs)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_crawl, args=(theirs, made, store.url, seen or Seen(), urls, retry or {}, run_id))
    child.start()
    theirs.close()
    told = ours.recv()
    child.join()
    if isinstance(told, Exception):
        raise told
    return CrawlReport.model_validate_json(told)


def _crawl(
    told: Connection,
    source: Source,
    url: str,
    seen: Seen,
    urls: Sequence[str] | None,
    retry: Mapping[str, float],
    run_id: str,
) -> None:
    from spiders.crawl import scrapy_run
    from spiders.crawl.landing_writer import Landed
    from spiders.crawl.night_window import Clock
    from spiders.crawl.task import Task
    from spiders.http import scrapy_settings

    try:
        plain = scrapy_settings.load(CONFIG / "crawl.yaml", "mailto:test@example.org")
        patience = plain.retry.model_copy(update={"first_wait": 0.05, "longest_wait": 1.0, **retry})
        clock = Clock()
        writer = landing.LandingWriter(Store.open(url), source.id, run_id, clock.day)
        task = Task(
            source=source,
            settings=plain.model_copy(update={"retry": patience}),
            signatures=obstacles.load(CONFIG / "obstacles.yaml"),
            file_links=read(CONFIG / "fields.yaml", FieldRules).attachments,
            landed=Landed(writer),
            clock=clock,
            seen=replace(seen),
            urls=urls,
        )
        told.send(scrapy_run.crawl(task, run_id).model_dump_json())
    except Exception as error:
        told.send(error)
