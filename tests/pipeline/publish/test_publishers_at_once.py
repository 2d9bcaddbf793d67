"""The benchmark of publishers at once, small: two rounds of four."""

from concurrent.futures import ThreadPoolExecutor

from pipeline.store.s3 import Store
from tests.benchmarks.corpus_size.publishers import run_round


def test_every_article_is_there_once_and_every_repost_in_the_cluster_of_its_original(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        rounds = [run_round(store.url, number, 4, pool) for number in range(2)]
    assert all(each.right for each in rounds), rounds
    assert rounds[0].articles == 15
