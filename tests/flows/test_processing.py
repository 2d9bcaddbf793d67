"""One page, and one process, ends no night: what is too expensive is named, what was killed is done again."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.runs import processing
from pipeline.core.errors import GongbaoError
from pipeline.store import staging
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

NOW = datetime(2026, 1, 4, 2, 3, 4, tzinfo=UTC)
SENTENCE = "全市各单位要认真学习贯彻会议精神，结合实际抓好落实，确保各项任务按期完成。"
GOOD = f"<html><head><title>关于做好第{{0}}批试点工作的通知</title></head><body><h1>关于做好第{{0}}批试点工作的通知</h1><p>{SENTENCE * 6}</p><p>{SENTENCE * 4}</p></body></html>"
ENDLESS = "<html><body>" + "".join(f"<div><p>第{n}条 {SENTENCE}</p>" for n in range(150_000)) + "</body></html>"


def landed(store: Store, *pages: str) -> str:
    writer = LandingWriter(store=store, source_id="ministry", run_id="run", day=date(2026, 1, 4))
    for number, page in enumerate(pages):
        url = f"https://www.example.gov.cn/{number}.html"
        headers = [("Content-Type", "text/html; charset=utf-8")]
        writer.write(Capture(kind="article", url=url, requested_url=url, source_id="ministry", status=200,
                             headers=headers, body=page.encode(), fetched_at=NOW))  # fmt: skip
    writer.close()
    return writer.keys[0]


@pytest.fixture
def configured(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store, and a configuration in which a page may take two seconds."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    (config / "limits.yaml").write_text("cpu_seconds: 2\nmemory_mb: 512\n")
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    monkeypatch.setenv("GONGBAO_CONFIG", str(config))
    return config


@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_page_that_is_too_expensive_is_rejected_and_those_behind_it_are_not(
    store: Store, configured: Path, monkeypatch: pytest.MonkeyPatch, processes: str
) -> None:
    monkeypatch.setenv("GONGBAO_PROCESSES", processes)
    key = landed(store, ENDLESS, *(GOOD.format(n) for n in range(3)))
    assert processing.in_pool(processing.process_landing, key, "run") == {"rejected:too_expensive": 1, "document": 3}
    (stopped,) = [row for row in staging.read(store, "run") if row["outcome"] == "rejected"]
    assert stopped["url"].endswith("/0.html")
    assert stopped["detail"] == "more than 2 seconds of computing"


def worker() -> int:
    return os.getpid()


def killed_once(mark: str) -> str:
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return mark


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def waits(for_: str) -> str:
    while not Path(for_).exists():
        time.sleep(0.05)
    return for_


def test_a_worker_that_is_killed_fails_nothing(
    configured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGBAO_PROCESSES", "2")
    told: list[str] = []
    beside = threading.Thread(target=lambda: told.append(processing.in_pool(waits, str(tmp_path / "mark"))))
    beside.start()
    assert processing.in_pool(killed_once, str(tmp_path / "mark")) == str(tmp_path / "mark")
    beside.join()
    assert told == [str(tmp_path / "mark")], "what the others were at is done again, too"
    with pytest.raises(GongbaoError, match="killed twice"):
        processing.in_pool(killed)
    assert processing.in_pool(worker) != os.getpid()


FLOW = """
import os, sys, threading, time
from flows.runs import processing
from tests.flows.test_processing import worker, waits
if __name__ == "__main__":
    print(processing.in_pool(worker), flush=True)
    if sys.argv[1] == "busy":
        threading.Thread(target=processing.in_pool, args=(waits, "never")).start()
    time.sleep(600)
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("how", ["idle", "busy"])
def test_workers_end_with_the_process_that_used_them(
    configured: Path, tmp_path: Path, how: str, by: signal.Signals
) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GONGBAO_PROCESSES": "1"}
    flow = subprocess.Popen(
        [sys.executable, tmp_path / "flow.py", how], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )
    assert flow.stdout
    pid = int(flow.stdout.readline())
    flow.send_signal(by)
    flow.wait()
    while Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
        time.sleep(0.05)
