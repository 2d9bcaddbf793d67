"""Sources whose sites say something else than their articles at random: no text gets worse, no real edit is lost."""

from pipeline.store.s3 import Store
from tests.makers.nights.histories import live


def test_no_text_of_generated_histories_is_replaced_by_a_worse_one(store: Store) -> None:
    """A thousand of them: `python -m tests.benchmarks.histories`."""
    assert list(live(store, 12, 9)) == []
