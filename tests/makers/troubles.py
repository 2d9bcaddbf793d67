"""What a run found wrong, for the alarms."""

from datetime import date

from pipeline.core.observation import Grade, Trouble
from pipeline.health.alarms import Found


def found(subject: str = "ministry", grade: Grade = Grade.ALARM, trouble: str = Trouble.DEAD) -> Found:
    return Found(
        subject=subject, trouble=trouble, grade=grade, since=date(2026, 3, 1), cause="dns: does not answer",
        advice="Open it in a browser.", look=f"gongbao sources check {subject}", run_id="20260301T171000Z-0001",
    )  # fmt: skip
