"""A source whose site was redesigned in, its listings read as it says and as a new draft says, side by side, and the better of both out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.core.source import Source
from spiders.listings import first
from spiders.onboarding.draft import Draft, as_data, draft, read_page
from spiders.onboarding.single_requests import Ask

_DRAFTED = ("family", "item", "pager", "url", "unit", "json_rows")  # what a redesign changes; the rest a person had set
_FITS = 0.8  # the share of the new articles that the old pattern must take to stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One listing as the source reads it today, and as it is drafted anew."""

    url: str
    old: tuple[str, ...]  # the articles that its own rules find
    new: tuple[str, ...]
    drafted: Draft

    @property
    def is_better(self) -> bool:
        """Whether the draft finds articles that the source does not."""
        return bool(set(self.new) - set(self.old)) and len(self.new) >= len(self.old)

    def as_json(self, source: Source) -> dict[str, Any]:
        """Both readings, for a person to compare."""
        family = next(listing.family for listing in source.listings if listing.url == self.url)
        return {
            "url": self.url,
            "old": {"family": family, "links": list(self.old), "articles": _articles(source.article.match, self.old)},
            "new": {
                "family": self.drafted.family,
                "links": list(self.new),
                "articles": _articles(self.drafted.source.article.match, self.new),
            },
            "better": "new" if self.is_better else "old",
        }


def readings(source: Source, ask: Ask, base: datetime) -> list[Reading]:
    """Every listing of the source that a site answers, read both ways."""
    found = []
    for listing in source.listings:
        if not listing.url.startswith("http"):
            continue
        page = ask(first(listing))
        try:
            old = tuple(link.url for link in read_page(listing, page, base).links)
        except (ValueError, LookupError):  # its family's reader cannot make anything of the new page
            old = ()
        drafted = draft(page, base=base, source_id=source.id, ask=ask)
        found.append(Reading(url=listing.url, old=old, new=tuple(link.url for link in drafted.links), drafted=drafted))
    return found


def merged(source: Source, found: Sequence[Reading]) -> Source:
    """The source with what the drafts read better; all else stays as a person had set it."""
    data = as_data(source)
    better = {reading.url: reading for reading in found if reading.is_better}
    for listing in data["listings"]:
        if reading := better.get(listing["url"]):
            for name in _DRAFTED:
                listing.pop(name, None)
            listing |= {k: v for k, v in as_data(reading.drafted.source)["listings"][0].items() if k in _DRAFTED}
    if not better:
        return source
    links = [url for reading in better.values() for url in reading.new]
    if _articles(source.article.match, links) < _FITS * len(links):
        match = "|".join(dict.fromkeys(reading.drafted.source.article.match for reading in better.values()))
        data["article"] = data.get("article", {}) | {"match": match}
    hosts = (host for reading in better.values() for host in reading.drafted.source.hosts)
    data["hosts"] = list(dict.fromkeys([*data["hosts"], *hosts]))
    return Source.model_validate(data | {"verify": True})


def _articles(match: str, urls: Sequence[str]) -> int:
    return sum(bool(re.search(match, url)) for url in urls)
