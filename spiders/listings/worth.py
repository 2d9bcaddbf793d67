"""What a set of rows is worth as the list of a page: told by dates, addresses, titles, place and heading."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from lxml.html import HtmlElement

from spiders.listings.anchors import links_in, looks_like_article, looks_like_section
from spiders.listings.page_links import PageLinks, is_hidden, signature, words_of
from spiders.listings.printed import Printed, is_date_text

_FURNITURE = frozenset({"nav", "header", "footer", "aside"})


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
    worth: float = 0.0


class Worth:
    """The judge of one page's candidates; every weight is in `config/listings.yaml`."""

    def __init__(self, page: PageLinks) -> None:
        self.page = page
        self.rules = page.rules
        self.outline = page.outline
        self.links = page.links

    def of(self, candidate: RowSet) -> float:
        """The worth of a candidate, to compare it with others of its page."""
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

    def _heading_factor(self, candidate: RowSet) -> float:
        heading = self._heading(candidate)
        if not heading:
            return 1.0
        if heading in self.page.title:
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
            if (
                self.page.below[element] > self.rules.whole_page * everything
                and self.page.below[element] > self.rules.row_links
            ):
                break
            if element.tag in _FURNITURE:
                factor *= self.rules.furniture
            elif words_of(element) & self.rules.regions:
                factor *= self.rules.bad_region
            if is_hidden(element):
                factor *= self.rules.hidden
        return factor

    # -- sections

    def with_sections(self, best: RowSet, sets: Sequence[RowSet]) -> RowSet:
        """The best set and its like: an overview page lists several sections one below the other, each with a heading."""
        parts = [other for other in sets if other is best or self._is_section(best, other)]
        rows = {row.url: row for part in parts for row in part.rows}
        places = {element: place for place, element in enumerate(self.page.tree.iter())}
        ordered = sorted(rows.values(), key=lambda row: places[row.element])
        return replace(best, rows=tuple(ordered), containers=parents_of(ordered))

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
        return sum(self.page.is_under(row.url) for row in candidate.rows) / len(candidate.rows)


def parents_of(rows: Iterable[Row]) -> tuple[HtmlElement, ...]:
    """The containers of rows, each once, in order."""
    return tuple(dict.fromkeys(parent for row in rows if (parent := row.element.getparent()) is not None))


def _dated_share(candidate: RowSet) -> float:
    return sum(bool(row.printed) for row in candidate.rows) / len(candidate.rows)
