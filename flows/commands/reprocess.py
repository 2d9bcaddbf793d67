"""`gongbao reprocess`: stored landing files through today's rules; the difference shown, and published when accepted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flows import leases, settings
from flows.schedules import Schedules
from flows.servers import prefect_setup
from flows.terminal import moments, output
from pipeline.core.errors import ConfigError
from pipeline.core.source import load_all
from pipeline.publish.reprocess import AcceptRules, Proposal, landing_keys
from pipeline.report import run_reports


def reprocess(sources: Sequence[str], since: str, until: str, *, dry_run: bool, accept: bool) -> bool:
    """Stage, show, and publish if a person or the rules accept it; False if it waits for a person."""
    known = settings.from_environment()
    load_all(known.sources, sources)  # wrong configuration stops here
    AcceptRules.load(known.config)
    first, last = (moments.when(day).date() if day else None for day in (since, until))
    if first and last and last < first:
        raise ConfigError(f"--until {until} is before --since {since}")
    store, limits = settings.open_store(known), Schedules.load(known.config).leases
    leases.check(store, "reprocess", limits)  # said at once, not after Prefect has started
    output.say(f"{len(list(landing_keys(store, sources, first, last)))} landing files")
    ready = prefect_setup.prepare(known.home, known.engine)
    from flows.runs import reprocess as flow  # Prefect reads its settings when it is imported

    ready()
    run_id = run_reports.new_id(datetime.now(UTC))
    done = flow.reprocess(list(sources) or None, first, last, dry_run, accept, run_id)
    if done is None:
        leases.check(store, "reprocess", limits)
        return False
    _show(done.proposal)
    for line in () if accept else done.refusals:
        output.say(line)
    if done.report:
        same = done.report.version == done.report.version_before
        told = f"published as {run_id}, version {done.report.version}; `gongbao rollback {run_id}` puts it back"
        output.say("nothing was to be published" if same else told)
        return done.report.succeeded
    if not dry_run and not done.refusals:
        output.say("someone else published meanwhile, and what is left to change is not accepted; look again")
    else:
        output.say("nothing was published" + ("" if dry_run else "; --accept publishes it all the same"))
    return dry_run


def _show(proposal: Proposal) -> None:
    """Counts by source, each with examples."""
    for headline, examples in proposal.examples():
        output.out.print(headline, style="bold", markup=False)
        output.show_differences(examples)
    if not proposal.differences:
        output.out.print("no document changes")
