"""What is known of a page under test, and what stands around the element that holds its article."""

from datetime import UTC, datetime
from typing import Any

from lxml import html

from pipeline.core.config import read
from pipeline.core.source import ArticleSpec
from pipeline.page.fields.context import Body, Context, Surroundings, read_surroundings
from pipeline.page.fields.rules import FieldRules
from pipeline.page.lines import outline
from pipeline.page.rules import ExtractionRules
from tests.makers.places import ROOT

CONFIG = ROOT / "config"
EXTRACTION = read(CONFIG / "extraction.yaml", ExtractionRules)
FIELDS = read(CONFIG / "fields.yaml", FieldRules)


def context_of(**more: Any) -> Context:
    """A page of nowhere in particular, read by the rules that come with Gongbao."""
    usual: dict[str, Any] = {
        "url": "",
        "fetched_at": datetime(2026, 11, 1, tzinfo=UTC),
        "spec": ArticleSpec(),
        "extraction": EXTRACTION,
        "fields": FIELDS,
    }
    return Context(**usual | more)


def surroundings_of(source: str, *, located: bool = True, **more: Any) -> Surroundings:
    """What stands around the element with the id `body`; `located` False: where nobody knows it."""
    context = context_of(**more)
    root = html.document_fromstring(source)
    page = outline(root, context.extraction.hidden)
    span = page.span_of(root.get_element_by_id("body")) if located else None
    return read_surroundings(context, page, span and Body(lines=range(span.start, span.end), span=span))
