"""The command line: what a command is called and takes. Each does its work in a module of its own, loaded when asked for."""

import atexit
import gc
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from flows import settings
from flows.cli import alarms, project, spoken_help
from flows.cli import corpus as corpus_cli
from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.language import t

_FAILED, _WRONG_CALL = 1, 2
_PATH = click.Path(path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gongbao")
def cli() -> None:
    """A nightly, clean, deduplicated corpus of Chinese government and industry news."""


@cli.command()
@click.argument("sources", nargs=-1)
def run(sources: tuple[str, ...]) -> None:
    """Crawl SOURCES (all that are enabled), clean, dedupe, publish."""
    from flows.commands import run as running

    sys.exit(0 if running.run(sources).succeeded else _FAILED)


@cli.command()
@click.argument("urls", nargs=-1)
@click.option("--file", "file", type=_PATH, help="A file of URLs, one a line.")
@click.option(
    "--source", default="", help="With --since: what this source published; with URLS: fetch them as its own."
)
@click.option("--since", type=_DAY, help="From this day on, YYYY-MM-DD.")
@click.option("--until", type=_DAY, help="Up to and with this day; without it up to today.")
@click.option("--landing", default="", help="Fetch nothing: publish what lies in landing files with this prefix.")
@click.option("--force", is_flag=True, help="Fetch again what is known already.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of a table.")
def backfill(urls: tuple[str, ...], since: datetime | None, until: datetime | None, **options: Any) -> None:
    """Publish URLS, what a source published on some days, or landing files, like a night; an answer for each page.

    Exit code 1 if anything could not be fetched. Pages that are rejected are no failure.
    """
    from flows.commands import backfill as backfilling

    first, last = (day.date() if day else None for day in (since, until))
    sys.exit(0 if backfilling.command(urls, since=first, until=last, **options) else _FAILED)


@cli.command()
def serve() -> None:
    """Run what config/schedules.yaml says, with Prefect's UI, until stopped."""
    from flows.commands import serve as serving

    serving.serve()


@cli.command()
@click.option("--nights", default=3, show_default=True, type=click.IntRange(1, 3))
def demo(nights: int) -> None:
    """The whole path on the bundled sample sites, checked against what they really say."""
    from flows.samples import demo as demonstration

    sys.exit(0 if demonstration.demo(nights) else _FAILED)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=str)
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of text.")
@click.option("--url", default="", help="The address that the page came from.")
def extract(paths: tuple[str, ...], as_json: bool, url: str) -> None:
    """Pages in (files, folders, URLs), documents out; touches no store."""
    from flows.commands import extract as extracting
    from flows.terminal import output

    pages: list[Path | str] = [path for path in paths if extracting.is_address(path)]
    pages += extracting.files_of([Path(path) for path in paths if not extracting.is_address(path)])
    for row in output.track(extracting.extract(pages, url), "extract", len(pages)):
        output.emit(row) if as_json else output.show_document(row)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of text.")
def clean(files: tuple[Path, ...], as_json: bool) -> None:
    """Plain texts in, one file an article, clean texts out, removed lines named."""
    from flows.commands import extract as extracting
    from flows.terminal import output

    found = extracting.files_of(files)
    for row in output.track(extracting.clean_texts(found), "clean", len(found)):
        output.emit(row) if as_json else output.show_document(row)


@cli.command()
@click.argument("new", type=_PATH)
@click.option("--against", required=True, type=_PATH, help="JSON lines of what is held already.")
@click.option("--within", is_flag=True, help="Judge the new texts against each other too.")
def dedupe(new: Path, against: Path, within: bool) -> None:
    """Decide which texts of NEW repeat one of those held; JSON lines in and out, touches no store."""
    from flows.commands import extract as extracting
    from flows.terminal import output

    for row in extracting.dedupe(new, against, within=within):
        output.emit(row)


@cli.command("import")
@click.argument("place", metavar="PATH|s3://…")
@click.option("--hosts", type=_PATH, help="File of hosts, one a line: their pages, and not only articles of sources.")
def import_archives(place: str, hosts: Path | None) -> None:
    """Publish the pages of other people's WARC and WACZ files, with their own dates; nothing is fetched."""
    from flows.commands import archives

    report = archives.import_archives(place, hosts)
    sys.exit(0 if report is None or report.succeeded else _FAILED)


@cli.command()
@click.argument("page")
@click.option("--html", "html", type=_PATH, help="Write it as a page of HTML too.")
def why(page: str, html: Path | None) -> None:
    """The whole story of one page: a URL, a doc_id, or a file of HTML."""
    from flows.commands import why as story

    told = story.tell(page)
    if told and html:
        from flows.web import why_page  # with Jinja, which the terminal needs not

        html.write_text(why_page.of(page), encoding="utf-8")
    sys.exit(0 if told else _FAILED)


@cli.command("console")
@click.option("--port", type=click.IntRange(1, 65535), help="Unset: 8420, or one that is free.")
def serve_console(port: int | None) -> None:
    """Sources, runs, documents and clusters as pages for a browser on this machine; reads only, until stopped."""
    from flows.web import console_server

    console_server.serve(port)


@cli.command()
def status() -> None:
    """Sources, last runs, what needs a look."""
    from flows.commands import status as standing

    standing.status()


@cli.command()
@click.argument("run", required=False, default="")
@click.option("--html", "html", type=_PATH, help="Write the page for the browser there too.")
def report(run: str, html: Path | None) -> None:
    """The morning report of RUN, or of the last run."""
    from flows.runs import morning_report

    morning_report.show(run, html)


@cli.group()
def sources() -> None:
    """The sources that are configured."""


@sources.command("list")
def list_sources() -> None:
    """A line for each source."""
    from flows.sources import onboard

    onboard.list_sources()


@sources.command("check")
@click.argument("ids", nargs=-1)
@click.option("--offline", is_flag=True, help="Only that the files are right; ask no site.")
def check_sources(ids: tuple[str, ...], offline: bool) -> None:
    """Read every source file, then probe each source once."""
    from flows.sources import onboard

    sys.exit(0 if onboard.check(ids, offline=offline) else _FAILED)


@sources.command("learned")
@click.argument("ids", nargs=-1)
@click.option("--throw-away", is_flag=True, help="Use it no longer; the next run of the source learns anew.")
def learned(ids: tuple[str, ...], throw_away: bool) -> None:
    """What the pages of the sources taught of their templates, with on how many articles each was seen."""
    from flows.sources import templates

    if throw_away and not ids:
        raise click.UsageError("--throw-away needs the ids of the sources")
    templates.show(ids, throw_away=throw_away)


@sources.command("new")
@click.argument("url", required=False, default="")
@click.option("--from-file", "file", type=_PATH, help="A saved list page.")
@click.option("--url", "page_url", default="", help="The address that the saved page came from.")
@click.option("--id", "source_id", default="", help="What to call the source; else after its host.")
@click.option("--json", "as_json", is_flag=True, help="Write nothing; print what was found.")
@click.option("--again", is_flag=True, help="URL is the id of a source: draft it anew, beside the old file.")
@click.option("--accept", is_flag=True, help="With --again: replace the old file, keeping what a person had set.")
def new_source(
    url: str, file: Path | None, page_url: str, source_id: str, as_json: bool, again: bool, accept: bool
) -> None:
    """Draft a source from a list page."""
    from flows.sources import onboard

    if again:
        sys.exit(onboard.again(source_id or url, accept=accept, as_json=as_json))
    sys.exit(onboard.new(url or page_url, file, source_id=source_id, as_json=as_json))


@sources.command("discover")
@click.argument("url")
@click.option("--most", default=25, show_default=True, type=click.IntRange(1), help="Look at so many columns at most.")
@click.option(
    "--draft", multiple=True, metavar="N", help="Draft the column of that number; all: every one that can be read."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found, and draft nothing.")
def discover_sources(url: str, most: int, draft: tuple[str, ...], as_json: bool) -> None:
    """The columns of a site by its home page: how often each publishes, whether its list can be read."""
    from flows.sources import onboard

    sys.exit(onboard.discover(url, most=most, draft=draft, as_json=as_json))


@cli.group()
def store() -> None:
    """The store: the embedded S3 server, copies, checks."""


@store.command("start")
def start_store() -> None:
    """Start it unless it runs, and print what other tools need to reach it."""
    known = settings.from_environment()
    if not known.embedded:
        raise ConfigError(f"the store is {known.store}, not ours to start", key="GONGBAO_STORE")
    opened = settings.open_store(known)
    from flows.servers import embedded_store

    server = embedded_store.start(known.home)
    click.echo(f"export GONGBAO_STORE={opened.url}")
    for name, value in server.environment().items():
        click.echo(f"export {name}={value}")


@store.command("stop")
def stop_store() -> None:
    """Stop it; its data stay."""
    from flows.servers import embedded_store

    stopped = embedded_store.stop(settings.from_environment().home)
    click.echo("stopped" if stopped else "none runs", err=True)


@store.command("create")
@click.argument("url", metavar="[s3://BUCKET]", required=False, default="")
@click.option("--profile", default="", help="The profile of boto3's by which it is reached; unset: like ours.")
def create_store(url: str, profile: str) -> None:
    """Make the bucket of the configured store, or of URL; nothing else makes one."""
    from flows.commands import store as creating

    creating.create(url, profile)


@store.command("copy")
@click.argument("to", metavar="s3://BUCKET/PREFIX")
@click.option("--profile", default="", help="The profile of boto3's by which that one is reached; unset: like ours.")
@click.option("--delete", is_flag=True, help="Delete there what is gone here, such as forgotten texts.")
def copy_store(to: str, profile: str, delete: bool) -> None:
    """Copy the whole store: a back-up, or with GONGBAO_STORE naming a back-up its way back. Safe while a night runs."""
    from flows.commands import store as copying

    copying.copy(to, profile, delete=delete)


@store.command("check")
def check_store() -> None:
    """Whether the store's server can what Gongbao stands on, and every file is there that the tables name."""
    from flows.commands import store as copying

    sys.exit(0 if copying.check() else _FAILED)


@cli.command()
@click.option("--derive", is_flag=False, flag_value=100, type=click.IntRange(1), default=None, metavar="[N]",
              help="Also make N documents (100) again from their landing files, and compare them.")  # fmt: skip
@click.option("--repair", is_flag=True, help="Make whole what can be made again from landing files and commits.")
def verify(derive: int | None, repair: bool) -> None:
    """Read landing files, staged files, tables and plain files again, and compare them with what was written."""
    from flows.commands import store as copying

    sys.exit(0 if copying.verify(derive, repair=repair) else _FAILED)


for command in (*corpus_cli.COMMANDS, *alarms.COMMANDS, *project.COMMANDS):
    cli.add_command(command)


def main() -> None:
    """Run the command line; what is wrong is one line on standard error: 1 a run failed, 2 the call or our YAML is wrong."""
    gc.set_threshold(
        50_000, 20, 20
    )  # loading Polars and boto3 leaves no garbage: looking for it costs a fifth of a start
    atexit.register(gc.freeze)  # nor does it at the end
    try:
        settings.enter_project()
        spoken_help.translate(cli)
        cli(standalone_mode=False)
    except ConfigError as error:
        _say(error)
        sys.exit(_WRONG_CALL)
    except GongbaoError as error:
        _say(error)
        sys.exit(_FAILED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        sys.exit(_WRONG_CALL)
    except click.ClickException as error:
        _say(error.format_message())
        sys.exit(_WRONG_CALL)
    except click.exceptions.Abort:
        sys.exit(130)
    except BrokenPipeError:  # `gongbao read | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if isinstance(error, OSError) and error.filename:
            _say(f"{error.filename}: {error.strerror}")
            sys.exit(_WRONG_CALL)
        from pipeline.store.tables import refusal  # loads the library of tables, which most commands have done by now

        if not (refused := refusal(error)):
            raise
        _say(refused)
        sys.exit(_FAILED)


def _say(error: GongbaoError | str) -> None:
    from flows.terminal import output

    output.say(f"gongbao: {t(str(error))}", "error")


if __name__ == "__main__":
    main()
