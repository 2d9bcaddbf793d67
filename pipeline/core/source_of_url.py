"""An address and the sources that there are in, the one that it belongs to out."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from pipeline.core.source import Source


def source_of(url: str, sources: Iterable[Source]) -> Source | None:
    """The source whose host the address is on, or on one below it; None if there is none.

    Several sources may share a host (a ministry's news and its laws): then the one whose articles look like this
    address and whose listing stands nearest to it has it, and none where it looks like nobody's article.
    """
    parts = urlsplit(url)
    names = ((parts.hostname or "").lower(), parts.netloc.lower())
    ours = [source for source in sources if _host(source, names)]
    if len(ours) > 1 and not any(_fits(source, url) for source in ours):
        return None
    return max(ours, key=lambda source: _nearness(source, url, names), default=None)


def _host(source: Source, names: tuple[str, str]) -> int:
    """How much of a host's name a source names: 0 for nothing."""
    name, netloc = names
    return max(
        (len(own) for own in source.hosts if own in names or name.endswith("." + own) or netloc == own), default=0
    )


def _nearness(source: Source, url: str, names: tuple[str, str]) -> tuple[int, bool, bool, int]:
    is_article = bool(source.article.match) and _fits(source, url)
    same_host = any(urlsplit(listing.url).netloc.lower() == names[1] for listing in source.listings)
    shared = max(_common(urlsplit(listing.url).path, urlsplit(url).path) for listing in source.listings)
    return _host(source, names), same_host, is_article, shared


def _fits(source: Source, url: str) -> bool:
    """Whether the source's own rules let the address be an article."""
    article = source.article
    wanted = not article.match or re.search(article.match, url)
    return bool(wanted) and not any(re.search(pattern, url) for pattern in article.deny)


def _common(one: str, other: str) -> int:
    """Folders that two paths begin with alike."""
    count = 0
    for here, there in zip(one.split("/"), other.split("/"), strict=False):
        if here != there:
            break
        count += 1
    return count
