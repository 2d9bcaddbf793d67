"""`gongbao sources`: what is configured, whether it is right, and the draft of a new one."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from flows import settings
from flows.terminal import output
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
    output.say(f"{len(chosen)} sources are configured rightly")
    if offline:
        return _replay(known, chosen)
    from flows.sources import probe as probing

    return probing.probe([source for source in chosen if source.enabled or ids])


def _replay(known: settings.Settings, sources: Sequence[Source]) -> bool:
    """Read what was recorded of the sources anew; whether all is as a person said that it is. Asks no site."""
    from flows.runs import processing
    from flows.sources import recordings

    listings = recordings.replay_listings(known.sources)
    rules, folder = processing.rules(known.config), recordings.folder_of(known.sources)
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
    from flows.sources.recordings import folder_of

    known = settings.from_environment()
    command = [sys.executable, "-m", "spiders.onboarding", "--config", str(known.config), "draft"]
    command += ["--sources", str(known.sources), "--recordings", str(folder_of(known.sources))]
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


def _read_article(known: settings.Settings, source_id: str) -> None:
    from flows.runs import processing
    from flows.sources import recordings

    source = load_all(known.sources, [source_id])[0]
    recording = recordings.Recording.find(source_id, recordings.folder_of(known.sources))
    if recording and recording.article:
        told = recording.expect(source, processing.rules(known.config))
        output.say(told or f"the article that it should give is in {recording.folder / 'expected.json'}: read it")
