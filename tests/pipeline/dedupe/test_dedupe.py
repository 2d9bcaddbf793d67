"""Deduplication as a whole: what a night's texts are to each other and to the corpus."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dedupe.decide import Text
from tests.makers.texts.compared_texts import Corpus, lines, story, text


def test_the_same_text_in_other_typography_is_exact() -> None:
    corpus = Corpus()
    corpus.publish([text("a", lines(story(1)), 1)])
    (decision,) = corpus.publish([text("b", lines(story(1)).replace("，", ",").replace("。", "．"), 2)])
    assert (decision.kind, decision.canonical_id, decision.similarity) == ("exact", "a", 1.0)


def test_a_repost_names_its_canonical_document_and_what_was_cut_and_added() -> None:
    sentences = story(2)
    corpus = Corpus()
    corpus.publish([text("a", lines(sentences), 1)])
    copy = [*sentences[:6], "（图片来源：某某网）", *sentences[8:]]
    (decision,) = corpus.publish([text("b", "\n".join(copy), 2)])
    assert (decision.kind, decision.canonical_id) == ("repost", "a")
    assert decision.cut == tuple(sentences[6:8])
    assert decision.added == ("（图片来源：某某网）",)


def test_an_original_that_turns_up_later_is_linked_and_the_published_id_stays() -> None:
    sentences = story(3)
    corpus = Corpus()
    corpus.publish([text("copy", lines(sentences) + "\n责任编辑：某人", 5)])
    new, old = corpus.publish([text("first", lines(sentences), 4)])
    assert (new.id, new.kind, new.canonical_id) == ("first", "repost", "copy")
    assert (old.id, old.kind, old.canonical_id, old.original_id) == ("copy", "original", None, "first")


def test_an_excerpt_gives_way_to_its_original_that_turns_up_later() -> None:
    sentences = story(4, 20)
    corpus = Corpus()
    corpus.publish([text("excerpt", lines(sentences[:8]), 5)])
    decisions = corpus.publish([text("whole", lines(sentences), 4)])
    assert {decision.id: decision.canonical_id for decision in decisions} == {"whole": None, "excerpt": "whole"}


def test_two_articles_in_one_text_are_near_and_kept() -> None:
    corpus = Corpus()
    corpus.publish([text("a", lines(story(5)), 1)])
    (decision,) = corpus.publish([text("b", lines(story(5) + story(6)), 2)])
    assert (decision.kind, decision.canonical_id, decision.near_ids) == ("near", None, ("a",))


def test_a_text_is_never_a_repost_of_its_own_earlier_revision() -> None:
    corpus = Corpus()
    corpus.publish([text("a", lines(story(7)), 1)])
    (decision,) = corpus.publish([text("a", lines(story(7)[:10]), 1)])
    assert decision.kind == "original"


def test_reposts_of_a_text_that_was_rewritten_are_looked_at_again() -> None:
    corpus = Corpus()
    corpus.publish([text("a", lines(story(8)), 1), text("b", lines(story(8)[1:]), 2)])
    assert corpus.clusters() == {frozenset("ab")}
    decisions = corpus.publish([text("a", lines(story(9)), 1, revised=True)])
    assert {decision.id: (decision.kind, decision.canonical_id) for decision in decisions} == {
        "a": ("original", None),
        "b": ("original", None),
    }


def test_a_small_revision_keeps_the_cluster_and_its_canonical_document() -> None:
    corpus = Corpus()
    corpus.publish([text("a", lines(story(8)), 1), text("b", lines(story(8)[1:]), 2)])
    (decision,) = corpus.publish([text("a", lines(story(8)[:11]), 1, revised=True)])
    assert (decision.id, decision.canonical_id) == ("a", None)
    assert corpus.clusters() == {frozenset("ab")}


def test_documents_with_the_same_number_meet_whatever_brackets_it_is_printed_with() -> None:
    corpus = Corpus()
    corpus.publish([text("a", lines(story(20)), 1, document_number="青政发〔2026〕3号")])
    (decision,) = corpus.publish([text("b", lines(story(20)[:6]), 9, document_number="青政发[2026]3号")])
    assert (decision.kind, decision.canonical_id) == ("repost", "a")


def _variants() -> list[Text]:
    """Originals, copies, copies of copies, excerpts of two texts, texts in one."""
    first, second, third = story(10, 14), story(11, 14), story(12, 6)
    digest = [*first[:4], *third, *second[:4]]
    return [
        text("a", lines(first), 3),
        text("a1", lines(first[:10]), 4),
        text("a2", lines(first[2:]), 5),
        text("a3", lines(first[:4] + first[6:9]), 6),
        text("a4", lines(first), 2, tier="farm"),
        text("b", lines(second), 3),
        text("b1", lines([*second[:7], "（资料图片）", *second[7:]]), 3),
        text("c", lines(third), 3),
        text("c1", lines(third), 9),
        text("d", lines(digest), 4),
        text("d1", lines(digest), 8),
        text("e", lines(third), None),
        text("f", lines(second[6:]), 1),
        text("g", lines(third + first), 5),
    ]


_WHOLE = Corpus()
_WHOLE.publish(_variants())


@settings(max_examples=60, deadline=None)
@given(st.permutations(_variants()), st.sets(st.integers(1, len(_variants()) - 1)))
def test_clusters_depend_neither_on_order_nor_on_how_the_night_is_cut(texts: list[Text], cuts: set[int]) -> None:
    corpus = Corpus()
    edges = [0, *sorted(cuts), len(texts)]
    for start, end in itertools.pairwise(edges):
        corpus.publish(texts[start:end])
    assert corpus.clusters() == _WHOLE.clusters()
