"""A store in, what in it is damaged, missing or foreign out: everything is read again and compared with its record."""

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from pydantic import ValidationError

from pipeline.core.errors import StoreError
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.nightly_files import Manifest
from pipeline.store import digests, fetches, keys
from pipeline.store.digests import Written
from pipeline.store.s3 import Entry, Store

_AT_ONCE = 8
_WRITING = timedelta(minutes=10)  # so long a plain file may lack its manifest, which is written after it
_READ = (keys.LANDING, keys.STAGED, keys.CORPUS, keys.FETCHES, keys.NIGHTLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one object: `damaged`, `missing` or `foreign`."""

    what: str
    key: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was read, and what is wrong; `unrecorded` are objects from before digests were kept."""

    objects: int
    bytes: int
    unrecorded: Counter[str]
    faults: tuple[Fault, ...]


def verify(store: Store, step: Callable[[int, int], None] = lambda done, of: None) -> Verified:
    """Read every object that holds what was fetched or published, and compare it with what was written."""
    known = digests.recorded(store)
    entries = [entry for prefix in _READ for entry in store.entries(prefix)]
    there = {entry.key: entry.size for entry in entries}
    faults = [Fault(what="missing", key=key) for key in sorted(_named(store, known) - there.keys())]
    unrecorded: Counter[str] = Counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        told = pool.map(lambda entry: _look(store, entry, known.get(entry.key)), entries)
        for done, (entry, (recorded, fault)) in enumerate(zip(entries, told, strict=True), 1):
            unrecorded[entry.key.split("/")[0]] += not recorded and not fault
            faults += [fault] if fault else []
            step(done, len(entries))
    whole = sum(there.values())
    return Verified(objects=len(entries), bytes=whole, unrecorded=+unrecorded, faults=tuple(faults))


def _named(store: Store, known: dict[str, Written]) -> set[str]:
    """What must be there: landing and staged files that were written, the files of the tables, and all plain files."""
    found = {key for key in known if key.startswith((keys.LANDING, keys.STAGED))}
    for name in digests.TABLES:
        with suppress(StoreError):  # its log is damaged, which is found by what is recorded of it
            table = Corpus.open(store).table if name == "corpus" else fetches.table(store)
            found |= {f"{name}/{file.path}" for file in table.files()}
    return found | {
        key.removesuffix(".json") + ".jsonl.zst" for key in store.list(keys.NIGHTLY) if key.endswith(".json")
    }


def _look(store: Store, entry: Entry, written: Written | None) -> tuple[bool, Fault | None]:
    """Whether something is recorded of an object, and what is wrong with it."""
    key = entry.key
    if not keys.OURS.fullmatch(key):
        return False, Fault(what="foreign", key=key, detail=f"{entry.size} bytes")
    if (body := store.find(key)) is None:
        return True, None  # it was deleted meanwhile, by housekeeping
    if written:
        found = digests.of(body)
        if found == written:
            return True, None
        detail = f"{found.size} bytes, {written.size} were written" if found.size != written.size else "other bytes"
        return True, Fault(what="damaged", key=key, detail=detail)
    if key.startswith(keys.NIGHTLY):
        return True, _plain_file(store, entry, body)
    if key.startswith(keys.LANDING) and (wrong := _unzipped(body)):
        return False, Fault(what="damaged", key=key, detail=wrong)
    return False, None


def _plain_file(store: Store, entry: Entry, body: bytes) -> Fault | None:
    """A plain file is recorded in its manifest, and a manifest in itself."""
    key = entry.key
    try:
        if key.endswith(".json"):
            Manifest.model_validate_json(body)
            return None
        about = store.find(key.removesuffix(".jsonl.zst") + ".json")
        if about is None:
            late = datetime.now(UTC) - entry.modified > _WRITING
            return Fault(what="missing", key=key.removesuffix(".jsonl.zst") + ".json") if late else None
        manifest = Manifest.model_validate_json(about)
    except ValidationError as error:
        return Fault(what="damaged", key=key, detail=str(error).splitlines()[0])
    if (len(body), sha256(body).hexdigest()) == (manifest.bytes, manifest.sha256):
        return None
    return Fault(what="damaged", key=key, detail=f"{len(body)} bytes, {manifest.bytes} were written")


def _unzipped(body: bytes) -> str:
    """What is wrong with the members of a gzip file, each of which holds a checksum; empty if nothing is."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            while file.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return str(error)
    return ""


def lines(verified: Verified) -> Iterator[str]:
    """What was found, for people."""
    for fault in verified.faults:
        yield f"{fault.what}: {fault.key}" + (f" ({fault.detail})" if fault.detail else "")
    rest = ", ".join(f"{count} of {name}" for name, count in sorted(verified.unrecorded.items()))
    yield (
        f"{verified.objects} objects, {verified.bytes / 1e6:.1f} MB read; {len(verified.faults)} are not what they were"
        + (f"; unrecorded, from before digests were kept: {rest}" if rest else "")
    )
