"""Dates, publishers, document tables and attachments on pages of our own writing, one for each kind."""

from datetime import UTC, date, datetime

import pytest

from pipeline.core.dates import SHANGHAI, local_day
from pipeline.core.models import Fields, Precision
from pipeline.core.source import ArticleSpec
from pipeline.page.fields.fields import read_fields
from tests.makers.contexts import surroundings_of

FETCHED = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
TITLE = "滨江市出台新型储能产业扶持办法"
TEXT = (
    "近年来，我市抢抓机遇，先后于2019年3月1日、2021年12月8日两次出台政策，推动储能产业加快发展，产业规模居全省前列，"
    "龙头企业加速集聚，创新平台不断完善，应用场景持续拓展，为新型能源体系建设提供了有力支撑。"
)
NAV = "<div class='top'>今天是2026年10月5日 星期一</div><ul class='nav'><li><a href='/'>首页</a></li><li><a href='/a/'>政务公开</a></li></ul>"
FOOT = (
    "<div class='related'><h3>相关阅读</h3><ul><li><a href='/2.html'>上半年储能装机翻番</a><span>2026-09-30</span></li></ul></div>"
    "<div class='foot'>版权所有 © 2010-2025 滨江市工业局 备案时间：2010年1月1日 <a href='/app.zip'>客户端下载</a></div>"
)


def page(
    info: str = "", body: str = f"<p>{TEXT}</p><p>{TEXT}</p>", head: str = "", tail: str = "", above: str = ""
) -> str:
    return (
        f"<html><head><title>{TITLE}_滨江市工业局</title>{head}</head><body>{NAV}<div class='main'>{above}<h1>{TITLE}</h1>"
        f"{info}<div id='body'>{body}</div>{tail}</div>{FOOT}</body></html>"
    )


def fields_of(
    source: str, *, located: bool = True, url: str = "", listed: str = "", spec: ArticleSpec | None = None
) -> tuple[Fields, dict[str, str]]:
    around = surroundings_of(
        source, located=located, url=url, spec=spec or ArticleSpec(), fetched_at=FETCHED, listed_date=listed
    )
    return read_fields(around, TITLE)


DATES = {
    "a_label_in_a_line": (page("<div class='info'>来源：滨江日报 发布时间：2024-03-05 10:22 浏览次数：33</div>"), "2024-03-05T10:22"),
    "a_label_and_its_value_in_two_elements": (page("<p><span>发布日期：</span><span>2024年3月5日</span></p>"), "2024-03-05"),
    "a_label_with_spaces_in_it": (page("<div>发 布 时 间：2024-03-05</div>"), "2024-03-05"),
    "no_label": (page("<div class='time'>2024年03月05日23:52</div>"), "2024-03-05T23:52"),
    "a_bar_and_the_source": (page("<div>2024年03月05日23:52 | 来源：<a href='http://x.cn'>滨江网</a></div>"), "2024-03-05T23:52"),
    "the_date_above_the_title": (page(above="<div class='date'>2024-03-05 10:22</div>"), "2024-03-05T10:22"),
    "full_width_digits": (page("<div>发布时间：２０２４年３月５日</div>"), "2024-03-05"),
    "a_calendar_leaf": (page("<div class='day'>05</div><div class='ym'>2024-03</div>"), "2024-03-05"),
    "a_calendar_leaf_in_words": (page("<div class='day'>5</div><div class='ym'>2024年03月</div>"), "2024-03-05"),
    "year_day_and_time_apart": (page("<div><em class='y'>2024</em> <em class='d'>03/05</em> <em class='t'>10:22:03</em></div>"), "2024-03-05T10:22"),
    "official_tag": (page(head="<meta name='PubDate' content='2024-03-05 10:22'>"), "2024-03-05T10:22"),
    "official_tag_lower_case_and_empty_before": (page(head="<meta name='PubDate' content=''><meta name='pubdate' content='2024/03/05 10:22:00'>"), "2024-03-05T10:22"),
    "family_of_central_media": (page(head="<meta name='publishdate' content=' 2024-03-05'>"), "2024-03-05"),
    "gov_cn": (page(head="<meta name='firstpublishedtime' content='2024-03-05-10:22:03'><meta name='lastmodifiedtime' content='2025-01-01-10:00:00'>"), "2024-03-05T10:22"),
    "og_tag_with_zone": (page(head="<meta property='article:published_time' content='2024-03-05T02:22:00Z'>"), "2024-03-05T10:22"),
    "the_meta_has_the_day_and_the_line_the_minute": (page("<div>2024-03-05 10:22 来源：滨江网</div>", head="<meta name='publishdate' content='2024-03-05'>"), "2024-03-05T10:22"),
    "json_ld": (page(head='<script type="application/ld+json">{"@type":"NewsArticle","headline":"' + TITLE + '","datePublished":"2024-03-05T10:22:00+08:00"}</script>'), "2024-03-05T10:22"),
    "time_element": (page("<time datetime='2024-03-05T10:22:00+08:00'>三月五日</time>"), "2024-03-05T10:22"),
    "hours_ago": (page("<span class='time'>3小时前</span>"), "2026-10-05T06:00"),
    "yesterday": (page("<span class='time'>昨天 18:30</span>"), "2026-10-04T18:30"),
    "no_year": (page("<span class='time'>10-04 18:30</span>"), "2026-10-04T18:30"),
    "posted_on_behind_the_text": (page(tail="<div class='postfoot'>发表于2024年03月05日 10:22</div>"), "2024-03-05T10:22"),
    "a_label_behind_the_text": (page(tail="<div>责任编辑：李莹 发布时间：2024-03-05</div>"), "2024-03-05"),
    "only_when_it_was_changed": (page("<div>更新时间：2024-03-05 10:22</div>"), "2024-03-05T10:22"),
    "published_before_changed": (page("<div>更新时间：2025-01-01 10:22 发布时间：2024-03-05 10:22</div>"), "2024-03-05T10:22"),
    "the_table_of_a_document": (
        page(above="<table><tr><td>成文日期：</td><td>2024年02月27日</td></tr><tr><td>发布日期：</td><td>2024年03月05日</td></tr></table>"),
        "2024-03-05",
    ),
    "the_long_table_of_a_document": (
        page(above="<table>" + "".join(f"<tr><td>{name}：</td><td>某值{name}</td></tr>" for name in ("索引号", "主题分类", "发文机关", "体裁", "有效性")) + "<tr><td>发布日期：</td><td>2024年03月05日</td></tr></table>"),
        "2024-03-05",
    ),
    "no_year_but_changed_on_that_day": (page("<span class='time'>03-05 10:22</span>", head="<meta itemprop='dateUpdate' content='2024-03-05 10:22:57'>"), "2024-03-05T10:22"),
    "a_weixin_page": (page(head="<script>var ct = '1709605320';</script>".replace("'", '"')), "2024-03-05T10:22"),
    "an_aside_under_the_title": (page("<aside><span>滨江日报</span> <span>2024-03-05 10:22</span></aside>"), "2024-03-05T10:22"),
    "a_label_below_the_text": (page(tail="<div>发布日期：2024-03-05</div>"), "2024-03-05"),
    "a_linked_line": (page("<div><a href='/x'>2024-03-05 10:22</a></div>"), "2024-03-05T10:22"),
    "english": (page("<div>Published: March 5, 2024 10:22 AM</div>"), "2024-03-05T10:22"),
    "dots": (page("<div class='tip'>2024.03.05　滨江市工业局</div>"), "2024-03-05"),
    "chinese_numerals": (page("<div class='tip'>二〇二四年三月五日</div>"), "2024-03-05"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DATES)
@pytest.mark.parametrize("located", [True, False], ids=["body_located", "body_unknown"])
def test_the_date_is_found_on_a_page_with(kind: str, located: bool) -> None:
    source, wanted = DATES[kind]
    fields, evidence = fields_of(source, located=located)
    assert fields.published is not None
    local = (
        local_day(fields.published) if len(wanted) == 10 else fields.published.at.astimezone(SHANGHAI).isoformat()[:16]
    )
    assert local == wanted, evidence
    assert evidence["published"] == fields.published.evidence
    assert not fields.date_conflict


def test_a_page_that_names_no_date_has_none() -> None:
    for body in (
        f"<p>{TEXT}</p><p>{TEXT}</p>",
        f"<p>2024年，我市工业经济稳中有进。</p><p>{TEXT}</p>",
        f"<p>2024年3月5日上午，全市工业大会召开。</p><p>{TEXT}</p>",
        f"<p>活动时间：2024年3月5日14:00</p><p>{TEXT}</p>",
        f"<p>（2019年3月5日市人民政府令第12号公布 根据2024年5月6日第二次修正）</p><p>{TEXT}</p>",
    ):
        fields, evidence = fields_of(page(body=body))
        assert fields.published is None, evidence
        assert "published" not in evidence


def test_the_address_and_then_the_listing_are_asked_last() -> None:
    fields, evidence = fields_of(page(), url="http://x.gov.cn/202403/t20240305_1.html", listed="2024-03-06")
    assert fields.published is not None
    assert (local_day(fields.published), evidence["published"]) == ("2024-03-05", "url")
    fields, evidence = fields_of(page(), url="http://x.gov.cn/t12345678.shtml", listed="[ 10-04 ]")
    assert fields.published is not None
    assert (local_day(fields.published), evidence["published"]) == ("2026-10-04", "list")


def test_an_address_that_names_a_month_gives_no_day() -> None:
    fields, _ = fields_of(page(), url="http://x.gov.cn/202403/abc.html")
    assert fields.published is not None
    assert fields.published.precision is Precision.MONTH
    fields, _ = fields_of(page(), url="http://x.gov.cn/202403/abc.html", listed="2024-03-05")
    assert fields.published is not None
    assert (local_day(fields.published), fields.published.precision) == ("2024-03-05", Precision.DAY)


def test_the_stamp_of_a_migration_is_outvoted_and_flagged() -> None:
    stamp = "<meta name='PubDate' content='2025-10-25 11:32:13'>"
    fields, _ = fields_of(
        page("<div>发布时间：2019-09-18</div>", head=stamp), url="http://x.gov.cn/t20190918_693227.shtml"
    )
    assert fields.published is not None
    assert local_day(fields.published) == "2019-09-18"
    assert fields.date_conflict
    fields, _ = fields_of(page(head=stamp), url="http://x.gov.cn/t20190918_693227.shtml")
    assert fields.published is not None
    assert local_day(fields.published) == "2019-09-18"
    assert fields.date_conflict
    fields, _ = fields_of(page(head=stamp))
    assert fields.published is not None
    assert local_day(fields.published) == "2025-10-25"
    assert not fields.date_conflict


@pytest.mark.parametrize(
    "line",
    [
        "<p><span>日期：2021/09/06</span>&nbsp;<span>来源：滨江日报</span></p>",
        "<p><span>来源：滨江日报</span>\n<span>时间：2021年9月6日</span></p>",
        "<div>时间：2021-09-06 来源：滨江日报</div>",
        "<div><a href='/x'>发布时间：2021-09-06</a></div>",
    ],
)
def test_a_day_in_the_byline_beats_a_stamp_of_another_day(line: str) -> None:
    fields, _ = fields_of(page(line, head="<meta name='PubDate' content='2023-11-10 15:33:34'>"))
    assert fields.published is not None
    assert (local_day(fields.published), fields.date_conflict) == ("2021-09-06", True)


def test_a_time_without_a_source_beside_it_may_be_that_of_a_meeting() -> None:
    fields, _ = fields_of(
        page("<div>时间：2021-09-06</div>", head="<meta name='PubDate' content='2023-11-10 15:33:34'>")
    )
    assert fields.published is not None
    assert local_day(fields.published) == "2023-11-10"


def test_witnesses_a_day_apart_do_not_contradict_each_other() -> None:
    fields, _ = fields_of(page("<div>发布时间：2024-03-06</div>"), url="http://x.gov.cn/t20240305_1.html")
    assert not fields.date_conflict


def test_a_date_after_the_fetch_is_no_date() -> None:
    fields, _ = fields_of(page("<div>发布时间：2026-12-24</div>"))
    assert fields.published is None


def test_the_selector_of_the_source_comes_first() -> None:
    spec = ArticleSpec(date=("span.never", "span.when::attr(data-t)"), publisher=(".who",))
    source = page(
        "<span class='when' data-t='2024-03-05 10:22'></span><b class='who'>滨江市委宣传部</b><i>发布时间：2024-03-05</i>"
    )
    fields, evidence = fields_of(source, spec=spec)
    assert evidence["published"] == "selector:span.when::attr(data-t)"
    assert evidence["publisher"] == "selector:.who"
    assert fields.publisher == "滨江市委宣传部"


DOCUMENT = [
    ("索 引 号", "0123-01/2024-00045"), ("主题分类", "工业、交通\\能源"), ("发文机关", "滨江市人民政府办公室"), ("成文日期", "2024年02月27日"),
    ("标　　题", TITLE), ("发文字号", "滨政办发〔2024〕12号"), ("发布日期", "2024年03月05日"), ("有 效 性", "有效"), ("施行日期", "2024年4月1日"),
]  # fmt: skip
TABLES = {
    "cells_with_colons": "<table>" + "".join(f"<tr><td>{label}：</td><td>{value}</td></tr>" for label, value in DOCUMENT) + "</table>",
    "cells_without_colons": "<table>" + "".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in DOCUMENT) + "</table>",
    "two_pairs_a_row": "<table><tr>" + "</tr><tr>".join(
        "".join(f"<td><b>{label}</b>：</td><td>{value}</td>" for label, value in DOCUMENT[place : place + 2]) for place in range(0, 9, 2)
    ) + "</tr></table>",
    "one_cell_a_pair": "<table>" + "".join(f"<tr><td><strong>{label}:</strong>{value}</td></tr>" for label, value in DOCUMENT) + "</table>",
    "a_list": "<ul>" + "".join(f"<li><span>{label}：</span>{value}</li>" for label, value in DOCUMENT) + "</ul>",
    "a_definition_list": "<dl>" + "".join(f"<dt>{label}：</dt><dd>{value}</dd>" for label, value in DOCUMENT) + "</dl>",
    "labels_and_values_in_boxes": "".join(f"<div class='r'><div class='k'>{label}</div><div class='v'>{value}</div></div>" for label, value in DOCUMENT),
    "spans_with_classes": "<div>" + "".join(f"<span class='k'>{label}：</span><span class='v'>{value}</span>" for label, value in DOCUMENT) + "</div>",
    "brackets": "".join(f"<p>【{label}】{value}</p>" for label, value in DOCUMENT),
    "lines_with_br": "<p>" + "<br/>".join(f"{label}：{value}" for label, value in DOCUMENT) + "</p>",
}  # fmt: skip


@pytest.mark.parametrize("form", TABLES)
def test_the_table_of_a_document_is_read_in_the_form_of(form: str) -> None:
    fields, _ = fields_of(page(above=TABLES[form]))
    assert fields.index_number == "0123-01/2024-00045"
    assert fields.topic == "工业、交通\\能源"
    assert fields.issuer == "滨江市人民政府办公室"
    assert fields.signed_on == date(2024, 2, 27)
    assert fields.document_number == "滨政办发〔2024〕12号"
    assert fields.validity == "有效"
    assert fields.effective_on == date(2024, 4, 1)
    assert fields.published is not None
    assert local_day(fields.published) == "2024-03-05"
    assert not fields.date_conflict


def test_empty_cells_of_a_table_stay_empty() -> None:
    table = "<table><tr><td>索引号：</td><td></td><td>发文字号：</td><td></td></tr><tr><td>有效性：</td><td>有效</td></tr></table>"
    fields, _ = fields_of(page(above=table))
    assert (fields.index_number, fields.document_number, fields.validity) == ("", "", "有效")


def test_the_form_of_a_search_is_no_table_of_a_document() -> None:
    form = "<form>索引号：<input name='a'> 文号：<input name='b'> <button>查询</button></form>"
    fields, _ = fields_of(page(above=form))
    assert (fields.index_number, fields.document_number) == ("", "")


@pytest.mark.parametrize(
    ("source", "number"),
    [
        (page("<p align='center'>滨工字〔2024〕8号</p>"), "滨工字〔2024〕8号"),
        (
            page(body=f"<p align='center'>滨政办发[2024]12号</p><p>各区人民政府：</p><p>{TEXT}</p>"),
            "滨政办发[2024]12号",
        ),
        (page(body=f"<p>（国办发〔2017〕47号）</p><p>{TEXT}</p>"), "国办发〔2017〕47号"),
        (page(body=f"<p>滨江市人民政府令第33号</p><p>{TEXT}</p>"), "滨江市人民政府令第33号"),
        (page(body=f"<p>根据《条例》（国发〔2015〕1号）要求，{TEXT}</p>"), ""),
    ],
)
def test_the_number_of_a_document_stands_in_a_line_of_its_own(source: str, number: str) -> None:
    fields, _ = fields_of(source)
    assert fields.document_number == number


def test_the_day_from_which_a_document_holds_is_read_from_what_it_says_of_itself() -> None:
    fields, evidence = fields_of(page(body=f"<p>{TEXT}</p><p>第九条 本办法自2024年5月1日起施行，有效期五年。</p>"))
    assert fields.effective_on == date(2024, 5, 1)
    assert evidence["effective_on"] == "body"
    fields, _ = fields_of(page(body=f"<p>{TEXT}</p><p>《旧办法》自2014年5月1日起施行，现予废止。</p>"))
    assert fields.effective_on is None


@pytest.mark.parametrize(
    ("source", "publisher"),
    [
        (page("<div>来源：滨江日报 2024-03-05 10:22</div>"), "滨江日报"),
        (page("<div>2024-03-05 10:22　来源：<a href='http://x.cn'>滨江日报</a>　作者：张三</div>"), "滨江日报"),
        (page("<div>信息来源：市工业局办公室 浏览次数：12</div>"), "市工业局办公室"),
        (page("<div>文章来源：产权局　　发布时间：2024-03-05</div>"), "产权局"),
        (page("<div>（来源：滨江日报）</div>"), "滨江日报"),
        (page("<span class='source'>滨江晚报</span><span class='time'>2024-03-05</span>"), "滨江晚报"),
        (page(head="<meta name='ContentSource' content='滨江市统计局'>"), "滨江市统计局"),
        (
            page(head="<meta name='contentsource' content=''><meta name='source' content='来源：滨江通讯社'>"),
            "滨江通讯社",
        ),
        (page(tail="<p>（文章来源：滨江通讯社）</p>"), "滨江通讯社"),
        (page("<div>来源：本站</div>"), ""),
        (page().replace("<h1>", "<h1 class='rich_media_title source'>"), ""),
        (page("<div>来源：</div><div>2024-03-05</div>"), ""),
        (page("<div>来源：本站原创</div>"), ""),
        (page(body=f"<p>{TEXT}</p><p>{TEXT}</p><p>{TEXT}</p><p>{TEXT}</p><p>数据来源：国家统计局</p>"), ""),
    ],
)
def test_the_publisher_is_read(source: str, publisher: str) -> None:
    fields, evidence = fields_of(source)
    assert fields.publisher == publisher, evidence


@pytest.mark.parametrize(
    ("source", "author", "editor"),
    [
        (page("<div>作者：张三 来源：滨江日报</div>"), "张三", ""),
        (page("<div>来源：滨江日报作者：张三</div>"), "张三", ""),
        (page(head="<meta name='author' content='104363'>"), "", ""),
        (page(head="<meta name='author' content='系统管理员'>"), "", ""),
        (page(head="<meta name='Author' content='李四'>"), "李四", ""),
        (page(tail="<div>（责任编辑：王五、赵六）</div>"), "", "王五、赵六"),
        (page(tail="<div>【责任编辑:王五】</div>"), "", "王五"),
        (page(tail="<div>责编：王五_NB12556</div>"), "", "王五"),
        (page(tail="<div>编辑：陈一 责编：郑二</div>"), "", "陈一"),
        (page("<div>编 辑：陈一　审 核：郑二</div>"), "", "陈一"),
    ],
)
def test_authors_and_editors_are_people(source: str, author: str, editor: str) -> None:
    fields, evidence = fields_of(source)
    assert (fields.author, fields.editor) == (author, editor), evidence


URL = "http://x.gov.cn/zwgk/202403/t20240305_1.html"


def attachments_of(source: str) -> list[tuple[str, str, str]]:
    fields, _ = fields_of(source, url=URL)
    return [(attachment.name, attachment.url, attachment.type) for attachment in fields.attachments]


def test_files_linked_in_the_text_are_its_attachments() -> None:
    body = (
        f"<p>{TEXT}</p><p>附件：1.<a href='./P020240305375309063825.pdf'>申报指南</a></p><p>2. <a href='./W020240305523233911628.DOCX'>"
        "<span>申报</span>表</a></p><p><a href='/2.html'>见此</a></p>"
    )
    assert attachments_of(page(body=body)) == [
        ("申报指南", "http://x.gov.cn/zwgk/202403/P020240305375309063825.pdf", "pdf"),
        ("申报表", "http://x.gov.cn/zwgk/202403/W020240305523233911628.DOCX", "docx"),
    ]


def test_files_listed_behind_the_text_are_its_attachments_and_those_of_the_site_are_not() -> None:
    tail = (
        "<div class='fj'><h3>相关附件：</h3><ul><li><a href='/files/a.xls'>汇总表.xls</a></li><li><a href='/files/b.ofd'>版式文件</a></li></ul></div>"
        "<div class='soft'><a href='/tools/reader.zip'>下载Adobe Reader阅读器</a></div>"
    )
    assert attachments_of(page(tail=tail)) == [
        ("汇总表.xls", "http://x.gov.cn/files/a.xls", "xls"),
        ("版式文件", "http://x.gov.cn/files/b.ofd", "ofd"),
    ]


def test_downloads_without_an_extension_are_known_by_their_parameters() -> None:
    body = (
        f"<p>{TEXT}</p><a href='/module/download/downfile.jsp?classid=0&filename=0a1b.pdf&showname=名单.pdf'>附件：名单</a>"
        '<a href="javascript:void(0)" onclick="down(\'/attach/0/2403.doc\')">回执</a>'
    )
    assert [(name, kind) for name, _, kind in attachments_of(page(body=body))] == [
        ("附件：名单", "pdf"),
        ("回执", "doc"),
    ]


def test_files_shown_in_a_viewer_or_a_frame_are_attachments() -> None:
    body = (
        "<p>现将名单印发给你们。</p><iframe src='/pdfjs/web/viewer.html?file=/zwgk/P1.pdf'></iframe><embed src='P2.pdf'>"
        "<object data='P3.pdf'></object><iframe src='/video.html'></iframe>"
    )
    found = attachments_of(page(body=body))
    assert [(url.rsplit("/", 1)[1], kind) for _, url, kind in found] == [
        ("P1.pdf", "pdf"),
        ("P2.pdf", "pdf"),
        ("P3.pdf", "pdf"),
    ]


def test_a_file_linked_twice_is_one_attachment_with_the_better_name() -> None:
    body = f"<p>{TEXT}</p><a href='a.pdf'>下载</a><p>附件：<a href='a.pdf'>实施细则</a></p>"
    assert [name for name, _, _ in attachments_of(page(body=body))] == ["实施细则"]


@pytest.mark.parametrize(
    "source", [page(), "<html></html>", "<p>x</p>", "<html><head><meta><meta name='a'></head><body></body></html>"]
)
def test_pages_that_say_nothing_have_empty_fields(source: str) -> None:
    fields, evidence = fields_of(source, located=False)
    assert fields == Fields()
    assert evidence == {}


def test_a_generously_located_body_gives_its_head_back() -> None:
    inside = f"<div class='crumb'><a href='/'>首页</a> &gt; <a href='/a'>要闻</a></div><h1>{TITLE}</h1><div>2024-03-05 10:22 来源：滨江日报</div><p>{TEXT}</p>"
    fields, _ = fields_of(
        f"<html><head><title>{TITLE}</title></head><body>{NAV}<div id='body'>{inside}</div>{FOOT}</body></html>"
    )
    assert fields.published is not None
    assert (local_day(fields.published), fields.publisher) == ("2024-03-05", "滨江日报")


NO_VALUE = (
    "作者：发布时间：2026-01-02 18:25", "作者： | 时间：2026-01-02", "作者：　阅读：33 次", "作者：审核：李四", "作者：审稿人：李四", "作者：发布于 2026-01-02",
    "作者：字号：大 中 小", "作者：责任编辑：发布日期：2026-01-02", "来源：发布日期：2026-01-02", "来源：分享到：微信", "来源：值班主任：赵六", "编辑：点击：33",
    "责任编辑：</span><span>发布时间：2026-01-02", "供稿：</div><div>作者：", "来源：</div><div>发布时间：2026-01-02", "编辑：", "作者：</div><div>发布于 2026-01-02",
)  # fmt: skip


@pytest.mark.parametrize("line", NO_VALUE)
def test_a_label_without_a_value_gives_no_value(line: str) -> None:
    fields, _ = fields_of(page(f"<div><span>{line}</span></div>"))
    assert (fields.author, fields.publisher, fields.editor) == ("", "", "")


def test_a_label_takes_its_value_however_many_stand_empty_beside_it() -> None:
    fields, _ = fields_of(page("<div>作者：来源：滨江日报 责任编辑：发布时间：2026-01-02 编辑：赵六</div>"))
    assert (fields.author, fields.publisher, fields.editor) == ("", "滨江日报", "赵六")


@pytest.mark.parametrize("line", ["本报记者　王建平", "本网记者 王建平", "作者：王建平", "记者：王建平"])
def test_who_wrote_it_stands_behind_a_label_or_as_a_byline(line: str) -> None:
    assert fields_of(page(f"<div>{line}</div>"))[0].author == "王建平"


def test_a_file_that_the_text_announces_is_an_attachment_whatever_its_name() -> None:
    link = "<a href='./W1.docx'>驱动器推荐名单.docx</a>"
    fields, _ = fields_of(page(body=f"<p>{TEXT}</p><p>附件1：{link}</p>"), url="http://a.gov.cn/n/1.html")
    assert [each.name for each in fields.attachments] == ["驱动器推荐名单.docx"]
    reader = "<p>附件请用阅读器打开：<a href='./reader.zip'>阅读器下载</a></p>"
    assert not fields_of(page(body=f"<p>{TEXT}</p>{reader}"), url="http://a.gov.cn/n/1.html")[0].attachments
