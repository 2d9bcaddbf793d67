"""The judge: what is no document is rejected with its reason; notices of two lines, one sentence or a file are documents."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.core.config import read
from pipeline.core.errors import Reject
from pipeline.core.models import Attachment, Decoded, Document, Extracted, Fields, Line, Page, Reason
from pipeline.core.source import unknown
from pipeline.documents import process
from pipeline.page.obstacles import load
from pipeline.rules import Rules
from pipeline.text.clean import clean
from pipeline.text.quality import QualityRules, judge
from pipeline.text.rules import BoilerplateRules
from tests.makers.places import ROOT

BOILERPLATE = read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules)
RULES = read(ROOT / "config" / "quality.yaml", QualityRules)
SIGNATURES = load(ROOT / "config" / "obstacles.yaml")

PROSE = "上半年全市规模以上工业增加值同比增长百分之六，装备制造业和电子信息制造业贡献最大，出口订单逐月回升。"


def verdict(
    *lines: str | Line,
    title: str = "某市工业运行情况",
    html: str = "<html><body><p>正文</p></body></html>",
    status: int = 200,
    images: int = 0,
    videos: int = 0,
    attachments: tuple[Attachment, ...] = (),
) -> Reason | None:
    """The reason of the rejection, or None for a document."""
    extracted = Extracted(
        title=title,
        lines=tuple(line if isinstance(line, Line) else Line(text=line) for line in lines),
        fields=Fields(attachments=attachments),
        candidate="test",
        images=images,
        videos=videos,
    )
    cleaned = clean(extracted.lines, title, BOILERPLATE)
    decoded = Decoded(text=html, declared="", detected="utf-8", used="utf-8", replaced=html.count("\ufffd"))
    try:
        judge(extracted, cleaned, decoded, status, RULES, SIGNATURES)
    except Reject as reject:
        return reject.reason
    return None


def links(*titles: str) -> str:
    return (
        "<html><body>"
        + "".join(f"<li><a href='/{at}.html'>{title}</a></li>" for at, title in enumerate(titles))
        + "</body></html>"
    )


TITLES = tuple(f"关于公布第{number}批绿色工厂名单的通知" for number in "一二三四五六七八九十")


@pytest.mark.parametrize(
    "lines",
    [
        ("现将《某市工业园区管理办法》印发给你们，请认真贯彻执行。",),
        ("各区工业和信息化局：", "请查收2025年度申报表。", "附件：申报表.docx"),
        ("3月5日，全市工业大会在会展中心召开。",),
        (PROSE,),
        ("任命张某为某市工业和信息化局局长；", "免去李某的某市工业和信息化局局长职务。"),
        tuple(f"{name}某某" for name in "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"),
        ("The ministry published new rules on Monday.",),
    ],
)
def test_a_short_notice_is_a_document(lines: tuple[str, ...]) -> None:
    assert verdict(*lines) is None


def test_a_few_words_with_a_file_are_a_document() -> None:
    file = Attachment(name="公告.pdf", url="https://example.com/a.pdf", type="pdf")
    assert verdict("公告全文见附件", title="公告") is Reason.TOO_SHORT
    assert verdict("公告全文见附件二", title="公告", attachments=(file,)) is None


def test_a_bulletin_of_numbers_in_a_table_is_a_document() -> None:
    rows = ["指标\t数值\t同比"] + [
        f"第{name}行业增加值\t{number}.5\t{number}%" for number, name in enumerate("一二三四五六七八九")
    ]
    assert verdict(*rows) is None


def test_a_table_of_dated_events_with_prose_is_a_document() -> None:
    assert verdict(*[f"2025-03-0{day} {PROSE}" for day in range(1, 9)]) is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Reason.GONE),
        (410, Reason.GONE),
        (500, Reason.HTTP_STATUS),
        (403, Reason.HTTP_STATUS),
        (301, Reason.HTTP_STATUS),
    ],
)
def test_a_status_that_is_no_success_is_rejected_even_with_text(status: int, reason: Reason) -> None:
    assert verdict(PROSE, status=status) is reason


@pytest.mark.parametrize(
    ("status", "html"),
    [
        (521, "<script>document.cookie='__jsl_clearance_s=1';location.href=location.pathname+location.search</script>"),
        (200, "<script>document.cookie=('__jsl_clearance');location.href=location.pathname</script>"),
        (412, "<html><head><meta content='x' r='m'><script>$_ts=window['$_ts'];</script></head><body></body></html>"),
        (200, "<html><head><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script></head><body></body></html>"),
        (200, "<html><script>var arg1='ABCDEF';function f(x){document.cookie='acw_sc__v2='+x}</script></html>"),
        (468, "<html><title>请求存在威胁</title><body>安全检测能力由 雷池 WAF 驱动</body></html>"),
        (403, "<html><title>访问被拒绝</title><body>您的请求疑似攻击行为</body></html>"),
        (200, "<html><title>安全验证</title><body>请拖动滑块完成验证</body></html>"),
    ],
)
def test_a_challenge_is_named_before_its_status(status: int, html: str) -> None:
    assert verdict(html=html, status=status) is Reason.CHALLENGE


def test_a_script_of_a_firewall_inside_a_good_page_is_no_challenge() -> None:
    html = f"<html><head><script>$_ts=window['$_ts'];</script></head><body><p>{PROSE * 4}</p></body></html>"
    assert verdict(PROSE, html=html) is None


def test_a_page_that_asks_for_an_account_is_rejected_as_login() -> None:
    form = "<html><title>用户登录</title><body><form><input name=u><input type='password' name=p></form></body></html>"
    assert verdict(html=form, title="用户登录") is Reason.LOGIN
    assert verdict("请登录后查看全文", title="某某文件") is Reason.LOGIN


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("某市人民政府", "您访问的页面不存在或已被删除！"),
        ("404", "三秒后返回首页"),
        ("系统提示", "该信息已删除"),
        ("某网", "抱歉，您访问的文章找不到了，文章不存在"),
    ],
)
def test_a_page_that_says_nothing_is_here_is_a_soft_404(title: str, line: str) -> None:
    assert verdict(line, title=title, html=links(*TITLES)) is Reason.SOFT_404


def test_an_article_about_deleted_pages_is_a_document() -> None:
    assert verdict(PROSE, "记者发现，一些政务网站的链接打开后提示页面不存在或已删除，群众办事多有不便。", PROSE) is None


def test_a_page_of_links_is_a_list() -> None:
    rows = [Line(text=f"{title} 2025-03-0{day}", link_share=0.6) for day, title in enumerate(TITLES[:9], 1)]
    assert verdict(*rows, title="通知公告", html=links(*TITLES)) is Reason.LIST_PAGE


def test_titles_and_dates_without_links_are_a_list_too() -> None:
    rows = [text for day, title in enumerate(TITLES[:9], 1) for text in (title, f"2025-03-0{day}")]
    assert verdict(*rows, title="通知公告") is Reason.LIST_PAGE


def test_a_page_whose_links_were_not_taken_for_a_body_is_a_list() -> None:
    assert verdict(title="通知公告", html=links(*TITLES)) is Reason.LIST_PAGE


def test_menus_alone_are_navigation() -> None:
    menu = ("首页", "机构", "新闻", "政策", "互动", "服务", "数据", "专题")
    assert verdict(title="某局", html=links(*menu) + "<p>" + "某局网站导航" * 40 + "</p>") is Reason.NAVIGATION_ONLY
    assert verdict(*[Line(text=word, link_share=1.0) for word in menu * 4], title="某局") is Reason.NAVIGATION_ONLY


def test_a_picture_or_a_film_alone_is_no_text() -> None:
    assert verdict("一图读懂", title="一图读懂工业大会", images=1, html=links(*TITLES)) is Reason.IMAGE_ONLY
    assert verdict("视频", title="工业大会现场", videos=1, images=2) is Reason.VIDEO_ONLY
    assert verdict(PROSE, images=3, videos=1) is None


def test_a_shell_without_text_is_rejected() -> None:
    app = (
        "<html><head><title>门户</title></head><body><div id='app'></div><script src='/app.js'></script></body></html>"
    )
    plain = "<html><head><title>门户</title></head><body><div class='page'></div><script src='/x.js'></script></body></html>"
    assert verdict(html=app, title="门户") is Reason.EMPTY_SHELL
    assert verdict(html=plain, title="门户") is Reason.EMPTY_SHELL


def test_a_few_words_are_too_short() -> None:
    assert verdict("测试文章", title="测试") is Reason.TOO_SHORT


@pytest.mark.parametrize(
    "text",
    [
        PROSE.encode("gb18030").decode("utf-8", "replace"),
        (PROSE * 3).encode().decode("gb18030", "replace"),
        PROSE.encode().decode("latin-1"),
        PROSE.encode("gb18030").decode("latin-1"),
        "锟斤拷" * 30,
        (PROSE * 3).encode("gb18030").decode("shift_jis", "replace"),
    ],
)
def test_mojibake_is_rejected(text: str) -> None:
    assert verdict(text, title="某文") is Reason.MOJIBAKE


@pytest.mark.parametrize(
    "text",
    [
        PROSE * 8 + "代表名单中有一个字显示为\ufffd，原文如此。",
        "Le ministère de l'Économie a présenté à Paris une série de mesures destinées à l'industrie française.",
        "経済産業省は月曜日、中小企業を支援するための新しい計画を発表しました。予算は百億円に上る見通しです。",
        "산업통상자원부는 월요일 중소기업을 지원하기 위한 새로운 계획을 발표했다. 예산은 백억 원에 이를 전망이다.",
    ],
)
def test_one_lost_character_or_another_language_is_no_mojibake(text: str) -> None:
    assert verdict(text) is None


def test_no_recorded_article_is_rejected_and_recorded_lists_are(shared: Path) -> None:
    """Of 32 recorded lists one becomes a document still: a program's comment stands on it, and one row."""
    rules, gold = Rules.load(ROOT / "config"), shared / "gold"
    rows = [json.loads(line) for line in (gold / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    rejected, documents = [], []
    for row in [*rows[::2], *(row for row in rows[1::2] if row["kind"] == "list")]:  # half of the articles: 5 seconds
        url = row.get("url") or "https://example.com/a.html"
        page = Page(
            url=url,
            requested_url=url,
            source_id="unknown",
            status=200,
            headers=(),
            body=(gold / "pages" / f"{row['id']}.html").read_bytes(),
            fetched_at=datetime(2026, 11, 23, tzinfo=UTC),
        )
        is_document = isinstance(process(page, unknown(), rules), Document)
        if row["kind"] == "list" and is_document:
            documents.append(row["id"])
        elif row["kind"] != "list" and not is_document:
            rejected.append(row["id"])
    assert rejected == []
    assert len(documents) <= 1, documents
