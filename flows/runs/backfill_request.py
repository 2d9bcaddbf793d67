"""What a backfill is asked for: whether it makes sense, which source has which address, which landing files are meant.

Imports no Prefect: a call that makes no sense is refused before that is loaded.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from flows import settings
from pipeline.core.config import Strict, read
from pipeline.core.dates import SHANGHAI
from pipeline.core.errors import ConfigError
from pipeline.core.source import UNKNOWN, is_loopback, load_all
from pipeline.core.source_of_url import source_of
from pipeline.store import keys
from pipeline.store.s3 import Store


class _Crawl(Strict, extra="ignore"):
    """Of `config/crawl.yaml`, what is asked here; crawls check the rest."""

    contact: str


def check(
    known: settings.Settings,
    urls: Sequence[str],
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    landing: str = "",
) -> None:
    """ConfigError if what is asked for makes no sense, or would ask strangers without a contact."""
    of_days = bool(source and since and not urls and not landing)
    of_urls = bool(urls and not since and not until and not landing)
    of_landing = bool(landing and not (urls or source or since or until))
    if not (of_days or of_urls or of_landing):
        raise ConfigError("say which: URLs, a --file of them, --source with --since, or --landing alone")
    if since and until and until < since:
        raise ConfigError(f"--until {until} is before --since {since}")
    if since and since > datetime.now(SHANGHAI).date():
        raise ConfigError(f"--since {since} has not come yet")
    if wrong := [url for url in urls if not is_url(url)]:
        raise ConfigError(f"not an http(s) URL: {', '.join(map(repr, wrong))}")
    if not landing:
        _check_contact(known, urls, source)


def _check_contact(known: settings.Settings, urls: Sequence[str], source: str) -> None:
    """What each crawl refuses for itself is refused before the first of them: strangers asked by nobody in particular."""
    own = {each.id: each.hosts for each in load_all(known.sources, [source] if source else ())}
    hosts = {urlsplit(url).hostname or "" for url in urls}
    hosts.update(host for id_ in by_sources(known, urls, source) for host in own.get(id_, ()))
    if os.environ.get("GONGBAO_CONTACT") or all(map(is_loopback, hosts)):
        return
    if not read(known.config / "crawl.yaml", _Crawl).contact:
        raise ConfigError("say whom a site can write to: set GONGBAO_CONTACT, or contact in config/crawl.yaml")


def by_sources(known: settings.Settings, urls: Sequence[str], source: str = "") -> dict[str, list[str]]:
    """The addresses that each source is asked for; none where one is asked for days."""
    if source:
        return {each.id: list(urls) for each in load_all(known.sources, [source])}
    sources = load_all(known.sources)
    found: dict[str, list[str]] = {}
    for url in urls:
        own = source_of(url, sources)
        found.setdefault(own.id if own else UNKNOWN, []).append(url)
    return found


def say_unknown(urls: Sequence[str], say: Callable[[str], None]) -> None:
    """Warn of hosts that no source has."""
    for host, count in Counter(urlsplit(url).netloc for url in urls).items():
        say(f"{host}: no source has this host; the generic one takes its {count} addresses")


def landing_keys(store: Store, prefix: str) -> list[str]:
    """The landing files whose keys begin so; ConfigError if there is none."""
    prefix = prefix.removeprefix(f"{store.url}/").removeprefix("/")
    prefix = prefix if prefix.startswith(keys.LANDING) else f"{keys.LANDING}{prefix}"
    files = [key for key in store.list(prefix) if key.endswith(".warc.gz")]
    if not files:
        raise ConfigError(f"no landing file begins with {prefix}")
    return files


def is_url(text: str) -> bool:
    """Whether it is an http(s) address that can be asked."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
