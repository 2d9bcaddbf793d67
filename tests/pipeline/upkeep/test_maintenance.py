"""Housekeeping changes no row and takes nothing from a slow reader; a rolled back run leaves what others did."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.corpus.corpus import Corpus
from pipeline.publish.rollback import rollback
from pipeline.store.s3 import Store
from pipeline.upkeep.maintenance import MaintenanceRules, maintain
from tests.makers.corpus_nights import NIGHT, document, night, prose
from tests.makers.corpus_versions import truth
from tests.makers.places import ROOT

RULES = MaintenanceRules.load(ROOT / "config")
DAYS = [NIGHT + timedelta(days=day) for day in range(30)]


def test_housekeeping_leaves_every_row_and_few_files(store: Store) -> None:
    for number in range(4):
        night(store, f"run{number}", [document(number, prose(number), at=DAYS[number])], at=DAYS[number])
    before = Corpus.open(store).scan().sort("doc_id").collect()
    done = maintain(store, RULES, datetime.now(UTC))
    corpus = Corpus.open(store)
    assert (done.compacted, len(corpus.files())) == (2, 1)
    assert corpus.scan().sort("doc_id").collect().equals(before)
    assert maintain(store, RULES, datetime.now(UTC)).compacted == 0


def test_what_the_slowest_cursor_needs_outlives_housekeeping(store: Store, tmp_path: Path) -> None:
    night(store, "run1", [document(1, prose(1))])
    Corpus.open(store).changes(cursor=tmp_path / "slow").commit()
    night(store, "run2", [document(2, prose(2), at=DAYS[1])], at=DAYS[1])
    later = datetime.now(UTC) + timedelta(days=100)
    assert maintain(store, RULES, later).kept.days in (100, 101)
    night(store, "run3", [document(1, prose(1) + prose(9), at=DAYS[2])], at=DAYS[2])
    assert Corpus.open(store).changes(cursor=tmp_path / "slow").counts() == {"added": 1, "revised": 1, "withdrawn": 0}
    assert maintain(store, RULES, later + timedelta(days=300)).kept.days == RULES.keep_days  # abandoned


def test_nights_and_housekeeping_at_the_same_time_lose_nothing(store: Store) -> None:
    night(store, "run0", [document(0, prose(0))])
    with ThreadPoolExecutor(2) as pool:
        rounds = pool.submit(lambda: [maintain(store, RULES, datetime.now(UTC)) for _ in range(3)])
        for number in range(1, 6):
            night(store, f"run{number}", [document(number, prose(number), at=DAYS[number])], at=DAYS[number])
        rounds.result()
    assert Corpus.open(store).documents().collect().height == 6


def test_a_rolled_back_run_is_undone_where_nothing_changed_since(store: Store) -> None:
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    before = truth(store)
    bad = [document(1, prose(50), at=DAYS[1]), document(2, prose(51), at=DAYS[1]), document(3, prose(52), at=DAYS[1])]
    night(store, "bad", bad, at=DAYS[1])
    night(store, "run3", [document(2, prose(60), at=DAYS[2])], at=DAYS[2])
    done = rollback(store, "bad", "undo", DAYS[3], dry_run=True)
    assert Corpus.open(store).version == done.version == 3
    done = rollback(store, "bad", "undo", DAYS[3])
    assert (done.restored, done.withdrawn, done.left) == (1, 1, 1)
    assert sorted(truth(store).values()) == sorted([prose(1), prose(60)])
    assert truth(store).keys() == before.keys()
    assert Corpus.open(store).changes(3).counts() == {"added": 0, "revised": 1, "withdrawn": 1}
