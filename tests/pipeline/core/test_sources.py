"""Every source that Gongbao ships: its YAML is valid, its recording replays to what a person said that it holds.

A recording is a folder `tests/recordings/ID/`: responses as the site gives them (in our words), and `expected.json`:
`listings`, one entry a response in the order of a crawl, and `article`, one article with the document it becomes.
"""

import json
import re
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.dates import local_day
from pipeline.core.models import Document, Outcome, Page
from pipeline.core.source import Listing, Source, load, load_all
from pipeline.documents import process
from pipeline.page.decode import decode
from pipeline.rules import Rules
from spiders.listings import Answer, first, parse
from tests.makers.places import ROOT

SOURCES = ROOT / "config" / "sources"
RECORDINGS = ROOT / "tests" / "recordings"
NIGHT = datetime(2026, 9, 24, 14, 0, tzinfo=UTC)
IDS = sorted(path.stem for path in SOURCES.glob("*.yaml"))
FAMILIES = {
    "trs", "count_page", "reversed", "jpage", "jpaas", "ucap", "gkmlpt", "search", "json", "xinhua", "people", "epaper",
    "next_link", "page_parameter", "rss", "sitemap", "inbox",
}  # fmt: skip


def expected(source_id: str) -> dict[str, Any]:
    return json.loads((RECORDINGS / source_id / "expected.json").read_text(encoding="utf-8"))


FIELDS = [
    (source_id, field)
    for source_id in IDS
    for field in ("title", "text", "published", "publisher")
    if expected(source_id).get("article", {}).get(field)
]


def test_there_are_enough_sources_and_one_of_every_family():
    sources = load_all(SOURCES)
    assert len(sources) >= 25
    assert {listing.family for source in sources for listing in source.listings} == FAMILIES


def test_every_host_is_asked_politely():
    for source in load_all(SOURCES):
        assert source.fetch.delay >= 2, source.id
        assert source.fetch.concurrency == 1, source.id
        assert source.fetch.robots == "obey", source.id


@pytest.mark.parametrize("source_id", IDS)
def test_the_recorded_listing_names_its_articles(source_id: str):
    source = load(SOURCES / f"{source_id}.yaml")
    for recorded in expected(source_id)["listings"]:
        found = parse(source.listings[0], answer(source_id, recorded), base=NIGHT)
        said = [
            {"url": link.url, "title": link.title, "day": local_day(link.published) if link.published else ""}
            for link in found.links
        ]
        assert said == recorded["links"], recorded["file"]
        assert [request.url for request in found.next] == recorded["next"]
        assert sorted(found.flags) == recorded.get("flags", [])
        assert recorded.get("total") in (None, found.total)


@pytest.mark.parametrize("source_id", IDS)
def test_the_crawl_of_a_recording_asks_for_the_pages_that_were_recorded(source_id: str):
    listing = load(SOURCES / f"{source_id}.yaml").listings[0]
    recorded = expected(source_id)["listings"]
    request = first(listing)
    if listing.family != "epaper":  # the front page leads on to the day's issue
        assert request.url == recorded[0]["url"]
    for before, after in pairwise(recorded):
        if "index" in before.get("flags", []):
            following = parse(listing, answer(source_id, before), base=NIGHT).next
            assert after["url"] == following[0].url


def test_a_source_whose_selectors_count_as_proven_has_an_article_recorded():
    for source in load_all(SOURCES):
        assert source.verify or {source_id for source_id, _ in FIELDS} >= {source.id}


@pytest.mark.parametrize("source_id", sorted({source_id for source_id, _ in FIELDS}))
def test_the_listed_articles_pass_the_sources_own_filters(source_id: str):
    source = load(SOURCES / f"{source_id}.yaml")
    article = expected(source_id)["article"]
    assert re.search(source.article.match, article["url"])
    assert not any(re.search(deny, article["url"]) for deny in source.article.deny)


@pytest.mark.parametrize(("source_id", "field"), FIELDS)
def test_the_recorded_article_becomes_its_document(source_id: str, field: str):
    article, document = expected(source_id)["article"], outcome(source_id)
    assert isinstance(document, Document), document
    published = local_day(document.fields.published) if document.fields.published else ""
    said = {
        "title": document.title,
        "text": document.text,
        "published": published,
        "publisher": document.fields.publisher,
    }
    assert said[field] == article[field]


@cache
def outcome(source_id: str) -> Outcome:
    source = load(SOURCES / f"{source_id}.yaml")
    return process(page_of(source, expected(source_id)["article"]), source, Rules.load(ROOT / "config"))


def answer(source_id: str, recorded: dict[str, Any]) -> Answer:
    body = (RECORDINGS / source_id / recorded["file"]).read_bytes()
    return Answer(
        url=recorded["url"],
        body=body,
        text=decode(body).text,
        page=recorded.get("page", 1),
        sent=recorded.get("sent", ""),
    )


def page_of(source: Source, article: dict[str, Any]) -> Page:
    return Page(
        url=article["url"],
        requested_url=article["url"],
        source_id=source.id,
        status=200,
        headers=(("Content-Type", "text/html"),),
        body=(RECORDINGS / source.id / article["file"]).read_bytes(),
        fetched_at=NIGHT,
    )


def test_a_listing_of_an_unknown_reader_is_refused():
    from pipeline.core.errors import ConfigError

    with pytest.raises(ConfigError, match="nowhere"):
        first(Listing(url="https://a.gov.cn/", family="trs", reader="nowhere"))


def test_a_selector_that_is_no_css_is_a_config_error_with_its_line(tmp_path: Path) -> None:
    from pipeline.core.errors import ConfigError

    path = tmp_path / "bad.yaml"
    path.write_text(
        "id: bad\nname: Bad\ntier: gov\nhosts: [www.example.com]\n"
        "listings: [{url: 'http://www.example.com/', family: inbox}]\narticle:\n  body: ['#zoom', 'div[']\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"no CSS selector: 'div\['") as raised:
        load(path)
    assert raised.value.line == 7
    assert raised.value.key == "article.body.1"
