"""Clusters through the real store: revisions and their reposts, numbers that meet, originals that turn up later."""

from pipeline.store.s3 import Store
from tests.makers.articles import article, publish_night
from tests.makers.corpus_nights import prose


def test_reposts_stay_with_a_canonical_document_that_is_revised(store: Store) -> None:
    publish_night(
        store, 0, [article("bureau", 1, prose(1), day=4), article("paper", 1, prose(1) + "\n（本网编辑整理）", day=4)]
    )
    rows = publish_night(store, 1, [article("bureau", 1, prose(1) + "\n特此说明。", day=4, night=1)])
    assert rows["bureau1"]["revision"] == 2
    assert (rows["bureau1"]["canonical_id"], rows["bureau1"]["kind"]) == (None, "original")
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]


def test_a_repost_of_a_text_that_was_rewritten_becomes_a_document_of_its_own(store: Store) -> None:
    publish_night(store, 0, [article("bureau", 1, prose(1), day=4), article("paper", 1, prose(1), day=4)])
    rows = publish_night(store, 1, [article("bureau", 1, prose(2), day=4, night=1)])
    assert rows["paper1"]["canonical_id"] is None
    assert rows["bureau1"]["canonical_id"] is None


def test_another_title_is_a_revision_and_moves_no_cluster(store: Store) -> None:
    publish_night(
        store, 0, [article("bureau", 1, prose(1), day=4, title="甲"), article("paper", 1, prose(1), day=4, title="甲")]
    )
    rows = publish_night(store, 1, [article("paper", 1, prose(1), day=4, night=1, title="乙")])
    assert (rows["paper1"]["title"], rows["paper1"]["revision"]) == ("乙", 2)
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]
    rows = publish_night(store, 2, [article("bureau", 1, prose(1), day=4, night=2, title="丙")])
    assert (rows["bureau1"]["title"], rows["bureau1"]["canonical_id"]) == ("丙", None)
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]


def test_a_document_of_the_same_number_on_another_site_meets_its_original_across_nights(store: Store) -> None:
    whole = prose(1)
    publish_night(store, 0, [article("bureau", 1, whole, day=4, document_number="青工信〔2026〕3号")])
    part = "\n".join(whole.split("\n")[:2])
    rows = publish_night(store, 1, [article("paper", 1, part, day=20, night=1, document_number="青工信[2026]3号")])
    assert rows["paper1"]["canonical_id"] == rows["bureau1"]["doc_id"]


def test_an_original_that_turns_up_later_is_linked_and_no_id_changes(store: Store) -> None:
    publish_night(store, 0, [article("copier", 1, prose(1) + "\n（本网编辑整理）", day=5, publisher="青溪日报")])
    rows = publish_night(store, 1, [article("paper", 1, prose(1), day=3, night=1)])
    assert (rows["copier1"]["canonical_id"], rows["copier1"]["original_id"]) == (None, rows["paper1"]["doc_id"])
    assert rows["paper1"]["canonical_id"] == rows["copier1"]["doc_id"]
    assert rows["copier1"]["revision"] == 1


def test_the_publisher_that_a_page_names_is_resolved_and_comes_before_it(store: Store) -> None:
    rows = publish_night(
        store,
        0,
        [article("bureau", 1, prose(1), day=4, publisher="《青溪日报》"), article("paper", 1, prose(1), day=4)],
    )
    assert (rows["bureau1"]["publisher_source"], rows["paper1"]["publisher_source"]) == ("paper", "paper")
    assert rows["bureau1"]["canonical_id"] == rows["paper1"]["doc_id"]


def test_of_equal_texts_of_a_day_the_canonical_one_is_that_of_the_higher_tier(store: Store) -> None:
    rows = publish_night(store, 0, [article(source, 1, prose(1), day=4) for source in ("copier", "paper", "bureau")])
    assert rows["bureau1"]["canonical_id"] is None
    assert {rows[name]["canonical_id"] for name in ("paper1", "copier1")} == {rows["bureau1"]["doc_id"]}


def test_an_excerpt_on_a_ministry_comes_after_the_whole_article_of_the_same_day(store: Store) -> None:
    whole = prose(1)
    part = "\n".join(whole.split("\n")[:3])
    publish_night(store, 0, [article("bureau", 1, part, day=4, title="园区改造技术设备")])
    rows = publish_night(store, 1, [article("paper", 1, whole, day=4, night=1, title="园区改造技术设备")])
    assert rows["bureau1"]["canonical_id"] == rows["paper1"]["doc_id"]
    assert rows["paper1"]["canonical_id"] is None
    assert rows["bureau1"]["cut"]


def test_furniture_is_learned_from_what_the_corpus_holds(store: Store) -> None:
    line = "青溪日报记者深入一线采写报道，版面编辑统筹安排，欢迎读者提供线索，一经采用即付稿酬，详情请见本报要闻版。"
    nights = [article("paper", n, prose(n) + "\n" + line * 3, day=4) for n in range(1, 9)]
    publish_night(store, 0, nights)
    short = "\n".join(prose(99).split("\n")[:1])
    rows = publish_night(store, 1, [article("paper", 99, short + "\n" + line * 3, day=5, night=1)])
    assert rows["paper99"]["canonical_id"] is None
    assert rows["paper99"]["near_ids"] == []
