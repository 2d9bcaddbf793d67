"""A few single requests for a person at a terminal: the crawl's user agent, robots.txt by RFC 9309, no retries."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request as Ask
from urllib.request import urlopen

from protego import Protego

from pipeline.core.errors import ConfigError
from spiders.http import scrapy_settings
from spiders.listings import Request
from spiders.onboarding.draft import Page

_BYTES = 8_000_000
_SECONDS = 30.0
_PAUSE = 2.0  # between two requests; `sites.md` 4.8: 2 to 5
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Refused(OSError):
    """We may not ask: robots.txt forbids it, or could not be read."""


@dataclass(slots=True)
class Asker:
    """Asks for one page at a time."""

    how: scrapy_settings.CrawlSettings
    _rules: dict[str, Protego | None] = field(default_factory=dict)
    _last: float = 0.0

    @classmethod
    def load(cls, config: Path) -> "Asker":
        """With the settings of a folder and the contact of the environment."""
        return cls(scrapy_settings.load(config / "crawl.yaml", os.environ.get("GONGBAO_CONTACT", "")))

    def __call__(self, request: Request) -> Page:
        """The page that answers; OSError says why there is none."""
        host = urlsplit(request.url).netloc
        if host not in self._rules:
            self._rules[host] = self._robots(request.url)
        rules = self._rules[host]
        if rules and not rules.can_fetch(request.url, self.how.robots_token):
            raise Refused(f"robots.txt of {host} forbids it")
        return self._get(request)

    def _robots(self, url: str) -> Protego | None:
        """The host's rules; None where it has none (4xx). What cannot be read forbids everything."""
        parts = urlsplit(url)
        try:
            page = self._get(Request(url=f"{parts.scheme}://{parts.netloc}/robots.txt"))
        except HTTPError as error:
            if 400 <= error.code < 500 and error.code not in (401, 403, 412, 429):
                return None
            raise Refused(f"robots.txt of {parts.netloc} answers {error.code}") from error
        return Protego.parse(page.text) if "<html" not in page.text[:500].lower() else None

    def _get(self, request: Request) -> Page:
        host = urlsplit(request.url).hostname or ""
        if host not in _LOOPBACK:
            if not self.how.contact:
                raise ConfigError("say whom a site can write to: set GONGBAO_CONTACT, or contact in config/crawl.yaml")
            time.sleep(max(0.0, self._last + _PAUSE - time.monotonic()))
        agent = self.how.user_agent.format(contact=self.how.contact or "loopback")
        headers = {**dict(request.headers), "User-Agent": agent, "Accept-Language": self.how.accept_language}
        ask = Ask(request.url, data=request.body.encode() or None, headers=headers)
        try:
            with urlopen(ask, timeout=_SECONDS) as response:
                said = response.headers.get("Content-Type", "")
                return Page(url=response.url, body=response.read(_BYTES), content_type=said, sent=request.body)
        finally:
            self._last = time.monotonic()
