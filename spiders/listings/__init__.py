"""Listings: from one response to the articles that it names, their dates, and the pages that follow. All pure."""

from dataclasses import replace
from datetime import datetime

from pipeline.core.source import Listing
from pipeline.core.urls import spelt
from spiders.listings.exchange import Answer, Found, Link, Request
from spiders.listings.families import apis, column, feeds, hanweb  # noqa: F401  (they register their families)
from spiders.listings.paging.stopping import Rule, Stopper
from spiders.listings.reader import Reader, reader_of, register

__all__ = ["Answer", "Found", "Link", "Reader", "Request", "Rule", "Stopper", "first", "parse", "register"]


def first(listing: Listing) -> Request:
    """What to ask first of a listing."""
    return reader_of(listing).first(listing)


def parse(listing: Listing, answer: Answer, *, base: datetime) -> Found:
    """What one successful response of a listing says. `base`: when it was fetched; relative dates count from it."""
    found = reader_of(listing).parse(listing, answer, base)
    charset = "utf-8" if answer.text.lstrip("\ufeff \r\n\t")[:1] in ("{", "[") else answer.charset
    links = (replace(link, url=spelt(link.url, charset)) for link in found.links)
    return replace(
        found, links=tuple(links), next=tuple(replace(each, url=spelt(each.url, charset)) for each in found.next)
    )
