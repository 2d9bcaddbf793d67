"""The way of a file, whole: read its text, say what it is, identify the language, fingerprint. A pure function."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from pipeline.attachments.fields import told
from pipeline.attachments.file_text import FileLine, FileText
from pipeline.attachments.formats.packed import as_written
from pipeline.attachments.kinds import MEDIA_TYPES
from pipeline.attachments.read import ARCHIVES, read_file
from pipeline.core.errors import Reject
from pipeline.core.models import Document, File, Page, Reason, Removed
from pipeline.core.urls import doc_id
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.rules import Rules
from pipeline.text.language import identify

_SAMPLE = 20_000  # characters by which a language is told


def process_file(page: Page, rules: Rules) -> Document:
    """The document in a fetched file, of an archive one of all its members; Reject with the reason why there is none."""
    return document_of(page, read(page, rules), rules)


def read(page: Page, rules: Rules) -> FileText:
    """The lines of a fetched file, of an archive those of all its members; Reject with the reason why there are none."""
    name = file_name(page)
    return merged(read_file(page.body, name, rules.attachments), name)


def merged(found: Sequence[FileText], name: str) -> FileText:
    """The members of an archive as one text, each under its name; Reject with the reason of the first if none has any."""
    first = found[0]
    if len(found) == 1 and first.name == name:
        if first.reason:
            raise Reject(first.reason, first.detail)
        return first
    if not (texts := [each for each in found if not each.reason]):
        raise Reject(first.reason or Reason.EMPTY, f"{first.name}: {first.detail}")
    lines: list[FileLine] = []
    for each in found:
        lines.append(FileLine(text=each.name, rule=f"member:{each.reason}" if each.reason else ""))
        lines += each.lines
    return FileText(name=name, type="zip", lines=tuple(lines), ocr=any(each.ocr for each in texts))


def file_name(page: Page) -> str:
    """The name that the answer gives the file, else the last part of its address."""
    disposition = page.header("Content-Disposition")
    _, found, star = disposition.partition("filename*=")
    if found:
        return unquote(star.partition(";")[0].rpartition("''")[2].strip(' "'))
    _, found, plain = disposition.partition("filename=")
    if found:
        return as_written(unquote(plain.partition(";")[0].strip(' "')), "latin-1")
    return unquote(urlsplit(page.url).path.rpartition("/")[2])


def document_of(page: Page, file: FileText, rules: Rules) -> Document:
    """The document that the lines of a file are."""
    found = told(file, page.listed_title, rules.fields.fields.document_number, rules.attachments.fields)
    text = file.text
    prose = "\n".join(line.text for line in file.lines if not line.rule and not line.row)
    is_table = _is_table(file, rules)
    kept = rules.attachments.table.kept
    language = identify(found.title, (prose or text)[:_SAMPLE] if is_table else text[:_SAMPLE])
    print_ = fingerprint(text, rules.dedupe.fingerprint)
    return Document(
        doc_id=doc_id(page.url),
        url=page.url,
        source_id=page.source_id,
        title=found.title,
        text=text[:kept] if is_table else text,
        text_as_published=None,
        lang=language.lang,
        lang_confidence=language.confidence,
        fields=found.fields,
        removed=tuple(
            Removed(line=line.text, rule=line.rule, zone=f"page {line.page}" if line.page else "file")
            for line in file.lines
            if line.rule
        ),
        candidate="ocr" if file.ocr else f"file:{file.type}",
        evidence=found.evidence,
        fetched_at=page.fetched_at,
        place=page.place,
        rules_version=rules.version,
        fingerprint=replace(print_, keys=()) if is_table else print_,
        parent_id=doc_id(page.parent_url) if page.parent_url else "",
        file=File(
            form="table" if is_table else "attachment",
            media_type=MEDIA_TYPES.get(file.type, "application/octet-stream"),
            name=file_name(page),
            digest=file.digest,
            pages=file.pages,
            whole=text if is_table and len(text) > kept else "",
        ),
    )


def _is_table(file: FileText, rules: Rules) -> bool:
    """Whether the file is a table and no prose: nearly all that it says stands in rows."""
    kept = [line for line in file.lines if not line.rule]
    rows = sum(len(line.text) for line in kept if line.row)
    return file.type not in ARCHIVES and rows >= rules.attachments.table.share * sum(len(line.text) for line in kept)
