"""`gongbao sources`: what is configured, whether it is right, and the draft of a new one."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from flows import console, settings
from pipeline.source import Source, load_all


def list_sources() -> None:
    """Print a line for each source."""
    table = Table(box=None, header_style="dim")
    for name in ("source", "name", "tier", "enabled", "verify", "listings", "hosts"):
        table.add_column(name)
    for source in load_all(settings.from_environment().sources):
        families = ", ".join(sorted({listing.family for listing in source.listings}))
        marks = ("yes" if source.enabled else "no", "yes" if source.verify else "")
        table.add_row(source.id, source.name, source.tier, *marks, families, ", ".join(source.hosts))
    console.out.print(table)


def check(ids: Sequence[str], *, offline: bool) -> bool:
    """Read every source file (a wrong one is a ConfigError), then probe the sources named, or all that are enabled."""
    known = settings.from_environment()
    chosen = load_all(known.sources, ids)
    console.say(f"{len(chosen)} sources are configured rightly")
    if offline:
        return _replay(known, chosen)
    from flows import probing

    return probing.probe([source for source in chosen if source.enabled or ids])


def _replay(known: settings.Settings, sources: Sequence[Source]) -> bool:
    """Read what was recorded of the sources anew; whether all is as a person said that it is. Asks no site."""
    from flows import recordings, work

    listings = recordings.replay_listings(known.sources)
    rules, folder = work.rules(known.config), recordings.folder_of(known.sources)
    count, wrong = 0, False
    for source in console.track(sources, "replay", len(sources)):
        if recording := recordings.Recording.find(source.id, folder):
            count += 1
            for line in [*listings.get(source.id, ()), *recording.replay(source, rules)]:
                wrong = True
                console.out.print(f"{source.id}: {line}", style="red", markup=False)
    console.say(f"{count} recordings replayed" + ("" if wrong else ": all as expected"))
    return not wrong


def new(url: str, file: Path | None, *, as_json: bool) -> int:
    """Draft a source from a list page, as `python -m spiders.onboard` does; its exit code."""
    command = [sys.executable, "-m", "spiders.onboard"]
    command += ["--from-file", str(file), "--url", url] if file else [url]
    command += ["--json"] if as_json else []
    return subprocess.run(command, check=False).returncode
