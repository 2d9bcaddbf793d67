"""Which family a listing is of, by what its raw page holds: the order of `sites.md` 1.0."""

import re
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from pipeline.core.source import Family
from spiders.listings.families.feeds import local, parse_xml
from spiders.listings.families.json_rows import load
from spiders.listings.paging.numbered import count_page, create_page, next_link, reversed_pages, total_pages
from spiders.listings.paging.scripted import Turning, turning
from spiders.listings.rows.anchors import squeeze, target
from spiders.listings.rows.outline import parse_html
from spiders.listings.rows.page_links import base_of
from spiders.listings.rows.row_sets import find_rows

_JPAGE = re.compile(r"dataproxy\.jsp|<datastore\b|<recordset\b|\.jpage\s*\(", re.I)
_JPAAS = re.compile(r"jpaas-publish-server|<script[^>]+querydata\s*=", re.I)
_UCAP = re.compile(
    r"searchList/|/common/search/[0-9a-f]{32}|getLocalList|getFileListByCodeId|channelId\W{1,24}[0-9a-f]{32}|UCAPCONTENT",
    re.I,
)
_GKMLPT = re.compile(r"/gkmlpt/|\bSID\s*:\s*[\"']\d", re.I)
_SEARCH = re.compile(r"/igs/front/search|irs-c-web|/irs/front/search|jsearchfront|was5/web/search|/search5/", re.I)
_XINHUA = re.compile(r"datasource:[0-9a-f]{16,}|ds_[0-9a-f]{16,}\.json", re.I)
_EPAPER = re.compile(r"founder-content|nw\.D11|node_\w+\.html?[^<>]*>\s*第\s*\w+\s*版")
_ISSUE = re.compile(
    r"/20\d\d-?\d\d/\d\d/(?:node|content)_\w+\.html?"
)  # of the page itself: anybody may link to a paper
_LAST = re.compile(r"尾页|末页|最后一?页|last", re.I)
_FEED = "application/(?:rss|atom)\\+xml"
_FEW = 3  # `sites.md` 1.0, row 13: fewer article-like links than that are a shell's


def detect(body: bytes, text: str, url: str, content_type: str = "") -> Family:
    """The family of a listing by one response of it. A page that fits none is `next_link`: rows and no more pages."""
    if family := _by_kind(body, text, content_type):
        return family
    if create_page(text, url, 1):
        return "trs"
    if count_page(text, url, 1):
        return "count_page"
    if _JPAGE.search(text):
        return "jpage"
    if _JPAAS.search(text):
        return "jpaas"
    tree = parse_html(text)
    has_rows = sum(bool(row.printed) for row in find_rows(tree, url)) >= _FEW
    if not has_rows and (family := _by_api(text, url)):  # most sites have a search box: it is no list
        return family
    if reversed_pages(text, url):
        return "reversed"
    if _EPAPER.search(text) or _ISSUE.search(url):
        return "epaper"
    return _by_links(tree, text, url, has_rows)


def _by_kind(body: bytes, text: str, content_type: str) -> Family | None:
    start = text.lstrip("\ufeff \r\n\t")[:300]
    if body.startswith(b"\x1f\x8b") or re.match(r"<\?xml|<rss|<feed|<urlset|<sitemapindex|<rdf", start, re.I):
        root = parse_xml(body, content_type)
        name = local(root) if root is not None else ""
        if name in ("urlset", "sitemapindex"):
            return "sitemap"
        if name in ("rss", "RDF", "feed", "channel"):
            return "rss"
        if name == "datastore":
            return "jpage"
    if start[:1] != "<" and load(text) is not None:
        return "gkmlpt" if '"articles"' in text and '"classify"' in text else "json"
    return None


def _by_api(text: str, url: str) -> Family | None:
    if _GKMLPT.search(text) and "/gkmlpt" in text + url:
        return "gkmlpt"
    if _UCAP.search(text):
        return "ucap"
    if _XINHUA.search(text):
        return "xinhua"
    return "search" if _SEARCH.search(text) else None


def _by_links(tree: HtmlElement, text: str, url: str, has_rows: bool) -> Family:
    host = urlsplit(url).hostname or ""
    if re.search(r"(?:^|\.)people\.(?:com\.)?cn$", host) and numbered_links(tree, url):
        return "people"
    if next_link(tree, base_of(tree, url)):
        return "next_link"
    if pager_of(tree, text, url):
        return "page_parameter"
    return "rss" if not has_rows and feed_of(tree, url) else "next_link"


def pager_of(tree: HtmlElement, text: str, url: str) -> Turning | None:
    """How the numbers of a page's pager, or the script that draws it, name the further pages."""
    numbered = numbered_links(tree, url)
    if made := pattern_of(numbered):
        ends = [*numbered, total_pages(str(tree.text_content())) or 0]
        ends += [_number(address, *made) or 0 for address in _ends(tree, base_of(tree, url))]
        return Turning(pattern=made[0], shift=made[1], count=max(ends))
    return turning(text, url)


def linked_pages(tree: HtmlElement, url: str) -> tuple[str, ...]:
    """The pages behind this one that links lead to, in their order; where none is numbered, the next alone."""
    base = base_of(tree, url)
    following = next_link(tree, base)
    if not (made := pattern_of(numbered_links(tree, url))):
        return (following,) if following else ()
    shown = _number(url, *made) or 1
    named = (*_pager(tree, base, made), following, *_ends(tree, base))
    pages = {_number(address, *made): address for address in named}
    return tuple(pages[number] for number in sorted(number for number in pages if number and number > shown))


def _pager(tree: HtmlElement, base: str, made: tuple[str, int]) -> list[str]:
    """Addresses in the smallest element that holds all links to numbered pages: an arrow's link has no text."""
    links = [(link, address) for link in tree.iter("a", "option") if _number(address := _address(link, base), *made)]
    numbered = [set(link.iterancestors()) for link, _ in links if _said(link).isdigit()]
    shared = set.intersection(*numbered) if numbered else set()
    depth = max((len(list(element.iterancestors())) for element in shared), default=-1)
    around = {element for element in shared if len(list(element.iterancestors())) == depth}
    return [address for link, address in links if around & set(link.iterancestors())]


def _number(address: str, pattern: str, shift: int) -> int | None:
    """The number of the page that an address is by the pager's pattern."""
    found = re.fullmatch(re.escape(pattern).replace(r"\{n\}", r"(\d+)"), address)
    return int(found[1]) - shift if found else None


def _ends(tree: HtmlElement, base: str) -> list[str]:
    """Where 尾页 leads."""
    return [
        target(anchor, base)
        for anchor in tree.iter("a")
        if _LAST.fullmatch(squeeze(anchor.text_content()).strip("[]>»"))
    ]


def _said(link: HtmlElement) -> str:
    return squeeze(link.text_content()).strip("[]第页")


def _address(link: HtmlElement, base: str) -> str:
    """Where a link of a pager leads, or a choice of it."""
    chosen = link.get("value", "") if link.tag == "option" else ""
    return urljoin(base, chosen) if re.search(r"[./?]", chosen) else target(link, base)


def feed_of(tree: HtmlElement, url: str) -> str:
    """The feed that a page names as its alternate."""
    links = (link for link in tree.iter("link") if re.search(_FEED, link.get("type") or "") and link.get("href"))
    return next((address for link in links if (address := target(link, url))), "")


def numbered_links(tree: HtmlElement, url: str) -> dict[int, str]:
    """Number -> address of the links whose text is a page's number, as far as their addresses are alike."""
    base = base_of(tree, url)
    found: dict[int, str] = {}
    for link in tree.iter("a", "option"):
        said, address = _said(link), _address(link, base)
        if said.isdigit() and 1 < int(said) < 10_000 and address:
            found.setdefault(int(said), address)
    pattern = pattern_of(found)
    return {
        n: address
        for n, address in found.items()
        if pattern and address in (p.replace("{n}", str(n + k)) for p, k in [pattern])
    }


def pattern_of(numbered: dict[int, str]) -> tuple[str, int] | None:
    """The address of a page with `{n}` for its number, and what to add to the page's number; None if there is none."""
    for number, address in sorted(numbered.items()):
        for shift in (0, -1):
            for match in re.finditer(rf"(?<!\d){number + shift}(?!\d)", address):
                pattern = f"{address[: match.start()]}{{n}}{address[match.end() :]}"
                fits = sum(pattern.replace("{n}", str(n + shift)) == other for n, other in numbered.items())
                if fits == len(numbered) > 1 or (fits == 1 == len(numbered) and match.end() > len(address) - 8):
                    return pattern, shift
    return None
