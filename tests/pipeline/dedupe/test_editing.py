"""What an editor's hand changes and a repost stays one; what one character changes and it is another text."""

import random
from datetime import UTC, datetime

import pytest

from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.pair.alignment import Edit
from pipeline.dedupe.pair.compare import Verdict, judge
from pipeline.dedupe.pair.entities import numbers_change
from pipeline.dedupe.pair.text import Text
from pipeline.dedupe.passages import split
from tests.makers.texts.compared_texts import RULES, Corpus, lines, story, text
from tests.makers.texts.one_character import FAMILIES, Family
from tests.makers.texts.reposts import EDITS

BODY = [
    "北山县供销社本周启动冬储菜收购，首批收购点设在城关、柳湾和石桥三个镇，预计收购白菜和萝卜共3200吨。",
    "供销社主任说，收购价格随行就市，菜农凭身份证登记，当天过磅、当天付款，不打白条。",
    "为方便偏远村庄，供销社组织了12辆货车进村收购，并在村口张榜公布价格和联系电话。",
    "菜农老冯种了6亩白菜，往年要自己拉到县城去卖，今年在家门口就卖了出去。",
]


def told(body: str, title: str = "", day: int | None = None) -> Text:
    at = datetime(2026, 3, day, 2, tzinfo=UTC) if day else None
    return Text(id=body[:30], text=body, fingerprint=fingerprint(body, RULES.fingerprint), title=title, published_at=at)


def verdict(
    new: str, old: str, titles: tuple[str, str] = ("", ""), days: tuple[int | None, int | None] = (None, None)
) -> Verdict:
    return judge(told(new, titles[0], days[0]), told(old, titles[1], days[1]), {}, RULES)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
@pytest.mark.parametrize("titles", ["none", "own", "same"])
def test_texts_that_differ_in_a_character_of_meaning_are_no_reposts(family: Family, titles: str) -> None:
    for one, other in family.pairs():
        named = {"none": ("", ""), "own": (one[0], other[0]), "same": ("本周公告摘登", "本周公告摘登")}[titles]
        assert verdict(one[1], other[1], named).kind == "near", (one, other)


def test_there_are_enough_families_to_speak_of() -> None:
    assert len(FAMILIES) >= 30
    assert 2 * sum(len(family.pairs()) for family in FAMILIES) >= 300


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_a_noisy_copy_of_such_a_text_is_still_a_repost(family: Family) -> None:
    body = family.pairs()[0][0][1]
    missed = [seed for seed in range(10) if verdict(EDITS["noise 5 %"](body, random.Random(seed)), body).kind == "near"]
    assert len(missed) <= 3


def test_a_telegraph_is_no_caption() -> None:
    line = "【北山县蔬菜批发价格多数上涨】本报3月9日电，截至今日收盘，白菜每公斤1.46元，萝卜每公斤1.12元，土豆每公斤2.08元，" \
           "大葱每公斤3.31元，菠菜每公斤5.20元，市场日成交量为2316吨，比前一日多，价格较上周多数上涨，供应总体充足平稳，交易秩序良好。"  # fmt: skip
    assert 120 < len(line) <= 320
    assert not any(split(line, RULES.passages).labels)
    other = line.replace("1.46", "1.37").replace("2.08", "2.55").replace("2316", "2478").replace("3月9日", "3月12日")
    assert verdict(other, line).kind == "near"


PRICES = "白菜每公斤{}元，萝卜每公斤{}元，土豆每公斤{}元，菠菜每公斤5.20元，日成交量{}吨。"


@pytest.mark.parametrize(
    "line",
    [
        "市场监测显示，{}",
        "市场监测显示，{}（责任编辑：钱某）",
        "来源：县商务局 {}",
        "据县商务局微信公众号消息，{}",
        "记者从12345热线获悉，{}",
        "{}记者 小王 摄",
        "（{}）",
        "▲{}",
        "■{}",
        "摘要：{}",
        "声明：{}",
        "专题\n{}",
        "{}【详细】",
    ],
)
def test_no_wording_of_a_label_hides_other_numbers_in_a_sentence(line: str) -> None:
    one, other = (
        line.format(PRICES.format(*told)) for told in (("1.46", "1.12", "2.08", 2316), ("1.37", "1.01", "2.55", 2478))
    )
    assert verdict(other, one).kind == "near"
    assert verdict(one + "\n（编辑：孙某）", one).kind == "repost"


def test_beginnings_of_other_articles_are_no_prose_of_its_own() -> None:
    teasers = [f"{sentence[:70]}...【详细】每日榜2026-03-09 15:24:10" for sentence in story(51, 8)]
    assert verdict("\n".join([*BODY, *teasers]), "\n".join(BODY)).kind == "repost"
    assert verdict("\n".join([*BODY, *story(51, 8)]), "\n".join(BODY)).kind == "near"


def test_an_article_under_a_heading_for_related_ones_is_another_item() -> None:
    related = ["相关报道", *story(52, 6)]
    assert verdict("\n".join([*BODY, *related]), "\n".join(BODY)).kind == "near"
    headlines = ["相关报道", "全市冬储菜收购全面展开", "菜农增收有了新门路", "柳湾镇大棚蔬菜上市"]
    assert verdict("\n".join([*BODY, *headlines]), "\n".join(BODY)).kind == "repost"


def test_a_form_that_names_another_day_is_another_text() -> None:
    form = "【交易所：对部分客户采取限制开仓措施】本报{}电，{}，有{}实际控制关系账户在相关合约上日内开仓交易量超限，达到处理标准。根据有关规定，交易所决定对其采取限制开仓的监管措施。"
    one, other = form.format("3月2日", "3月2日", "一组"), form.format("3月12日", "3月12日", "数组隐瞒关联关系的")
    assert verdict(other, one, days=(12, 2)).kind == "near"
    assert verdict(one + "\n（编辑：孙某）", one, days=(12, 2)).kind == "repost"


def test_whoever_an_outlet_calls_itself_is_no_other_name() -> None:
    old = "\n".join(BODY + story(53, 6)).replace("供销社主任说", "供销社主任对北山观察（微信ID：beishanguancha）说")
    new = old.replace("北山观察（微信ID：beishanguancha）", "北山晚报记者")
    assert verdict(new, old).kind == "repost"


@pytest.mark.parametrize(
    ("here", "there", "changed"),
    [
        ("于2017年4月5日开工", "于4月5日开工", False),
        ("于4月5日开工", "于5日开工", False),
        ("上午9时05分起", "上午9时5分起", False),
        ("共95人参加", "共195人参加", True),
        ("共19人参加", "共18人参加", True),
        ("共05吨粮食", "共5吨粮食", True),
        ("于15日开工", "于5日开工", True),
    ],
)
def test_numbers_are_compared_as_numbers(here: str, there: str, changed: bool) -> None:
    start = next(n for n in range(len(here)) if here[n] != there[n])
    end = next(n for n in range(len(here)) if here[-1 - n] != there[-1 - n])
    end = min(end, len(here) - start, len(there) - start)
    edit = Edit((start, len(here) - end), (start, len(there) - end))
    assert bool(numbers_change(edit, here, there)) == changed


def test_datelines_outlets_and_the_words_for_a_day_are_no_other_names() -> None:
    old = "中新网北山3月9日电（记者 钱某）" + "\n".join(BODY).replace("供销社主任说", "县供销社主任9日介绍")
    new = "本报讯（记者 孙某）" + "\n".join(BODY).replace("供销社主任说", "县供销社主任今天表示")
    assert verdict(new, old, days=(9, 9)).kind == "repost"


COURT = """中新网青阳6月3日电 青阳市中级人民法院3日公开宣判一起高空抛物案。被告人王某某因以危险方法危害公共安全罪，被判处有期徒刑二年，缓刑三年，并赔偿被害人医疗费等共计8.6万元。
法院审理查明，2019年10月14日晚，王某某酒后与妻子发生争吵，将一把菜刀和两只花盆从住所十五楼窗口抛出，砸中路过的快递员刘某，致其左肩骨折。
承办法官表示，高空抛物被称为“悬在城市上空的痛”，呼吁居民自觉规范行为，物业公司也应加强宣传和监控。"""
FIGURES = """7月19日，城建委举行新闻发布会，介绍上半年工作情况。城建委负责人表示，上半年全市新建公厕206座，改造公厕161座，新增停车位4500个。
该负责人说，下一步将加快补齐短板，推进老旧小区改造，培育一批示范街道，稳定投资，努力完成全年目标任务。"""
NOTICE = "【慢性病待遇可以网上申请】记者从市医保局获悉，自7月1日起，全市参保人员可通过手机客户端申请慢性病待遇资格，上传病历和检查报告，审核时间由20个工作日缩短为5个工作日。"


@pytest.mark.parametrize(
    ("old", "changes"),
    [
        (COURT, {"中新网青阳6月3日电 青阳市中级人民法院3日": "今日，本院", "表示": "提醒"}),
        (COURT, {"中新网青阳6月3日电 青阳市中级人民法院3日": "近日，我市中级人民法院"}),
        (COURT, {"中新网青阳6月3日电 青阳市中级人民法院3日": "2020年6月3日，青阳市中级人民法院"}),
        (COURT, {"被告人王某某": "王某某", "法院审理查明": "经审理查明"}),
        (FIGURES, {"7月19日，": "人民网青阳7月19日电（记者王某）今日，", "该负责人说": "他介绍"}),
        (
            FIGURES,
            {
                "7月19日，城建委举行新闻发布会，介绍上半年工作情况。": "新华社青阳7月19日电（记者张某）记者19日从城建委举行的新闻发布会上获悉，"
            },
        ),
        (
            NOTICE,
            {"【慢性病待遇可以网上申请】记者从市医保局获悉": "本报6月20日电，市医保局消息", "全市": "我市"},
        ),
        ("据美联社6月26日报道，" + FIGURES, {"据美联社6月26日报道": "参考消息网6月28日报道"}),
        (
            "中新社7月19日電 19日，" + COURT[19:].replace("电", "電"),
            {"中新社7月19日電 19日": "本报讯（记者 郑某 通讯员 吴某）昨日"},
        ),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("days", [(None, None), (19, 19)])
def test_what_editors_of_other_outlets_change_makes_no_other_text(
    old: str, changes: dict[str, str], days: tuple[int | None, int | None]
) -> None:
    new = old
    for one, other in changes.items():
        assert one in new
        new = new.replace(one, other)
    assert verdict(new, old, days=days).kind == "repost"


def test_a_number_that_ends_the_text_or_a_sentence_before_a_cut_is_another_number() -> None:
    first, rest = (
        "据当地卫生部门统计，这次疫情中受感染的医务人员占全部病例的一成，因病去世的医生已经达到{}人。",
        lines(story(61, 4)),
    )
    assert verdict(first.format(39), first.format(37)).kind == "near"
    assert verdict(first.format(39), first.format(37) + "\n" + rest).kind == "near"
    assert verdict(first.format(37), first.format(37) + "\n" + rest).kind == "repost"


def test_a_headline_in_other_words_keeps_no_texts_apart_that_do_not_differ_by_it() -> None:
    old = "网易专稿3月9日报道（文/小钱）" + "\n".join(BODY)
    new = "老冯\n" + "\n".join(BODY)
    assert (
        verdict(new, old, ("冬储菜收购被指惠农 县供销社：诚信需坚守", "冬储菜收购是惠农？县供销社：信用需坚守")).kind
        == "repost"
    )


def test_a_negation_before_an_english_word_is_another_word() -> None:
    old = "The board told the press that the complaint against the officer was founded. The chief of the department said that the decision would be published on the website."
    assert verdict(old.replace("founded", "unfounded"), old).kind == "near"


def test_the_same_title_every_day_excuses_no_other_number() -> None:
    old = "市住房公积金中心通知，本年度个人住房贷款最高额度为双职工80万元，此前已受理的贷款申请按原规定办理。请各管理部遵照执行，执行中遇到的问题请及时报告。"
    titles = ("关于公积金贷款额度的通知", "关于公积金贷款额度的通知")
    for days in ((9, 9), (10, 9), (None, None)):
        assert verdict(old.replace("80万", "90万"), old, titles, days).kind == "near"


def test_another_day_in_a_dateline_counts_where_the_texts_are_of_other_days() -> None:
    old = "【上期所提示风险】本报3月9日电，上海期货交易所今日发布通知，提醒投资者理性参与交易，加强风险防范，合规进行操作。"
    new = old.replace("3月9日", "3月12日")
    titles = ("上期所提示风险", "上期所提示风险")
    assert verdict(new, old, titles, (9, 9)).kind == "repost"
    assert verdict(new, old, titles, (12, 9)).kind == "near"


def test_a_headline_and_a_lead_that_repeat_the_text_are_no_prose_of_its_own() -> None:
    lead = "北山县供销社启动冬储菜收购 菜农在家门口就卖了白菜\n本周启动冬储菜收购的北山县供销社，收购点设在城关、柳湾和石桥三个镇，组织了12辆货车进村收购，当天过磅、当天付款。"
    assert verdict(lead + "\n" + "\n".join(BODY), "\n".join(BODY)).kind == "repost"


def test_titles_of_one_series_keep_apart_only_by_what_is_new() -> None:
    body = "\n".join(BODY)
    titles = "北山县供销社收购冬储菜12辆货车进村", "北山县供销社收购冬储菜3200吨"
    assert verdict(body + "\n本报记者 钱某", body, titles).kind == "repost"


def test_another_item_in_a_long_text_is_no_repost() -> None:
    long = lines(story(31, 60))
    other = (
        "\n".join(BODY)
        + "\n"
        + "县气象台预报，未来三天受冷空气影响，气温将下降八度左右，请农户做好大棚保温，及时收获露地蔬菜，并防范大风吹坏棚膜。供电所加派人员巡线，保障温室用电。"
    )
    assert verdict(long + "\n" + other, long).kind == "near"


REPORT = [*BODY, *story(41, 6)]
FACTS = "截至今天下午，三个收购点已收购白菜860吨，付款到户137万元。县农业农村局派出技术员到场指导分级装车，运往省城的首批车队将于明早出发，沿途由交警部门安排专人引导。"


@pytest.mark.parametrize("days", [(5, 4), (4, 4), (None, None)])
def test_a_text_that_holds_an_older_one_whole_and_adds_facts_extends_it(days: tuple[int | None, int | None]) -> None:
    corpus = Corpus()
    corpus.publish([text("old", "\n".join(REPORT), days[1], fetched_at=datetime(2026, 3, 4, 20, tzinfo=UTC))])
    newer = "\n".join([*REPORT, FACTS * 2])
    (decision,) = corpus.publish([text("new", newer, days[0], fetched_at=datetime(2026, 3, 5, 20, tzinfo=UTC))])
    assert (decision.kind, decision.canonical_id, decision.extends) == ("original", None, "old")
    assert corpus.held["old"].canonical_id is None


def test_of_a_chain_each_text_extends_the_newest_before_it() -> None:
    corpus = Corpus()
    more = [
        "省气象台说，今后一周以晴天为主，利于露地蔬菜收获和晾晒，菜农可以安排雇工抢收，早装车早入窖，减少田间损耗和冻害，保障节日市场供应。"
        * 3
    ]
    for day, body in enumerate((REPORT, [*REPORT, FACTS * 2], [*REPORT, FACTS * 2, *more]), 4):
        at = datetime(2026, 3, day, 20, tzinfo=UTC)
        corpus.publish([text(f"day{day}", "\n".join(body), day, fetched_at=at)])
    assert [corpus.decisions[f"day{day}"].extends for day in (4, 5, 6)] == [None, "day4", "day5"]
