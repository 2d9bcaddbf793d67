"""`gongbao console`: the pages on the loopback, until SIGINT."""

import socket
from contextlib import suppress

import click
import uvicorn

from flows import settings
from flows.web.app import app
from flows.web.store_reader import Reader
from pipeline.core.errors import ConfigError

_PORT = 8420


def serve(port: int | None) -> None:
    """Serve until stopped, on a port or on 8420, where that is taken on any that is free."""
    known = settings.from_environment()
    listening = _listen(port)
    pages = app(Reader(known, settings.open_store(known)))
    config = uvicorn.Config(
        pages, log_level="warning", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=2
    )
    click.echo(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    with suppress(KeyboardInterrupt), listening:
        uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int | None) -> socket.socket:
    for wanted in (_PORT, 0) if port is None else (port,):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", wanted))
        except OSError as error:
            listening.close()
            refused = error
            continue
        listening.listen(64)
        return listening
    raise ConfigError(f"port {port}: {refused.strerror}", key="--port")
