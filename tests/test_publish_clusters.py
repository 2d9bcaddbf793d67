"""Clusters through the real store: revisions and their reposts, numbers that meet, originals that turn up later."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipeline import staging
from pipeline.config import read
from pipeline.corpus import Corpus
from pipeline.dedupe_rules import DedupeRules
from pipeline.fingerprint import fingerprint
from pipeline.models import Dated, Document, Fields, Outcome, Page, Precision
from pipeline.publish import publish
from pipeline.report import CrawlReport
from pipeline.source import Source
from pipeline.store import Store
from pipeline.urls import doc_id
from tests.conftest import ROOT
from tests.test_publish import prose

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
NIGHT = datetime(2026, 1, 4, 18, tzinfo=UTC)


def _source(id_: str, name: str, tier: str) -> Source:
    return Source.model_validate(
        {"id": id_, "name": name, "tier": tier, "hosts": [f"{id_}.example.com"],
         "listings": [{"url": f"https://{id_}.example.com/", "family": "inbox"}]}
    )  # fmt: skip


SOURCES = {
    each.id: each
    for each in (
        _source("bureau", "青溪市工信局", "gov"), _source("paper", "青溪日报", "media"), _source("copier", "万象资讯", "farm")
    )
}  # fmt: skip


def article(
    source: str, number: int, text: str, *, night: int = 0, day: int | None = None, title: str = "", **fields: str
) -> tuple[Page, Outcome]:
    url = f"https://{source}.example.com/t{number}.html"
    at = NIGHT + timedelta(days=night)
    page = Page(url=url, requested_url=url, source_id=source, status=200, headers=(), body=text.encode(), fetched_at=at)
    published = datetime(2026, 1, day, 1, tzinfo=UTC) if day else None
    dated = Dated(at=published, precision=Precision.DAY, raw="", evidence="line") if published else None
    found = Document(
        doc_id=doc_id(url), url=url, source_id=source, title=title, text=text, text_as_published=None, lang="zh-Hans",
        lang_confidence=1.0, fields=Fields(published=dated, **fields), removed=(), fetched_at=at, place=None,
        rules_version="1", fingerprint=fingerprint(text, RULES.fingerprint),
    )  # fmt: skip
    return page, found


def publish_night(store: Store, night: int, outcomes: Sequence[tuple[Page, Outcome]]) -> dict[str, dict]:
    """The rows of the corpus after that night, by source and number."""
    run_id, at = f"night{night}", NIGHT + timedelta(days=night)
    crawls = []
    for source in sorted({page.source_id for page, _ in outcomes}):
        own = [pair for pair in outcomes if pair[0].source_id == source]
        staging.write(store, staging.key_of(run_id, f"landing/source={source}/x.warc.gz"), own)
        crawls.append(
            CrawlReport(run_id=run_id, source_id=source, started_at=at, ended_at=at, listed=len(own), fetched=len(own))
        )
    publish(store, run_id, at, crawls, SOURCES, RULES)
    rows = Corpus.open(store).scan().collect().to_dicts()
    return {row["source_id"] + row["url"].rsplit("/t", 1)[1].removesuffix(".html"): row for row in rows}


def test_reposts_stay_with_a_canonical_document_that_is_revised(store: Store) -> None:
    publish_night(
        store, 0, [article("bureau", 1, prose(1), day=4), article("paper", 1, prose(1) + "\n（本网编辑整理）", day=4)]
    )
    rows = publish_night(store, 1, [article("bureau", 1, prose(1) + "\n特此说明。", day=4, night=1)])
    assert rows["bureau1"]["revision"] == 2
    assert (rows["bureau1"]["canonical_id"], rows["bureau1"]["kind"]) == (None, "original")
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]


def test_a_repost_of_a_text_that_was_rewritten_becomes_a_document_of_its_own(store: Store) -> None:
    publish_night(store, 0, [article("bureau", 1, prose(1), day=4), article("paper", 1, prose(1), day=4)])
    rows = publish_night(store, 1, [article("bureau", 1, prose(2), day=4, night=1)])
    assert rows["paper1"]["canonical_id"] is None
    assert rows["bureau1"]["canonical_id"] is None


def test_another_title_is_a_revision_and_moves_no_cluster(store: Store) -> None:
    publish_night(
        store, 0, [article("bureau", 1, prose(1), day=4, title="甲"), article("paper", 1, prose(1), day=4, title="甲")]
    )
    rows = publish_night(store, 1, [article("paper", 1, prose(1), day=4, night=1, title="乙")])
    assert (rows["paper1"]["title"], rows["paper1"]["revision"]) == ("乙", 2)
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]
    rows = publish_night(store, 2, [article("bureau", 1, prose(1), day=4, night=2, title="丙")])
    assert (rows["bureau1"]["title"], rows["bureau1"]["canonical_id"]) == ("丙", None)
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]


def test_a_document_of_the_same_number_on_another_site_meets_its_original_across_nights(store: Store) -> None:
    whole = prose(1)
    publish_night(store, 0, [article("bureau", 1, whole, day=4, document_number="青工信〔2026〕3号")])
    part = "\n".join(whole.split("\n")[:2])
    rows = publish_night(store, 1, [article("paper", 1, part, day=20, night=1, document_number="青工信[2026]3号")])
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]


def test_an_original_that_turns_up_later_is_linked_and_no_id_changes(store: Store) -> None:
    publish_night(store, 0, [article("copier", 1, prose(1) + "\n（本网编辑整理）", day=5, publisher="青溪日报")])
    rows = publish_night(store, 1, [article("paper", 1, prose(1), day=3, night=1)])
    assert (rows["copier1"]["canonical_id"], rows["copier1"]["original_id"]) == (None, rows["paper1"]["doc_id"])
    assert rows["paper1"]["canonical_id"] == rows["copier1"]["doc_id"]
    assert rows["copier1"]["revision"] == 1


def test_the_publisher_that_a_page_names_is_resolved_and_comes_before_it(store: Store) -> None:
    rows = publish_night(
        store,
        0,
        [article("bureau", 1, prose(1), day=4, publisher="《青溪日报》"), article("paper", 1, prose(1), day=4)],
    )
    assert (rows["bureau1"]["publisher_source"], rows["paper1"]["publisher_source"]) == ("paper", "paper")
    assert rows["bureau1"]["canonical_id"] == rows["paper1"]["doc_id"]


def test_of_equal_texts_of_a_day_the_canonical_one_is_that_of_the_higher_tier(store: Store) -> None:
    rows = publish_night(store, 0, [article(source, 1, prose(1), day=4) for source in ("copier", "paper", "bureau")])
    assert rows["bureau1"]["canonical_id"] is None
    assert {rows[name]["canonical_id"] for name in ("paper1", "copier1")} == {rows["bureau1"]["doc_id"]}


def test_an_excerpt_on_a_ministry_comes_after_the_whole_article_of_the_same_day(store: Store) -> None:
    whole = prose(1)
    part = "\n".join(whole.split("\n")[:3])
    publish_night(store, 0, [article("bureau", 1, part, day=4, title="园区改造技术设备")])
    rows = publish_night(store, 1, [article("paper", 1, whole, day=4, night=1, title="园区改造技术设备")])
    assert rows["bureau1"]["canonical_id"] == rows["paper1"]["doc_id"]
    assert rows["paper1"]["canonical_id"] is None
    assert rows["bureau1"]["cut"]


def test_furniture_is_learned_from_what_the_corpus_holds(store: Store) -> None:
    line = "青溪日报记者深入一线采写报道，版面编辑统筹安排，欢迎读者提供线索，一经采用即付稿酬，详情请见本报要闻版。"
    nights = [article("paper", n, prose(n) + "\n" + line * 3, day=4) for n in range(1, 9)]
    publish_night(store, 0, nights)
    short = "\n".join(prose(99).split("\n")[:1])
    rows = publish_night(store, 1, [article("paper", 99, short + "\n" + line * 3, day=5, night=1)])
    assert rows["paper99"]["canonical_id"] is None
    assert rows["paper99"]["near_ids"] == []
