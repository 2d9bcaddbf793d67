"""The morning report of a run, written beside its JSON (`runs/RUN.html`), and `gongbao report`, which shows it."""

import sys
from pathlib import Path

import polars as pl

from flows import settings
from pipeline import morning, morning_page, runs
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
    store.put(key, morning_page.html(report, found, _nights_before(store, report.run_id, rules), rules).encode())
    return key


def _nights_before(store: Store, run_id: str, rules: MorningRules) -> list[RunReport]:
    earlier = [each for each in runs.ids(store) if each < run_id][: rules.nights]
    return [report for report in runs.reports(store, earlier[::-1]) if report.kind == "nightly"]


def show(run: str, html: Path | None) -> None:
    """Print the report of a run, or of the last, for people; with `html` write its page there."""
    store = settings.open_store(settings.from_environment())
    wanted = next((each for each in runs.ids(store) if run in ("", each)), None)
    if wanted is None:
        raise ConfigError(f"no report of run {run!r}" if run else "no run has ended yet")
    sys.stdout.write(markdown(runs.report(store, wanted)))
    if html:
        html.write_bytes(store.get(f"runs/{wanted}.html"))
