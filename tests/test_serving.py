"""`gongbao serve` as people run it: a schedule fires, `gongbao run` finds the server, an end and a restart lose nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from flows import embedded, prefect_server
from flows.samples.server import serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from pipeline.report import RunReport
from pipeline.store import Store
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("TEST_SERVING" not in os.environ, reason="takes up to 15 minutes: set TEST_SERVING=1 to run it"),
]
T = TypeVar("T")
COMMAND = [sys.executable, "-m", "flows.cli"]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a folder of its own: one sample site, a night every minute."""
    config = shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("sources"))
    schedules = (config / "schedules.yaml").read_text().splitlines()
    lines = ['nightly: "* * * * *"' if line.startswith("nightly:") else line for line in schedules]
    (config / "schedules.yaml").write_text("\n".join(lines))
    with serve(World(), dict.fromkeys((*SITES, "control"), 0)) as sites:
        for path in write_sources(sites, config / "sources"):
            if path.stem != "company":
                path.unlink()
        ours = {"GONGBAO_HOME": str(tmp_path / "home"), "GONGBAO_CONFIG": str(config), "GONGBAO_PROCESSES": "0"}
        yield {name: value for name, value in os.environ.items() if not name.startswith(("GONGBAO", "PREFECT"))} | ours
    prefect_server.stop(tmp_path / "home")
    embedded.stop(tmp_path / "home")


@contextmanager
def serving(told: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    with (Path(told["GONGBAO_HOME"]).parent / "serve.log").open("ab") as log:
        process = subprocess.Popen([*COMMAND, "serve"], env=told, cwd=ROOT, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(ask: Callable[[], T], seconds: float, process: "subprocess.Popen[bytes]") -> T:
    """What it answers as soon as that is something."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "it did not come"
        assert process.poll() is None, "the server ended"
        time.sleep(0.5)
    return found


def flow_runs(home: Path) -> list[dict[str, Any]]:
    server = prefect_server.find(home)
    if not server:
        return []
    asked = urllib.request.Request(
        f"{server.api}/flow_runs/filter", b'{"sort": "START_TIME_ASC"}', {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


@pytest.mark.timeout(900)  # of which a quiet machine needs three minutes: Prefect's server starts three times
def test_a_schedule_fires_runs_share_the_server_and_a_restart_goes_on(told: dict[str, str]) -> None:
    home = Path(told["GONGBAO_HOME"])
    with serving(told) as process:
        until(lambda: prefect_server.find(home), 120, process)
        store = Store.open(f"s3://{embedded.BUCKET}", embedded.start(home).environment())
        reports = lambda: [key for key in store.list("runs/") if key.endswith(".json") and key.count("/") == 1]  # noqa: E731
        until(reports, 200, process)
        first = RunReport.model_validate_json(store.get(reports()[0]))
        assert first.succeeded
        assert first.total("documents") > 5
        assert any(run["auto_scheduled"] and run["name"] == f"nightly {first.run_id}" for run in flow_runs(home))

        second = subprocess.run([*COMMAND, "serve"], env=told, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (second.returncode, "runs already" in second.stderr) == (1, True)

        by_hand = subprocess.run([*COMMAND, "run", "company"], env=told, cwd=ROOT, capture_output=True, text=True, check=False)  # fmt: skip
        assert by_hand.returncode == 0, by_hand.stderr
        assert any(run["name"].split()[-1] in by_hand.stderr for run in flow_runs(home))

        server = prefect_server.find(home)
        assert server
        until(lambda: [run for run in flow_runs(home) if run["state_type"] == "RUNNING"], 120, process)
        process.send_signal(signal.SIGTERM)  # in the middle of a night
        assert process.wait(60) == 0
        assert not server.lives

    with serving(told) as process:
        handed_over = lambda: [run for run in flow_runs(home) if not run["auto_scheduled"] and run["deployment_id"]]  # noqa: E731
        until(lambda: [run for run in handed_over() if run["state_type"] in ("RUNNING", "COMPLETED")], 200, process)
        left = prefect_server.find(home)
        assert left
        process.kill()  # Prefect's server is left behind, and found by the next
        process.wait()
        with serving(told) as again:
            log = Path(told["GONGBAO_HOME"]).parent / "serve.log"
            until(lambda: log.read_text().count("store: ") == 3, 60, again)
            assert prefect_server.find(home) == left
            again.send_signal(signal.SIGINT)
            assert again.wait(60) == 0
            assert not left.lives
