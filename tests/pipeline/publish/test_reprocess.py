"""Reprocess: stored pages again, the difference first, a snapshot only where accepted, and the way back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.commands import reprocess as reprocessing
from pipeline.core.errors import ConfigError
from pipeline.core.models import (
    LEARNED,
    Dated,
    Document,
    Fields,
    Outcome,
    Page,
    Precision,
    Reason,
    Rejected,
    Removed,
    Unchanged,
)
from pipeline.corpus.corpus import Corpus
from pipeline.publish import reprocess
from pipeline.publish.reprocess import AcceptRules, accept, propose
from pipeline.publish.rollback import rollback
from pipeline.store import keys, staging
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import LIMITS, NIGHT, RULES, SOURCE, document, gone, night, prose
from tests.makers.corpus_versions import truth
from tests.makers.places import ROOT

DAYS = [NIGHT + timedelta(days=day) for day in range(9)]
SOURCES = {"ministry": SOURCE}


def staged(store: Store, outcomes: list[tuple[Page, Outcome]]) -> None:
    staging.write(store, keys.staged_file("again", "landing/source=ministry/date=2026-01-04/x-000.warc.gz"), outcomes)


def rejected(number: int, reason: Reason, day: int = 0) -> tuple[Page, Outcome]:
    page, found = gone(number, DAYS[day])
    assert isinstance(found, Rejected)
    return page, replace(found, reason=reason)


def unchanged(number: int, day: int) -> tuple[Page, Outcome]:
    page, found = document(number, "", at=DAYS[day])
    return page, Unchanged(doc_id=found.doc_id, url=page.url, source_id="ministry", fetched_at=DAYS[day], place=None)


@pytest.fixture
def held(store: Store) -> Store:
    texts = {1: prose(1) + "\n责任编辑：某某", 2: prose(2), 3: prose(3), 4: prose(4)}
    repost = document(5, texts[1], at=DAYS[1])
    night(store, "run1", [*(document(number, text) for number, text in texts.items()), repost])
    night(store, "run2", [document(4, prose(40), at=DAYS[2])], at=DAYS[2])
    return store


def test_the_difference_is_told_by_source_with_lines_and_nothing_is_written(held: Store) -> None:
    staged(held, [document(1, prose(1)), document(2, prose(2)), rejected(3, Reason.LIST_PAGE), document(6, prose(6))])
    proposal = propose(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    told = {(each.what, each.title): each for each in proposal.differences}
    assert {what for what, _ in told} == {"added", "changed", "gone"}
    assert told["changed", "第1号新闻"].lost == ("责任编辑：某某",)
    assert told["gone", "第3号新闻"].why == "rejected:list_page"
    counts = proposal.by_source()["ministry"]
    assert (counts.changed, counts.lost, counts.gone, counts.added) == (1, 1, 1, 1)
    assert Corpus.open(held).version == 2


def test_furniture_that_pages_taught_is_no_lost_text_and_needs_no_person(held: Store) -> None:
    page, made = document(1, prose(1))
    assert isinstance(made, Document)
    staged(held, [(page, replace(made, removed=(Removed(line="责任编辑：某某", rule=LEARNED, zone="inline"),)))])
    proposal = propose(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    counts = proposal.by_source()["ministry"]
    assert (counts.changed, counts.lost, counts.furniture) == (1, 0, 1)
    assert not proposal.refusals(AcceptRules.load(ROOT / "config"))


def test_what_was_accepted_is_one_snapshot_and_can_be_put_back(held: Store) -> None:
    before = truth(held)
    staged(held, [document(1, prose(1)), rejected(3, Reason.LIST_PAGE)])
    done = accept(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    assert done
    assert (done.version_before, done.version) == (2, 3)
    assert sorted(truth(held).values()) == sorted([prose(1), prose(2), prose(40)])
    assert accept(held, "again", DAYS[5], SOURCES, RULES, LIMITS) == done
    assert Corpus.open(held).version == 3
    assert rollback(held, "again", "undo", DAYS[6]).left == 0
    assert truth(held) == before


def test_what_the_rules_would_not_take_back_by_themselves_comes_back_with_the_next_reprocess(held: Store) -> None:
    staged(held, [rejected(3, Reason.LIST_PAGE)])
    accept(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    staging.write(held, keys.staged_file("third", "landing/x.warc.gz"), [document(3, prose(3))])
    proposal = propose(held, "third", DAYS[6], SOURCES, RULES, LIMITS)
    assert [(each.what, each.title) for each in proposal.differences] == [("added", "第3号新闻")]


def test_the_visit_that_says_something_last_counts_and_later_revisions_stay(held: Store) -> None:
    visits = [document(1, prose(1)), unchanged(1, 1), rejected(1, Reason.CHALLENGE, 2), document(4, prose(4))]
    staged(held, visits)
    proposal = propose(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    assert [(each.what, each.title) for each in proposal.differences] == [("changed", "第1号新闻")]


def test_a_field_that_new_rules_read_otherwise_changes_the_document_and_leaves_its_cluster(held: Store) -> None:
    page, found = document(5, prose(1) + "\n责任编辑：某某", at=DAYS[1])
    assert isinstance(found, Document)
    dated = Dated(at=NIGHT - timedelta(days=40), precision=Precision.DAY, raw="", evidence="line")
    before = Corpus.open(held).of_ids([found.doc_id]).to_dicts()[0]
    staged(held, [(page, replace(found, fields=Fields(published=dated)))])
    accept(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    after = Corpus.open(held).of_ids([found.doc_id]).to_dicts()[0]
    assert (after["month"], after["canonical_id"], after["kind"]) == ("2025-11", before["canonical_id"], before["kind"])
    assert Corpus.open(held).scan().collect().height == 5


def test_a_reprocess_in_which_nothing_differs_writes_nothing(held: Store) -> None:
    staged(held, [document(number, prose(number)) for number in (2, 3)])
    assert propose(held, "again", DAYS[5], SOURCES, RULES, LIMITS).differences == ()
    done = accept(held, "again", DAYS[5], SOURCES, RULES, LIMITS)
    assert done
    assert done.version == Corpus.open(held).version == 2


def test_the_rules_accept_what_costs_nobody_anything() -> None:
    rules = AcceptRules.load(ROOT / "config")
    fine = reprocess.OfSource(documents=1000, added=0, changed=20, gone=0, lost=0)
    assert fine.refused(rules) == ""
    assert "go" in replace(fine, gone=1).refused(rules)
    assert "paragraph" in replace(fine, lost=1).refused(rules)
    assert "change" in replace(fine, changed=21).refused(rules)


def test_days_that_end_before_they_begin_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    with pytest.raises(ConfigError, match="--until 2026-11-01 is before --since 2026-12-01"):
        reprocessing.reprocess((), "2026-12-01", "2026-11-01", dry_run=True, accept=False)
