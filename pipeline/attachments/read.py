"""The bytes of a file in, what can be read of it out: a row for the file, of an archive one for each member."""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

import xxhash

from pipeline.attachments import kinds
from pipeline.attachments.file_text import FileLine, FileText
from pipeline.attachments.formats import docx, ofd, packed, pdf, rtf, sheets, word97
from pipeline.attachments.formats.packages import Package
from pipeline.attachments.paragraphs import paragraphs
from pipeline.attachments.rules import FileRules
from pipeline.core.errors import Reject
from pipeline.core.models import Reason
from pipeline.core.outside_text import seen
from pipeline.page.decode import decode

ARCHIVES = frozenset(("zip", "rar", "7z"))
_PRINTED = frozenset(("pdf", "ofd"))
_REFUSED = {
    "ole": Reason.UNKNOWN_OLE,
    "html": Reason.HTML_PAGE,
    "image": Reason.IMAGE_ONLY,
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LATIN = "·×÷±°§"  # of Latin-1 what Chinese texts write
_SPACES = re.compile(r"[^\S\t]+")
_FEEDS = re.compile("[\x0b\x0c]")


def read_file(data: bytes, name: str, rules: FileRules) -> list[FileText]:
    """What can be read of a file. Nothing that it contains makes this raise."""
    return list(_read(data, name, rules, 0))


def _read(data: bytes, name: str, rules: FileRules, depth: int) -> Iterator[FileText]:
    kind = kinds.type_of(data) or ("txt" if data and _is_text(data) else "")
    file = FileText(name=name, type=kind, digest=xxhash.xxh3_128_hexdigest(data))
    try:
        if kind in ARCHIVES:
            yield from _members(data, file, rules, depth)
        else:
            yield _text_of(data, file, rules)
    except Reject as reject:
        yield file.rejected(reject)
    except MemoryError:
        yield file.rejected(Reject(Reason.TOO_EXPENSIVE, "memory"))
    except Exception as error:  # libraries raise whatever damage leads to; the reason is the file's
        yield file.rejected(Reject(Reason.BROKEN, repr(error)))


def _is_text(data: bytes) -> bool:
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or not _CONTROL.search(data[:4096])


def _members(data: bytes, file: FileText, rules: FileRules, depth: int) -> Iterator[FileText]:
    if depth >= rules.limits.depth:
        raise Reject(Reason.TOO_EXPENSIVE, f"archives in archives, more than {rules.limits.depth} deep")
    names: list[str] = []
    hollow = True
    for member in packed.members(data, file.type, rules.limits):
        names.append(member.name)
        hollow &= not (member.data or member.refused)
        if member.refused:
            yield FileText(name=member.name).rejected(member.refused)
        else:
            yield from _read(member.data, member.name, rules, depth + 1)
    if not names:
        raise Reject(Reason.EMPTY, "no file in it")
    if hollow:  # of empty files the names are all that there is to read
        yield replace(file, lines=tuple(FileLine(text=name) for name in names))


def _text_of(data: bytes, file: FileText, rules: FileRules) -> FileText:
    if not data:
        raise Reject(Reason.EMPTY, "no bytes")
    if file.type == "locked":
        from pipeline.attachments.formats import unlocked  # cryptography takes 0.1 s to load, and is rarely wanted

        data = unlocked.unlocked(data)
        file = replace(file, type=kinds.type_of(data))
    if reason := _REFUSED.get(file.type):
        raise Reject(reason, file.type)
    lines, pages, pictures = _lines(data, file.type, rules)
    file = replace(file, lines=tuple(_tidy(lines)), pages=pages)
    try:
        _judge(file, pictures, rules)
    except Reject as reject:
        if not (rules.ocr.read and reject.reason is Reason.IMAGE_ONLY and file.type == "pdf"):
            raise
        from pipeline.attachments.formats import scans  # as above

        read = paragraphs(scans.sheets(data, rules.ocr), rules.printed)
        file = replace(file, lines=tuple(_tidy(read)), ocr=True)
        _judge(file, 0, rules)
    return file


def _lines(data: bytes, kind: str, rules: FileRules) -> tuple[Iterable[FileLine], int, int]:
    """Lines, count of pages (0: the format knows none), count of pictures."""
    if kind == "pdf":
        pages, pictures = pdf.sheets(data)
        return paragraphs(pages, rules.printed), len(pages), pictures
    if kind == "ofd":
        pages, pictures = ofd.sheets(Package.open(data, rules.limits))
        return paragraphs(pages, rules.printed), len(pages), pictures
    if kind == "docx":
        lines, pictures = docx.lines(Package.open(data, rules.limits))
        return lines, 0, pictures
    if kind == "doc":
        lines, pictures = word97.lines(data)
        return lines, 0, pictures
    if kind in ("xls", "xlsx"):
        if kind == "xlsx":
            Package.open(data, rules.limits)
        return _rows(data), 0, 0
    if kind == "rtf":
        lines, pictures = rtf.lines(data)
        return lines, 0, pictures
    if kind == "txt":
        return [FileLine(text=line) for line in decode(data).text.splitlines()], 0, 0
    raise Reject(Reason.UNKNOWN_FILE, kind or "no type that is known")


def _rows(data: bytes) -> list[FileLine]:
    try:
        return sheets.lines(data)
    except Reject as reject:
        if reject.reason is not Reason.ENCRYPTED:
            raise
    from pipeline.attachments.formats import unlocked  # as above

    return sheets.lines(unlocked.unlocked(data))


def _tidy(lines: Iterable[FileLine]) -> Iterator[FileLine]:
    """NFC, invisible signs gone, white space within a cell folded, empty lines gone."""
    for line in lines:
        text = _FEEDS.sub("", seen(unicodedata.normalize("NFC", line.text)))
        if text := _SPACES.sub(" ", text).strip(" \n"):
            yield replace(line, text=text)


def _judge(file: FileText, pictures: int, rules: FileRules) -> None:
    letters = [char for char in file.text if char.isalnum()]
    if pictures and len(letters) <= rules.image.letters_a_page * max(file.pages, 1):
        raise Reject(Reason.IMAGE_ONLY, f"{pictures} pictures, {len(letters)} letters")
    if file.type in _PRINTED or file.type == "doc":
        _judge_characters(file.text, rules)
    if not letters:
        raise Reject(Reason.EMPTY, "no letter in it")


def _judge_characters(text: str, rules: FileRules) -> None:
    """Fonts that do not say what their signs mean leave signs, Latin-1 and private characters."""
    shown = [char for char in text if not char.isspace()]
    odd = sum(char in rules.garbled.set_of_signs or _is_unmapped(char) for char in shown)
    if len(shown) >= rules.garbled.least and odd > rules.garbled.share * len(shown):
        raise Reject(Reason.GARBLED_TEXT, f"{odd} of {len(shown)} characters")


def _is_unmapped(char: str) -> bool:
    return ("\x80" <= char <= "\xff" and char not in _LATIN) or "\ue000" <= char <= "\uf8ff" or char == "\ufffd"
