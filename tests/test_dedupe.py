"""Deduplication as a whole: what a night's texts are to each other and to the corpus."""

import itertools
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.candidates import columns
from pipeline.config import read
from pipeline.dedupe import Decision, DedupeRules, Text, decide
from pipeline.fingerprint import fingerprint

RULES = read(Path(__file__).parent.parent / "config" / "dedupe.yaml", DedupeRules)


class Corpus:
    """A corpus in memory that takes decisions in as the table does."""

    def __init__(self, texts: Iterable[Text] = ()) -> None:
        self.held = {text.id: text for text in texts}
        self.decisions: dict[str, Decision] = {}

    def keys(self) -> pl.LazyFrame:
        canonical = pl.Series("canonical_id", [text.canonical_id for text in self.held.values()], dtype=pl.String)
        return columns(list(self.held.values())).with_columns(canonical).lazy()

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        return {id_: self.held[id_] for id_ in ids if id_ in self.held}

    def recent(self, source_ids: Collection[str]) -> Iterable[Text]:
        return [text for text in self.held.values() if text.source_id in source_ids]

    def publish(self, new: Sequence[Text]) -> list[Decision]:
        decisions = decide(new, self, RULES)
        self.held |= {text.id: text for text in new}
        for decision in decisions:
            self.held[decision.id] = replace(self.held[decision.id], canonical_id=decision.canonical_id)
            self.decisions[decision.id] = decision
        return decisions

    def clusters(self) -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for id_, text in self.held.items():
            assert self.held[text.canonical_id or id_].canonical_id is None
            found.setdefault(text.canonical_id or id_, set()).add(id_)
        return {frozenset(ids) for ids in found.values()}


def text(id_: str, body: str, day: int | None = None, **fields: object) -> Text:
    published = datetime(2026, 3, day, 2, tzinfo=UTC) if day else None
    return Text(id=id_, text=body, fingerprint=fingerprint(body, RULES.fingerprint), published_at=published, **fields)  # type: ignore[arg-type]


_PLACES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_TOPICS = [
    "桥梁",
    "水渠",
    "粮仓",
    "港口",
    "车站",
    "果园",
    "医院",
    "学校",
    "电站",
    "矿山",
    "林场",
    "渔船",
    "工厂",
    "集市",
    "公路",
    "隧道",
    "水库",
    "草场",
    "茶园",
    "船坞",
]
_ACTS = [
    "修复",
    "扩建",
    "启用",
    "检查",
    "迁移",
    "登记",
    "封存",
    "评估",
    "拍卖",
    "移交",
    "测量",
    "改造",
    "验收",
    "开工",
    "停用",
    "巡查",
    "联网",
    "招标",
    "投产",
    "并网",
]
_WHO = [
    "工程师",
    "居民",
    "检查组",
    "施工队",
    "村委会",
    "专家组",
    "调度员",
    "养护班",
    "志愿者",
    "运输队",
    "监理员",
    "采购员",
]
_WHEN = ["清晨", "傍晚", "雨后", "月初", "年底", "开春", "入秋", "汛期", "节前", "周末", "深夜", "午间"]


def story(seed: int, sentences: int = 12) -> list[str]:
    """Sentences that no other seed's story holds."""
    chance = random.Random(seed)
    pick = chance.choice
    return [
        f"{pick(_WHEN)}，{pick(_PLACES)}{pick(_PLACES)}{pick(_PLACES)}的{pick(_TOPICS)}由{pick(_WHO)}{pick(_ACTS)}，"
        f"随后{pick(_WHO)}把{pick(_TOPICS)}和{pick(_TOPICS)}{pick(_ACTS)}，{pick(_PLACES)}{pick(_PLACES)}方面{pick(_ACTS)}了{pick(_TOPICS)}。"
        for _ in range(sentences)
    ]


def lines(sentences: Sequence[str]) -> str:
    return "\n".join("".join(sentences[n : n + 2]) for n in range(0, len(sentences), 2))


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
