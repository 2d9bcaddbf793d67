"""When a crawl takes place: its day, its night window, its deadline."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.core.dates import SHANGHAI

_DAY = timedelta(days=1)


def _real() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time, moved by whole days where a crawl is told that it is another day."""

    shift: timedelta = timedelta()
    real: Callable[[], datetime] = _real

    @classmethod
    def on(cls, now: datetime | None, real: Callable[[], datetime] = _real) -> "Clock":
        """The clock of a run that began at `now`. A run of another day moves it by whole days; one that began some
        hours ago does not, so that a source that waited its turn has the true time."""
        away = (now - real()) if now else timedelta()
        return cls(shift=timedelta(days=round(away / _DAY)) if abs(away) >= _DAY else timedelta(), real=real)

    def now(self) -> datetime:
        """The time, UTC."""
        return self.real() + self.shift

    def at(self, real: datetime) -> datetime:
        """A moment that was really measured, on this clock."""
        return real + self.shift

    @property
    def day(self) -> date:
        """The day in Asia/Shanghai."""
        return self.now().astimezone(SHANGHAI).date()


def inside(window: tuple[int, int] | None, now: datetime) -> bool:
    """Whether `now` lies in the hours [from, to) of the day in Asia/Shanghai; (22, 6) goes over midnight."""
    if window is None or window[0] == window[1]:
        return True
    hour, (start, end) = now.astimezone(SHANGHAI).hour, window
    return start <= hour < end if start < end else hour >= start or hour < end
