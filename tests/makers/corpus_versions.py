"""What a reader must hold at a version of the corpus, and a corpus without its older files."""

from datetime import timedelta

from pipeline.corpus.corpus import Corpus
from pipeline.corpus.snapshot import ORDER
from pipeline.store.s3 import Store
from pipeline.upkeep import compaction
from tests.makers.corpus_nights import NIGHT, document, night, prose

DAYS = [NIGHT + timedelta(days=day) for day in range(60)]


def truth(store: Store, *, every: bool = False) -> dict[str, str]:
    rows = Corpus.open(store).documents(every=every).collect()
    stands = rows.filter(rows["withdrawn_at"].is_null())
    return dict(zip(stands["doc_id"], stands["text"], strict=True))


def vacuumed(store: Store) -> Store:
    """Three nights of which only the last version's files are left, as after a month of housekeeping."""
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    night(store, "run2", [document(2, prose(2) + "\n" + prose(8), at=DAYS[1])], at=DAYS[1])
    night(store, "run3", [document(3, prose(3), at=DAYS[2])], at=DAYS[2])
    table = Corpus.open(store).table
    compaction.compact(table, ORDER)
    here = {Corpus.key_of(file) for file in Corpus.open(store).files()}
    for key in [key for key in store.list("corpus/") if key.endswith(".parquet") and key not in here]:
        store.delete(key)
    return store
