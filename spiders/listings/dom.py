"""Rows of a listing found without selectors: like-built neighbours, each with one article's link and mostly a date.

Every set of like-built siblings on the page is a candidate; sets in like-built containers with nothing but dates
between them are one. What each is worth is told by dates, addresses, titles, place and heading (`config/listings.yaml`);
the worthiest is the list.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import sqrt
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml.html import HtmlElement

from spiders.listings.anchors import (
    FILES,
    is_label,
    links_in,
    looks_like_article,
    looks_like_section,
    squeeze,
    target,
    title_of,
)
from spiders.listings.outline import Outline, visible
from spiders.listings.printed import Printed, is_date_text, printed_date, without_date
from spiders.listings.rules import RowRules, row_rules

_STATES = re.compile(
    r"(?:first|last|odd|even|on|active|current|cur|hover|selected|top|new|clearfix|clear|cf|fix|\w*\d+)$"
)
_LABEL_BEFORE = re.compile(
    r"(?:相关|关联|解读|图解|问答|链接|附件|延伸|来源|标签|关键词|分类|栏目|频道|作者|编辑|专题|主题|原文|政策文件|文件)[^：:]{0,6}[：:]$"
)
_FURNITURE = frozenset({"nav", "header", "footer", "aside"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_FILE = re.compile(rf"\.(?:{FILES})(?:$|\?)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One article as a page names it."""

    element: HtmlElement
    anchor: HtmlElement
    url: str
    title: str
    printed: Printed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """Like-built rows in one or several like-built containers."""

    key: str
    containers: tuple[HtmlElement, ...]
    rows: tuple[Row, ...]
    worth: float = field(default=0.0)


def find_rows(tree: HtmlElement, url: str, rules: RowRules | None = None) -> tuple[Row, ...]:
    """The rows of the page's main list in order; empty if the page names no article."""
    best = find_list(tree, url, rules)
    return best.rows if best else ()


def find_list(tree: HtmlElement, url: str, rules: RowRules | None = None) -> RowSet | None:
    """The page's main list."""
    page = _PageOfLists(tree, url, rules or row_rules())
    sets = list(page.sets())
    best = max(sets, key=lambda rows: (rows.worth, len(rows.rows)), default=None)
    return page.with_sections(best, sets) if best else None


def base_of(tree: HtmlElement, url: str) -> str:
    """What relative addresses of the page are relative to."""
    href = next((node.get("href") for node in tree.iter("base") if node.get("href")), "")
    return str(urljoin(url, href or ""))


def signature(element: HtmlElement) -> str:
    """Tag and class of an element without what tells a row from its neighbour (odd, first, on, numbers)."""
    return ".".join([str(element.tag), *sorted(name for name in _classes(element) if not _STATES.match(name))])


def _classes(element: HtmlElement) -> list[str]:
    return (element.get("class") or "").split()


def _words(element: HtmlElement) -> set[str]:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", names)}


class _PageOfLists:
    """One page while its lists are compared."""

    def __init__(self, tree: HtmlElement, url: str, rules: RowRules) -> None:
        self.tree = tree
        self.url = url
        self.rules = rules
        self.outline = Outline(tree)
        self.base = base_of(tree, url)
        self.links = self._candidates()
        self.below = self._count_below()

    # -- which links may be articles

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
        related = self._related(found)
        return {element: link for element, link in found.items() if element not in related}

    def _related(self, found: dict[HtmlElement, tuple[str, str]]) -> set[HtmlElement]:
        """Links behind a label such as 相关解读： in the same element: material beside the row's article."""
        related: set[HtmlElement] = set()
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

    def _count_below(self) -> Counter[HtmlElement]:
        below: Counter[HtmlElement] = Counter()
        for element in self.links:
            below[element] += 1
            below.update(element.iterancestors())
        return below

    # -- candidate sets of rows

    def sets(self) -> Iterator[RowSet]:
        """Every candidate, with its worth."""
        open_sets: dict[str, list[list[HtmlElement]]] = {}
        for parent in visible(self.tree):
            if self.below[parent]:
                for key, members in self._families(parent):
                    chunks = open_sets.setdefault(key, [])
                    if chunks and self._adjoin(chunks[-1][-1], members[0]):
                        chunks[-1].extend(members)
                    else:
                        chunks.append(members)
        for key, chunks in open_sets.items():
            for members in chunks:
                if rows := self._settle(self._rows(members)):
                    candidate = RowSet(key=key, containers=_parents(rows), rows=rows)
                    yield replace(candidate, worth=self._worth(candidate))

    def _families(self, parent: HtmlElement) -> Iterator[tuple[str, list[HtmlElement]]]:
        holders = [child for child in parent if isinstance(child.tag, str) and self.below[child]]
        path = "/".join(signature(element) for element in reversed([parent, *parent.iterancestors()]))
        by_tag: dict[str, list[HtmlElement]] = {}
        by_class: dict[str, list[HtmlElement]] = {}
        for child in holders:
            by_tag.setdefault(str(child.tag), []).append(child)
            by_class.setdefault(signature(child), []).append(child)
        for tag, members in by_tag.items():
            yield f"{path} > {tag}", members
        for name, members in by_class.items():
            if "." in name and len(members) < len(by_tag[name.partition(".")[0]]):
                yield f"{path} > {name}", members

    def _adjoin(self, last: HtmlElement, first: HtmlElement) -> bool:
        """Whether two neighbouring sets are chunks of one list: nothing but dates and rulers stands between them."""
        if last.getparent() is first.getparent() or _hidden(last.getparent()) != _hidden(first.getparent()):
            return False
        if self._member_under(last) != self._member_under(first) or bool(self._printed(last)) != bool(
            self._printed(first)
        ):
            return False
        between = self.outline.between(last, first)
        return len(between) <= self.rules.gap_pieces and all(
            is_date_text(piece) or not re.search(r"\w", piece) for piece in between
        )

    def _member_under(self, element: HtmlElement) -> bool:
        link = next((link for link in links_in(element) if link in self.links), None)
        return link is not None and self._under(self.links[link][0])

    # -- rows

    def _rows(self, members: Sequence[HtmlElement]) -> list[Row]:
        rows = [row for element in members if (row := self._row(element))]
        if rows and not any(row.printed for row in rows):
            rows = self._dated_beside(rows)
        return rows

    def _row(self, element: HtmlElement) -> Row | None:
        anchors = [link for link in links_in(element) if link in self.links]
        anchors = [link for link in anchors if not self._in_related_zone(link, element)] or anchors
        if not anchors or len({self.links[link][0] for link in anchors}) > self.rules.row_links:
            return None
        anchor = self._main_link(anchors)
        address, title = self.links[anchor]
        return Row(
            element=element, anchor=anchor, url=address, title=without_date(title), printed=self._printed(element)
        )

    def _in_related_zone(self, link: HtmlElement, row: HtmlElement) -> bool:
        for element in (link, *link.iterancestors()):
            if element is row:
                return False
            if _words(element) & self.rules.related:
                return True
        return False

    def _main_link(self, anchors: list[HtmlElement]) -> HtmlElement:
        headed = [link for link in anchors if any(up.tag in _HEADINGS for up in link.iterancestors())]
        anchors = headed or anchors
        pages = [link for link in anchors if not _FILE.search(self.links[link][0])] or anchors
        texts = {link: len(squeeze(link.text_content())) or len(self.links[link][1]) for link in pages}
        longest = max(texts.values())
        return next(
            link for link in pages if texts[link] >= min(self.rules.title_length, longest) or texts[link] * 2 >= longest
        )

    def _printed(self, element: HtmlElement) -> Printed | None:
        pieces = self.outline.inside(element)
        return printed_date(pieces) if len(pieces) <= self.rules.row_pieces else None

    def _dated_beside(self, rows: list[Row]) -> list[Row]:
        """Rows with the dates that stand behind them, or before them, in the same container."""
        behind, ahead = [], []
        for index, row in enumerate(rows):
            inside = set(self.outline.inside(parent)) if (parent := row.element.getparent()) is not None else set()
            last = rows[index - 1].element if index else None
            following = rows[index + 1].element if index + 1 < len(rows) else None
            after = (
                self.outline.between(row.element, following)
                if following is not None
                else self.outline.after(row.element, self.rules.gap_pieces)
            )
            before = (
                self.outline.between(last, row.element)
                if last is not None
                else self.outline.before(row.element, self.rules.gap_pieces)
            )
            behind.append(printed_date([piece for piece in after if piece in inside][: self.rules.gap_pieces]))
            ahead.append(printed_date([piece for piece in before if piece in inside][-self.rules.gap_pieces :]))
        dates = behind if sum(map(bool, behind)) >= sum(map(bool, ahead)) else ahead
        return [replace(row, printed=printed) for row, printed in zip(rows, dates, strict=True)]

    def _settle(self, rows: list[Row]) -> tuple[Row, ...]:
        """Rows without strangers, each article once."""
        dated = [row for row in rows if row.printed]
        if len(dated) >= self.rules.mostly * len(rows):
            shapes = {skeleton(row.url) for row in dated}
            rows = [row for row in rows if row.printed or skeleton(row.url) in shapes]
        else:
            articles = [row for row in rows if looks_like_article(row.url)]
            if len(articles) >= self.rules.mostly * len(rows):
                rows = [row for row in rows if row.printed or looks_like_article(row.url)]
        once: dict[str, Row] = {}
        for row in rows:
            once.setdefault(row.url, row)
        return tuple(once.values())

    def with_sections(self, best: RowSet, sets: Sequence[RowSet]) -> RowSet:
        """The best set and its like: an overview page lists several sections one below the other, each with a heading."""
        parts = [other for other in sets if other is best or self._is_section(best, other)]
        rows = {row.url: row for part in parts for row in part.rows}
        places = {element: place for place, element in enumerate(self.tree.iter())}
        ordered = sorted(rows.values(), key=lambda row: places[row.element])
        return replace(best, rows=tuple(ordered), containers=_parents(ordered))

    def _is_section(self, best: RowSet, other: RowSet) -> bool:
        alike = best.key == other.key or (
            best.containers[0].getparent() is other.containers[0].getparent()
            and signature(best.rows[0].element) == signature(other.rows[0].element)
            and best.containers[0].tag == other.containers[0].tag
        )
        if not alike or any(row.element in best.containers for row in other.rows):
            return False
        furnished = self._heading_factor(other) < 1 or self._region_factor(other.containers[0]) < self._region_factor(
            best.containers[0]
        )
        return not furnished and all(
            abs(share(best) - share(other)) < 0.5 for share in (_dated_share, self._under_share)
        )

    def _under_share(self, candidate: RowSet) -> float:
        return sum(self._under(row.url) for row in candidate.rows) / len(candidate.rows)

    # -- worth

    def _worth(self, candidate: RowSet) -> float:
        rules, rows = self.rules, candidate.rows
        worth = sqrt(sum(self._weight(row) for row in rows))
        worth *= 1 + (rules.under_listing - 1) * self._under_share(candidate)
        worth *= self._heading_factor(candidate)
        return worth * self._region_factor(candidate.containers[0])

    def _weight(self, row: Row) -> float:
        rules = self.rules
        addresses = {self.links[link][0] for link in links_in(row.element) if link in self.links}
        dates = sum(is_date_text(piece) and len(piece) > 5 for piece in self.outline.inside(row.element))
        if row.printed:
            return rules.dated / len(addresses) if dates > 1 and len(addresses) > 1 else rules.dated
        if (looks_like_section(row.url) and not looks_like_article(row.url)) or len(row.title) < rules.title_length:
            return rules.short / len(addresses)
        return (rules.article if looks_like_article(row.url) else rules.long_title) / len(addresses)

    def _under(self, url: str) -> bool:
        here, there = urlsplit(self.url), urlsplit(url)
        folder = here.path.rpartition("/")[0]
        if looks_like_section(url) and not looks_like_article(url):
            return False
        if folder and (there.path + "/").startswith(folder + "/") and here.hostname == there.hostname:
            return True
        column = re.sub(r"^(?:col|c|n|channel)(?=\d)", "", folder.rpartition("/")[2])
        return len(column) >= 4 and bool(re.search(rf"[/_=c]{re.escape(column)}[/_&.-]", there.path + "/"))

    @cached_property
    def _title(self) -> str:
        names = [node.text_content() for node in self.tree.iter("title")]
        metas = [
            node.get("content") or ""
            for node in self.tree.iter("meta")
            if (node.get("name") or "").lower() == "columnname"
        ]
        return " ".join(names + metas)

    def _heading_factor(self, candidate: RowSet) -> float:
        heading = self._heading(candidate)
        if not heading:
            return 1.0
        if heading in self._title:
            return self.rules.named_by_title
        return self.rules.bad_heading if re.search(self.rules.bad_headings, heading) else 1.0

    def _heading(self, candidate: RowSet) -> str:
        """The short text directly above the list, inside its container or before it, at most three levels up."""
        container, first = candidate.containers[0], candidate.rows[0].element
        start = self.outline.before(first, len(self.outline.before(first, 2)))
        own = [piece for piece in start[-1:] if piece in self.outline.inside(container)[:2]]
        if own and len(own[0]) <= 12:
            return own[0]
        element: HtmlElement | None = container
        for _ in range(3):
            if element is None:
                return ""
            for sibling in element.itersiblings(preceding=True):
                if sibling in self.outline and (text := "".join(self.outline.inside(sibling))):
                    text = re.sub(r"(?:更多|more|MORE|查看|>|＞|»|\+|·|\||\s)+$", "", text)
                    return text if len(text) <= 12 else ""
            element = element.getparent()
        return ""

    def _region_factor(self, container: HtmlElement) -> float:
        factor, everything = 1.0, max(1, len(self.links))
        for element in (container, *container.iterancestors()):
            if self.below[element] > self.rules.whole_page * everything and self.below[element] > self.rules.row_links:
                break
            if element.tag in _FURNITURE:
                factor *= self.rules.furniture
            elif _words(element) & self.rules.regions:
                factor *= self.rules.bad_region
            if _hidden(element):
                factor *= self.rules.hidden
        return factor


def _hidden(element: HtmlElement | None) -> bool:
    return element is not None and bool(re.search(r"display\s*:\s*none", element.get("style") or "", re.I))


def _parents(rows: Iterable[Row]) -> tuple[HtmlElement, ...]:
    return tuple(dict.fromkeys(parent for row in rows if (parent := row.element.getparent()) is not None))


def _dated_share(candidate: RowSet) -> float:
    return sum(bool(row.printed) for row in candidate.rows) / len(candidate.rows)


def skeleton(url: str) -> str:
    """An address with its numbers and identifiers blotted out: those of one list's articles are mostly alike."""
    parts = urlsplit(url)
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}", "#", parts.path, flags=re.I)
    path = re.sub(r"(?<=/)[A-Z0-9]{12,}(?=\.)", "#", path)
    query = "&".join(re.sub(r"=.*", "=", part) for part in parts.query.split("&"))
    return f"{parts.hostname}{re.sub(r'[0-9]+', '0', path)}?{query}"
