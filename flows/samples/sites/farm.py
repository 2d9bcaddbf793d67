"""A repost farm: traditional characters with pinyin annotations, captions `标题(1)` between paragraphs, furniture of its own."""

from collections.abc import Callable
from html import escape

from flows.samples.articles import Article, Posting
from flows.samples.sites.html import Served, Shelf, Site, chunks, page, summary
from flows.samples.writing.script import annotated

NAME = "知讯网"


def serve(shelf: Shelf) -> Served:
    served: Served = {"/": page(_frame("首页", "", str))}
    lists = chunks(shelf.listed, 12)
    for number, rows in enumerate(lists, 1):
        items = "".join(
            f'<li><a href="{one.path}" title="{escape(one.article.title)}">{escape(one.article.title)}</a><span>{one.article.published:%Y-%m-%d}</span></li>'
            for one in rows
        )
        following = (
            f'<a href="list_{number + 1}.html">下一页</a> <a href="list_{len(lists)}.html">尾页</a>'
            if number < len(lists)
            else ""
        )
        served[f"/zixun/list_{number}.html"] = page(
            _frame("资讯", f'<ul class="list">{items}</ul><div class="pagelist">{following}</div>', str)
        )
    for posting in shelf.listed:
        served[posting.path] = page(_detail(posting, shelf.article(posting), shelf))
    return served


def _detail(posting: Posting, article: Article, shelf: Shelf) -> str:
    """Form `pinyin` runs the whole page through the machine, `captions` numbers the title between paragraphs."""
    speak: Callable[[str], str] = annotated if "pinyin" in posting.form else str
    title = escape(speak(article.title))
    lines: list[str] = []
    for number, line in enumerate(article.paragraphs, 1):
        if "captions" in posting.form:
            lines.append(f'<p><img src="/uploads/{number}.jpg" alt="{title}({number})"/></p><p>{title}({number})</p>')
        lines.append(f"<p>{escape(speak(line), quote=False)}</p>")
    tail = ""
    if "captions" in posting.form:
        editor, checker = (article.editor.split("、") * 2)[:2]
        tail = f"<p>来源：{article.publisher}</p><p>审核：{editor[0]} {editor[1:]}</p><p>编发：{checker}</p><p>{title}({len(article.paragraphs) + 1})</p><p>，</p>"
    related = "".join(
        f'<li><a href="{other.path}">{escape(speak(other.article.title))}</a><p>{escape(speak(summary(other.article, 90)))}</p></li>'
        for other in shelf.beside(posting, 3)
    )
    source = "" if tail else speak(f"来源：{article.publisher}")
    body = f"""<div class="pos">{speak("当前位置：首页 > 资讯 > 正文")}</div><div class="art"><h1>{title}</h1>
<div class="info">{article.published:%Y-%m-%d %H:%M:%S} <span>{source}</span> <span>{speak("点击量：")}{310 + shelf.place(posting) * 7}</span></div>
<div class="body">{"".join(lines)}{tail}</div>
<div class="share">{speak("分享让更多人看到")}</div></div>
<div class="rec"><h2>{speak("推荐阅读")}</h2><ul>{related}</ul></div>"""
    return _frame(article.title, body, speak)


def _frame(title: str, body: str, speak: Callable[[str], str]) -> str:
    names = ("首页", "民文", "English", "举报专区", "登录", "资讯", "财经")
    menu = "".join(f'<li><a href="/{number}/">{speak(name)}</a></li>' for number, name in enumerate(names))
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(speak(title))}_{NAME}</title><meta name="keywords" content="{escape(title)}"></head>
<body><ul class="menu">{menu}</ul>{body}
<div class="foot"><p>{speak("免责声明：本站内容转载自网络，版权归原作者所有，不代表本站观点，如有侵权请联系我们删除。")}</p><p>{speak("联系邮箱")}：admin@zhixun.example　{speak("备案号")}：琼ICP备99001234号</p></div>
<script src="/tj.js"></script></body></html>"""


SITE = Site(
    id="farm",
    name=NAME,
    publisher=NAME,
    precision="second",
    address="/{column}/{published:%Y/%m%d}/{serial}.html",
    serials=(51000, 11),
    serve=serve,
    links_files=False,
    editor=lambda posting, article: article.editor.split("、")[-1] if "captions" in posting.form else "",
)
