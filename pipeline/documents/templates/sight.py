"""A page in, what it can teach of its source's template out: its lines with their places, and which are the article."""

from dataclasses import dataclass

from pipeline.core.models import Page
from pipeline.core.source import Source
from pipeline.documents import begin
from pipeline.page.extract import look
from pipeline.page.template import NOTHING, Places, is_prose, says
from pipeline.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A line of a page."""

    place: str
    text: str
    tag: str
    inside: bool  # what was taken for the article
    says: bool  # inside, and may be said by the article: no link
    prose: bool  # of that, running text
    linked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One page of a source."""

    url: str
    title: str  # <title>
    body: str  # place of the element that holds the article; empty if several stand there
    lines: tuple[Seen, ...]


def sight(page: Page, source: Source, rules: Rules) -> Sighting | None:
    """What a page can teach; None where it holds no article. Read without what was learned before."""
    decoded, context = begin(page, source, rules.of(NOTHING))
    weighed, located = look(decoded, context)
    if located is None:
        return None
    inside = range(located.start, located.end)
    places, spans, root = Places(), weighed.page.spans, weighed.page.root
    body = places.of(located.span.element)
    alone = [span for span in spans if span.element.tag == located.span.element.tag and places.of(span.element) == body]
    return Sighting(
        url=page.url,
        title=" ".join((root.findtext(".//title") or "").split()),
        body=body if len(alone) == 1 else "",
        lines=tuple(
            Seen(
                place=places.of(block.element),
                text=block.text,
                tag=str(block.element.tag),
                inside=index in inside,
                says=index in inside and says(block),
                prose=index in inside and says(block) and is_prose(weighed.raw[index]),
                linked=block.link_share >= 0.5,
            )
            for index, block in enumerate(weighed.page.blocks)
        ),
    )
