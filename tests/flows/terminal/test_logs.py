"""What is said where there is no terminal: one object of JSON a line."""

import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta

from flows.terminal.logs import Lines
from tests.makers.places import ROOT


def record(message: str, **more: str) -> logging.LogRecord:
    made = logging.LogRecord("prefect.task_runs", logging.WARNING, __file__, 1, message, (), None)
    made.__dict__ |= more
    return made


def test_a_record_is_one_line_whatever_it_says() -> None:
    line = Lines().format(record('二行\nund "quotes"', flow_run_name="nightly 1", task_run_name="crawl ministry"))
    assert "\n" not in line
    told = json.loads(line)
    assert datetime.fromisoformat(told.pop("time")).utcoffset() == timedelta()
    assert told == {
        "level": "warning", "logger": "prefect.task_runs", "message": '二行\nund "quotes"', "run": "nightly 1",
        "task": "crawl ministry",
    }  # fmt: skip


def test_an_error_keeps_its_trace() -> None:
    made = record("failed")
    try:
        raise ValueError("why")
    except ValueError:
        made.exc_info = sys.exc_info()
    assert "ValueError: why" in json.loads(Lines().format(made))["error"]


def test_a_command_that_is_called_wrongly_says_so_in_a_line_of_the_log() -> None:
    command = [sys.executable, "-m", "flows.cli.main", "backfill", "ftp://127.0.0.1/"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    (told,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, told["level"]) == (2, "error")
    assert "not an http(s) URL" in told["message"]
