"""`config/crawl.yaml` and a source in, the settings of Scrapy out."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, model_validator

from pipeline.core.config import Strict, read
from pipeline.core.errors import ConfigError
from pipeline.core.source import UNKNOWN, Source, is_loopback
from pipeline.page.obstacles import Cause
from spiders.http.inner_hosts import Guard, written

# What is logged, and where to, is for `__main__` to say.
OF_THE_PROCESS: dict[str, Any] = {"LOG_ENABLED": False, "LOG_INSTALL_ROOT_HANDLER": False}

_SCRAPY = "scrapy.downloadermiddlewares"
# What takes part in a crawl, and nothing else of Scrapy does. Order of the middlewares: 0 the engine, 1000 the wire.
PARTS: dict[str, Any] = {
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "DOWNLOADER_MIDDLEWARES": {
        "spiders.http.robots.Robots": 100,
        f"{_SCRAPY}.downloadtimeout.DownloadTimeoutMiddleware": 350,
        f"{_SCRAPY}.defaultheaders.DefaultHeadersMiddleware": 400,
        f"{_SCRAPY}.useragent.UserAgentMiddleware": 500,
        "spiders.http.retries.Patience": 550,
        "spiders.http.redirects.Refreshes": 580,
        "spiders.http.firewalls.Obstacles": 585,
        "spiders.http.raw_bytes.Decompression": 590,
        "spiders.http.redirects.Redirects": 600,
        "spiders.http.cookies.Cookies": 700,
        "spiders.http.inner_hosts.Guard": 740,
        f"{_SCRAPY}.httpproxy.HttpProxyMiddleware": 750,
        f"{_SCRAPY}.stats.DownloaderStats": 850,
        "spiders.http.raw_bytes.Wire": 880,
    },
    "SPIDER_MIDDLEWARES_BASE": {"scrapy.spidermiddlewares.referer.RefererMiddleware": 700},  # redirects ask it
    "EXTENSIONS_BASE": {},
    "DOWNLOAD_HANDLERS": dict.fromkeys(("data", "file", "ftp", "s3")),
}


class Retry(Strict):
    """How often and how patiently a request is tried again. Seconds."""

    first_wait: float = Field(gt=0)
    longest_wait: float = Field(gt=0)
    budget: int = Field(ge=0)


class Landing(Strict):
    """When a landing file is closed and uploaded."""

    max_bytes: int = Field(gt=0)
    max_seconds: float = Field(gt=0)


class Limits(Strict):
    """What one crawl may take."""

    retired: ClassVar[dict[str, str]] = {
        "attachment_bytes": "a source's `attachments: {max_bytes: …}` says it; drop it"
    }
    hours: float = Field(gt=0)
    archive_links: int = Field(ge=1)
    queue: int = Field(ge=1)


class CrawlSettings(Strict):
    """How every source is asked (`config/crawl.yaml`)."""

    contact: str
    user_agent: str
    robots_token: str = Field(min_length=1)
    inner_hosts: tuple[str, ...] = ()
    accept_language: str
    jitter: float = Field(ge=0, lt=1)
    max_redirects: int = Field(ge=0)
    max_refresh_seconds: int = Field(ge=0)
    small_page: int = Field(ge=0)
    retry: Retry
    give_up_after: int = Field(ge=1)
    landing: Landing
    limits: Limits
    advice: dict[Cause, str]

    @model_validator(mode="after")
    def _advises_on_every_cause(self) -> "CrawlSettings":
        if missing := set(Cause) - set(self.advice):
            raise ValueError(f"no advice for {min(missing)}")
        if "{contact}" not in self.user_agent or self.robots_token not in self.user_agent:
            raise ValueError("the user agent must hold {contact} and the robots_token")
        return self


def load(path: Path, contact: str = "") -> CrawlSettings:
    """The settings in a YAML file, `contact` in place of its own where given; ConfigError names file, line and key."""
    settings = read(path, CrawlSettings)
    return settings.model_copy(update={"contact": contact}) if contact else settings


def agent(settings: CrawlSettings, source: Source) -> str:
    """The user agent; ConfigError if strangers would be asked by someone whom they cannot write to."""
    if not settings.contact and not all(is_loopback(host) for host in source.hosts):
        raise ConfigError("say whom a site can write to: set GONGBAO_CONTACT, or contact in config/crawl.yaml")
    return settings.user_agent.format(contact=settings.contact or "loopback")


def secret(value: str, key: str) -> str:
    """A value of a source's file, or where it is `env:NAME` that of the environment: no secret stands in YAML."""
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not os.environ.get(name):
        raise ConfigError(f"{name} is not set in the environment", key=key)
    return os.environ[name]


def of_process(settings: CrawlSettings, sources: Iterable[Source]) -> dict[str, Any]:
    """What Scrapy is told about this process: it has one resolver of names."""
    names = {name for source in sources for name in _written(settings, source)}
    return {**OF_THE_PROCESS, "TWISTED_DNS_RESOLVER": "spiders.http.inner_hosts.Resolver", "INNER_HOSTS": sorted(names)}


def _written(settings: CrawlSettings, source: Source) -> list[str]:
    own = () if source.id == UNKNOWN else source.hosts  # nobody wrote down what addresses were given
    return written([*own, *settings.inner_hosts], secret(source.fetch.proxy, "fetch.proxy"))


def of_scrapy(settings: CrawlSettings, source: Source) -> dict[str, Any]:
    """Everything that Scrapy is told about this crawl."""
    fetch = source.fetch
    given = {name: secret(value, f"fetch.headers.{name}") for name, value in fetch.headers.items()}
    rendered = any(listing.render for listing in source.listings)
    return {
        **OF_THE_PROCESS,
        **PARTS,
        "USER_AGENT": agent(settings, source),
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": settings.accept_language,
            "Accept-Encoding": "gzip, deflate",  # what the readers of landing files understand
            **given,
        },
        "ROBOTSTXT_OBEY": fetch.robots == "obey",
        "ROBOTSTXT_USER_AGENT": settings.robots_token,
        "DOWNLOAD_DELAY": fetch.delay,
        "DOWNLOAD_DELAY_JITTER": settings.jitter,
        "CONCURRENT_REQUESTS": 32,
        "CONCURRENT_REQUESTS_PER_DOMAIN": fetch.concurrency,
        "DOWNLOAD_TIMEOUT": fetch.timeout,
        "DOWNLOAD_MAXSIZE": fetch.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": True,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "RETRY_TIMES": fetch.retries,
        "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
        "REDIRECT_MAX_TIMES": settings.max_redirects,
        "METAREFRESH_MAXDELAY": settings.max_refresh_seconds,
        "HTTPPROXY_ENABLED": True,
        "COOKIES_ENABLED": True,
        "INNER_HOSTS": _written(settings, source),
        "SOURCE_PROXY": secret(fetch.proxy, "fetch.proxy"),
        **(_browser(agent(settings, source), Guard(_written(settings, source))) if rendered else {}),
    }


def _browser(name: str, guard: Guard) -> dict[str, Any]:
    """Imported only where a listing asks for it."""
    from spiders.http import browser

    return browser.settings(name, guard)
