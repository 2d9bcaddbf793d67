"""What the pages of a source taught of their template, and which lines of a page are its furniture."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from pipeline.page.tree import Block, Outline, Span

_CHANGES = re.compile(r"\d+")  # in names of elements: page-4711
_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]|[〇○零一二三四五六七八九]{4}年")


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedLine:
    """A line that stands at one place on the pages of many articles, or a place where nearly all lines are such."""

    place: str
    text: str  # as it was printed; empty: any, as in a list of what is read most
    among_prose: bool  # articles speak at its place, too: it is furniture only above or below all that they say
    articles: int  # whose pages have it there
    share: float  # of the articles that were read


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A piece of <title>, or the place of a body."""

    text: str
    articles: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """All that was learned of one source. The same pages teach the same."""

    articles: int = 0  # that it was learned from
    lines: tuple[LearnedLine, ...] = ()
    names: tuple[Learned, ...] = ()  # of the site, as they stand in <title>
    bodies: tuple[Learned, ...] = ()  # places of the element that holds the article
    version: str = ""  # digest of all above

    def without(self, patterns: Sequence[str]) -> "Template":
        """Without the lines that a source's configuration keeps."""
        if not patterns or not self.lines:
            return self
        kept = [line for line in self.lines if not any(re.search(each, line.text) for each in patterns)]
        return replace(self, lines=tuple(kept))


NOTHING = Template()


class Places:
    """The place of each element of a page: its tag, id and classes and those of the elements around it."""

    def __init__(self) -> None:
        self._found: dict[HtmlElement, str] = {}

    def of(self, element: HtmlElement) -> str:
        """`body>div.main>div#content>p`; numbers in names count nothing."""
        if (known := self._found.get(element)) is None:
            parent = element.getparent()
            around = self.of(parent) if parent is not None and parent.tag != "html" else ""
            known = self._found[element] = f"{around}>{_name(element)}" if around else _name(element)
        return known


def _name(element: HtmlElement) -> str:
    id_, classes = element.get("id"), element.get("class")
    name = str(element.tag) + (f"#{id_}" if id_ else "")
    return _CHANGES.sub("", ".".join((name, *sorted(classes.split())) if classes else (name,)))


def standing(page: Outline, template: Template) -> frozenset[int]:
    """The lines of a page that are furniture wherever they stand: nothing else was ever seen at their places."""
    known = {(line.place, line.text) for line in template.lines if not line.among_prose}
    return frozenset(_at(page.blocks, range(len(page.blocks)), known))


def at_the_edges(
    page: Outline, weights: Sequence[float], body: range, silent: Collection[int], template: Template
) -> frozenset[int]:
    """The lines among prose that are furniture: above the first prose, or below all that the article says."""
    known = {(line.place, line.text) for line in template.lines if line.among_prose}
    found = set(_at(page.blocks, body, known))
    if not found:
        return frozenset()
    own = [index for index in body if index not in found and index not in silent and says(page.blocks[index])]
    first = next((index for index in own if is_prose(weights[index])), body.stop)
    last = own[-1] if own else body.start
    return frozenset(index for index in found if index < first or index > last)


def is_prose(weight: float) -> bool:
    """Whether a line of this weight is running text, and no line of a page's head."""
    return weight > 20


def says(block: Block) -> bool:
    """Whether a line may be one that the article says: no link; a date below a text is one."""
    return block.link_share < 0.5 and not block.hidden and (len(block.text) >= 10 or bool(_DATE.search(block.text)))


def bodies(page: Outline, template: Template) -> list[Span]:
    """The elements that stand where the source keeps its articles."""
    wanted, places = {body.text for body in template.bodies}, Places()
    return [span for span in page.spans if wanted and places.of(span.element) in wanted]


def _at(blocks: Sequence[Block], lines: range, known: Collection[tuple[str, str]]) -> Iterator[int]:
    texts, places = {text for _, text in known}, Places()
    for index in lines:
        block = blocks[index]
        if block.text in texts or "" in texts:
            place = places.of(block.element)
            if (place, block.text) in known or (place, "") in known:
                yield index
