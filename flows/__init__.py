"""When and in which order; the command line; and `from flows import backfill`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.commands.backfill import backfill

__all__ = ["backfill"]


def __getattr__(name: str) -> Any:
    """Loaded when it is asked for: most commands need none of what a run needs."""
    if name == "backfill":
        from flows.commands.backfill import backfill

        return backfill
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
