"""Nights on the sample sites with a real Prefect, a real S3 server and real HTTP: what is new, what is not, what is killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from flows import settings
from flows.commands import run as running
from flows.runs import morning_report
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES as ALL_SITES
from flows.samples.truth_check import compare
from flows.samples.world import World
from flows.servers import embedded_store
from pipeline.core.conservation import CrawlReport, RunReport
from pipeline.corpus.corpus import Corpus
from pipeline.report import run_reports
from pipeline.store import keys
from pipeline.store.s3 import Store
from tests.makers.places import LAST_NIGHT, ROOT
from tests.makers.servers import loopback
from tests.makers.servers.loopback import Site, listing
from tests.makers.servers.waiting import until
from tests.makers.texts.template_pages import article, html, wrapped

pytestmark = pytest.mark.slow
SITES = ("ministry", "paper", "farm", "company")  # each other's reposts among them
LAST = 2
CRAWLS = 2  # at the same time


@pytest.fixture(scope="module")
def sites(s3: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Four sample sites, and an embedded store of their own, told to every command by the environment."""
    home = tmp_path_factory.mktemp("home")
    before = dict(os.environ)
    with serve(World(base=LAST_NIGHT), dict.fromkeys((*ALL_SITES, "control"), 0)) as found:
        for path in write_sources(found, home / "sources"):
            if path.stem not in SITES:
                path.unlink()
        os.environ |= {"GONGBAO_HOME": str(home), "GONGBAO_SOURCES": str(home / "sources"), "GONGBAO_PROCESSES": "2",
                       "GONGBAO_CRAWLS": str(CRAWLS)}  # fmt: skip
        os.environ.pop("GONGBAO_STORE", None)
        yield found
    embedded_store.stop(home)
    os.environ.clear()
    os.environ.update(before)


def night(sites: Running, number: int) -> RunReport:
    """One night as on the day that the sites believe in."""
    sites.night = number
    return running.run((), sites.now(number))


def corpus() -> pl.DataFrame:
    """What a reader of everything sees, without what a second try may change: ids of runs, times and places."""
    rows = Corpus.open(settings.open_store(settings.from_environment())).documents(every=True)
    return (
        rows.select("url", "title", "text", "published_at", "canonical_id", "revision", "withdrawn_at")
        .sort("url")
        .collect()
    )


@pytest.fixture(scope="module")
def nights(sites: Running) -> list[RunReport]:
    """The three nights, and a fourth on the last one's day on which nothing is new."""
    reports = [night(sites, number) for number in range(LAST + 1)]
    sites.requests.clear()
    return [*reports, running.run((), sites.now(LAST))]


def test_every_night_closes_its_sums_and_breaks_nothing(nights: list[RunReport]) -> None:
    assert [report.succeeded for report in nights] == [True] * 4
    assert all(report.total("fetched") for report in nights[:3])


def test_no_more_sources_are_crawled_at_the_same_time_than_the_environment_says(nights: list[RunReport]) -> None:
    store = settings.open_store(settings.from_environment())
    crawls = [
        CrawlReport.model_validate_json(store.get(keys.crawl_report(nights[0].run_id, source))) for source in SITES
    ]
    at_once = [sum(one.started_at <= crawl.started_at < one.ended_at for one in crawls) for crawl in crawls]
    assert max(at_once) == CRAWLS


def test_the_corpus_is_what_the_sites_really_say(nights: list[RunReport], sites: Running) -> None:
    truth = [page for page in sites.world.truth(LAST) if page.site in SITES]
    rows = Corpus.open(settings.open_store(settings.from_environment())).documents(every=True).collect()
    seen = compare(truth, rows.iter_rows(named=True), sites.url)
    assert seen.perfect, seen.text()


def test_edits_are_revisions_and_a_page_that_is_gone_is_withdrawn(nights: list[RunReport]) -> None:
    assert sum(report.total("revised") for report in nights) > 0
    assert sum(report.total("withdrawn") for report in nights) == corpus()["withdrawn_at"].count()


def test_a_night_on_which_nothing_changed_fetches_no_article_and_commits_nothing(
    nights: list[RunReport], sites: Running
) -> None:
    still = nights[3]
    assert (still.total("fetched"), still.version) == (0, still.version_before)
    store = settings.open_store(settings.from_environment())
    staged = [any(store.list(f"staged/run={report.run_id}/")) for report in nights]
    assert staged == [True, True, True, False], "no process is begun to make documents of lists"
    articles = {(page.site, page.path) for page in sites.world.truth(LAST)}
    assert not articles & sites.requests.keys()


def test_reports_are_in_the_store_as_json_and_in_prefect_as_markdown(nights: list[RunReport]) -> None:
    from prefect.client.orchestration import get_client

    store = settings.open_store(settings.from_environment())
    for report in nights:
        assert RunReport.model_validate_json(store.get(f"runs/{report.run_id}.json")) == report
    with get_client(sync_client=True) as client:
        flows = client.read_flow_runs()
    assert {f"nightly {report.run_id}" for report in nights} <= {flow.name for flow in flows}


@pytest.mark.parametrize(
    "moment",
    [
        "landing/",
        "staged/",
        "corpus/_delta_log/00000000000000000001",
        "fetches/_delta_log/00000000000000000001",
    ],
)
def test_a_flow_killed_at_any_moment_and_run_again_leaves_the_corpus_of_an_undisturbed_run(
    nights: list[RunReport], sites: Running, moment: str, tmp_path: Path
) -> None:
    for site in ("ministry", "company"):
        (tmp_path / "sources").mkdir(exist_ok=True)
        shutil.copy(Path(os.environ["GONGBAO_SOURCES"]) / f"{site}.yaml", tmp_path / "sources")
    told = {"GONGBAO_HOME": str(tmp_path), "GONGBAO_SOURCES": str(tmp_path / "sources"),
            "PREFECT_HOME": str(tmp_path / "not" / "made")}  # fmt: skip
    command = [sys.executable, "-m", "flows.cli.main", "run"]
    log = tmp_path / "killed.log"
    with log.open("wb") as words:
        flow = subprocess.Popen(command, env=os.environ | told, cwd=ROOT, stderr=words, start_new_session=True)
    try:
        os.environ.update(embedded_store.start(tmp_path).environment())  # `corpus` below goes back to the other store
        store = Store.open(f"s3://{embedded_store.BUCKET}")
        until(lambda: any(True for _ in store.list(moment)), flow)
        flow.kill()
        flow.wait()
        again = subprocess.run(command, env=os.environ | told, cwd=ROOT, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
        rows = Corpus.open(store).documents(every=True).select("url", "title", "text").sort("url").collect()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(flow.pid, signal.SIGKILL)
        embedded_store.stop(tmp_path)
    undisturbed = corpus().filter(pl.col("withdrawn_at").is_null()).select("url", "title", "text")
    ours = tuple(sites.url(site) for site in ("ministry", "company"))
    assert rows.to_dicts() == [row for row in undisturbed.to_dicts() if row["url"].startswith(ours)]


def test_prefect_shows_a_night_with_a_broken_source_in_a_state_of_its_own_with_the_reason(
    sites: Running, nights: list[RunReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect import get_client
    from prefect.client.schemas.sorting import FlowRunSort

    with socket.create_server(("127.0.0.1", 0)) as taken:
        shut = f"127.0.0.1:{taken.getsockname()[1]}"
    lines = (
        "id: shut",
        "name: 关门",
        "tier: gov",
        "hosts: [127.0.0.1]",
        f"listings: [{{family: next_link, url: 'http://{shut}/'}}]",
        "fetch: {retries: 0}",
    )
    (tmp_path / "shut.yaml").write_text("\n".join(lines))
    monkeypatch.setenv("GONGBAO_SOURCES", str(tmp_path))
    report = running.run(("shut",), sites.now(LAST))
    with get_client(sync_client=True) as client:
        broken, *others = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC)
    assert broken.state
    assert (broken.state.type.value, broken.state.name) == ("FAILED", "Needs a look")
    assert broken.state.message
    assert "shut: refused" in broken.state.message
    assert [report.error, report.broken[0].source_id] == ["", "shut"]
    sound = {f"nightly {night.run_id}" for night in nights}
    assert {run.state.name for run in others if run.state and run.name in sound} == {"Completed"}


def test_what_is_learned_late_reads_the_pages_of_earlier_nights_anew_and_a_quiet_night_learns_nothing_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    monkeypatch.setenv("GONGBAO_HOME", str(tmp_path))
    monkeypatch.setenv("GONGBAO_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("GONGBAO_PROCESSES", "0")
    (tmp_path / "sources").mkdir()
    promo = "春江潮每天早晨与您一起守望这座江边的小城，街角的豆浆摊已经冒出热气。"
    paths = [f"/a/{number}.html" for number in range(5)]

    def page(number: int) -> str:
        return html(article(number)[0][:14], wrapped(article(number)) + f"<div class='below'>{promo}</div>")

    few = Site(pages={"/": listing(*paths), **{path: page(number) for number, path in enumerate(paths)}})
    plain = Site(pages={"/": listing("/b/1.html"), "/b/1.html": loopback.article("关于开展冬季安全检查的通知")})
    with loopback.serve(few), loopback.serve(plain):
        for name, site in (("few", few), ("plain", plain)):
            text = f"id: {name}\nname: {name}\ntier: media\nhosts: [127.0.0.1]\nlistings: [{{url: {site.url('/')!r}, family: next_link}}]\n"
            (tmp_path / "sources" / f"{name}.yaml").write_text(text + "fetch: {delay: 0}\n")
        running.run((), None)
        assert all(promo in text for text in corpus().filter(pl.col("url").str.contains("/a/"))["text"])
        running.run((), None)
        texts = corpus().filter(pl.col("url").str.contains("/a/"))["text"].to_list()
        assert len(texts) == len(paths)
        assert not any(promo in text for text in texts)
        kinds = [each.kind for each in run_reports.last(store, 3)]
        assert kinds == ["reprocess", "nightly", "nightly"]
        morning_report.show("", None)
        assert "nightly" in capsys.readouterr().out
        landed = [*store.list(keys.TEMPLATES)]
        running.run((), None)
        assert [each.kind for each in run_reports.last(store, 2)] == ["nightly", "reprocess"]
        assert [*store.list(keys.TEMPLATES)] == landed
        assert keys.template_tried("plain") in landed
