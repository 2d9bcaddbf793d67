"""An archive in (ZIP; RAR and 7z where the system has libarchive), its members out: name and bytes, or a reason."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.attachments.formats.packages import BROKEN, ENCRYPTED, read_member
from pipeline.attachments.rules import FileLimits
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

_UTF8 = 0x800  # flag of a member whose name says in which charset it is
# Big5 bytes of ASCII, signs and the 5,401 frequent characters; of a name in GBK some lie above them
_FREQUENT = re.compile(rb"(?:[\x20-\x7e]|[\xa1-\xc6][\x40-\x7e\xa1-\xfe])+")
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    name: str
    data: bytes = b""
    refused: Reject | None = None


def members(data: bytes, kind: str, limits: FileLimits) -> Iterator[Member]:
    """The files of an archive in its order; Reject where it cannot be opened, or holds too much."""
    left = limits.unpacked
    for number, member in enumerate(_zipped(data, limits) if kind == "zip" else _other(data, limits)):
        left -= len(member.data)
        if number >= limits.members or left < 0:
            raise Reject(Reason.TOO_EXPENSIVE, f"more than {limits.members} files or {limits.unpacked} bytes")
        yield member


def _zipped(data: bytes, limits: FileLimits) -> Iterator[Member]:
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        raise Reject(Reason.BROKEN, str(error)) from error
    if locked := [info for info in file.infolist() if info.flag_bits & ENCRYPTED]:
        raise Reject(Reason.ENCRYPTED, f"{len(locked)} of {len(file.infolist())} files")
    for info in file.infolist():
        name = info.filename if info.flag_bits & _UTF8 else as_written(info.filename)
        if not info.is_dir() and not _is_junk(name):
            try:
                yield Member(name, read_member(file, info, limits))
            except Reject as reject:
                yield Member(name, refused=reject)


def as_written(name: str, read_as: str = "cp437") -> str:
    """A name in UTF-8, GBK or Big5 that was read as another charset: zip files without a flag as cp437, headers as Latin-1."""
    try:
        raw = name.encode(read_as)
    except UnicodeEncodeError:
        return name
    for codec in ("utf-8", "gb2312", "big5", "gb18030"):
        try:
            found = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" and not found.isascii() and max(found) < "\u0800":
            continue  # 目录 in GBK is Ŀ¼ in UTF-8
        if codec != "big5" or _FREQUENT.fullmatch(raw):
            return found
    return name


def _is_junk(name: str) -> bool:
    return name.startswith(_JUNK[0]) or name.rpartition("/")[2] in _JUNK


def _other(data: bytes, limits: FileLimits) -> Iterator[Member]:
    try:
        import libarchive  # a system without it has no RAR
    except (ImportError, OSError, AttributeError, TypeError) as error:
        raise Reject(Reason.ARCHIVE_UNREADABLE, f"no libarchive: {error}") from error
    try:
        with libarchive.memory_reader(data) as archive:
            for entry in archive:
                if entry.isfile and not _is_junk(str(entry.pathname)):
                    yield _member(str(entry.pathname), entry, limits)
    except libarchive.ArchiveError as error:
        locked = "passphrase" in str(error).lower() or "encrypt" in str(error).lower()
        raise Reject(Reason.ENCRYPTED if locked else Reason.ARCHIVE_UNREADABLE, str(error)) from error


def _member(name: str, entry: "object", limits: FileLimits) -> Member:
    held = bytearray()
    for block in entry.get_blocks():  # type: ignore[attr-defined]
        held += block
        if len(held) > limits.member:
            return Member(name, refused=Reject(Reason.TOO_EXPENSIVE, f"unfolds to more than {limits.member} bytes"))
    return Member(name, bytes(held))
