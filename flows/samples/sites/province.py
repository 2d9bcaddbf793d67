"""A provincial commission on JCMS: lists from dataproxy.jsp, bodies between printed boundary comments in #zoom."""

from collections.abc import Mapping
from html import escape
from math import ceil

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Resource, Served, Shelf, Site, page, paragraphs

NAME = "南屏省发展和改革委员会"
COLUMNS = {"61490": "委内动态", "61493": "价格公告", "61502": "公示公告"}
UNITS = {"61490": "247686", "61493": "247691", "61502": "247703"}
PER_PAGE = 8
PROXY = "/module/web/jpage/dataproxy.jsp"


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame("首页", "", ""))}
    columns = {column: shelf.of(column) for column in COLUMNS}
    for column, postings in columns.items():
        served[f"/col/col{column}/index.html"] = page(_list(column, postings))
        for posting in postings:
            article = shelf.article(posting)
            served[posting.path] = page(_detail(article, column))

    def proxy(asked: Mapping[str, str]) -> Resource:
        """Rows startrecord..endrecord of a column, or page `page` of the older form."""
        column, size = asked.get("columnid", ""), min(int(asked.get("perpage") or PER_PAGE), 60)
        postings = columns.get(column, []) if asked.get("unitid") == UNITS.get(column) else []
        first = int(asked.get("startrecord") or (int(asked.get("page") or 1) - 1) * size + 1)
        last = min(int(asked.get("endrecord") or first + size - 1), first + 3 * size - 1)
        return Resource(
            body=_datastore(postings, first, last, size).encode(), type="text/xml;charset=UTF-8", stamped=False
        )

    return served | {PROXY: proxy}


def _datastore(postings: list[Posting], first: int, last: int, size: int, following: str = "") -> str:
    records = "\n".join(f"<record><![CDATA[\n{_row(one)}\n]]></record>" for one in postings[first - 1 : last])
    return f"""<?xml version="1.0" encoding="UTF-8"?><datastore>
<totalrecord>{len(postings)}</totalrecord><totalpage>{ceil(len(postings) / size)}</totalpage>{following}
<recordset>{records}</recordset></datastore>"""


def _row(posting: Posting) -> str:
    title = escape(posting.article.title)
    top = '<font color="red">[置顶]</font>' if posting.pinned else ""
    return f'<li>{top}<a href="{posting.path}" target="_blank" title="{title}">{title}</a><span class="bt-right">[{posting.article.published:%Y-%m-%d}]</span></li>'


def _list(column: str, postings: list[Posting]) -> str:
    query = f"col=1&appid=1&webid=39&path=/&columnid={column}&sourceContentType=1&unitid={UNITS[column]}&webname={NAME}&permissiontype=0"
    following = f'<nextgroup><![CDATA[<a href="{PROXY}?page=2&{query}"></a>]]></nextgroup>'
    inline = _datastore(postings, 1, 3 * PER_PAGE, PER_PAGE, following).partition("?>")[2]
    body = f"""<div class="bmain clearfix"><div class="l_nav"><ul>{"".join(f'<li><a href="/col/col{one}/index.html">{name}</a></li>' for one, name in COLUMNS.items())}</ul></div>
<div class="r_con"><div class="dqwz">您现在的位置：<a href="/index.html">首页</a> &gt; <a href="/col/col{column}/index.html">{COLUMNS[column]}</a></div>
<div class="default_pgContainer" id="{UNITS[column]}"><div id="div{UNITS[column]}"><script type="text/xml">{inline}</script></div>
<script type="text/javascript">
var setting = {{container: 'div{UNITS[column]}', perpage: {PER_PAGE}, unitid: '{UNITS[column]}', columnid: '{column}', webid: '39', proxyurl: '{PROXY}'}};
jQuery('#div{UNITS[column]}').jpage({{ openCookies: false, showMode: 'buttons', ajaxParam: {{ url: '{PROXY}', type: 'POST', data: '{query}' }}, perPage: {PER_PAGE}, totalRecord: {len(postings)} }});
</script></div></div></div>"""
    return _frame(COLUMNS[column], "", body)


def _detail(article: Article, column: str) -> str:
    meta = f"""<meta name="ContentStart"><meta name="SiteName" content="{NAME}"><meta name="SiteDomain" content="fgw.nanping.example,www.nanping.example"><meta name="SiteIDCode" content="">
<meta name="ColumnName" content="{COLUMNS[column]}"><meta name="ColumnType" content="通知公告">
<meta name="ArticleTitle" content="{escape(article.title)}"><meta name="pubdate" content="{article.published:%Y-%m-%d %H:%M}"><meta name="contentSource" content="{article.publisher}">
<meta name="author" content=""><meta name="url" content=""><meta name="ContentEnd">"""
    body = f"""<div class="bmain"><div class="dqwz">您现在的位置：<a href="/index.html">首页</a> &gt; <a href="/col/col{column}/index.html">{COLUMNS[column]}</a></div>
<div class="main-fl bt-left"><table id="article" width="100%" border="0" cellspacing="0" cellpadding="0"><tr><td class="title"><!--<$[标题]>begin-->{escape(article.title)}<!--<$[标题]>end--></td></tr>
<tr><td class="bt_xx" align="center">发布日期：<!--<$[发布时间]>begin-->{article.published:%Y-%m-%d}<!--<$[发布时间]>end-->　浏览次数：<script language="javascript" src="/module/visitcount/articlehits.jsp?colid={column}"></script>　信息来源：<!--<$[信息来源]>begin-->{article.publisher}<!--<$[信息来源]>end-->　字体：[ <a href="javascript:doZoom(18)">大</a> <a href="javascript:doZoom(16)">中</a> <a href="javascript:doZoom(14)">小</a> ]</td></tr>
<tr><td class="bt_content"><div id="zoom"><!--ZJEG_RSS.content.begin--><!--<$[信息内容]>begin-->
{paragraphs(article.blocks, p='<p style="text-indent:2em;margin:0 0 10px 0;">{}</p>', strong='<p style="text-indent:2em;"><span style="font-weight:bold;">{}</span></p>')}
<!--<$[信息内容]>end--><!--ZJEG_RSS.content.end--></div></td></tr>
<tr><td align="right" class="gn"><a href="javascript:window.print()">打印本页</a> <a href="javascript:window.close()">关闭窗口</a></td></tr></table>
<div class="bshare-custom"><a title="分享到微信" class="bshare-weixin">微信</a><a title="分享到新浪微博" class="bshare-sinaminiblog">新浪微博</a><span class="BSHARE_COUNT bshare-share-count">0</span></div></div></div>"""
    return _frame(article.title, meta, body)


def _frame(title: str, meta: str, body: str) -> str:
    return f"""<!DOCTYPE html><html><head><title>{NAME} {COLUMNS["61490"]} {escape(title)}</title>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">{meta}
<script src="/script/jquery-1.7.2.min.js"></script><script src="/script/jpage.js"></script></head>
<body><!-- 页头开始 --><div class="head"><a class="skip" href="#zoom">跳转到正文</a><a href="/zhs">智能搜索</a><a href="/old">适老化</a><img src="/picture/0/head.jpg"></div>
<table class="menu"><tr><td><a href="/index.html">网站首页</a></td><td><a href="/col/col61490/index.html">新闻动态</a></td><td><a href="/col/col61502/index.html">政府信息公开</a></td><td><a href="/col/col61499/index.html">政务服务</a></td><td><a href="/col/col61500/index.html">互动交流</a></td></tr></table>
{body}
<div class="foot"><p>版权所有：{NAME}　主办：{NAME}　技术支持：南屏省信息中心</p><p>地址：安渚市人民路16号　邮编：399001　传真：0791-88501235</p><p>南ICP备99012345号　网站标识码：9970000021　<img src="/images/beian.png">南公网安备 99010002000188号</p></div></body></html>"""


SITE = Site(
    id="province",
    name=NAME,
    publisher=NAME,
    precision="minute",
    address="/art/{published.year}/{published.month}/{published.day}/art_{column}_{serial}.html",
    serials=(8810000, 7),
    serve=serve,
)
