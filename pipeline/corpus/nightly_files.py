"""A commit of a run in, its plain files out, for those who only speak S3: JSON lines and a manifest.

`nightly/date=YYYY-MM-DD/RUN.jsonl.zst` holds what readers of canonical documents find added, revised and withdrawn;
`RUN.json` beside it is written last and says that it is whole. `previous` of a manifest is the `version` of the one
before it, so that a reader knows when one is missing. Derived from the commit: made again, they say the same.
"""

import hashlib
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import zstandard
from pydantic import ValidationError

from pipeline.core.config import Strict
from pipeline.core.dates import SHANGHAI
from pipeline.corpus.changes import Changes
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.export import MACHINE
from pipeline.store import keys
from pipeline.store.s3 import Store
from pipeline.store.tables import HistoryGone

log = logging.getLogger(__name__)
# Of a withdrawn document only what names it is told: who withdraws a text does not want it sent around once more.
_TOLD_OF_WITHDRAWN = {
    "doc_id", "url", "source_id", "canonical_id", "withdrawn_at", "withdrawn_because", "month", "run_id", "revision",
}  # fmt: skip


class Manifest(Strict):
    """`RUN.json`: what the night's file holds."""

    run_id: str
    file: str  # its key, relative to the store
    previous: int  # version of the corpus that these changes lead on from, that of the manifest before
    version: int  # that they lead to
    committed_at: datetime
    added: int
    revised: int
    withdrawn: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commit:
    run_id: str
    previous: int
    version: int
    at: datetime

    @property
    def key(self) -> str:
        return f"{keys.NIGHTLY}date={self.at.astimezone(SHANGHAI):%Y-%m-%d}/{self.run_id}"


def write_missing(store: Store, runs: Collection[str] = (), last: int | None = None) -> list[Manifest]:
    """Make the files of these runs again, or those that are missing, oldest first; what was written.

    Missing is a night without its file, or without a manifest that can be read; where its history is no longer kept it
    is named in the log and passed over, but asked for by name it is HistoryGone. With `last` only so many commits are
    looked at, and their manifests are not read: after a night, those before it were looked at before.
    """
    there = set(store.list(keys.NIGHTLY))
    written = []
    for each in _commits(store, last):
        if each.run_id not in runs and (runs or _is_whole(store, each, there, read=last is None)):
            continue
        try:
            written.append(_write(store, each))
        except HistoryGone as gone:
            if runs:
                raise
            log.warning("no plain file of run %s can be made: %s", each.run_id, gone)
    return written


def pack(lines: bytes) -> bytes:
    """Lines as a night's file holds them."""
    return zstandard.ZstdCompressor(level=3).compress(lines)


def rewrite(store: Store, key: str, packed: bytes) -> None:
    """Put another night's file in the place of one, and its digest into its manifest."""
    store.put(key, packed)
    attest(store, key)


def attest(store: Store, key: str) -> None:
    """Make the manifest say what the night's file is; one that cannot be read is left for `write_missing` to make again."""
    about, packed = key.removesuffix(".jsonl.zst") + ".json", store.get(key)
    if found := _manifest(store, about):
        true = found.model_copy(update={"bytes": len(packed), "sha256": hashlib.sha256(packed).hexdigest()})
        if true != found:
            store.put(about, true.model_dump_json(indent=1).encode())


def _is_whole(store: Store, commit: _Commit, there: Collection[str], *, read: bool) -> bool:
    file, about = f"{commit.key}.jsonl.zst", f"{commit.key}.json"
    return file in there and about in there and (not read or _manifest(store, about) is not None)


def _manifest(store: Store, key: str) -> Manifest | None:
    """The manifest under a key; None if it cannot be read, or is not there."""
    try:
        return Manifest.model_validate_json(store.find(key) or b"")
    except ValidationError:
        return None


def _commits(store: Store, last: int | None) -> list[_Commit]:
    """The commits of runs, oldest first; those of housekeeping change no documents and are passed over."""
    history = sorted(Corpus.open(store).table.history(last), key=lambda commit: int(commit["version"]))
    found: list[_Commit] = []
    for commit in history:
        if run_id := commit.get("run_id"):
            previous = found[-1].version if found else 0
            at = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
            found.append(_Commit(run_id=run_id, previous=previous, version=commit["version"], at=at))
    from_the_start = bool(history) and history[0]["version"] == 0
    return found if from_the_start else found[1:]  # what the first of a cut history leads on from is not known


def _write(store: Store, commit: _Commit) -> Manifest:
    changes = Changes(Corpus.open(store, commit.version), commit.version - 1, commit.version)
    counts = changes.counts()
    with TemporaryDirectory(prefix="gongbao-") as folder:
        path = Path(folder) / "changes.jsonl.zst"
        with path.open("wb") as raw, zstandard.ZstdCompressor(level=3).stream_writer(raw) as file:
            for lines in _lines(changes):
                file.write(lines)
        with path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        size = path.stat().st_size
        store.put_file(f"{commit.key}.jsonl.zst", path)
    manifest = Manifest(
        run_id=commit.run_id, file=f"{commit.key}.jsonl.zst", previous=commit.previous, version=commit.version,
        committed_at=commit.at, bytes=size, sha256=digest, **counts,
    )  # fmt: skip
    store.put(f"{commit.key}.json", manifest.model_dump_json(indent=1).encode())
    return manifest


def _lines(changes: Changes) -> Iterator[bytes]:
    for rows in changes.batches():
        gone = pl.col("what") == "withdrawn"
        told = rows.drop(MACHINE).with_columns(
            pl.when(~gone).then(pl.col(name)).alias(name)
            for name in rows.columns
            if name not in (*_TOLD_OF_WITHDRAWN, *MACHINE, "what", "why")
        )
        yield told.rename({"what": "change"}).write_ndjson().encode()
