"""A listing's first page in, the draft of its source out: family, rows, pager, article pattern. Pure, but for `ask`."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.core.models import Decoded
from pipeline.core.source import ArticleSpec, Family, Fetch, Item, Listing, Source, Stop
from pipeline.page.decode import decode
from spiders.listings import Answer, Found, Link, Request, parse
from spiders.listings.families.column import read_rows
from spiders.listings.families.detect import detect, feed_of, linked_pages, pager_of
from spiders.listings.paging.scripted import Turning
from spiders.listings.rows.anchors import target, title_of
from spiders.listings.rows.outline import Outline, parse_html
from spiders.listings.rows.page_links import signature, skeleton
from spiders.listings.rows.printed_dates import is_date_text
from spiders.listings.rows.row_sets import find_list
from spiders.listings.rows.rules import row_rules
from spiders.listings.rows.scripted_links import calling
from spiders.listings.rows.worth import RowSet

_PAUSES = 1.5  # times its longest pause: `silence.longest` of config/health.yaml
_MOST = 10_000  # pages that a draft names; no listing in the reference has more
_DELAY = 3.0  # seconds; `sites.md` 4.8: 2 to 5 between requests to one host
_SCRIPTED = "its links run through a script, {}, which the page does not show: look for the JSON that it loads, or set item.link_pattern"
_COMMON = frozenset(["www", "gov", "com", "cn", "org", "net", "edu", "index"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A listing's page as it was had."""

    url: str
    body: bytes
    content_type: str = ""
    sent: str = ""  # the body of the request

    @property
    def text(self) -> str:
        return self._read.text

    @property
    def charset(self) -> str:
        """In which it was read."""
        return self._read.used

    @property
    def _read(self) -> Decoded:
        return decode(self.body, self.content_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What onboarding found out about a listing."""

    family: Family
    links: tuple[Link, ...]
    next_pages: tuple[str, ...]
    source: Source
    steps: tuple[tuple[Page, Found], ...]  # what was read of the listing: its page, and the API's answer behind it

    def as_json(self) -> dict[str, Any]:
        """The draft as `--json` prints it."""
        return {
            "family": self.family,
            "links": [link.url for link in self.links],
            "next_pages": list(self.next_pages),
            "source": as_data(self.source),
        }


def draft(page: Page, *, base: datetime, source_id: str = "", ask: Callable[[Request], Page] | None = None) -> Draft:
    """The draft of a source by the first page of its listing. `ask` gets what stands behind a page that only leads on."""
    text, tree = page.text, parse_html(page.text)
    family = detect(page.body, text, page.url, page.content_type)
    url = (feed_of(tree, page.url) or page.url) if family == "rss" else page.url
    bare = Listing(url=url, family=family, stop=Stop(max_pages=_MOST), verify=True)
    pager = pager_of(tree, text, page.url) if family in ("page_parameter", "people") else None
    if pager and family == "page_parameter":
        bare = bare.model_copy(
            update={"pager": bare.pager.model_copy(update={"pattern": pager.pattern, "start": 2 + pager.shift})}
        )
    steps = [(page, read_page(bare, page, base))]
    if ask and "index" in steps[0][1].flags and family not in ("epaper", "sitemap"):
        behind = ask(steps[0][1].next[0])
        steps.append((behind, read_page(bare, behind, base)))
    found = steps[-1][1]
    links = found.links or read_rows(tree, page.url, Item(), base)
    scripted = _scripted(tree, page.url)
    if len(scripted) > len([link for link in links if link.published]):
        links = ()
    listing = bare.model_copy(
        update={
            "stop": Stop(),
            "stale_after_days": stale_after(links),
            "item": _item(tree, page.url, links, base) if steps[0][1].links else Item(),
        }
    )
    return Draft(
        family=family,
        links=links,
        next_pages=_next_pages(family, found, pager, tree, page.url),
        source=_source(
            listing, links, tree, source_id, _SCRIPTED.format(scripted[0]) if scripted and not links else ""
        ),
        steps=tuple(steps),
    )


def read_page(listing: Listing, page: Page, base: datetime) -> Found:
    """What a listing's own reader finds on a page of it."""
    answer = Answer(
        url=page.url,
        body=page.body,
        text=page.text,
        content_type=page.content_type,
        sent=page.sent,
        charset=page.charset,
    )
    return parse(listing, answer, base=base)


def _next_pages(family: Family, found: Found, pager: Turning | None, tree: HtmlElement, url: str) -> tuple[str, ...]:
    """Every further page that can be named: those that links lead to, else all that a script says there are."""
    if family in ("next_link", "page_parameter") and (linked := linked_pages(tree, url)):
        return linked
    if pager:
        own = re.fullmatch(re.escape(pager.pattern).replace(r"\{n\}", r"(\d+)"), url)
        shown: int = int(own[1]) - pager.shift if own else 1
        last = shown + 1 if pager.count is None else pager.count
        numbers = range(shown + 1, last + 1)
        return tuple(pager.pattern.replace("{n}", str(n + pager.shift)) for n in numbers)
    urls = [request.url for request in found.next]
    return tuple(reversed(urls) if family == "reversed" else urls)


def _item(tree: HtmlElement, url: str, links: tuple[Link, ...], base: datetime) -> Item:
    """Selectors for a person to read, where they find the same as no selectors do; else none."""
    best = find_list(tree, url)
    if best is None:
        return Item()
    for row in _row_selectors(best):
        try:
            item = Item(row=row)
            found = read_rows(tree, url, item, base)
        except ValueError:  # a class that CSS cannot spell
            continue
        if found and [link.url for link in found] == [link.url for link in links]:
            return item
    return Item()


def _row_selectors(rows: RowSet) -> list[str]:
    row = signature(rows.rows[0].element)
    names = []
    for element in (rows.containers[0], *list(rows.containers[0].iterancestors())[:3]):
        name = str(element.tag) + "".join(f".{word}" for word in signature(element).split(".")[1:])
        if element.get("id") and not re.search(r"\d", element.get("id") or ""):
            name = f"{element.tag}#{element.get('id')}"
        names.append(name)
    parent = names[0]
    tag = str(rows.rows[0].element.tag)
    return [f"{parent} > {row}", f"{parent} > {tag}", *(f"{up} {tag}" for up in names)]


def _scripted(tree: HtmlElement, url: str) -> list[str]:
    """What the rows of a list call whose links run through a script that the page does not show."""
    calls = calling(tree)
    outline = Outline(tree)
    return [
        call
        for element, call in calls.items()
        if not target(element, url)
        and element in outline
        and len(title_of(element)) >= row_rules().title_length
        and any(
            is_date_text(piece)
            for piece in (*outline.inside(element), *outline.before(element, 2), *outline.after(element, 2))
        )
    ]


def stale_after(links: Iterable[Link]) -> int:
    """Days without anything new after which a list like this is silent for longer than its own pauses."""
    days = sorted({link.published.at.date() for link in links if link.published})
    longest = max(((later - earlier).days for earlier, later in pairwise(days)), default=0)
    return max(int(Listing.model_fields["stale_after_days"].default), ceil(_PAUSES * longest))


def _source(listing: Listing, links: tuple[Link, ...], tree: HtmlElement, source_id: str, notes: str) -> Source:
    host = urlsplit(listing.url).hostname or ""
    others = Counter(urlsplit(link.url).hostname or "" for link in links)
    hosts = [
        host,
        *(name for name, count in others.most_common() if name and name != host and count * 10 >= len(links)),
    ]
    return Source(
        id=source_id or _id(listing.url),
        name=_name(tree, host),
        tier="gov" if re.search(r"(?:^|\.)gov\.cn$", host) else "media",
        hosts=tuple(hosts),
        listings=(listing,),
        fetch=Fetch(delay=_DELAY),
        article=ArticleSpec(match=match_of([link.url for link in links])),
        notes=notes,
        verify=True,
    )


def _id(url: str) -> str:
    parts = urlsplit(url)
    host = [label for label in (parts.hostname or "").split(".") if label not in _COMMON]
    folders = [name for name in parts.path.split("/")[:-1] if re.fullmatch(r"[a-z]{2,12}", name)]
    name = re.sub(r"\W+", "_", "_".join([*reversed(host), *folders[-1:]]).lower()) or "source"
    return name if name[0].isalpha() and len(name) > 1 else f"s_{name}"


def _name(tree: HtmlElement, host: str) -> str:
    metas = {(meta.get("name") or "").lower(): (meta.get("content") or "").strip() for meta in tree.iter("meta")}
    title = next((" ".join(node.text_content().split()) for node in tree.iter("title")), "")
    return metas.get("sitename") or re.split(r"\s*[-_|－—]+\s*", title)[-1].strip() or host


def match_of(urls: list[str]) -> str:
    """A pattern that fits the addresses of a listing's articles, by their shapes; empty where they are too unlike."""
    shapes = Counter(skeleton(url).partition("/")[2] for url in urls)
    common = [shape for shape, count in shapes.most_common(3) if count > 1 or len(urls) < 4]
    if not common or sum(shapes[shape] for shape in common) < len(urls):
        return ""
    return "|".join(f"/{_as_pattern(shape)}$" for shape in common)


def _as_pattern(shape: str) -> str:
    path, _, query = shape.partition("?")
    spelled = re.escape(path).replace("\\#", "[\\w-]+")
    spelled = re.sub(r"0", r"\\d+", spelled)
    return spelled + (re.escape(f"?{query}").replace("=", "=[^&]*") if query else "")


def as_data(source: Source) -> dict[str, Any]:
    """A source as plain data without what is default."""
    data: dict[str, Any] = json.loads(source.model_dump_json(exclude_defaults=True))
    return data
