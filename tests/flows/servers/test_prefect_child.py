"""Prefect's server of one command: two at once on a database that is not there yet, a kill, a database that is not ours."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flows.servers import processes
from tests.makers.places import ROOT
from tests.makers.servers.waiting import until

pytestmark = pytest.mark.slow
COMMAND = """
import sys
from pathlib import Path
from flows.servers import prefect_child
api, wait = prefect_child.start(Path(sys.argv[1]))
wait()
print(api, flush=True)
sys.stdin.read()
"""


def begin(home: Path) -> "subprocess.Popen[str]":
    quiet = {"PREFECT_HOME": str(home / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(home)],
        env=os.environ | quiet, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True,
    )  # fmt: skip


def child_of(process: "subprocess.Popen[str]") -> tuple[int, str]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True)
    (pid,) = found.stdout.split()
    return int(pid), processes.began(int(pid))


def test_two_commands_at_once_have_servers_that_end_with_them_however_they_end(tmp_path: Path) -> None:
    first, second = begin(tmp_path), begin(tmp_path)
    assert first.stdout
    assert second.stdout
    apis = [first.stdout.readline(), second.stdout.readline()]
    assert all(api.startswith("http://127.0.0.1:") for api in apis), (tmp_path / "prefect.log").read_text()
    assert len(set(apis)) == 2
    children = child_of(first), child_of(second)
    assert all(began for _, began in children)
    first.send_signal(signal.SIGKILL)
    second.communicate()
    assert second.returncode == 0
    until(lambda: all(processes.began(pid) != began for pid, began in children))
    first.communicate()

    with sqlite3.connect(tmp_path / "prefect" / "prefect.db") as held:
        held.execute("UPDATE alembic_version SET version_num = 'of another Prefect'")
    stale = begin(tmp_path)
    _, said = stale.communicate()
    assert stale.returncode == 1
    assert f"Prefect's server does not start; {tmp_path / 'prefect.log'} says why" in said
    assert "of another Prefect" in (tmp_path / "prefect.log").read_text()
