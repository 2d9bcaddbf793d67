"""The flow `reprocess` in its two halves: stage and propose, then publish what was accepted. Nothing is fetched."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import flow

from flows import settings, work
from flows.nightly import process_landing
from pipeline import reprocess
from pipeline.report import RunReport
from pipeline.reprocess import AcceptRules, Proposal
from pipeline.source import Source, load_all


@flow(name="reprocess", flow_run_name="reprocess {run_id}", validate_parameters=False, persist_result=False)
def stage(run_id: str, now: datetime, landing_keys: Sequence[str]) -> Proposal:
    """Make outcomes of landing files, and compare them with the corpus."""
    known = settings.from_environment()
    for done in [process_landing.submit(key, run_id) for key in landing_keys]:
        done.result()
    return reprocess.propose(settings.open_store(known), run_id, now, _sources(), work.rules(known.config).dedupe)


@flow(name="accept", flow_run_name="accept {run_id}", validate_parameters=False, persist_result=False)
def publish(run_id: str, now: datetime, rules: AcceptRules | None) -> RunReport | None:
    """Publish what was staged; with `rules` only while they accept it."""
    known = settings.from_environment()
    store = settings.open_store(known)

    def still(proposal: Proposal) -> bool:
        return rules is None or not any(each.refused(rules) for each in proposal.by_source().values())

    done = reprocess.accept(store, run_id, now, _sources(), work.rules(known.config).dedupe, still)
    if done is None:
        return None
    report = RunReport(
        run_id=run_id,
        kind="reprocess",
        started_at=now,
        ended_at=datetime.now(UTC),
        version_before=done.version_before,
        version=done.version,
        rules_version=work.rules(known.config).version,
        sources=done.sources,
    )
    store.put(f"runs/{run_id}.json", report.model_dump_json(indent=1).encode())
    return report


def _sources() -> dict[str, Source]:
    return {source.id: source for source in load_all(settings.from_environment().sources)}
