"""`gongbao read` and `gongbao status`: the corpus and the runs, for people and for pipes. Starts no Prefect."""

import csv
import json
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from rich.table import Table

from flows import console, settings
from pipeline import fetches
from pipeline.corpus import Corpus
from pipeline.report import RunReport
from pipeline.source import load_all
from pipeline.store import Store

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_IN_TABLE = 20
_MACHINE = ("shingle_keys", "charset", "evidence")  # columns of no use to a reader of JSON lines or CSV
_LAST_RUNS = 5


def read(*, form: str | None, limit: int, filters: dict[str, Any]) -> None:
    """Print the documents that pass the filters, newest first."""
    filters |= {name: _local(filters[name]) for name in ("since", "until")}
    corpus = Corpus.open(settings.open_store(settings.from_environment()))
    form = form or ("table" if sys.stdout.isatty() else "json")
    rows = corpus.documents(**filters).sort(pl.coalesce("published_at", "first_fetched_at"), descending=True)
    if limit or form == "table":
        rows = rows.limit(limit or _IN_TABLE)
    if form == "table":
        total = corpus.documents(**filters).select(pl.len()).collect().item()
        _table(rows.select("published_at", "source_id", "lang", "title", "text", "doc_id").collect(), total)
        return
    shown = rows.drop(*_MACHINE).collect(engine="streaming")
    if form == "json":
        for row in shown.iter_rows(named=True):
            console.emit(row)
    else:
        flat = csv.writer(sys.stdout)
        flat.writerow(shown.columns)
        flat.writerows([_cell(value) for value in row] for row in shown.iter_rows())


def status() -> None:
    """Print the corpus, its sources and the last runs."""
    known = settings.from_environment()
    store = settings.open_store(known)
    corpus = Corpus.open(store)
    counts = corpus.scan().select(
        pl.len().alias("rows"),
        (pl.col("canonical_id").is_null() & pl.col("withdrawn_at").is_null()).sum().alias("documents"),
        pl.col("canonical_id").is_not_null().sum().alias("reposts"),
        pl.col("withdrawn_at").is_not_null().sum().alias("withdrawn"),
    ).collect().row(0, named=True)  # fmt: skip
    console.out.print(
        f"corpus {store.url}, version {corpus.version}: {counts['documents']} documents, {counts['reposts']} reposts, "
        f"{counts['withdrawn']} withdrawn"
    )
    _sources(known, store)
    for report in last_runs(store, _LAST_RUNS):
        state = "went well" if report.succeeded else "needs a look"
        took = (report.ended_at - report.started_at).total_seconds()
        console.out.print(
            f"{report.run_id}  {report.kind}, {took:.0f} s, {state}: {report.total('documents')} documents, "
            f"{report.total('reposts')} reposts, {report.total('failed')} failed"
        )
        for source in report.broken:
            console.out.print(f"    {source.source_id}: {source.cause} {source.detail}", style="red", markup=False)


def last_runs(store: Store, count: int) -> list[RunReport]:
    """The reports of the last runs, newest first."""
    keys = [key for key in store.list("runs/") if key.endswith(".json") and key.count("/") == 1]
    return [RunReport.model_validate(json.loads(store.get(key))) for key in sorted(keys, reverse=True)[:count]]


def _sources(known: settings.Settings, store: Store) -> None:
    seen = {row["source_id"]: row for row in fetches.of_sources(store).to_dicts()}
    table = Table(box=None, header_style="dim")
    for name in ("source", "enabled", "known articles", "last fetch"):
        table.add_column(name, justify="right" if name == "known articles" else "left")
    configured = {source.id: source for source in load_all(known.sources)}
    for source_id in sorted(configured.keys() | seen.keys()):
        row, source = seen.get(source_id), configured.get(source_id)
        enabled = "not configured" if source is None else "yes" if source.enabled else "no"
        table.add_row(source_id, enabled, str(row["known"] if row else 0), _when(row["last_fetch"]) if row else "never")
    console.out.print(table)


def _table(rows: pl.DataFrame, total: int) -> None:
    table = Table(box=None, header_style="dim")
    for name in ("published", "source", "lang", "title", "characters", "doc_id"):
        table.add_column(name, overflow="ellipsis", no_wrap=True, max_width=60)
    for row in rows.iter_rows(named=True):
        length = str(len(row["text"] or ""))
        table.add_row(_when(row["published_at"]), row["source_id"], row["lang"], row["title"], length, row["doc_id"])
    console.out.print(table)
    console.say(f"{rows.height} of {total} documents; --limit N for more, --format json for all of them")


def _when(at: datetime | None) -> str:
    return at.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else "–"


def _local(day: datetime | None) -> datetime | None:
    """A day that a person typed is one of Asia/Shanghai."""
    return day.replace(tzinfo=_SHANGHAI) if day else None


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False, default=console.plain) if isinstance(value, list | dict) else value
