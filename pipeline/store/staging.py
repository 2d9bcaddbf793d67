"""Outcomes of a landing file in, a Parquet file of them out, and back: `staged/run=RUN/….parquet`."""

import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
import zstandard

from pipeline.core.dates import SHANGHAI
from pipeline.core.models import Document, Outcome, Page, Reason, Rejected
from pipeline.core.outside_text import sound
from pipeline.store import digests, keys, schema
from pipeline.store.s3 import Store
from pipeline.store.schema import Row

_UNWRITABLE = (pa.ArrowException, UnicodeError, ValueError, TypeError, OverflowError)
_SCHEMA = schema.arrow(schema.STAGED)
_EDGE = 4096  # bytes in which a page's first and last tags stand


def write(store: Store, key: str, outcomes: Iterable[tuple[Page, Outcome]]) -> dict[str, int]:
    """Stage the outcomes of a landing file; the count of each outcome, `rejected:REASON` apart."""
    made = list(outcomes)
    rows = [row(page, outcome) for page, outcome in made]
    try:
        table = schema.table(rows, _SCHEMA)
    except _UNWRITABLE:  # one row must not take the others with it
        rows = [_writable(*each) for each in made]
        table = schema.table(rows, _SCHEMA)
    for each, (_, outcome) in zip(rows, made, strict=True):
        if isinstance(outcome, Document) and outcome.file and outcome.file.whole and each.get("full_text"):
            store.put(each["full_text"]["key"], pack_text(outcome.file.whole))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    store.put(key, buffer.getvalue())
    digests.record(store, key, digests.of(buffer.getvalue()))
    return _counts(rows)


def done(store: Store, key: str) -> dict[str, int] | None:
    """The counts of a file that was staged and recorded to the end; None where there is none yet."""
    if (body := store.find(key)) is None or not digests.is_recorded(store, key, body):
        return None
    return _counts(pl.read_parquet(io.BytesIO(body), columns=["outcome", "reason"]).to_dicts())


def _counts(rows: Iterable[Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in rows:
        name = f"rejected:{each['reason']}" if each["reason"] else each["outcome"]
        counts[name] = counts.get(name, 0) + 1
    return counts


def _writable(page: Page, outcome: Outcome) -> Row:
    """A row that the table takes: where it does not, the page is rejected, by name."""
    whole = row(page, outcome)
    try:
        schema.table([whole], _SCHEMA)
    except _UNWRITABLE as error:
        refused = Rejected(
            url=outcome.url, doc_id=outcome.doc_id, source_id=outcome.source_id, fetched_at=outcome.fetched_at,
            place=outcome.place, reason=Reason.CRASHED, detail=f"staging: {error}", rules_version="",
        )  # fmt: skip
        whole = {name: sound(value) if isinstance(value, str) else value for name, value in row(page, refused).items()}
    return whole


def read(store: Store, run_id: str, files: Iterable[str] | None = None) -> list[Row]:
    """All outcomes of a run, in the order of their fetches; two visits of one page are two rows.

    `files`: only those of these staged files.
    """
    rows: list[Row] = []
    for key in store.list(keys.staged(run_id)) if files is None else files:
        rows += pl.read_parquet(io.BytesIO(store.get(key))).to_dicts()
    return sorted(rows, key=lambda row: (row["fetched_at"], row["doc_id"]))


def row(page: Page, outcome: Outcome) -> Row:
    """One outcome as a row of the staged table."""
    digest = xxhash.xxh3_128(page.body)
    for part in page.parts:
        digest.update(part.body)
    visit: Row = {
        "url": outcome.url,
        "requested_url": page.requested_url,
        "doc_id": outcome.doc_id,
        "source_id": outcome.source_id,
        "fetched_at": outcome.fetched_at,
        "landing": {"key": outcome.place.key, "offset": outcome.place.offset} if outcome.place else None,
        "parent_id": outcome.parent_id or None,
        "listed_title": page.listed_title or None,
        "listed_date": page.listed_date or None,
        "status": page.status,
        "etag": page.header("ETag") or None,
        "last_modified": page.header("Last-Modified") or None,
        "body_digest": digest.hexdigest(),
        "cut": any(map(_is_cut, (page, *page.parts))),
        "outcome": "unchanged",
        "reason": None,
        "detail": None,
    }
    if isinstance(outcome, Rejected):
        told = {"reason": str(outcome.reason), "detail": outcome.detail, "rules_version": outcome.rules_version}
        untold = dict.fromkeys(("listed_title", "listed_date") if outcome.reason is Reason.FORGOTTEN else ())
        return visit | untold | {"outcome": "rejected"} | told
    if isinstance(outcome, Document):
        return visit | {"outcome": "document"} | columns_of(outcome)
    return visit


def _is_cut(page: Page) -> bool:
    """Whether a page of HTML lacks its end, though it has a beginning."""
    begins, ends = page.body[:_EDGE].lower(), page.body[-_EDGE:].lower()
    return any(tag in begins for tag in (b"<html", b"<body")) and not any(tag in ends for tag in (b"</html", b"</body"))


def month_of(published_at: datetime | None, fetched_at: datetime) -> str:
    """The partition of a document: `2026-01`, in Asia/Shanghai."""
    return (published_at or fetched_at).astimezone(SHANGHAI).strftime("%Y-%m")


def columns_of(document: Document) -> Row:
    """What a document says, by the columns of the corpus."""
    fields, dated, file = document.fields, document.fields.published, document.file
    charset = document.charset
    return {
        "title": document.title,
        "text": document.text,
        "text_as_published": document.text_as_published,
        "lang": document.lang,
        "lang_confidence": document.lang_confidence,
        "published_at": dated.at if dated else None,
        "published_precision": str(dated.precision) if dated else None,
        "published_from": dated.evidence if dated else None,
        "published_raw": dated.raw if dated else None,
        "date_conflict": fields.date_conflict,
        "signed_on": fields.signed_on,
        "effective_on": fields.effective_on,
        "attachments": [{"name": each.name, "url": each.url, "type": each.type} for each in fields.attachments],
        "removed": [{"line": each.line, "rule": each.rule, "zone": each.zone} for each in document.removed],
        "candidate": document.candidate,
        "evidence": [{"field": name, "from": origin} for name, origin in document.evidence],
        "charset": {
            "declared": charset.declared, "detected": charset.detected, "used": charset.used, "replaced": charset.replaced
        } if charset else None,
        "rules_version": document.rules_version,
        "form": file.form if file else "page",
        "media_type": file.media_type if file else None,
        "pages": (file.pages or None) if file else None,
        "file_name": file.name if file else None,
        "file_digest": file.digest if file else None,
        "full_text": _full_text(document.doc_id, file.whole) if file and file.whole else None,
        "text_digest": document.fingerprint.digest,
        "shingle_keys": [key - (1 << 64) if key >= 1 << 63 else key for key in document.fingerprint.keys],
    } | {
        name: getattr(fields, name) or None
        for name in (
            "publisher", "author", "editor", "document_number", "index_number", "issuer", "topic", "validity"
        )
    }  # fmt: skip


def _full_text(doc: str, text: str) -> dict[str, Any]:
    """Where the whole of a long table lies: in the folder of its document, which is forgotten with it."""
    digest = xxhash.xxh3_128_hexdigest(text.encode())
    return {"key": f"{keys.texts(doc)}{digest}.txt.zst", "digest": digest, "characters": len(text)}


def pack_text(text: str) -> bytes:
    """A whole text as it lies in the store."""
    return zstandard.ZstdCompressor(level=9).compress(text.encode())


def unpack_text(packed: bytes) -> str:
    """What `pack_text` made."""
    return zstandard.ZstdDecompressor().stream_reader(packed).read().decode()
