"""The families of listings, one response at a time, and rows that are found without selectors."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.dates import local_day
from pipeline.core.source import Item, JsonRows, Listing, Pager, Stop
from spiders.listings import Answer, Found, Link, first, parse, register
from spiders.listings.families.column import NextLink
from spiders.listings.paging.numbered import create_page
from spiders.listings.paging.scripted import Turning, turning
from spiders.listings.rows.printed_dates import printed_date, without_date
from spiders.listings.rows.rules import row_rules
from tests.makers.places import ROOT

NIGHT = datetime(2026, 9, 24, 14, 0, tzinfo=UTC)
COLUMN = "https://www.a.gov.cn/zwgk/tzgg/index.html"


def read(
    family: str, text: str | bytes, url: str = COLUMN, *, page: int = 1, sent: str = "", at: str = "", **keys: Any
) -> Found:
    body = text if isinstance(text, bytes) else text.encode()
    said = "" if isinstance(text, bytes) else text
    listing = Listing(url=at or url, family=family, **keys)
    return parse(listing, Answer(url=url, body=body, text=said, page=page, sent=sent), base=NIGHT)


def urls(found: Found) -> list[str]:
    return [link.url for link in found.links]


def nexts(found: Found) -> list[str]:
    return [request.url for request in found.next]


def days(found: Found) -> list[str]:
    return [local_day(link.published) if link.published else "" for link in found.links]


LIST = "<ul class='l'><li><a href='./202609/t20260923_101.html'>关于开展安全检查的通知</a><span>2026-09-23</span></li></ul>"


# ---- pagers of column pages


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ('createPageHTML(4, 0, "index", "html")', ["index_1.html", "index_2.html", "index_3.html"]),
        ('createPageHTML(3, 0, "index","shtml")', ["index_1.shtml", "index_2.shtml"]),
        ("createPageHTML('page_div',3, 1,'fg','shtml',49)", ["fg_2.shtml", "fg_3.shtml"]),
        ("createPageHTML('page_div',2,1,'xlist','shtml',21);", ["xlist_2.shtml"]),
        ("createPageHTML(58, 4, 0, 'index', 'html')", ["index_1.html", "index_2.html", "index_3.html"]),
        ('createPageHTML(1, 0, "index", "html")', []),
    ],
)
def test_create_page_html_counts_from_the_index_that_page_one_prints(call: str, names: list[str]):
    found = read("trs", f"{LIST}<script>{call}</script>")
    assert nexts(found) == [f"https://www.a.gov.cn/zwgk/tzgg/{name}" for name in names]
    assert found.declared_pages == len(names) + 1


def test_the_last_page_of_either_numbering_is_not_lost_on_later_pages():
    zero = create_page('createPageHTML(9, 6, "index", "html")', COLUMN, 7)
    one = create_page("createPageHTML('page_div',9,7,'fg','shtml',1)", COLUMN, 7)
    assert zero is not None
    assert one is not None
    assert [url.rpartition("/")[2] for url in zero.urls] == ["index_7.html", "index_8.html"]
    assert [url.rpartition("/")[2] for url in one.urls] == ["fg_8.shtml", "fg_9.shtml"]


def test_the_definition_of_create_page_html_is_no_call():
    found = read(
        "trs", LIST + "<script>function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}</script>"
    )
    assert found.next == ()


def test_a_directory_and_its_index_have_the_same_further_pages():
    text = LIST + '<script>createPageHTML(2, 0, "index", "html")</script>'
    assert nexts(read("trs", text, "https://www.a.gov.cn/zwgk/tzgg/")) == nexts(read("trs", text))


def test_count_page_is_read_with_its_zero_based_numbering():
    found = read("count_page", LIST + "<script>var currentPage = 0;//从0开始\nvar countPage = 3//共多少页</script>")
    assert nexts(found) == [
        "https://www.a.gov.cn/zwgk/tzgg/index_1.html",
        "https://www.a.gov.cn/zwgk/tzgg/index_2.html",
    ]


def test_no_more_pages_are_asked_for_than_the_source_allows():
    found = read("trs", LIST + '<script>createPageHTML(500, 0, "index", "html")</script>', stop=Stop(max_pages=3))
    assert len(found.next) == 2


def test_a_reversed_pager_is_walked_from_the_newest_fragment_down():
    script = "<script>var purl='../tzgg/index_77';maxPageNum = 4;</script>"
    assert [url[-15:] for url in nexts(read("reversed", LIST + script))] == [
        "index_77_3.html",
        "index_77_2.html",
        "index_77_1.html",
    ]


def test_the_link_called_next_page_leads_on_and_next_article_does_not():
    pager = "<a href='a_1.html'>下一篇</a><a href='index_3.html'>3</a><a href='index_2.html'>下一页</a>"
    assert nexts(read("next_link", LIST + pager)) == ["https://www.a.gov.cn/zwgk/tzgg/index_2.html"]


def test_a_next_page_behind_a_script_without_an_address_is_none():
    assert nexts(read("next_link", LIST + "<a href='javascript:goPage(2)'>下一页</a><a href='#'>下页</a>")) == []


def test_a_page_parameter_is_the_sources_own_pattern_counted_from_its_second_page():
    keys: dict[str, Any] = {"pager": Pager(pattern="list-12-{n}.html", start=2)}
    assert nexts(read("page_parameter", LIST, **keys)) == ["https://www.a.gov.cn/zwgk/tzgg/list-12-2.html"]
    assert nexts(read("page_parameter", LIST, page=4, **keys)) == ["https://www.a.gov.cn/zwgk/tzgg/list-12-5.html"]


def test_people_columns_end_where_their_numbers_end():
    pager = "<a href='index2.html'>2</a><a href='index3.html'>3</a>"
    url = "http://tj.people.com.cn/GB/375366/index.html"
    assert nexts(read("people", LIST + pager, url)) == ["http://tj.people.com.cn/GB/375366/index2.html"]
    assert nexts(read("people", LIST + pager, url.replace("index", "index3"), page=3)) == []


def test_an_epaper_front_page_that_names_no_article_is_an_index():
    found = read(
        "epaper",
        "<a href='node_1.html'>第01版</a><a href='node_2.html'>第02版</a>",
        "https://e.a.cn/pc/layout/index.html",
    )
    assert nexts(found) == ["https://e.a.cn/pc/layout/node_1.html", "https://e.a.cn/pc/layout/node_2.html"]
    assert found.flags == {"index"}


# ---- rows by selectors


def test_links_in_onclick_are_taken_absolute_and_relative():
    rows = """<ul class="g">
      <li><a onclick="isDownLoad(this,'https://www.a.gov.cn/x/t20260923_1.html')" title='关于设备更新的通知'>关于设备…</a><span>2026-09-23</span></li>
      <li><a onclick="jumpToDetail('./202609/t20260922_2.html')">关于节能诊断的通知</a><span>2026-09-22</span></li>
      <li><a href="javascript:void(0)" onclick="window.open(&quot;/y/t20260921_3.html&quot;)">关于产业基金的通知</a><span>2026-09-21</span></li>
      <li><a href="javascript:;" onclick="location.href='t20260920_4.html'">关于工业旅游的通知</a><span>2026-09-20</span></li></ul>"""
    wanted = [
        "x/t20260923_1.html",
        "zwgk/tzgg/202609/t20260922_2.html",
        "y/t20260921_3.html",
        "zwgk/tzgg/t20260920_4.html",
    ]
    for item in (Item(), Item(row="ul.g > li")):
        found = read("trs", rows, item=item)
        assert urls(found) == [f"https://www.a.gov.cn/{name}" for name in wanted]
        assert found.links[0].title == "关于设备更新的通知"


def test_selectors_take_link_title_and_date_from_where_the_source_says():
    text = "<table><tr><td>1</td><td><a href='/a/b_9.html' title='全称在此的通知'>全称…</a></td><td>16</td><td>[09-23]</td></tr></table>"
    item = Item(
        row="tr",
        link=("td:nth-child(2) a::attr(href)",),
        title=("td:nth-child(2) a::attr(title)",),
        date=("td:nth-child(4)::text",),
    )
    found = read("trs", text, item=item)
    assert found.links[0].title == "全称在此的通知"
    assert days(found) == ["2026-09-23"]


def test_a_link_pattern_cuts_the_address_out():
    item = Item(row="li", link=("a::attr(onclick)",), link_pattern="go\\('([^']+)'")
    assert urls(read("trs", "<li><a onclick=\"go('c_1.html',3)\">标题在此</a></li>", item=item)) == [
        "https://www.a.gov.cn/zwgk/tzgg/c_1.html"
    ]


def test_a_row_named_twice_counts_once_in_its_first_place():
    text = "<ul><li><a href='2.html'>乙</a></li><li><a href='1.html'>甲</a></li><li><a href='2.html'>乙</a></li></ul>"
    assert [url[-6:] for url in urls(read("trs", text, item=Item(row="li")))] == ["2.html", "1.html"]


# ---- APIs


def test_jpaas_asks_with_exactly_what_the_column_page_says():
    unit = "{'parseType':'bulidstatic','webId':'w1','tagId':'当前栏目list','pageType':'column','editType':'null','pageId':'p1'}"
    found = read(
        "jpaas", f'<script url="/api-gateway/jpaas-publish-server/front/page/build/unit" queryData="{unit}"></script>'
    )
    assert found.flags == {"index"}
    assert found.next[0].url.startswith(
        "https://www.a.gov.cn/api-gateway/jpaas-publish-server/front/page/build/unit?parseType=bulidstatic&webId=w1&"
    )
    assert dict(found.next[0].headers)["Referer"] == COLUMN


def test_jpaas_falls_back_on_the_sources_unit_and_else_says_that_it_needs_a_script():
    assert "pageId=p9" in nexts(read("jpaas", "<p></p>", unit={"pageId": "p9", "webId": "w"}))[0]
    assert read("jpaas", "<p></p>").flags == {"script_only"}


def test_jpaas_turns_pages_with_compact_json_until_the_count_is_reached():
    fragment = f"{LIST}<div class='pagination' count='3' rows='1'></div>"
    api = "https://www.a.gov.cn/api-gateway/jpaas-publish-server/front/page/build/unit?pageId=p"
    answer = '{"success":true,"data":{"html":"' + fragment + '"}}'
    assert nexts(read("jpaas", answer, api, at=COLUMN)) == [
        api + "&paramJson=%7B%22pageNo%22%3A2%2C%22pageSize%22%3A1%7D"
    ]
    assert nexts(read("jpaas", answer, api, page=3, at=COLUMN)) == []
    assert urls(read("jpaas", answer, api, at=COLUMN)) == ["https://www.a.gov.cn/zwgk/tzgg/202609/t20260923_101.html"]


def test_jpaas_that_refuses_is_no_listing():
    assert read("jpaas", '{"success":false,"data":null}').flags == {"not_a_listing"}


RECORD = "<record><![CDATA[<li><a href='/art/2026/9/23/art_1_{n}.html' title='关于第{n}号公告'>关于…</a><span>2026-09-23</span></li>]]></record>"


def test_jpage_reads_inline_records_and_asks_for_the_rest_politely():
    records = "".join(RECORD.format(n=n) for n in range(45))
    script = '<script>$("#9").jpage({totalRecord:100,perPage:15,proxyUrl:"/module/web/jpage/dataproxy.jsp",columnid:"1",unitid:"9"});</script>'
    found = read(
        "jpage", f'<script type="text/xml"><datastore><recordset>{records}</recordset></datastore></script>{script}'
    )
    assert len(found.links) == 45
    assert found.total == 100
    assert [url.partition("?")[2] for url in nexts(found)] == [
        "startrecord=46&endrecord=90&perpage=15",
        "startrecord=91&endrecord=135&perpage=15",
    ]
    assert found.next[0].method == "POST"
    assert "unitid=9" in found.next[0].body


def test_jpage_carries_its_parameters_on_and_stops_at_the_total():
    proxy = "https://www.a.gov.cn/module/web/jpage/dataproxy.jsp?startrecord=1&endrecord=45&perpage=15"
    text = f"<datastore><totalrecord>60</totalrecord><recordset>{RECORD.format(n=1)}</recordset></datastore>"
    found = read("jpage", text, proxy, sent="unitid=9", at=COLUMN)
    assert nexts(found) == [proxy.replace("startrecord=1&endrecord=45", "startrecord=46&endrecord=90")]
    assert found.next[0].body == "unitid=9"


def test_broken_jpage_xml_is_read_piecemeal():
    text = f"<datastore><totalrecord>2</totalrecord><recordset>{RECORD.format(n=1)}<b>&nbsp;{RECORD.format(n=2)}</recordset></datastore>"
    assert len(read("jpage", text, "https://www.a.gov.cn/module/web/jpage/dataproxy.jsp", at=COLUMN).links) == 2


def test_a_retired_dataproxy_that_answers_html_is_no_listing():
    assert read(
        "jpage", "<html>404</html>", "https://www.a.gov.cn/module/web/jpage/dataproxy.jsp", at=COLUMN
    ).flags == {"not_a_listing"}


def test_a_flat_array_of_the_state_council_is_a_listing():
    text = '[{"TITLE":"国务院关于某事的批复","SUB_TITLE":"","URL":"https://www.gov.cn/c/content_7.htm","DOCRELPUBTIME":"2026-09-23"}]'
    for rows in (None, JsonRows(url="URL", title="TITLE", date="DOCRELPUBTIME")):
        found = read("json", text, "https://www.gov.cn/z/Z.json", json_rows=rows)
        assert urls(found) == ["https://www.gov.cn/c/content_7.htm"]
        assert days(found) == ["2026-09-23"]
        assert found.next == ()


@pytest.mark.parametrize("wrap", ["cb({});", "var ajaxResult={};", "({})", "\ufeff{}"])
def test_json_in_a_wrapper_is_read(wrap: str):
    data = '{"LivesList":[{"url_w":"http://f.a.com/1.html","title":"快讯","showtime":"2026-09-23 10:00:00"}]}'
    assert urls(read("json", wrap.replace("{}", data))) == ["http://f.a.com/1.html"]


def test_rows_that_have_ids_only_get_their_address_from_a_template():
    rows = JsonRows(
        rows="data.lists",
        url="https://a.gov.cn/ItemDetail.html?docId={docId}&itemId={itemId}",
        title="docSubtitle",
        date="publishDate",
        total="data.total",
    )
    text = '{"data":{"total":41,"lists":[{"docId":"12","itemId":8,"docSubtitle":"关于任职资格的批复","publishDate":"2026-09-23 15:30:00"},{"itemId":3}]}}'
    found = read("json", text, json_rows=rows)
    assert urls(found) == ["https://a.gov.cn/ItemDetail.html?docId=12&itemId=8"]
    assert found.total == 41


def test_a_json_list_counts_its_pages_by_total_and_size():
    listing = Listing(url="https://a.cn/api?p={n}", family="json", pager=Pager(start=2, per_page=2))
    text = '{"total":5,"rows":[{"url":"/1","title":"甲"},{"url":"/2","title":"乙"}]}'
    assert first(listing).url == "https://a.cn/api?p=1"
    found = parse(listing, Answer(url="https://a.cn/api?p=1", body=b"", text=text), base=NIGHT)
    assert (nexts(found), found.declared_pages) == (["https://a.cn/api?p=2"], 3)
    assert parse(listing, Answer(url="https://a.cn/api?p=3", body=b"", text=text, page=3), base=NIGHT).next == ()


def test_pages_that_count_from_zero_are_asked_for_from_zero():
    assert (
        first(Listing(url="https://a.cn/api?p={n}", family="json", pager=Pager(start=1))).url == "https://a.cn/api?p=0"
    )


def test_html_where_json_was_promised_is_no_listing():
    assert read("json", "<html><title>访问异常页面</title></html>").flags == {"not_a_listing"}


def test_gkmlpt_finds_its_site_number_in_the_page():
    found = read(
        "gkmlpt",
        'x={SID: "758019"}',
        "https://www.a.gov.cn/dept/gkmlpt/index",
        at="https://www.a.gov.cn/dept/gkmlpt/index#5",
    )
    assert nexts(found) == ["https://www.a.gov.cn/dept/gkmlpt/api/all/5?page=1&sid=758019"]


def test_ucap_times_in_milliseconds_are_read():
    text = (
        '{"data":{"results":[{"title":"要闻","url":"http://a.gov.cn/c1/content.shtml","publishedTime":1790179200000}]}}'
    )
    found = read("ucap", text, "http://a.gov.cn/searchList/0123456789abcdef0123456789abcdef?_isJson=true&page=1")
    assert days(found) == ["2026-09-24"]
    assert nexts(found) == ["http://a.gov.cn/searchList/0123456789abcdef0123456789abcdef?_isJson=true&page=2"]


def test_search_results_lose_the_marks_of_the_highlighter():
    text = '{"data":[{"title":"<em>关于</em>某事的通知","url":"/1.html"},{"title":["另一事"],"url":"/2.html"}]}'
    assert [link.title for link in read("search", text).links] == ["关于某事的通知", "另一事"]


def test_search_answers_of_html_snippets_are_read():
    snippet = "<div><a href='/1.html'><em>关于</em>开展检查的通知</a><span>2026-09-23</span></div>"
    found = read("search", '{"result":["' + snippet + '","' + snippet.replace("1.html", "2.html") + '"]}')
    assert [url[-6:] for url in urls(found)] == ["1.html", "2.html"]
    assert days(found) == ["2026-09-23", "2026-09-23"]


def test_xinhua_takes_the_data_file_of_the_block_with_the_most_links():
    a, b = "a" * 32, "b" * 32
    text = f"<div data='datasource:{a}'><a href='1'>一</a></div><div data='datasource:{b}'><a href='2'>二</a><a href='3'>三</a></div>"
    assert nexts(read("xinhua", text, "https://www.news.cn/politics/")) == [f"https://www.news.cn/politics/ds_{b}.json"]


# ---- feeds, sitemaps, inbox


def feed(date: str, declared: str = "UTF-8") -> str:
    return f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel><item><title>朱镕基答记者问</title><link>/a/1.html</link><pubDate>{date}</pubDate></item></channel></rss>'


@pytest.mark.parametrize(
    ("date", "utc"),
    [
        ("2026-10-04 01:39:11.0", "2026-10-03T17:39:11"),
        ("Wed, 23 Sep 2026 08:00:00 GMT", "2026-09-23T08:00:00"),
        ("Wed, 23 Sep 2026 08:00:00 +0800", "2026-09-23T00:00:00"),
        ("2026-09-23T08:00:00Z", "2026-09-23T08:00:00"),
    ],
)
def test_feed_dates_without_a_zone_are_shanghais_and_others_keep_theirs(date: str, utc: str):
    found = parse(
        Listing(url=COLUMN, family="rss"),
        Answer(url=COLUMN, body=feed(date).encode(), text=""),
        base=datetime(2026, 10, 5, tzinfo=UTC),
    )
    assert found.links[0].published is not None
    assert found.links[0].published.at.isoformat()[:19] == utc


def test_a_feed_that_says_gb2312_is_read_beyond_it():
    found = read("rss", feed("2026-09-23", "gb2312").encode("gb18030"))
    assert found.links == (
        Link(
            url="https://www.a.gov.cn/a/1.html",
            title="朱镕基答记者问",
            date_raw="2026-09-23",
            published=found.links[0].published,
        ),
    )


def test_atom_takes_the_alternate_link_and_the_next_page():
    text = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="?page=2"/><entry><title type="html">&lt;b&gt;要闻&lt;/b&gt;</title>
      <link rel="self" href="/x.atom"/><link rel="alternate" href="/1.html"/><updated>2026-09-23T08:00:00+08:00</updated></entry></feed>"""
    found = read("rss", text.encode())
    assert (urls(found), found.links[0].title) == (["https://www.a.gov.cn/1.html"], "要闻")
    assert nexts(found) == ["https://www.a.gov.cn/zwgk/tzgg/index.html?page=2"]


def test_a_feed_address_that_answers_a_page_is_no_listing():
    assert read("rss", b"<html><body>404</body></html>").flags == {"not_a_listing"}


def test_a_gzipped_sitemap_index_leads_to_its_newest_sitemap_first():
    text = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>https://a.cn/1.xml</loc><lastmod>2026-01-01</lastmod></sitemap><sitemap><loc>https://a.cn/2.xml</loc><lastmod>2026-09-01</lastmod></sitemap></sitemapindex>"
    found = read("sitemap", gzip.compress(text.encode()))
    assert nexts(found) == ["https://a.cn/2.xml", "https://a.cn/1.xml"]
    assert found.flags == {"index"}


def test_a_sitemap_gives_its_newest_articles_first_with_news_titles():
    text = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
      <url><loc> https://a.cn/old.html </loc><lastmod>2026-09-01</lastmod></url>
      <url><loc>https://a.cn/new.html</loc><news:news><news:publication_date>2026-09-23T01:00:00Z</news:publication_date><news:title>新闻</news:title></news:news></url></urlset>"""
    found = read("sitemap", text.encode())
    assert urls(found) == ["https://a.cn/new.html", "https://a.cn/old.html"]
    assert found.links[0].title == "新闻"


def test_a_truncated_gzip_gives_what_can_be_had():
    text = "<urlset>" + "".join(f"<url><loc>https://a.cn/{n}.html</loc></url>" for n in range(2000)) + "</urlset>"
    assert len(read("sitemap", gzip.compress(text.encode())[:-300]).links) > 500


def test_a_sitemap_of_lines_is_read():
    assert urls(read("sitemap", b"https://a.cn/1.html\nhttps://a.cn/2.html\n")) == [
        "https://a.cn/1.html",
        "https://a.cn/2.html",
    ]


def test_an_inbox_takes_addresses_and_leaves_remarks():
    found = read(
        "inbox",
        "# 武清发布\nhttps://mp.weixin.qq.com/s/AbC 标题 两段\n\nnot an address\nhttps://mp.weixin.qq.com/s/AbC\n",
    )
    assert [(link.url, link.title) for link in found.links] == [("https://mp.weixin.qq.com/s/AbC", "标题 两段")]


# ---- a site that needs code


@register("only_odd_rows")
class OnlyOddRows(NextLink):
    """How a site of its own looks: one class that overrides one method, in `spiders/sites/NAME.py`."""

    def links(self, listing, answer, tree, base):
        return super().links(listing, answer, tree, base)[::2]


def test_a_site_of_its_own_overrides_one_method_and_keeps_the_rest():
    text = (
        "".join(f"<li><a href='{n}0001.html'>关于第{n}件事情的通知</a><span>2026-09-2{n}</span></li>" for n in range(4))
        + "<a href='b.html'>下一页</a>"
    )
    found = read("next_link", text, reader="only_odd_rows")
    assert [url[-10:] for url in urls(found)] == ["00001.html"[-10:], "20001.html"[-10:]]
    assert nexts(found) == ["https://www.a.gov.cn/zwgk/tzgg/b.html"]


# ---- printed dates and titles


@pytest.mark.parametrize(
    ("pieces", "plain"),
    [
        (["关于某事的通知", "2026-09-23"], "2026-09-23"),
        (["[ 04-16 ]"], "04-16"),
        (["16", "2026-04", "标题"], "2026-04-16"),
        (["2026年4月", "16"], "2026-04-16"),
        (["04-16", "2026"], "2026-04-16"),
        (["发文字号：某政〔2026〕1号 发布日期：2026-09-23"], "2026-09-23"),
        (["某市召开会议2026-06-05"], "2026-06-05"),
        (["X 分前", "昨天 23:45"], "昨天 23:45"),
        (["2小时前"], "2小时前"),
        (["City leaders visit the harbour", "Sep 27, 2026"], "Sep 27, 2026"),
    ],
)
def test_printed_dates_are_found_in_all_their_forms(pieces: list[str], plain: str):
    printed = printed_date(pieces)
    assert printed is not None
    assert printed.plain == plain


@pytest.mark.parametrize(
    "text", ["自2026年1月1日起施行的管理办法及其实施细则", "2026年工作要点", "第12-10号议案", "共 12 页 180 条"]
)
def test_a_date_inside_a_title_is_not_the_rows(text: str):
    assert printed_date([text]) is None


def test_titles_lose_glued_dates_and_details():
    assert without_date("某局举办培训班2026-06-05") == "某局举办培训班"
    assert without_date("16 2026-04 某局举办培训班") == "某局举办培训班"
    assert without_date("[ 04-16 ]某局举办培训班[详细]") == "某局举办培训班"
    assert without_date("2026年工作要点") == "2026年工作要点"


# ---- whatever comes


@settings(deadline=None)
@given(
    st.text(max_size=300),
    st.sampled_from(
        [
            "trs",
            "jpage",
            "jpaas",
            "ucap",
            "gkmlpt",
            "json",
            "xinhua",
            "people",
            "epaper",
            "next_link",
            "rss",
            "sitemap",
            "inbox",
            "reversed",
        ]
    ),
)
def test_no_answer_makes_a_family_raise(text: str, family: str):
    found = read(family, text.encode("utf-8", "replace"))
    assert isinstance(read(family, text), Found)
    assert isinstance(found, Found)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_a_feed_or_sitemap_raise(body: bytes):
    assert isinstance(read("rss", body), Found)
    assert isinstance(read("sitemap", b"\x1f\x8b" + body), Found)


def test_of_several_units_of_jpage_the_longest_is_the_list():
    def unit(name: str, count: int) -> str:
        rows = "".join(
            f"<record><![CDATA[<li><a href='/art/2026/9/1/art_{name}_{n}.html'>关于开展第{n}次检查的通知</a><span>2026-09-01</span></li>]]></record>"
            for n in range(count)
        )
        return (
            f"<script type='text/xml'><datastore><nextgroup><![CDATA[<a href='/module/web/jpage/dataproxy.jsp?page=1&appid=1"
            f"&webid=3&columnid={name}&unitid=u{name}'></a>]]></nextgroup><recordset>{rows}</recordset></datastore></script>"
            f"<script>$('#{name}').jpage({{perPage:5,totalRecord:{count * 9}}})</script>"
        )

    listing = Listing(url="http://a.example/col/col22/index.html", family="jpage")
    text = f"<html>{unit('11', 2)}<div>{unit('22', 5)}</div></html>"
    found = parse(listing, Answer(url=listing.url, body=b"", text=text), base=datetime(2026, 9, 9, tzinfo=UTC))
    assert len(found.links) == 5
    assert all("art_22_" in link.url for link in found.links)
    assert found.total == 45
    assert "columnid=22" in found.next[0].body
    assert "unitid=u22" in found.next[0].body


# -- pagers that a script draws -------------------------------------------------


@pytest.mark.parametrize(
    ("script", "pattern", "shift", "count"),
    [
        ("function go(p){location.href='list_'+p+'.htm'}</script><a onclick=\"go(2)\">2</a>共9页", "list_{n}.htm", 0, 9),
        ("function go(p){location='x.jsp?p='+(p-1)}</script><a href=\"javascript:go('2')\">下一页</a>", "x.jsp?p={n}", -1, None),
        ("var b='/n/l_'; function go(p){window.open(b+p+'.htm','_self')}</script><a onclick='go(1)'>2</a><a onclick='go(6)'>尾页</a>", "/n/l_{n}.htm", -1, 7),
        ("kkpager.generPageHtml({total:3,hrefFormer:'/n/l',hrefLatter:'.html',getLink:function(n){return this.hrefFormer+'_'+n+this.hrefLatter;}})</script>", "/n/l_{n}.html", 0, 3),
        ("layui.laypage.render({count: 21, limit: 10, jump: function(o, first){ if(!first){ location.href='?page='+o.curr } }})</script>", "list?page={n}", 0, 3),
        ("layui.laypage.render({count: 21, limit: 10, jump: function(o){ load(o.curr) }})</script>", "", 0, None),
        ("function go(p){document.forms[0].page.value=p;document.forms[0].submit()}</script><a onclick='go(2)'>2</a>", "", 0, None),
    ],
)  # fmt: skip
def test_a_pager_that_a_script_draws_is_read_where_it_opens_addresses(
    script: str, pattern: str, shift: int, count: int | None
):
    url = "http://a.example/n/list"
    made = turning(f"<script>{script}", url)
    if not pattern:
        assert made is None
    else:
        assert made == Turning(pattern=urljoin(url, pattern), shift=shift, count=count)


def test_trs_names_its_pages_by_pager_too():
    text = "<script>Pager({size:4, current:0, prefix:'index',suffix:'htm'});</script>"
    pages = create_page(text, "http://a.example/n/index.htm", 1)
    assert pages
    assert [url.rpartition("/")[2] for url in pages.urls] == ["index_1.htm", "index_2.htm", "index_3.htm"]
    assert create_page("<script>Pager({size:x})</script>", "http://a.example/", 1) is None


def test_a_replaced_file_of_rules_is_the_one_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = row_rules()
    rules = (ROOT / "config" / "listings.yaml").read_text(encoding="utf-8")
    other = re.sub(r"^row_links: \d+", f"row_links: {shipped.row_links + 1}", rules, flags=re.MULTILINE)
    (tmp_path / "listings.yaml").write_text(other, encoding="utf-8")
    monkeypatch.setenv("GONGBAO_CONFIG", str(tmp_path))
    assert row_rules().row_links == shipped.row_links + 1
