"""What a set of rows is worth as the list of a page: told by dates, addresses, titles, place and heading."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt

from lxml.html import HtmlElement

from spiders.listings.rows.anchors import is_section, links_in, looks_like_article, squeeze
from spiders.listings.rows.page_links import PageLinks, is_hidden, words_of
from spiders.listings.rows.printed_dates import Printed, is_date_text

FURNITURE = frozenset({"nav", "header", "footer", "aside"})
# What stands in the same part of the page as its list: where the reader is, and the way to page 2.
_PAGER = re.compile(r"^(?:下一?页|尾页|末页|最后一页|共\s*\d+\s*[页条])")


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
        self.parts = tuple(self._parts())

    def of(self, candidate: RowSet) -> float:
        """The worth of a candidate, to compare it with others of its page."""
        rules, rows = self.rules, candidate.rows
        worth = sqrt(sum(self._weight(row) for row in rows))
        worth *= 1 + (rules.under_listing - 1) * self.under_share(candidate)
        worth *= self.heading_factor(candidate)
        around = {candidate.containers[0], *candidate.containers[0].iterancestors()}
        worth *= self.rules.same_part ** sum(part in around for part in self.parts)
        return worth * self.region_factor(candidate.containers[0])

    def _parts(self) -> Iterator[HtmlElement]:
        """The smallest elements that hold a breadcrumb, or a pager, and something that may be an article."""
        pager = (
            element
            for element in self.page.tree.iter()
            if isinstance(element.tag, str) and _PAGER.match(squeeze(element.text or "")) and element in self.outline
        )
        for element in (self.page.crumb, next(pager, None)):
            if element is None:
                continue
            named = (up for up in (element, *element.iterancestors()) if self._names_articles(up))
            if (part := next(named, None)) is not None and part.tag not in ("body", "html"):
                yield part

    def _names_articles(self, element: HtmlElement) -> bool:
        return any(looks_like_article(self.links[link][0]) for link in links_in(element) if link in self.links)

    def _weight(self, row: Row) -> float:
        rules = self.rules
        addresses = {self.links[link][0] for link in links_in(row.element) if link in self.links}
        dates = sum(is_date_text(piece) and len(piece) > 5 for piece in self.outline.inside(row.element))
        if row.printed:
            return rules.dated / len(addresses) if dates > 1 and len(addresses) > 1 else rules.dated
        if is_section(row.url) or len(row.title) < rules.title_length:
            return rules.short / len(addresses)
        return (rules.article if looks_like_article(row.url) else rules.long_title) / len(addresses)

    def heading_factor(self, candidate: RowSet) -> float:
        """What the heading above a candidate makes of its worth."""
        heading = self.heading(candidate)
        if not heading:
            return 1.0
        if self.is_named(candidate):
            return self.rules.named_by_title
        if any(heading in column for column in self.page.columns):
            return self.rules.in_title
        if self.is_sidebar(candidate):
            return self.rules.bad_heading
        return self.rules.of_another if self.page.crumb is not None else 1.0

    def is_sidebar(self, candidate: RowSet) -> bool:
        """Whether the heading above a candidate is one of a sidebar, and not the column's own."""
        return not self.is_named(candidate) and bool(re.search(self.rules.bad_headings, self.heading(candidate)))

    def is_named(self, candidate: RowSet) -> bool:
        """Whether the heading above a candidate is what the page calls its column."""
        return self.heading(candidate) in self.page.columns

    def heading(self, candidate: RowSet) -> str:
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
                    if len(list(links_in(sibling))) > 1:
                        return ""  # a menu
                    text = re.sub(r"(?:更多|more|MORE|查看|>|＞|»|\+|·|\||\s)+$", "", text)
                    return text if len(text) <= 12 else ""
            element = element.getparent()
        return ""

    def region_factor(self, container: HtmlElement) -> float:
        """What the names of the elements around a container make of its worth."""
        factor, everything = 1.0, max(1, len(self.links))
        for element in (container, *container.iterancestors()):
            if (
                self.page.below[element] > self.rules.whole_page * everything
                and self.page.below[element] > self.rules.row_links
            ):
                break
            if element.tag in FURNITURE:
                factor *= self.rules.furniture
            elif words_of(element) & self.rules.regions:
                factor *= self.rules.bad_region
            if is_hidden(element):
                factor *= self.rules.hidden
        return factor

    def under_share(self, candidate: RowSet) -> float:
        """The share of rows that lie below the listing's own address."""
        return sum(self.page.is_under(row.url) for row in candidate.rows) / len(candidate.rows)


def parents_of(rows: Iterable[Row]) -> tuple[HtmlElement, ...]:
    """The containers of rows, each once, in order."""
    return tuple(dict.fromkeys(parent for row in rows if (parent := row.element.getparent()) is not None))
