"""A city bureau, whose notices have files of every type: links hidden in onclick, `var countPage`, single-quoted attributes, dates with slashes in the metas."""

from html import escape

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Resource, Served, Shelf, Site, chunks, page, paragraphs, stem_part
from flows.samples.writing.annexes import annexes

NAME = "宁川市工业和信息化局"
COLUMNS = {"GXDT9285": "工信动态", "TZGG9286": "通知公告"}


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame(NAME, "", "<div class='main'>欢迎访问</div>"))}
    for column in COLUMNS:
        postings = shelf.of(column)
        lists = chunks(postings, 12)
        for number, rows in enumerate(lists):
            text = _list(column, rows, len(lists), hidden=column == "GXDT9285")
            served[stem_part(f"/ZWXX5652/{column}/index.html", number)] = page(text)
        served[f"/ZWXX5652/{column}/"] = served[f"/ZWXX5652/{column}/index.html"]
        for posting in postings:
            served[posting.path] = page(_detail(posting, shelf.article(posting), column, shelf))
            served |= {
                file.path: Resource(body=file.data, type="application/octet-stream") for file in annexes(posting)
            }
    return served


def _list(column: str, rows: list[Posting], total: int, *, hidden: bool) -> str:
    items = []
    for posting in rows:
        title, local = escape(posting.article.title), "." + posting.path.removeprefix(f"/ZWXX5652/{column}")
        day = f"{posting.article.published:%Y-%m-%d}"
        if hidden:
            items.append(
                f"""<div class='list-item clear'><a href='javascript:void(0);' onclick="jumpToDetail('{local}')" title='{title}'>{title[:28]}</a><span class='list-item-date'>{day}</span></div>"""
            )
        else:
            items.append(
                f"""<li><a href='javascript:;' onclick="isDownLoad(this,'{local}')" title='{title}'>{title}</a><span class='list-main-date'>{day}</span></li>"""
            )
    listing = "\n".join(items) if hidden else "<ul class='list-main-group'>" + "\n".join(items) + "</ul>"
    body = f"""<div class='position'>当前位置：<a href='/'>首页</a>&gt;<a href='/ZWXX5652/'>政务信息</a>&gt;{COLUMNS[column]}</div>
<div class='list-main'><div class='list-tab'><a href='/ZWXX5652/GXDT9285/'>工信动态</a><a href='/ZWXX5652/TZGG9286/'>通知公告</a></div>
{listing}
<div class='page-list' id='pageDec'></div>
<script type='text/javascript'>
var currentPage = 0;//所在页从0开始
var prevPage = currentPage-1;
var countPage = {total}//共多少页
function jumpToDetail(u){{ window.open(u); }}
function isDownLoad(o,u){{ if(/\\.(pdf|docx?|xlsx?)$/.test(u)){{ o.setAttribute('download',''); }} window.open(u); }}
</script></div>"""
    return _frame(COLUMNS[column], "", body)


def _detail(posting: Posting, article: Article, column: str, shelf: Shelf) -> str:
    meta = "\n".join(
        f"<meta name='{name}' content='{escape(value)}'/>"
        for name, value in {
            "SiteName": NAME,
            "SiteDomain": "gxj.ningchuan.example",
            "SiteIDCode": "9900000052",
            "ColumnName": COLUMNS[column],
            "ColumnType": "",
            "ArticleTitle": article.title,
            "PubDate": f"{article.published:%Y/%m/%d %H:%M:%S}",
            "ContentSource": article.publisher,
        }.items()
    )
    hot = "\n".join(
        f"<li><a href='javascript:;' onclick=\"jumpToDetail('{other.path}')\">{escape(other.article.title)}</a></li>"
        for other in shelf.beside(posting, 5)
    )
    body = f"""<div class='position'>当前位置：<a href='/'>首页</a>&gt;<a href='/ZWXX5652/'>政务信息</a>&gt;<a href='../'>{COLUMNS[column]}</a></div>
<div class='details-main'><div class='details-main-title'>{escape(article.title)}</div>
<div class='details-main-note'><span>来源：{article.publisher}</span><span>发布时间：{article.published:%Y-%m-%d %H:%M}</span>
<span class='details-font'>字号：<a href='javascript:;' data-size='18'>大</a><a href='javascript:;' data-size='16'>中</a><a href='javascript:;' data-size='14'>小</a></span></div>
<div class='details-main-content' id='zoom'><div class='view TRS_UEDITOR trs_paper_default'>
{paragraphs(article.blocks, p="<p>　　{}</p>", strong="<p>　　<strong>{}</strong></p>", right="<p style='text-align: right;'>{}　　</p>")}
</div></div>
<div class='details-tool clear'><a class='dy' href='javascript:window.print();'>打印</a><a class='gb' href='javascript:window.close();'>关闭</a>
<div class='share'>分享：<a class='weixin'>微信</a><a class='weibo'>微博</a></div></div>
<div class='details-relate'><h3>热点信息</h3><ul>{hot}</ul></div></div>"""
    return _frame(article.title, meta, body)


def _frame(title: str, meta: str, body: str) -> str:
    return f"""<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Transitional//EN' 'http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd'>
<html xmlns='http://www.w3.org/1999/xhtml'><head><meta http-equiv='Content-Type' content='text/html; charset=utf-8'/>
<title>{escape(title)}_工信动态_{NAME}</title>
{meta}
<script src='/js/jquery-1.12.4.min.js'></script></head><body>
<div class='header-top'>今天是<span id='today'></span> <a href='javascript:;'>退出老年人模式</a><a href='/wza'>无障碍</a><a>繁体</a></div>
<div class='header'><img src='/img/logo.png' alt='{NAME}'/></div>
<ul class='nav'><li><a href='/'>首页</a></li><li><a href='/ZWXX5652/GXDT9285/'>政务信息</a></li><li><a href='/ZWGK/'>政务公开</a></li><li><a href='/BSFW/'>办事服务</a></li><li><a href='/HDJL/'>互动交流</a></li></ul>
{body}
<div class='footer'><div class='links'>友情链接：<select><option>--市政府部门--</option><option>宁川市发展和改革委员会</option></select></div>
<p>主办单位：{NAME}　承办单位：宁川市工业和信息化局信息中心</p><p>政府网站标识码：9900000052　宁ICP备99000518号　宁公网安备 99010302000991号</p><p>联系电话：0799-83601234　建议使用1024*768以上分辨率</p></div></body></html>"""


SITE = Site(
    id="bureau",
    name=NAME,
    publisher=NAME,
    precision="second",
    address="/ZWXX5652/{column}/{published:%Y%m}/t{published:%Y%m%d}_{serial}.html",
    serials=(7200000, 31),
    serve=serve,
)
