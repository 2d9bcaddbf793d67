"""Cleaning: what is left of a page's lines, what was taken, and what the taken lines said."""

import time
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.config import read
from pipeline.core.models import Line
from pipeline.text.clean import clean, clean_text
from pipeline.text.rules import BoilerplateRules
from tests.makers.places import TESTS

RULES = read(TESTS.parent / "config" / "boilerplate.yaml", BoilerplateRules)
TEXTS = yaml.safe_load((TESTS / "fixtures" / "plain_texts.yaml").read_text(encoding="utf-8"))

BODY = "记者从市工业局获悉，上半年全市规模以上工业增加值同比增长百分之六点三，增速高于全省平均水平。"
MORE = "下一步，市工业局将围绕十条产业链开展服务企业专项行动，帮助企业解决用工、用地和融资方面的困难。"


@pytest.mark.parametrize("case", TEXTS, ids=[case["name"] for case in TEXTS])
def test_of_a_plain_text_the_body_is_left_and_its_fields_are_read(case: dict[str, object]) -> None:
    cleaned = clean_text(str(case["text"]), RULES)
    assert list(cleaned.paragraphs) == case["body"]
    assert cleaned.title == case["title"]
    for field in ("publisher", "author", "editor"):
        assert getattr(cleaned, field) == case.get(field, ""), field
    assert (cleaned.published.at if cleaned.published else None) == case.get("published")


def paragraphs(*lines: str | Line, title: str = "某市工业经济平稳增长") -> list[str]:
    return list(clean([line if isinstance(line, Line) else Line(text=line) for line in lines], title, RULES).paragraphs)


def test_the_head_ends_at_the_last_metadata_line() -> None:
    head = [
        "首页 > 要闻",
        "某市工业经济平稳增长",
        "——上半年工业观察",
        "2025-07-20 08:00 来源：某报",
        "【字体：大 中 小】",
    ]
    assert paragraphs(*head, BODY, MORE) == [BODY, MORE]


def test_a_list_of_dates_is_not_eaten_as_metadata() -> None:
    rows = [text for day in range(1, 9) for text in (f"第{day}批名单", f"2025-03-0{day}")]
    assert paragraphs(*rows) == rows


def test_a_document_keeps_the_title_and_number_of_its_own_text() -> None:
    own = ["某政发〔2025〕3号", "某市工业经济平稳增长", "各区人民政府："]
    assert paragraphs(*own, BODY) == [*own, BODY]


def test_links_behind_a_heading_are_cut_and_an_authors_sidebar_stays() -> None:
    links = [
        Line(text="全市召开工业大会部署全年重点任务", link_share=1.0),
        Line(text="港口吞吐量创新高", link_share=1.0),
    ]
    assert paragraphs(BODY, MORE, "相关链接", *links) == [BODY, MORE]
    assert paragraphs(BODY, "相关链接", "什么是工业增加值", MORE, BODY) == [
        BODY,
        "相关链接",
        "什么是工业增加值",
        MORE,
        BODY,
    ]


def test_a_statement_is_cut_only_with_words_of_rights_behind_it() -> None:
    rights = "声明：本站转载内容版权归原作者所有，如有侵权请联系我们删除。"
    assert paragraphs(BODY, MORE, rights) == [BODY, MORE]
    joint = ["声明", "双方一致同意在装备制造领域加强合作，共同维护产业链供应链稳定畅通。"]
    assert paragraphs(BODY, MORE, *joint) == [BODY, MORE, *joint]


@pytest.mark.parametrize(
    "end",
    ["（责任编辑：某人）", "责任编辑：某人", "转载请注明出处", "投资有风险，入市需谨慎。以上内容仅供参考，不构成投资建议。",
     " [返回首页]", "返回某狐，查看更多 责任编辑：某人", "【打印】【关闭】", "（更多新闻资讯，请关注某某网）"],
)  # fmt: skip
def test_what_stands_behind_the_last_sentence_goes_and_the_sentences_stay(end: str) -> None:
    assert paragraphs(BODY, MORE + end) == [BODY, MORE]


@pytest.mark.parametrize(
    "end", ["（来源：某局）", "（记者某人）", "他说，转载要守规矩。", "（图/某人）", "专家说，投资有风险，入市需谨慎。"]
)
def test_what_a_paragraph_in_the_middle_or_its_author_says_stays_in_it(end: str) -> None:
    assert paragraphs(BODY + end, MORE)[0] == BODY + end


@pytest.mark.parametrize(
    "line",
    ["下载APP 查看更多", "扫码关注某某公众号", "更多精彩内容，请关注某某公众号", "延伸阅读：某文", "（图片来源：某某日报）",
     "点击查看大图", "【广告】", "某市工业经济平稳增长（资料图片） 图源：某某网"],
)  # fmt: skip
def test_what_a_farm_sets_between_two_paragraphs_goes_alone(line: str) -> None:
    assert paragraphs(BODY, line, MORE) == [BODY, MORE]
    assert paragraphs(BODY, MORE, line, BODY) == [BODY, MORE, BODY]


def test_a_label_alone_says_what_stands_in_the_line_below_it_or_nothing() -> None:
    head = ["某市工业经济平稳增长", "来源：", "某市工信局", "发布时间：", "2025-07-20 08:00", "责任编辑："]
    cleaned = clean([Line(text=line) for line in [*head, BODY, MORE]], head[0], RULES)
    assert cleaned.paragraphs == (BODY, MORE)
    assert (cleaned.publisher, cleaned.editor) == ("某市工信局", "")
    assert cleaned.published


def test_a_label_of_files_goes_where_no_files_are_left_below_it() -> None:
    assert paragraphs(BODY, MORE, "相关附件：", "【打印】【关闭】") == [BODY, MORE]
    assert paragraphs(BODY, MORE, "相关附件：", "1.申报表.docx", "【打印】【关闭】") == [
        BODY, MORE, "相关附件：", "1.申报表.docx",
    ]  # fmt: skip


def test_a_last_paragraph_that_speaks_of_advice_between_two_sentences_stays() -> None:
    last = MORE + "公司提示，上述内容不构成投资建议。" + "董事会秘书说，扩产计划将在年底前完成。"
    assert paragraphs(BODY, last) == [BODY, last]


CONTACTS = ["联系电话：022-12345678", "电子邮箱：a@example.com", "地址：某市某区某路1号", "邮编：300000"]
FOOTER = ["版权所有 某市工业和信息化局", "津ICP备12345678号"]


@pytest.mark.parametrize(
    "notice",
    [
        ["三、联系方式", "联系人：某人", *CONTACTS, "附件：1.申报书", "2.目录", "某市工业和信息化局", "2025年3月4日"],
        [
            "2.采购代理机构信息",
            "名 称：某某招标有限公司",
            "地 址：某市某区某路200号",
            "联系方式：022-1",
            "电 话：022-2",
        ],
        ["时间：2025年3月4日", "主办单位：某市工信局", "承办单位：某协会", "地址：某市会展中心", "联系人：某人"],
    ],
    ids=["contacts", "tender", "event"],
)
def test_contacts_of_a_notice_stay_above_the_footer_of_its_site(notice: list[str]) -> None:
    assert paragraphs(BODY, MORE, *notice, *FOOTER) == [BODY, MORE, *notice]


def test_the_contacts_of_a_footer_go() -> None:
    footer = ["主办单位：某市工信局", "地址：某市某区某路1号", "邮编：300000", "电话：022-12345678", *FOOTER]
    assert paragraphs(BODY, MORE, "某市工信局", "2025年3月4日", *footer) == [BODY, MORE, "某市工信局", "2025年3月4日"]


def test_files_named_behind_the_editor_stay_with_the_article() -> None:
    assert paragraphs(BODY, MORE, "责任编辑：某人", "附件：1.申报表", "汇总表.xlsx", "猜你喜欢") == [
        BODY, MORE, "附件：1.申报表", "汇总表.xlsx",
    ]  # fmt: skip


def test_signature_date_and_byline_stay_while_furniture_below_them_goes() -> None:
    signed = ["某市工业和信息化局", "2025年3月4日", "（此件公开发布）"]
    assert paragraphs(BODY, *signed, "【打印】【关闭】") == [BODY, *signed]


def test_an_editors_line_between_two_articles_does_not_cut_the_second() -> None:
    assert paragraphs("市工业局今天召开会议，部署下半年重点工作，要求各区抓紧落实。", "编辑：某人", BODY, MORE, BODY)[
        -3:
    ] == [BODY, MORE, BODY]


def test_words_of_share_bars_inside_sentences_are_body() -> None:
    said = "企业家们分享到海外建厂的经验，打印、关闭、收藏等功能一应俱全的新软件同时发布。"
    assert paragraphs(said, BODY) == [said, BODY]


def test_every_line_is_either_kept_or_removed_with_its_rule() -> None:
    lines = [
        "首页 > 要闻",
        "某市工业经济平稳增长",
        "来源：某报",
        BODY,
        "（资料图）",
        MORE,
        "责任编辑：某人",
        "推荐阅读",
        "某文",
    ]
    cleaned = clean([Line(text=line) for line in lines], "某市工业经济平稳增长", RULES)
    assert sorted([*cleaned.paragraphs, *(removed.line for removed in cleaned.removed)]) == sorted(lines)
    assert [(removed.rule, removed.zone) for removed in cleaned.removed] == [
        ("breadcrumb", "head"), ("title", "head"), ("source", "head"), ("stock_picture", "inline"),
        ("editor", "tail"), ("related", "tail"), ("behind_editor", "tail"),
    ]  # fmt: skip


def test_the_text_is_kept_as_published_but_for_white_space() -> None:
    assert paragraphs("　　２０２５年　全市（含郊区）“新三样”出口①增长５０％，\u200b同比ﬁ提高……", BODY)[0] == (
        "２０２５年 全市（含郊区）“新三样”出口①增长５０％，同比ﬁ提高……"
    )


def test_a_machine_converted_page_keeps_its_published_form_beside_the_reading() -> None:
    published = "實(shí)現(xiàn)營業(yè)收入同比增長(zhǎng)百分之六,,企業(yè)信心增強(qiáng)。"
    cleaned = clean([Line(text=published)], "工業(yè)運(yùn)行平穩(wěn)", RULES)
    assert cleaned.title == "工业运行平稳"
    assert cleaned.paragraphs == ("实现营业收入同比增长百分之六,企业信心增强。",)
    assert cleaned.as_published == (published,)


LINE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            BODY,
            MORE,
            "责任编辑：某人",
            "来源：某报",
            "2025-03-04",
            "相关链接",
            "分享到：",
            "（记者某某）",
            "附件：表.doc",
            "某题(1)",
        ]
    ),
)


@given(st.lists(LINE, max_size=12), st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_lines_make_it_raise_and_none_is_invented(lines: list[str], title: str) -> None:
    cleaned = clean([Line(text=line) for line in lines], title, RULES)
    assert len(cleaned.paragraphs) <= len(lines)
    if cleaned.as_published is not None:
        assert len(cleaned.as_published) == len(cleaned.paragraphs)


@given(
    st.lists(
        st.sampled_from([BODY, MORE, "一、总体要求", "来源：某报", "责任编辑：某人", "推荐阅读", "2025年3月4日"]),
        max_size=10,
    )
)
@settings(deadline=None)
def test_cleaning_what_is_clean_changes_nothing(lines: list[str]) -> None:
    once = paragraphs(BODY, *lines, MORE)
    assert paragraphs(*once) == once


def test_real_news_without_boilerplate_is_left_alone() -> None:
    import gzip
    import json
    from collections import Counter

    from pipeline.text.folded_lines import tidy

    corpus = TESTS.parents[1] / "shared" / "near_duplicates" / "corpus.jsonl.gz"
    if not corpus.exists():
        pytest.skip("needs ../shared")
    with gzip.open(corpus, "rt", encoding="utf-8") as rows:
        news = [row["text"] for row in map(json.loads, rows) if row["id"].removeprefix("c").isdigit()][::5]
    total = changed = 0
    for text in news:
        before = Counter(filter(None, map(tidy, text.split("\n"))))
        after = Counter(clean_text(text, RULES).paragraphs)
        total += before.total()
        changed += max((before - after).total(), (after - before).total())
    assert total > 15_000
    assert changed * 1000 <= total


PROSE = "某市工业和信息化局今天召开会议，研究部署下一阶段的工作任务，要求各单位认真落实。"


@pytest.mark.parametrize(
    "grown",
    [
        pytest.param(lambda count: PROSE + "（来源：某报）" * count, id="statements behind a sentence"),
        pytest.param(lambda count: "\n".join([PROSE, *["（来源：某报）"] * count]), id="lines of statements"),
        pytest.param(lambda count: "\n".join([*["某市召开工业会议部署任务"] * count, PROSE]), id="titles"),
        pytest.param(lambda count: "\n".join([PROSE, "责任编辑：张三"] * count), id="editors between paragraphs"),
        pytest.param(lambda count: "\n".join([PROSE, *["相关链接", "某某"] * count]), id="headings of links"),
        pytest.param(lambda count: PROSE + "(" * count * 5, id="open brackets"),
        pytest.param(lambda count: f"{PROSE}\n" + "来 源 " * count, id="single characters"),
    ],
)
def test_ten_times_the_text_takes_some_ten_times_the_work(grown: Callable[[int], str]) -> None:
    def seconds(count: int) -> float:
        text, start = grown(count), time.process_time()
        clean_text(text, RULES)
        return time.process_time() - start

    seconds(30)
    assert min(seconds(2000) for _ in range(3)) < 40 * max(
        0.01, min(seconds(200) for _ in range(3))
    )  # quadratic: a hundred times


def test_what_stands_in_brackets_with_spaces_is_known() -> None:
    found = clean([Line(text=PROSE), Line(text="（ 责任编辑： 张 三 ）"), Line(text="[ 来源 ： 某某日报 ]")], "", RULES)
    assert (found.paragraphs, found.editor, found.publisher) == ((PROSE,), "张 三", "某某日报")


def test_what_an_app_says_between_paragraphs_again_and_again_ends_nothing():
    paragraphs = [f"第{number}段说的是港口建设的第{number}件事，工程进展顺利，各方都表示满意。" for number in range(12)]
    lines = [
        line
        for place, one in enumerate(paragraphs)
        for line in ([one, "打开新闻客户端 查看更多图片"] if place % 3 == 2 else [one])
    ]
    assert list(clean_text("\n".join(lines), RULES).paragraphs) == paragraphs
