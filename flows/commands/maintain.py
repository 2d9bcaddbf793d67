"""`gongbao maintain`, `plain-files` and `rollback`: housekeeping, and putting back what a run did."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flows import settings
from flows.commands import run as running
from flows.terminal import output
from pipeline.core.errors import ConfigError
from pipeline.corpus import nightly_files
from pipeline.publish.rollback import rollback as put_back
from pipeline.upkeep import maintenance
from pipeline.upkeep.maintenance import Maintained, MaintenanceRules


def maintain() -> bool:
    """One round of housekeeping, as a Prefect flow."""
    known = settings.from_environment()
    MaintenanceRules.load(known.config)  # wrong configuration stops here
    ready = running.prepare_prefect(known)
    from flows.runs import maintain as maintenance_flow

    ready()
    done = maintenance_flow.maintain()
    output.say(
        f"{done.compacted} months compacted, {done.deleted} files deleted, {done.staged} staged files deleted; "
        f"history of {done.kept.days} days is kept"
    )
    return True


def housekeeping() -> Maintained:
    """The work of the flow: tables first, then plain files that a night was killed before it wrote."""
    known = settings.from_environment()
    store = settings.open_store(known)
    done = maintenance.maintain(store, MaintenanceRules.load(known.config), datetime.now(UTC))
    nightly_files.write_missing(store)
    return done


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


def rollback(run: str, *, dry_run: bool) -> None:
    """Put back what a run changed in the corpus."""
    store = settings.open_store(settings.from_environment())
    now = datetime.now(UTC)
    done = put_back(store, run, running.new_run_id(now), now, dry_run=dry_run)
    if not dry_run:
        nightly_files.write_missing(store, last=60)
    output.say(
        f"{'would be ' if dry_run else ''}version {done.version}: {done.restored} documents put back, {done.withdrawn} taken out "
        f"that {run} had added, {done.left} left because they changed since"
    )
