"""A government news service that writes traditional characters, and means it."""

from datetime import datetime
from html import escape

from flows.samples.articles import Article
from flows.samples.sites.html import Resource, Served, Shelf, Site, page

NAME = "海濱市政府新聞公報"
WEEK = "一二三四五六日"


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame("主頁", ""))}
    items = "".join(
        f'<li><a href="{one.path}">{escape(one.article.title)}</a> <span class="d">{one.article.published:%Y-%m-%d}</span></li>'
        for one in shelf.listed
    )
    served["/gia/general/today.htm"] = page(_frame("今日新聞", f"<h2>新聞公報</h2><ul class='list'>{items}</ul>"))
    served["/sitemap.xml"] = _sitemap(shelf)
    for posting in shelf.listed:
        served[posting.path] = page(_detail(shelf.article(posting)))
    return served


def _sitemap(shelf: Shelf) -> Resource:
    urls = "".join(
        f"<url><loc>{{{{url}}}}{one.path}</loc><lastmod>{one.article.published:%Y-%m-%d}</lastmod></url>\n"
        for one in shelf.listed
    )
    return Resource(
        body=f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(),
        type="application/xml",
    )


def stamp(day: datetime) -> str:
    """The line that closes a release."""
    return f"{day.year}年{day.month}月{day.day}日（星期{WEEK[day.weekday()]}）"


def _detail(article: Article) -> str:
    day = article.published
    text = "<br><br>\n".join("　　" + escape(line, quote=False) for line in article.paragraphs)
    body = f"""<div class="pressrelease"><h1 id="PRHeadlineSpan">{escape(article.title)}</h1><div class="controlLine">***************************</div>
<span id="pressrelease">{text}</span>
<div class="date">{stamp(day)}</div></div>
<div class="tools"><a href="javascript:window.print()">列印此頁</a> <a href="/back">返回</a> <a href="#top">頁首</a></div>"""
    return _frame(article.title, body)


def _frame(title: str, body: str) -> str:
    return f"""<!DOCTYPE html><html lang="zh-Hant"><head><meta charset="utf-8"><title>{escape(title)}</title></head>
<body><div class="header"><a href="#content">跳至主要內容</a><a href="/en">ENG</a><a href="/sc">简体</a><a>字型大小</a></div><ul class="nav"><li>今日新聞</li><li>昨日新聞</li><li>新聞檔案</li><li>新聞圖片</li></ul>
<div id="content">{body}</div><div class="footer">重要告示 | 私隱政策 | 修訂日期：<span></span> | © {NAME}</div></body></html>"""


SITE = Site(
    id="harbour",
    name=NAME,
    publisher=NAME,
    precision="day",
    address="/gia/{column}/{published:%Y%m/%d}/P{published:%Y%m%d}00{serial}.htm",
    serials=(300, 1),
    serve=serve,
    names_itself=False,
    links_files=False,
    closing=lambda article: (stamp(article.published),),
    robots="User-agent: *\nCrawl-delay: 0.1\nDisallow: /gia/members/\n",
)
