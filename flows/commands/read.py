"""`gongbao read` and what else tells of the corpus, for people and for pipes. Starts no Prefect."""

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import xxhash
from rich.table import Table
from rich.text import Text

from flows import settings
from flows.terminal import logs, moments, output
from pipeline.core.dates import minute
from pipeline.core.errors import ConfigError
from pipeline.corpus import diff as comparing
from pipeline.corpus import export as exporting
from pipeline.corpus.changes import Change, Changes
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.export import MACHINE
from pipeline.corpus.search import Index, tokens
from pipeline.report import card as cards
from pipeline.store.tables import HistoryGone

_IN_TABLE = 20
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # begin what spreadsheets compute
_IN_COLUMNS = {"published": 10, "source": 10, "lang": 7, "title": 24, "length": 6, "doc_id": 8}  # least widths


def read(*, form: str | None, limit: int, full: bool, bom: bool, filters: dict[str, Any]) -> None:
    """Print the documents that pass the filters, newest first; month by month, so that any corpus fits the memory.

    With `full` the text of a long table is the whole, which takes a request each.
    """
    corpus, wanted = _asked(filters)
    form = form or ("table" if sys.stdout.isatty() else "json")
    if form == "table":
        shown = ("published_at", "source_id", "lang", "title", "text", "doc_id")
        rows = pl.concat(list(corpus.newest(limit or _IN_TABLE, **wanted)), how="vertical").select(shown)
        total = corpus.documents(**wanted).select(pl.len()).collect(engine="streaming").item()
        return _table(rows, total)
    frames = corpus.newest(limit, **wanted)
    frames = (_whole(frame, corpus) for frame in frames) if full else frames
    if form == "parquet":
        return _parquet(frames)
    if form == "csv":
        sys.stdout.write("\ufeff" if bom else "")
        columns = [column for column in corpus.columns if column not in MACHINE]
        return _csv(columns, (row for frame in frames for row in frame.select(columns).iter_rows()))
    for frame in frames:
        for row in frame.drop(MACHINE).iter_rows(named=True):
            output.emit(row)
    return None


def _csv(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    flat = csv.writer(sys.stdout)
    flat.writerow(columns)
    for row in rows:
        flat.writerow(map(_cell, row))


def count(by: str, form: str | None, filters: dict[str, Any]) -> None:
    """Print how many documents there are for each value of a column."""
    corpus, wanted = _asked(filters)
    found = corpus.count(by, **wanted)
    if (form or ("table" if sys.stdout.isatty() else "json")) == "table":
        table = Table(box=None, header_style="dim")
        table.add_column(by)
        table.add_column("documents", justify="right")
        for value, number in found.iter_rows():
            table.add_row(str(value if value is not None else "–"), str(number))
        output.out.print(table)
    elif form == "csv":
        _csv(found.columns, found.iter_rows())
    else:
        sys.stdout.write(logs.in_json(found.write_ndjson()))


def export(folder: Path, form: Any, filters: dict[str, Any], *, check: bool) -> bool:
    """Write the documents as shards, or with `check` compare shards with their manifest; whether all is as it must be."""
    if check:
        broken = exporting.wrong(folder)
        for name in broken:
            output.say(f"{name} is missing or is not what the manifest says")
        if not broken:
            output.say(f"{folder}: every shard is what the manifest says")
        return not broken
    corpus, wanted = _asked(filters)
    started = time.monotonic()
    with output.bar(f"export version {corpus.version}", None) as advance:
        manifest = exporting.export(
            corpus, folder, form, wanted, lambda done, of: advance(note=f"{done} of {of} shards")
        )
    size = sum(shard.bytes for shard in manifest.shards)
    output.say(
        f"{manifest.documents} documents of version {manifest.version} in {len(manifest.shards)} shards, "
        f"{size / 1e6:.0f} MB, {time.monotonic() - started:.1f} s; digests in {folder / 'manifest.json'}"
    )
    return True


def changes(since: str, cursor: Path | None, *, commit: bool, every: bool, attachments: bool) -> None:
    """Print the changes, or say that those told before are done with."""
    if commit and (since or not cursor or not cursor.exists()):
        raise ConfigError("--commit goes with the --cursor that the changes were told to, and with nothing else")
    corpus = Corpus.open(settings.open_store(settings.from_environment()))
    found = corpus.changes(moments.since(since) if since else None, cursor, every=every, attachments=attachments)
    if commit:
        found.commit()
        return output.say(f"the cursor stands at version {found.until}")
    for change in _told(found, cursor):
        row = {name: value for name, value in change.document.items() if name not in MACHINE}
        output.emit({"change": change.what, "why": change.why, "range": found.id} | row)
    counts = ", ".join(f"{number} {what}" for what, number in found.counts().items())
    told = f"; `gongbao changes --cursor {cursor} --commit` when they are done with" if cursor else ""
    return output.say(f"versions {found.since} to {found.until}: {counts}{told}")


def diff(before: str, after: str, limit: int, *, as_json: bool) -> None:
    """Print what changed between two snapshots, with the lines of the first documents."""
    store = settings.open_store(settings.from_environment())
    older, newer = moments.snapshot(store, before), moments.snapshot(store, after)
    found = comparing.compare(older, newer)
    if as_json:
        for each in found.differences(limit):
            output.emit(each.row())
    else:
        output.show_differences(found.differences(limit))
    for source_id, counts in found.by_source().items():
        output.say(f"{source_id}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))
    output.say(
        f"from version {older.version} to {newer.version}: "
        + ", ".join(f"{n} {what}" for what, n in found.counts().items())
    )


def card(snapshot: str, html: Path | None) -> None:
    """Print the data card of a snapshot, and write it as HTML."""
    store = settings.open_store(settings.from_environment())
    facts = cards.facts(moments.snapshot(store, snapshot))
    if html:
        html.write_text(cards.html(facts), encoding="utf-8")
    sys.stdout.write(logs.shown(cards.markdown(facts)))


def _told(found: Changes, cursor: Path | None) -> Iterator[Change]:
    """The changes; where their history is gone, what a reader does now."""
    try:
        yield from found
    except HistoryGone as gone:
        how = "with a new --cursor" if cursor else "without --since"
        raise HistoryGone(f"{gone}: begin anew {how}, and every document is told as added") from gone


def _whole(frame: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """The rows with the whole text of those that hold its beginning only."""
    long = frame.filter(pl.col("full_text").is_not_null())
    if long.is_empty():
        return frame
    texts = {row["doc_id"]: corpus.full_text(row) for row in long.iter_rows(named=True)}
    whole = pl.col("doc_id").replace_strict(texts, default=None, return_dtype=pl.String)
    return frame.with_columns(text=pl.coalesce(whole, "text"))


def _table(rows: pl.DataFrame, total: int) -> None:
    table = Table(box=None, header_style="dim")
    for name, least in _IN_COLUMNS.items():
        table.add_column(name, overflow="ellipsis", no_wrap=True, min_width=least, max_width=60)
    for row in rows.iter_rows(named=True):
        length = str(len(row["text"] or ""))
        table.add_row(
            minute(row["published_at"])[:10] or "–",
            row["source_id"],
            row["lang"],
            row["title"],
            length,
            row["doc_id"],
        )
    output.out.print(table)
    output.say(f"{rows.height} of {total} documents; --limit N for more, --format json for all of them")


def _asked(filters: dict[str, Any]) -> tuple[Corpus, dict[str, Any]]:
    """The snapshot that was asked for, and the filters as `Corpus.documents` takes them."""
    wanted = {name: value for name, value in filters.items() if name != "snapshot"}
    wanted |= {name: moments.when(wanted[name]) if wanted[name] else None for name in ("since", "until")}
    return moments.snapshot(settings.open_store(settings.from_environment()), filters["snapshot"]), wanted


def _parquet(frames: Iterator[pl.DataFrame]) -> None:
    """One Parquet file on standard output, a row group a month."""
    if sys.stdout.isatty():
        raise ConfigError("Parquet is nothing for a terminal; send it to a file")
    writer = None
    for frame in frames:
        table = frame.to_arrow()
        writer = writer or pq.ParquetWriter(sys.stdout.buffer, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def _cell(value: object) -> object:
    """A cell that a spreadsheet takes for a value and never for a formula."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=output.plain)
    if not isinstance(value, str):
        return value
    return logs.shown(f"'{value}" if value.startswith(_FORMULAS) else value)


def search(asked: str, limit: int, *, as_json: bool, rebuild: bool) -> None:
    """Print the documents that fit best."""
    if not tokens(asked):
        raise ConfigError(f"no word to search for: {asked!r}")
    known = settings.from_environment()
    corpus = Corpus.open(settings.open_store(known))
    index = Index(known.home / "search" / f"{xxhash.xxh3_64_hexdigest(corpus.store.url.encode())}.sqlite")
    with output.bar("index", None) as step:
        read = index.sync(corpus, rebuild=rebuild, step=lambda done, total: step(0, f"{done} / {total}"))
    if read:
        output.say(f"index brought to version {corpus.version}: {read} documents")
    found = index.search(corpus, asked, limit)
    if not found:
        output.say(f"nothing in version {corpus.version} holds any of {asked}")
    elif not found[0].whole:
        output.say(f"nothing in version {corpus.version} holds all of {asked}; these hold some of it")
    for hit in found:
        if as_json or not sys.stdout.isatty():
            output.emit(asdict(hit))
            continue
        output.raw.print(
            Text.assemble(
                (hit.title, "bold"), f"  {hit.source_id}  {output.plain(hit.published_at) if hit.published_at else ''}"
            )
        )
        output.raw.print(Text(f"  …{hit.around}…\n  {hit.url}  {hit.doc_id}", style="dim"))
