"""The flow `maintain`, for schedules and workers; `gongbao maintain` calls it too."""

from prefect import flow

from flows import maintaining
from pipeline.maintenance import Maintained


@flow(name="maintain", retries=1, persist_result=False)
def maintain() -> Maintained:
    """Compact, checkpoint and vacuum the tables; write plain files that are missing."""
    return maintaining.housekeeping()
