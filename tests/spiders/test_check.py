"""`gongbao sources check` on the sample sites: sound ones pass, and each fault is named by its cause."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from flows.settings import recordings_of
from flows.sources import onboard
from pipeline.store.fetches import of_sources
from pipeline.store.s3 import Store

LISTING_FAULTS = {
    "ministry": ("404", "http_error"),
    "bureau": ("521", "blocked:jsl"),
    "paper": ("no_links", "js_required"),
    "province": ("slow", "timeout"),
    "council": ("robots_500", "robots_unknown"),
    "industry": ("500", "http_error"),
    "company": ("412", "blocked:ruishu"),
    "farm": ("redirect_loop", "redirect_loop"),
    "english": ("truncated", "truncated"),
    "association": ("soft_404", "soft_404"),
    "harbour": ("big_page", "too_large"),
}


SOUND = ("ministry", "paper", "industry")


@pytest.fixture(scope="module")
def sites() -> Iterator[Running]:
    with serve(World(0, date(2026, 3, 20)), dict.fromkeys((*SITES, "control"), 0)) as running:
        yield running


@pytest.fixture
def sources(sites: Running, s3: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample sources, in haste; a folder of configuration around them, where recordings find their place."""
    sites.behave()
    folder = tmp_path / "config" / "sources"
    for path in write_sources(sites, folder):
        told = yaml.safe_load(path.read_text("utf-8"))
        told["fetch"] = told.get("fetch", {}) | {"delay": 0, "timeout": 10, "retries": 0, "max_bytes": 2_000_000}
        path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    monkeypatch.setenv("GONGBAO_SOURCES", str(folder))
    monkeypatch.setenv("GONGBAO_STORE", f"s3://gongbao/{uuid4().hex}")
    return folder


def causes(printed: str) -> dict[str, str]:
    """Source -> cause of the lines under the table."""
    lines = [line.split(": ", 2) for line in printed.splitlines() if line.count(": ") >= 2]
    return {source: cause for source, cause, _ in lines}


def test_sound_sites_pass_and_leave_nothing_behind(sources: Path, capsys: pytest.CaptureFixture[str]):
    assert onboard.check(SOUND, offline=False), capsys.readouterr().out
    printed = capsys.readouterr().out
    assert causes(printed) == {}
    rows = {line.split()[0]: line for line in printed.splitlines()[1:]}
    assert rows.keys() == set(SOUND)
    assert all(" yes " in row and "3 of 3" in row for row in rows.values()), printed
    from flows import settings

    store = settings.open_store(settings.from_environment())
    assert list(store.list("checks/")) == list(store.list("landing/")) == list(store.list("runs/")) == []
    assert of_sources(store).is_empty()


@pytest.mark.slow
def test_each_fault_of_a_site_is_named(sites: Running, sources: Path, capsys: pytest.CaptureFixture[str]):
    for site, (fault, _) in LISTING_FAULTS.items():
        options = {"chunk": 16, "pause": 1.0} if fault == "slow" else {}
        sites.misbehave(site, fault, **options)
    assert not onboard.check((), offline=False)
    printed = capsys.readouterr().out
    assert causes(printed) == {site: cause for site, (_, cause) in LISTING_FAULTS.items()}
    assert all(line.rstrip().endswith(".") for line in printed.splitlines() if line.count(": ") >= 2)


def test_faults_of_articles_only_are_told_from_those_of_listings(
    sites: Running, sources: Path, capsys: pytest.CaptureFixture[str]
):
    sites.misbehave("ministry", "soft_404", "*/t20*.html")
    sites.misbehave("bureau", "404", "*/t20*.html")
    assert not onboard.check(("ministry", "bureau"), offline=False)
    assert causes(capsys.readouterr().out) == {"ministry": "articles_changed", "bureau": "all_failed"}


def test_a_menu_read_as_a_list_is_a_changed_listing(sources: Path, capsys: pytest.CaptureFixture[str]):
    path = sources / "ministry.yaml"
    told = yaml.safe_load(path.read_text("utf-8"))
    told["article"]["match"] = "/nowhere/"
    path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    assert not onboard.check(("ministry",), offline=False)
    assert causes(capsys.readouterr().out) == {"ministry": "nothing_fetchable"}


def test_what_the_recording_had_and_the_live_page_lacks_is_drift(sources: Path, capsys: pytest.CaptureFixture[str]):
    record(
        sources, "company", {"title": "标题", "text": "很长的正文" * 9000, "published": "2026-03-01", "publisher": ""}
    )
    record(sources, "farm", {"title": "标题", "text": "正文", "published": "2026-03-01", "publisher": ""})
    assert not onboard.check(("company", "farm"), offline=False)
    assert causes(capsys.readouterr().out) == {"company": "texts_shrunk"}


def test_the_selector_that_lost_its_element_is_named_and_so_is_a_listing_that_stands_still(
    sources: Path, capsys: pytest.CaptureFixture[str]
):
    path = sources / "company.yaml"
    told = yaml.safe_load(path.read_text("utf-8"))
    told["article"]["title"] = ["h1.old-title::text, h2.old-title::text"]
    told["listings"][0]["stale_after_days"] = 2
    path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    record(sources, "company", {"title": "标题", "text": "正文" * 200, "published": "2026-03-01", "publisher": ""})
    page = "<html><body><h1 class='old-title'>标题</h1><div id='gone'>正文</div></body></html>"
    (sources.parent.parent / "tests" / "recordings" / "company" / "article.html").write_text(page, "utf-8")
    assert not onboard.check(("company",), offline=False)
    printed = capsys.readouterr().out
    assert causes(printed).keys() == {"company"}
    assert "article.title (h1.old-title::text, h2.old-title::text) matches on 0 of 3 pages" in printed
    assert "its newest is" in printed
    assert "0% of its names left" in printed


def test_offline_replays_the_recordings_and_names_what_they_lost(sources: Path, capsys: pytest.CaptureFixture[str]):
    assert onboard.check((), offline=True)
    record(sources, "company", {"title": "标题", "text": "正文", "published": "", "publisher": ""})
    assert not onboard.check((), offline=True)
    printed = capsys.readouterr().out
    assert "company: article.html: no document any more" in printed
    assert "company: listing.html: 1 of 1 articles lost, 0 others" in printed


def test_a_drafted_source_has_the_document_that_its_article_should_give(
    sites: Running, sources: Path, capsys: pytest.CaptureFixture[str]
):
    import json

    assert onboard.new(sites.url("bureau", "/ZWXX5652/GXDT9285/"), None, source_id="drafted", as_json=False) == 0
    recorded = json.loads((recordings_of(sources) / "drafted" / "expected.json").read_text("utf-8"))
    assert all(recorded["article"][name] for name in ("title", "text", "published", "publisher"))
    assert onboard.check(("drafted",), offline=True), capsys.readouterr().out
    path = sources / "drafted.yaml"
    told = yaml.safe_load(path.read_text("utf-8"))
    told["fetch"]["delay"], told["listings"][0]["stale_after_days"] = 0, 36500  # its days are invented
    path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    assert onboard.check(("drafted",), offline=False), capsys.readouterr().out


def record(sources: Path, source_id: str, article: dict[str, str]) -> None:
    """A recording of a source: an empty listing that named an article, and an empty article."""
    import json

    folder = sources.parent.parent / "tests" / "recordings" / source_id
    folder.mkdir(parents=True)
    for name in ("listing.html", "article.html"):
        (folder / name).write_text("<html><body></body></html>", "utf-8")
    listing = {"file": "listing.html", "url": "http://a.example/", "links": [{"url": "http://a.example/1.html"}]}
    told = {"listings": [listing], "article": article | {"file": "article.html", "url": "http://a.example/1.html"}}
    (folder / "expected.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def test_the_store_that_is_checked_with_is_beside_the_corpus():
    assert Store.open("s3://gongbao/a").url_of("checks/x") == "s3://gongbao/a/checks/x"
