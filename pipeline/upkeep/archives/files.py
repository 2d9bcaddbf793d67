"""A path or an s3 address in, the WARC files that it names out, each as a stream that can be begun anywhere."""

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import xxhash

from pipeline.core.errors import ConfigError
from pipeline.store.s3 import Store

_ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".wacz")
_SAMPLE = 1 << 20  # bytes of its beginning and its end by which an archive is known again
_BUFFER = 4 << 20  # bytes asked for at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One WARC or WACZ file, wherever it lies."""

    name: str
    size: int
    opened: Callable[[], IO[bytes]]

    @property
    def id(self) -> str:
        """What it is called: by its bytes, so that a copy of another name is the same."""
        digest = xxhash.xxh3_64(str(self.size).encode())
        with self.opened() as stream:
            digest.update(stream.read(_SAMPLE))
            stream.seek(max(self.size - _SAMPLE, 0))
            digest.update(stream.read(_SAMPLE))
        return digest.hexdigest()

    @contextmanager
    def warcs(self) -> Iterator[list[tuple[str, IO[bytes]]]]:
        """The WARC files in it, by name: itself, or those of a WACZ."""
        with ExitStack() as stack:
            stream = stack.enter_context(self.opened())
            if not self.name.endswith(".wacz"):
                yield [(self.name, stream)]
                return
            try:
                package = stack.enter_context(zipfile.ZipFile(stream))
            except zipfile.BadZipFile as error:
                raise ConfigError(f"no WACZ: {error}", path=Path(self.name)) from error
            names = sorted(name for name in package.namelist() if name.endswith(_ENDINGS[:-1]))
            yield [(f"{self.name}!/{name}", stack.enter_context(package.open(name))) for name in names]


def find(place: str) -> list[Archive]:
    """The archives at a path, in a folder, at an s3 address or under one that ends in a slash; ConfigError if none."""
    found = _in_bucket(place) if place.startswith("s3://") else _on_disk(Path(place))
    if not found:
        raise ConfigError(f"no archive ({', '.join(_ENDINGS)}) at {place}")
    return found


def _on_disk(path: Path) -> list[Archive]:
    if not path.exists():
        raise ConfigError("no such file or folder", path=path)
    paths = sorted(each for each in path.rglob("*") if each.name.endswith(_ENDINGS)) if path.is_dir() else [path]
    return [
        Archive(name=str(each), size=each.stat().st_size, opened=lambda each=each: each.open("rb", _BUFFER))  # type: ignore[misc]
        for each in paths
    ]


def _in_bucket(address: str) -> list[Archive]:
    parts = urlsplit(address)
    store, key = Store.open(f"s3://{parts.netloc}"), parts.path.lstrip("/")
    entries = [entry for entry in store.entries(key) if entry.key == key or address.endswith("/")]
    return [
        Archive(
            name=f"s3://{parts.netloc}/{entry.key}",
            size=entry.size,
            opened=lambda entry=entry: io.BufferedReader(_Ranges(store, entry.key, entry.size), _BUFFER),  # type: ignore[misc]
        )
        for entry in entries
        if entry.key.endswith(_ENDINGS)
    ]


class _Ranges(io.RawIOBase):
    """An object as a file that can be sought in; each read is one request."""

    def __init__(self, store: Store, key: str, size: int) -> None:
        self._store, self._key, self._size, self._at = store, key, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if self._at >= self._size or not len(view):
            return 0
        data = self._store.get_range(self._key, self._at, min(self._at + len(view), self._size))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
