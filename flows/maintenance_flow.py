"""The flow `maintain`, for schedules and workers; `gongbao maintain` calls it too."""

from prefect import flow, get_run_logger

from flows import alarms, maintaining
from pipeline.maintenance import Maintained


@flow(name="maintain", retries=1, persist_result=False, **alarms.HOOKS)
def maintain() -> Maintained:
    """Compact, checkpoint and vacuum the tables; write plain files that are missing."""
    done = maintaining.housekeeping()
    alarms.maintained(get_run_logger().warning)
    return done
