"""The morning report of a run, written beside its JSON (`runs/RUN.html`), and `gongbao report`, which shows it."""

import sys
from pathlib import Path

import polars as pl

from flows import settings
from pipeline import morning
from pipeline.corpus import Corpus
from pipeline.errors import ConfigError
from pipeline.report import RunReport, markdown
from pipeline.store import Store
from pipeline.suspicion import MorningRules


def write(store: Store, report: RunReport, config: Path) -> str:
    """Write the page; its key."""
    rules = MorningRules.load(config)
    # A known document whose cluster changed bears the run's id too, but its bytes came in another one.
    came = (pl.col("run_id") == report.run_id) & pl.col("landing").struct.field("key").str.contains(
        report.run_id, literal=True
    )
    rows = Corpus.open(store).scan().filter(came).select(morning.COLUMNS).collect(engine="streaming")
    found = morning.figures(rows.iter_rows(named=True), rules)
    key = f"runs/{report.run_id}.html"
    store.put(key, morning.html(report, found, _nights_before(store, report.run_id, rules), rules).encode())
    return key


def _nights_before(store: Store, run_id: str, rules: MorningRules) -> list[RunReport]:
    keys = [key for key in store.list("runs/") if key.endswith(".json") and key.count("/") == 1]
    earlier = sorted(key for key in keys if key < f"runs/{run_id}.json")[-rules.nights :]
    reports = [RunReport.model_validate_json(store.get(key)) for key in earlier]
    return [report for report in reports if report.kind == "nightly"]


def show(run: str, html: Path | None) -> None:
    """Print the report of a run, or of the last, for people; with `html` write its page there."""
    store = settings.open_store(settings.from_environment())
    keys = sorted(key for key in store.list("runs/") if key.endswith(".json") and key.count("/") == 1)
    wanted = [key for key in keys if not run or key == f"runs/{run}.json"]
    if not wanted:
        raise ConfigError(f"no report of run {run!r}" if run else "no run has ended yet")
    report = RunReport.model_validate_json(store.get(wanted[-1]))
    sys.stdout.write(markdown(report))
    if html:
        html.write_bytes(store.get(f"runs/{report.run_id}.html"))
