"""What `gongbao serve` serves: each flow with its schedules, and what an earlier server left undone."""

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowRunFilter, FlowRunFilterState
from prefect.client.schemas.filters import FlowRunFilterStateType as OfType
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments.runner import RunnerDeployment
from prefect.flows import Flow
from prefect.runner import Runner
from prefect.schedules import Cron, Schedule
from prefect.states import Cancelled, Scheduled
from prefect.types.entrypoint import EntrypointType

from flows.alarms.standing import ended_with_server, run_id_of
from flows.runs import backfill, nightly, reprocess
from flows.runs import maintain as maintenance_flow
from flows.runs import watch as watch_flow
from flows.schedules import Schedules
from pipeline.core.dates import SHANGHAI
from pipeline.core.errors import ConfigError

_FLOWS: tuple[Flow[..., Any], ...] = (
    nightly.nightly,
    backfill.backfill,
    reprocess.reprocess,
    maintenance_flow.maintain,
    watch_flow.watch,
)
_PAGE = 200  # of an answer; the most that a server gives unless it is told otherwise
_INSTEAD_OF = "instead_of"  # a parameter of those flows whose reports tell of it
_LATER = timedelta(seconds=20)  # a run that is handed over begins only after we are gone: a runner looks 10 s ahead


async def serve(schedules: Schedules, own: dict[str, str], stopped: threading.Event, *, alone: bool) -> None:
    """Run what schedules and people ask for until `stopped`; `alone`: nobody else serves these flows."""
    runner = Runner(name="gongbao", pause_on_shutdown=False)
    async with get_client() as client:
        undone = await _undone(client, alone=alone)
        for flow in _FLOWS:
            await runner.aadd_deployment(await _deployment(flow, _crons(flow.name, schedules, own)))
        await _begin_again(client, undone, timedelta())
        stopping = asyncio.create_task(_stop(runner, client, stopped, alone=alone))
        try:
            await runner.start()
        finally:
            stopped.set()
            await stopping


async def _stop(runner: Runner, client: PrefectClient, stopped: threading.Event, *, alone: bool) -> None:
    """End the runner when we are told to; what runs is ended, and begun again by the next server."""
    await asyncio.to_thread(stopped.wait)
    if runner.started:
        try:
            running = await _runs(client, StateType.RUNNING, StateType.PENDING) if alone else []
            await _begin_again(client, running, _LATER)
        finally:  # Prefect's server may be gone
            await runner.astop()


def _crons(name: str, schedules: Schedules, own: dict[str, str]) -> list[Schedule]:
    """The schedules of a flow; ConfigError if one is no cron line."""
    lines = {"nightly": schedules.nightly, "maintain": schedules.maintain, "watch": schedules.watch}
    found: list[tuple[str, str, dict[str, Any]]]
    found = [(name, lines[name], {"scheduled": True} if name == "nightly" else {})] if name in lines else []
    if name == "nightly":
        found += [(f"source {source}", line, {"sources": [source]}) for source, line in own.items()]
    crons = []
    for slug, line, parameters in found:
        try:
            crons.append(
                Cron(line, timezone=str(SHANGHAI), parameters=parameters, slug=slug.replace(" ", "-").replace("_", "-"))
            )
        except ValueError as error:
            raise ConfigError(f"not a cron line: {line!r}", key=f"schedule of {slug}") from error
    return crons


async def _deployment(flow: Flow[..., Any], crons: list[Schedule]) -> RunnerDeployment:
    made: RunnerDeployment = await flow.ato_deployment(
        flow.name, schedules=crons, entrypoint_type=EntrypointType.MODULE_PATH, tags=["gongbao"]
    )
    return made


async def _undone(client: PrefectClient, *, alone: bool) -> list[FlowRun]:
    """What should have run while nobody served, and what a killed server left running."""
    now = datetime.now(UTC)
    late = [
        run
        for run in await _runs(client, StateType.SCHEDULED)
        if run.auto_scheduled and run.next_scheduled_start_time and run.next_scheduled_start_time < now
    ]
    left = await _runs(client, StateType.RUNNING, StateType.PENDING) if alone else []
    crashed = await _runs(client, StateType.CRASHED) if alone else []
    left += [run for run in crashed if run.state and ended_with_server(run.state)]
    for run in left:
        await client.set_flow_run_state(run.id, Cancelled(message="its server was ended; begun again"), force=True)
    return late + left


async def _runs(client: PrefectClient, *types: StateType) -> list[FlowRun]:
    """All of them: an answer holds 200 at most, and as many are ahead where 64 sources have schedules of their own."""
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=OfType(any_=list(types)))),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[flow.name for flow in _FLOWS])),
            sort=FlowRunSort.ID_DESC,
            limit=_PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < _PAGE:
            return found


async def _begin_again(client: PrefectClient, runs: list[FlowRun], after: timedelta) -> None:
    """Begin once more what these runs were to do, each thing once: of three missed nights one is enough.

    A night or backfill that had begun is named to the one that does its work, whose report says so.
    """
    telling = (
        {(await client.read_flow_by_name(flow.name)).id for flow in (nightly.nightly, backfill.backfill)}
        if runs
        else {}
    )
    wanted: dict[tuple[UUID, str], dict[str, Any]] = {}
    for run in sorted(runs, key=lambda run: run.start_time is not None):
        parameters = {name: value for name, value in run.parameters.items() if name != _INSTEAD_OF}
        told = json.dumps(parameters, sort_keys=True, default=str)
        if run.start_time and run.flow_id in telling:
            parameters[_INSTEAD_OF] = run_id_of(run)
        if run.deployment_id:
            wanted[run.deployment_id, told] = parameters
    for (deployment, _), parameters in wanted.items():
        at: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) + after)
        await client.create_flow_run_from_deployment(deployment, parameters=parameters, state=at)
