"""The flow `reprocess`: landing files through today's rules, what that changes, and one commit where it is accepted.

Nothing is fetched. What is made of a landing file stays in the store until it is published, under a name that changes
with the rules and the sources: killed and begun again, or published after a dry run, nothing is made twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from flows import leases, settings
from flows.alarms.standing import HOOKS, after_run
from flows.runs import engine, processing
from flows.runs.processing import Lost
from flows.runs.tasks import morning_report, process_all, run_id_of, write_plain_files
from flows.schedules import Schedules
from flows.terminal import output
from pipeline.core.conservation import RunReport
from pipeline.core.source import Source, load_all
from pipeline.documents.templates import shelf
from pipeline.publish import reprocess as again
from pipeline.publish.publish import Published
from pipeline.publish.reprocess import AcceptRules, Proposal
from pipeline.publish.rules import PublishRules
from pipeline.store import digests, keys
from pipeline.store.digests import Damaged
from pipeline.store.s3 import Store

_LINES = 3  # of a changed text in the artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprocessed:
    """What a reprocess would change, why a person has to look at it, and its report if it was published."""

    proposal: Proposal
    refusals: tuple[str, ...]
    report: RunReport | None


@flow(
    name="reprocess",
    flow_run_name=lambda: f"reprocess {run_id_of()}",
    task_runner=engine.task_runner(),
    persist_result=False,
    **HOOKS,
)
def reprocess(
    sources: list[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    dry_run: bool = True,
    accept: bool = False,
    run_id: str = "",
) -> Reprocessed | None:
    """Make documents of stored landing files again, and publish them if that is accepted. Nothing is fetched.

    `sources`: of these, or of all; fetched from the day `since` on and before the day `until`.
    With `dry_run` nothing is published: the artifact shows what would change, by source and with examples.
    Without it what changes is published if config/reprocess.yaml accepts it, or whatever it is with `accept`.
    None if another reprocess is at work.
    """
    known, run_id, now = settings.from_environment(), run_id_of(run_id), datetime.now(UTC)
    log, store = get_run_logger(), settings.open_store(known)
    every = {source.id: source for source in load_all(known.sources)}
    load_all(known.sources, sources or ())  # one that is not configured stops here
    try:
        with leases.hold(store, "reprocess", run_id, Schedules.load(known.config).leases):
            landed = list(again.landing_keys(store, sources or (), since, until))
            staged = _stage(store, landed, known)
            rules, limits = processing.rules(known.config).dedupe, AcceptRules.load(known.config)
            proposal = again.propose(store, run_id, now, every, rules, PublishRules.load(known.config), staged)
            refusals = tuple(proposal.refusals(limits))
            create_markdown_artifact(
                key="reprocess", markdown=markdown(proposal, refusals), description=f"changes of {run_id}"
            )
            report = None
            if not dry_run and (accept or not refusals):
                report = _publish(store, run_id, now, every, staged, None if accept else limits)
    except leases.Taken as taken:
        log.warning("%s; nothing was done", taken)
        return None
    if report:
        write_plain_files()
        morning_report(report)
        after_run(report, now, log.warning)
    return Reprocessed(proposal=proposal, refusals=refusals, report=report)


def _stage(store: Store, landed: Sequence[str], known: settings.Settings) -> list[str]:
    """Make outcomes of the landing files that have none under these rules yet; the keys of all of them."""
    learned = shelf.versions(store)
    name = again.staged_as(processing.rules(known.config).version, known.sources, learned)
    there = set(store.list(keys.staged(name)))
    for old in store.list(keys.staged(again.STAGED).rstrip("/")):
        if old not in there:
            digests.delete(store, old)  # made by other rules
    wanted = {keys.staged_file(name, key): key for key in landed}
    missing = [key for staged, key in wanted.items() if staged not in there]
    passed_over = set()
    for ended in output.track(process_all(missing, name, learned), "reprocess", len(missing)):
        try:
            ended.result()
        except (Damaged, Lost) as error:  # its pages stay what they are; the others are made again
            get_run_logger().error("passed over: %s", error)
            passed_over.add(keys.staged_file(name, ended.of))
    return [key for key in wanted if key not in passed_over]


def _publish(
    store: Store, run_id: str, now: datetime, sources: dict[str, Source], staged: list[str], limits: AcceptRules | None
) -> RunReport | None:
    """One commit; None if someone else published meanwhile, and the limits do not accept what is left to change."""

    def still(proposal: Proposal) -> bool:
        return limits is None or not proposal.refusals(limits)

    known = settings.from_environment()
    rules = processing.rules(known.config)
    done: Published | None = again.accept(
        store, run_id, now, sources, rules.dedupe, PublishRules.load(known.config), still, staged
    )
    if done is None:
        return None
    report = RunReport(
        run_id=run_id,
        kind="reprocess",
        started_at=now,
        ended_at=datetime.now(UTC),
        version_before=done.version_before,
        version=done.version,
        rules_version=rules.version,
        sources=done.sources,
    )
    store.put(keys.run_report(run_id), report.model_dump_json(indent=1).encode())
    for key in staged:
        digests.delete(store, key)
    return report


def markdown(proposal: Proposal, refused: Sequence[str]) -> str:
    """What would change, by source and with examples, as Prefect shows it."""
    lines = ["# What these rules change", *(f"- **{each}**" for each in refused)]
    for headline, examples in proposal.examples():
        lines += ["", f"## {headline}", ""]
        for each in examples:
            lines.append(f"- {each.what}{f' ({each.why})' if each.why else ''} [{each.title or each.url}]({each.url})")
            for sign, changed in (("-", each.lost), ("+", each.gained)):
                lines += [f"    - `{sign} {line.replace('`', chr(39))[:200]}`" for line in changed[:_LINES]]
    return "\n".join(lines if proposal.differences else [*lines, "", "No document changes."]) + "\n"
