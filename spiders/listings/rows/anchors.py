"""Where an element of a page leads, what it is called, and which elements lead to no article at all."""

import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.core.urls import join

FILES = "pdf|ofd|docx?|xlsx?|pptx?|zip|rar|wps|et|caj|txt"
# A quoted word inside a script that can only be an address: it has a scheme, a slash, a query or a page's ending.
_QUOTED_ADDRESS = re.compile(
    rf"""['"](
        (?:https?:)?//[^'"\s]+
        | \.{{0,2}}/[^'"\s]*
        | [\w\-./%]+\.(?:s?html?|jhtml|aspx?|jspx?|php|do|action|{FILES})(?:[?\#][^'"\s]*)?
        | [\w\-./%]*\?[\w.\[\]]+=[^'"\s]*
    )['"]""",
    re.X | re.I,
)
_SCRIPTED = ("onclick", "ondblclick")

# What a link is called that leads to another page of the list, a tool, or something beside the article.
# Every entry was met on lists of gov.cn sites and media; whole text only, brackets and arrows taken off.
_LABEL = re.compile(
    r"""(?:
        \d{1,5} | 第?\d+页 | 上一?页 | 下一?页 | [前后]一?页 | 首页 | 第一页 | 尾页 | 末页 | 最后一页 | 末尾 | 跳转 | 确定 | GO | go
        | (?:prev|next|first|last)(?:\s*page)? | 更多 | 更多内容 | 查看更多 | 加载更多 | 点击加载 | more | MORE | More
        | 详细 | 详情 | 查看 | 查看详情 | 查看全文 | 查看原文 | 阅读 | 阅读全文 | 阅读原文 | 全文 | 原文 | 点击查看 | 展开 | 收起
        | 下载\w{0,5} | 附件\d* | 附件下载 | 点击下载 | 下载附件 | 下载文字版 | 下载图片版 | (?:PDF|OFD|WORD|Word|pdf|word|HTML)版?(?:下载)?
        | (?:相关|政策|文件|图片|图文|视频|音频|文字|媒体|专家|动漫|部门|权威|在线)?解读\d* | (?:政策)?图解\d* | 一图读懂 | (?:政策)?问答\d* | 政策原文 | 原文件
        | 相关(?:链接|文件|政策|稿件|报道|新闻|附件) | 解读(?:材料|文件|稿) | 动画 | 视频 | 图片 | 音频 | 直播回放
        | 打印 | 收藏 | 分享 | 复制链接 | 评论 | 跟贴\d* | 点赞 | 微博 | 微信 | 返回 | 返回顶部 | 关闭 | 登录 | 注册 | 订阅 | RSS | 在线办理 | 办事指南
    )""",
    re.X,
)
_BRACKETS = " \t\r\n\u3000\xa0[]［］【】()（）<>《》〈〉«»‹›>>…·|｜.:：+＋→←▶◀"
_BARE_CHANNEL = re.compile(r"^\s*[\[【［(（][^\[\]【】［］()（）]{1,8}[\]】］)）]\s*$")
_SECTION_FILE = re.compile(r"^(?:index|default|list|home|main|node)?(?:\.(?:s?html?|jhtml|aspx?|jsp|php))?$", re.I)
_ARTICLE_URL = re.compile(
    rf"""
    /t20\d{{6}}_\d+ | /art/\d{{4}}/ | /art_[\da-f_]{{6,}} | post_\d+ | content[_/]\d+ | /c\d+(?:-\d+)?/?(?:content)?\.s?html?
    | /\d{{8,}}[/.] | \d{{5,}}\.(?:s?html?|aspx?|jsp|php|jhtml) | [\da-f]{{16,}} | /20\d\d[-/]?[01]\d(?:[-/]?[0-3]\d)?/
    | /system/20 | /a/\d{{8,}} | [?&](?:\w*id|aid|docid|n|no|article)=\w+ | /p/\d+ | /[\w-]*\d{{4,}}\.s?html?
    | \.(?:{FILES})(?:$|\?) | /[A-Z\d]{{12,}}\.html | /article/ | /detail | content\.s?html?
    """,
    re.X | re.I,
)


def target(element: HtmlElement, base: str) -> str:
    """The absolute http(s) address that a click on the element opens; empty if there is none to be read."""
    href = (element.get("href") or "").strip()
    if href and not href.lower().startswith(("javascript:", "#", "mailto:", "tel:", "data:")):
        return _absolute(href, base)
    for name in ("data-href", "data-url"):
        if bare := element.get(name):
            return _absolute(bare, base)
    for script in (href, *(element.get(name) or "" for name in _SCRIPTED)):
        if script and (address := address_in(script)):
            return _absolute(address, base)
    return ""


def address_in(script: str) -> str:
    """The first address in a piece of script (`window.open('./x.html')`, `isDownLoad(this,'https://…')`)."""
    match = _QUOTED_ADDRESS.search(html.unescape(script))
    return match[1] if match else ""


def _absolute(address: str, base: str) -> str:
    url = join(base, address)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host else ""


def squeeze(text: str) -> str:
    """The text with its white space folded to single spaces."""
    return " ".join(text.split())


def title_of(element: HtmlElement) -> str:
    """The untruncated name of a link: @title where it says more than the text, else the text, else an image's alt."""
    text = squeeze(element.text_content())
    said = re.sub(r"['\"]?\s+target=.*$", "", squeeze(element.get("title") or ""))  # its quotes do not match: 北京
    stem = re.sub(r"(?:\.{2,}|…+)$", "", text)
    if said and (len(said) >= len(stem) or not text) and not said.startswith(("http:", "https:")):
        return said
    if not text:
        images = element.iter("img")
        return next((squeeze(alt) for image in images if (alt := image.get("alt"))), said)
    return text


def is_label(text: str) -> bool:
    """Whether a link of this text is a pager, a tool or a pointer to something beside an article."""
    bare = text.strip(_BRACKETS)
    return not bare or bool(_LABEL.fullmatch(bare)) or bool(_BARE_CHANNEL.match(text))


def looks_like_article(url: str) -> bool:
    """Whether the address has one of the shapes that articles have (`sites.md` 1.0)."""
    parts = urlsplit(url)
    return bool(_ARTICLE_URL.search(parts.path + ("?" + parts.query if parts.query else "")))


def looks_like_section(url: str) -> bool:
    """Whether the address is a home page, or a directory's index without a number that only articles have."""
    parts = urlsplit(url)
    folder, _, name = parts.path.rpartition("/")
    if parts.path in ("", "/"):
        return True
    return bool(_SECTION_FILE.match(name)) and not parts.query and not re.search(r"\d{8,}", folder.rpartition("/")[2])


def is_section(url: str) -> bool:
    """Whether the address can only be a section's."""
    return looks_like_section(url) and not looks_like_article(url)


def links_in(element: HtmlElement) -> Iterator[HtmlElement]:
    """The elements below (and with) this one that a click makes lead somewhere, in order of the document."""
    for node in element.iter():
        if isinstance(node.tag, str) and (node.tag == "a" or any(node.get(name) for name in _SCRIPTED)):
            yield node
