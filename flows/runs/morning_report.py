"""The morning report of a run, written beside its JSON (`runs/RUN.html`), and `gongbao report`, which shows it."""

import sys
from pathlib import Path

import polars as pl

from flows import settings
from flows.terminal import logs
from pipeline.core.conservation import RunReport, markdown
from pipeline.core.errors import ConfigError
from pipeline.core.language import TAGS, spoken
from pipeline.core.source import load_all
from pipeline.corpus.corpus import Corpus
from pipeline.report import morning_figures, morning_page, run_reports
from pipeline.report.suspicion import MorningRules
from pipeline.store import keys
from pipeline.store.s3 import Store


def write(store: Store, report: RunReport, config: Path) -> str:
    """Write the page; its key."""
    key = keys.run_page(report.run_id)
    store.put(key, _made(store, report, config))
    return key


def page(store: Store, run_id: str, config: Path) -> bytes:
    """The page that a run left; made now for one that failed before it came to it, and for who speaks another language.

    StoreError if no such run ended.
    """
    left = store.find(keys.run_page(run_id))
    ours = left and f'<html lang="{TAGS[spoken()]}">'.encode() in left
    return left if left and ours else _made(store, run_reports.report(store, run_id), config)


def _made(store: Store, report: RunReport, config: Path) -> bytes:
    rules = MorningRules.load(config)
    # A known document whose cluster changed bears the run's id too, but its bytes came in another one.
    came = (pl.col("run_id") == report.run_id) & pl.col("landing").struct.field("key").str.contains(
        report.run_id, literal=True
    )
    rows = Corpus.open(store).scan().filter(came).select(morning_figures.COLUMNS).collect(engine="streaming")
    found = morning_figures.figures(rows.iter_rows(named=True), rules)
    names = {each.id: each.name for each in load_all(settings.from_environment().sources)}
    return morning_page.html(report, found, _nights_before(store, report.run_id, rules), rules, names).encode()


def _nights_before(store: Store, run_id: str, rules: MorningRules) -> list[RunReport]:
    earlier = [each for each in keys.ended_runs(store) if each < run_id][: rules.nights]
    return [report for report in run_reports.reports(store, earlier[::-1]) if report.kind == "nightly"]


def show(run: str, html: Path | None) -> None:
    """Print the report of a run, or of the last, for people; with `html` write its page there."""
    known = settings.from_environment()
    store = settings.open_store(known)
    ended = [each for each in keys.ended_runs(store) if run in ("", each)]
    if not ended:
        raise ConfigError(f"no report of run {run!r}" if run else "no run has ended yet")
    reports = (run_reports.report(store, each) for each in ended)
    # what a night has read anew by what it learned has a report of its own, and is not what people ask for
    report = next((each for each in reports if run or each.kind != "reprocess"), None) or run_reports.report(
        store, ended[0]
    )
    sys.stdout.write(logs.shown(markdown(report)))
    if html:
        html.write_bytes(page(store, report.run_id, known.config))
