"""Every way in which Gongbao says no: a page stops, our configuration is wrong, the store refused."""

from pathlib import Path

from pipeline.core.models import Reason


class GongbaoError(Exception):
    """The root of what Gongbao raises on purpose."""


class Reject(GongbaoError):
    """This page stops here. Counted by its reason; never a failure of the run."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class ConfigError(GongbaoError):
    """Our YAML, the environment or the call is wrong. Raised before the first request; exit code 2."""

    def __init__(self, message: str, *, path: Path | None = None, line: int | None = None, key: str = "") -> None:
        place = f"{path}" + (f":{line}" if line else "") if path else ""
        super().__init__(": ".join(part for part in (place, key, message) if part))
        self.path = path
        self.line = line
        self.key = key


class StoreError(GongbaoError):
    """The store refused or could not be reached. The only error that a task retries."""
