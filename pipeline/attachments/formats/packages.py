"""A ZIP of parts (DOCX, XLSX, OFD) in, its parts out, none of them larger than a limit."""

import io
import zipfile
import zlib
from dataclasses import dataclass

from lxml import etree

from pipeline.attachments.rules import FileLimits
from pipeline.core.errors import Reject
from pipeline.core.models import Reason

ENCRYPTED = 0x1  # flag of a member
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
# The namespace of documents that keep to the standard's letter, and the one that all others have.
_STRICT = (
    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
)


@dataclass(frozen=True, slots=True)
class Package:
    """An opened package."""

    file: zipfile.ZipFile
    limits: FileLimits

    @classmethod
    def open(cls, data: bytes, limits: FileLimits) -> "Package":
        """Reject where it is damaged, or would unfold to more than a file may take."""
        try:
            file = zipfile.ZipFile(io.BytesIO(data))
        except BROKEN as error:
            raise Reject(Reason.BROKEN, str(error)) from error
        whole = sum(info.file_size for info in file.infolist())
        if whole > limits.unpacked:
            raise Reject(Reason.TOO_EXPENSIVE, f"unfolds to {whole} bytes")
        return cls(file, limits)

    def read(self, name: str) -> bytes:
        """A part; Reject if it is not there or too large."""
        try:
            info = self.file.getinfo(name)
        except KeyError:
            found = {each.lower().replace("\\", "/"): each for each in self.file.namelist()}
            if name.lower() not in found:
                raise Reject(Reason.BROKEN, f"no part {name}") from None
            info = self.file.getinfo(found[name.lower()])
        return read_member(self.file, info, self.limits)

    def names(self) -> list[str]:
        """The parts, as a package spells them."""
        return self.file.namelist()

    def has(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name in self.file.NameToInfo

    def tree(self, name: str) -> etree._Element:
        """A part as XML."""
        root = etree.fromstring(
            self.read(name).replace(*_STRICT),
            etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True),
        )
        if root is None:
            raise Reject(Reason.BROKEN, f"no XML in {name}")
        return root


def read_member(file: zipfile.ZipFile, info: zipfile.ZipInfo, limits: FileLimits) -> bytes:
    """The bytes of a member, whatever size it claims."""
    if info.flag_bits & ENCRYPTED:
        raise Reject(Reason.ENCRYPTED, info.filename)
    if info.file_size > limits.member:
        raise Reject(Reason.TOO_EXPENSIVE, f"{info.filename} unfolds to {info.file_size} bytes")
    try:
        with file.open(info) as stream:
            data = stream.read(limits.member + 1)
    except (*BROKEN, RuntimeError) as error:
        raise Reject(Reason.BROKEN, f"{info.filename}: {error}") from error
    if len(data) > limits.member:
        raise Reject(Reason.TOO_EXPENSIVE, f"{info.filename} unfolds to more than {limits.member} bytes")
    return data
