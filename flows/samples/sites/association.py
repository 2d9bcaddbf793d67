"""An association on an old ASP system: show.asp?id=, ?page=, layout tables, GBK that nothing declares, visit counters."""

from collections.abc import Mapping
from html import escape

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Resource, Served, Shelf, Site, chunks, page, paragraphs

NAME = "东部钢铁流通协会"
CLASSES = {"3": "协会动态", "7": "价格行情"}


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame(NAME, ""), "gb18030", header="", stamped=False)}
    lists_of: dict[tuple[str, str], Resource] = {}
    for column, name in CLASSES.items():
        postings = shelf.of(column)
        lists = chunks(postings, 12)
        for number, rows in enumerate(lists, 1):
            shown = page(_frame(name, _list(rows, column, number, len(lists))), "gb18030", header="", stamped=False)
            lists_of[column, str(number)] = shown
        for posting in postings:
            article = shelf.article(posting)
            served[posting.path] = page(
                _frame(article.title, _detail(posting, article, name, shelf)), "gb18030", header="", stamped=False
            )

    def lists_by_query(asked: Mapping[str, str]) -> Resource:
        """A page of a list; one that there is not is the first one, as such systems answer."""
        column = asked.get("cid", "3")
        return lists_of.get((column, asked.get("page", "1"))) or lists_of.get((column, "1")) or lists_of["3", "1"]

    return served | {"/list.asp": lists_by_query}


def _list(rows: list[Posting], column: str, number: int, total: int) -> str:
    items = "".join(
        f'<tr><td width="20"><img src="dot.gif"></td><td><a href="{escape(one.path[1:])}" target="_blank">{escape(one.article.title)}</a></td><td width="90" align="right"><font color="#999999">{one.article.published.year}-{one.article.published.month}-{one.article.published.day}</font></td></tr>\n'
        for one in rows
    )
    pages = "".join(f'<a href="list.asp?cid={column}&amp;page={other}">[{other}]</a> ' for other in range(1, total + 1))
    return f'<table width="100%" border="0">{items}</table><div align="center">第{number}页/共{total}页 {pages}</div>'


def _detail(posting: Posting, article: Article, name: str, shelf: Shelf) -> str:
    visits = 120 + shelf.place(posting) * 3 + shelf.night * 37  # the page's bytes change every night, its text does not
    before, after = (shelf.beside(posting, 2) + [posting] * 2)[:2]
    return f"""<table width="96%" border="0" align="center"><tr><td height="30">您所在的位置：<a href="/">首页</a> &gt;&gt; {name}</td></tr>
<tr><td align="center" height="50"><font size="4"><b>{escape(article.title)}</b></font></td></tr>
<tr><td align="center" bgcolor="#f4f4f4">发布时间：{article.published.year}-{article.published.month}-{article.published.day}　来源：{article.publisher}　浏览次数：{visits}</td></tr>
<tr><td style="line-height:24px"><div>
{paragraphs(article.blocks, p="<div>　　{}</div>", strong="<div>　　<b>{}</b></div>", right='<div align="right">{}</div>')}
</div></td></tr>
<tr><td height="30">上一篇：<a href="{escape(before.path[1:])}">{escape(before.article.title)}</a></td></tr><tr><td height="30">下一篇：<a href="{escape(after.path[1:])}">{escape(after.article.title)}</a></td></tr>
<tr><td align="right">【<a href="javascript:window.print()">打印</a>】【<a href="javascript:window.close()">关闭</a>】</td></tr></table>"""


def _frame(title: str, body: str) -> str:
    return f"""<html><head><title>{escape(title)}-{NAME}</title><link href="css.css" rel="stylesheet"></head><body topmargin="0">
<table width="960" align="center" cellspacing="0"><tr><td><img src="top.jpg" width="960"></td></tr>
<tr><td bgcolor="#003399"><a href="/"><font color="#ffffff">首 页</font></a> | <a href="list.asp?cid=3"><font color="#ffffff">协会动态</font></a> | <a href="list.asp?cid=7"><font color="#ffffff">价格行情</font></a> | <a href="hy.asp">会员名录</a> | <a href="lx.asp">联系我们</a></td></tr>
<tr><td><table width="960"><tr><td width="200" valign="top"><table><tr><td>会员登录</td></tr><tr><td><form action="login.asp">用户名 <input name="u"> 密码 <input name="p" type="password"></form></td></tr><tr><td>友情链接</td></tr></table></td>
<td valign="top">{body}</td></tr></table></td></tr>
<tr><td align="center">主办单位：{NAME}　联系电话：0795-66021188　邮编：315000<br>东ICP备99006666号　您是第 1088213 位访客</td></tr></table></body></html>"""


SITE = Site(
    id="association",
    name=NAME,
    publisher=NAME,
    precision="day",
    address="/show.asp?cid={column}&id={serial}",
    serials=(101, 1),
    serve=serve,
)
