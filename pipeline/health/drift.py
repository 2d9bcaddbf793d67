"""What a source's own selectors find on its recorded pages and on today's in, what they lost out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipeline.core.models import Decoded
from pipeline.core.source import Selectors, Source
from pipeline.page.selectors import matches
from pipeline.page.tree import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A selector that matched when the source was recorded, and matches on none of today's pages."""

    name: str  # its key in the source's file: `article.title`
    selectors: Selectors
    pages: int

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.selectors)}) matches on 0 of {self.pages} pages, on the recording it does"


def of_listings(source: Source, recorded: Sequence[Decoded], today: Sequence[Decoded]) -> Iterator[Lost]:
    """What the selectors of the listings lost."""
    for item in {listing.item for listing in source.listings}:
        told = {"item.row": (item.row,) if item.row else (), "item.link": item.link, "item.title": item.title}
        yield from _lost(told | {"item.date": item.date}, recorded, today)


def of_articles(source: Source, recorded: Sequence[Decoded], today: Sequence[Decoded]) -> Iterator[Lost]:
    """What the selectors of the articles lost."""
    spec = source.article
    told = {"body": spec.body, "title": spec.title, "date": spec.date, "publisher": spec.publisher}
    yield from _lost({f"article.{name}": selectors for name, selectors in told.items()}, recorded, today)


def names_left(recorded: Sequence[Decoded], today: Sequence[Decoded]) -> float | None:
    """The share of the recorded pages' classes and ids that today's pages have; None if there are none to compare."""
    before, now = _names(recorded), _names(today)
    return len(before & now) / len(before) if before and now else None


def _lost(told: Mapping[str, Selectors], recorded: Sequence[Decoded], today: Sequence[Decoded]) -> Iterator[Lost]:
    if not recorded or not today:
        return
    before, now = [parse(page) for page in recorded], [parse(page) for page in today]
    for name, selectors in told.items():
        if any(_matches(tree, selectors) for tree in before) and not any(_matches(tree, selectors) for tree in now):
            yield Lost(name=name, selectors=selectors, pages=len(today))


def _matches(tree: HtmlElement, selectors: Selectors) -> bool:
    return any(matches(tree, selector) for selector in selectors)


def _names(pages: Sequence[Decoded]) -> set[str]:
    elements = (element for page in pages for element in parse(page).iter() if isinstance(element.tag, str))
    return {name for element in elements for name in f"{element.get('class', '')} {element.get('id', '')}".split()}
