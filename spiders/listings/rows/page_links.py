"""A page's links as candidates for articles: which there are, where they are, what stands around them."""

import re
from collections import Counter
from functools import cached_property
from urllib.parse import urldefrag, urlsplit

from lxml.html import HtmlElement

from pipeline.core.urls import join
from spiders.listings.rows.anchors import FILES, is_label, is_section, links_in, squeeze, target, title_of
from spiders.listings.rows.outline import Outline, visible
from spiders.listings.rows.printed_dates import is_date_text
from spiders.listings.rows.rules import RowRules

IS_FILE = re.compile(rf"\.(?:{FILES})(?:$|\?)", re.I)
_CRUMB = re.compile(r"(?:您?(?:现在|当前|目前)?所?在?的?位置|当前栏目|当前位置)\s*[：:]?")
_HOME = frozenset({"首页", "网站首页", "本站首页", "主页", "Home", "HOME"})
_ARROW = re.compile(r"[>＞»›/→]")
_STATES = re.compile(
    r"(?:first|last|odd|even|on|active|current|cur|hover|selected|top|new|clearfix|clear|cf|fix|\w*\d+)$"
)
_LABEL_BEFORE = re.compile(
    r"(?:相关|关联|解读|图解|问答|链接|附件|延伸|来源|标签|关键词|分类|栏目|频道|作者|编辑|专题|主题|原文|政策文件|文件)[^：:]{0,6}[：:]$"
)


class PageLinks:
    """The links of one page that may be articles, with the page's text laid out around them."""

    def __init__(self, tree: HtmlElement, url: str, rules: RowRules) -> None:
        self.tree = tree
        self.url = url
        self.rules = rules
        self.outline = Outline(tree)
        self.base = base_of(tree, url)
        self.links = self._candidates()
        self.below = self._count_below()

    def _candidates(self) -> dict[HtmlElement, tuple[str, str]]:
        """Link -> (address, title), in order, without pagers, tools, labels and what belongs to another article."""
        own = urldefrag(self.url)[0]
        found: dict[HtmlElement, tuple[str, str]] = {}
        for element in links_in(self.tree):
            if element not in self.outline or any(parent in found for parent in element.iterancestors()):
                continue
            address = target(element, self.base)
            if (
                not address
                or urldefrag(address)[0] == own
                or (urlsplit(address).path in ("", "/") and not urlsplit(address).query)
            ):
                continue
            title = title_of(element)
            if not is_label(squeeze(element.text_content()) or title):
                found[element] = (address, title)
        related = self._related(found) | self._breadcrumb(found)
        return {element: link for element, link in found.items() if element not in related}

    def _breadcrumb(self, found: dict[HtmlElement, tuple[str, str]]) -> set[HtmlElement]:
        """Links of the line that says where the reader is."""
        return {link for link in links_in(self.crumb) if link in found} if self.crumb is not None else set()

    @cached_property
    def crumb(self) -> HtmlElement | None:
        """The line that says where the reader is: 当前位置：首页 > 政务公开 > 通知公告, with or without its first words."""
        lines = (element for element in visible(self.tree) if self._is_crumb(element))
        return min(lines, key=lambda line: len(self.outline.inside(line)), default=None)

    def _is_crumb(self, element: HtmlElement) -> bool:
        if element not in self.outline:
            return False
        pieces = self.outline.inside(element)
        if len(pieces) < 2 or sum(map(len, pieces)) > self.rules.crumb_length:
            return False
        return bool(_CRUMB.match(pieces[0])) or (pieces[0] in _HOME and bool(_ARROW.match(pieces[1])))

    @cached_property
    def columns(self) -> frozenset[str]:
        """What the page calls the column that it shows: by its title, its ColumnName, the end of its breadcrumb."""
        names = re.split(r"\s*[-_|－—–>＞:：]+\s*|\s{2,}", self.title)
        if self.crumb is not None:
            names.append(self.outline.inside(self.crumb)[-1])
        return frozenset(name.strip(" >＞»›/") for name in names) - {""}

    def _related(self, found: dict[HtmlElement, tuple[str, str]]) -> set[HtmlElement]:
        """Links behind a label such as 相关解读： in the same element: material beside the row's article."""
        related = {element for element in found if self._is_attached(element, found)}
        for element in found:
            parent = element.getparent()
            before = self.outline.before(element, 1)
            if parent is None or not before or not _LABEL_BEFORE.search(before[0]):
                continue
            if before[0] in self.outline.inside(parent):
                related.add(element)
                behind = element.itersiblings()
                related.update(link for sibling in behind for link in sibling.iter() if link in found)
        return related

    def _is_attached(self, element: HtmlElement, found: dict[HtmlElement, tuple[str, str]]) -> bool:
        """Whether a link to a file stands right behind the link to a page, with no date or line between: its attachment."""
        if not IS_FILE.search(found[element][0]):
            return False
        for before in element.itersiblings(preceding=True):
            if before.tag == "br" or any(is_date_text(piece) for piece in self.outline.between(before, element)):
                return False
            if before in found:
                if not IS_FILE.search(found[before][0]):
                    return True
            elif before in self.outline and self.outline.inside(before):
                return False
        return False

    def _count_below(self) -> Counter[HtmlElement]:
        below: Counter[HtmlElement] = Counter()
        for element in self.links:
            below[element] += 1
            below.update(element.iterancestors())
        return below

    def is_under(self, url: str) -> bool:
        """Whether an address lies below the listing's own, or names its column by number."""
        here, there = urlsplit(self.url), urlsplit(url)
        folder = here.path.rpartition("/")[0]
        if is_section(url):
            return False
        if folder and (there.path + "/").startswith(folder + "/") and here.hostname == there.hostname:
            return True
        column = re.sub(r"^(?:col|c|n|channel)(?=\d)", "", folder.rpartition("/")[2])
        return len(column) >= 4 and bool(re.search(rf"[/_=c]{re.escape(column)}[/_&.-]", there.path + "/"))

    @cached_property
    def title(self) -> str:
        """What the page calls itself."""
        names = [node.text_content() for node in self.tree.iter("title")]
        metas = [
            node.get("content") or ""
            for node in self.tree.iter("meta")
            if (node.get("name") or "").lower() == "columnname"
        ]
        return " ".join(names + metas)


def base_of(tree: HtmlElement, url: str) -> str:
    """What relative addresses of the page are relative to."""
    href = next((href for node in tree.iter("base") if (href := node.get("href"))), "")
    base = join(url, href)
    return base if base.startswith(("http:", "https:")) else url


def signature(element: HtmlElement) -> str:
    """Tag and class of an element without what tells a row from its neighbour (odd, first, on, numbers)."""
    return ".".join([str(element.tag), *sorted(name for name in _classes(element) if not _STATES.match(name))])


def _classes(element: HtmlElement) -> list[str]:
    return (element.get("class") or "").split()


def words_of(element: HtmlElement) -> set[str]:
    """The words that an element's class and id are made of."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", names)}


def is_hidden(element: HtmlElement | None) -> bool:
    """Whether the element itself is not displayed."""
    return element is not None and bool(re.search(r"display\s*:\s*none", element.get("style") or "", re.I))


def skeleton(url: str) -> str:
    """An address with its numbers and identifiers blotted out: those of one list's articles are mostly alike."""
    parts = urlsplit(url)
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}", "#", parts.path, flags=re.I)
    path = re.sub(r"(?<=/)[A-Z0-9]{12,}(?=\.)", "#", path)
    query = "&".join(re.sub(r"=.*", "=", part) for part in parts.query.split("&"))
    return f"{parts.hostname}{re.sub(r'[0-9]+', '0', path)}?{query}"
