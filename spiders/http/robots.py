"""robots.txt as people write it, read as RFC 9309 wants it: by its status first, then by what its text means.

RFC 9309 wants UTF-8, half-width colons and rules inside groups. People save it as UTF-16, from an input method that
types `：`, from a page that had zero-width signs in it. What a rule plainly means is obeyed; where two readings are
possible, the one that forbids.
"""

import asyncio
import codecs
import html
import logging
import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed, failure

log = logging.getLogger(__name__)

_EVERYBODY = "outside-any-group"  # the name under which such rules are kept: `*` is for those who have no group
_READ_BYTES = 512_000  # RFC 9309, 2.5: a crawler reads at least 500 KiB
_MAX_BYTES = 5_000_000  # what is larger is a page, or a film
# Nothing is known of the rules, and the reason is the host's own trouble: that is the better name.
_DEAD = frozenset({Cause.DNS, Cause.REFUSED, Cause.TLS, Cause.INNER_ADDRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one host's robots.txt says: rules for us, or the reason why nothing there may be asked for tonight."""

    rules: Protego | None = None  # None: nothing is forbidden
    token: str = ""
    refusal: Failed | None = None

    def allows(self, url: str) -> bool:
        """Whether an address may be asked for."""
        asked = ((spelt, name) for spelt in {url, _as_served(url)} for name in (self.token, _EVERYBODY))
        return self.refusal is None and (self.rules is None or all(self.rules.can_fetch(*each) for each in asked))

    @property
    def delay(self) -> float:
        """Seconds between two requests that the host asks for; 0 if it asks for none."""
        return max(self._delay(self.token), self._delay(_EVERYBODY)) if self.rules else 0.0

    def _delay(self, name: str) -> float:
        assert self.rules
        rate = self.rules.request_rate(name)
        return max(self.rules.crawl_delay(name) or 0.0, rate.seconds / rate.requests if rate else 0.0)


def read(response: Response, token: str) -> Verdict:
    """What an answer to the request for robots.txt means, by RFC 9309, to who is called `token`."""
    if response.status in (401, 403):
        return Verdict(refusal=Failed(Cause.ROBOTS_FORBIDDEN, f"robots.txt answered {response.status}"))
    if response.status == 429 or response.status >= 500 or response.status < 200:
        return Verdict(refusal=Failed(Cause.ROBOTS_UNKNOWN, f"robots.txt answered {response.status}"))
    if response.status >= 300:
        return Verdict()  # 4xx, and redirects that lead nowhere: there are no rules
    said = plainly(_characters(response.body[:_READ_BYTES]), token)
    if said is None:
        return Verdict(refusal=Failed(Cause.ROBOTS_UNKNOWN, "nothing of robots.txt can be read"))
    return Verdict(rules=Protego.parse(said), token=token)


_FIELD = re.compile(
    r"""[^\w#]*(?:
        (?P<agent>user[ -]?agent) | (?P<disallow>(?:dis+al+|dias+l+)[oa]w) | (?P<allow>allow) | (?P<delay>crawl[ -]?delay)
        | (?P<rate>request[ -]?rate) | (?P<other>site[ -]?maps?|host|visit[ -]?time|clean-param|noindex|cache-delay)
    )\s*(?:[:=]|\s(?=\S)|$)\s*(?P<value>.*)""",
    re.I | re.X,
)
_SIGNS = str.maketrans(dict.fromkeys("∶꞉︓﹕：", ":") | dict.fromkeys("‐‑‒–—―−", "-"))
_SEPARATED = re.compile(r"^[^:：﹕︓∶꞉=]*[:：﹕︓∶꞉=]")
_PAGE = re.compile(r"<(?:!doctype|html|head|title|meta|body|script|style|div|p|br|pre|h\d)\b", re.I)


def plainly(text: str, token: str) -> str | None:
    """The rules that a text means, as RFC 9309 spells them, for who is called `token`; None if nothing of it can be read.

    A page is no robots.txt and forbids nothing, but a rule in it is one. A `Disallow` outside any group is for everybody.
    """
    page = bool(_PAGE.search(text))
    text = html.unescape(re.sub(r"<[^>]*>", "\n", text)) if page else text
    lines = [line for line in map(_visible, text.splitlines()) if line.partition("#")[0].strip()]
    groups: list[tuple[list[str], list[str]]] = [([_EVERYBODY], [])]
    naming = known = False  # the line before named an agent; any line was a rule
    for line in lines:
        found = _FIELD.match(_folded(line))
        if not found:
            continue
        known = True
        if found["agent"]:
            if not naming:
                groups.append(([], []))
            groups[-1][0].extend(_agents(found["value"], token))
            naming = True
        elif rules := list(_rules(found, _SEPARATED.sub("", line))):
            groups[-1][1].extend(rules)
            naming = naming and not (found["disallow"] or found["allow"])
    if lines and not known and not page:
        return None
    if not any(token in agents and _is_about_paths(rules) for agents, rules in groups):
        groups = [([token, *agents] if "*" in agents else agents, rules) for agents, rules in groups]
    return "\n".join(_group(agents, rules) for agents, rules in groups)


def _is_about_paths(rules: list[str]) -> bool:
    """Whether a group says what may be asked for: one that holds a delay or nothing leaves that to the one for all."""
    return any(rule.startswith(("Allow", "Disallow")) for rule in rules)


def _group(agents: list[str], rules: list[str]) -> str:
    return "\n".join([*(f"User-agent: {agent}" for agent in agents), *rules, "Disallow:"])  # which ends the group


def _agents(value: str, token: str) -> Iterator[str]:
    """Whom a line is for, as far as it matters to us: us, everybody, or somebody else."""
    value = value.partition("#")[0].strip(" '\"")
    if re.search(rf"(?<![\w-]){re.escape(token)}(?![A-Za-z_-])", value, re.I):
        yield token
    elif not value.strip("* ,;") or "*" in re.split(r"[\s,;]+", value):
        yield "*"
    else:
        yield "somebody-else"


def _rules(found: re.Match[str], raw: str) -> Iterator[str]:
    """The rules that a line means. A path that can be read in two ways is forbidden in both, and allowed in one."""
    value, raw = found["value"].partition("#")[0].strip(), raw.partition("#")[0].strip()
    if found["delay"]:
        yield f"Crawl-delay: {value.rstrip('sS秒 ')}"
    elif found["rate"]:
        yield f"Request-rate: {value}"
    elif found["allow"]:
        yield f"Allow: {raw}"
    elif found["disallow"]:
        words = [word for word in value.split() if word[0] in "/*"] if " " in value else []
        paths = {_path_of(path) for path in (value, raw, *words) if path}
        yield from (f"Disallow: {path}" for path in sorted(paths or {""}))
    # a sitemap, a host: nothing that forbids


def _path_of(value: str) -> str:
    """A path from what stands behind `Disallow`: without scheme and host, with its slash."""
    value = value.strip(" '\"").replace("\\", "/")
    if re.match(r"https?://", value, re.I):
        parts = urlsplit(value)
        value = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return value if value[:1] in ("/", "*") else f"/{value}"


def _visible(line: str) -> str:
    """A line without signs that nobody sees: zero-width, marks of direction, controls."""
    return "".join(
        sign for sign in line if unicodedata.category(sign) not in ("Cf", "Cc", "Cn", "Co") or sign == "\t"
    ).strip()


def _characters(body: bytes) -> str:
    """The file's characters, whatever it was saved as."""
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return body.decode("utf-32", "replace")
    little, big = body[1::2].count(0), body[::2].count(0)
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and max(little, big) * 20 > len(body):
        return body.decode("utf-16-le" if little > big else "utf-16-be", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    readings = [body.decode(codec, "replace") for codec in ("utf-8", "gb18030")]
    return max(
        readings,
        key=lambda text: (sum(bool(_FIELD.match(_folded(line))) for line in text.splitlines()), -text.count("\ufffd")),
    )


def _folded(line: str) -> str:
    """A line with half-width letters and signs."""
    return unicodedata.normalize("NFKC", line.translate(_SIGNS))


def _as_served(url: str) -> str:
    """An address as most servers take it: dots and doubled slashes folded."""
    parts = urlsplit(url)
    path = re.sub(r"/{2,}", "/", parts.path.replace("%2e", ".").replace("%2E", "."))
    folded = posixpath.normpath(path) + ("/" if path.endswith(("/", "/.", "/..")) and path != "/" else "")
    return parts._replace(path=folded if path else path).geturl()


def refusal(error: Failed) -> Failed | None:
    """Why nothing may be asked for after robots.txt could not be had; None where that means that there are no rules."""
    if error.reason in (Cause.REDIRECT_LOOP, Cause.REDIRECT_AWAY, Cause.TOO_LARGE):
        return None  # RFC 9309, 2.3.1.2
    if error.reason in _DEAD or error.reason.startswith("blocked:") or error.reason in (Cause.BUSY, "cooled_down"):
        return Failed(error.reason, f"robots.txt: {error.detail}")
    return Failed(Cause.ROBOTS_UNKNOWN, f"robots.txt: {error.reason} {error.detail}".strip())


class Robots:
    """Asks each host for its robots.txt once, before the first request to it, and turns away what it forbids."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._token: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._verdicts: dict[str, asyncio.Future[Verdict]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Robots":
        """As Scrapy builds its middlewares."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Failed if the host forbids this address, or does not say what it forbids."""
        if request.meta.get("kind") == "robots":
            return
        netloc = urlparse_cached(request).netloc
        if netloc not in self._verdicts:
            self._verdicts[netloc] = asyncio.ensure_future(self._ask(request))
        verdict = await asyncio.shield(self._verdicts[netloc])
        if verdict.refusal:
            raise Failed(verdict.refusal.reason, verdict.refusal.detail)
        if not verdict.allows(request.url):
            raise Failed("robots", "robots.txt disallows it")

    async def _ask(self, request: Request) -> Verdict:
        parts = urlparse_cached(request)
        robots = Request(
            f"{parts.scheme}://{parts.netloc}/robots.txt",
            meta={"kind": "robots", "download_maxsize": _MAX_BYTES},
            callback=NO_CALLBACK,
        )
        assert self._crawler.engine
        try:
            response = await self._crawler.engine.download_async(robots)
        except Exception as error:
            return Verdict(refusal=refusal(failure(error)))
        verdict = read(response, self._token)
        if verdict.delay > self._crawler.settings.getfloat("DOWNLOAD_DELAY"):
            self._slow_down(parts.hostname or "", verdict.delay)
        return verdict

    def _slow_down(self, host: str, delay: float) -> None:
        """Wait as long between two requests as the host asks for, whatever the source says."""
        log.info("%s asks for %.1f s between two requests", host, delay)
        assert self._crawler.engine
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings[host] = {"delay": delay, "jitter": 0.0, "concurrency": 1}
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter, slot.concurrency = delay, 0.0, 1
