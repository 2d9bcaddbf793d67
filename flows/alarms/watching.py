"""The schedules, the store and the clock in; what should have happened and did not, and what hangs, told as alarms."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect._vendor import croniter  # the one that Prefect's own schedules are computed with

from flows import leases, settings
from flows.alarms import standing as alarms
from flows.alarms.state import InStore, OnDisk
from flows.schedules import LeaseRules, Schedules
from pipeline.core.conservation import RunReport
from pipeline.core.dates import SHANGHAI
from pipeline.core.errors import StoreError
from pipeline.core.observation import Trouble
from pipeline.core.source import load_all
from pipeline.health import alarms as standing
from pipeline.health.alarm_rules import AlarmRules, RunTrouble
from pipeline.health.alarms import Found, State
from pipeline.report import run_reports
from pipeline.store import keys
from pipeline.store.s3 import Store

_STAMP = "%Y%m%dT%H%M%SZ"  # that the ids of runs begin with
_SHOWN = "%Y-%m-%d %H:%M"


def watch(now: datetime, say: Callable[[str], None]) -> State | None:
    """Look once; the alarms that stand, or None if the store does not answer."""
    known = settings.from_environment()
    rules, schedules = AlarmRules.load(known.config), Schedules.load(known.config)
    on_disk = OnDisk(known.home, known.store)
    try:
        store = settings.open_store(known)
        place = InStore(store, known.config)
        state = place.read() or alarms.update(place, (), lambda subject, trouble: False, now, say)
        enabled = {source.id: source.schedule for source in load_all(known.sources) if source.enabled}
        found = [*_missing(store, enabled, schedules, state, now, rules), *_stuck(store, schedules.leases, now, rules)]

        def looked(subject: str, trouble: str) -> bool:
            """Also at sources that nobody crawls any more: nothing will clear their alarms."""
            is_ours = trouble in (RunTrouble.NIGHT_MISSING, RunTrouble.STUCK)
            return is_ours or (trouble in set(Trouble) and subject not in enabled)

        state = alarms.update(place, found, looked, now, say)
    except StoreError as error:
        refused = standing.of_run("store", RunTrouble.STORE_REFUSES, str(error), now, rules)
        alarms.update(on_disk, [refused], lambda subject, trouble: False, now, say)
        return None
    if on_disk.read():
        alarms.update(on_disk, (), lambda subject, trouble: True, now, say)
    return state


def _missing(
    store: Store, enabled: dict[str, str], schedules: Schedules, state: State, now: datetime, rules: AlarmRules
) -> Iterator[Found]:
    """Nights that should have ended by now. A night that failed has been told already."""
    own = {source_id: line for source_id, line in enabled.items() if line}
    groups = [("nightly", schedules.nightly, [each for each in enabled if each not in own])]
    groups += [(source_id, line, [source_id]) for source_id, line in own.items()]
    for subject, line, sources in groups:
        due = _last(line, now - timedelta(hours=rules.watch.late_hours))
        if not sources or due < state.began:
            continue
        nights = _nights(store, due)
        crawled = {source.source_id for night in nights for source in night.sources}
        # Half of them: sources are added by day, and a night of one source is not the night of all.
        if any(night.error for night in nights) or 2 * len(crawled & set(sources)) >= len(sources):
            continue
        cause = f"the night that was due at {due:{_SHOWN}} ({SHANGHAI}) has not ended"
        yield standing.of_run(subject, RunTrouble.NIGHT_MISSING, cause, now, rules)


def _stuck(store: Store, limits: LeaseRules, now: datetime, rules: AlarmRules) -> Iterator[Found]:
    for name, lease in leases.held(store, limits):
        if now - datetime.fromisoformat(lease.since) > timedelta(hours=rules.watch.stuck_hours):
            yield standing.of_run(name, RunTrouble.STUCK, str(leases.Taken(name, lease)), now, rules, lease.owner)


def _last(line: str, now: datetime) -> datetime:
    """When a cron line was last due, in Asia/Shanghai."""
    dues: Any = croniter.croniter  # type: ignore[attr-defined]
    due: datetime = dues(line, now.astimezone(SHANGHAI)).get_prev(datetime)
    return due


def _nights(store: Store, since: datetime) -> Sequence[RunReport]:
    """The reports of nights that began since then."""
    first = f"{since.astimezone(UTC):{_STAMP}}"
    ids = [run_id for run_id in keys.ended_runs(store) if run_id >= first]
    return [report for report in run_reports.reports(store, ids[::-1]) if report.kind == "nightly"]
