"""The flow `watch`, for schedules; `gongbao watch` calls it too."""

from datetime import UTC, datetime

from prefect import flow, get_run_logger

from flows.alarms import watching
from pipeline.core.errors import StoreError


@flow(name="watch", persist_result=False)
def watch() -> int:
    """Look whether all goes as it should, and tell people what they have to act on. The number of alarms that stand.

    A few seconds, each hour. It looks for what no run can say of itself: a night that did not end in time, by the
    cron line of `config/schedules.yaml` or of a source; a run that holds a lease for too long; a store that does not
    answer. It brings alarms that nobody acted on to their next level (`config/alarms.yaml`), clears those of sources
    that are not crawled any more, and sends again what could not be delivered. Silent when all is well. It crawls
    nothing and publishes nothing.
    """
    state = watching.watch(datetime.now(UTC), get_run_logger().warning)
    if state is None:
        raise StoreError("the store does not answer")
    return len(state.standing)
