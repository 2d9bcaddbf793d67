"""A month of sample sites: each of its pages reads as it says, and a few of its nights end with the corpus that is true."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.samples.articles import Truth
from flows.samples.plan import month
from flows.samples.site_server import TEMPLATES
from flows.samples.sites.html import Resource
from flows.samples.truth_check import body_differences, compare
from flows.samples.world import World
from pipeline.core.models import Document, Page
from pipeline.core.source import Source, load_all
from pipeline.documents import process
from pipeline.documents.templates.learn import learn
from pipeline.documents.templates.rules import TemplateRules
from pipeline.documents.templates.sight import sight
from pipeline.rules import Rules
from pipeline.store.staging import columns_of
from tests.benchmarks.month import MONTH, WEEK, living
from tests.makers.places import LAST_NIGHT, ROOT


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    folder = tmp_path_factory.mktemp("sources")
    for path in TEMPLATES.glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace("{{url}}", f"http://{path.stem}.example")
        (folder / path.name).write_text(text, encoding="utf-8")
    return {each.id: each for each in load_all(folder)}


def page(world: World, truth: Truth, night: int) -> Page:
    served = world.served(truth.site, night)[truth.path]
    assert isinstance(served, Resource)
    url = f"http://{truth.site}.example{truth.path}"
    return Page(
        url=url, requested_url=url, source_id=truth.site, status=200, headers=(("Content-Type", served.type),),
        body=served.body, fetched_at=datetime(2026, 11, 23, tzinfo=UTC), listed_title=truth.title,
        listed_date=f"{truth.published:%Y-%m-%d}",
    )  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
def test_every_page_of_a_month_reads_as_it_says(seed: int, sources: dict[str, Source]) -> None:
    world, rules, last = World(seed, date(2026, 11, 23), month(30)), Rules.load(ROOT / "config"), 29
    wrong = []
    for truth in world.truth(last):
        if truth.rejected or truth.state == "withdrawn":
            continue
        found = process(page(world, truth, last), sources[truth.site], rules)
        text = found.text if isinstance(found, Document) else ""
        missing, extra = body_differences(truth.paragraphs, truth.optional, text.split("\n"))
        if missing or extra:
            wrong.append(f"{truth.key} lacks {missing} and has {extra}")
    assert not wrong, "\n".join(wrong)


def test_what_the_pages_of_a_month_teach_takes_nothing_that_they_say(sources: dict[str, Source]) -> None:
    world, rules, last = World(0, date(2026, 11, 23), month(30)), Rules.load(ROOT / "config"), 29
    learning, wrong = TemplateRules.load(ROOT / "config"), []
    told = [each for each in world.truth(last) if not each.rejected and each.state != "withdrawn"]
    for site, source in sources.items():
        pages = [(truth, page(world, truth, last)) for truth in told if truth.site == site][: learning.most]
        sightings = [seen for _, each in pages if (seen := sight(each, source, rules))]
        learned = rules.of(learn(sightings, learning))
        for truth, each in pages:
            found = process(each, source, learned)
            text = found.text if isinstance(found, Document) else ""
            missing, extra = body_differences(truth.paragraphs, truth.optional, text.split("\n"))
            wrong += [f"{truth.key} lacks {missing} and has {extra}"] if missing or extra else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("day", [LAST_NIGHT, date(2024, 3, 1), date(2027, 1, 2)])
def test_every_page_of_the_demo_reads_as_it_says_on_any_day(day: date, sources: dict[str, Source]) -> None:
    """Field by field; pages in parts and what repeats what are for a whole night."""
    world, rules, last = World(0, day), Rules.load(ROOT / "config"), 2
    whole = {posting.key for posting in world.postings if posting.parts == 1 and posting.on(last)}
    truth = [replace(page, repeats=None) for page in world.truth(last) if page.key in whole and not page.rejected]
    rows = []
    for told in truth:
        read = replace(page(world, told, last), fetched_at=datetime(day.year, day.month, day.day, tzinfo=UTC))
        found = process(read, sources[told.site], rules)
        if isinstance(found, Document):
            rows.append(
                columns_of(found) | {"url": read.url, "doc_id": told.key, "canonical_id": None, "withdrawn_at": None}
            )
    seen = compare(truth, rows, lambda site, path: f"http://{site}.example{path}")
    assert seen.perfect, seen.text()


def test_in_a_month_something_of_everything_happens_every_week() -> None:
    truth = World(0, date(2026, 11, 23), month(MONTH.nights)).truth(MONTH.nights - 1)
    assert len(truth) > 300
    assert sum(page.repeats is not None for page in truth) > 40
    postings = World(0, date(2026, 11, 23), month(MONTH.nights)).postings
    for week in range(0, MONTH.nights - 2, 7):
        nights = set(range(week, week + 7))
        assert all(any(one.since == night for one in postings) for night in nights if night < MONTH.nights)
    assert len([one for one in postings if one.edited]) > 15
    assert len([one for one in postings if one.withdrawn]) > 5
    assert all(night < MONTH.nights - 1 for fault in MONTH.faults for night in fault.nights)  # the last one is sound


@pytest.mark.slow
def test_five_nights_with_faults_backfills_a_kill_and_housekeeping_end_with_the_truth(tmp_path: Path) -> None:
    with living(tmp_path, WEEK) as lived:
        for night in range(WEEK.nights):
            told = lived.night(night)
            assert not told.wrong, f"night {night}: " + "\n".join(told.wrong)
