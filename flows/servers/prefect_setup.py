"""Which server of Prefect a command uses, settled before Prefect is imported."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from flows.servers import prefect_child, prefect_server, scheduler
from flows.terminal import logs


def prepare(home: Path, engine: str = "") -> Callable[[], None]:
    """Settle which server of Prefect is used, before Prefect is imported; what is returned waits until it answers.

    `home`: the folder of the embedded store; `engine`: where tasks are to be done. The server is that of
    PREFECT_API_URL, that of `gongbao serve` in this folder, or one that begins and ends with us.
    """
    configure(home)
    if engine:
        scheduler.check(engine)
    if api := os.environ.get("PREFECT_API_URL"):
        prefect_server.check(api)
        return lambda: None
    if "prefect" in sys.modules:
        return lambda: None
    if server := prefect_server.find(home):
        os.environ["PREFECT_API_URL"] = server.api
        return lambda: None
    os.environ["PREFECT_API_URL"], wait = prefect_child.start(home)
    return wait


def configure(home: Path) -> None:
    """Defaults for Prefect, each of which the environment may overrule.

    Nothing phones home; a server keeps its data beside the embedded store. Prefect's own temporary one, used where
    somebody imported Prefect before us, may take a minute to start (its default is 20 s: platform.md, C).
    """
    defaults: Mapping[str, str] = {
        "PREFECT_HOME": str((home / "prefect").resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
        **logs.for_prefect(),
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",  # a server under load answers so once in a while, and a night would end
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)  # Prefect makes only the last folder of it
