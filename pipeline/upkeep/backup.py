"""A store in, the same store elsewhere out: a back-up, a restored store, or one that moves. Safe beside running nights.

What says that something is there is listed before that, and written after it; and `fetches`, by which no page is
fetched twice, is listed before the corpus that must hold these pages, and written after it. So the copy is a store as
it was at one moment of the copying, and a copy that was stopped holds an older one, or none, and goes on when it is
made again.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from pipeline.core.errors import ConfigError, StoreError
from pipeline.corpus.corpus import Corpus
from pipeline.store import fetches, keys
from pipeline.store.s3 import Entry, Store
from pipeline.upkeep import erase, forget, tombstones

_LOG, _FETCHES_LOG = f"{keys.CORPUS}_delta_log/", f"{keys.FETCHES}_delta_log/"
_NAMED = (keys.LANDING, keys.CORPUS, keys.FETCHES)  # what commits name, and nothing but the logs of the tables tells of
# Of no use elsewhere: outcomes of runs that are published or begun again, and who holds what on which machine. The
# hint is one that readers of a table do without; a stale one would mislead them.
_LEFT = (
    keys.STAGED,
    f"{keys.DIGESTS}{keys.STAGED}",
    keys.LEASES,
    f"{_LOG}_last_checkpoint",
    f"{_FETCHES_LOG}_last_checkpoint",
)
_AT_ONCE = 8  # requests; one process of boto3 does no more than some 500 small ones a second (platform.md, A)
_CLOCKS = timedelta(minutes=30)  # S3 refuses who is 15 minutes off, so two servers differ by no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy did: objects written and their bytes, those that were there, those deleted; the corpus' version."""

    written: int
    bytes: int
    there: int
    deleted: int
    version: int


Step = Callable[[int, int], None]  # objects that are done of how many


def copy(source: Store, dest: Store, *, delete: bool = False, step: Step = lambda done, of: None) -> Copied:
    """Make `dest` what `source` is; with `delete` also where something is gone. ConfigError if it is another corpus."""
    if source.holds(dest):
        raise ConfigError(f"it lies in {source.url}, of which it shall be a copy", key=dest.url)
    told = [entry for entry in source.entries() if not entry.key.startswith((*_NAMED, *_LEFT))]
    fetched = _kept(source.entries(_FETCHES_LOG))
    log = _kept(source.entries(_LOG))
    if not log:
        raise ConfigError("there is no corpus", key=source.url)
    named = [
        entry for prefix in _NAMED for entry in _kept(source.entries(prefix)) if not entry.key.startswith((_LOG, _FETCHES_LOG))
    ]  # fmt: skip
    held = {entry.key: entry for entry in dest.entries()}
    _refuse_another(source, dest, [entry.key for entry in log], held)
    forgotten = _forget(source, dest, held.keys() - {entry.key for entry in named})
    whole = len(named) + len(log) + len(told) + len(fetched)
    written = size = done = 0
    for entries, at_once in ((named, _AT_ONCE), (log, 1), (told, _AT_ONCE), (fetched, 1)):
        lacking = [entry for entry in entries if not _same(entry, held.get(entry.key))]
        done += len(entries) - len(lacking)
        with ThreadPoolExecutor(at_once) as pool:
            for entry, came in zip(
                lacking, pool.map(lambda each: dest.copy_from(source, each.key), lacking), strict=True
            ):
                written, size, done = written + came, size + came * entry.size, done + 1
                step(done, whole)
                if forgotten and entry.key in held:
                    dest.drop_old_versions(entry.key)
    wanted = {entry.key for entry in (*told, *fetched, *log, *named)}
    deleted = _delete(dest, held, wanted) if delete else 0
    return Copied(written=written, bytes=size, there=whole - written, deleted=deleted, version=check(dest))


def check(store: Store) -> int:
    """The version of a store's corpus, once every file that the tables name is there; StoreError if one is not."""
    held = {entry.key: entry.size for prefix in (keys.CORPUS, keys.FETCHES) for entry in store.entries(prefix)}
    corpus = Corpus.open(store)
    for name, table in (("corpus", corpus.table), ("fetches", fetches.table(store))):
        for file in table.files():
            if held.get(f"{name}/{file.path}") != file.size:
                raise StoreError(f"{store.url_of(name)}/{file.path} is missing or cut off")
    return corpus.version


def _kept(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.key.startswith(_LEFT)]


def _same(entry: Entry, held: Entry | None) -> bool:
    """Whether an object is there already, as it is now."""
    if held is None or held.size != entry.size:
        return False
    return held.etag == entry.etag or held.modified - entry.modified > _CLOCKS


def _refuse_another(source: Store, dest: Store, log: Collection[str], held: Mapping[str, Entry]) -> None:
    """A copy over another corpus, or over one that has gone on since, would spoil both."""
    newest = max(_commits(held), default=None)
    if newest and (newest not in log or _commit(source, newest) != _commit(dest, newest)):
        raise ConfigError(f"it holds another corpus than {source.url}, or a newer one", key=dest.url)


def _commits(keys: Iterable[str]) -> Iterator[str]:
    return (key for key in keys if key.startswith(_LOG) and key.endswith(".json"))


def _commit(store: Store, key: str) -> object:
    """What a commit says of itself."""
    actions = map(json.loads, store.get(key).splitlines())
    return next((action["commitInfo"] for action in actions if "commitInfo" in action), None)


def _forget(source: Store, dest: Store, stale: Iterable[str]) -> bool:
    """Take what was forgotten since the last copy out of what the source has no more and the copy has; whether anything was.

    What both have is written anew: it is not what it was. The tombstones are copied last of all, so a copy that was
    stopped does this again.
    """
    if not (ids := sorted(tombstones.forgotten(source) - tombstones.forgotten(dest))):
        return False
    proofs = [
        *forget.in_derived(dest, ids),
        erase.in_landing(dest, (key for key in stale if key.startswith(keys.LANDING)), ids),
    ]
    return any(proof.looked_at for proof in proofs)


def _delete(dest: Store, held: Iterable[str], wanted: Collection[str]) -> int:
    """Delete what the source has no more, in the folders that it has."""
    folders = {key.split("/")[0] for key in wanted}
    gone = [key for key in held if key not in wanted and "/" in key and key.split("/")[0] in folders]
    for key in gone:
        dest.delete(key)
    return len(gone)
