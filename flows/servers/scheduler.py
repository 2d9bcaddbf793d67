"""The Dask scheduler that GONGBAO_ENGINE names: its address, whether it answers, and who works for it."""

import os
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.source import is_loopback

_PATIENCE_SECONDS = 10  # for a scheduler to answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker: where it is, how many tasks it can do at the same time, and how many it has now."""

    address: str
    threads: int
    tasks: int


def address(engine: str) -> str:
    """What Dask calls it: by TLS where Dask's own configuration wants that, which names the certificates, too."""
    try:
        import dask.config  # an extra, and half a second to load
        import distributed  # noqa: F401  its defaults
    except ImportError as error:
        raise ConfigError(f"pip install 'gongbao[dask]' brings what it needs: {error}", key="GONGBAO_ENGINE") from error
    encrypted = dask.config.get("distributed.comm.require-encryption")
    return f"{'tls' if encrypted else 'tcp'}://{engine.removeprefix('dask://')}"


def check(engine: str) -> None:
    """GongbaoError if no scheduler listens there; ConfigError if its workers could not reach our server of Prefect."""
    host, _, port = engine.removeprefix("dask://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_SECONDS).close()
    except OSError as error:
        raise GongbaoError(f"GONGBAO_ENGINE: no scheduler answers at {host}:{port} ({error})") from error
    api = os.environ.get("PREFECT_API_URL", "")
    if not is_loopback(host) and (not api or is_loopback(urlsplit(api).netloc)):
        told = f"the workers of {engine} cannot reach a server of Prefect on our loopback: name one that they can"
        raise ConfigError(told, key="PREFECT_API_URL")


def workers(engine: str) -> list[Worker]:
    """Who works for it now; GongbaoError if it does not answer."""
    at = address(engine)
    from distributed import Client  # a second to load

    try:
        with Client(at, timeout=_PATIENCE_SECONDS, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            told, tasks = client.scheduler_info(n_workers=-1)["workers"], client.processing()
    except (OSError, ValueError) as error:
        raise GongbaoError(f"GONGBAO_ENGINE: no scheduler answers at {at} ({error})") from error
    return [
        Worker(address=each, threads=told[each]["nthreads"], tasks=len(tasks.get(each, ()))) for each in sorted(told)
    ]
