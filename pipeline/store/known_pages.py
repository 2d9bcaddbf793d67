"""What a crawl knows before it begins: seen articles, those that are due, validators. Loads nothing but numpy."""

import io
import json
from dataclasses import asdict, dataclass, field

import numpy as np

from pipeline.core.urls import key64


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server said of a response, to ask next time whether it changed."""

    etag: str = ""
    last_modified: str = ""
    digest: str = ""  # of the body, for servers that say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An article that is to be looked at again."""

    url: str
    visits: int
    validators: Validators
    failed: bool = False  # it never came: a dead link, to be tried once more
    title: str = ""  # what the listing said of it when it named it
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of one source. `keys` holds `urls.key64` of every fetched article: uint64, sorted."""

    keys: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64))
    due: tuple[Due, ...] = ()
    listings: dict[str, Validators] = field(default_factory=dict)
    dead: frozenset[int] = frozenset()  # keys of addresses that answered 404, and are not due
    files: dict[str, Validators] = field(default_factory=dict)  # of the files that articles name, by address

    def knows(self, url: str) -> bool:
        """Whether the article at that URL was fetched before."""
        key = np.uint64(key64(url))
        at = int(np.searchsorted(self.keys, key))
        return at < len(self.keys) and bool(self.keys[at] == key)

    def is_dead(self, url: str) -> bool:
        """Whether the address answered 404, and it is too early to ask again."""
        return bool(self.dead) and key64(url) in self.dead

    def pack(self) -> bytes:
        """As bytes, to be handed to another process."""
        told = json.dumps(asdict(self) | {"keys": None, "dead": sorted(self.dead)})
        buffer = io.BytesIO()
        np.savez(buffer, keys=self.keys, told=np.frombuffer(told.encode(), np.uint8))
        return buffer.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Seen":
        """What `pack` made."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as held:
            keys, told = held["keys"], json.loads(held["told"].tobytes())
        return cls(
            keys=keys,
            due=tuple(Due(**(each | {"validators": Validators(**each["validators"])})) for each in told["due"]),
            dead=frozenset(told["dead"]),
            listings={url: Validators(**each) for url, each in told["listings"].items()},
            files={url: Validators(**each) for url, each in told["files"].items()},
        )
