"""Pages a second of our crawl and of a bare Scrapy spider that writes nothing; memory against the number of URLs.

`python tests/benchmarks/crawl.py rate [PAGES]`, `… memory [URLS…]` and `… known [URLS]`. Loopback, one server process;
every crawl in a process of its own, the two kinds in turn.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.makers.places import ROOT

sys.path.insert(0, str(ROOT))

PER_LIST = 50
ROUNDS = 3


class Server(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and ready-made bodies: as cheap as Python can be, so that it is not what is measured."""

    pages = 0
    text = (
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>关于做好有关工作的通知</title>"
        + "<script>var config={};</script>" * 20
        + "</head><body><h1>关于做好有关工作的通知</h1>"
        + "".join(
            f"<p>第{n}条　各有关单位应当于每月{n % 28 + 1}日前报送上月数据，逾期未报的予以通报。</p>"
            for n in range(220)
        )
        + "</body></html>"
    ).encode()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            self.answer(head.split(b" ", 2)[1].decode())

    def answer(self, path: str) -> None:
        status, kind, body = "200 OK", "text/html; charset=utf-8", self.text
        if path.startswith("/list/"):
            body = self.listing(int(path[6:].removesuffix(".html")))
        elif path == "/robots.txt":
            kind, body = "text/plain", b"User-agent: *\nDisallow: /private/\n"
        self.transport.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )

    def listing(self, page: int) -> bytes:
        first = page * PER_LIST
        rows = "".join(
            f"<li><a href='/a/2026{n:07d}.html'>第{n}号通知</a><span>2026-01-05</span></li>"
            for n in range(first, min(first + PER_LIST, self.pages))
        )
        further = f"<a href='/list/{page + 1}.html'>下一页</a>" if first + PER_LIST < self.pages else ""
        return f"<html><head><meta charset='utf-8'></head><body><ul>{rows}</ul>{further}</body></html>".encode()


def serve(pages: int, port: Any, text: bytes | None) -> None:
    Server.pages, Server.text = pages, text or Server.text

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def source(port: int, pages: int) -> Any:
    from pipeline.core.source import Source

    return Source.model_validate(
        {
            "id": "bench",
            "name": "测试",
            "tier": "gov",
            "hosts": ["127.0.0.1"],
            "listings": [
                {
                    "url": f"http://127.0.0.1:{port}/list/0.html",
                    "family": "next_link",
                    "item": {"row": "li", "link": ["a::attr(href)"], "title": ["a::text"], "date": ["span::text"]},
                    "stop": {"max_pages": pages // PER_LIST + 1, "older_than_days": 3000},
                }
            ],
            "fetch": {"delay": 0, "concurrency": 16},
        }
    )


def ours(port: int, pages: int, urls: int = 0) -> dict[str, float]:
    """Landing, state and politeness (robots.txt, delay 0) on."""
    from flows.servers import embedded_store
    from pipeline.core.config import read
    from pipeline.page import obstacles
    from pipeline.page.fields.rules import FieldRules
    from pipeline.store import fetches
    from pipeline.store.landing import LandingWriter
    from pipeline.store.s3 import Store
    from spiders.crawl import scrapy_run
    from spiders.crawl.landing_writer import Landed
    from spiders.crawl.night_window import Clock
    from spiders.crawl.task import Task
    from spiders.http import scrapy_settings

    how, clock = scrapy_settings.load(ROOT / "config/crawl.yaml"), Clock()
    store = Store.open(f"s3://{embedded_store.BUCKET}")
    asked = source(port, pages)
    writer = LandingWriter(
        store, asked.id, f"b{os.getpid()}", clock.day, how.landing.max_bytes, how.landing.max_seconds
    )
    started = time.perf_counter()
    task = Task(
        source=asked,
        settings=how,
        signatures=obstacles.load(ROOT / "config/obstacles.yaml"),
        file_links=read(ROOT / "config/fields.yaml", FieldRules).attachments,
        landed=Landed(writer),
        clock=clock,
        seen=fetches.seen(store, asked.id, clock.now()),
        urls=(f"http://127.0.0.1:{port}/a/2026{n:07d}.html" for n in range(urls)) if urls else None,
    )
    report = scrapy_run.crawl(task, "bench")
    assert report.closes
    assert report.fetched == (urls or pages), report
    return {"rate": report.fetched / (time.perf_counter() - started)}


def bare(port: int, pages: int) -> dict[str, float]:
    """The same settings, Scrapy's own middlewares, links followed, nothing written."""
    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess

    from spiders.http import scrapy_settings

    class Bare(scrapy.Spider):
        name = "bare"
        got = 0

        async def start(self) -> Any:
            yield scrapy.Request(f"http://127.0.0.1:{port}/list/0.html")

        def parse(self, response: Any) -> Any:
            for href in response.css("li a::attr(href)").getall():
                yield response.follow(href, self.article)
            for link in response.xpath("//a[text()='下一页']/@href").getall():
                yield response.follow(link)

        def article(self, response: Any) -> None:
            Bare.got += 1

    same = scrapy_settings.of_scrapy(scrapy_settings.load(ROOT / "config/crawl.yaml"), source(port, pages))
    same.pop("DOWNLOADER_MIDDLEWARES")
    started = time.perf_counter()
    process = AsyncCrawlerProcess(same)
    process.crawl(Bare)
    process.start()
    assert Bare.got == pages, Bare.got
    return {"rate": Bare.got / (time.perf_counter() - started)}


def known(urls: int) -> dict[str, float]:
    """The time until a crawl knows so many articles of earlier nights."""
    from flows.servers import embedded_store
    from pipeline.store import fetches
    from pipeline.store.s3 import Store
    from spiders.crawl import scrapy_run  # noqa: F401 - what a crawl has in memory anyhow

    store = Store.open(f"s3://{embedded_store.BUCKET}/known")
    started = time.perf_counter()
    found = fetches.seen(store, "bench", datetime.now(UTC))
    assert len(found.keys) == urls, len(found.keys)
    return {"seconds": time.perf_counter() - started}


def remember(urls: int) -> None:
    """Fill the table of fetches, 50,000 articles a run."""
    import pyarrow as pa

    from flows.servers import embedded_store
    from pipeline.core.urls import doc_id
    from pipeline.store import fetches, schema
    from pipeline.store.s3 import Store
    from pipeline.store.tables import Table

    arrow = schema.arrow(schema.FETCHES)
    store, now = Store.open(f"s3://{embedded_store.BUCKET}/known"), datetime.now(UTC)
    fetches.seen(store, "bench", now)
    for first in range(0, urls, 50_000):
        rows = []
        for number in range(first, min(first + 50_000, urls)):
            url = f"https://www.example.gov.cn/xwdt/2026/t2026{number:08d}_{number * 7919 % 9_999_991}.shtml"
            doc = doc_id(url)
            key = int.from_bytes(bytes.fromhex(doc[:16]), signed=True)
            row = {"doc_id": doc, "key64": key, "kind": "article", "visits": 1, "url": url, "source_id": "bench"}
            rows.append(row | {"fetched_at": now, "etag": '"abc"', "body_digest": doc, "run_id": f"r{first}"})
        table = Table.open(store, "fetches", arrow, partition_by="source_id", description="")
        table.append(pa.Table.from_pylist(rows, schema=arrow), f"r{first}")


def one(kind: str, *arguments: int) -> dict[str, float]:
    """A crawl in a process of its own, with its peak memory."""
    command = [sys.executable, __file__, "--child", kind, *map(str, arguments)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    figures: dict[str, float] = json.loads(answer.splitlines()[-1])
    return figures


def main() -> None:
    from flows.servers import embedded_store

    if sys.argv[1] == "--child":
        kind, *numbers = sys.argv[2], *map(int, sys.argv[3:])
        figures = {"ours": ours, "bare": bare, "known": known}[kind](*numbers)
        print(json.dumps(figures | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    mode, numbers = sys.argv[1], [int(number) for number in sys.argv[2:]]
    context = multiprocessing.get_context("spawn")
    port: Any = context.Queue()
    pages = numbers[0] if numbers and mode == "rate" else 2000
    small = (
        b"<html><title>x</title><body>" + b"<p>text of a page</p>" * 60 + b"</body></html>"
        if mode == "memory"
        else None
    )
    server = context.Process(target=serve, args=(pages, port, small), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(embedded_store.start(Path(folder)).environment())
        try:
            measure(mode, port.get(), pages, numbers)
        finally:
            embedded_store.stop(Path(folder))
            server.terminate()


def measure(mode: str, port: int, pages: int, numbers: list[int]) -> None:
    if mode == "known":
        urls = numbers[0] if numbers else 1_000_000
        remember(urls)
        figures = one("known", urls)
        print(f"{urls:,} known URLs: {figures['seconds']:.2f} s, {figures['mb']:.0f} MB at most in the process")
        return
    if mode == "memory":
        for urls in numbers or [10_000, 100_000]:
            figures = one("ours", port, pages, urls)
            print(f"{urls:>9,} URLs: {figures['mb']:.0f} MB at most, {figures['rate']:.0f} pages/s", flush=True)
        return
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(ROUNDS):
        for kind, found in rates.items():
            found.append(one(kind, port, pages)["rate"])
            print(f"{kind}: {found[-1]:.0f} pages/s", flush=True)
    ratio = statistics.median(rates["ours"]) / statistics.median(rates["bare"])
    print(f"{pages} pages of {len(Server.text) / 1000:.0f} kB: ours / bare = {ratio:.2f} (medians of {ROUNDS})")


if __name__ == "__main__":
    main()
