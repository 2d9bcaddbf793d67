"""A page whose new text was held in, the corpus with that text out: a person has looked at both."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pipeline import documents
from pipeline.core.conservation import CrawlReport
from pipeline.core.errors import ConfigError
from pipeline.core.models import Document, Place
from pipeline.core.source import Source
from pipeline.documents.templates import shelf
from pipeline.publish.outages import ERROR, FLAGS
from pipeline.publish.publish import Published, publish
from pipeline.publish.rules import PublishRules
from pipeline.rules import Rules
from pipeline.store import fetches, keys, landing, staging
from pipeline.store.s3 import Store


def accept(
    store: Store,
    doc_id: str,
    run_id: str,
    now: datetime,
    sources: Mapping[str, Source],
    rules: Rules,
    limits: PublishRules,
) -> Published:
    """Publish what the last visit of a page brought, in one commit named `run_id`; ConfigError if nothing of it is held."""
    visit = fetches.before(store, [doc_id]).get(doc_id)
    if not visit or not visit["landing"] or not (visit["flag"] in FLAGS or visit["reason"] == ERROR):
        raise ConfigError(f"{doc_id}: its last visit brought nothing that is held")
    place = Place(key=visit["landing"]["key"], offset=visit["landing"]["offset"])
    page = landing.read_at(store, place)
    page = (
        replace(page, listed_title=visit["listed_title"] or "", listed_date=visit["listed_date"] or "")
        if page
        else page
    )
    if not page or page.source_id not in sources:
        raise ConfigError(
            f"{doc_id}: its bytes are not kept" if not page else f"no source {page.source_id} is configured"
        )
    outcome = documents.process(page, sources[page.source_id], rules.of(shelf.current(store, page.source_id)))
    if not isinstance(outcome, Document):
        raise ConfigError(f"{doc_id}: today's rules make no document of it")
    staging.write(store, keys.staged_file(run_id, place.key), [(page, outcome)])
    crawl = CrawlReport(run_id=run_id, source_id=page.source_id, started_at=now, ended_at=now, listed=1, fetched=1)
    return publish(store, run_id, now, [crawl], sources, rules.dedupe, limits, accepting=[doc_id])
