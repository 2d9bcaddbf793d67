"""`config/schedules.yaml`: when what begins, and how long a lease holds."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from pipeline.core.config import Cron, Strict, read


class LeaseRules(Strict):
    """How long a lease holds."""

    renew_seconds: float = Field(gt=0)
    stale_minutes: float = Field(gt=0)
    wait_minutes: float = Field(ge=0)

    @property
    def stale(self) -> timedelta:
        """Silent for so long, a holder on another machine is taken for dead."""
        return timedelta(minutes=self.stale_minutes)

    @property
    def wait(self) -> timedelta:
        """How long a run waits for a source that another one crawls."""
        return timedelta(minutes=self.wait_minutes)


class Schedules(Strict):
    """Cron lines in Asia/Shanghai, and the leases."""

    nightly: Cron
    watch: Cron
    maintain: Cron
    leases: LeaseRules

    @classmethod
    def load(cls, config: Path) -> "Schedules":
        """The schedules of a configuration folder; ConfigError names file, line and key."""
        return read(config / "schedules.yaml", cls)
