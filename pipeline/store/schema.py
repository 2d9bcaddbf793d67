"""The columns of the corpus, of the staged outcomes and of the fetches: type, meaning, what null says, an example."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import xxhash

from pipeline.core.urls import lasting

_WORD = pa.string()
_TIME = pa.timestamp("us", tz="UTC")
_ATTACHMENT = pa.struct([("name", _WORD), ("url", _WORD), ("type", _WORD)])
_REMOVED = pa.struct([("line", _WORD), ("rule", _WORD), ("zone", _WORD)])
_EVIDENCE = pa.struct([("field", _WORD), ("from", _WORD)])
_CHARSET = pa.struct([("declared", _WORD), ("detected", _WORD), ("used", _WORD), ("replaced", pa.int32())])
_WHOLE = pa.struct([("key", _WORD), ("digest", _WORD), ("characters", pa.int64())])
_PLACE = pa.struct([("key", _WORD), ("offset", pa.int64())])

# A row of one of the tables below, by the names of its columns; what a column holds stands there.
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `null` says what a null means; empty if there is never one."""

    name: str
    type: pa.DataType
    meaning: str
    null: str = ""
    example: str = ""

    @property
    def field(self) -> pa.Field:
        """As Arrow wants it; nullable throughout, so that older tables stay readable."""
        return pa.field(self.name, self.type, metadata={"comment": self.comment})

    @property
    def comment(self) -> str:
        """What the table itself says of the column."""
        told = f"; null: {self.null}" if self.null else ""
        return self.meaning + told + (f"; e.g. {self.example}" if self.example else "")

    @property
    def kind(self) -> str:
        """The type in words."""
        return str(self.type).replace("timestamp[us, tz=UTC]", "time, UTC").replace("date32[day]", "date")


# What the pure path makes of a page.
_OF_A_PAGE = (
    Column("doc_id", _WORD, "identity of the page's URL, 32 hex digits; never changes", "", "8c1f0a…"),
    Column("url", _WORD, "address as fetched, after redirects", "", "https://…/t20260104_1.html"),
    Column("source_id", _WORD, "the source that found it", "", "miit"),
    Column("title", _WORD, "title of the article, without the site's name", "empty: the page has none", "关于…的通知"),
    Column("text", _WORD, "the article, paragraphs separated by \\n; machine-converted pages in their repaired reading",
           "it was forgotten; then most columns are null", "各有关单位：\\n为…"),
    Column("text_as_published", _WORD, "the text before the repair", "it is the same as `text`", "各有關(guān)單位：…"),
    Column("lang", _WORD, "language and script, BCP 47", "", "zh-Hans"),
    Column("lang_confidence", pa.float32(), "how sure that is, 0..1", "", "0.99"),
    Column("published_at", _TIME, "when it was published; midnight in Asia/Shanghai where only a day is known",
           "the page does not say", "2026-01-03T16:00:00Z"),
    Column("published_precision", _WORD, "second, minute, day or month", "no date", "day"),
    Column("published_from", _WORD, "which witness gave the date", "no date", "meta:PubDate"),
    Column("published_raw", _WORD, "the characters that it was read from", "no date", "2026年1月4日"),
    Column("date_conflict", pa.bool_(), "trustworthy witnesses disagree by more than a day", "", "false"),
    Column("signed_on", pa.date32(), "成文日期", "not named", "2025-12-31"),
    Column("effective_on", pa.date32(), "施行日期", "not named", "2026-02-01"),
    Column("publisher", _WORD, "来源, as printed", "not named: the source itself", "天津日报"),
    Column("author", _WORD, "作者, 记者", "not named", "张三"),
    Column("editor", _WORD, "责任编辑", "not named", "李四"),
    Column("document_number", _WORD, "发文字号", "not named", "国办发〔2017〕47号"),
    Column("index_number", _WORD, "索引号", "not named", "000014349/2017-00102"),
    Column("issuer", _WORD, "发文机关", "not named", "国务院办公厅"),
    Column("topic", _WORD, "主题分类", "not named", "工业、交通"),
    Column("validity", _WORD, "有效性", "not named", "有效"),
    Column("attachments", pa.list_(_ATTACHMENT), "files that belong to the article: name, URL, type", "", "[{附件1, …, pdf}]"),
    Column("removed", pa.list_(_REMOVED), "every line of the page's block that is not in the text: line, rule, zone",
           "", "[{责任编辑：李四, editor, tail}]"),
    Column("candidate", _WORD, "which way of locating the text won", "", "container"),
    Column("evidence", pa.list_(_EVIDENCE), "where each field came from", "", "[{publisher, meta:ContentSource}]"),
    Column("charset", _CHARSET, "declared, detected and used charset, count of replacement characters",
           "not recorded", "{gb2312, gb18030, gb18030, 0}"),
    Column("fetched_at", _TIME, "when the bytes of this revision came", "", "2026-01-04T18:02:11Z"),
    Column("landing", _PLACE, "where the bytes lie: key of the landing file, offset of the record in bytes",
           "it came from no landing file", "{landing/source=miit/…, 48213}"),
    Column("rules_version", _WORD, "digest of the rules and of the code that made it", "", "5f0c2a91b77e"),
    Column("text_digest", _WORD, "digest of the canonical text; equal digests are the same text", "", "43258b56…"),
    Column("form", _WORD, "page, attachment (any file), or table: a file of rows, which is not compared as prose",
           "an older release wrote the row: a page", "page"),
    Column("parent_id", _WORD, "doc_id of the article that names this file", "it is an article of its own", "8c1f0a…"),
    Column("media_type", _WORD, "type of a file, by its bytes", "it is a page", "application/pdf"),
    Column("pages", pa.int32(), "pages of a file", "it is a page, or its format knows none", "12"),
    Column("file_name", _WORD, "name of a file, as its server gives it", "it is a page", "附件1.pdf"),
    Column("file_digest", _WORD, "digest of a file's bytes", "it is a page", "9b1d03…"),
    Column("full_text", _WHOLE, "of a long table, of which `text` holds the beginning: key of the whole text in the "
           "store, its digest, its length", "`text` is whole", "{texts/8c1f0a…/9b1d….txt.zst, 9b1d…, 1612034}"),
    Column("shingle_keys", pa.list_(pa.int64()), "sampled shingles of the canonical text (64 bit unsigned, kept as signed)",
           "", "[-83214…, 2291…]"),
)  # fmt: skip

# What comparing it with the corpus adds.
_OF_THE_CORPUS = (
    Column("revision", pa.int32(), "1 for the first text of a page, then counted up", "", "1"),
    Column("first_fetched_at", _TIME, "when its first revision came", "", "2026-01-04T18:02:11Z"),
    Column("kind", _WORD, "original, exact, repost or near", "", "original"),
    Column("canonical_id", _WORD, "doc_id of the canonical document of its cluster", "it is the canonical one", "1b77…"),
    Column("similarity", pa.float32(), "share of this text that the canonical one holds, 0..1",
           "it is the canonical one", "0.97"),
    Column("publisher_source", _WORD, "the source that the 来源 names; its own where it names none",
           "no source of that name is configured", "enorth"),
    Column("near_ids", pa.list_(_WORD), "documents that are alike and not the same", "", "[c04e…]"),
    Column("extends", _WORD, "the older document that this one holds whole and adds facts to", "it extends none", "5be2…"),
    Column("original_id", _WORD, "an original that turned up later than this, its repost", "none did", "77ad…"),
    Column("cut", pa.list_(_WORD), "passages of the canonical text that are missing here", "", "[记者从…获悉]"),
    Column("added", pa.list_(_WORD), "passages that are not in the canonical text", "", "[（本网编辑整理）]"),
    Column("withdrawn_at", _TIME, "when the page was found gone", "it stands", "2026-03-01T18:00:40Z"),
    Column("withdrawn_because", _WORD, "gone or soft_404 (the publisher's doing), rejected:REASON (by new rules, or proved to "
           "be an error page), rolled_back, forgotten", "it stands, or an older release withdrew it", "gone"),
    Column("forgotten_at", _TIME, "when `gongbao forget` took its text out for good; the row stays so that no night "
           "brings it back", "it was not", "2026-05-20T02:11:09Z"),
    Column("content_digest", _WORD, "digest of all that a reader reads of it; a different one is a revision to the "
           "change feed", "an older release wrote the row", "0d4be1…"),
    Column("month", _WORD, "month of publication in Asia/Shanghai, of the first fetch where there is no date; "
           "the partition", "", "2026-01"),
    Column("run_id", _WORD, "the run that wrote this row", "", "20260104T180000Z-3fa2"),
)  # fmt: skip

# What staging a page adds: how it ended, and what the next visit must know.
_OF_A_VISIT = (
    Column("requested_url", _WORD, "address as listed, before redirects"),
    Column("listed_title", _WORD, "the title that the listing gave", "it gave none"),
    Column("listed_date", _WORD, "the date that the listing gave, as printed", "it gave none"),
    Column("outcome", _WORD, "document, rejected or unchanged"),
    Column("reason", _WORD, "why it was rejected", "it was not"),
    Column("detail", _WORD, "more on the reason", "it was not"),
    Column("status", pa.int16(), "HTTP status"),
    Column("etag", _WORD, "validator for the next visit", "the server named none"),
    Column("last_modified", _WORD, "validator for the next visit", "the server named none"),
    Column("body_digest", _WORD, "digest of the bytes, further parts included"),
)

CORPUS = _OF_A_PAGE + _OF_THE_CORPUS
STAGED = (
    *_OF_A_PAGE,
    *_OF_A_VISIT,
    Column("cut", pa.bool_(), "its HTML ends before its end", "an older release staged it"),
)
FETCHES = (
    Column("doc_id", _WORD, "identity of the URL"),
    Column("key64", pa.int64(), "identity of the URL as listed in 64 bits, for sets of a million"),
    Column("kind", _WORD, "article, attachment or listing"),
    Column("visits", pa.int32(), "how often it was fetched so far"),
    Column("next_visit", _TIME, "when to look again", "never"),
    *(column for column in STAGED if column.name in ("url", "source_id", "fetched_at", "landing")),
    *_OF_A_VISIT,
    Column(
        "flag", _WORD, "held: its text is not published; question: held twice running; accepted by a person", "none"
    ),
    Column("shape", _WORD, "digest of a short text, or of one that is held, its numbers aside", "it brought none"),
    Column("in_a_row", pa.int32(), "visits running that ended like this one, where it brought no text", "none"),
    Column("run_id", _WORD, "the run that fetched it"),
)


def arrow(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of some columns."""
    return pa.schema([column.field for column in columns])


def kinds(of: pa.Schema) -> pl.Schema:
    """The same schema as Polars has it."""
    empty = pl.from_arrow(pa.Table.from_batches([], of))
    assert isinstance(empty, pl.DataFrame)
    return empty.schema


_PIECE = 10_000  # rows; of 200 kB each, ten times the longest that is usual, they would still fit


def table(rows: Sequence[Mapping[str, Any]], of: pa.Schema) -> pa.Table:
    """Rows as a table of that schema; what a row lacks is null, what the schema lacks is left out.

    By way of Polars: pyarrow's own way loads pandas where that is installed, which takes half a second. In pieces: an
    array of Arrow's strings holds 2 GiB.
    """
    pieces = (rows[start : start + _PIECE] for start in range(0, max(len(rows), 1), _PIECE))
    return pa.concat_tables(_piece(each, of) for each in pieces)


def _piece(rows: Sequence[Mapping[str, Any]], of: pa.Schema) -> pa.Table:
    columns = (pl.Series(name, [row.get(name) for row in rows], dtype=kind) for name, kind in kinds(of).items())
    return pl.DataFrame(columns).to_arrow().cast(of)


# What a reader reads of a document. If one of it changes, the change feed tells of a revision; if anything else does,
# it does not: links of a cluster, evidence and the version of the rules move without the document having changed.
CONTENT = (
    "title", "text", "text_as_published", "lang", "published_at", "published_precision", "signed_on", "effective_on",
    "publisher", "author", "editor", "document_number", "index_number", "issuer", "topic", "validity", "attachments",
)  # fmt: skip


def told(row: Mapping[str, Any], name: str) -> Any:
    """What a row says under a name, to be compared: null and empty are the same, and so are two signatures of one address."""
    value = row.get(name) or None
    if name != "attachments" or not value:
        return value
    return [{**each, "url": lasting(each["url"])} for each in value]


def content_digest(row: Mapping[str, Any]) -> str:
    """The digest of what a reader reads of a row; null and empty are the same."""
    said = [_plain(told(row, name)) for name in CONTENT]
    if whole := row.get("full_text"):  # only then: the digests of older releases stay what they were
        said.append(whole["digest"])
    return xxhash.xxh3_128_hexdigest(json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def markdown(columns: tuple[Column, ...]) -> str:
    """The columns as the table that the README shows."""
    lines = ["| column | type | is | null means | example |", "|---|---|---|---|---|"]
    for column in columns:
        cells = (f"`{column.name}`", column.kind, column.meaning, column.null or "never null", column.example)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
