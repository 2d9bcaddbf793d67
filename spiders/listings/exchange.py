"""What goes in and out of the reading of a listing: a request, its answer, and what was found in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipeline.core.models import Dated

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask of a site for one page of a listing. `page` goes back to us in the Answer."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    headers: Headers = ()
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful response to a Request, and what of the Request its reading needs."""

    url: str  # after redirects
    body: bytes
    text: str  # the body decoded; for feeds and sitemaps only the bytes are read
    content_type: str = ""
    page: int = 1  # the Request's
    sent: str = ""  # the Request's body
    charset: str = "utf-8"  # in which the body was read: addresses of its links are spelt in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One article that a listing names."""

    url: str
    title: str = ""
    date_raw: str = ""  # as printed there
    published: Dated | None = None


def once(links: Iterable[Link]) -> tuple[Link, ...]:
    """The links without repetitions, each in its first place, with the fullest title that it was given."""
    kept: dict[str, Link] = {}
    for link in links:
        held = kept.setdefault(link.url, link)
        if len(link.title) > len(held.title) and not held.title:
            kept[link.url] = link
    return tuple(kept.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one response of a listing says.

    `next` holds every further page that this one lets us name, in the order in which to ask for them. Pages repeat
    what the ones before said: whoever asks keeps a queue and drops a Request that it has asked before.
    Flags: `index`: this response names pages of the listing and no articles, on purpose (an e-paper's front page, a
    sitemap index, a column page whose rows come from an API); `script_only`: the rows are there for a browser only;
    `not_a_listing`: the answer is of another kind than its family promises (HTML where JSON was asked for).
    """

    links: tuple[Link, ...] = ()
    next: tuple[Request, ...] = ()
    total: int | None = None  # articles in the whole listing, as it declares
    declared_pages: int | None = None
    flags: frozenset[str] = frozenset()
