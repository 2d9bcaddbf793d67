"""When to stop turning the pages of a listing: the rules of `sites.md` 1.12, the first that fires is named."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from pipeline.core.source import Stop
from pipeline.core.urls import url_key
from spiders.listings.exchange import Found, Link


class Rule(StrEnum):
    """Why no further page was asked for. The last three are faults of the listing."""

    TOTAL = "total"  # as many articles as declared, or the last declared page
    OLD = "old_pages"  # so many pages in a row wholly older than the cutoff
    NO_NEW = "no_new"  # nothing on the page that this crawl had not seen
    CLAMPED = "clamped"  # the same articles as an earlier page: the site answers its last page for ever
    KNOWN = "known"  # a night: everything was known from earlier nights, and the overlap is read
    END = "end"  # 404 behind the last page, or an empty one, and no count was declared
    MAX_PAGES = "max_pages"
    EMPTY_LIST = "empty_list"  # the first page names nothing
    MISSING_PAGE = "missing_page"  # 404 on a page that the declared count promises
    EMPTY_PAGE = "empty_page"  # the same, but the page is there and names nothing

    @property
    def is_fault(self) -> bool:
        """Whether the listing did not keep what it promised."""
        return self in (Rule.EMPTY_LIST, Rule.MISSING_PAGE, Rule.EMPTY_PAGE)


class Stopper:
    """Fed with one page after another, in their order; says which rule ends the listing, if one does.

    `known` tells which addresses earlier nights have seen; none in a backfill, which reads to the cutoff.
    `flags` gathers `list_moved` (the declared total changed under way) and `ascending` (oldest first).
    """

    def __init__(
        self, stop: Stop, *, known: Callable[[str], bool] = lambda url: False, cutoff: datetime | None = None
    ) -> None:
        self.stop = stop
        self.known = known
        self.cutoff = cutoff
        self.flags: set[str] = set()
        self.pages = 0
        self._seen: set[str] = set()
        self._page_sets: set[frozenset[str]] = set()
        self._total: int | None = None
        self._declared: int | None = None
        self._old = 0
        self._known_pages = 0
        self._rising = self._falling = 0

    def feed(self, found: Found) -> Rule | None:
        """One page that was read. Pages that name pages only (`index`) count for nothing."""
        if "index" in found.flags and not found.links:
            return None
        self.pages += 1
        self._declare(found)
        keys = [url_key(link.url) for link in found.links]
        fresh = [key for key in keys if key not in self._seen]
        fired = self._fires(found, frozenset(keys), fresh)
        self._seen.update(keys)
        self._page_sets.add(frozenset(keys))
        return fired

    def feed_missing(self) -> Rule:
        """A page that answered 404 or 410: the normal end where no count was declared, else a fault."""
        if self.pages == 0:
            return Rule.EMPTY_LIST
        promised = self._declared is not None and self.pages < self._declared
        return Rule.MISSING_PAGE if promised or self._short_of_total() else Rule.END

    def _fires(self, found: Found, keys: frozenset[str], fresh: list[str]) -> Rule | None:
        if not keys:
            return self._empty()
        if keys in self._page_sets:
            return Rule.CLAMPED
        if not fresh:
            return Rule.NO_NEW
        self._count_order(found.links)
        self._old = self._old + 1 if self._wholly_old(found.links) else 0
        self._known_pages = self._known_pages + 1 if all(self.known(link.url) for link in found.links) else 0
        if self._total is not None and len(self._seen) + len(fresh) >= self._total:
            return Rule.TOTAL
        if self._declared is not None and self.pages >= self._declared:
            return Rule.TOTAL
        if self._old >= self.stop.old_pages:
            return Rule.OLD
        if self._known_pages > self.stop.overlap_pages:
            return Rule.KNOWN
        return Rule.MAX_PAGES if self.pages >= self.stop.max_pages else None

    def _empty(self) -> Rule:
        if self.pages == 1:
            return Rule.EMPTY_LIST
        promised = self._declared is not None and self.pages <= self._declared
        return Rule.EMPTY_PAGE if promised or self._short_of_total() else Rule.END

    def _short_of_total(self) -> bool:
        return self._total is not None and len(self._seen) < self._total

    def _declare(self, found: Found) -> None:
        for name, said in (("_total", found.total), ("_declared", found.declared_pages)):
            held = getattr(self, name)
            if said is not None and held is not None and said != held:
                self.flags.add("list_moved")
            if said is not None:
                setattr(self, name, said)

    def _wholly_old(self, links: tuple[Link, ...]) -> bool:
        """Whether every row has a date and all are before the cutoff: a row that shows none may be new."""
        dates = [link.published.at for link in links if link.published]
        return self.cutoff is not None and len(dates) == len(links) and all(at < self.cutoff for at in dates)

    def _count_order(self, links: tuple[Link, ...]) -> None:
        dates = [link.published.at for link in links if link.published]
        self._rising += sum(first < second for first, second in pairwise(dates))
        self._falling += sum(first > second for first, second in pairwise(dates))
        if self._rising >= 5 and self._rising > 3 * self._falling:  # pinned and back-dated rows break the order, a few
            self.flags.add("ascending")
