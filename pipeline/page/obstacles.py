"""A response in, the name of what stands in our way out: challenges, block pages, soft 404s, shells. Nothing is bypassed.

The signatures are data (`config/obstacles.yaml`); the causes are the closed list of why a source can be broken.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field, model_validator

from pipeline.core.config import Pattern, Strict, read


class Cause(StrEnum):
    """The closed list of why a source is broken, or a response of no use. Advice for each: `config/crawl.yaml`."""

    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NETWORK = "network"  # the connection broke
    TLS = "tls_error"
    FORBIDDEN = "forbidden"  # 401, 403 and the like, and nothing says more
    HTTP_ERROR = "http_error"  # the listing answered 4xx or 5xx, and nothing says more
    ROBOTS_UNKNOWN = "robots_unknown"  # robots.txt answered 5xx or not at all: RFC 9309 says no
    ROBOTS_FORBIDDEN = "robots_forbidden"  # robots.txt answered 401 or 403
    ROBOTS_DISALLOW = "robots_disallow"
    BLOCKED_JSL = "blocked:jsl"  # 加速乐
    BLOCKED_RUISHU = "blocked:ruishu"  # 瑞数
    BLOCKED_ALIYUN = "blocked:aliyun"
    BLOCKED_SAFELINE = "blocked:safeline"  # 长亭雷池
    BLOCKED_WAF = "blocked:waf"  # another firewall's page
    BUSY = "busy"  # the site asks for patience, by page or by status
    LOGIN = "login"
    SOFT_404 = "soft_404"
    EMPTY_SHELL = "empty_shell"
    JS_REQUIRED = "js_required"  # the list is made by a browser
    EMPTY_LIST = "empty_list"
    NOT_A_LISTING = "not_a_listing"  # HTML where JSON was promised, and the like
    REDIRECT_LOOP = "redirect_loop"
    REDIRECT_AWAY = "redirect_away"  # to a host that is not the source's
    INNER_ADDRESS = "inner_address"  # to this machine or its network, where nobody wrote it down
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    ALL_FAILED = "all_failed"  # the listing named articles, and none could be had
    ERROR_PAGES = "error_pages"  # several documents gave something else than their texts; found when it is published
    NOTHING_FETCHABLE = "nothing_fetchable"  # the listing names only what the source's own rules turn away
    INTERRUPTED = "interrupted"  # told to stop
    CRASHED = "crashed"  # a defect of ours

    @property
    def blocks(self) -> bool:
        """Whether the host has shown that it does not want us now: asking on would be a storm."""
        return self.value.startswith("blocked:") or self is Cause.BUSY


class Example(Strict):
    """A response in our own words that must, or must not, be recognised. Walked by the tests."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class Signature(Strict):
    """What one obstacle looks like. Every condition that is given must hold."""

    cause: Cause
    status: tuple[int, ...] = ()
    header: Pattern = ""  # searched in the lines "name: value", names in lower case
    title: Pattern = ""
    body: Pattern = ""
    visible_below: int | None = Field(None, le=1000)  # characters that a reader would see, without space
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Signature":
        if not (self.header or self.title or self.body):
            raise ValueError("a signature needs a header, a title or a body; a status alone proves nothing")
        return self

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str] | None, ...]:
        return tuple(re.compile(p, re.I | re.S | re.M) if p else None for p in (self.header, self.title, self.body))

    def fits(self, response: "_Response") -> bool:
        """Whether this obstacle stands in the response."""
        if self.status and response.status not in self.status:
            return False
        below = self.visible_below
        if below is not None and (response.at_least >= below or response.visible >= below):
            return False
        header, title, body = self._patterns
        return (
            not (header and not header.search(response.header_lines))
            and not (title and not title.search(response.title))
            and not (body and not body.search(response.head))
        )


class Signatures(Strict):
    """The signatures of `config/obstacles.yaml`, the first that fits names the obstacle."""

    window: int  # characters of a page that are searched
    signatures: tuple[Signature, ...]
    innocent: tuple[Example, ...] = ()


def load(path: Path) -> Signatures:
    """The signatures in a YAML file; ConfigError names file, line and key."""
    return read(path, Signatures)


def recognise(
    status: int, headers: Iterable[tuple[str, str]], text: str, signatures: Signatures, *, at_least: int = 0
) -> Cause | None:
    """The obstacle that a response is, or None. `text` is the decoded body; pure, and cheap on ordinary pages.

    `at_least`: so many characters are known to be visible, where someone has read the page already.
    """
    response = _Response(status, headers, text, signatures.window, at_least)
    return next((signature.cause for signature in signatures.signatures if signature.fits(response)), None)


_ENOUGH = 1000
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.I | re.S)
_UNSEEN = re.compile(
    r"<!--.*?-->|<(script|style|noscript|title|template)\b.*?(</\1\s*>|\Z)|<[^>]*>|\s+|&nbsp;", re.I | re.S
)


class _Response:
    """What signatures ask about; each answer is found once, and only if asked for."""

    def __init__(self, status: int, headers: Iterable[tuple[str, str]], text: str, window: int, at_least: int) -> None:
        self.status = status
        self.at_least = at_least
        self.head = text[:window]
        self._headers = headers
        self._text = text

    @cached_property
    def header_lines(self) -> str:
        return "\n".join(f"{name.lower()}: {value}" for name, value in self._headers)

    @cached_property
    def title(self) -> str:
        found = _TITLE.search(self.head)
        return found[1].strip() if found else ""

    @cached_property
    def visible(self) -> int:
        """Characters without space that a reader would see; counted no further than any signature asks."""
        count = end = 0
        for unseen in _UNSEEN.finditer(self._text):
            count += unseen.start() - end
            end = unseen.end()
            if count >= _ENOUGH:
                return count
        return count + len(self._text) - end
