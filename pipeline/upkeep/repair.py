"""What `verify` found in, what could be made again out: from the landing, or from the commits; the rest is named.

A damaged plain file is written again from its run's commit; a staged file goes, since it is made again where it is
wanted. A damaged or missing file of a table is taken out of the table: pages of the log of fetches are asked for again,
documents of the corpus are published again from their landing files. A damaged landing file, or log of a table, only a
back-up brings back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.store import digests, fetches, keys
from pipeline.store.s3 import Store
from pipeline.upkeep.verify import Fault

_FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What was made whole, what is beyond it, and whether documents are to be published again from the landing."""

    whole: tuple[str, ...]
    beyond: tuple[Fault, ...]
    republish: bool


def repair(store: Store, faults: Sequence[Fault]) -> Repaired:
    """Make whole what can be; what is foreign is left alone."""
    whole = [*_of_tables(store, faults)]
    republish = any(key.startswith(keys.CORPUS) for key in whole)
    plain = _of(faults, keys.NIGHTLY)
    for fault in plain:
        store.delete(fault.key)
    if plain:
        nightly_files.write_missing(store)
        there = set(store.list(keys.NIGHTLY))
        whole += [fault.key for fault in plain if fault.key in there]
    for fault in _of(faults, keys.STAGED):
        digests.delete(store, fault.key)
        whole.append(fault.key)
    beyond = [fault for fault in faults if fault.key not in set(whole)]
    return Repaired(whole=tuple(whole), beyond=tuple(beyond), republish=republish)


def _of(faults: Sequence[Fault], folder: str) -> list[Fault]:
    return [fault for fault in faults if fault.key.startswith(folder) and fault.what != _FOREIGN]


def _of_tables(store: Store, faults: Sequence[Fault]) -> list[str]:
    """Take damaged and missing files out of the tables; those that no version of today names go, too."""
    gone: list[str] = []
    for name in digests.TABLES:
        mine = [fault for fault in _of(faults, f"{name}/") if fault.key.endswith(".parquet") and "/_" not in fault.key]
        for fault in mine:
            store.delete(fault.key)
        if mine:
            table = Corpus.open(store).table if name == "corpus" else fetches.table(store)
            table.drop_missing()
            gone += [fault.key for fault in mine]
    return gone
