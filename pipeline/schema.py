"""The columns of the corpus, of the staged outcomes and of the fetches: type, meaning, what null says, an example."""

from dataclasses import dataclass

import pyarrow as pa

_WORD = pa.string()
_TIME = pa.timestamp("us", tz="UTC")
_ATTACHMENT = pa.struct([("name", _WORD), ("url", _WORD), ("type", _WORD)])
_REMOVED = pa.struct([("line", _WORD), ("rule", _WORD), ("zone", _WORD)])
_EVIDENCE = pa.struct([("field", _WORD), ("from", _WORD)])
_CHARSET = pa.struct([("declared", _WORD), ("detected", _WORD), ("used", _WORD), ("replaced", pa.int32())])
_PLACE = pa.struct([("key", _WORD), ("offset", pa.int64())])


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
        return pa.field(self.name, self.type, metadata={"comment": self.meaning})


# What the pure path makes of a page.
_OF_A_PAGE = (
    Column("doc_id", _WORD, "identity of the page's URL, 32 hex digits; never changes", "", "8c1f…"),
    Column("url", _WORD, "address as fetched, after redirects", "", "https://…/t20260104_1.html"),
    Column("source_id", _WORD, "the source that found it", "", "miit"),
    Column("title", _WORD, "title of the article, without the site's name", "empty: the page has none", "关于…的通知"),
    Column("text", _WORD, "the article, paragraphs separated by \\n; machine-converted pages in their repaired reading"),
    Column("text_as_published", _WORD, "the text before the repair", "it is the same as `text`"),
    Column("lang", _WORD, "language and script, BCP 47", "", "zh-Hans"),
    Column("lang_confidence", pa.float32(), "0..1"),
    Column("published_at", _TIME, "when it was published; midnight in Asia/Shanghai where only a day is known",
           "the page does not say", "2026-01-03T16:00:00Z"),
    Column("published_precision", _WORD, "second, minute, day or month", "no date", "day"),
    Column("published_from", _WORD, "which witness gave the date", "no date", "meta:PubDate"),
    Column("published_raw", _WORD, "the characters that it was read from", "no date", "2026年1月4日"),
    Column("date_conflict", pa.bool_(), "trustworthy witnesses disagree by more than a day"),
    Column("signed_on", pa.date32(), "成文日期", "not named"),
    Column("effective_on", pa.date32(), "施行日期", "not named"),
    Column("publisher", _WORD, "来源, as printed", "not named: the source itself", "天津日报"),
    Column("author", _WORD, "作者, 记者", "not named"),
    Column("editor", _WORD, "责任编辑", "not named"),
    Column("document_number", _WORD, "发文字号", "not named", "国办发〔2017〕47号"),
    Column("index_number", _WORD, "索引号", "not named"),
    Column("issuer", _WORD, "发文机关", "not named"),
    Column("topic", _WORD, "主题分类", "not named"),
    Column("validity", _WORD, "有效性", "not named"),
    Column("attachments", pa.list_(_ATTACHMENT), "files that belong to the article: name, URL, type"),
    Column("removed", pa.list_(_REMOVED), "every line that stood on the page's block and is not in the text, with its rule"),
    Column("candidate", _WORD, "which way of locating the text won"),
    Column("evidence", pa.list_(_EVIDENCE), "where each field came from"),
    Column("charset", _CHARSET, "declared, detected and used charset, count of replacement characters"),
    Column("fetched_at", _TIME, "when the bytes came"),
    Column("landing", _PLACE, "where the bytes lie: key of the landing file, offset of the record in bytes"),
    Column("rules_version", _WORD, "digest of the rules and of the code that made it"),
    Column("text_digest", _WORD, "digest of the canonical text; equal digests are the same text"),
    Column("shingle_keys", pa.list_(pa.int64()), "sampled shingles of the canonical text (unsigned 64 bit, kept as signed)"),
)  # fmt: skip

# What comparing it with the corpus adds.
_OF_THE_CORPUS = (
    Column("revision", pa.int32(), "1 for the first text of a page, then counted up"),
    Column("first_fetched_at", _TIME, "when its first revision came"),
    Column("kind", _WORD, "original, exact, repost or near"),
    Column("canonical_id", _WORD, "doc_id of the canonical document of its cluster", "it is the canonical one"),
    Column("similarity", pa.float32(), "share of this text that the canonical one holds, 0..1", "it is the canonical one"),
    Column("near_ids", pa.list_(_WORD), "documents that are alike and not the same"),
    Column("original_id", _WORD, "an original that turned up later than this, its repost", "none did"),
    Column("cut", pa.list_(_WORD), "passages of the canonical text that are missing here"),
    Column("added", pa.list_(_WORD), "passages that are not in the canonical text"),
    Column("withdrawn_at", _TIME, "when the page was found gone", "it stands"),
    Column("month", _WORD, "month of publication in Asia/Shanghai, of the fetch where there is no date; the partition",
           "", "2026-01"),
    Column("run_id", _WORD, "the run that wrote this row"),
)  # fmt: skip

# What staging a page adds: how it ended, and what the next visit must know.
_OF_A_VISIT = (
    Column("requested_url", _WORD, "address as listed, before redirects"),
    Column("outcome", _WORD, "document, rejected or unchanged"),
    Column("reason", _WORD, "why it was rejected", "it was not"),
    Column("detail", _WORD, "more on the reason", "it was not"),
    Column("status", pa.int16(), "HTTP status"),
    Column("etag", _WORD, "validator for the next visit", "the server named none"),
    Column("last_modified", _WORD, "validator for the next visit", "the server named none"),
    Column("body_digest", _WORD, "digest of the bytes, further parts included"),
)

CORPUS = _OF_A_PAGE + _OF_THE_CORPUS
STAGED = _OF_A_PAGE + _OF_A_VISIT
FETCHES = (
    Column("doc_id", _WORD, "identity of the URL"),
    Column("key64", pa.int64(), "identity of the URL as listed in 64 bits, for sets of a million"),
    Column("kind", _WORD, "article or listing"),
    Column("visits", pa.int32(), "how often it was fetched so far"),
    Column("next_visit", _TIME, "when to look again", "never"),
    *(column for column in STAGED if column.name in ("url", "source_id", "fetched_at", "landing")),
    *_OF_A_VISIT,
    Column("run_id", _WORD, "the run that fetched it"),
)


def arrow(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of some columns."""
    return pa.schema([column.field for column in columns])
