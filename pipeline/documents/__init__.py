"""The way of a page, whole: decode, extract, clean, identify the language, judge, fingerprint. A pure function."""

from dataclasses import fields, replace

from pipeline.attachments import kinds
from pipeline.core.errors import Reject
from pipeline.core.models import (
    Cleaned,
    Decoded,
    Document,
    Extracted,
    Fields,
    Outcome,
    Page,
    Reason,
    Rejected,
    Unchanged,
)
from pipeline.core.outside_text import seen
from pipeline.core.source import Source
from pipeline.core.urls import doc_id
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.page.decode import decode, file_kind
from pipeline.page.extract import extract
from pipeline.page.fields.context import Context
from pipeline.rules import Rules
from pipeline.text.clean import clean
from pipeline.text.error_page import error_page, names_others
from pipeline.text.language import identify
from pipeline.text.quality import judge
from pipeline.text.repair import is_machine_converted, simplified, strip_readings

_NOT_MODIFIED = 304
_SUCCESS = range(200, 300)


def process(page: Page, source: Source, rules: Rules) -> Outcome:
    """Return the one outcome of a page. Nothing that a page contains makes this raise."""
    if page.status == _NOT_MODIFIED:
        return Unchanged(
            doc_id=doc_id(page.url),
            url=page.url,
            source_id=page.source_id,
            fetched_at=page.fetched_at,
            place=page.place,
            parent_id=doc_id(page.parent_url) if page.parent_url else "",
        )
    try:
        return _carry(page, source, rules)
    except Reject as reject:
        return rejected(page, rules, reject.reason, reject.detail)
    except (MemoryError, RecursionError) as error:
        return rejected(page, rules, Reason.TOO_EXPENSIVE, repr(error))
    except Exception as error:  # one bad page must not lose the run; the run fails on CRASHED in its report
        return rejected(page, rules, Reason.CRASHED, repr(error))


def read(page: Page, source: Source, rules: Rules) -> tuple[Decoded, Extracted, Cleaned]:
    """The first three steps alone: characters, the article's lines with head and tail still on, and without them.

    Each part of a multi-page article is cleaned for itself, since each has head and tail of its own.
    """
    decoded, extracted = find(page, source, rules)
    cleaned = clean(extracted.lines, extracted.title, rules.boilerplate, rules.weights)
    for part in page.parts:
        _, further = find(part, source, rules)
        cleaned = _followed(cleaned, clean(further.lines, extracted.title, rules.boilerplate, rules.weights))
        extracted = replace(
            extracted,
            lines=extracted.lines + further.lines,
            images=extracted.images + further.images,
            videos=extracted.videos + further.videos,
        )
    return decoded, extracted, cleaned


def _carry(page: Page, source: Source, rules: Rules) -> Document:
    if page.status in _SUCCESS:
        if is_file(page):
            from pipeline.documents.files import process_file  # with the libraries that read files: 0.2 s of start-up

            return process_file(page, rules)
        if kind := file_kind(page.body, page.header("Content-Type")):
            raise Reject(Reason.NOT_HTML, kind)
    decoded, extracted, cleaned = read(page, source, rules)
    judge(extracted, cleaned, decoded, page.status, rules.quality, rules.obstacles, page.headers)
    if not page.listed_title and (others := names_others(extracted, cleaned, decoded.text, rules.quality)):
        raise Reject(Reason.LIST_PAGE, others)
    if lacks := error_page(extracted, cleaned, page.listed_title, rules.quality, rules.fields.title):
        raise Reject(Reason.ERROR_PAGE, lacks)
    text = "\n".join(cleaned.paragraphs)
    language = identify(cleaned.title, text)
    return Document(
        doc_id=doc_id(page.url),
        url=page.url,
        source_id=page.source_id,
        title=seen(cleaned.title),
        text=text,
        text_as_published="\n".join(cleaned.as_published) if cleaned.as_published else None,
        lang=language.lang,
        lang_confidence=language.confidence,
        fields=_fields(extracted.fields, cleaned),
        removed=cleaned.removed,
        charset=replace(decoded, text=""),
        candidate=extracted.candidate,
        evidence=extracted.evidence,
        fetched_at=page.fetched_at,
        place=page.place,
        rules_version=rules.version,
        fingerprint=fingerprint(text, rules.dedupe.fingerprint),
    )


def is_file(page: Page) -> bool:
    """Whether it goes the way of files: every attachment does, and what is listed where its bytes are no page."""
    return bool(page.parent_url) or kinds.type_of(page.body) in kinds.FILES


def begin(page: Page, source: Source, rules: Rules) -> tuple[Decoded, Context]:
    """The characters of one response, and what is known of it before it is read."""
    decoded = decode(page.body, page.header("Content-Type"), source.article.encoding)
    return decoded, Context(
        url=page.url,
        fetched_at=page.fetched_at,
        spec=source.article,
        extraction=rules.extraction,
        fields=rules.fields,
        listed_title=page.listed_title,
        listed_date=page.listed_date,
        template=rules.template.without(source.article.keep),
    )


def find(page: Page, source: Source, rules: Rules) -> tuple[Decoded, Extracted]:
    """The first two steps of one response alone."""
    decoded, context = begin(page, source, rules)
    extracted = extract(decoded, context)
    said = "\n".join((extracted.title, *(line.text for line in extracted.lines if not line.apart)))
    if is_machine_converted(said, rules.boilerplate.repair):
        # its lines are wanted as published, but words like 來(lái)源 and 推薦(jiàn) are read only in the repaired page
        readable = extract(replace(decoded, text=_readable(decoded.text)), context)
        extracted = replace(_narrowed(extracted, readable), fields=readable.fields)
    return decoded, extracted


def _readable(text: str) -> str:
    return simplified(strip_readings(text, converted=True)[0])


def _narrowed(found: Extracted, readable: Extracted) -> Extracted:
    """The lines as published that are the article in the repaired page, where that holds fewer of the same lines."""
    article = {line.text for line in readable.lines if not line.apart}
    read = {line: _readable(line.text) for line in found.lines if not line.apart}
    if not article < set(read.values()):
        return found
    lines = (
        replace(line, apart="repaired_page") if line in read and read[line] not in article else line
        for line in found.lines
    )
    return replace(found, lines=tuple(lines), candidate=readable.candidate)


def _followed(head: Cleaned, part: Cleaned) -> Cleaned:
    """One article of two pages; what names editor or author may stand on either."""
    published = (part.as_published or part.paragraphs) if head.as_published or part.as_published else ()
    return replace(
        head,
        paragraphs=head.paragraphs + part.paragraphs,
        as_published=(head.as_published or head.paragraphs) + published if published else None,
        removed=head.removed + part.removed,
        publisher=head.publisher or part.publisher,
        author=head.author or part.author,
        editor=head.editor or part.editor,
    )


def _fields(found: Fields, cleaned: Cleaned) -> Fields:
    """What the page says, completed by what the removed lines said."""
    whole = replace(
        found,
        published=found.published or cleaned.published,
        publisher=found.publisher or cleaned.publisher,
        author=found.author or cleaned.author,
        editor=found.editor or cleaned.editor,
        document_number=found.document_number or cleaned.document_number,
    )
    said = (name for each in fields(whole) if isinstance(getattr(whole, name := each.name), str))
    return replace(whole, **{name: seen(getattr(whole, name)) for name in said})  # type: ignore[arg-type]  # all str


def rejected(page: Page, rules: Rules, reason: Reason, detail: str) -> Rejected:
    """What becomes of a page that stopped."""
    return Rejected(
        doc_id=doc_id(page.url),
        url=page.url,
        source_id=page.source_id,
        reason=reason,
        detail=detail,
        fetched_at=page.fetched_at,
        place=page.place,
        rules_version=rules.version,
        parent_id=doc_id(page.parent_url) if page.parent_url else "",
    )
