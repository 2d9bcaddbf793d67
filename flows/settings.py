"""The environment in, what every command needs to know out. The only place that reads `GONGBAO_*`."""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import SecretStr

from pipeline.core import language
from pipeline.core.config import SHIPPED, Strict
from pipeline.core.errors import ConfigError
from pipeline.store.s3 import Store, keep_loopback_direct

_opening, _stores = Lock(), dict[tuple[Any, ...], Store]()
# A crawl takes half a second of a core to begin and then mostly waits (at a page a second it needs 1 % of one): memory is
# what bounds them, at about 110 MB each. Eight on two cores take 1 GB, and two hours for 200 sources of five minutes.
_CRAWLS_A_CORE, _MOST_CRAWLS = 4, 32
_ENGINE = re.compile(r"dask://([\w.-]+|\[[\da-fA-F:]+\]):\d+")
_KNOWN = {
    "GONGBAO_STORE": "s3://bucket/prefix; unset: an embedded S3 server of its own",
    "GONGBAO_SOURCES": "folder of source files; unset: config/sources of the project, or sources in GONGBAO_HOME",
    "GONGBAO_RECORDINGS": "folder of what was recorded of sources; unset: recordings beside the folder of sources",
    "GONGBAO_CONFIG": "folder of rules and thresholds; unset: config of the project; what it lacks is as shipped",
    "GONGBAO_HOME": "folder of the embedded store; unset: .gongbao of the project, or gongbao in the user's data",
    "GONGBAO_PROCESSES": "processes that work on landing files; unset: one a core; 0: in the task itself",
    "GONGBAO_CONTACT": "address that our user agent names; unset: the one of config/crawl.yaml",
    "GONGBAO_LOG": "level of the crawlers' log; unset: INFO",
    "GONGBAO_CRAWLS": "sources that are crawled at the same time; unset: 4 a core, at most 32; in all, with an engine",
    "GONGBAO_LANG": "zh or en: what Gongbao speaks; unset: the language of the system",
    "GONGBAO_ENGINE": "dask://host:port of a Dask scheduler whose workers do the work; unset: this machine",
    "GONGBAO_ALARM_WEBHOOK": "address that alarms are posted to as JSON; a secret; unset: none",
}


class Settings(Strict):
    """Where things lie and how much is done at once."""

    store: str
    sources: Path
    config: Path
    home: Path
    processes: int
    crawls: int
    engine: str = ""
    alarm_webhook: SecretStr = SecretStr("")

    @property
    def embedded(self) -> bool:
        """Whether the store is our own server on the loopback."""
        return not self.store


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that `GONGBAO_*` variables name; ConfigError on one that there is not, or a bad number."""
    env = os.environ if environment is None else environment
    keep_loopback_direct()
    language.speak(_language(env))
    for name in env:
        if name.startswith("GONGBAO_") and name not in _KNOWN:
            near = get_close_matches(name, _KNOWN, 1)
            raise ConfigError("no such setting" + (f"; did you mean {near[0]}?" if near else ""), key=name)
    engine = _engine(env.get("GONGBAO_ENGINE", ""))
    here = project()
    config = Path(env.get("GONGBAO_CONFIG") or (here / "config" if here else SHIPPED))
    if not config.is_dir():
        raise ConfigError(f"no such folder: {config}", key="GONGBAO_CONFIG")
    data = Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    home = Path(env.get("GONGBAO_HOME") or (here / ".gongbao" if here else data / "gongbao"))
    # Installed alone, our own sources are examples inside a package, where nobody writes.
    sources = home / "sources" if config == SHIPPED and "site-packages" in SHIPPED.parts else config / "sources"
    return Settings(
        store=env.get("GONGBAO_STORE", ""),
        sources=Path(env.get("GONGBAO_SOURCES") or sources),
        config=config,
        home=home,
        processes=_number(env, "GONGBAO_PROCESSES", os.cpu_count() or 1),
        crawls=_number(
            env,
            "GONGBAO_CRAWLS",
            _MOST_CRAWLS if engine else min(_MOST_CRAWLS, _CRAWLS_A_CORE * (os.cpu_count() or 1)),
            least=1,
        ),
        engine=engine,
        alarm_webhook=_webhook(env.get("GONGBAO_ALARM_WEBHOOK", "")),
    )


def project() -> Path | None:
    """The folder from here upwards that holds `config/sources`: where one stands in it does not matter."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "config" / "sources").is_dir()), None)


def enter_project() -> None:
    """Let the project's `.env` say what the environment does not, all that we start read its rules, and us speak its language."""
    here = project()
    if here and (here / ".env").is_file():
        from dotenv import load_dotenv  # which few commands need

        load_dotenv(here / ".env")
    if here:
        os.environ.setdefault("GONGBAO_CONFIG", str(here / "config"))
    language.speak(_language(os.environ))


def _language(env: Mapping[str, str]) -> str:
    wanted = env.get("GONGBAO_LANG", "")
    if wanted and wanted != "en" and language.chosen(wanted) == "en":
        raise ConfigError(f"{wanted!r} is none of {', '.join(language.TAGS)}", key="GONGBAO_LANG")
    return language.chosen(wanted, *(env.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")))


def recordings_of(sources: Path) -> Path:
    """Where `gongbao sources new` records: GONGBAO_RECORDINGS, else `recordings` beside the sources.

    In a repository like ours, whose sources are `config/sources`, it is `tests/recordings`, where that is there.
    """
    if named := os.environ.get("GONGBAO_RECORDINGS"):
        return Path(named)
    folder = sources.resolve().parent
    tests = folder.parent / "tests" / "recordings"
    return tests if folder.name == "config" and tests.is_dir() else folder / "recordings"


def open_store(settings: Settings) -> Store:
    """The configured store, or the embedded one, started if it does not run.

    The embedded server's address and credentials go into this process' environment, where boto3's own chain and
    every child process find them: from here on nothing knows that the store is embedded.
    """
    if settings.embedded:
        from flows.servers import embedded_store  # with all that makes certificates

        server = embedded_store.start(settings.home)
        os.environ.update(server.environment())
        return _opened(f"s3://{embedded_store.BUCKET}")
    return _opened(settings.store)


def _opened(url: str) -> Store:
    """One client for all threads of a process: each costs a tenth of a second, and a night asks for dozens."""
    chain = (url, *sorted(item for item in os.environ.items() if item[0].startswith("AWS_")))
    with _opening:
        if chain not in _stores:
            store = Store.open(url)
            if not store.has_bucket():
                raise ConfigError(
                    f"there is no bucket {store.bucket!r}: `gongbao store create` makes it", key="GONGBAO_STORE"
                )
            _stores[chain] = store
        return _stores[chain]


def _webhook(url: str) -> SecretStr:
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError("not an http(s) URL", key="GONGBAO_ALARM_WEBHOOK")  # whatever it is, it may be secret
    return SecretStr(url)


def _engine(url: str) -> str:
    if url and not _ENGINE.fullmatch(url):
        raise ConfigError(f"not of the form dask://host:port: {url!r}", key="GONGBAO_ENGINE")
    return url


def _number(env: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise ConfigError(f"not a number{f' from {least} on' if least else ''}: {text!r}", key=name)
    return int(text)
