"""A source: one body's one stream of publications, one YAML file under `config/sources/`, checked on reading."""

import ipaddress
import logging
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

import cssselect
from pydantic import AfterValidator, Field, field_validator, model_validator

from pipeline.core.config import Cron, Pattern, Strict, read
from pipeline.core.errors import ConfigError

log = logging.getLogger(__name__)

Family = Literal[
    "trs",  # createPageHTML, in both numberings
    "count_page",  # var countPage = N
    "reversed",  # maxPageNum, fragments that count down
    "jpage",  # 大汉 JCMS dataproxy.jsp
    "jpaas",  # 大汉 build/unit
    "ucap",  # 开普云 searchList JSON
    "gkmlpt",  # Guangdong 信息公开
    "search",  # a site search as a list
    "json",  # any JSON list, flat arrays of gov.cn among them
    "xinhua",  # ds_*.json
    "people",  # index2.html
    "epaper",  # 方正
    "next_link",  # a link called 下一页
    "page_parameter",  # ?page=2, index_2.html
    "rss",  # RSS and Atom
    "sitemap",
    "inbox",  # a file of URLs that a person feeds
]
_PSEUDO = re.compile(r"::(?:text|attr\(\s*[\w:-]+\s*\))")


def _selects(selector: str) -> str:
    try:
        cssselect.HTMLTranslator().css_to_xpath(_PSEUDO.sub("", selector) or "*")
    except (cssselect.SelectorError, NotImplementedError) as error:
        raise ValueError(f"no CSS selector: {selector!r}: {error}") from error
    return selector


Selector = Annotated[str, AfterValidator(_selects)]  # CSS, with ::text or ::attr(name) behind it where a value is read
Selectors = tuple[Selector, ...]
UNKNOWN = "unknown"  # the id of the generic source, for pages of hosts that no source has


class Item(Strict):
    """How a row of a listing is read. CSS with `::attr()` and `::text`; empty: found by itself."""

    row: Annotated[str, AfterValidator(lambda css: _selects(css) if css else css)] = ""
    link: Selectors = ()  # the first that gives something wins
    link_pattern: Pattern = ""  # with one group: the URL inside an onclick or the like
    title: Selectors = ()
    date: Selectors = ()


class JsonRows(Strict):
    """Where a JSON answer holds its rows; paths are dotted, alternatives parted by `|`."""

    rows: str = ""  # empty: the answer itself is the array
    url: str  # a path, or an address with {path} in it where rows have ids only
    title: str = ""
    date: str = ""
    total: str = ""
    retired: ClassVar[dict[str, str]] = {"next_page": "further pages are named by the listing's `pager`; drop it"}


class Pager(Strict):
    """How further pages of a listing are named."""

    pattern: str = ""  # "index_{n}.html", relative to the listing's URL
    start: int = 1  # the number of the second page
    method: Literal["GET", "POST"] = "GET"
    body: str = ""  # form body of a POST, may hold {n}
    per_page: int = 0


class Stop(Strict):
    """When to stop turning pages (`sites.md` 1.12)."""

    max_pages: int = Field(5, ge=1, le=10_000)  # of a listing in a night
    older_than_days: int = Field(30, ge=1)  # days: a page of which all is older is an old one
    old_pages: int = Field(2, ge=1)  # so many in a row end it
    overlap_pages: int = Field(1, ge=0)  # pages that are read beyond the first on which all is known


class Listing(Strict):
    """What names the articles: a feed, a sitemap, a column page, a JSON API."""

    url: str
    family: Family  # how its pages are read and turned
    item: Item = Item()
    json_rows: JsonRows | None = None
    pager: Pager = Pager()
    stop: Stop = Stop()
    unit: dict[str, str] = {}  # jpaas: queryData to fall back on
    headers: dict[str, str] = {}  # of its requests, beside those of `fetch`
    reader: str = ""  # code of its own: `spiders/sites/NAME.py`; empty: the family's
    render: bool = False  # needs a browser
    may_be_empty: bool = False  # naming no article is no failure
    stale_after_days: int = Field(30, ge=1)  # days without anything new after which it is told as frozen
    verify: bool = False  # as that of the source, for this list alone

    @field_validator("url")
    @classmethod
    def _absolute(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https", "file"):
            raise ValueError(f"not an absolute http(s) URL: {url!r}")
        return url


class Fetch(Strict):
    """How politely and with what patience this source's host is asked."""

    delay: float = Field(2.0, ge=0)  # seconds between two requests to a host
    concurrency: int = Field(1, ge=1, le=16)  # requests at the same time
    timeout: float = Field(30.0, gt=0)  # seconds
    max_bytes: int = Field(8_000_000, gt=0)  # of one response, decompressed
    retries: int = Field(2, ge=0, le=10)  # of a request that failed for a reason that may pass
    robots: Literal["obey", "ignore"] = "obey"  # `ignore` only where the site allowed it in writing
    tls: Literal["default", "p256_only"] = "default"  # `p256_only` for servers that fail with BAD_ECPOINT
    headers: dict[str, str] = {}  # `env:NAME` in place of a value: a secret, from the environment
    proxy: str = ""  # http://host:port, or `env:NAME`
    window: tuple[int, int] | None = None  # hours of the day in Asia/Shanghai, [from, to)

    @field_validator("proxy")
    @classmethod
    def _holds_no_secret(cls, proxy: str) -> str:
        if proxy and not proxy.startswith("env:") and not urlsplit(proxy).hostname:
            raise ValueError(f"a proxy is http://host:port, or env:NAME, not {proxy!r}")
        if "@" in proxy:
            raise ValueError("a proxy with a password is a secret: write env:NAME, and set NAME in the environment")
        return proxy


class ArticleSpec(Strict):
    """What an article's address looks like, and where in its page the parts stand. All optional."""

    match: Pattern = ""  # URLs that are articles; empty: every link of a row
    deny: tuple[Pattern, ...] = ()  # URLs that are none, whatever else they match
    body: Selectors = ()  # CSS, the first that holds text wins; empty: found by itself
    title: Selectors = ()
    date: Selectors = ()
    publisher: Selectors = ()
    drop: Selectors = ()  # parts of the body that are not the text
    keep: tuple[Pattern, ...] = ()  # lines that stay though they were learned to be furniture of its pages
    encoding: Literal["auto", "utf-8", "gb18030", "big5"] = "auto"
    next_part: Pattern = "^下一页$"  # text of the link to the next part of one article
    max_parts: int = Field(20, ge=1, le=100)


class Attachments(Strict):
    """Which of the files that articles name are fetched, to become documents of their own."""

    fetch: bool = False
    types: tuple[str, ...] = ("pdf", "ofd", "doc", "docx", "xls", "xlsx", "wps", "et", "rtf", "zip", "rar", "7z")
    max_bytes: int = Field(60_000_000, gt=0)  # of one file; scanned PDFs of notices reach 40 MB


class Revisit(Strict):
    """After how many days an article is looked at again, to find edits and withdrawals."""

    after_days: tuple[int, ...] = (1, 3, 7, 30)


class Source(Strict):
    """One body's one stream of publications."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")  # the name of its file
    name: str = Field(min_length=1)  # what people call it
    tier: Literal["gov", "media", "industry", "company", "farm"]  # what kind of publisher it is
    hosts: tuple[str, ...] = Field(min_length=1)  # names without scheme or path: where its lists and articles may lie
    enabled: bool = True  # whether nights crawl it
    publisher: str = ""  # the name that its own articles are published under; empty: `name`
    retired: ClassVar[dict[str, str]] = {"language": "each text tells its own; drop it"}
    listings: tuple[Listing, ...] = Field(min_length=1)
    fetch: Fetch = Fetch()
    article: ArticleSpec = ArticleSpec()
    attachments: Attachments = Attachments()
    revisit: Revisit = Revisit()
    schedule: Cron = ""  # cron in Asia/Shanghai; empty: with all others
    notes: str = ""  # for people
    verify: bool = False  # nothing proves yet that selectors and addresses are right

    @model_validator(mode="before")
    @classmethod
    def _former_keys(cls, told: Any) -> Any:
        """Two keys of older releases are one block now; they are read for as long as somebody has them."""
        if not isinstance(told, dict):
            return told
        told = dict(told)
        for block, key, name in (("fetch", "attachments", "fetch"), ("article", "attachment_types", "types")):
            held, block_now = told.get(block), told.get("attachments", {})
            if isinstance(held, dict) and key in held and isinstance(block_now, dict):
                _warn(str(told.get("id", "")), f"{block}.{key}", f"attachments.{name}")
                told[block] = {each: value for each, value in held.items() if each != key}
                told["attachments"] = {name: held[key]} | block_now
        return told

    @model_validator(mode="after")
    def _hosts_are_names(self) -> "Source":
        for host in self.hosts:
            if "/" in host or not host:
                raise ValueError(f"hosts are names without scheme or path, not {host!r}")
        return self


@cache
def _warn(source_id: str, key: str, instead: str) -> None:
    """Once a process: sources are read again and again."""
    log.warning("%s: `%s` is now `%s`: please change it", source_id, key, instead)


def load(path: Path) -> Source:
    """The source in one YAML file; ConfigError names file, line and key."""
    source = read(path, Source)
    if source.id != path.stem:
        raise ConfigError(f"the id must be the file's name, {path.stem!r}", path=path, key="id")
    return source


def load_all(folder: Path, ids: Sequence[str] = ()) -> list[Source]:
    """All sources of a folder in order of their ids, or those named; an unknown name is a ConfigError."""
    if not folder.is_dir():
        raise ConfigError("no such folder of sources", path=folder)
    sources = [load(path) for path in sorted(folder.glob("*.yaml"))]
    if stray := sorted(folder.glob("*.yml")):
        raise ConfigError("a source's file ends in .yaml", path=stray[0])
    by_id = {source.id: source for source in sources}
    if unknown := [name for name in ids if name not in by_id]:
        raise ConfigError(f"no source {unknown[0]!r} (there are: {', '.join(by_id) or 'none'})", path=folder)
    return [by_id[name] for name in ids] if ids else sources


def of(folder: Path, id_: str) -> Source:
    """The source of that id as it is configured now; the generic one where it no longer is."""
    path = folder / f"{id_}.yaml"
    return load(path) if path.is_file() else unknown()


def unknown(hosts: Sequence[str] = ("unknown.invalid",)) -> Source:
    """The generic source: for pages of hosts that no source has, or whose source is no longer configured."""
    listing = Listing(url=f"https://{hosts[0]}/", family="inbox", may_be_empty=True)
    return Source(id=UNKNOWN, name=UNKNOWN, tier="media", hosts=tuple(hosts), listings=(listing,), verify=True)


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine, where nobody needs to know whom to write to."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host.strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
