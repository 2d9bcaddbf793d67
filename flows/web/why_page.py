"""`gongbao why --html`: the story of one page as a file of its own, which looks like the console's and asks nothing of it."""

from pathlib import Path

from flows import settings
from flows.commands import extract
from flows.web import rendering
from pipeline.core import source
from pipeline.core.models import Document, Rejected
from pipeline.report import story
from pipeline.report.marked_page import harmless
from pipeline.report.story import Reading, Story
from pipeline.rules import Rules
from pipeline.store import staging

_STYLE = Path(__file__).with_name("style.css")


def of(asked: str) -> str:
    """The page of a URL, a doc_id or a saved page that the store knows, or that is there."""
    known = settings.from_environment()
    rules = Rules.load(known.config)
    if Path(asked).is_file():
        return _page(None, story.read(extract.page_of(Path(asked)), source.unknown(), rules))
    store = settings.open_store(known)
    told = story.story(store, asked)
    page = story.page_of(store, told) if told else None
    return _page(told, story.read(page, source.of(known.sources, page.source_id), rules) if page else None)


def _page(told: Story | None, read: Reading | None) -> str:
    outcome = read.outcome if read else None
    row = staging.columns_of(outcome) if isinstance(outcome, Document) else (told.row if told else None) or {}
    return rendering.alone(
        "why_page.html",
        told=told,
        read=read,
        row=row,
        fields=[(words, row[name]) for name, words in rendering.FIELDS.items() if row.get(name)],
        rejected=outcome if isinstance(outcome, Rejected) else None,
        original=harmless(read.decoded, read.lines) if read and read.decoded.used else "",
        style=_STYLE.read_text("utf-8"),
    )
