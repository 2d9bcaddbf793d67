"""A site's home page in, its columns out: what each is called, whether its list can be read, how often it publishes.

Columns are what the menu, the feeds, the site map and the `更多` of the home page lead to; each is looked at once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Literal
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.core.urls import join, url_key
from spiders.listings import Request
from spiders.listings.families.detect import feed_of
from spiders.listings.rows.anchors import is_label, is_section, looks_like_article, squeeze, target
from spiders.listings.rows.outline import Outline, parse_html
from spiders.listings.rows.page_links import base_of
from spiders.onboarding.draft import Draft, Page, draft
from spiders.onboarding.single_requests import Ask

Kind = Literal["column", "home", "neither"]
_MORE = re.compile(r"^\W*(?:更多|查看更多|more)\W*(?:>>|»|＞)?$", re.I)
_MAP = re.compile(r"^\W*(?:网站|站点)(?:地图|导航)\W*$|^site\s*map$", re.I)
_NO_COLUMN = re.compile(
    r"登[录陆]|注册|搜索|检索|English|英文|繁[體体]|无障碍|长者|适老|关于|联系|版权|声明|帮助|留言|信箱|投诉|举报|微博|微信|客户端|APP",
    re.I,
)
_FEWEST = 3  # rows, below which nothing tells a list from a menu
_PROSE, _LONG = 400, 60  # characters of running text that make a page an article; of a piece that is no title
_SECTIONS = 8  # links to sections that a home page has at least
_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One place of a site that may be a source, as it looked when it was asked for."""

    name: str
    url: str
    kind: Kind
    family: str = ""
    links: int = 0
    newest: str = ""  # the day
    a_week: float | None = None  # articles, by the dates on its list; None: it prints none
    why_not: str = ""  # why it could not be had or read

    @property
    def readable(self) -> bool:
        """Whether a draft of it would name articles."""
        return self.kind == "column" and self.links > 0


def kind_of(page: Page, base: datetime) -> Kind:
    """Whether a page is one column, a home page that leads to columns, or neither (an article, an error, a shell)."""
    return _judged(page, parse_html(page.text), draft(page, base=base))


def discover(url: str, ask: Ask, base: datetime, most: int) -> list[Column]:
    """The columns of the site with that home page: each asked for once, at most so many."""
    home = ask(Request(url=url))
    tree = parse_html(home.text)
    named = dict(_leads(tree, home.url))
    for address in _maps(tree, home.url):
        try:
            site_map = ask(Request(url=address))
        except (OSError, ValueError):
            continue
        named |= {each: name for each, name in _leads(parse_html(site_map.text), site_map.url) if each not in named}
    found = [_looked_at(home, "", base)] if kind_of(home, base) == "column" else []
    if feed := feed_of(tree, home.url):
        named = {feed: "RSS"} | named
    for address, name in list(named.items())[:most]:
        try:
            found.append(_looked_at(ask(Request(url=address)), name, base))
        except (OSError, ValueError) as error:
            found.append(Column(name=name, url=address, kind="neither", why_not=str(error)))
    return _once(found)


def as_json(column: Column) -> dict[str, Any]:
    """A column as it is printed."""
    told = {
        name: getattr(column, name)
        for name in ("name", "url", "kind", "family", "links", "newest", "a_week", "why_not")
    }
    return told | {"readable": column.readable}


def _looked_at(page: Page, name: str, base: datetime) -> Column:
    found = draft(page, base=base)
    kind = _judged(page, parse_html(page.text), found)
    days = sorted(link.published.at for link in found.links if link.published)
    span = max((days[-1] - days[0]).days, 1) if len(days) > 1 else 0
    return Column(
        name=name or found.source.name,
        url=page.url,
        kind=kind,
        family=found.family,
        links=len(found.links),
        newest=f"{days[-1]:%Y-%m-%d}" if days else "",
        a_week=round((len(days) - 1) * _WEEK / span, 1) if span else None,
        why_not=""
        if kind == "column"
        else found.source.notes or f"it is {'a home page' if kind == 'home' else 'no list'}",
    )


def _judged(page: Page, tree: HtmlElement, found: Draft) -> Kind:
    if found.family in ("rss", "sitemap", "json", "ucap", "jpaas", "gkmlpt", "xinhua", "jpage", "search"):
        return "column" if found.links or found.next_pages or found.steps[0][1].next else "neither"
    links = found.links
    sections = dict(_leads(tree, page.url))
    blocks = sum(bool(_MORE.match(squeeze(str(anchor.text_content())))) for anchor in tree.iter("a"))
    dated = sum(bool(link.date_raw or link.published) for link in links)
    titles = sum(len(link.title) for link in links)
    at_root = not urlsplit(page.url).path.strip("/") or bool(
        re.fullmatch(r"/(?:index|default|home)\.\w+", urlsplit(page.url).path)
    )
    if _prose(tree) > max(_PROSE, 3 * titles):
        return "neither"
    if (blocks >= _FEWEST or at_root) and len(sections) >= _SECTIONS and not found.next_pages:
        return "home"
    if len(links) >= _FEWEST and (dated * 2 >= len(links) or found.next_pages or _are_articles(found)):
        return "column"
    if found.next_pages and links:
        return "column"
    return "home" if len(sections) >= _SECTIONS else "neither"


def _are_articles(found: Draft) -> bool:
    """Whether most addresses are such as articles have, under titles as long as theirs."""
    articles = [link for link in found.links if looks_like_article(link.url)]
    return len(articles) * 2 >= len(found.links) and median(len(link.title) for link in found.links) >= _WEEK


def _prose(tree: HtmlElement) -> int:
    """Characters of running text."""
    outline = Outline(tree)
    linked = {squeeze(str(anchor.text_content())) for anchor in tree.iter("a")}
    return sum(len(piece) for piece in outline.pieces if len(piece) >= _LONG and piece not in linked)


def _leads(tree: HtmlElement, url: str) -> Iterator[tuple[str, str]]:
    """Address and name of what may be a column: sections of the same site, by menu or by the 更多 beside a heading."""
    base, host, seen = base_of(tree, url), (urlsplit(url).hostname or "").removeprefix("www."), {url_key(url)}
    outline = Outline(tree)
    for anchor in tree.iter("a"):
        address = target(anchor, base)
        own = (urlsplit(address).hostname or "").removeprefix("www.") if address else ""
        if not address or not (own == host or own.endswith(f".{host}")) or url_key(address) in seen:
            continue
        name = squeeze(str(anchor.text_content())) or squeeze(anchor.get("title") or "")
        more = bool(_MORE.match(name))
        if more:
            name = (
                next((piece for piece in reversed(outline.before(anchor, 3)) if 2 <= len(piece) <= 12), "")
                if anchor in outline
                else ""
            )
        if not more and (not 2 <= len(name) <= 16 or is_label(name) or _MAP.match(name)):
            continue
        if _NO_COLUMN.search(name) or (not more and not is_section(address)):
            continue
        seen.add(url_key(address))
        yield address.partition("#")[0], name


def _maps(tree: HtmlElement, url: str) -> list[str]:
    base = base_of(tree, url)
    found = (
        join(base, anchor.get("href") or "")
        for anchor in tree.iter("a")
        if _MAP.match(squeeze(str(anchor.text_content())))
    )
    return [address for address in dict.fromkeys(found) if address][:1]


def _once(columns: list[Column]) -> list[Column]:
    """Each address once; the readable first, those that publish most before the others."""
    kept = {url_key(column.url): column for column in reversed(columns)}
    return sorted(kept.values(), key=lambda column: (not column.readable, -(column.a_week or 0), column.url))
