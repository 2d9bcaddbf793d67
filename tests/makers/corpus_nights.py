"""Documents of our own words, and nights that publish them into a real store."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport
from pipeline.core.models import Document, Fields, Outcome, Page, Reason, Rejected
from pipeline.core.source import Source
from pipeline.core.urls import doc_id
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.publish import Published, publish
from pipeline.publish.rules import PublishRules
from pipeline.store import keys, staging
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
LIMITS = PublishRules.load(ROOT / "config")


NIGHT = datetime(2026, 1, 4, 18, tzinfo=UTC)


SOURCE = Source.model_validate(
    {
        "id": "ministry",
        "name": "部",
        "tier": "gov",
        "hosts": ["example.gov.cn"],
        "listings": [{"url": "https://example.gov.cn/", "family": "trs"}],
        "revisit": {"after_days": [1, 3]},
    }
)


WORDS = "产业园区企业改造技术设备项目资金人才平台数据标准能源安全质量出口港口铁路农业医疗教育城市生态水利气象".replace(
    "\n", ""
)


def prose(seed: int) -> str:
    """Text that nothing else resembles: 6 paragraphs of random words."""
    rng = random.Random(seed)
    return "\n".join("".join(rng.choices(WORDS, k=90)) + "。" for _ in range(6))


def document(number: int, text: str, *, at: datetime = NIGHT, title: str = "") -> tuple[Page, Outcome]:
    url = f"https://example.gov.cn/t20260104_{number}.html"
    page = Page(
        url=url, requested_url=url, source_id="ministry", status=200, headers=(), body=text.encode(), fetched_at=at
    )
    found = Document(
        doc_id=doc_id(url), url=url, source_id="ministry", title=title or f"第{number}号新闻", text=text, text_as_published=None,
        lang="zh-Hans", lang_confidence=1.0, fields=Fields(), removed=(), fetched_at=at, place=None, rules_version="1",
        fingerprint=fingerprint(text, RULES.fingerprint),
    )  # fmt: skip
    return page, found


def gone(number: int, at: datetime) -> tuple[Page, Outcome]:
    page, found = document(number, "", at=at)
    rejected = Rejected(
        doc_id=found.doc_id, url=page.url, source_id="ministry", reason=Reason.GONE, detail="404", fetched_at=at,
        place=None, rules_version="1",
    )  # fmt: skip
    return page, rejected


def night(
    store: Store,
    run_id: str,
    outcomes: Sequence[tuple[Page, Outcome]],
    *,
    at: datetime = NIGHT,
    listed: int | None = None,
    cause: str = "",
) -> Published:
    staging.write(store, keys.staged_file(run_id, "landing/source=ministry/date=2026-01-04/x-000.warc.gz"), outcomes)
    count = len(outcomes) if listed is None else listed
    crawl = CrawlReport(
        run_id=run_id, source_id="ministry", started_at=at, ended_at=at, listed=count, fetched=count, cause=cause
    )
    return publish(store, run_id, at, [crawl], {"ministry": SOURCE}, RULES, LIMITS)
