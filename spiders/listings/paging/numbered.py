"""Pagers: what the script or the links of a column page say about the names of its further pages."""

import re
from dataclasses import dataclass
from itertools import takewhile
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from spiders.listings.rows.anchors import squeeze, target

# Literal numbers only: the function's definition may stand in the page as well.
_CREATE_PAGE = re.compile(r"createPageHTML\w*\s*\(([^(){};]*\d[^(){};]*)\)")
_PAGER = re.compile(r"\bPager\s*\(\s*(\{[^{}]*\bprefix\b[^{}]*\})")  # TRS as well: 北京市, 中国政府采购网
_ARGUMENT = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|(-?\d+)|([^,]+))\s*(?:,|$)""")
_COUNT_PAGE = re.compile(r"\bvar\s+countPage\s*=\s*['\"]?(\d+)")
_CURRENT_PAGE = re.compile(r"\bvar\s+currentPage\s*=\s*['\"]?(\d+)")
_MAX_PAGE = re.compile(r"\bmaxPageNum\w*\s*=\s*['\"]?(\d+)")
_FRAGMENT = re.compile(r"""['"]([^'"\s]*?index_\d+)(?:_\d+\.s?html?)?['"]""")
_NEXT_TEXT = re.compile(
    r"下一?页|后一页|后页|下页|next(?:\s*page)?|>|›|＞|»|>>|下一页\s*[>＞»›]+|[>＞»›]+\s*下一页", re.I
)
_TOTAL_PAGES = re.compile(r"共\s*(?:<[^>]+>\s*)*(\d+)\s*(?:<[^>]+>\s*)*页|总页数\s*[:：]?\s*(\d+)|/\s*(\d+)\s*页")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """All pages of a listing that its first one lets us name, in the order in which to ask for them, without itself."""

    urls: tuple[str, ...] = ()  # page 2, 3, … in reading order
    count: int | None = None  # as declared, the first included
    articles: int | None = None  # as declared


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    """The arguments of a createPageHTML call."""

    count: int
    current: int
    name: str
    ending: str
    articles: int | None
    in_element: bool


def create_page(text: str, url: str, page: int, limit: int = 10_000) -> Pages | None:
    """The pages of a TRS column by its `createPageHTML(…)` or `Pager({…})`; None if the page has no such call.

    Two numberings are in use: the index that page 1 prints is the number its successors count from. If it prints 0,
    page k is `name_{k-1}`; if it prints 1, page k is `name_{k}` (`sites.md` 1.1).
    """
    calls = (_read_call(match[1]) for match in _CREATE_PAGE.finditer(text))
    pagers = (_read_pager(match[1]) for match in _PAGER.finditer(text))
    call = next(filter(None, (*calls, *pagers)), None)
    if call is None:
        return None
    base = min(1, call.current) if page == 1 else max(0, call.current - (page - 1))
    own = re.search(rf"{re.escape(call.name)}_(\d+)\.\w+$", urlsplit(url).path)
    if page == 1 and own and int(own[1]) == call.current:  # started in the middle: only the form tells the numbering
        base = 1 if call.in_element else 0
    numbers = range(call.current + 1, min(base + call.count, call.current + 1 + limit))
    urls = tuple(urljoin(url, f"{call.name}_{number}.{call.ending}") for number in numbers)
    return Pages(urls=urls, count=call.count, articles=call.articles)


def _read_call(arguments: str) -> _Script | None:
    values = [match.groups() for match in _ARGUMENT.finditer(arguments)]
    kinds = [
        (single or double or "") if number is None else int(number)
        for single, double, number, other in values
        if other is None
    ]
    if len(kinds) != len(values):
        return None  # a variable among the arguments
    in_element = bool(kinds) and isinstance(kinds[0], str)
    rest = kinds[1:] if in_element else kinds
    leading = [value for value in takewhile(lambda value: isinstance(value, int), rest) if isinstance(value, int)]
    rest = rest[len(leading) :]
    names = [value for value in rest if isinstance(value, str)]
    trailing = [value for value in rest if isinstance(value, int)]
    if len(leading) < 2 or len(names) < 2:
        return None
    articles = leading[0] if len(leading) >= 3 else trailing[0] if trailing else None
    count, current = (leading[1], leading[2]) if len(leading) >= 3 else (leading[0], leading[1])
    ending = names[1].lstrip(".")
    return _Script(count=count, current=current, name=names[0], ending=ending, articles=articles, in_element=in_element)


def _read_pager(arguments: str) -> _Script | None:
    """`Pager({size:25, current:0, prefix:'index', suffix:'html'})`: createPageHTML by another name."""
    said = dict(re.findall(r"(\w+)\s*:\s*['\"]?([\w./-]+)", arguments))
    if not said.get("size", "").isdigit() or not said.get("current", "").isdigit():
        return None
    return _Script(
        count=int(said["size"]),
        current=int(said["current"]),
        name=said.get("prefix", "index"),
        ending=said.get("suffix", "html").lstrip("."),
        articles=None,
        in_element=False,
    )


def count_page(text: str, url: str, page: int, limit: int = 10_000) -> Pages | None:
    """The pages of a column that says `var countPage = N` (Tianjin's platform); numbering as with createPageHTML."""
    if not (count := _COUNT_PAGE.search(text)):
        return None
    current = int(match[1]) if (match := _CURRENT_PAGE.search(text)) else page - 1
    base = min(1, current) if page == 1 else max(0, current - (page - 1))
    name, ending = file_name(url)
    ending = match[1] if (match := re.search(r"""['"]\.['"]\s*\+\s*['"](s?html?)['"]""", text)) else ending
    stem = re.sub(r"_\d+$", "", name)
    if page == 1 and stem != name:
        base = 0
    numbers = range(current + 1, min(base + int(count[1]), current + 1 + limit))
    return Pages(urls=tuple(urljoin(url, f"{stem}_{number}.{ending}") for number in numbers), count=int(count[1]))


def reversed_pages(text: str, url: str, limit: int = 10_000) -> Pages | None:
    """The fragments of a column that counts down: the page shown as 2 is the highest number (`sites.md` 1.3)."""
    highest = max((int(number) for number in _MAX_PAGE.findall(text)), default=0)
    stem = next((match[1] for match in _FRAGMENT.finditer(text)), "")
    if not highest or not stem:
        return None
    numbers = range(highest - 1, max(0, highest - 1 - limit), -1)
    return Pages(urls=tuple(urljoin(url, f"{stem}_{number}.html") for number in numbers), count=highest)


def file_name(url: str) -> tuple[str, str]:
    """Name and ending of a column's file; a bare directory is its index.html."""
    name, _, ending = urlsplit(url).path.rpartition("/")[2].rpartition(".")
    return (name, ending) if name else ("index", "html")


def next_link(tree: HtmlElement, base: str) -> str:
    """The address behind the link called 下一页; empty where it is none, or a script's alone."""
    for element in tree.iter("a", "link", "button", "span", "li"):
        said = squeeze(element.text_content()) or element.get("title") or ""
        if (element.get("rel") or "").lower() == "next" or (
            len(said) < 12 and _NEXT_TEXT.fullmatch(said.strip(" []【】"))
        ):
            href = (element.get("href") or "").strip()
            if href.startswith("#") and "=" in href:
                return str(urljoin(base, href))  # a route for a script, but a page's name all the same
            url = target(element, base)
            if url and url != base:
                return url
    return ""


def total_pages(text: str) -> int | None:
    """N of `共 N 页`."""
    match = _TOTAL_PAGES.search(text)
    return int(next(group for group in match.groups() if group)) if match else None
