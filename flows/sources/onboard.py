"""`gongbao sources`: what is configured, whether it is right, and the draft of a new one."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from flows import settings
from flows.terminal import output
from pipeline.core.errors import ConfigError
from pipeline.core.source import Source, load_all


def list_sources() -> None:
    """Print a line for each source."""
    table = Table(box=None, header_style="dim")
    for name in ("source", "name", "tier", "enabled", "verify", "listings", "hosts"):
        table.add_column(name)
    for source in load_all(settings.from_environment().sources):
        families = ", ".join(sorted({listing.family for listing in source.listings}))
        marks = ("yes" if source.enabled else "no", "yes" if source.verify else "")
        table.add_row(source.id, source.name, source.tier, *marks, families, ", ".join(source.hosts))
    output.out.print(table)


def check(ids: Sequence[str], *, offline: bool) -> bool:
    """Read every source file (a wrong one is a ConfigError), then probe the sources named, or all that are enabled."""
    known = settings.from_environment()
    chosen = load_all(known.sources, ids)
    output.say(f"sources that are configured rightly: {len(chosen)}")
    if offline:
        return _replay(known, chosen)
    from flows.sources import probe as probing  # offline nothing is crawled: no Prefect

    return probing.probe([source for source in chosen if source.enabled or ids])


def _replay(known: settings.Settings, sources: Sequence[Source]) -> bool:
    """Read what was recorded of the sources anew; whether all is as a person said that it is. Asks no site."""
    from flows.runs import processing  # trafilatura and lxml take a second, which a wrong call need not wait for
    from flows.sources import recordings

    listings = recordings.replay_listings(known.sources)
    rules, folder = processing.rules(known.config), settings.recordings_of(known.sources)
    count, wrong = 0, False
    for source in output.track(sources, "replay", len(sources)):
        if recording := recordings.Recording.find(source.id, folder):
            count += 1
            for line in [*listings.get(source.id, ()), *recording.replay(source, rules)]:
                wrong = True
                output.out.print(f"{source.id}: {line}", style="red", markup=False)
    output.say(f"{count} recordings replayed" + ("" if wrong else ": all as expected"))
    return not wrong


def new(url: str, file: Path | None, *, source_id: str, as_json: bool) -> int:
    """Draft a source from a list page, as `python -m spiders.onboarding` does; its exit code.

    Its recorded article is made a document, for a person to read and for `sources check` to hold the rules against.
    """
    known = settings.from_environment()
    command = [sys.executable, "-m", "spiders.onboarding", "--config", str(known.config), "draft"]
    command += ["--sources", str(known.sources), "--recordings", str(settings.recordings_of(known.sources))]
    command += ["--from-file", str(file), "--url", url] if file else [url]
    command += ["--id", source_id] if source_id else []
    if as_json:
        return subprocess.run([*command, "--json"], check=False).returncode
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    output.out.print(done.stdout, end="", markup=False, soft_wrap=True)
    if done.returncode == 0:
        written = [Path(line) for line in done.stdout.splitlines()]
        _read_article(known, next(path.stem for path in written if path.suffix == ".yaml"))
    return done.returncode


def again(source_id: str, *, accept: bool, as_json: bool) -> int:
    """Draft a source anew, and show what its listings give either way; the exit code of `python -m spiders.onboarding`."""
    known = settings.from_environment()
    load_all(known.sources, [source_id])  # one that there is not is named with those that there are
    command = [sys.executable, "-m", "spiders.onboarding", "--config", str(known.config), "again", source_id]
    command += ["--sources", str(known.sources), *(["--accept"] if accept else [])]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode or as_json:
        output.out.print(done.stdout, end="", markup=False, soft_wrap=True)
        return done.returncode
    told = json.loads(done.stdout)
    table = Table(box=None, header_style="dim")
    for name in ("listing", "read", "family", "links", "articles", "first link"):
        table.add_column(name, overflow="fold")
    for listing in told["listings"]:
        for which in ("old", "new"):
            read = listing[which]
            mark = f"{which}, better" if listing["better"] == which else which
            cells = (read["family"], str(len(read["links"])), str(read["articles"]), *(read["links"][:1] or ["–"]))
            table.add_row(Text(listing["url"] if which == "old" else ""), mark, *map(Text, cells))
    output.out.print(table)
    path = known.sources / f"{source_id}.yaml"
    if not told["changed"]:
        output.say("nothing is read better anew; the source stays as it is")
    elif accept:
        output.say(f"{path} is drafted anew; the old one is {path.with_suffix('.old')}")
    else:
        output.say(
            f"compare {path.with_suffix('.draft')} with {path}; `gongbao sources new {source_id} --again --accept` replaces it"
        )
    return 0


def discover(url: str, *, most: int, draft: Sequence[str], as_json: bool) -> int:
    """Show the columns of a site, and draft those that are chosen: by number with `draft`, or at the terminal."""
    known = settings.from_environment()
    command = [sys.executable, "-m", "spiders.onboarding", "--config", str(known.config), "discover", url]
    done = subprocess.run([*command, "--most", str(most)], check=False, stdout=subprocess.PIPE, text=True)
    if as_json or not done.stdout:
        output.out.print(done.stdout, end="", markup=False, soft_wrap=True)
        return done.returncode
    columns = json.loads(done.stdout)
    table = Table(box=None, header_style="dim")
    for name in ("", "column", "list", "links", "newest", "a week", "url"):
        table.add_column(name, overflow="fold")
    for number, each in enumerate(columns, 1):
        read = each["family"] if each["readable"] else each["why_not"]
        told = (
            str(each["links"] or "–"),
            each["newest"] or "–",
            "–" if each["a_week"] is None else str(each["a_week"]),
        )
        table.add_row(str(number), Text(each["name"]), Text(read), *told, Text(each["url"]))
    output.out.print(table)
    readable = [str(number) for number, each in enumerate(columns, 1) if each["readable"]]
    if not draft and readable and sys.stdin.isatty():
        draft = click.prompt("Draft which? Numbers, or nothing", default="", show_default=False).split()
    chosen = readable if "all" in draft else draft
    if wrong := [number for number in chosen if number not in readable]:
        raise ConfigError(f"no readable column {', '.join(wrong)}; there are {', '.join(readable) or 'none'}")
    codes = [new(columns[int(number) - 1]["url"], None, source_id="", as_json=False) for number in chosen]
    return max([done.returncode, *codes])


def _read_article(known: settings.Settings, source_id: str) -> None:
    from flows.runs import processing  # trafilatura and lxml take a second, which a wrong call need not wait for
    from flows.sources import recordings

    source = load_all(known.sources, [source_id])[0]
    recording = recordings.Recording.find(source_id, settings.recordings_of(known.sources))
    if recording and recording.article:
        told = recording.expect(source, processing.rules(known.config))
        output.say(told or f"the article that it should give is in {recording.folder / 'expected.json'}: read it")
