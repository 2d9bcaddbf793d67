"""Rows of a listing found without selectors: like-built neighbours, each with one article's link and mostly a date.

Every set of like-built siblings on the page is a candidate; sets in like-built containers with nothing but dates
between them are one. What each is worth is told by dates, addresses, titles, place and heading (`worth.py`); the
worthiest is the list.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lxml.html import HtmlElement

from spiders.listings.rows.anchors import is_section, links_in, looks_like_article, squeeze
from spiders.listings.rows.join import Joiner
from spiders.listings.rows.outline import visible
from spiders.listings.rows.page_links import IS_FILE, PageLinks, is_hidden, signature, skeleton, words_of
from spiders.listings.rows.printed_dates import Printed, is_date_text, printed_date, without_date
from spiders.listings.rows.rules import RowRules, row_rules
from spiders.listings.rows.worth import Row, RowSet, Worth, parents_of

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def find_rows(tree: HtmlElement, url: str, rules: RowRules | None = None) -> tuple[Row, ...]:
    """The rows of the page's main list in order; empty if the page names no article."""
    best = find_list(tree, url, rules)
    return best.rows if best else ()


def find_list(tree: HtmlElement, url: str, rules: RowRules | None = None) -> RowSet | None:
    """The page's main list."""
    page = PageLinks(tree, url, rules or row_rules())
    worth = Worth(page)
    sets = [replace(rows, worth=worth.of(rows)) for rows in _RowFinder(page).sets()]
    best = max(sets, key=lambda rows: (rows.worth, len(rows.rows)), default=None)
    return Joiner(worth, sets).join(best) if best else None


class _RowFinder:
    """Every set of like-built rows on a page."""

    def __init__(self, page: PageLinks) -> None:
        self.page = page
        self.rules = page.rules
        self.outline = page.outline
        self.links = page.links

    def sets(self) -> Iterator[RowSet]:
        """Every candidate."""
        open_sets: dict[str, list[list[HtmlElement]]] = {}
        for parent in visible(self.page.tree):
            if self.page.below[parent]:
                for key, members in self._families(parent):
                    chunks = open_sets.setdefault(key, [])
                    if chunks and self._adjoin(chunks[-1][-1], members[0]):
                        chunks[-1].extend(members)
                    else:
                        chunks.append(members)
        for key, chunks in open_sets.items():
            for members in chunks:
                if rows := self._settle(self._rows(members)):
                    yield RowSet(key=key, containers=parents_of(rows), rows=rows)

    def _families(self, parent: HtmlElement) -> Iterator[tuple[str, list[HtmlElement]]]:
        holders = [child for child in parent if isinstance(child.tag, str) and self.page.below[child]]
        path = "/".join(signature(element) for element in reversed([parent, *parent.iterancestors()]))
        by_tag: dict[str, list[HtmlElement]] = {}
        by_class: dict[str, list[HtmlElement]] = {}
        for child in holders:
            by_tag.setdefault(str(child.tag), []).append(child)
            by_class.setdefault(signature(child), []).append(child)
        for tag, members in by_tag.items():
            yield f"{path} > {tag}", members
        for name, members in by_class.items():
            if "." in name and len(members) < len(by_tag[str(members[0].tag)]):
                yield f"{path} > {name}", members

    def _adjoin(self, last: HtmlElement, first: HtmlElement) -> bool:
        """Whether two neighbouring sets are chunks of one list: nothing but dates and rulers stands between them."""
        if last.getparent() is first.getparent() or is_hidden(last.getparent()) != is_hidden(first.getparent()):
            return False
        if self._member_under(last) != self._member_under(first) or self._is_dated(last) != self._is_dated(first):
            return False
        between = self.outline.between(last, first)
        return len(between) <= self.rules.gap_pieces and all(
            is_date_text(piece) or not re.search(r"\w", piece) for piece in between
        )

    def _is_dated(self, element: HtmlElement) -> bool:
        """Whether an element, or the one that holds it and no other link, prints a date."""
        parent = element.getparent()
        alone = parent is not None and self.page.below[parent] == self.page.below[element]
        return bool(self._printed(parent if alone and parent is not None else element))

    def _member_under(self, element: HtmlElement) -> bool:
        link = next((link for link in links_in(element) if link in self.links), None)
        return link is not None and self.page.is_under(self.links[link][0])

    # -- rows

    def _rows(self, members: Sequence[HtmlElement]) -> list[Row]:
        told = Counter(address for element in members for address in self._addresses(element))
        shared = {address for address, count in told.items() if count > 1}  # a department's or an author's
        rows = [row for element in members if (row := self._row(element, shared))]
        if rows and not any(row.printed for row in rows):
            rows = self._dated_beside(rows)
        return rows

    def _addresses(self, element: HtmlElement) -> set[str]:
        return {self.links[link][0] for link in links_in(element) if link in self.links}

    def _row(self, element: HtmlElement, shared: set[str]) -> Row | None:
        anchors = [link for link in links_in(element) if link in self.links]
        anchors = [link for link in anchors if not self._in_related_zone(link, element)] or anchors
        anchors = [link for link in anchors if self.links[link][0] not in shared] or anchors
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
            if words_of(element) & self.rules.related:
                return True
        return False

    def _main_link(self, anchors: list[HtmlElement]) -> HtmlElement:
        headed = [link for link in anchors if any(up.tag in _HEADINGS for up in link.iterancestors())]
        anchors = headed or anchors
        anchors = [link for link in anchors if not is_section(self.links[link][0])] or anchors
        anchors = [link for link in anchors if self.page.is_under(self.links[link][0])] or anchors
        pages = [link for link in anchors if not IS_FILE.search(self.links[link][0])] or anchors
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
            shapes = {skeleton(row.url) for row in articles}
            if len(articles) >= self.rules.mostly * len(rows):
                rows = [row for row in rows if row.printed or skeleton(row.url) in shapes]
        once: dict[str, Row] = {}
        for row in rows:
            once.setdefault(row.url, row)
        return tuple(once.values())
