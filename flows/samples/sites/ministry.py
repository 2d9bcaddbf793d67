"""A ministry: TRS static lists with createPageHTML, the official meta tags, document pages with a header table."""

from html import escape

from flows.samples.articles import Article, Block, Posting
from flows.samples.sites.html import Resource, Served, Shelf, Site, chunks, page, paragraphs, split, stem_part

NAME = "国家产业发展部"
COLUMNS = {"gzdt": "工作动态", "zcwj": "政策文件"}
P = '<p align="justify">　　<span style="font-family: 宋体; font-size: 12pt;">{}</span></p>'
STRONG = '<p align="justify">　　<b><span style="font-family: 黑体; font-size: 12pt;">{}</span></b></p>'
RIGHT = '<p align="right"><span style="font-family: 宋体; font-size: 12pt;">{}</span>　　</p>'


def serve(shelf: Shelf) -> Served:
    served: Served = {
        "/": page(_frame("首页", _meta("", "首页"), "<div class='w1200 index'><ul class='quick'></ul></div>"))
    }
    for column, name in COLUMNS.items():
        postings = shelf.of(column)
        lists = chunks(postings, 15)
        for number, rows in enumerate(lists):
            served[stem_part(f"/{column}/index.html", number)] = page(_list(name, rows, number, len(lists)))
        served[f"/{column}/"] = served[f"/{column}/index.html"]
        for posting in postings:
            served |= _article(posting, shelf.article(posting), name, shelf)
    return served


def _list(column: str, rows: list[Posting], number: int, total: int) -> str:
    items = []
    for posting in rows:
        title = escape(posting.article.title)
        shown = title if len(title) < 32 else title[:30] + "..."
        top = '<img src="/images/top.png" class="zd" alt="置顶">' if posting.pinned else ""
        link = "." + posting.path[posting.path.index("/", 1) :]
        items.append(
            f'<li>{top}<a href="{link}" target="_blank" title="{title}">{shown}</a><span>{posting.article.published:%Y-%m-%d}</span></li>'
        )
        if len(items) % 6 == 5:
            items.append('<li class="line"></li>')
    body = f"""<div class="w1200 clearfix"><div class="left_nav"><h2>新闻发布</h2><ul><li><a href="/gzdt/">工作动态</a></li>
<li><a href="/zcwj/">政策文件</a></li><li><a href="/search/adv.html">高级检索</a></li></ul></div>
<div class="right_list"><div class="list_tit">{column}</div><ul class="u-list">
{chr(10).join(items)}
</ul><div class="page"><script>
function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){{ if(_nPageCount == null || _nPageCount<=1){{ return; }} /* ... */ }}
createPageHTML({total}, {number}, "index", "html");
</script></div></div></div>"""
    return _frame(column, _meta("", column), body)


def _article(posting: Posting, article: Article, column: str, shelf: Shelf) -> dict[str, Resource]:
    bodies = split(article, posting.parts)
    return {
        stem_part(posting.path, part): page(_detail(posting, article, column, part, bodies))
        for part in range(len(bodies))
    }


def _detail(posting: Posting, article: Article, column: str, part: int, bodies: list[tuple[Block, ...]]) -> str:
    official = bool(article.index)
    pager = ""
    if len(bodies) > 1:
        name = posting.path.rsplit("/", 1)[1].removesuffix(".html")
        links = "".join(
            f'<a href="./{stem_part(name + ".html", other)}">{other + 1}</a>'
            for other in range(len(bodies))
            if other != part
        )
        following = f'<a href="./{stem_part(name + ".html", part + 1)}">下一页</a>' if part + 1 < len(bodies) else ""
        pager = f'<div class="pages"><script>createPageHTML({len(bodies)}, {part}, "{name}", "html");</script><span>{part + 1}</span>{links}{following}</div>'
    body = f"""<div class="w1200 detail"><div class="crumb">您现在的位置：<a href="/">首页</a> &gt; <a href="../">{column}</a> &gt; 正文</div>
{_document_table(article) if official else ""}
<div class="article"><h1 class="art_tit">{escape(article.title)}</h1>
<div class="art_info"><span>发布时间：{article.published:%Y-%m-%d %H:%M}</span><span>来源：{article.publisher}</span>
<span class="font">【字体：<a href="javascript:doZoom(18)">大</a> <a href="javascript:doZoom(16)">中</a> <a href="javascript:doZoom(14)">小</a>】</span>
<span class="print"><a href="javascript:window.print()">【打印】</a></span></div>
<div class="art_con"><div class="view TRS_UEDITOR trs_paper_default"><div class="TRS_Editor"><style type="text/css">.TRS_Editor P{{line-height:2;font-family:宋体;font-size:12pt;}}.TRS_Editor TD{{line-height:1.5;}}</style>
{paragraphs(bodies[part], p=P, strong=STRONG, right=RIGHT)}
</div></div></div>
{pager}
<div class="art_tool"><a href="javascript:window.print()">【打印本页】</a> <a href="javascript:window.close()">【关闭窗口】</a></div>
<div class="share bdsharebuttonbox"><span>分享到：</span><a title="分享到微信">微信</a><a title="分享到新浪微博">微博</a></div>
<div class="ewm"><img src="/images/ewm.png" alt=""><p>扫一扫在手机打开当前页</p></div></div></div>"""
    return _frame(article.title, _meta(article.title, column, article), body)


def _document_table(article: Article) -> str:
    day = f"{article.published:%Y年%m月%d日}"
    cells = [
        ("索 引 号：", article.index),
        ("主题分类：", article.topic),
        ("发文机关：", article.issuer),
        ("成文日期：", day),
        ("标　　题：", article.title),
        ("发布日期：", day),
        ("发文字号：", article.number),
        ("有 效 性：", "有效"),
    ]
    rows = "".join(
        f"<tr><td class='bt'>{a}</td><td>{escape(b)}</td><td class='bt'>{c}</td><td>{escape(d)}</td></tr>"
        for (a, b), (c, d) in zip(cells[::2], cells[1::2], strict=True)
    )
    return f'<div class="xxgk_head"><table width="100%"><tbody>{rows}</tbody></table></div>'


def _meta(title: str, column: str, article: Article | None = None) -> str:
    tags = {
        "SiteName": NAME,
        "SiteDomain": "www.cyfz.example",
        "SiteIDCode": "bm99000001",
        "ColumnName": column,
        "ColumnType": "工作动态",
    }
    if article:
        tags |= {
            "ArticleTitle": title,
            "PubDate": f"{article.published:%Y-%m-%d %H:%M}",
            "ContentSource": article.publisher,
            "Keywords": article.topic,
            "Author": "",
            "Description": article.blocks[0].text[:100],
        }
    return "\n".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in tags.items())


def _frame(title: str, meta: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta http-equiv="X-UA-Compatible" content="IE=edge">
<title>{escape(title)}_{NAME}</title>
{meta}
<link rel="stylesheet" href="/css/common.css"><script src="/js/jquery.min.js"></script></head>
<body><div class="top"><div class="w1200"><span>欢迎访问{NAME}网站！</span><a href="/wza/">无障碍阅读</a><a href="/zhz/">长者模式</a><a href="/en/">English</a></div></div>
<div class="header"><a href="/"><img src="/images/logo.png" alt="{NAME}"></a><div class="so"><input type="text" value="请输入关键字"><button>搜索</button></div></div>
<div class="nav"><ul><li><a href="/">首 页</a></li><li><a href="/jgzn/">机构职能</a></li><li><a href="/gzdt/">新闻发布</a></li><li><a href="/zcwj/">政务公开</a></li><li><a href="/bsfw/">办事服务</a></li><li><a href="/hdjl/">互动交流</a></li><li><a href="/zt/">专题专栏</a></li></ul></div>
{body}
<div class="footer"><p><a href="/wzdt/">网站地图</a> | <a href="/lxwm/">联系我们</a> | <a href="/ysbh/">网站声明</a></p><p>主办单位：{NAME}　　地址：京畿市长安大道88号　　邮编：100000</p>
<p>网站标识码：bm99000001　京ICP备99000001号-1　京公网安备 11019999000001号</p><p>版权所有：{NAME}</p></div>
</body></html>"""


SITE = Site(
    id="ministry",
    name=NAME,
    publisher=NAME,
    precision="minute",
    address="/{column}/{published:%Y%m}/t{published:%Y%m%d}_{serial}.html",
    serials=(1380000, 17),
    serve=serve,
    tables=True,
    validity="有效",
)
