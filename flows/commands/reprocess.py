"""`gongbao reprocess`: stored landing files through today's rules; the difference shown, and published when accepted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

import xxhash

from flows import settings
from flows.commands import run
from flows.runs import leases
from flows.schedules import Schedules
from flows.terminal import moments, output
from pipeline.core.errors import ConfigError
from pipeline.core.source import load_all
from pipeline.corpus.diff import Difference
from pipeline.publish.reprocess import AcceptRules, OfSource, Proposal
from pipeline.store.s3 import Store

STAGED = "rules-"  # begins the name under which outcomes are staged
_EXAMPLES = 3  # of each kind of difference in each source
_LINES = 3  # of a changed text in the artifact


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
    ready = run.prepare_prefect(known)
    from flows.runs import reprocess as reprocess_flow

    ready()
    run_id = run.new_run_id(datetime.now(UTC))
    done = reprocess_flow.reprocess(list(sources) or None, first, last, dry_run, accept, run_id)
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


def landing_keys(store: Store, sources: Sequence[str], since: date | None, until: date | None) -> Iterator[str]:
    """The landing files of these sources (all if none is named) fetched in these days, without the last."""
    first, last = str(since or ""), str(until or "9999")
    for prefix in [f"landing/source={each}/" for each in sources] or ["landing/"]:
        for key in store.list(prefix):
            day = key.split("/date=")[1][:10] if "/date=" in key else ""
            if key.endswith(".warc.gz") and first <= day < last:
                yield key


def staged_as(rules_version: str, sources: Path) -> str:
    """The name under which outcomes are staged: it changes with whatever they depend on beside the bytes."""
    digest = xxhash.xxh3_64(rules_version.encode())
    for path in sorted(sources.glob("*.yaml")):
        digest.update(path.read_bytes())
    return f"{STAGED}{digest.hexdigest()}"


def refusals(proposal: Proposal, rules: AcceptRules) -> Iterator[str]:
    """What a person has to look at."""
    for source_id, counts in proposal.by_source().items():
        if why := counts.refused(rules):
            yield f"{source_id}: {why}"


def markdown(proposal: Proposal, refused: Sequence[str]) -> str:
    """What would change, by source and with examples, as Prefect shows it."""
    lines = ["# What these rules change", *(f"- **{each}**" for each in refused)]
    for source_id, counts, found in _by_source(proposal):
        lines += ["", f"## {source_id}", "", _counted(counts), ""]
        for each in _examples(found):
            lines.append(f"- {each.what}{f' ({each.why})' if each.why else ''} [{each.title or each.url}]({each.url})")
            lines += [f"    - `{sign} {line}`" for sign, line in _lines(each)]
    return "\n".join(lines if proposal.differences else [*lines, "", "No document changes."]) + "\n"


def _show(proposal: Proposal) -> None:
    """Counts by source, each with examples."""
    for source_id, counts, found in _by_source(proposal):
        output.out.print(f"{source_id}: {_counted(counts)}", style="bold", markup=False)
        output.show_differences(_examples(found))
    if not proposal.differences:
        output.out.print("no document changes")


def _by_source(proposal: Proposal) -> Iterator[tuple[str, OfSource, list[Difference]]]:
    counted = proposal.by_source()
    for source_id, found in groupby(proposal.differences, key=lambda each: each.source_id):
        yield source_id, counted[source_id], list(found)


def _counted(counts: OfSource) -> str:
    return (
        f"of {counts.documents} documents {counts.changed} change ({counts.lost} lose a paragraph), "
        f"{counts.gone} go, {counts.added} come"
    )


def _examples(found: Sequence[Difference]) -> Iterator[Difference]:
    for _, alike in groupby(found, key=lambda each: each.what):
        yield from list(alike)[:_EXAMPLES]


def _lines(each: Difference) -> Iterator[tuple[str, str]]:
    for sign, lines in (("-", each.lost), ("+", each.gained)):
        yield from ((sign, line.replace("`", "'")[:200]) for line in lines[:_LINES])
