"""The English pages of a ministry: TRS lists, official metas in English, a copyright footer."""

from html import escape

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Served, Shelf, Site, chunks, page, paragraphs, stem_part

NAME = "Ministry of Industrial Development"


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame(NAME, "", ""))}
    lists = chunks(shelf.listed, 10)
    for number, rows in enumerate(lists):
        items = "\n".join(
            f'<li><a href=".{one.path.removeprefix("/news")}">{escape(one.article.title)}</a><span>{one.article.published:%B %d, %Y}</span></li>'
            for one in rows
        )
        text = f'<div class="list"><h2>News</h2><ul class="list1">{items}</ul><div class="page"><script>createPageHTML({len(lists)}, {number}, "index", "html");</script></div></div>'
        served[stem_part("/news/index.html", number)] = page(_frame("News", "", text))
    served["/news/"] = served["/news/index.html"]
    for posting in shelf.listed:
        served[posting.path] = page(_detail(posting, shelf.article(posting), shelf))
    return served


def _detail(posting: Posting, article: Article, shelf: Shelf) -> str:
    meta = f"""<meta name="ArticleTitle" content="{escape(article.title)}"><meta name="PubDate" content="{article.published:%Y-%m-%d %H:%M:%S}">
<meta name="ContentSource" content="{article.publisher}"><meta name="description" content="{escape(article.blocks[0].text[:150])}">"""
    related = "".join(
        f'<li><a href="{other.path}">{escape(other.article.title)}</a></li>' for other in shelf.beside(posting, 4)
    )
    body = f"""<div class="crumb"><a href="/">Home</a> &gt; <a href="/news/">News</a></div>
<div class="artical"><h1>{escape(article.title)}</h1><div class="info"><span>Updated: {article.published:%B %d, %Y %H:%M}</span> <span>Source: {article.publisher}</span> <a href="javascript:print()">Print</a> <a class="share">Share</a></div>
<div class="TRS_Editor">
{paragraphs(article.blocks)}
</div></div><div class="related"><h3>Related stories</h3><ul>{related}</ul></div>"""
    return _frame(article.title, meta, body)


def _frame(title: str, meta: str, body: str) -> str:
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} | {NAME}</title>{meta}</head>
<body><div class="nav"><a href="/">Home</a><a href="/news/">News</a><a href="/policy/">Policies</a><a href="/data/">Data</a><a href="/about/">About the Ministry</a><a href="/cn/">中文</a></div>
<form class="search"><input placeholder="Search"></form>
{body}
<div class="footer"><p>Copyright © {NAME}. All Rights Reserved. Reproduction in whole or in part without permission is prohibited.</p><p>Address: 88 Changda Avenue, Jingji | Site ID: bm99000001 | ICP No. 99000001</p></div></body></html>"""


SITE = Site(
    id="english",
    name=NAME,
    publisher=NAME,
    precision="second",
    address="/{column}/{published:%Y%m}/t{published:%Y%m%d}_{serial}.html",
    serials=(990000, 19),
    serve=serve,
)
