"""The worthiest set of rows in, the whole list out: with its other sections, its second column, the stories above it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lxml.html import HtmlElement

from spiders.listings.rows.anchors import links_in, looks_like_article
from spiders.listings.rows.page_links import signature, skeleton, words_of
from spiders.listings.rows.printed_dates import is_date_text, printed_date
from spiders.listings.rows.worth import FURNITURE, Row, RowSet, Worth, parents_of

# What tells the left column from the right one in the names of their elements.
_SIDE = re.compile(r"(?<![a-z])(?:f?[lr]|left|right|pull-(?:left|right)|one|two|first|second)(?![a-z])|\d+", re.I)


class Joiner:
    """What of a page belongs to its list beside the worthiest set."""

    def __init__(self, worth: Worth, sets: Sequence[RowSet]) -> None:
        self.worth = worth
        self.page = worth.page
        self.rules = worth.rules
        self.sets = sets

    def join(self, best: RowSet) -> RowSet:
        """The best set and what belongs to it, in the order of the page."""
        parts = [other for other in self.sets if other is best or self._is_section(best, other)]
        parts += [other for other in self.sets if other not in parts and self._is_column(best, other)]
        rows = {row.url: row for part in parts for row in part.rows}
        for row in self._stories_above(best):
            rows.setdefault(row.url, row)
        places = {element: place for place, element in enumerate(self.page.tree.iter())}
        ordered = sorted(rows.values(), key=lambda row: places[row.element])
        return replace(best, rows=tuple(ordered), containers=parents_of(ordered))

    # -- sections

    def _is_section(self, best: RowSet, other: RowSet) -> bool:
        """An overview page lists several sections one below the other, each with a heading."""
        alike = best.key == other.key or (
            best.containers[0].getparent() is other.containers[0].getparent()
            and signature(best.rows[0].element) == signature(other.rows[0].element)
            and best.containers[0].tag == other.containers[0].tag
        )
        return alike and self._is_like(best, other)

    def _is_like(self, best: RowSet, other: RowSet) -> bool:
        if any(row.element in best.containers for row in other.rows):
            return False
        worth = self.worth
        furnished = worth.is_sidebar(other) or worth.region_factor(other.containers[0]) < worth.region_factor(
            best.containers[0]
        )
        of_another = worth.is_named(best) and bool(worth.heading(other)) and not worth.is_named(other)
        return (
            not furnished
            and not of_another
            and all(
                abs(share(best) - share(other)) < 0.5 for share in (_dated_share, _article_share, worth.under_share)
            )
        )

    # -- columns

    def _is_column(self, best: RowSet, other: RowSet) -> bool:
        """The same list set in a second column: no heading of its own, the same addresses, and its dates go on."""
        if _SIDE.sub("", best.key) != _SIDE.sub("", other.key) or not self._is_like(best, other):
            return False
        if self.worth.heading(other) or not {skeleton(row.url) for row in other.rows} <= _shapes(best):
            return False
        days, others = _days(best), _days(other)
        if not days or not others:
            return not days and not others and abs(len(best.rows) - len(other.rows)) <= 1
        return max(others) <= min(days) or max(days) <= min(others)

    # -- the stories above

    def _stories_above(self, best: RowSet) -> Iterator[Row]:
        """A few articles set larger than the others directly above the list (头条): other elements, the same addresses."""
        shapes, element = _shapes(best), best.containers[0]
        for _ in range(3):
            for sibling in element.itersiblings(preceding=True):
                links = [link for link in links_in(sibling) if link in self.page.links]
                addresses = {self.page.links[link][0] for link in links}
                if not addresses:
                    if sibling in self.page.outline and self._is_break(sibling):
                        return
                    continue
                if len(addresses) > self.rules.stories or not all(
                    self._is_story(link, sibling, shapes) for link in links
                ):
                    return
                printed = printed_date(self.page.outline.inside(sibling)) if len(addresses) == 1 else None
                for link in links:
                    url, title = self.page.links[link]
                    yield Row(element=link, anchor=link, url=url, title=title, printed=printed)
            parent = element.getparent()
            if parent is None or self.page.below[parent] > self.rules.whole_page * len(self.page.links):
                return
            element = parent

    def _is_story(self, link: HtmlElement, block: HtmlElement, shapes: set[str]) -> bool:
        url, _ = self.page.links[link]
        if skeleton(url) not in shapes:
            return False
        for element in (link, *link.iterancestors()):
            if element.tag in FURNITURE or words_of(element) & self.rules.regions:
                return False
            if element is block:
                return True
        return True

    def _is_break(self, element: HtmlElement) -> bool:
        """Whether an element is the heading of the list: what stands above it is another matter."""
        pieces = self.page.outline.inside(element)
        return bool(pieces) and not all(is_date_text(piece) for piece in pieces)


def _shapes(rows: RowSet) -> set[str]:
    return {skeleton(row.url) for row in rows.rows}


def _days(rows: RowSet) -> list[str]:
    return [row.printed.plain for row in rows.rows if row.printed]


def _dated_share(candidate: RowSet) -> float:
    return sum(bool(row.printed) for row in candidate.rows) / len(candidate.rows)


def _article_share(candidate: RowSet) -> float:
    return sum(looks_like_article(row.url) for row in candidate.rows) / len(candidate.rows)
