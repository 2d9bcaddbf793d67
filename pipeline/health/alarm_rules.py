"""`config/alarms.yaml` in: when an alarm is told, to whom, and what is said of alarms that are not those of a source."""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import Field, model_validator

from pipeline.core.config import Strict, read
from pipeline.core.observation import Grade, Trouble


class RunTrouble(StrEnum):
    """What can become of a run. What can become of a source: `observation.Trouble`."""

    FAILED = "failed"  # it raised, or its sums do not close
    CRASHED_PAGES = "crashed_pages"
    NIGHT_MISSING = "night_missing"  # none ended in time
    STUCK = "stuck"
    NOT_MAINTAINED = "not_maintained"
    STORE_REFUSES = "store_refuses"


class Said(Strict):
    """What is said of a trouble."""

    grade: Grade
    advice: str
    look: str


class WatchRules(Strict):
    """When a night is late and a run hangs."""

    late_hours: float = Field(gt=0)
    stuck_hours: float = Field(gt=0)


class Delivery(Strict):
    """How long and how often a message is tried."""

    timeout_seconds: float = Field(gt=0)
    tries: int = Field(ge=1)
    pause_seconds: float = Field(ge=0)


class Email(Strict):
    """By which block of Prefect, and to whom."""

    block: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    escalated_to: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> "Email":
        if self.block and not (self.sender and self.to):
            raise ValueError("an e-mail needs a sender and somebody to read it")
        return self


class AlarmRules(Strict):
    """All of it."""

    levels: dict[Grade, tuple[float, ...]]
    escalated_from: int = Field(ge=2)
    repeat_days: float = Field(gt=0)
    undelivered_days: float = Field(ge=0)
    watch: WatchRules
    delivery: Delivery
    email: Email
    blocks: tuple[str, ...] = ()
    troubles: dict[RunTrouble, Said]
    look: str
    look_of: dict[Trouble, str] = {}

    @model_validator(mode="after")
    def _is_complete(self) -> "AlarmRules":
        for grade in Grade:
            days = self.levels.get(grade)
            if days is None or list(days) != sorted(set(days)) or any(days[:1]):
                raise ValueError(f"levels of {grade}: days that rise from 0, or none")
        if missing := set(RunTrouble) - self.troubles.keys():
            raise ValueError(f"nothing is said of {', '.join(sorted(missing))}")
        return self

    @classmethod
    def load(cls, config: Path) -> "AlarmRules":
        """The rules of a configuration folder; ConfigError names file, line and key."""
        return read(config / "alarms.yaml", cls)

    def level(self, grade: Grade, first_told: datetime, now: datetime) -> int:
        """How far an alarm has come that was first told then; 0: it is not told."""
        days = (now - first_told) / timedelta(days=1)
        levels = self.levels[grade]
        if not levels or days < levels[-1]:
            return sum(days >= each for each in levels)
        return len(levels) + int((days - levels[-1]) / self.repeat_days)
