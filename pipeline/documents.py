"""The way of a page, whole: decode, extract, clean, identify the language, judge, fingerprint. A pure function."""

from dataclasses import replace

from pipeline.clean import clean
from pipeline.decode import decode
from pipeline.errors import Reject
from pipeline.extract import extract
from pipeline.fingerprint import fingerprint
from pipeline.language import identify
from pipeline.models import (
    Cleaned,
    Decoded,
    Document,
    Extracted,
    Fields,
    Line,
    Outcome,
    Page,
    Reason,
    Rejected,
    Unchanged,
)
from pipeline.quality import judge
from pipeline.rules import Rules
from pipeline.source import Source
from pipeline.urls import doc_id

_NOT_MODIFIED = 304


def process(page: Page, source: Source, rules: Rules) -> Outcome:
    """Return the one outcome of a page. Nothing that a page contains makes this raise."""
    if page.status == _NOT_MODIFIED:
        return Unchanged(
            doc_id=doc_id(page.url),
            url=page.url,
            source_id=page.source_id,
            fetched_at=page.fetched_at,
            place=page.place,
        )
    try:
        return _carry(page, source, rules)
    except Reject as reject:
        return _rejected(page, rules, reject.reason, reject.detail)
    except Exception as error:  # one bad page must not lose the run; the run fails on CRASHED in its report
        return _rejected(page, rules, Reason.CRASHED, repr(error))


def read(page: Page, source: Source, rules: Rules) -> tuple[Decoded, Extracted]:
    """The first two steps alone: the characters of a page, and the article's lines with head and tail still on."""
    decoded = decode(page.body, page.header("Content-Type"), source.article.encoding)
    extracted = _extract(page, decoded, source, rules)
    for part in page.parts:
        further = decode(part.body, part.header("Content-Type"), source.article.encoding)
        extracted = _joined(extracted, _extract(part, further, source, rules))
    return decoded, extracted


def _carry(page: Page, source: Source, rules: Rules) -> Document:
    decoded, extracted = read(page, source, rules)
    cleaned = clean(extracted.lines, extracted.title, rules.boilerplate)
    judge(extracted, cleaned, decoded, page.status, rules.quality, rules.obstacles, page.headers)
    text = "\n".join(cleaned.paragraphs)
    language = identify(cleaned.title, text)
    return Document(
        doc_id=doc_id(page.url),
        url=page.url,
        source_id=page.source_id,
        title=cleaned.title,
        text=text,
        text_as_published="\n".join(cleaned.as_published) if cleaned.as_published else None,
        lang=language.lang,
        lang_confidence=language.confidence,
        fields=_fields(extracted.fields, cleaned),
        removed=extracted.dropped + cleaned.removed,
        charset=replace(decoded, text=""),
        candidate=extracted.candidate,
        evidence=extracted.evidence,
        fetched_at=page.fetched_at,
        place=page.place,
        rules_version=rules.version,
        fingerprint=fingerprint(text, rules.dedupe.fingerprint),
    )


def _extract(page: Page, decoded: Decoded, source: Source, rules: Rules) -> Extracted:
    return extract(
        decoded,
        url=page.url,
        spec=source.article,
        rules=rules.extraction,
        fetched_at=page.fetched_at,
        listed_title=page.listed_title,
        listed_date=page.listed_date,
    )


def _joined(head: Extracted, part: Extracted) -> Extracted:
    """One article of two pages: title and fields of the first, the lines of both, a repeated title left out."""
    lines: tuple[Line, ...] = tuple(line for line in part.lines if line.text != head.title)
    return replace(
        head,
        lines=head.lines + lines,
        images=head.images + part.images,
        videos=head.videos + part.videos,
        dropped=head.dropped + part.dropped,
    )


def _fields(found: Fields, cleaned: Cleaned) -> Fields:
    """What the page says, completed by what the removed lines said."""
    return replace(
        found,
        published=found.published or cleaned.published,
        publisher=found.publisher or cleaned.publisher,
        author=found.author or cleaned.author,
        editor=found.editor or cleaned.editor,
        document_number=found.document_number or cleaned.document_number,
    )


def _rejected(page: Page, rules: Rules, reason: Reason, detail: str) -> Rejected:
    return Rejected(
        doc_id=doc_id(page.url),
        url=page.url,
        source_id=page.source_id,
        reason=reason,
        detail=detail,
        fetched_at=page.fetched_at,
        place=page.place,
        rules_version=rules.version,
    )
