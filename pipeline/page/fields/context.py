"""A parsed page and its located body in, all that stands around the body and speaks of it out, read once."""

from dataclasses import dataclass

from lxml.html import HtmlElement

from pipeline.page.fields.blocks import Block, around
from pipeline.page.fields.labels import Labelled, read_labels
from pipeline.page.fields.metas import read_json_ld, read_marks, read_metas
from pipeline.page.fields.rules import FieldRules


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What titles and fields are read from."""

    blocks: tuple[Block, ...]  # before the body, its first ones, those right behind it
    start: int  # place of the body's first block in `blocks`
    end: int  # place of the first block behind the body
    labels: tuple[Labelled, ...]
    metas: dict[str, str]  # by lower-cased name
    json_ld: dict[str, str]
    marks: dict[str, str]  # what comments of a CMS mark


def read_surroundings(root: HtmlElement, body: HtmlElement | None, rules: FieldRules) -> Surroundings:
    """The surroundings of `body` in a page; `body` None: where its first long paragraph stands."""
    blocks, start, end = around(root, body)
    return Surroundings(
        blocks=tuple(blocks),
        start=start,
        end=end,
        labels=tuple(read_labels(blocks, rules.labels)),
        metas=read_metas(root),
        json_ld=read_json_ld(root),
        marks=read_marks(root),
    )
