"""Articles whose reposts meet in clusters, and a night that publishes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport
from pipeline.core.models import Dated, Document, Fields, Outcome, Page, Precision
from pipeline.core.source import Source
from pipeline.core.urls import doc_id
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.publish import publish
from pipeline.publish.rules import PublishRules
from pipeline.store import keys, staging
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
LIMITS = PublishRules.load(ROOT / "config")


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
        staging.write(store, keys.staged_file(run_id, f"landing/source={source}/x.warc.gz"), own)
        crawls.append(
            CrawlReport(run_id=run_id, source_id=source, started_at=at, ended_at=at, listed=len(own), fetched=len(own))
        )
    publish(store, run_id, at, crawls, SOURCES, RULES, LIMITS)
    rows = Corpus.open(store).scan().collect().to_dicts()
    return {row["source_id"] + row["url"].rsplit("/t", 1)[1].removesuffix(".html"): row for row in rows}
