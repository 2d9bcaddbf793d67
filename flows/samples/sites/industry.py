"""An industry paper: RSS without zones, relative list dates, 声明, 相关链接, 专题 and 会议 with whole sentences behind the body."""

from datetime import datetime
from html import escape

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Resource, Served, Shelf, Site, chunks, page, paragraphs, summary

NAME = "装备电子报"
COLUMNS = {"smartt": "智能制造", "semi": "半导体"}
SPECIALS = (
    (
        "世界显示与视听大会专题",
        "大会以“看见未来”为主线，设置一场主论坛和十二场平行活动，来自二十多个国家和地区的嘉宾围绕显示技术的下一个十年展开对话。开幕式由组委会秘书长主持，现场发布年度白皮书。",
    ),
    (
        "年度全国装备工作会议",
        "会议总结了过去一年的工作，分析了面临的形势，部署了新一年的重点任务。与会代表表示，将以更大力度推动产业链协同，确保全年目标如期完成。各地主管部门负责同志在分会场参加会议。",
    ),
    (
        "家用电器市场报告",
        "报告显示，在以旧换新等政策带动下，家电零售额实现平稳增长，电商渠道占比首次超过六成，绿色智能产品成为消费者的首选。报告同时提醒企业关注原材料价格变化。",
    ),
)


def serve(shelf: Shelf) -> Served:
    feed = shelf.of("smartt")
    served: Served = {"/": page(_frame("首页", "", "")), "/rss.xml": _feed(feed)}
    lists = chunks(shelf.of("semi"), 10)
    for number, rows in enumerate(lists, 1):
        served[f"/semi/index_{number}.html"] = page(_list(rows, number, len(lists), shelf))
    for posting in shelf.listed:
        served[posting.path] = page(_detail(posting, shelf.article(posting), shelf))
    return served


def _feed(rows: list[Posting]) -> Resource:
    items = "".join(
        f"""<item><title><![CDATA[{one.article.title}]]></title><link>{{{{url}}}}{one.path}</link><author>{one.article.author}</author>
<pubDate>{one.article.published:%Y-%m-%d %H:%M:%S}.0</pubDate><description><![CDATA[<p>{escape(summary(one.article, 120))}</p>]]></description></item>\n"""
        for one in rows
    )
    text = f'<?xml version="1.0" encoding="gb2312"?>\n<rss version="2.0"><channel><title>{NAME}-智能制造</title><link>/</link><language>zh-cn</language>\n{items}</channel></rss>'
    return Resource(body=text.encode("gb18030"), type="text/xml")


def _list(rows: list[Posting], number: int, total: int, shelf: Shelf) -> str:
    items = "\n".join(
        f"""<div class="news_list clearfix"><a class="pic" href="{one.path}"><img src="/upload/{number}{place}.jpg" alt=""></a>
<div class="txt"><h3><a href="{one.path}">{escape(one.article.title)}</a></h3><p>{escape(summary(one.article))}</p><span class="time">{_when(one.article.published, shelf)}</span><span class="tag">半导体</span></div></div>"""
        for place, one in enumerate(rows)
    )
    pages = "".join(f'<a href="index_{other}.html">{other}</a>' for other in range(1, total + 1))
    return _frame(
        "半导体",
        "",
        f'<div class="list_left">{items}<div class="pages">{pages}</div></div>{_ranking(shelf.listed[:6])}',
    )


def _when(published: datetime, shelf: Shelf) -> str:
    """昨天 10:23, 前天 14:30, 02-28 16:12, as seen from the night's morning."""
    days = (shelf.today - published.date()).days
    day = {1: "昨天", 2: "前天"}.get(days, f"{published:%m-%d}") if days < 300 else f"{published:%Y-%m-%d}"
    return f"{day} {published:%H:%M}"


def _detail(posting: Posting, article: Article, shelf: Shelf) -> str:
    column = posting.path.split("/")[1]
    related = shelf.beside(posting, 4)
    links = "".join(f'<li><a href="{other.path}">{escape(other.article.title)}</a></li>' for other in related)
    cards = "".join(
        f'<div class="card"><a href="/zt/{number}/"><img src="/zt/{number}.jpg"><h4>{title}</h4></a><p>{text}</p></div>'
        for number, (title, text) in enumerate(SPECIALS)
    )
    meetings = "".join(
        f'<div class="card"><h4>{escape(other.article.title)}</h4><p>{escape(other.article.blocks[0].text)}</p></div>'
        for other in related[:2]
    )
    author = (
        f'<span class="zuozhe">作者：{article.author}</span>'
        if article.author
        else '<span class="zuozhe">作者：</span>'
    )
    body = f"""<div class="crumbs"><a href="/">首页</a> > <a href="/{column}/index_1.html">{COLUMNS[column]}</a></div>
<div class="content"><h1>{escape(article.title)}</h1>
<div class="midline">{author}<span class="time">发布时间：{article.published:%Y-%m-%d %H:%M}</span><span class="laiyuan">来源：{article.publisher}</span></div>
<div id="art_body" class="art_body">
{paragraphs(article.blocks, p='<p style="text-indent:2em">{}</p>', strong='<p style="text-indent:2em"><span><strong>{}</strong></span></p>')}
</div>
<p class="zrbj">责任编辑：{article.editor.split("、")[0]}</p>
<div class="statement"><h3>声明</h3><p>1、本站遵循行业规范，转载的稿件都会注明作者和来源；2、本站的原创文章，请转载时务必注明文章作者和来源，不尊重原创的行为我们将追究责任；3、投稿可能会经编辑修改或补充；4、如本站的文章或图片存在版权问题，请拨打电话010-99558835联系，我们将第一时间处理。</p></div>
<div class="xglj"><h3>相关链接</h3><ul>{links}</ul></div></div>
<div class="zt"><h3>视频</h3><div class="v"><img src="/v/1.jpg"><i>03:25</i></div><h3>专题</h3>{cards}<h3>会议</h3>{meetings}</div>
{_ranking(shelf.listed[:0])}"""
    return _frame(article.title, f'<meta name="description" content="{escape(summary(article))}">', body)


def _ranking(rows: list[Posting]) -> str:
    items = "".join(
        f'<li><em>{place}</em><a href="{one.path}">{escape(one.article.title)}</a></li>'
        for place, one in enumerate(rows, 1)
    )
    return f'<div class="right"><h3>本周排行</h3><ol>{items}</ol></div>'


def _frame(title: str, meta: str, body: str) -> str:
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}-{NAME}</title>{meta}</head>
<body><div class="top"><span>工业装备出版集团主管 {NAME}社主办</span><a href="#">收藏本站</a> <a href="/tg">投稿</a></div>
<div class="logo"><img src="/logo.png"></div><div class="menu"><a href="/">首页</a><a href="/smartt/">智能制造</a><a href="/semi/index_1.html">半导体</a><a href="/epaper">数字报</a><a href="/hy">会议</a></div>
<div class="wrap">{body}</div>
<div class="foot"><p>关于我们 | 联系方式 | 广告服务 | 诚聘英才</p><p>{NAME}社有限公司 版权所有 京ICP备99044220号-2 京公网安备11010899000102号</p><p>违法和不良信息举报电话：010-99558848</p></div></body></html>"""


SITE = Site(
    id="industry",
    name=NAME,
    publisher=NAME,
    precision="minute",
    address="/{column}/{published:%Y%m%d}/{serial}.html",
    serials=(120000, 13),
    serve=serve,
    author=lambda posting, article: article.author,
    editor=lambda posting, article: article.editor.split("、")[0],
)
