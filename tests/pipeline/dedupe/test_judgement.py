"""What tells a repost from a member of the same series: reposts of the seeds, notices of one template, evidence."""

import itertools
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.core.config import read
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.furniture import learn
from pipeline.dedupe.pair.compare import Text, Verdict, judge
from pipeline.dedupe.pair.evidence import compare_titles, weigh
from pipeline.dedupe.passages import split
from pipeline.dedupe.rules import DedupeRules
from tests.makers.places import ROOT
from tests.makers.texts.notices import FAMILIES, Notice, family
from tests.makers.texts.notices_more import MORE
from tests.makers.texts.reposts import EDITS

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
SEEDS = ROOT.parent / "shared" / "seeds" / "expected.json"


def text(body: str, notice: Notice | None = None) -> Text:
    plain = Text(id=body[:40], text=body, fingerprint=fingerprint(body, RULES.fingerprint))
    if not notice:
        return plain
    return Text(
        id=plain.id,
        text=body,
        fingerprint=plain.fingerprint,
        title=notice.title,
        published_at=notice.published_at,
        document_number=notice.document_number,
    )


def repeats(verdict: Verdict) -> bool:
    return verdict.kind in ("exact", "repost")


def are_candidates(one: Text, other: Text) -> bool:
    keys = set(one.fingerprint.keys), set(other.fingerprint.keys)
    rules = RULES.candidates
    return len(keys[0] & keys[1]) >= max(rules.least_shared, rules.least_share * min(map(len, keys)))


@pytest.mark.parametrize("edit", EDITS)
def test_every_seed_is_found_in_every_form_of_repost(edit: str) -> None:
    if not SEEDS.exists():
        pytest.skip("the seeds are not here: ../shared/seeds")
    for seed in json.loads(SEEDS.read_text(encoding="utf-8")):
        old = text("\n".join(seed["body"]))
        new = text(EDITS[edit](old.text, random.Random(seed["seed"])))
        assert are_candidates(new, old)
        assert repeats(judge(new, old, {}, RULES)), seed["seed"]


@pytest.mark.parametrize("make", FAMILIES + MORE)
def test_notices_of_one_template_are_no_reposts_of_each_other(make) -> None:  # type: ignore[no-untyped-def]
    notices = [text(notice.text, notice) for notice in family(make, 9)]
    verdicts = [judge(new, old, {}, RULES) for old, new in itertools.combinations(notices, 2)]
    assert sum(map(repeats, verdicts)) <= 0.02 * len(verdicts) + 0.5


@pytest.mark.parametrize("make", FAMILIES + MORE)
def test_notices_of_one_template_are_told_apart_by_their_text_alone(make) -> None:  # type: ignore[no-untyped-def]
    notices = [text(notice.text) for notice in family(make, 9)]
    verdicts = [judge(new, old, {}, RULES) for old, new in itertools.combinations(notices, 2)]
    assert sum(map(repeats, verdicts)) <= 0.02 * len(verdicts) + 0.5


@pytest.mark.parametrize("edit", sorted(EDITS.keys() - {"noise 10 %"}))
def test_notices_are_found_in_every_form_of_repost_by_their_text_alone(edit: str) -> None:
    missed = [
        make.__name__
        for make in FAMILIES + MORE
        for nth, notice in enumerate(family(make, 2))
        if not repeats(judge(text(EDITS[edit](notice.text, random.Random(nth))), text(notice.text), {}, RULES))
    ]
    assert len(missed) <= 2, missed


@pytest.mark.parametrize("make", FAMILIES + MORE)
def test_a_notice_with_site_furniture_around_it_is_a_repost(make) -> None:  # type: ignore[no-untyped-def]
    for notice in family(make, 5):
        new = text(EDITS["furniture"](notice.text, random.Random(1)), notice)
        assert judge(new, text(notice.text, notice), {}, RULES).kind == "repost"


def test_furniture_of_a_source_takes_no_part() -> None:
    common = [
        "本馆周一闭馆，团体参观请提前三天预约并携带有效证件入场。",
        "馆内禁止饮食，请听从工作人员引导，有序参观，感谢您的配合。",
    ]
    bodies = [
        f"本周{topic}展览将于周末开幕，展出{number}件馆藏珍品，其中多数为首次公开，观众可在二楼东厅看到全部展品。"
        for number, topic in enumerate(["青铜", "书画", "瓷器", "织绣", "玉器", "碑帖", "钱币"], 31)
    ]
    texts = [text("\n".join([common[0], body, common[1]])) for body in bodies]
    furniture = learn([("", split(each.text, RULES.passages)) for each in texts], RULES.furniture)
    assert len(furniture[""]) == 2
    other = text("\n".join([common[0], "昨夜的大风吹倒了院中的老槐树，所幸没有人员受伤，今晨已清理完毕。", common[1]]))
    assert judge(other, texts[0], {}, RULES).kind == "near"
    assert judge(other, texts[0], furniture, RULES).kind == "different"


def test_an_article_that_many_sites_carry_is_no_furniture() -> None:
    notice = family(FAMILIES[5], 1)[0].text
    copies = [EDITS["furniture"](notice, random.Random(seed)) for seed in range(12)]
    learned = learn([("", split(copy, RULES.passages)) for copy in copies], RULES.furniture)
    assert not learned


def test_evidence_of_titles_dates_and_document_numbers() -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC)
    rules = RULES.evidence
    assert compare_titles("关于做好春耕备耕工作的通知", "【转载】关于做好春耕备耕工作的通知", rules) == "bound"
    assert compare_titles("2026年1月份工业生产情况", "2026年2月份工业生产情况", rules) == "apart"
    assert compare_titles("关于王某某同志任职的通知", "关于李某同志任职的通知", rules) == "apart"
    assert compare_titles("春耕备耕正当时", "农业农村局部署本周工作", rules) == "open"
    assert weigh(("", ""), (day, day + timedelta(days=20)), ("", ""), rules) == "apart"
    assert weigh(("", ""), (None, day), ("国办发〔2026〕4号", "国办发[2026]4号"), rules) == "bound"
    assert weigh(("甲", "甲"), (day, day), ("国办发〔2026〕4号", "国办发〔2026〕5号"), rules) == "apart"
