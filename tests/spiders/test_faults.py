"""Every fault that the sample sites can commit, crawled: the cause that is told, what is had all the same, requests counted."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from flows.runs.crawl_process import crawl
from flows.samples.faults import FAULTS
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from pipeline.core.conservation import CrawlReport
from pipeline.store import landing
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

CONFIG = ROOT / "config"
CAUSES = {
    "404": "http_error", "soft_404": "soft_404", "500": "http_error", "503": "busy", "slow": "timeout",
    "truncated": "truncated", "redirect_loop": "redirect_loop", "wrong_charset": "", "412": "blocked:ruishu",
    "521": "blocked:jsl", "no_links": "js_required", "big_page": "too_large", "gzip_bomb": "too_large",
    "robots_500": "robots_unknown",
}  # fmt: skip
OPTIONS = {"slow": {"chunk": 16, "pause": 1.0}}
RETRIES = 1
NAMES = (*SITES,)[1:] + (*SITES,)[:1]  # `no_links` strikes a page: what a sitemap without links is, is another matter
ROUNDS = [dict(zip(NAMES, list(FAULTS)[start : start + len(NAMES)], strict=False)) for start in (0, len(NAMES))]
NIGHT = datetime(2026, 3, 20, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def sites() -> Iterator[Running]:
    with serve(World(0, NIGHT.date()), dict.fromkeys((*SITES, "control"), 0)) as running:
        yield running


@pytest.fixture(scope="module")
def sources(sites: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config") / "sources"
    for path in write_sources(sites, folder):
        told = yaml.safe_load(path.read_text("utf-8"))
        told["fetch"] = told.get("fetch", {}) | {"delay": 0, "timeout": 8, "retries": RETRIES, "max_bytes": 2_000_000}
        path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    return folder


def crawl_all(
    store: Store, sources: Path, names: Mapping[str, str] | tuple[str, ...], run: str
) -> dict[str, CrawlReport]:
    def one(name: str) -> CrawlReport:
        return crawl(store, name, f"{run}-{name}", config=CONFIG, sources=sources, now=NIGHT)

    with ThreadPoolExecutor(8) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


def requests_of(sites: Running) -> dict[str, int]:
    return {site: sum(count for (name, _), count in sites.requests.items() if name == site) for site in NAMES}


def test_every_fault_of_a_whole_site_ends_in_its_cause_without_a_storm(sites: Running, sources: Path, store: Store):
    assert CAUSES.keys() == FAULTS.keys()
    for number, faults in enumerate(ROUNDS):
        sites.behave()
        sites.requests.clear()
        for site, fault in faults.items():
            sites.misbehave(site, fault, **OPTIONS.get(fault, {}))
        told = crawl_all(store, sources, faults, f"r{number}")
        asked = requests_of(sites)
        assert {faults[site]: report.cause for site, report in told.items()} == {f: CAUSES[f] for f in faults.values()}
        for site, report in told.items():
            if report.cause:
                # robots.txt, and each listing with its repetition; a loop runs its five hops; nothing is asked behind that.
                listings = len(yaml.safe_load((sources / f"{site}.yaml").read_text("utf-8"))["listings"])
                hops = 6 if faults[site] == "redirect_loop" else 1
                assert asked[site] <= 1 + listings * (1 + RETRIES) * hops + RETRIES, (faults[site], asked[site])
                assert report.fetched == 0
            else:
                assert report.failed == {}
                assert report.fetched > 0


def test_articles_that_fail_cost_no_other_and_come_when_the_site_has_recovered(
    sites: Running, sources: Path, store: Store
):
    sites.behave()
    sites.requests.clear()
    sound = crawl_all(store, sources, NAMES, "sound")
    usual = requests_of(sites)
    assert all(report.cause == "" and not report.failed for report in sound.values())
    struck = {
        site: fault for faults in ROUNDS for site, fault in faults.items() if fault not in ("no_links", "robots_500")
    }
    sites.requests.clear()
    paths = {site: sorted(_articles(store, sound[site]))[:3] for site in struck}
    for site, fault in struck.items():
        sites.misbehave_all(
            [{"site": site, "fault": fault, "path": path, **OPTIONS.get(fault, {})} for path in paths[site]]
        )
    told = crawl_all(store, sources, tuple(struck), "struck")
    asked = requests_of(sites)
    for site, fault in struck.items():
        report, bad = told[site], len(paths[site])
        assert report.fetched + sum(report.failed.values()) + sum(report.skipped.values()) == report.listed
        if fault in ("412", "521"):
            assert asked[site] <= usual[site]  # the host is left alone from the first challenge on
            continue
        if fault == "503":
            assert asked[site] <= usual[site] + bad * RETRIES
            continue  # a host that asks for patience again and again is left alone as well
        lost = 0 if fault in ("wrong_charset", "soft_404") else bad  # these two are pages, and are judged as such
        assert report.fetched >= sound[site].fetched - lost, (site, fault)
        assert asked[site] <= usual[site] + bad * (5 if fault == "redirect_loop" else RETRIES) + 5, (site, fault)
    sites.behave()
    again = crawl_all(store, sources, tuple(struck), "again")
    assert {site: report.fetched for site, report in again.items()} == {site: sound[site].fetched for site in struck}


def _articles(store: Store, report: CrawlReport) -> set[str]:
    pages = (page for key in report.landing for page in landing.read(store.get(key), key))
    return {"/" + page.requested_url.split("/", 3)[3] for page in pages}
