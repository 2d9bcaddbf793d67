"""The commands on the corpus: what each is called and takes. Each does its work in a module of its own, loaded when asked for."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)
_COUNT = click.IntRange(min=0)
_FAILED = 1
_SNAPSHOT = "A version, a day, or a run; unset: the newest."


_ATTACHMENTS = click.option("--attachments", is_flag=True, help="The files that articles name, too.")


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose documents."""
    options = (
        click.option("--since", default="", help="Published on or after it: 2026-01-04, yesterday, 7d."),
        click.option("--until", default="", help="Published before it."),
        click.option("--source", "sources", multiple=True),
        click.option("--lang", "languages", multiple=True),
        click.option("--publisher", default=""),
        click.option("--text", "contains", default="", help="Stands in the title or the text."),
        click.option("--every", is_flag=True, help="Reposts and withdrawn documents too."),
        _ATTACHMENTS,
        click.option("--snapshot", default="", help=_SNAPSHOT),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_filters
@click.option("--latest", is_flag=True, help="Of documents that extend each other the newest alone.")
@click.option("--limit", default=0, type=_COUNT, help="At most so many, newest first; 0: all (20 in a table).")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]),
              help="Unset: table on a terminal, json elsewhere.")  # fmt: skip
@click.option("--count", "by", type=click.Choice(["month", "source_id", "lang", "publisher", "kind"]),
              help="Only how many there are for each of these.")  # fmt: skip
@click.option("--full", is_flag=True, help="Of long tables the whole text.")
@click.option("--bom", is_flag=True, help="With --format csv: the mark at the beginning by which Excel knows UTF-8.")
def read(limit: int, form: str | None, by: str | None, full: bool, bom: bool, **filters: Any) -> None:
    """Documents of the corpus, newest first."""
    from flows.commands import read as reading

    if by:
        return reading.count(by, form, filters)
    return reading.read(form=form, limit=limit, full=full, bom=bom, filters=filters)


@click.command()
@click.argument("folder", type=_PATH)
@_filters
@click.option("--format", "form", type=click.Choice(["parquet", "jsonl"]), default="parquet", show_default=True)
@click.option("--check", is_flag=True, help="Write nothing; compare the files with the manifest's digests.")
@click.option(
    "--warc", is_flag=True, help="What was fetched, as WARC files; --since and --until are days of the fetch."
)
def export(folder: Path, form: str, check: bool, warc: bool, **filters: Any) -> None:
    """Documents as shards in FOLDER with a manifest of digests; stopped, it goes on where it was."""
    if warc:
        from flows.commands import archives

        asked = {name for name, value in filters.items() if value} - {"sources", "since", "until"}
        if check or asked:
            raise click.UsageError("--warc goes with --source, --since and --until alone")
        return archives.export_archives(folder, filters["sources"], filters["since"], filters["until"])
    from flows.commands import read as reading

    sys.exit(0 if reading.export(folder, form, filters, check=check) else _FAILED)


@click.command()
@click.option(
    "--since", default="", help="Where a reader without a cursor begins: a version or a date; unset: at the very first."
)
@click.option("--cursor", type=_PATH, help="File that keeps how far a reader has come; made if there is none.")
@click.option("--commit", is_flag=True, help="All that was told is done with: move the cursor.")
@click.option("--every", is_flag=True, help="Reposts too, not canonical documents alone.")
@_ATTACHMENTS
def changes(since: str, cursor: Path | None, commit: bool, every: bool, attachments: bool) -> None:
    """What was added, revised and withdrawn, each document once, as JSON lines."""
    from flows.commands import read as reading

    reading.changes(since, cursor, commit=commit, every=every, attachments=attachments)


@click.command()
@click.argument("before")
@click.argument("after", default="")
@click.option("--limit", default=20, type=_COUNT, show_default=True, help="Lines of at most so many documents; 0: all.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def diff(before: str, after: str, limit: int, as_json: bool) -> None:
    """Documents added, changed and gone from snapshot BEFORE to AFTER (the newest), with their lines."""
    from flows.commands import read as reading

    reading.diff(before, after, limit, as_json=as_json)


@click.command()
@click.option("--snapshot", default="", help=_SNAPSHOT)
@click.option("--html", "html", type=_PATH, help="Write it as a page of HTML with plots.")
def card(snapshot: str, html: Path | None) -> None:
    """The data card of a snapshot as Markdown."""
    from flows.commands import read as reading

    reading.card(snapshot, html)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, type=_COUNT, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--rebuild", is_flag=True, help="Make the index anew first.")
def search(words: tuple[str, ...], limit: int, as_json: bool, rebuild: bool) -> None:
    """Documents that hold all WORDS, best first; "quoted" words stand side by side."""
    from flows.commands import read as reading

    reading.search(" ".join(words), limit, as_json=as_json, rebuild=rebuild)


@click.command("plain-files")
@click.argument("runs", nargs=-1)
def plain_files(runs: tuple[str, ...]) -> None:
    """Make the plain files of nights (RUNS, or all that are missing) from their commits."""
    from flows.commands import maintain as maintaining

    maintaining.plain_files(runs)


@click.command()
def maintain() -> None:
    """Compact, checkpoint and vacuum; safe while a night runs."""
    from flows.commands import maintain as maintaining

    sys.exit(0 if maintaining.maintain() else _FAILED)


@click.command()
@click.argument("document")
@click.option("--reason", required=True, help="Why, for the record; such as the number of the request.")
@click.option("--reposts", is_flag=True, help="The documents that say the same too.")
def forget(document: str, reason: str, reposts: bool) -> None:
    """Remove the text of DOCUMENT, a URL or doc_id, from everything in the store for good, and prove it."""
    from flows.commands import forget as forgetting

    sys.exit(0 if forgetting.forget(document, reason, reposts=reposts) else _FAILED)


@click.command()
@click.option("--source", "sources", multiple=True)
@click.option("--since", default="", help="Fetched on or after this day.")
@click.option("--until", default="", help="Fetched before this day.")
@click.option("--dry-run", is_flag=True, help="Show what would change, by source, with examples; publish nothing.")
@click.option("--accept", is_flag=True, help="Publish whatever changes.")
def reprocess(sources: tuple[str, ...], since: str, until: str, dry_run: bool, accept: bool) -> None:
    """Make documents of stored landing files again, with nothing fetched; published when accepted."""
    from flows.commands import reprocess as reprocessing

    sys.exit(0 if reprocessing.reprocess(sources, since, until, dry_run=dry_run, accept=accept) else _FAILED)


@click.command()
@click.argument("run")
@click.option("--dry-run", is_flag=True, help="Only show what would be put back.")
def rollback(run: str, dry_run: bool) -> None:
    """Put back what RUN changed in the corpus, where nothing changed it since."""
    from flows.commands import maintain as maintaining

    maintaining.rollback(run, dry_run=dry_run)


@click.command()
@click.argument("page")
def accept(page: str) -> None:
    """Publish the new text of PAGE, a URL or doc_id, that was held because it keeps too little of the one before."""
    from flows.commands import maintain as maintaining

    maintaining.accept(page)


COMMANDS = (accept, read, export, changes, diff, card, search, plain_files, maintain, forget, reprocess, rollback)
