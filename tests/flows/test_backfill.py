"""Backfills on the sample sites: real HTTP, a real Prefect and S3 server; every kind of answer, and the sums behind them."""

import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import backfill, settings
from flows.commands import backfill as backfilling
from flows.commands import reprocess as reprocessing
from flows.runs import backfill_request, crawl_process, processing
from flows.samples.articles import Truth
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from flows.servers import embedded_store
from pipeline.core.errors import ConfigError
from pipeline.core.source import Source
from pipeline.core.source_of_url import source_of
from pipeline.core.urls import doc_id
from pipeline.documents.templates import shelf
from pipeline.publish import reprocess as again
from pipeline.report import backfill_answers, run_reports
from pipeline.store import fetches, keys, staging
from pipeline.store.s3 import Store
from tests.makers.places import LAST_NIGHT, ROOT

pytestmark = pytest.mark.slow
LAST = 2
Answered = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All sample sites on their last night, and an embedded store of their own."""
    home = tmp_path_factory.mktemp("home")
    before = dict(os.environ)
    with serve(World(base=LAST_NIGHT), dict.fromkeys((*SITES, "control"), 0), LAST) as found:
        write_sources(found, home / "sources")
        os.environ |= {"GONGBAO_HOME": str(home), "GONGBAO_SOURCES": str(home / "sources"), "GONGBAO_PROCESSES": "0"}
        config = home / "config"  # where nobody wrote a host of the loopback down, none may be asked
        shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("sources", "inbox"))
        crawl = config / "crawl.yaml"
        crawl.write_text(crawl.read_text("utf-8").replace("inner_hosts: []", "inner_hosts: [localhost]"), "utf-8")
        os.environ["GONGBAO_CONFIG"] = str(config)
        os.environ.pop("GONGBAO_STORE", None)
        yield found
    embedded_store.stop(home)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def killed(sites: Running) -> str:
    """What landed of a crawl of `bureau` whose run was killed before it published."""
    known = settings.from_environment()
    store = settings.open_store(known)
    if not any(store.list("landing/source=bureau/")):
        now = datetime.now(UTC)
        crawl = crawl_process.crawl(store, "bureau", "killed", config=known.config, sources=known.sources, now=now)
        assert crawl.landing
    return landed(store, "bureau", "killed")


def landed(store: Store, site: str, run: str) -> str:
    """Where the landing files of a run lie, as `--landing` takes it."""
    key = next(key for key in store.list(f"landing/source={site}/") if f"/{run}-" in key)
    return key.removeprefix("landing/").rpartition("/")[0]


def pages(sites: Running, site: str) -> list[Truth]:
    return [page for page in sites.world.truth(LAST) if page.site == site and page.state != "withdrawn"]


def answered(capsys: pytest.CaptureFixture[str], *urls: str, **options: Any) -> tuple[bool, Answered]:
    """Backfill, and what standard output says: by URL, and whether all is settled."""
    settled = backfilling.command(urls, as_json=True, **options)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    report = run_reports.last(settings.open_store(settings.from_environment()), 1)[0]
    assert all(source.closes for source in report.sources)
    return settled, {row["url"]: row for row in rows}


def test_every_address_has_its_answer(sites: Running, capsys: pytest.CaptureFixture[str]) -> None:
    of = {page.key: page for page in sites.world.truth(LAST)}
    repost = next(page for page in pages(sites, "farm") if page.repeats and page.repeats.startswith("ministry"))
    original = of[repost.repeats]
    picture = next(page for page in pages(sites, "ministry") if page.rejected == "image_only")
    document, dropped, known = (sites.url(page.site, page.path) for page in pages(sites, "company")[:3])
    urls = {
        "document": document,
        "original": sites.url("ministry", original.path),
        "repost": sites.url("farm", repost.path),
        "rejected": sites.url("ministry", picture.path),
        "skipped": sites.url("ministry", "/search/t20260101_1.html"),
        "failed": sites.url("ministry", "/gzdt/t20260101_1.html"),
        "soft": dropped,
        # Hosts that no source has: one that answers on two ports, one that does not.
        "stranger": sites.url("bureau", pages(sites, "bureau")[0].path).replace("127.0.0.1", "localhost"),
        "other": sites.url("english", pages(sites, "english")[0].path).replace("127.0.0.1", "localhost"),
        "dead": "http://localhost:1/news/1.html",
    }
    sites.misbehave("company", "soft_404", dropped.partition(str(sites.ports["company"]))[2])
    settled, told = answered(capsys, *urls.values())
    sites.behave()
    assert not settled
    assert {name: told[url]["answer"] for name, url in urls.items()} == {
        "document": "document", "original": "document", "repost": "repost", "rejected": "rejected", "skipped": "skipped",
        "failed": "failed", "soft": "rejected", "stranger": "document", "other": "document", "dead": "failed",
    }  # fmt: skip
    assert told[urls["repost"]]["repost_of"] == urls["original"]
    assert told[urls["rejected"]]["because"] == "image_only"
    assert told[urls["failed"]]["because"] == "http_404"
    assert told[urls["skipped"]]["because"] == "robots"
    assert told[urls["soft"]]["because"] == "soft_404"
    assert {told[urls[name]]["source_id"] for name in ("stranger", "other", "dead")} == {"unknown"}
    assert told[urls["document"]]["source_id"] == "company"

    report = run_reports.last(settings.open_store(settings.from_environment()), 1)[0]
    counts = Counter(row["answer"] for row in told.values())
    assert report.kind == "backfill"
    assert {name: report.total(name) for name in ("documents", "reposts", "rejected", "skipped", "failed")} == {
        "documents": 4,
        "reposts": 1,
        "rejected": 2,
        "skipped": 1,
        "failed": 2,
    }
    assert counts["document"] == report.total("documents")
    page = settings.open_store(settings.from_environment()).get(f"runs/{report.run_id}.html").decode()
    assert "Documents to look at" in page
    assert "image_only" in page

    settled, again = answered(capsys, document, known, document)
    store = settings.open_store(settings.from_environment())
    assert settled
    assert (
        len(backfill_answers.read(store, keys.ended_runs(store)[0])) == 2
    )  # one for each address, however often it is named
    assert (again[document]["answer"], again[document]["because"]) == ("unchanged", "known")
    assert [again[document][name] for name in ("doc_id", "title")] == [
        told[document][name] for name in ("doc_id", "title")
    ]
    assert again[known]["answer"] == "document"
    settled, forced = answered(capsys, document, dropped, force=True)
    assert settled
    assert forced[document]["answer"] == "unchanged"
    assert "because" not in forced[document]
    assert forced[dropped]["answer"] == "document"


def test_a_source_and_days_bring_what_was_published_on_them(sites: Running, capsys: pytest.CaptureFixture[str]) -> None:
    due = pages(sites, "association")
    last = max(page.published for page in due).date()
    first = last - timedelta(days=4)
    settled, told = answered(capsys, source="association", since=first, until=last)
    wanted = {sites.url(page.site, page.path) for page in due if first <= page.published.date() <= last}
    assert settled
    assert wanted
    assert {url for url, row in told.items() if row["answer"] in ("document", "repost")} == wanted

    # Fetched again by its address, a page is still read with what its listing said: the date may stand only there.
    url = min(wanted)
    settled, _ = answered(capsys, url, force=True)
    first_visit, again = fetches.story(settings.open_store(settings.from_environment()), doc_id(url))
    assert settled
    assert first_visit["listed_date"]
    assert (again["listed_title"], again["listed_date"]) == (first_visit["listed_title"], first_visit["listed_date"])


def test_what_was_fetched_and_never_published_is_published_from_its_landing_files(sites: Running, killed: str) -> None:
    """A crawl ended, and nobody published it: the machine was lost, or its run was killed and never run again."""
    store = settings.open_store(settings.from_environment())
    sites.requests.clear()
    done = backfill(landing=killed)
    assert not sites.requests
    wanted = {sites.url(page.site, page.path) for page in pages(sites, "bureau")}
    documents = {answer.url for answer in done.answers if answer.answer in ("document", "repost")}
    assert done.settled
    assert documents
    assert documents <= wanted
    (source,) = done.report.sources
    assert source.closes
    assert (source.listed, source.documents + source.reposts) == (len(done.answers), len(documents))
    assert run_reports.last(store, 1)[0] == done.report

    again = backfill(landing=f"{store.url}/landing/source=bureau/")
    assert {answer.answer for answer in again.answers if answer.url in documents} == {"unchanged"}
    assert again.report.version == again.report.version_before
    assert fetches.seen(store, "bureau", datetime.now(UTC)).keys.size == len(done.answers)


def test_an_old_landing_file_does_not_bring_back_an_old_text(sites: Running) -> None:
    store = settings.open_store(settings.from_environment())
    edited, url = next(  # one that no other test has brought into the corpus
        (page, url)
        for page in sites.world.truth(LAST)
        if page.state == "edited" and not fetches.story(store, doc_id(url := sites.url(page.site, page.path)))
    )
    sites.night = 0
    before = backfill([url], force=True)
    sites.night = LAST
    after, run = backfill([url], force=True), before.report.run_id
    told = {answer.url: answer for answer in backfill(landing=f"{landed(store, edited.site, run)}/{run}").answers}
    assert [answer.revision for answer in (*before.answers, *after.answers)] == [1, 2]
    assert told[url].answer == "unchanged"


@pytest.mark.parametrize(
    "call",
    [[], ["--since", "2026-01-01"], ["--source", "company"], ["--source", "nobody", "http://127.0.0.1/1"],
     ["ftp://127.0.0.1/1"], ["--source", "company", "--since", "2026-02-01", "--until", "2026-01-01"],
     ["--file", "no such file"], ["http://127.0.0.1:port/"], ["--landing", "source=nobody"],
     ["--landing", "source=company", "--source", "company"]],
)  # fmt: skip
def test_a_call_that_makes_no_sense_ends_with_2_before_any_request(
    sites: Running, call: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.cli.main import main

    sites.requests.clear()
    monkeypatch.setattr(sys, "argv", ["gongbao", "backfill", *call])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert not sites.requests


def test_strangers_are_not_asked_by_someone_whom_nobody_can_write_to_and_nor_is_anybody_before_them(
    sites: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, own = settings.from_environment(), sites.url("company", pages(sites, "company")[0].path)
    monkeypatch.delenv("GONGBAO_CONTACT", raising=False)
    sites.requests.clear()
    before = keys.ended_runs(settings.open_store(known))
    with pytest.raises(ConfigError, match="GONGBAO_CONTACT"):
        backfill([own, "https://stranger.example/1.html"])
    assert not sites.requests
    assert keys.ended_runs(settings.open_store(known)) == before
    backfill_request.check(known, [own, "http://localhost:1/1.html", "http://[::1]/1.html"])
    backfill_request.check(known, (), landing="source=company")
    shutil.copytree(known.sources, tmp_path / "sources")
    (file,) = (tmp_path / "sources").glob("company.yaml")
    file.write_text(re.sub(r"(?m)^hosts:.*", r"hosts: [127.0.0.1, stranger.example]", file.read_text("utf-8")), "utf-8")
    mixed = known.model_copy(update={"sources": tmp_path / "sources"})
    for asked in ({"urls": [own]}, {"urls": (), "source": "company", "since": date(2026, 1, 1)}):
        with pytest.raises(ConfigError, match="GONGBAO_CONTACT"):
            backfill_request.check(mixed, **asked)
    monkeypatch.setenv("GONGBAO_CONTACT", "desk@example.org")
    backfill_request.check(mixed, [own, "https://stranger.example/1.html"])
    monkeypatch.delenv("GONGBAO_CONTACT")
    (tmp_path / "crawl.yaml").write_text("contact: desk@example.org\njitter: 0.5\n", "utf-8")
    backfill_request.check(mixed.model_copy(update={"config": tmp_path}), [own])


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("", "urls.txt: names no URL"),
        ("# of May\r\n\r\n", "urls.txt: names no URL"),
        ("\ufeffhttp://127.0.0.1/1\r\n  # of June\r\nhtp://127.0.0.1/2\r\n", "urls.txt:3: 'htp"),
    ],
)
def test_a_file_of_addresses_that_is_wrong_is_named_with_its_line(tmp_path: Path, told: str, wrong: str) -> None:
    (tmp_path / "urls.txt").write_bytes(told.encode())
    with pytest.raises(ConfigError) as raised:
        backfilling.command((), tmp_path / "urls.txt")
    assert wrong in str(raised.value)


def test_of_sources_that_share_a_host_the_one_whose_articles_look_like_it_has_the_address() -> None:
    def source(name: str, folder: str, host: str) -> Source:
        listing = {"url": f"https://{host}/{folder}/", "family": "trs"}
        return Source.model_validate(
            {"id": name, "name": name, "tier": "gov", "hosts": [host], "listings": [listing],
             "article": {"match": rf"/{folder}/\d+\.html$"}}
        )  # fmt: skip

    news, laws, town = (
        source("news", "news", "gov.example"),
        source("laws", "laws", "gov.example"),
        source("town", "news", "town.gov.example"),
    )
    every = [laws, town, news]
    assert source_of("https://gov.example/news/1.html", every) is news
    assert source_of("https://gov.example/laws/1.html", every) is laws
    assert source_of("https://www.gov.example/laws/1.html", every) is laws
    assert source_of("https://gov.example/laws/old/1.html", every) is None
    assert source_of("https://www.town.gov.example/news/1.html", every) is town
    assert source_of("https://notgov.example/news/1.html", every) is None


def test_a_reprocess_goes_on_where_it_was_stopped_and_publishes_only_what_is_accepted(
    sites: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    known = settings.from_environment()
    store = settings.open_store(known)
    backfill([sites.url("company", page.path) for page in pages(sites, "company")[:3]], force=True)
    name = again.staged_as(processing.rules(known.config).version, known.sources, shelf.versions(store))
    (first, *_) = again.landing_keys(store, ["company"], None, None)
    staging.write(store, keys.staged_file(name, first), [])  # what a killed one had made: it is believed
    store.put(f"staged/run={again.STAGED}0/made-by-other-rules.parquet", b"")
    before = store.get(keys.staged_file(name, first))
    sites.requests.clear()
    assert reprocessing.reprocess(["company"], "", "", dry_run=True, accept=False)
    assert not sites.requests
    assert store.get(keys.staged_file(name, first)) == before
    staged = list(store.list(f"staged/run={again.STAGED}"))
    assert staged == sorted(keys.staged_file(name, key) for key in again.landing_keys(store, ["company"], None, None))
    assert reprocessing.reprocess(["company"], "", "", dry_run=False, accept=True)
    assert not list(store.list(f"staged/run={again.STAGED}"))
    assert run_reports.last(store, 1)[0].kind == "reprocess"
