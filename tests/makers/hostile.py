"""Invented articles in hostile pages: every page is a chance mixture of the habits of Chinese CMSs and of their editors.

Text and truth are those of the sample grammar (`flows/samples`), so there is no end of them. A page remembers which
habits it was made of, so that failures can be counted by habit (`python -m tests.benchmarks.hostile`).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape

from flows.samples.articles import Block
from flows.samples.dates import dated
from flows.samples.writing import texts
from flows.samples.writing.texts import Draft, person
from pipeline.core.dates import SHANGHAI

BODIES = {
    "p": "<p>　　{}</p>",
    "styled_p": '<p style="text-indent:2em;line-height:2"><span style="font-family:仿宋_GB2312;font-size:16pt">{}</span></p>',
    "word": '<p class="MsoNormal"><span lang="ZH-CN">{}</span><o:p></o:p></p>',
    "div": "<div>　　{}</div>",
    "brs": "　　{}<br><br>\n",
    "br": "&nbsp;&nbsp;&nbsp;&nbsp;{}<br/>",
    "font": '<font size="3">　　{}</font><br>',
    "sections": '<section style="margin:0"><section><span>{}</span></section></section>',
    "open_p": "<p>　　{}\n",
    "indents": "　　{}\n",
    "blocks": '<span style="display:block">{}</span>',
    "tracked": '<p data-track="{{}}">{}</p>',
    "wrapped": '<div class="paragraph"><div class="text"><p>{}</p></div></div>',
    "rows": "<tr><td>　　{}</td></tr>",
    "centre": '<p align="left"><font face="宋体">{}</font></p>',
}
CONTAINERS = (
    '<div class="TRS_Editor">{}</div>', '<div id="zoom">{}</div>', '<div class="c9f2">{}</div>', "<div>{}</div>",
    '<div class="article-main"><div class="inner">{}</div></div>', '<td class="bg3" valign="top">{}</td>',
    '<div id="vsb_content"><div class="v_news_content">{}</div></div>', '<div class="con">{}</div>', "<article>{}</article>",
    '<div class="rich_media_content" id="js_content" style="visibility: hidden;">{}</div>', '<center>{}</center>',
    '<div class="post_body">{}</div>', '<!--内容开始--><div class="nr">{}</div><!--内容结束-->', '<div class="show_box recommend_wrap">{}</div>',
    '<UCAPCONTENT>{}</UCAPCONTENT>', '<div class="left"><span id="ctl00_ContentPlaceHolder1_lblContent">{}</span></div>',
)  # fmt: skip
TITLES = {
    "h1": "<h1>{}</h1>", "h2": '<h2 class="bt">{}</h2>', "h3": "<h3>{}</h3>", "h4": '<h4 class="cont-tit">{}</h4>', "div": '<div class="title">{}</div>',
    "bold": '<p align="center"><b>{}</b></p>', "styled": '<p style="text-align:center;font-size:24px"><strong>{}</strong></p>',
    "cell": '<table width="100%"><tr><td align="center" class="STYLE1"><b>{}</b></td></tr></table>', "font": '<center><font size="5" color="red">{}</font></center>',
    "span": '<div class="hd"><span class="tit" id="lblTitle">{}</span></div>', "lines": "<h1>{}</h1>", "plain": '<div class="x1">{}</div>',
    "dl": "<dl><dt>{}</dt></dl>",
}  # fmt: skip
DATES = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d",
    "%Y年%m月%d日%H:%M",
)
BYLINES = {
    "spans": '<div class="info"><span>发布时间：{date}</span><span>来源：{source}</span><span>浏览次数：<em id="hits">231</em></span></div>',
    "line": '<div class="source">来源：{source}　　发布日期：{date}　　字体：[<a href="#">大</a> <a href="#">中</a> <a href="#">小</a>]　打印　关闭</div>',
    "bar": '<p class="msg">{date} | 来源：<a href="/s">{source}</a> | 作者：{author} | 点击：56</p>',
    "bare": "<div><i>{date}</i> <i>{source}</i></div>",
    "list": "<ul class='attr'><li>{date}</li><li>来源：{source}</li><li>编辑：{editor}</li><li>【字号：大 中 小】</li></ul>",
    "cells": '<table width="90%"><tr><td>信息来源：{source}</td><td>发布时间：{date}</td><td>阅读：12次</td></tr></table>',
    "brackets": '<div align="center">[{date}]　作者：{author}　来源：{source}　【<a href="javascript:print()">打印</a>】【<a href="#">关闭</a>】</div>',
    "time": '<div class="meta"><a rel="author">{source}</a> <time datetime="{date}">{date}</time> <span>0 评论</span></div>',
    "released": '<p style="text-align:center">{source}　{date}　责任编辑：{editor}</p>',
    "stacked": "<div>时间：{date}</div><div>稿件来源：{source}</div><div>【字体：<a>大</a> <a>中</a> <a>小</a>】</div><div>分享到：</div>",
    "poster": '<div class="pt">发布者：admin 发布时间：{date} 浏览次数：<script>show()</script></div>',
}
EDITORS = ("", "", "责任编辑：{0}", "（责编：{0}、{1}）", "【责任编辑:{0}】", "编辑：{0}　审核：{1}", "责编 | {0}  校对 | {1}", "责任编辑 {0}", "编 辑：{0}<br>审 核：{1}<br>终 审：{0}", "一审：{0} 二审：{1} 三审：{0}", "来源：{2}\n编辑：{0}", "（编辑 {0}）", "初审：{0}\n复审：{1}\n终审：{0}", "[责任编辑：{0} ]", "撰稿：{0}\n编辑：{1}\n审核：{0}", "供稿：{2}　撰稿：{0}　审核：{1}", "值班主任：{0} 责任编辑：{1}")  # fmt: skip
TAILS = (
    '<p><a href="/a/1.html">上一篇：{0}</a></p><p><a href="/a/2.html">下一篇：{1}</a></p>', "<div>上一条：<a href='/a/1'>{0}</a></div><div>下一条：没有了</div>",
    '<div class="rel"><h3>相关阅读</h3><ul><li><a href="/a/1">{0}</a></li><li><a href="/a/2">{1}</a></li><li><a href="/a/3">{2}</a> 2025-03-04</li></ul></div>',
    "<p><strong>相关新闻</strong></p><p>·<a href='/a/1'>{0}</a></p><p>·<a href='/a/2'>{1}</a></p>", "<p>【打印本页】 【关闭窗口】</p>", '<div>分享到：<a href="#">微信</a> <a href="#">微博</a></div>',
    "<p>扫一扫在手机打开当前页</p><img src='/qr.png'>", "<p>免责声明：本文转载自其他媒体，不代表本站观点。如有侵权，请联系我们删除。</p>", "<p>声明：凡本网注明来源的作品，版权均属本网所有，未经授权不得转载。</p>",
    '<div class="pages"><a href="?p=1">1</a> <a href="?p=2">2</a> <a href="?p=2">下一页</a> <a href="?p=9">尾页</a></div>', '<div class="tags">标签：<a href="/t/1">产业</a> <a href="/t/2">园区</a></div>',
    "<div class='cmt'><h4>网友评论</h4><div>网友甲 2025-03-04</div><p>写得真好，支持家乡发展，希望越来越好！</p><a>回复</a><div>网友乙 2025-03-05</div><p>什么时候轮到我们这里修路？</p><a>回复</a></div>",
    "<p>返回顶部</p>", "<div>点赞 12</div><div>收藏</div><div>0条评论</div>", "<p>更多精彩内容，请关注我们的微信公众号</p>", "<p>文章来源：{3}</p>", "<p>本文地址：http://www.example.com/a/1.html 转载请注明出处</p>",
)  # fmt: skip
NAV = '<div class="top"><a href="/">首页</a> <a href="/a">政务公开</a> <a href="/b">新闻动态</a> <a href="/c">互动交流</a> <a href="/d">专题专栏</a></div>'
CRUMBS = (
    "",
    '<div class="crumb">当前位置：<a href="/">首页</a> &gt; <a href="/n">新闻动态</a> &gt; 正文</div>',
    "<p>您的位置：<a href='/'>网站首页</a> >> <a href='/n'>工作动态</a></p>",
    '<td><a href="/">首页</a>-<a href="/n">要闻</a>-详细内容</td>',
)
FOOT = (
    "<div class='footer'><p>主办单位：{0}　承办：某市大数据中心</p><p>地址：某市人民路1号　邮编：300000</p><p>津ICP备12345678号　津公网安备 12010102000001号</p></div>",
    "<table width=100%><tr><td align=center>版权所有：{0}<br>技术支持：某某科技有限公司　电话：022-12345678<br>Copyright © 2010-2025 All Rights Reserved</td></tr></table>",
    "<div><a href='/about'>关于我们</a> | <a href='/map'>网站地图</a> | <a href='/contact'>联系我们</a></div><p>{0} 版权所有</p>",
)
SITES = (
    "海湾市人民政府",
    "北川日报",
    "河源工业网",
    "云岭新闻网",
    "东山县融媒体中心",
    "江城市工业和信息化局",
    "新材料在线",
)


@dataclass(slots=True)
class Hostile:
    """A page and what must come out of it."""

    html: str
    url: str
    title: str
    paragraphs: list[str]
    optional: list[str]  # may come out or not
    day: str | None
    publisher: str
    habits: dict[str, str] = field(default_factory=dict)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"hostile {seed}")
        self.habits: dict[str, str] = {}
        self.at = datetime(2025, 3, 1, 8, tzinfo=SHANGHAI) + timedelta(minutes=self.rng.randrange(300_000))

    def one(self, habit: str, options: Sequence[str]) -> str:
        chosen = self.rng.choice(list(options))
        self.habits[habit] = chosen[:60]
        return chosen

    def chance(self, habit: str, share: float) -> bool:
        yes = self.rng.random() < share
        self.habits[habit] = str(yes)
        return yes

    def draft(self) -> Draft:
        kind = self.one("kind", ["news", "news", "news", "notice", "short", "interpretation"])
        issuer = self.rng.choice(("海湾市工业和信息化局", "东山县人民政府办公室"))
        match kind:
            case "news":
                return texts.news(self.rng, self.rng.choice(sorted(texts.NEWS)))
            case "notice":
                return self.dated(texts.notice(self.rng, 0, issuer, f"海工信〔2025〕{self.rng.randint(1, 90)}号"))
            case "short":
                return self.dated(texts.short_notice(self.rng, 0, issuer))
            case _:
                return texts.interpretation(self.rng, issuer)

    def dated(self, draft: Draft) -> Draft:
        """The draft as it reads on the page's day."""
        blocks = tuple(replace(block, text=dated(block.text, self.at.date())) for block in draft.blocks)
        return replace(draft, blocks=blocks)

    def others(self, count: int) -> list[Draft]:
        return [texts.news(self.rng, self.rng.choice(sorted(texts.NEWS))) for _ in range(count)]


def make(seed: int) -> Hostile:
    """The page of a seed."""
    maker = _Maker(seed)
    rng, draft = maker.rng, maker.draft()
    site, source = rng.choice(SITES), rng.choice(("海湾日报", "新华社", "云岭发布", "东山县工信局"))
    title = draft.title
    names = {
        "source": source,
        "author": person(rng),
        "editor": person(rng),
        "date": maker.at.strftime(maker.one("date", DATES)),
    }
    inside, optional = _body(maker, draft, title)
    heading = "" if maker.habits.get("first_line") == "True" else _title(maker, title, optional)
    byline = BYLINES[maker.one("byline", sorted(BYLINES))].format(**names) if maker.chance("has_byline", 0.85) else ""
    editors = maker.one("editors", EDITORS).format(person(rng), person(rng), source)
    tails = [
        rng.choice(TAILS).format(*(escape(each.title) for each in maker.others(3)), source)
        for _ in range(rng.randint(0, 3))
    ]
    ending = "".join(f"<p>{line}</p>" for line in editors.split("\n") if line)
    maker.habits["tails"] = " ".join(sorted(tail[:24] for tail in tails))
    within = maker.chance("tail_within", 0.5)
    head_within = maker.chance("head_within", 0.25)
    lead = heading + byline
    filled = (lead if head_within else "") + inside + ending + ("".join(tails) if within else "")
    held = maker.one("container", CONTAINERS).format(filled)
    if held.startswith("<td"):
        held = f'<table><tr><td width="20">&nbsp;</td>{held}</tr></table>'
    main = ("" if head_within else lead) + held + ("" if within else "".join(tails))
    page = _layout(maker, main, _aside(maker), maker.one("foot", FOOT).format(site))
    head, day = _head(maker, title, site, bool(byline))
    url = (
        f"http://www.example.com/n/{maker.at:%Y%m}/t{maker.at:%Y%m%d}_4711.html"
        if maker.chance("dated_url", 0.4)
        else "http://www.example.com/show.asp?id=4711"
    )
    said = byline or day or maker.habits["dated_url"] == "True"
    return Hostile(
        html=f"<html><head>{head}</head><body>{page}</body></html>",
        url=url, title=title, paragraphs=[line for block in draft.blocks for line in block.paragraphs], optional=optional,
        day=maker.at.date().isoformat() if said else None, publisher=source if "源：" in byline else "", habits=maker.habits,
    )  # fmt: skip


def _body(maker: _Maker, draft: Draft, title: str) -> tuple[str, list[str]]:
    """The blocks as HTML, and the lines that may come out or not."""
    style = maker.one("body", sorted(BODIES))
    form, optional, parts = BODIES[style], [], []
    if maker.chance("first_line", 0.08):
        parts.append(
            f'<p align="center"><strong>{escape(title)}</strong></p>'
            if style != "rows"
            else f"<tr><td><b>{escape(title)}</b></td></tr>"
        )
    bold = maker.one("headings", ["<strong>{}</strong>", "{}", "<b>{}</b>"])
    pictured = maker.chance("pictures", 0.3)
    for number, block in enumerate(draft.blocks):
        parts.append(_block(block, form, bold, style))
        if pictured and number == 1 and style != "rows":
            caption = f"图为{draft.city}某企业生产车间。（{person(maker.rng)} 摄）"
            optional.append(caption)
            parts.append(
                f'<p style="text-align:center"><img src="/upload/a.jpg" width="600"></p><p style="text-align:center"><font color="#999">{caption}</font></p>'
            )
    whole = "".join(parts)
    return (f'<table width="95%" border="0">{whole}</table>' if style == "rows" else whole), optional


def _block(block: Block, form: str, bold: str, style: str) -> str:
    said = escape(block.text)
    if block.kind == "heading":
        return form.format(bold.format(said))
    if block.kind == "table":
        rows = "".join(
            "<tr>" + "".join(f"<td><p>{escape(cell)}</p></td>" for cell in row) + "</tr>" for row in block.rows
        )
        return (
            f"<tr><td><table border=1>{rows}</table></td></tr>"
            if style == "rows"
            else f"<table border=1>{rows}</table>"
        )
    if block.kind == "attachment":
        return form.format(f'<a href="./P0202503.docx">{said}</a>')
    if block.kind == "signature" and style not in ("rows", "br", "brs", "indents"):
        return f'<p style="text-align:right">{said}</p>'
    return form.format(said)


def _title(maker: _Maker, title: str, optional: list[str]) -> str:
    style = maker.one("title", sorted(TITLES))
    said = escape(title)
    if style == "lines" and len(title) > 16:
        middle = len(title) // 2
        said = f"{escape(title[:middle])}<br/>{escape(title[middle:])}"
    shown = TITLES[style].format(said)
    if maker.chance("kicker", 0.08):
        shown = '<h3 class="yinti">高质量发展调研行</h3>' + shown
    if maker.chance("subtitle", 0.08):
        optional.append("——来自一线的观察")
        shown += '<h4 class="fubiaoti">——来自一线的观察</h4>'
    return shown


def _head(maker: _Maker, title: str, site: str, dated: bool) -> tuple[str, bool]:
    said = escape(title)
    shown = maker.one(
        "head_title",
        [
            "{t}-{s}",
            "{t}_新闻动态_{s}",
            "{s}",
            "{t}",
            "{s}-{t}",
            "{t} - {s}",
            "",
            "新闻详情",
            "{t}|{s}",
            "{c}…-{s}",
            "{s}_新闻中心",
        ],
    )
    head = f"<title>{shown.format(t=said, s=site, c=said[:15])}</title>"
    if maker.chance("meta_title", 0.25):
        head += f'<meta name="ArticleTitle" content="{said}">'
    elif maker.chance("og_title", 0.2):
        head += f'<meta property="og:title" content="{said}_{site}">'
    stamp = ""
    if maker.chance("meta_date", 0.35):
        stamp = f'<meta name="PubDate" content="{maker.at:%Y-%m-%d %H:%M:%S}">'
    head += (
        stamp
        + f'<meta name="keywords" content="{site}"><style>p{{margin:0}}</style><script>var a="<p>某某。</p>";</script>'
    )
    return head, bool(stamp)


def _aside(maker: _Maker) -> str:
    kind = maker.one("aside", ["none", "links", "cards", "summaries", "dated", "rank", "table"])
    drafts = maker.others(6)
    titles = [escape(each.title) for each in drafts]
    leads = [escape(each.blocks[0].text) for each in drafts]
    match kind:
        case "links":
            return (
                "<div class='hot'><h3>热点新闻</h3><ul>"
                + "".join(f"<li><a href='/a/{n}'>{t}</a></li>" for n, t in enumerate(titles))
                + "</ul></div>"
            )
        case "cards":
            return (
                "<div class='k1'>"
                + "".join(
                    f"<div class='k2'><a href='/a/{n}'><img src='/u/{n}.jpg'><h4>{t}</h4></a><p>{lead[:70]}…</p><span>03-0{n}</span></div>"
                    for n, (t, lead) in enumerate(zip(titles, leads, strict=True))
                )
                + "</div>"
            )
        case "summaries":
            return (
                "<div><b>推荐文章</b>"
                + "".join(
                    f"<dl><dt><a href='/a/{n}'>{t}</a></dt><dd>{lead}</dd></dl>"
                    for n, (t, lead) in enumerate(zip(titles, leads, strict=True))
                )
                + "</div>"
            )
        case "dated":
            return (
                "<table>"
                + "".join(
                    f"<tr><td>·<a href='/a/{n}'>{t}</a></td><td>2025-03-0{n}</td></tr>" for n, t in enumerate(titles)
                )
                + "</table>"
            )
        case "rank":
            return (
                "<div><h2>点击排行</h2>"
                + "".join(f"<p><span>{n}</span> <a href='/a/{n}'>{t}</a></p>" for n, t in enumerate(titles, 1))
                + "</div>"
            )
        case "table":
            return (
                "<table width=200><tr><td bgcolor=#eee>最新公告</td></tr>"
                + "".join(f"<tr><td><a href='/a/{n}'>{t[:18]}…</a></td></tr>" for n, t in enumerate(titles))
                + "</table>"
            )
    return ""


def _layout(maker: _Maker, main: str, aside: str, foot: str) -> str:
    crumbs = maker.one("crumbs", CRUMBS)
    shapes: dict[str, Callable[[], str]] = {
        "divs": lambda: f"{NAV}<div class='w1000'>{crumbs}<div class='l'>{main}</div><div class='r'>{aside}</div></div>{foot}",
        "aside_first": lambda: f"{NAV}<div class='wrap'><div class='side'>{aside}</div><div class='m'>{crumbs}{main}</div></div>{foot}",
        "tables": lambda: f"<table width=1000><tr><td colspan=2>{NAV}</td></tr><tr><td width=220 valign=top>{aside}</td><td valign=top><table width=100%><tr><td>{crumbs}</td></tr><tr><td>{main}</td></tr></table></td></tr><tr><td colspan=2>{foot}</td></tr></table>",
        "form": lambda: f"<form method=post action='show.aspx' id=form1><input type=hidden name=__VIEWSTATE value=abc>{NAV}{crumbs}{main}{aside}{foot}</form>",
        "flat": lambda: f"{NAV}{crumbs}{main}{aside}{foot}",
        "centre": lambda: f"<center>{NAV}<table width=780><tr><td>{crumbs}{main}</td></tr></table>{aside}{foot}</center>",
        "html5": lambda: f"<header>{NAV}</header><main><div>{crumbs}</div><section>{main}</section><aside>{aside}</aside></main><footer>{foot}</footer>",
        "deep": lambda: f"<div><div><div><div>{NAV}</div><div><div><div>{crumbs}</div><div><div>{main}</div></div></div><div><div>{aside}</div></div></div></div></div>{foot}</div>",
    }  # fmt: skip
    return shapes[maker.one("layout", sorted(shapes))]()
