"""Pages in landing files of a real store, as a crawl leaves them."""

from dataclasses import replace
from datetime import timedelta

from pipeline.core.models import Document, Outcome, Page
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import NIGHT, document

DAYS = [NIGHT + timedelta(days=day) for day in range(9)]


def fetched(store: Store, run_id: str, numbers: dict[int, str], day: int) -> list[tuple[Page, Outcome]]:
    """Pages that really lie in a landing file, and their outcomes."""
    writer = LandingWriter(store, "ministry", run_id, DAYS[day].date())
    found = []
    for number, text in numbers.items():
        page, outcome = document(number, text, at=DAYS[day])
        assert isinstance(outcome, Document)
        article = Capture(
            kind="article", url=page.url, requested_url=page.url, source_id="ministry", status=200,
            headers=[("Content-Type", "text/html; charset=utf-8")], body=text.encode(), fetched_at=DAYS[day],
        )  # fmt: skip
        part = Capture(
            kind="part", url=page.url + "?2", requested_url=page.url + "?2", source_id="ministry", status=200,
            headers=[], body=text[::-1].encode(), fetched_at=DAYS[day], part_of=page.url,
        )  # fmt: skip
        found.append((page, outcome, writer.write(article, part)))
    writer.close()
    return [(page, replace(outcome, place=place)) for page, outcome, place in found]
