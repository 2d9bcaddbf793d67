"""The flow `maintain`, for schedules and workers; `gongbao maintain` calls it too."""

from prefect import flow, get_run_logger

from flows.alarms import standing
from flows.commands import maintain as maintaining
from pipeline.upkeep.maintenance import Maintained


@flow(name="maintain", retries=1, persist_result=False, **standing.HOOKS)
def maintain() -> Maintained:
    """Compact, checkpoint and vacuum the tables; write plain files that are missing."""
    done = maintaining.housekeeping()
    standing.maintained(get_run_logger().warning)
    return done
