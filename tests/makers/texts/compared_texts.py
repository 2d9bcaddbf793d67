"""Texts to be compared, and a corpus in memory that a night is deduplicated with."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from pipeline.core.config import read
from pipeline.dedupe.candidates import columns
from pipeline.dedupe.decide import Decision, DedupeRules, Text, decide
from pipeline.dedupe.fingerprint import fingerprint
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)


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
