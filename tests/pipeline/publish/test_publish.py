"""Publishing: one commit a run, nothing lost, nothing twice, whoever publishes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pipeline.core.conservation import Unbalanced
from pipeline.corpus.corpus import Corpus
from pipeline.publish.rollback import rollback
from pipeline.store import fetches
from pipeline.store.s3 import Store
from pipeline.upkeep.tombstones import bury
from tests.makers.corpus_nights import NIGHT, document, gone, night, prose


def rows(store: Store) -> dict[str, dict]:
    return {row["url"].rsplit("_", 1)[1]: row for row in Corpus.open(store).scan().collect().to_dicts()}


def test_a_night_is_in_the_corpus_with_one_commit_and_a_second_publish_adds_nothing(store: Store) -> None:
    outcomes = [document(number, prose(number)) for number in range(5)]
    first = night(store, "run1", outcomes)
    again = night(store, "run1", outcomes)
    assert (first.version_before, first.version) == (0, 1)
    assert again == first
    assert Corpus.open(store).version == 1
    assert len(rows(store)) == 5


def test_a_night_on_which_nothing_is_new_commits_nothing(store: Store) -> None:
    outcomes = [document(number, prose(number)) for number in range(3)]
    night(store, "run1", outcomes)
    second = night(store, "run2", outcomes, at=NIGHT + timedelta(days=1))
    assert second.sources[0].unchanged == 3
    assert Corpus.open(store).version == 1


def test_a_repost_is_linked_to_what_the_corpus_held_and_readers_do_not_see_it(store: Store) -> None:
    night(store, "run1", [document(1, prose(1))])
    report = night(store, "run2", [document(2, prose(1) + "\n（本网编辑整理）")], at=NIGHT + timedelta(days=1))
    assert report.sources[0].reposts == 1
    assert rows(store)["2.html"]["canonical_id"] == rows(store)["1.html"]["doc_id"]
    assert Corpus.open(store).documents().collect().height == 1
    assert Corpus.open(store).documents(every=True).collect().height == 2


def test_a_changed_text_is_a_revision_and_so_is_a_changed_title(store: Store) -> None:
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    later = NIGHT + timedelta(days=1)
    report = night(
        store,
        "run2",
        [document(1, prose(1) + "\n" + prose(9), at=later), document(2, prose(2), title="改了", at=later)],
        at=later,
    )
    held = rows(store)
    assert report.sources[0].revised == 2
    assert [held[name]["revision"] for name in ("1.html", "2.html")] == [2, 2]
    assert held["2.html"]["title"] == "改了"
    assert held["1.html"]["first_fetched_at"] == NIGHT
    assert held["1.html"]["canonical_id"] is None


def test_a_page_that_is_gone_is_marked_and_kept(store: Store) -> None:
    night(store, "run1", [document(1, prose(1))])
    later = NIGHT + timedelta(days=1)
    report = night(store, "run2", [gone(1, later)], at=later)
    assert (report.sources[0].withdrawn, report.sources[0].rejected) == (1, {"gone": 1})
    assert rows(store)["1.html"]["withdrawn_at"] == later
    assert rows(store)["1.html"]["text"] == prose(1)
    assert Corpus.open(store).documents().collect().is_empty()


def test_a_site_that_is_down_withdraws_nothing_and_is_asked_again(store: Store) -> None:
    night(store, "run1", [document(1, prose(1))])
    later = NIGHT + timedelta(days=1)
    report = night(store, "run2", [gone(1, later)], at=later, cause="http_error")
    assert (report.sources[0].withdrawn, report.sources[0].rejected) == (0, {"gone": 1})
    assert rows(store)["1.html"]["withdrawn_at"] is None
    (due,) = fetches.seen(store, "ministry", later + timedelta(days=1)).due
    assert due.visits == 1  # of the two that its source is visited by, this was none
    night(store, "run3", [document(1, prose(1), at=later + timedelta(days=1))], at=later + timedelta(days=1))
    (due,) = fetches.seen(store, "ministry", later + timedelta(days=4)).due
    assert due.visits == 2


def test_a_night_that_lost_a_page_publishes_nothing(store: Store) -> None:
    with pytest.raises(Unbalanced, match="ministry"):
        night(store, "run1", [document(1, prose(1))], listed=2)
    assert Corpus.open(store).version == 0


def test_the_next_crawl_knows_what_was_published_and_what_is_due(store: Store) -> None:
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    seen = fetches.seen(store, "ministry", NIGHT + timedelta(hours=1))
    assert seen.knows("http://example.gov.cn/t20260104_1.html")
    assert not seen.knows("http://example.gov.cn/t20260104_3.html")
    assert seen.due == ()
    due = fetches.seen(store, "ministry", NIGHT + timedelta(days=1, hours=1)).due
    assert {each.url.rsplit("_", 1)[1] for each in due} == {"1.html", "2.html"}
    night(store, "run2", [gone(1, NIGHT + timedelta(days=1))], at=NIGHT + timedelta(days=1))
    due = fetches.seen(store, "ministry", NIGHT + timedelta(days=30)).due
    assert {each.url.rsplit("_", 1)[1] for each in due} == {"1.html", "2.html"}


def test_publishers_at_the_same_time_with_overlapping_batches_publish_every_article_once(store: Store) -> None:
    batches = [range(start, start + 6) for start in range(0, 24, 3)]  # each shares half with the next
    with ThreadPoolExecutor(len(batches)) as pool:
        runs = [
            pool.submit(night, store, f"run{index}", [document(number, prose(number)) for number in batch])
            for index, batch in enumerate(batches)
        ]
        for run in runs:
            run.result()
    scanned = Corpus.open(store).scan().select("doc_id", "canonical_id").collect()
    wanted = {number for batch in batches for number in batch}
    assert scanned.height == len(wanted)
    assert scanned["doc_id"].n_unique() == len(wanted)
    assert scanned["canonical_id"].null_count() == len(wanted)


def test_two_publishers_of_the_same_text_end_with_one_canonical_document(store: Store) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(night, store, f"run{number}", [document(number, prose(7), title="同一篇")]) for number in (1, 2)
        ]
        for run in runs:
            run.result()
    assert Corpus.open(store).documents().collect().height == 1
    assert len(rows(store)) == 2


def test_of_reposts_whose_canonical_document_is_gone_the_earliest_is_canonical(store: Store) -> None:
    days = [NIGHT + timedelta(days=day) for day in range(5)]
    night(store, "run1", [document(1, prose(1))])
    twins = [document(2, prose(1), at=days[1]), document(3, prose(1), at=days[1] + timedelta(minutes=1))]
    night(store, "run2", twins, at=days[1])
    night(store, "run3", [gone(1, days[2]), document(4, prose(1), at=days[2])], at=days[2])
    night(store, "run4", [document(5, prose(1), at=days[3])], at=days[3])
    held = rows(store)
    heir = held["2.html"]["doc_id"]
    assert [held[f"{number}.html"]["canonical_id"] for number in (2, 3, 4, 5)] == [None, heir, heir, heir]
    assert [row["doc_id"] for row in Corpus.open(store).documents().collect().to_dicts()] == [heir]
    night(store, "run5", [document(1, prose(1), at=days[4])], at=days[4])  # it is back
    assert Corpus.open(store).documents().collect().height == 1


def test_a_text_that_was_withdrawn_before_it_was_repeated_is_read_on_the_page_that_stands(store: Store) -> None:
    days = [NIGHT + timedelta(days=day) for day in range(3)]
    night(store, "run1", [document(1, prose(1))])
    night(store, "run2", [gone(1, days[1])], at=days[1])
    night(store, "run3", [document(2, prose(1), at=days[2])], at=days[2])
    assert [row["doc_id"] for row in Corpus.open(store).documents().collect().to_dicts()] == [
        rows(store)["2.html"]["doc_id"]
    ]


def test_a_rollback_loses_no_repost_of_what_it_takes_out_and_wakes_no_tombstone(store: Store) -> None:
    later = NIGHT + timedelta(days=1)
    night(store, "run1", [document(1, prose(1))])
    night(store, "run2", [document(2, prose(1), at=later)], at=later)
    rollback(store, "run1", "back1", later)
    held = rows(store)
    assert (held["1.html"]["withdrawn_because"], held["2.html"]["canonical_id"]) == ("rolled_back", None)
    rollback(store, "back1", "back2", later)
    held = rows(store)
    assert (held["1.html"]["withdrawn_at"], held["2.html"]["canonical_id"]) == (None, held["1.html"]["doc_id"])
    bury(store, [held["1.html"]["doc_id"]], "forget", later)
    rollback(store, "forget", "back3", later)
    assert Corpus.open(store).documents().collect()["doc_id"].to_list() == [held["2.html"]["doc_id"]]
