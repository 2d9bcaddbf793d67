"""`gongbao serve` as people run it: a schedule fires, and kills, ends and restarts lose nothing of what was begun."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import FlowRun

from flows.alarms.standing import run_id_of
from flows.samples.site_server import serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from flows.servers import embedded_store, prefect_server
from pipeline.core.conservation import RunReport
from pipeline.corpus.corpus import Corpus
from pipeline.store.s3 import Store
from tests.makers.places import LAST_NIGHT, ROOT
from tests.makers.servers.waiting import until

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "flows.cli.main"]
STARTS = timedelta(seconds=30)  # Prefect's server takes about 15
TOKEN = "t0ken-of-the-webhook"
SCHEDULED = "0 4 * * 5"  # of a source that has a schedule of its own


@pytest.fixture
def told(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a folder of its own: a sample site each minute, and one that has a schedule of its own."""
    config = shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("sources"))
    schedules = (config / "schedules.yaml").read_text().splitlines()
    second = (datetime.now(UTC) + STARTS).second  # of each minute, the first one when the server is up
    lines = [f'nightly: "* * * * * {second}"' if line.startswith("nightly:") else line for line in schedules]
    (config / "schedules.yaml").write_text("\n".join(lines))
    with serve(World(base=LAST_NIGHT), dict.fromkeys((*SITES, "control"), 0)) as sites:
        for path in write_sources(sites, config / "sources"):
            if path.stem == "paper":
                path.write_text(f'{path.read_text()}\nschedule: "{SCHEDULED}"\n')
            elif path.stem != "company":
                path.unlink()
        ours = {"GONGBAO_HOME": str(tmp_path / "home"), "GONGBAO_CONFIG": str(config), "GONGBAO_PROCESSES": "0",
                "PREFECT_RUNNER_POLL_FREQUENCY": "2", "GONGBAO_ALARM_WEBHOOK": f"http://127.0.0.1:1/{TOKEN}"}  # fmt: skip
        yield {name: value for name, value in os.environ.items() if not name.startswith(("GONGBAO", "PREFECT"))} | ours
    prefect_server.stop(tmp_path / "home")
    embedded_store.stop(tmp_path / "home")


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


def asked(home: Path, path: str, body: dict[str, Any], method: str = "POST") -> Any:
    """What Prefect's server answers; nothing while there is none."""
    server = prefect_server.find(home)
    if not server:
        return []
    question = urllib.request.Request(
        f"{server.api}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    while True:
        try:
            with urllib.request.urlopen(question) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:  # 503: SQLite was busy; Prefect's own client asks again, too
            if error.code != 503:
                raise
        time.sleep(0.5)


def runs(home: Path, flow: str, *states: str) -> list[dict[str, Any]]:
    found = asked(home, "flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})
    return [run for run in found if run["state_type"] in states]


def told_of(store: Store) -> list[RunReport]:
    """The reports of all runs that have one by now."""
    keys = [key for key in store.list("runs/") if key.endswith(".json") and key.count("/") == 1]
    return [RunReport.model_validate_json(store.get(key)) for key in keys]


def assert_no_secret_is_told(home: Path, store: Store) -> None:
    """Neither in logs nor in Prefect, nor in any object of the store: reports, answers, landing files."""
    told = (home.parent / "serve.log").read_bytes() + b"".join(store.get(key) for key in store.list())
    told += "".join(
        json.dumps(asked(home, f"{what}/filter", {})) for what in ("logs", "artifacts", "flow_runs")
    ).encode()
    assert b"Beginning flow run" in told
    for secret in (TOKEN, embedded_store.start(home).secret_key):
        assert secret.encode() not in told


def test_a_schedule_fires_and_kills_ends_and_restarts_lose_nothing(told: dict[str, str]) -> None:
    home = Path(told["GONGBAO_HOME"])
    with serving(told) as process:
        deployments = until(lambda: len(found := asked(home, "deployments/filter", {})) == 5 and found, process)
        by_name = {each["name"]: each for each in deployments}
        assert set(by_name) == {"nightly", "backfill", "reprocess", "maintain", "watch"}
        crons = {schedule["schedule"]["cron"]: schedule["schedule"] for schedule in by_name["nightly"]["schedules"]}
        assert SCHEDULED in crons
        assert {schedule["timezone"] for schedule in crons.values()} == {"Asia/Shanghai"}
        assert "sources" in by_name["reprocess"]["parameter_openapi_schema"]["properties"]

        second = subprocess.run([*COMMAND, "serve"], env=told, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (second.returncode, "runs already" in second.stderr) == (1, True)

        (scheduled,) = until(lambda: runs(home, "nightly", "RUNNING"), process)
        assert scheduled["auto_scheduled"]
        os.killpg(process.pid, signal.SIGKILL)  # in the middle of a night, with its crawls
        process.wait()
    left = prefect_server.find(home)
    assert left
    for name, each in by_name.items():  # as a release left them whose modules lay elsewhere
        asked(home, f"deployments/{each['id']}", {"entrypoint": f"flows.{name}_of_old.{name}"}, "PATCH")
    assert {each["entrypoint"].split(".")[1] for each in asked(home, "deployments/filter", {})} == {
        f"{name}_of_old" for name in by_name
    }

    with serving(told) as process:
        store = Store.open(f"s3://{embedded_store.BUCKET}", embedded_store.start(home).environment())
        killed = run_id_of(FlowRun.model_validate(scheduled))
        # On a busy machine the nights of the next minutes come meanwhile, and end at once or have the documents.
        night = until(lambda: next((each for each in told_of(store) if each.instead_of == killed), None), process)
        assert prefect_server.find(home) == left
        assert (night.succeeded, [source.source_id for source in night.sources]) == (True, ["company"])
        assert sum(each.total("documents") for each in told_of(store)) > 5
        shown = until(lambda: store.find(f"runs/{night.run_id}.html"), process)  # written last
        assert f"Run {night.instead_of} was ended" in shown.decode()
        assert not [run for run in runs(home, "nightly", "RUNNING") if run["id"] == scheduled["id"]]

        form = {"parameters": {"sources": ["company"], "dry_run": True}}
        by_hand = asked(home, f"deployments/{by_name['reprocess']['id']}/create_flow_run", form)
        until(lambda: by_hand["id"] in [run["id"] for run in runs(home, "reprocess", "RUNNING")], process)
        process.send_signal(signal.SIGTERM)  # in the middle of what somebody asked for
        assert process.wait() == 0
        assert not left.lives

    with serving(told) as process:
        (done,) = until(lambda: runs(home, "reprocess", "COMPLETED"), process)
        assert done["parameters"]["sources"] == ["company"]
        assert done["id"] != by_hand["id"]
        (shown,) = asked(home, "artifacts/filter", {"artifacts": {"key": {"any_": ["reprocess"]}}})[-1:]
        assert "No document changes." in shown["data"]

        url = Corpus.open(store).documents().select("url").collect().item(0, 0)
        form = {"parameters": {"urls": [url]}}
        by_hand = asked(home, f"deployments/{by_name['backfill']['id']}/create_flow_run", form)
        until(lambda: runs(home, "backfill", "COMPLETED"), process)
        retry = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}}
        asked(home, f"flow_runs/{by_hand['id']}/set_state", retry)
        until(lambda: [run for run in runs(home, "backfill", "COMPLETED") if run["run_count"] == 2], process)
        name = run_id_of(FlowRun.model_validate(by_hand))
        first, again = [RunReport.model_validate_json(store.get(f"runs/{each}.json")) for each in (name, f"{name}-2")]
        assert (first.instead_of, again.instead_of) == ("", name)
        assert [(report.kind, report.total("skipped")) for report in (first, again)] == [("backfill", 1)] * 2

        assert_no_secret_is_told(home, store)
        server = prefect_server.find(home)
        assert server
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        assert not server.lives
