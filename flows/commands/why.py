"""`gongbao why`: what became of a page and of each of its lines, in the terminal and as HTML."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows import settings
from flows.terminal import output
from pipeline.core import source
from pipeline.core.models import Document, Outcome, Rejected
from pipeline.corpus.beside import Beside, beside
from pipeline.documents.templates import shelf
from pipeline.report import story
from pipeline.report.story import Reading, Story
from pipeline.rules import Rules
from pipeline.store import staging
from pipeline.store.schema import Row

_FIELDS = (
    "published_at", "published_precision", "published_raw", "signed_on", "effective_on", "publisher", "author", "editor",
    "document_number", "index_number", "issuer", "topic", "validity", "lang", "lang_confidence", "form", "media_type", "pages", "file_name",
)  # fmt: skip


def tell(page: str) -> bool:
    """Print the story of a URL, a doc_id or a saved page; False if nothing is known of it."""
    known = settings.from_environment()
    out = output.out
    return _of_file(out, Path(page), known) if Path(page).is_file() else _of_store(out, page, known)


def _of_file(out: Console, path: Path, known: settings.Settings) -> bool:
    from flows.commands import extract  # with all that runs pages in many processes

    _lines(out, story.read(extract.page_of(path), source.unknown(), Rules.load(known.config)))
    return True


def _of_store(out: Console, asked: str, known: settings.Settings) -> bool:
    store = settings.open_store(known)
    with ThreadPoolExecutor(1) as pool:
        rules = pool.submit(Rules.load, known.config)  # while the store looks
        told = story.story(store, asked)
    if not told:
        failed = story.failure(store, asked)
        said = f"not fetched, in run {failed.run_id}: {failed.how}." if failed else "never fetched."
        fetch = f" Is a source's listing naming it? `gongbao backfill {asked}` fetches it."
        output.say(f"{asked}: {said}" + (fetch if asked.startswith(("http://", "https://")) else ""))
        return False
    for visit in told.visits:
        ended = visit["outcome"] + (f", {visit['reason']}" if visit["reason"] else "")
        ended += f", {visit['flag']}" if visit["flag"] else ""
        ended += f" ({visit['detail']})" if visit["detail"] else ""
        out.print(f"fetched {_time(visit['fetched_at'])} in run {visit['run_id']}: HTTP {visit['status']}, {ended}")
    if told.forgotten:
        out.print(Text(f"forgotten {_time(told.forgotten['at'])}: {told.forgotten['reason']}", style="red"))
    if told.row:
        _decision(out, told.row)
    if page := story.page_of(store, told):
        learned = shelf.current(store, page.source_id)
        _lines(out, story.read(page, source.of(known.sources, page.source_id), rules.result().of(learned)))
    if told.pending:
        _pending(
            out,
            told,
            story.pending_text(
                store,
                told,
                source.of(known.sources, told.pending["source_id"]),
                rules.result().of(shelf.current(store, told.pending["source_id"])),
            ),
        )
    _cluster(out, told)
    _beside(out, told)
    return True


def _pending(out: Console, told: Story, text: str | None) -> None:
    """What the last visit brought and is not published, beside what stands."""
    visit = told.pending or {}
    asks = "a question for a person" if visit["flag"] == "question" else "held, and a question if it comes again"
    out.print(
        Text(
            f"its new text is not published: {visit['detail']}; {asks}. `gongbao accept {told.doc_id}` publishes it",
            style="red",
        )
    )
    if text is not None and told.row:
        _pairs(out, "what stands", "what was held back", beside(told.row["text"] or "", text))


def _decision(out: Console, row: Row) -> None:
    out.print(f"document {row['doc_id']}, revision {row['revision']}, of {row['source_id']}, month {row['month']}")
    if row["canonical_id"]:
        out.print(f"{row['kind']} of {row['canonical_id']}, {row['similarity']:.0%} of it stands there", style="yellow")
    if row["publisher"]:
        named = row["publisher_source"]
        known = "this source" if named == row["source_id"] else f"source {named}" if named else "no configured source"
        out.print(Text(f"来源 {row['publisher']}: {known}"))
    if row["original_id"]:
        out.print(f"its original turned up later: {row['original_id']}", style="yellow")
    if row["extends"]:
        out.print(f"extends, with facts of its own: {row['extends']}", style="yellow")
    for near in row["near_ids"] or ():
        out.print(f"near, not the same: {near}", style="yellow")
    if row["withdrawn_at"]:
        because = row["withdrawn_because"] or "its page was gone"  # rows of older releases do not say
        out.print(Text(f"withdrawn {_time(row['withdrawn_at'])}: {because}", style="red"))


def _lines(out: Console, read: Reading) -> None:
    decoded, outcome = read.decoded, read.outcome
    out.print(read.page.url)
    if decoded.used:  # a file has no charset
        out.print(
            f"charset: declared {decoded.declared or 'none'}, used {decoded.used}, {decoded.replaced} characters lost"
        )
    out.print(f"text found by: {read.candidate}")
    if not isinstance(outcome, Document):
        out.print(_ending(outcome), style="bold red")
        for line in read.lines:
            out.print(Text(f"  {line.line}", style="dim"))
        return
    _fields(out, outcome)
    out.print(Text(outcome.title, style="bold"))
    for fate in read.lines:
        place = f"p. {fate.page}  " if fate.page else ""
        told = f"- {place}{fate.line}  [{fate.zone}: {fate.rule}]" if fate.rule else f"  {place}{fate.line}"
        out.print(Text(told, style="red" if fate.rule else ""))
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
            table.add_row(name, Text(str(output.plain(row[name]))), Text(origin, style="dim"))
    for each in document.fields.attachments:
        table.add_row("attachment", Text(each.name), Text(each.url, style="dim"))
    if document.fields.date_conflict:
        table.add_row("published_at", Text("witnesses disagree by more than a day", style="yellow"), "")
    out.print(table)


def _cluster(out: Console, told: Story) -> None:
    """All documents that say the same, the canonical one first, the others as they were published."""
    if not told.cluster:
        return
    table = Table(title=f"cluster of {len(told.cluster)}", box=None)
    for name in ("document", "published", "source", "来源", "held", "address"):
        table.add_column(name)
    for each in told.cluster:
        here = "bold" if each["doc_id"] == told.doc_id else ""
        held = "canonical" if each["canonical_id"] is None else f"{each['similarity']:.0%}"
        cells = (
            each["doc_id"], _time(each["published_at"] or ""), each["source_id"], each["publisher"] or "", held, each["url"]
        )  # fmt: skip
        table.add_row(*(Text(str(cell), style=here) for cell in cells))
    out.print(table)


def _beside(out: Console, told: Story) -> None:
    row, original = told.row, told.canonical
    if not row or not original:
        return
    for name, passages in (("cut here", row["cut"]), ("added here", row["added"])):
        for passage in passages or ():
            out.print(Text(f"{name}: {passage}", style="red" if name == "cut here" else "green"))
    titles = Beside(row["title"] or "", original["title"] or "")
    pairs = (titles, *beside(row["text"] or "", original["text"] or ""))
    out.print("beside the canonical document", style="italic")
    _pairs(out, f"here: {row['url']}", f"there: {original['url']}", pairs)


def _pairs(out: Console, left: str, right: str, pairs: Iterable[Beside]) -> None:
    table = Table(show_lines=True, expand=True)
    table.add_column(left, ratio=1)
    table.add_column(right, ratio=1)
    for pair in pairs:
        table.add_row(*_sides(pair))
    out.print(table)


def _sides(pair: Beside) -> tuple[Text, Text]:
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
    return str(output.plain(at))
