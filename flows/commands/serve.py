"""`gongbao serve`: the store, Prefect's server with its UI, and the schedules; what an earlier one left undone is begun again."""

import asyncio
import os
import signal
import threading

from flows import settings
from flows.schedules import Schedules
from flows.servers import prefect_server, prefect_setup, scheduler
from flows.terminal import output
from pipeline.core.errors import GongbaoError
from pipeline.core.source import load_all

_END_SECONDS = 45  # for what runs to end; service managers kill after 90


def serve() -> None:
    """Serve until SIGTERM or an interrupt."""
    stopped = _when_told()
    known = settings.from_environment()
    schedules = Schedules.load(known.config)
    own = {source.id: source.schedule for source in load_all(known.sources) if source.enabled and source.schedule}
    with prefect_server.only_one(known.home, "serve"):
        store = settings.open_store(known)
        is_ours = not os.environ.get("PREFECT_API_URL")
        prefect_setup.configure(known.home)
        if known.engine:
            scheduler.check(known.engine)
        if not is_ours:
            prefect_server.check(os.environ["PREFECT_API_URL"])
        try:
            if is_ours:
                server = prefect_server.start(known.home)
                os.environ["PREFECT_API_URL"] = server.api
                output.say(f"Prefect: {server.ui}")
            output.say(f"store: {store.url}")
            _run(schedules, own, stopped, alone=is_ours)
        finally:
            if is_ours:
                prefect_server.stop(known.home)
            output.say("stopped")


def _when_told() -> threading.Event:
    """Set once we are told to stop, also while we still start: whoever starts a server ends it."""
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    return stopped


def _run(schedules: Schedules, own: dict[str, str], stopped: threading.Event, *, alone: bool) -> None:
    """Run what the schedules and people ask for, in a process each, until we are told to stop."""
    from flows.runs import deployments  # Prefect reads its settings when it is imported

    failed = list[BaseException]()

    def runner() -> None:
        try:
            asyncio.run(deployments.serve(schedules, own, stopped, alone=alone))
        except BaseException as error:  # raised where it can be told
            failed.append(error)

    served = threading.Thread(target=runner, daemon=True)
    served.start()
    while served.is_alive() and not stopped.is_set():
        served.join(0.5)  # signals are handled between two of these
    served.join(_END_SECONDS)
    if served.is_alive():
        raise GongbaoError(f"what ran did not end within {_END_SECONDS} s; the next `gongbao serve` begins it again")
    for error in failed:
        raise error
