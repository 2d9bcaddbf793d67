"""A store in, the reports of its runs out. Ids of runs sort as the runs began."""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pipeline.core.conservation import RunReport
from pipeline.core.observation import Alarm
from pipeline.store import keys
from pipeline.store.s3 import Store

_AT_ONCE = 8  # requests to the store


def new_id(now: datetime) -> str:
    """A name for a run; names sort as the runs began."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def report(store: Store, run_id: str) -> RunReport:
    """The report of one run; StoreError if there is none."""
    return RunReport.model_validate_json(store.get(keys.run_report(run_id)))


def reports(store: Store, run_ids: Sequence[str]) -> list[RunReport]:
    """The reports of some runs, in their order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda run_id: report(store, run_id), run_ids))


def last(store: Store, count: int) -> list[RunReport]:
    """The reports of the last runs, newest first."""
    return reports(store, keys.ended_runs(store)[:count])


def open_alarms(reports: Sequence[RunReport]) -> list[Alarm]:
    """What the last of these runs that watched a source found wrong with it. `reports`: newest first."""
    watched: set[str] = set()
    found: list[Alarm] = []
    for each in reports:
        found += [alarm for alarm in each.alarms if alarm.source_id not in watched]
        watched |= {seen.source_id for seen in each.observations}
    return found
