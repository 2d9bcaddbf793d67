"""What was written, by size and digest, under `digests/`: beside each landing and staged file, and for each commit.

What is damaged later cannot be read as another text unnoticed: `gongbao verify` reads everything again and compares.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import xxhash

from pipeline.core.errors import GongbaoError, StoreError
from pipeline.store import keys
from pipeline.store.s3 import Store

TABLES = ("corpus", "fetches")
_AT_ONCE = 8
_ACTIONS = ("add", "cdc")  # of a commit: files of rows, and of what changed


class Damaged(GongbaoError):
    """An object is not what was written: to ask for it once more would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An object as it was written."""

    size: int
    digest: str


def of(body: bytes) -> Written:
    """What is recorded of these bytes."""
    return Written(size=len(body), digest=xxhash.xxh3_128_hexdigest(body))


def record(store: Store, key: str, written: Written) -> None:
    """Remember what was written under a key."""
    store.put(f"{keys.DIGESTS}{key}.json", json.dumps({key: [written.size, written.digest]}).encode())


def of_file(path: Path) -> Written:
    """What is recorded of a file."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return Written(size=path.stat().st_size, digest=digest.hexdigest())


def delete(store: Store, key: str) -> None:
    """Remove an object, and what was recorded of it first: one that is missing is missed."""
    store.delete(f"{keys.DIGESTS}{key}.json")
    store.delete(key)


def record_commits(store: Store, name: str) -> None:
    """Remember the files of the commits of a table since the last that is recorded: of one, or after a crash of two."""
    log = f"{name}/_delta_log/"
    commits = [key for key in store.list(log, deep=False) if key.endswith(".json")]
    last = max((each for each in store.list(f"{keys.DIGESTS}{log}") if each.count(".") == 1), default="")
    # An older release kept none.
    newer = [key for key in commits if f"{keys.DIGESTS}{key}" > last] if last else commits[-1:]
    for key in newer:
        commit = store.get(key)
        files = [f"{name}/{unquote(path)}" for path in paths(commit)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            bodies = pool.map(lambda each: of(found) if (found := store.find(each)) is not None else None, files)
            told = {key: of(commit)} | {file: written for file, written in zip(files, bodies, strict=True) if written}
        packed = {each: [written.size, written.digest] for each, written in told.items()}
        store.put(f"{keys.DIGESTS}{key}", json.dumps(packed).encode())


def paths(commit: bytes) -> Iterator[str]:
    """The files that a commit adds, relative to the table."""
    for line in commit.splitlines():
        action = json.loads(line)
        for name in _ACTIONS:
            if name in action:
                yield action[name]["path"]


def recorded(store: Store) -> dict[str, Written]:
    """All that is recorded, by key."""
    found: dict[str, Written] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for body in pool.map(store.get, list(store.list(keys.DIGESTS))):
            try:
                told = {key: Written(size=size, digest=digest) for key, (size, digest) in json.loads(body).items()}
            except (ValueError, TypeError, AttributeError) as error:
                raise StoreError(f"{store.url_of(keys.DIGESTS)}: a record that cannot be read: {error}") from error
            # what was rewritten since its commit, as something of it was forgotten, has a record of its own
            found = told | found if len(told) > 1 else found | told
    return found


def is_recorded(store: Store, key: str, body: bytes) -> bool:
    """Whether it was recorded that these bytes were written under this key."""
    told = store.find(f"{keys.DIGESTS}{key}.json")
    written = of(body)
    return told is not None and json.loads(told)[key] == [written.size, written.digest]


def check(store: Store, key: str, body: bytes) -> None:
    """Damaged, naming the key, if these bytes are not what was written under it; nothing recorded is no error."""
    told = store.find(f"{keys.DIGESTS}{key}.json")
    if told is None:
        return
    size, digest = json.loads(told)[key]
    if Written(size=size, digest=digest) != of(body):
        raise Damaged(f"{store.url_of(key)}: it is not what was written: {len(body)} bytes, {size} were")
