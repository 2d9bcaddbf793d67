"""A central portal: flat JSON lists of the gov.cn kind, column pages filled by script, bodies in #UCAP-CONTENT."""

import json
from html import escape

from flows.samples.articles import Article, Block
from flows.samples.sites.html import Resource, Served, Shelf, Site, page, paragraphs

NAME = "中央政策信息网"
LISTS = {
    "yaowen": ("要闻", "/yaowen/liebiao/YAOWENLIEBIAO.json"),
    "zhengce": ("最新政策", "/zhengce/zuixin/ZUIXINZHENGCE.json"),
}
RIGHT = '<p style="text-align: right; text-indent: 0;">{}</p>'


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame("首页", "", ""))}
    for column, (name, path) in LISTS.items():
        postings = shelf.of(column)
        rows = [
            {
                "TITLE": one.article.title,
                "SUB_TITLE": "",
                "URL": one.path,
                "DOCRELPUBTIME": f"{one.article.published:%Y-%m-%d}",
            }
            for one in postings
        ]
        served[path] = Resource(body=json.dumps(rows, ensure_ascii=False).encode(), type="application/json")
        served[path.rsplit("/", 1)[0] + "/"] = page(
            _frame(name, "", '<div class="list list_1 list_2"><ul id="list"></ul><div class="pagination"></div></div>')
        )
        for posting in postings:
            article = shelf.article(posting)
            served[posting.path] = page(_detail(article, name, column))
    return served


def _detail(article: Article, name: str, column: str) -> str:
    tags = {
        "keywords": article.topic,
        "description": article.blocks[0].text[:80],
        "lanmu": name,
        "author": "",
        "catalog": column,
        "manuscriptId": "7040011",
        "firstpublishedtime": f"{article.published:%Y-%m-%d-%H:%M:%S}",
        "lastmodifiedtime": f"{article.published:%Y-%m-%d-%H:%M:%S}",
    }
    meta = "\n".join(f'<meta name="{key}" content="{escape(value)}"/>' for key, value in tags.items())
    inside = tuple(block for block in article.blocks if block.kind != "attachment")
    # attachments stand beside the body here
    files = [block for block in article.blocks if block.kind == "attachment"]
    table = _table(article) if article.number else ""
    body = f"""<div class="main"><div class="BreadcrumbNav"><a href="/">首页</a>&gt;<a href="/{column}/">{name}</a></div>
<div class="article oneColumn pub_border">{table}<h1 id="ti">{escape(article.title)}</h1>
<div class="pages-date">{article.published:%Y-%m-%d %H:%M} <span class="font index_switchsize">来源： {article.publisher}</span>
<span class="index_switchsize print-hide">字号：<span class="word">默认</span> <span>大</span> <span>超大</span></span>|<span class="printIco"><a onclick="window.print()">打印</a></span>
<div class="share print-hide"><a class="share-title">分享</a> <a class="share-weibo"></a><a class="share-weixin"></a></div></div>
<div class="pages_content mhide" id="UCAP-CONTENT"><div class="trs_editor_view TRS_UEDITOR trs_paper_default trs_word">
{paragraphs(inside, p='<p style="text-indent: 2em; text-align: justify;">{}</p>', strong='<p style="text-indent: 2em;"><strong>{}</strong></p>', right=RIGHT)}
</div></div>{_files(files)}
<div class="editor">责任编辑：{article.editor.split("、")[0]}</div>
<div class="shuzi"><p>扫一扫在手机打开当前页</p><div id="div_div"></div></div></div></div>"""
    return _frame(article.title, meta, body)


def _files(files: list[Block]) -> str:
    links = "".join(f'<li><a href="./{block.url}">{escape(block.text.partition("：")[2])}</a></li>' for block in files)
    return f'<div class="pchide annex print-hide"><h3>相关附件</h3><ul>{links}</ul></div>' if files else ""


def _table(article: Article) -> str:
    cells = {
        "索 引 号": article.index,
        "主题分类": article.topic,
        "发文机关": article.issuer,
        "成文日期": f"{article.published:%Y年%m月%d日}",
        "发文字号": article.number,
        "发布日期": f"{article.published:%Y年%m月%d日}",
    }
    rows = "".join(f"<tr><td><b>{key}：</b></td><td>{escape(value)}</td></tr>" for key, value in cells.items())
    return f'<table class="bd1" border="0"><tbody>{rows}</tbody></table>'


def _frame(title: str, meta: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>
<title>{escape(title)}_{NAME}</title>{meta}<script src="/static/jquery.min.js"></script></head>
<body><div class="header_new"><div class="sub"><a href="/en/">EN</a><a href="/reg">登录</a><a href="/gr">个人中心</a><a>退出</a><a href="/yx">邮箱</a><a href="/wza">无障碍</a></div><h2 class="logo">{NAME}</h2></div>
<div class="nav"><a href="/yaowen/">要闻</a><a href="/zhengce/">政策</a><a href="/hudong/">互动</a><a href="/fuwu/">服务</a><a href="/shuju/">数据</a></div>
{body}
<div class="footer"><div class="foot_nav">链接：<a href="/a">各部门网站</a> <a href="/b">各地网站</a></div><ul><li>版权所有：{NAME}编辑部</li><li>网站标识码bm99000009　京ICP备99070218号　京公网安备11019902000001号</li><li>建议使用谷歌、火狐等浏览器访问</li></ul></div>
<div id="myFlash"></div></body></html>"""


SITE = Site(
    id="council",
    name=NAME,
    publisher=NAME,
    precision="second",
    address="/{column}/{published:%Y%m}/content_{serial}.htm",
    serials=(7040000, 57),
    serve=serve,
    editor=lambda posting, article: article.editor.split("、")[0],
    tables=True,
    files_beside=True,
    closing=lambda article: ("相关附件",),
    gzip=True,
)
