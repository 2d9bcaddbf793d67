"""Whatever goes wrong with a request in, the closed name of it out."""

import logging

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.web._newclient import _WrapperException

from pipeline.page.obstacles import Cause

log = logging.getLogger(__name__)


class Failed(IgnoreRequest):
    """This request came to nothing. `reason` is what the report counts."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = str(reason)
        self.detail = detail


# Never asked for: the article is skipped, and stays as new as it was.
NOT_ASKED = frozenset({"robots", "cooled_down", "out_of_time", "outside_window", "interrupted"})
# Of these, the ones that another night may bring.
LATER = NOT_ASKED - {"robots"}
_FORBIDDEN = frozenset({"http_401", "http_403", "http_405", "http_407", "http_412", "http_451"})
# Failures that say something about the host, not about one page.
OF_THE_HOST: frozenset[str] = frozenset(
    {Cause.DNS, Cause.REFUSED, Cause.TIMEOUT, Cause.NETWORK, Cause.TLS, Cause.BUSY} | _FORBIDDEN
)

_BY_TYPE: tuple[tuple[type[BaseException], Cause | str], ...] = (
    (CannotResolveHostError, Cause.DNS),
    (DownloadConnectionRefusedError, Cause.REFUSED),
    (DownloadTimeoutError, Cause.TIMEOUT),
    (ConnectTimeout, Cause.TIMEOUT),
    (DownloadCancelledError, Cause.TOO_LARGE),
    (ResponseDataLossError, Cause.TRUNCATED),
    (UnsupportedURLSchemeError, "bad_url"),
    (ValueError, "bad_url"),
)


def failure(error: BaseException) -> Failed:
    """The same failure under its closed name."""
    if isinstance(error, Failed):
        return error
    causes = _beneath(error)
    if told := next((cause for cause in causes if isinstance(cause, Failed)), None):
        return told
    for kind, reason in _BY_TYPE:
        if isinstance(error, kind):
            return Failed(reason, str(error))
    if type(error).__module__.startswith("playwright"):
        return Failed(Cause.TIMEOUT if type(error).__name__ == "TimeoutError" else Cause.NETWORK, str(error)[:200])
    if any(type(cause).__module__.startswith("OpenSSL") or "SSL" in type(cause).__name__ for cause in causes):
        return Failed(Cause.TLS, repr(causes[-1]))
    if any(isinstance(cause, OSError | DownloadFailedError | ConnectError | ConnectionClosed) for cause in causes):
        return Failed(Cause.NETWORK, repr(causes[-1]))
    log.error("a request ended in a defect of ours", exc_info=error)
    return Failed(Cause.CRASHED, repr(error))


def cause_of(reason: str) -> Cause:
    """The cause that a failed listing has, by the reason of its failure."""
    try:
        return Cause(reason)
    except ValueError:
        if reason in _FORBIDDEN:
            return Cause.FORBIDDEN
        return Cause.HTTP_ERROR if reason.startswith("http_") else Cause.NETWORK


def is_of_the_host(reason: str) -> bool:
    """Whether a failure counts against the host: dead links do not."""
    return reason in OF_THE_HOST or reason.startswith("http_5")


def _beneath(error: BaseException) -> list[BaseException]:
    """An error and everything that it wraps, outermost first."""
    found = [error]
    for known in found:  # grows while it is walked
        if isinstance(known, _WrapperException):
            found += [reason.value for reason in known.reasons]
        if known.__cause__ and known.__cause__ not in found:
            found.append(known.__cause__)
    return found
