"""Documents: searched, read, and asked why they are as they are."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.web import rendering
from flows.web.guard import SANDBOX
from flows.web.store_reader import Reader
from pipeline.core.dates import minute
from pipeline.core.language import t
from pipeline.core.models import Document, Rejected
from pipeline.corpus.beside import beside, sides
from pipeline.corpus.beside import found as marked
from pipeline.report.marked_page import harmless
from pipeline.report.story import DOC_ID, Story
from pipeline.store.schema import Row

_PAGE = 30
_LONGEST = 2000  # characters of a question; addresses are as long
_SHOWN = ("doc_id", "title", "source_id", "lang", "publisher", "published_at")


def listed(request: Request) -> Response:
    """What was searched for, or the newest; an address or a doc_id leads to its page."""
    asked = request.query_params.get("q", "").strip()[:_LONGEST]
    source, number = request.query_params.get("source", ""), rendering.number(request, "page")
    reader = rendering.reader(request)
    if asked.startswith(("http://", "https://")) or DOC_ID.fullmatch(asked):
        if told := reader.story(asked):
            return RedirectResponse(f"/documents/{told.doc_id}", 303)
        if asked.startswith("http"):
            failed = reader.failure(asked)
            if failed:
                return rendering.missing(
                    request, t("{} was not fetched, in run {}: {}.", asked, failed.run_id, t(failed.how))
                )
            return rendering.missing(request, t("{} was never fetched.", asked))
    about: dict[str, Any] = {
        "source": source,
        "sources": sorted({*reader.sources(), source} - {""}),
        "number": number,
        "q": asked,
    }
    if asked:
        answer = reader.search(asked, _PAGE + 1, (number - 1) * _PAGE, source)
        hits = answer.hits or []
        found = [(hit, marked(hit.around, asked)) for hit in hits[:_PAGE]]
        return rendering.page(
            request, "documents.html", found=found, rows=[], more=len(hits) > _PAGE, answer=answer, **about
        )
    rows = _newest(reader, number * _PAGE + 1, source)
    shown = rows[(number - 1) * _PAGE : number * _PAGE]
    more = len(rows) > number * _PAGE
    return rendering.page(request, "documents.html", found=[], rows=shown, more=more, answer=None, **about)


def _newest(reader: Reader, count: int, source: str) -> list[Row]:
    """The newest documents, without their texts."""
    frames = reader.corpus().newest(count, sources=[source] if source else ())
    return [row for frame in frames for row in frame.select(_SHOWN).to_dicts()]


def document(request: Request) -> Response:
    """A document to read."""
    told = _told(request)
    if not told:
        return _unknown(request)
    if not told.row:
        return RedirectResponse(f"/documents/{told.doc_id}/why", 303)
    return rendering.page(request, "document.html", told=told, row=told.row, fields=_fields(told), tab="text")


def why(request: Request) -> Response:
    """The original page beside its lines, each kept or removed, and by which rule."""
    reader, told = rendering.reader(request), _told(request)
    if not told:
        return _unknown(request)
    page = reader.page(told)
    read = reader.reading(page) if page else None
    gone = told.forgotten
    ended = t("forgotten {}: {}", minute(gone["at"]), gone["reason"]) if gone else ""
    if read and not isinstance(read.outcome, Document):
        ended = (
            f"{t(read.outcome.reason)}: {t(read.outcome.detail)}"
            if isinstance(read.outcome, Rejected)
            else "not modified"
        )
    held_back = reader.pending_text(told)
    pairs = beside((told.row or {}).get("text") or "", held_back) if held_back is not None else ()
    return rendering.page(
        request, "why.html", told=told, row=told.row, page=page, read=read, ended=ended, tab="why",
        beside=[(pair, *sides(pair)) for pair in pairs],
    )  # fmt: skip


def original(request: Request) -> Response:
    """The page as its publisher sent it, made harmless, for the frame of `why`."""
    reader, told = rendering.reader(request), _told(request)
    if not told:
        return _unknown(request)
    page = reader.page(told)
    if not page:
        return rendering.missing(request, t("No bytes of page {} are kept.", told.doc_id))
    read = reader.reading(page)
    return HTMLResponse(harmless(read.decoded, read.lines), headers=SANDBOX)


def _told(request: Request) -> Story | None:
    id_ = request.path_params["doc_id"]
    return rendering.reader(request).story(id_) if DOC_ID.fullmatch(id_) else None


def _fields(told: Story) -> list[tuple[str, Any]]:
    row = dict(told.row or {})
    if row["published_precision"] in ("day", "month"):
        row["published_at"] = row["published_raw"] or row["published_at"]
    return [(words, row[name]) for name, words in rendering.FIELDS.items() if row[name]]


def _unknown(request: Request) -> Response:
    return rendering.missing(request, t("No page {} was ever fetched.", request.path_params["doc_id"]))
