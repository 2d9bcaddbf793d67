"""Archives of others in, the keys of landing files out, each as soon as it is whole. Imports no Prefect."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flows import settings
from pipeline.core.source import load_all
from pipeline.store.s3 import Store
from pipeline.upkeep import tombstones
from pipeline.upkeep.archives import files, land


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One archive of an import, and where the store holds how far it came."""

    archive: files.Archive
    wanted: land.Wanted
    key: str


def parts(store: Store, known: settings.Settings, place: str, hosts: Sequence[str] = ()) -> list[Part]:
    """The archives at a place, with what is wanted of them; ConfigError if there is none."""
    sources = {source.id: source for source in load_all(known.sources)}
    wanted = land.Wanted(sources=sources, hosts=frozenset(hosts), forgotten=tombstones.forgotten(store))
    return [Part(archive=each, wanted=wanted, key=land.key_of(each, wanted)) for each in files.find(place)]


def landed(store: Store, of: Sequence[Part], say: Callable[[str], None]) -> Iterator[str]:
    """The landing files that these archives become; of those that were published before none."""
    for part in of:
        if not land.read(store, part.key, part.archive).published:
            for keys in land.land(store, part.archive, part.key, part.wanted, say):
                yield from keys
