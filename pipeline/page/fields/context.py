"""A parsed page and its located body in, all that stands around the body and speaks of it out, read once."""

from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from pipeline.core.source import ArticleSpec
from pipeline.page.fields.blocks import Piece, around
from pipeline.page.fields.labels import Labelled, read_labels
from pipeline.page.fields.metas import read_json_ld, read_marks, read_metas
from pipeline.page.fields.rules import FieldRules
from pipeline.page.rules import ExtractionRules
from pipeline.page.template import NOTHING, Template
from pipeline.page.tree import Outline, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a page before it is read: where it is from, what its listing said of it, by which rules it is read."""

    url: str
    fetched_at: datetime
    spec: ArticleSpec
    extraction: ExtractionRules
    fields: FieldRules
    listed_title: str = ""
    listed_date: str = ""
    template: Template = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Where the article's text stands: the lines, and the element around them."""

    lines: range
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What titles and fields are read from."""

    context: Context
    page: Outline
    body: Body | None
    pieces: tuple[Piece, ...]  # before the body, its first ones, those right behind it
    start: int  # place of the body's first piece in `pieces`
    end: int  # place of the first piece behind the body
    labels: tuple[Labelled, ...]
    metas: dict[str, str]  # by lower-cased name
    json_ld: dict[str, str]
    marks: dict[str, str]  # what comments of a CMS mark

    @property
    def root(self) -> HtmlElement:
        """The page's tree."""
        return self.page.root


def read_surroundings(context: Context, page: Outline, body: Body | None) -> Surroundings:
    """The surroundings of `body` in a page; `body` None: where its first long paragraph stands."""
    pieces, start, end = around(page, body.lines if body else None)
    return Surroundings(
        context=context,
        page=page,
        body=body,
        pieces=tuple(pieces),
        start=start,
        end=end,
        labels=tuple(read_labels(pieces, context.fields.labels)),
        metas=read_metas(page.root),
        json_ld=read_json_ld(page.root),
        marks=read_marks(page.root),
    )
