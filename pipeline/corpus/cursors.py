"""Cursors: how far a reader of the change feed has come. A file of the reader's, and a note in the store of each.

`version` is what the reader has done with; `offered` is up to where it was last told, so that a reader that died
before it said so is told the very same again. The note under `cursors/` keeps housekeeping from deleting what a slow
reader still needs.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline.core.errors import ConfigError
from pipeline.store import keys
from pipeline.store.s3 import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a reader stands."""

    id: str
    store: str
    every: bool
    version: int
    offered: int | None = None
    attachments: bool = False

    @classmethod
    def begin(cls, store: Store, version: int, *, every: bool, attachments: bool = False) -> "Cursor":
        """A new cursor that has done with `version`."""
        return cls(id=secrets.token_hex(8), store=store.url, every=every, version=version, attachments=attachments)

    @classmethod
    def read(cls, path: Path, store: Store, *, every: bool, attachments: bool = False) -> "Cursor | None":
        """The cursor of a file, None if there is none; ConfigError if it is one of another corpus or view, or no cursor."""
        try:
            found = cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"no cursor: {error}", path=path) from error
        if not found._is_possible():
            raise ConfigError(f"no cursor: version {found.version!r}, offered {found.offered!r}", path=path)
        if (found.store, found.every, found.attachments) != (store.url, every, attachments):
            view = ("every row" if found.every else "canonical documents") + (
                ", attachments too" if found.attachments else ""
            )
            raise ConfigError(f"the cursor is one of {found.store}, {view}", path=path)
        return found

    def _is_possible(self) -> bool:
        """Whether its versions are such as a reader can stand at."""
        told = self.version if self.offered is None else self.offered
        return type(self.version) is type(told) is int and 0 <= self.version <= told

    def offering(self, version: int) -> "Cursor":
        """The same, having been told up to `version`."""
        return replace(self, offered=version)

    def moved(self) -> "Cursor":
        """The same, having done with what it was offered."""
        return replace(self, version=self.version if self.offered is None else self.offered, offered=None)

    def write(self, path: Path) -> None:
        """Keep it: after this, or not at all, never half; ConfigError where nothing can be written."""
        scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            with scratch.open("w") as file:
                json.dump(asdict(self), file)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
        except OSError as error:
            raise ConfigError(f"the cursor cannot be kept: {error.strerror}", path=path) from error

    def note(self, store: Store) -> None:
        """Tell the store where this reader stands."""
        store.put(f"{keys.CURSORS}{self.id}.json", json.dumps(asdict(self)).encode())


def slowest(store: Store, seen_since: datetime) -> int | None:
    """The version of the reader that is furthest behind, of those that spoke up since a time; None if none did."""
    known = [key for key, when in store.dated(keys.CURSORS) if when >= seen_since]
    return min((version for key in known if (version := _noted(store, key)) is not None), default=None)


def _noted(store: Store, key: str) -> int | None:
    """The version that a reader's note tells; None if it tells none: a note that cannot be read keeps nothing."""
    try:
        version = json.loads(store.get(key))["version"]
    except (ValueError, TypeError, KeyError):
        return None
    return version if type(version) is int and version >= 0 else None
