"""Landing files of a source and a day in, one WARC file out, as other people's tools take it.

The records are the ones that lie in the store, byte for byte: each response with its request and its metadata. What
was forgotten is not among them.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from warcio.warcwriter import WARCWriter

from pipeline.store.s3 import Store
from pipeline.upkeep.redact import headers_of, members


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written."""

    path: Path
    responses: int
    bytes: int


def export(store: Store, keys: Iterable[str], folder: Path) -> Iterator[Written]:
    """Write the landing files of these keys to FOLDER/SOURCE-DAY.warc.gz, each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for (source_id, day), own in groupby(sorted(keys), _place):
        path = folder / f"{source_id}-{day}.warc.gz"
        part = path.with_suffix(".part")
        count = 0
        with part.open("wb") as file:
            file.write(_head(path.name, source_id, day))
            for key in own:
                count += _copy(store.get(key), file.write)
            size = file.tell()
        part.replace(path)
        yield Written(path=path, responses=count, bytes=size)


def _place(key: str) -> tuple[str, str]:
    """The source and the day of a landing file."""
    _, source, day, *_ = key.split("/")
    return source.removeprefix("source="), day.removeprefix("date=")


def _head(name: str, source_id: str, day: str) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    told = {"software": "Gongbao", "format": "WARC File Format 1.1", "isPartOf": source_id, "description": day}
    writer.write_record(writer.create_warcinfo_record(name, told))
    return buffer.getvalue()


def _copy(landed: bytes, write: Callable[[bytes], object]) -> int:
    """Write the records of a landing file; how many responses there are."""
    count, stands = 0, True
    for start, end, record in members(landed):
        headers = headers_of(record)
        if headers.get("WARC-Type") == "response":
            stands = headers.get("Gongbao-Kind") != "forgotten"
            count += stands
        if stands:
            write(landed[start:end])
    return count
