"""`gongbao maintain`, `plain-files` and `rollback`: housekeeping, and putting back what a run did."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flows import settings
from flows.servers import prefect_setup
from flows.terminal import output
from pipeline.core.errors import ConfigError
from pipeline.core.source import load_all
from pipeline.corpus import nightly_files
from pipeline.publish.rollback import rollback as put_back
from pipeline.publish.rules import PublishRules
from pipeline.report import run_reports, story
from pipeline.rules import Rules
from pipeline.upkeep.accept import accept as take
from pipeline.upkeep.maintenance import MaintenanceRules


def maintain() -> bool:
    """One round of housekeeping, as a Prefect flow."""
    known = settings.from_environment()
    MaintenanceRules.load(known.config)  # wrong configuration stops here
    ready = prefect_setup.prepare(known.home)
    from flows.runs import maintain as flow  # Prefect reads its settings when it is imported

    ready()
    done = flow.maintain()
    output.say(
        f"{done.compacted} months compacted, {done.deleted} files deleted, {done.staged} staged files deleted; "
        f"history of {done.kept.days} days is kept"
    )
    return True


def plain_files(runs: Sequence[str]) -> None:
    """Make the plain files of these runs, or all that are missing."""
    store = settings.open_store(settings.from_environment())
    written = nightly_files.write_missing(store, runs)
    if lacking := set(runs) - {each.run_id for each in written}:
        raise ConfigError(f"committed nothing to the corpus: {', '.join(sorted(lacking))}")
    if not written:
        output.say("none is missing")
    for each in written:
        output.say(f"{each.file}: {each.added} added, {each.revised} revised, {each.withdrawn} withdrawn")


def accept(page: str) -> None:
    """Publish the text of a page that was held, as a run of its own."""
    known = settings.from_environment()
    store, now = settings.open_store(known), datetime.now(UTC)
    sources = {source.id: source for source in load_all(known.sources)}
    run_id = run_reports.new_id(now)
    told = story.story(store, page)
    if not told:
        raise ConfigError(f"{page} was never fetched")
    take(store, told.doc_id, run_id, now, sources, Rules.load(known.config), PublishRules.load(known.config))
    nightly_files.write_missing(store, last=60)
    output.say(f"published as {run_id}; `gongbao rollback {run_id}` puts it back")


def rollback(run: str, *, dry_run: bool) -> None:
    """Put back what a run changed in the corpus."""
    store = settings.open_store(settings.from_environment())
    now = datetime.now(UTC)
    done = put_back(store, run, run_reports.new_id(now), now, dry_run=dry_run)
    if not dry_run:
        nightly_files.write_missing(store, last=60)
    output.say(
        f"{'would be ' if dry_run else ''}version {done.version}: {done.restored} documents put back, {done.withdrawn} taken out "
        f"that {run} had added, {done.left} left because they changed since"
    )
