"""`gongbao why`: what became of a page and of each of its lines, in the terminal and as HTML."""

import re
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows import console, extracting, settings, work
from pipeline import documents, explain, fetches, landing, source, staging, urls
from pipeline.corpus import Corpus
from pipeline.models import Document, Outcome, Page, Place, Rejected
from pipeline.store import Store

_DOC_ID = re.compile(r"[0-9a-f]{32}")
_FIELDS = (
    "published_at", "published_precision", "published_raw", "signed_on", "effective_on", "publisher", "author", "editor",
    "document_number", "index_number", "issuer", "topic", "validity", "lang", "lang_confidence",
)  # fmt: skip


def tell(page: str, html: Path | None) -> bool:
    """Print the story of a URL, a doc_id or a saved page; False if nothing is known of it."""
    out = Console(record=html is not None, highlight=False, soft_wrap=True)
    known = settings.from_environment()
    found = _of_file(out, Path(page)) if Path(page).is_file() else _of_store(out, settings.open_store(known), page)
    if html:
        html.write_text(out.export_html(), encoding="utf-8")
    return found


def _of_file(out: Console, path: Path) -> bool:
    page = extracting.page_of(path)
    _lines(out, page, source.unknown())
    return True


def _of_store(out: Console, store: Store, asked: str) -> bool:
    doc_id = asked if _DOC_ID.fullmatch(asked) else urls.doc_id(asked)
    corpus = Corpus.open(store)
    row = next(iter(corpus.of_ids([doc_id]).to_dicts()), None)
    visits = fetches.story(store, doc_id)
    if not row and not visits:
        console.say(f"{asked}: never fetched. Is a source's listing naming it? `gongbao backfill {asked}` fetches it.")
        return False
    for visit in visits:
        ended = visit["outcome"] + (f", {visit['reason']} ({visit['detail']})" if visit["reason"] else "")
        out.print(f"fetched {_time(visit['fetched_at'])} in run {visit['run_id']}: HTTP {visit['status']}, {ended}")
    if row:
        _decision(out, row)
    place = row["landing"] if row else visits[-1]["landing"]
    if place:
        page = landing.read_at(store, Place(key=place["key"], offset=place["offset"]))
        known = {each.id: each for each in source.load_all(settings.from_environment().sources)}
        _lines(out, page, known.get(page.source_id) or source.unknown())
    if row:
        _cluster(out, row, corpus)
    if row and row["canonical_id"]:
        _beside(out, row, corpus)
    return True


def _decision(out: Console, row: dict[str, Any]) -> None:
    out.print(f"document {row['doc_id']}, revision {row['revision']}, of {row['source_id']}, month {row['month']}")
    if row["canonical_id"]:
        out.print(f"{row['kind']} of {row['canonical_id']}, {row['similarity']:.0%} of it stands there", style="yellow")
    if row["publisher"]:
        named = row["publisher_source"]
        known = "this source" if named == row["source_id"] else f"source {named}" if named else "no configured source"
        out.print(Text(f"来源 {row['publisher']}: {known}"))
    if row["original_id"]:
        out.print(f"its original turned up later: {row['original_id']}", style="yellow")
    for near in row["near_ids"] or ():
        out.print(f"near, not the same: {near}", style="yellow")
    if row["withdrawn_at"]:
        out.print(f"withdrawn: its page was gone at {_time(row['withdrawn_at'])}", style="red")


def _lines(out: Console, page: Page, of: source.Source) -> None:
    rules = work.rules(settings.from_environment().config)
    outcome = documents.process(page, of, rules)
    decoded, extracted, _ = documents.read(page, of, rules)
    out.print(
        f"{page.url}\ncharset: declared {decoded.declared or 'none'}, used {decoded.used}, {decoded.replaced} characters lost"
    )
    out.print(f"text found by: {extracted.candidate}")
    if not isinstance(outcome, Document):
        out.print(_ending(outcome), style="bold red")
        for line in extracted.lines:
            out.print(Text(f"  {line.text}", style="dim"))
        return
    _fields(out, outcome)
    out.print(Text(outcome.title, style="bold"))
    for fate in explain.fates(extracted, outcome):
        out.print(
            Text(f"- {fate.line}  [{fate.zone}: {fate.rule}]", style="red") if fate.rule else Text(f"  {fate.line}")
        )
    if outcome.text_as_published:
        out.print("repaired reading:", style="bold")
        out.print(Text(outcome.text))


def _fields(out: Console, document: Document) -> None:
    row = staging.columns_of(document)
    evidence = dict(document.evidence)
    table = Table(box=None, show_header=False)
    for name in ("title", *_FIELDS):
        if row.get(name):
            origin = evidence.get(name) or evidence.get(name.removesuffix("_at"), "")
            table.add_row(name, Text(str(console.plain(row[name]))), Text(origin, style="dim"))
    for each in document.fields.attachments:
        table.add_row("attachment", Text(each.name), Text(each.url, style="dim"))
    if document.fields.date_conflict:
        table.add_row("published_at", Text("witnesses disagree by more than a day", style="yellow"), "")
    out.print(table)


def _cluster(out: Console, row: dict[str, Any], corpus: Corpus) -> None:
    """All documents that say the same, the canonical one first, the others as they were published."""
    members = corpus.cluster(row["doc_id"]).to_dicts()
    if len(members) < 2:
        return
    table = Table(title=f"cluster of {len(members)}", box=None)
    for name in ("document", "published", "source", "来源", "held", "address"):
        table.add_column(name)
    for each in members:
        here = "bold" if each["doc_id"] == row["doc_id"] else ""
        held = "canonical" if each["canonical_id"] is None else f"{each['similarity']:.0%}"
        cells = (
            each["doc_id"], _time(each["published_at"] or ""), each["source_id"], each["publisher"] or "", held, each["url"]
        )  # fmt: skip
        table.add_row(*(Text(str(cell), style=here) for cell in cells))
    out.print(table)


def _beside(out: Console, row: dict[str, Any], corpus: Corpus) -> None:
    original = next(iter(corpus.of_ids([row["canonical_id"]], ["url", "title", "text"]).to_dicts()), None)
    if not original:
        return
    for name, passages in (("cut here", row["cut"]), ("added here", row["added"])):
        for passage in passages or ():
            out.print(Text(f"{name}: {passage}", style="red" if name == "cut here" else "green"))
    table = Table(title="beside the canonical document", show_lines=True, expand=True)
    table.add_column(f"here: {row['url']}", ratio=1)
    table.add_column(f"there: {original['url']}", ratio=1)
    titles = explain.Beside(row["title"] or "", original["title"] or "")
    for pair in (titles, *explain.beside(row["text"], original["text"])):
        table.add_row(*_sides(pair))
    out.print(table)


def _sides(pair: explain.Beside) -> tuple[Text, Text]:
    """Both paragraphs: what differs underlined; green or red all of one that stands on one side only."""
    left = Text(pair.left, style="" if pair.same or pair.right else "green")
    right = Text(pair.right, style="" if pair.same or pair.left else "red")
    for text, spans in zip((left, right), pair.changed, strict=True):
        for start, end in spans:
            text.stylize("yellow underline", start, end)
    return left, right


def _ending(outcome: Outcome) -> str:
    return f"rejected, {outcome.reason}: {outcome.detail}" if isinstance(outcome, Rejected) else "not modified"


def _time(at: Any) -> str:
    return str(console.plain(at))
