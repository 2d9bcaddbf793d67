"""An article's page in, the address of its next part and of its attachments out."""

import re

from parsel import Selector

from pipeline.core.models import Attachment, Decoded
from pipeline.core.source import ArticleSpec
from pipeline.core.urls import join, split_part, url_key
from pipeline.page.fields.attachment_links import find_attachments
from pipeline.page.fields.rules import AttachmentRules

_PAGER = re.compile(rb"createPageHTML\(\s*(\d+)\s*,\s*\d+\s*,\s*[\"']([\w.-]+)[\"']\s*,\s*[\"'](\w+)[\"']")


def may_have_parts(url: str, body: bytes) -> bool:
    """Whether it is worth parsing the page: a part's address holds the stem of the first one. Cheap, and never wrong."""
    stem = _stem(split_part(url)[0]).encode()
    return bool(stem) and (stem + b"_" in body or stem + b"-" in body or b"createPageHTML(" in body)


def next_part(url: str, body: bytes, read: Decoded, article: ArticleSpec) -> str:
    """The address of the part after `url`, or an empty string.

    A link counts if its whole text is what `next_part` says and its address is that of the article with `_2`, `-2` or
    the like (下一篇 is another article). TRS writes the pager as a script.
    """
    head, number = split_part(url)
    if pager := _PAGER.search(body):
        count, name, extension = int(pager[1]), pager[2].decode(), pager[3].decode()
        following = join(head, f"{name}_{number + 1}.{extension}")
        if number + 1 < count and _same_article(following, head):
            return following
    wanted = re.compile(article.next_part)
    page = Selector(text=read.text)
    base = _base(page, url)
    for link in page.css("a[href]"):
        if wanted.search("".join(link.css("::text").getall()).strip()):
            following = join(base, link.attrib["href"], read.used)
            if _same_article(following, head) and url_key(following) != url_key(url):
                return following
    return ""


def leads_to(url: str, first: bytes) -> bool:
    """Whether the page of an article's first part names the further part at `url`, by a link or by TRS's script."""
    name = url.partition("?")[0].rpartition("/")[2]
    if name.encode() in first:
        return True
    pager = _PAGER.search(first)
    return pager is not None and f"{pager[2].decode()}_" in name and split_part(url)[1] < int(pager[1])


def files(url: str, read: Decoded, rules: AttachmentRules) -> tuple[Attachment, ...]:
    """The files that a page links to, each once, in order."""
    page = Selector(text=read.text)
    return find_attachments(page.root, (), _base(page, url), rules)


def _base(page: Selector, url: str) -> str:
    base = join(url, page.css("base::attr(href)").get() or "")
    return base if base.startswith(("http:", "https:")) else url


def _same_article(url: str, head: str) -> bool:
    """Whether an address is a further part of the article at `head`."""
    first, number = split_part(url)
    return number > 0 and url_key(first) == url_key(head)


def _stem(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2].partition(".")[0]
