"""How a family of listings is read, and the registry of families.

A site that needs code of its own gets one file, `spiders/sites/NAME.py`, with a class `Reader` that overrides one
method of its family's, and `reader: NAME` in its listing.
"""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module

from pipeline.core.dates import parse_date, url_date
from pipeline.core.errors import ConfigError
from pipeline.core.models import Dated
from pipeline.core.source import Listing
from spiders.listings.exchange import Answer, Found, Headers, Link, Request


class Reader:
    """The reading of one family. Stateless; whatever a later page needs stands in its Request."""

    headers: Headers = ()

    def first(self, listing: Listing) -> Request:
        """What to ask first."""
        return self.request(listing, listing.url, page=1)

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """What one answer says. `base` is when it was fetched."""
        raise NotImplementedError

    def request(self, listing: Listing, url: str, *, page: int, body: str = "", method: str = "") -> Request:
        """A Request with the family's and the listing's own headers; `{listing_url}` stands for the listing's URL."""
        headers = {**dict(self.headers), **listing.headers}
        filled = tuple((name, value.replace("{listing_url}", listing.url)) for name, value in headers.items())
        if body and not any(name.lower() == "content-type" for name, _ in filled):
            form = "application/x-www-form-urlencoded; charset=UTF-8"
            filled += (("Content-Type", "application/json" if body.startswith("{") else form),)
        verb = method or ("POST" if body else "GET")
        return Request(url=url, method="POST" if verb == "POST" else "GET", body=body, headers=filled, page=page)


_READERS: dict[str, Reader] = {}


def register(name: str) -> Callable[[type[Reader]], type[Reader]]:
    """Make a class the reader of that name."""

    def keep(kind: type[Reader]) -> type[Reader]:
        _READERS[name] = kind()
        return kind

    return keep


def reader_of(listing: Listing) -> Reader:
    """The reader that a listing asks for by name, else its family's."""
    name = listing.reader or listing.family
    if name not in _READERS:
        try:
            _READERS[name] = import_module(f"spiders.sites.{name}").Reader()
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("spiders.sites"):
                raise  # the site's own file lacks something
            raise ConfigError(
                f"no reader {name!r}: neither registered nor spiders/sites/{name}.py", key="reader"
            ) from error
    return _READERS[name]


def link(url: str, title: str, printed: str, base: datetime, *, plain: str = "") -> Link:
    """A Link with its date read: the printed one, else the day that the address names."""
    dated: Dated | None = parse_date(plain or printed, base=base) if printed else None
    return Link(url=url, title=title, date_raw=printed, published=dated or url_date(url))
