"""A party paper: GB18030 that declares gb2312, index2.html lists, editors' line, recommendations with summaries."""

from html import escape

from flows.samples.articles import Article, Block, Posting
from flows.samples.sites.html import Resource, Served, Shelf, Site, chunks, page, paragraphs, split, stem_part, summary

NAME = "临澜日报网"
CHANNEL = {"375547": "今日临澜", "378596": "产经"}


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": _page(NAME, "", "<div class='w1000'></div>")}
    for column, name in CHANNEL.items():
        postings = shelf.of(column)
        lists = chunks(postings, 14)
        for number, rows in enumerate(lists, 1):
            served[f"/GB/{column}/index{number if number > 1 else ''}.html"] = _list(
                column, name, rows, number, len(lists)
            )
        served[f"/GB/{column}/"] = served[f"/GB/{column}/index.html"]
        for posting in postings:
            article = shelf.article(posting)
            bodies = split(article, posting.parts)
            for part in range(len(bodies)):
                served[_part(posting.path, part)] = _detail(posting, article, name, part, bodies, shelf)
    return served


def _part(path: str, part: int) -> str:
    return stem_part(path, part + 1, "-") if part else path


def _list(column: str, name: str, rows: list[Posting], number: int, total: int) -> Resource:
    items = [
        f'<li><a href="{one.path}" target=_blank>{escape(one.article.title)}</a> <em>{one.article.published:%Y-%m-%d}</em></li>'
        for one in rows
    ]
    groups = "\n".join(
        f'<ul class="list_16 mt10">{chr(10).join(items[start : start + 5])}</ul>' for start in range(0, len(items), 5)
    )
    links = "".join(
        f'<a href="index{other if other > 1 else ""}.html"{" class=common_current_page" if other == number else ""}>{other}</a>'
        for other in range(1, total + 1)
    )
    following = f'<a href="index{number + 1}.html">下一页</a>' if number < total else ""
    body = f"""<div class="clearfix w1000_320 path"><a href="/" class="clink">{NAME}</a>&gt;&gt;<a href="/GB/{column}/" class="clink">{name}</a></div>
<div class="w1000 p2j_con02 clearfix"><div class="fl"><div class="ej_list_box clear">
{groups}
</div><div class="page_n clearfix">{links}{following}</div></div>
<div class="fr"><div class="p2_right"><h2>图说临澜</h2><img src="/img/pic1.jpg"></div></div></div>"""
    return _page(f"{name}--{NAME}", "", body)


def _detail(
    posting: Posting, article: Article, channel: str, part: int, bodies: list[tuple[Block, ...]], shelf: Shelf
) -> Resource:
    serial = posting.path.rsplit("-", 1)[1].removesuffix(".html")
    meta = f"""<meta name="filetype" content="0"><meta name="publishedtype" content="1"><meta name="pagetype" content="1"><meta name="catalogs" content="F_375547">
<meta name="contentid" content="F_{serial}"><meta name="publishdate" content="{article.published:%Y-%m-%d}"><meta name="author" content="104363">
<meta name="editor" content=""><meta name="source" content="来源：{article.publisher}"><meta name="sourcetype" content="">
<meta name="description" content="{escape(article.blocks[0].text[:100])}">"""
    cards = "\n".join(
        f'<li><a href="{other.path}"><b>{escape(other.article.title)}</b></a><p>{escape(summary(other.article))}</p></li>'
        for other in shelf.beside(posting, 3)
    )
    hot = "".join(
        f'<li><a href="{one.path}">{escape(one.article.title[:20])}</a></li>' for one in shelf.beside(posting, 6)
    )
    pager = ""
    if len(bodies) > 1:
        numbers = "".join(f'<a href="{_part(posting.path, other)}">【{other + 1}】</a>' for other in range(len(bodies)))
        following = f'<a href="{_part(posting.path, part + 1)}">下一页</a>' if part + 1 < len(bodies) else ""
        pager = f'<div class="zdfy clearfix">{numbers}</div><center><table border="0" align="center" width="40%"><tr><td>{following}</td></tr></table></center>'
    author = (
        f'<div class="author cf">本报记者　{article.author}</div>'
        if article.author and part == 0 and not posting.repeats
        else '<div class="author cf"></div>'
    )
    body = f"""<div class="layout path"><div class="col col-1-1"><span id="rwb_navpath"><a href="/" class="clink">{NAME}</a>&gt;&gt;<a href="/GB/375547/" class="clink">{channel}</a></span></div></div>
<div class="layout rm_txt cf"><div class="col col-1 fl"><h3 class="pre"></h3><h1>{escape(article.title)}</h1><h4 class="sub" style="display:none">{escape(article.title)}</h4>
{author}
<div class="channel cf"><div class="col-1-1 fl">{article.published:%Y年%m月%d日%H:%M} | 来源：<a href="http://www.lanlan.example/" target="_blank">{article.publisher}</a></div>
<div class="col-1-2 fr"><div class="message">222</div><div class="rm_tool"><a class="d0">订阅</a><a style="display:none">取消订阅</a><a>已收藏</a><a>收藏</a><span>小字号</span><span>大字号</span><p>点击播报本文，约</p></div></div></div>
<div class="rm_txt_con cf"><div class="bza"><p></p></div><div class="box_pic"></div>
{paragraphs(bodies[part], p="<p style='text-indent: 2em;'>{}</p>".replace("'", '"'), strong='<p style="text-indent: 2em;"><strong>{}</strong></p>')}
<div class="box_pic"></div>{pager}
<div class="edit cf">(责编：{article.editor})</div>
<p class="paper_num">分享让更多人看到&nbsp;</p><div class="rm_fx"><a>微信</a></div></div>
<div class="rm_relevant cf"><h2><span>推荐阅读</span></h2><ul class="rm_recommend">{cards}</ul></div>
<div class="rm_relevant rm_download cf"><h2><span>客户端下载</span></h2><ul><li>{NAME}客户端</li><li>关注公众号：临澜日报财经</li></ul></div></div>
<div class="col col-2 fr"><h2>热门排行</h2><ol>{hot}</ol></div></div>"""
    return _page(f"{escape(article.title)}--{channel}--{NAME}", meta, body)


def _page(title: str, meta: str, body: str) -> Resource:
    text = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="content-type" content="text/html;charset=gb2312"/><meta http-equiv="Content-Language" content="utf-8">
<title>{title}</title>
{meta}
<link href="/css/2020/page.css" type="text/css" rel="stylesheet"/></head>
<body><div class="header"><div class="layout"><ul><li><a href="/">首页</a></li><li><a href="/mw/">民文</a></li><li><a href="/en/">English</a></li><li><a href="/jb/">举报专区</a></li><li><a href="/login">登录</a></li></ul></div></div>
{body}
<div class="footer"><p><a href="/about/">报社概况</a> | <a href="/zp/">招聘英才</a> | <a href="/gg/">广告服务</a> | <a href="/hz/">合作加盟</a> | <a href="/jb/">违法和不良信息举报电话：0790-65363263</a>　<a href="mailto:jubao@lanlan.example">举报邮箱：jubao@lanlan.example</a></p>
<p>互联网新闻信息服务许可证99120170001 | 增值电信业务经营许可证B1-99060139</p><p>临 澜 日 报 网 版 权 所 有 ，未 经 书 面 授 权 禁 止 使 用</p><p>Copyright © 1999-2026 by www.lanlan.example. all rights reserved</p></div></body></html>"""
    return page(text, "gb18030", header="")


SITE = Site(
    id="paper",
    name=NAME,
    publisher="临澜日报",
    precision="minute",
    address="/n2/{published:%Y}/{published:%m%d}/c{column}-{serial}.html",
    serials=(40200000, 113),
    serve=serve,
    author=lambda posting, article: "" if posting.repeats else article.author,
    editor=lambda posting, article: article.editor,
)
