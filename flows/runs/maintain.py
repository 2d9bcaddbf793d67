"""The flow `maintain`: housekeeping, for schedules, workers and `gongbao maintain`."""

from datetime import UTC, datetime

from prefect import flow, get_run_logger

from flows import settings
from flows.alarms import standing
from pipeline.corpus import nightly_files
from pipeline.upkeep import maintenance
from pipeline.upkeep.maintenance import Maintained, MaintenanceRules


@flow(name="maintain", retries=1, persist_result=False, **standing.HOOKS)
def maintain() -> Maintained:
    """Compact, checkpoint and vacuum the tables; write plain files that a killed night did not come to."""
    known = settings.from_environment()
    store = settings.open_store(known)
    done = maintenance.maintain(store, MaintenanceRules.load(known.config), datetime.now(UTC))
    nightly_files.write_missing(store)
    standing.maintained(get_run_logger().warning)
    return done
