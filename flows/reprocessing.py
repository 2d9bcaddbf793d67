"""`gongbao reprocess`: stored landing files through today's rules; the difference shown, and published when accepted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from flows import console, running, settings, snapshots
from pipeline import nightly_files
from pipeline.comparing import Difference
from pipeline.reprocess import AcceptRules, Proposal
from pipeline.source import load_all
from pipeline.store import Store

_EXAMPLES = 3  # of each kind of difference in each source


def reprocess(sources: Sequence[str], since: str, until: str, *, dry_run: bool, accept: bool) -> bool:
    """Stage, show, and publish if a person or the rules accept it; False if it waits for a person."""
    known = settings.from_environment()
    load_all(known.sources, sources)  # wrong configuration stops here
    rules = AcceptRules.load(known.config)
    store = settings.open_store(known)
    keys = list(landing_keys(store, sources, since, until))
    console.say(f"{len(keys)} landing files")
    running.prepare_prefect(known)
    from flows import reprocess_flow

    now = datetime.now(UTC)
    run_id = running.new_run_id(now)
    proposal = reprocess_flow.stage(run_id, now, keys)
    try:
        _show(proposal)
        refusals = _refusals(proposal, rules)
        if dry_run or (refusals and not accept):
            for line in refusals:
                console.say(line)
            console.say("nothing was published" + ("" if dry_run else "; --accept publishes it all the same"))
            return dry_run
        report = reprocess_flow.publish(run_id, now, None if accept else rules)
    finally:
        store.delete_all(f"staged/run={run_id}/")
    nightly_files.write_missing(store, last=60)
    if report is None:
        console.say("someone else published meanwhile, and what is left to change is not accepted; look again")
        return False
    console.say(f"published as {run_id}, version {report.version}; `gongbao rollback {run_id}` puts it back")
    return report.succeeded


def landing_keys(store: Store, sources: Sequence[str], since: str, until: str) -> Iterator[str]:
    """The landing files of these sources (all if none is named) fetched in these days."""
    first = f"{snapshots.when(since):%Y-%m-%d}" if since else ""
    last = f"{snapshots.when(until):%Y-%m-%d}" if until else "9999"
    for prefix in [f"landing/source={each}/" for each in sources] or ["landing/"]:
        for key in store.list(prefix):
            day = key.split("/date=")[1][:10] if "/date=" in key else ""
            if key.endswith(".warc.gz") and first <= day < last:
                yield key


def _refusals(proposal: Proposal, rules: AcceptRules) -> list[str]:
    """What a person has to look at."""
    told = ((source_id, counts.refused(rules)) for source_id, counts in proposal.by_source().items())
    return [f"{source_id}: {why}" for source_id, why in told if why]


def _show(proposal: Proposal) -> None:
    """Counts by source, each with examples."""
    counted = proposal.by_source()
    for source_id, found in groupby(proposal.differences, key=lambda each: each.source_id):
        counts = counted[source_id]
        console.out.print(
            f"{source_id}: of {counts.documents} documents {counts.changed} change ({counts.lost} lose a paragraph), "
            f"{counts.gone} go, {counts.added} come",
            style="bold",
            markup=False,
        )
        console.show_differences(_examples(list(found)))
    if not proposal.differences:
        console.out.print("no document changes")


def _examples(found: Sequence[Difference]) -> Iterator[Difference]:
    for _, alike in groupby(found, key=lambda each: each.what):
        yield from list(alike)[:_EXAMPLES]
