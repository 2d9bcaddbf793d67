"""A company's site: NEWS, one body of <br>, no date but in the list, a title that says nothing, an ICP footer."""

from html import escape

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Served, Shelf, Site, chunks, page

NAME = "华澜精密科技股份有限公司"
INDENT = "&nbsp; &nbsp; &nbsp; &nbsp; "


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame("<div class='banner'></div>"))}
    lists = chunks(shelf.listed, 9)
    for number, rows in enumerate(lists, 1):
        following = f"<a href='list-{number + 1}.html'>下一页</a>" if number < len(lists) else "<span>下一页</span>"
        previous = f"<a href='list-{number - 1}.html'>上一页</a>" if number > 1 else "<span>上一页</span>"
        served[f"/news/list-{number}.html"] = page(
            _frame(f"{_rows(rows)}<div class='pager'>{previous} {following} 共{len(shelf.listed)}条</div>")
        )
    for posting in shelf.listed:
        served[posting.path] = page(_frame(_detail(posting, shelf.article(posting), shelf)))
    return served


def _rows(rows: list[Posting]) -> str:
    items = "".join(
        f"<dl><dt><b>{one.article.published:%d}</b><i>{one.article.published:%Y-%m}</i></dt><dd><a href='{one.path}'>{escape(one.article.title)}</a><p>{escape(one.article.blocks[0].text[:40])}...</p></dd></dl>"
        for one in rows
    )
    return f"<div class='tit'>NEWS</div><div class='newslist'>{items}</div>"


def _detail(posting: Posting, article: Article, shelf: Shelf) -> str:
    lines = []
    for place, block in enumerate(article.blocks):
        for line in block.paragraphs:
            indent = INDENT if place % 3 else "        " + INDENT  # as pasted from elsewhere
            shown = escape(line, quote=False)
            lines.append(
                f"{indent}<strong>{shown}</strong>" if block.kind == "heading" and place % 2 else indent + shown
            )
    source = f"<br />\n<br />\n文章来源：{article.publisher}" if posting.repeats else ""
    before, after = (shelf.beside(posting, 2) + [posting] * 2)[:2]
    return f"""<div class='tit'>NEWS</div><div class='news_show'><h3>{escape(article.title)}</h3><div class='con'>
{"<br />".join(lines)}{source}</div>
<div class='prev'>上一篇：<a href='{before.path}'>{escape(before.article.title)}</a></div><div class='next'>下一篇：<a href='{after.path}'>{escape(after.article.title)}</a></div><a class='back' href='list-1.html'>返回列表</a></div>"""


def _frame(body: str) -> str:
    return f"""<html><head><meta http-equiv='Content-Type' content='text/html; charset=utf-8'><title>{NAME}</title><meta name='keywords' content='精密科技,华澜'></head>
<body><div class='head'><img src='/logo.jpg'><ul><li><a href='/'>首页 HOME</a></li><li><a href='/about.html'>关于我们 ABOUT</a></li><li><a href='/product/'>产品中心 PRODUCTS</a></li><li><a href='/news/list-1.html'>新闻资讯 NEWS</a></li><li><a href='/contact.html'>联系我们 CONTACT</a></li></ul></div>
<div class='side'><h2>新闻资讯</h2><p>公司新闻</p><p>行业动态</p></div>
{body}
<div class='footer'>{NAME} 版权所有<br>宁ICP备99026802号 sales@hualan.example +86-799-88998246，88998238<br>地址：宁川市高新技术产业开发区创新路9号　技术支持：云枢网络</div></body></html>"""


SITE = Site(
    id="company",
    name=NAME,
    publisher=NAME,
    precision="day",
    address="/{column}/show-{serial}.html",
    serials=(310, 3),
    serve=serve,
    names_itself=False,
    links_files=False,
)
