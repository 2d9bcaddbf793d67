"""The bytes of a file in, its type out, by what they begin with and hold: endings lie."""

import io
import re
import zipfile

import olefile

_MAGIC = (
    (b"{\\rtf", "rtf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"BM", "image"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# a page saved by Office as one file is MIME around HTML
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|meta|frameset|table|style)\b|^(?:\xef\xbb\xbf)?\s*mime-version:",
    re.IGNORECASE,
)
_XML = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml\b")
_PACKAGES = frozenset(("[content_types].xml", "mimetype", "meta-inf/manifest.xml"))  # Office, OpenDocument
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "rtf": "application/rtf",
    "ofd": "application/ofd",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "7z": "application/x-7z-compressed",
    "txt": "text/plain",
}
# What is no page, whatever it is named.
FILES = frozenset((*MEDIA_TYPES, "locked", "ole", "ppt", "pptx", "package")) - {"txt"}
_WINDOW = 1024  # bytes in which PDF readers look for %PDF
DOCUMENT = re.compile(r"word/document\d*\.xml")  # what Word on the web writes has a number
_BOOKS = frozenset(("xl/workbook.xml", "xl/workbook.bin"))


def type_of(data: bytes) -> str:
    """The type; `locked` for a package behind a password, `ole` for an unknown compound file, empty for none known."""
    start = data[:_WINDOW]
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(_OLE):
        return _of_ole(data)
    kind = next((name for magic, name in _MAGIC if start.startswith(magic)), "")
    if kind == "zip":
        return _of_zip(data)
    if kind:
        return kind
    return "html" if _HTML.search(start) else "xml" if _XML.search(start) else ""


def _of_zip(data: bytes) -> str:
    """A package of Office or OFD, else an archive; also of one whose directory is damaged."""
    try:
        names = {name.lower().replace("\\", "/") for name in zipfile.ZipFile(io.BytesIO(data)).namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "zip"
    if "ofd.xml" in names:
        return "ofd"
    if any(map(DOCUMENT.fullmatch, names)):
        return "docx"
    if names & _BOOKS:
        return "xlsx"
    if "ppt/presentation.xml" in names:
        return "pptx"
    return "package" if names & _PACKAGES else "zip"


def _of_ole(data: bytes) -> str:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            names = {"/".join(entry).lower() for entry in ole.listdir()}
    except Exception:  # olefile raises whatever a damaged directory leads to
        return "ole"
    if "encryptedpackage" in names:
        return "locked"
    if "worddocument" in names:
        return "doc"
    if names & {"workbook", "book"}:
        return "xls"
    return "ppt" if "powerpoint document" in names else "ole"
