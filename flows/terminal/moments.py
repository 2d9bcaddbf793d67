"""What a person typed in, a snapshot or a time out: versions, dates and runs; days are those of Asia/Shanghai."""

import re
from datetime import UTC, datetime, timedelta

from pipeline.core.dates import SHANGHAI
from pipeline.core.errors import ConfigError
from pipeline.corpus.corpus import Corpus
from pipeline.store import keys
from pipeline.store.s3 import Store
from pipeline.store.tables import HistoryGone

_DAY = re.compile(r"\d{4}-?\d\d-?\d\d")
_A_DAY = timedelta(days=1)
_AGO = re.compile(r"(\d+)d")


def when(text: str, now: datetime | None = None) -> datetime:
    """A time: `2026-01-04`, `2026-01-04T18:00`, `today`, `yesterday`, `7d` (that many days ago)."""
    today = (now or datetime.now(UTC)).astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    ago = {"today": 0, "yesterday": 1}.get(text)
    if found := _AGO.fullmatch(text):
        ago = int(found[1])
    try:
        parsed = datetime.fromisoformat(text) if ago is None else today - timedelta(days=ago)
        at = parsed if parsed.tzinfo else parsed.replace(tzinfo=SHANGHAI)
        _ = at - _A_DAY, at + _A_DAY  # in other time zones, and when the day ends, it must be a time too
    except ValueError as error:
        raise ConfigError(f"no day or time: {text!r}; such as 2026-01-04, 2026-01-04T18:00, yesterday, 7d") from error
    except OverflowError as error:
        raise ConfigError(f"too far away: {text!r}") from error
    return at


def since(text: str) -> int | datetime:
    """A version, or a time."""
    return int(text) if text.isdigit() and len(text) < 8 else when(text)


def snapshot(store: Store, text: str) -> Corpus:
    """The snapshot of a version, a day (as it was when the day ended), a time, or after a run; empty: the newest.

    HistoryGone where files of it were vacuumed.
    """
    if not text:
        return Corpus.open(store)
    found = _named(store, text)
    there = set(store.list(f"{keys.CORPUS}month="))
    if any(found.key_of(file) not in there for file in found.files()):
        raise HistoryGone(f"version {found.version} is no longer kept")
    return found


def _named(store: Store, text: str) -> Corpus:
    if text.isdigit() and len(text) < 8:
        newest = Corpus.open(store)
        if int(text) > newest.version:
            raise ConfigError(f"the corpus has versions 0 to {newest.version}, not {text}")
        return Corpus.open(store, int(text))
    if _DAY.fullmatch(text):
        return Corpus.open(store, at=when(text) + _A_DAY)
    try:
        return Corpus.open(store, at=when(text))
    except ConfigError:
        return Corpus.open(store, run=text)
