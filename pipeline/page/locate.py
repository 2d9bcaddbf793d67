"""The weighed lines of a page in, the element that holds its article out: candidates, judged by their text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from pipeline.page.tree import Span
from pipeline.page.weigh import Weighed, fold, words_of

_LONE = frozenset(("p", "h1", "h2", "h3", "h4", "li", "blockquote", "pre", "tr"))


@dataclass(frozen=True, slots=True)
class Located:
    """A range of lines that is taken for the article, the element around it, and which way of locating won."""

    name: str
    start: int
    end: int
    span: Span


def locate(page: Weighed, named: Sequence[HtmlElement] = ()) -> Located | None:
    """The article of a page: the source's own elements, else exact marks, known containers or density, if they prove themselves."""
    for element in named:
        span = page.page.span_of(element)
        if (
            span is not None
            and page.prose(span.start, span.end)
            + sum(len(block.text) for block in page.page.blocks[span.start : span.end])
            >= 20
        ):
            return _whole("source", span)
    dense = _densest(page)
    if dense is None:
        return None
    for candidate in (*_marked(page), *_known(page)):
        if _proves_itself(page, candidate, dense):
            return _without_comments(page, candidate)
    return _without_comments(page, _whole("density", _narrowed(page, dense)))


def is_doubtful(page: Weighed, located: Located | None) -> bool:
    """Whether what was located is thin, or a small part of what the page has to say."""
    if located is None:
        return True
    if located.name == "source" or located.name.startswith("mark:") or _follows_title(page, located):
        return False  # a person, a template or the title said so
    said = page.prose(located.start, located.end)
    return said < page.rules.shares.doubt_below or said < page.rules.shares.doubt_share * page.prose(
        0, len(page.page.blocks)
    )


def witnessed(page: Weighed, located: Located | None, text: str) -> Located | None:
    """What another reader of the whole page found, where it found much more and we are not next to the title."""
    read = fold(text)
    if not read:
        return located
    lines = [
        index
        for index, block in enumerate(page.page.blocks)
        if page.raw[index] > 0 and index not in page.apart and len(block.text) >= 12 and fold(block.text) in read
    ]
    said = sum(page.raw[index] for index in lines)
    if not lines:
        return located
    if located is not None:
        shared = sum(page.raw[index] for index in lines if located.start <= index < located.end)
        if shared >= 0.5 * said or said < 2 * page.prose(located.start, located.end):
            return located
    held = [
        span for span in page.page.spans if sum(page.raw[i] for i in lines if span.start <= i < span.end) >= 0.8 * said
    ]
    return _whole("witness", min(held, key=len)) if held else located


def _without_comments(page: Weighed, located: Located) -> Located:
    """Ends before readers begin to speak, if the article has spoken by then."""
    said = page.prose(located.start, located.end)
    for index in range(located.start + 1, located.end):
        if page.opens_comments(index) and page.prose(located.start, index) >= 0.25 * said:
            return replace(located, end=index)
    return located


def _whole(name: str, span: Span) -> Located:
    return Located(name, span.start, span.end, span)


def _follows_title(page: Weighed, located: Located) -> bool:
    title = page.title_at
    return (
        title is not None
        and located.start - page.rules.shares.title_near <= title < located.end
        and page.prose(located.start, located.end) >= 10
    )


def _densest(page: Weighed) -> Span | None:
    """The smallest element with the greatest sum of weights; nearer to the title a smaller sum will do."""
    spans = page.page.spans
    best = max(spans, key=lambda span: (page.net(span), -len(span)), default=None)
    if best is not None and page.opening is not None and not best.start <= page.opening < best.end:
        near = [
            span for span in spans if span.start <= page.opening < span.end and not span.start <= best.start < span.end
        ]
        nearest = max(near, key=lambda span: (page.net(span), -len(span)), default=None)
        if nearest is not None and page.net(nearest) * page.rules.shares.opening_counts >= page.net(best):
            best = nearest
    return None if best is None else _widened(page, best)


def _widened(page: Weighed, span: Span) -> Span:
    """From a lone paragraph up to what holds it."""
    while _is_lone(span) and (around := page.page.parent_of(span)):
        if page.kept(around) < page.rules.shares.widen * page.kept(span):
            break
        span = around
    return span


def _is_lone(span: Span) -> bool:
    return span.element.tag in _LONE or len(span) <= 1


def _narrowed(page: Weighed, span: Span) -> Span:
    """Down to the smallest element that still holds nearly all that speaks for an article."""
    shares, named = page.rules.shares, frozenset(page.rules.containers.words)
    while True:
        child = max(span.children, key=page.positive, default=None)
        if child is None or _is_lone(child):
            return span
        names = f"{child.element.get('class') or ''} {child.element.get('id') or ''}"
        least = shares.narrow_named if named & words_of(names) or child.element.tag == "article" else shares.narrow
        words = page.words(span) - page.words(child)
        lost = page.positive(span) - page.positive(child) - words
        if lost > (1 - least) * page.positive(span) or words > shares.narrow_words * page.positive(child):
            return span
        span = child


def _marked(page: Weighed) -> Iterator[Located]:
    """Ranges between the exact marks that CMSs print."""
    marks = page.page.marks
    for boundary in page.rules.boundaries:
        begins = [line for text, line in marks if re.search(boundary.begin, text)]
        ends = [line for text, line in marks if re.search(boundary.end, text)]
        for begin in begins:
            end = next((line for line in ends if line > begin), None)
            if end is not None:
                around = min((span for span in page.page.spans if span.start <= begin and span.end >= end), key=len)
                yield Located(f"mark:{boundary.begin}", begin, end, around)


def _known(page: Weighed) -> Iterator[Located]:
    """Elements that a CMS is known to keep the body in, the weightiest first."""
    names = page.rules.containers
    ids, classes, tags = frozenset(names.ids), frozenset(names.classes), frozenset(names.tags)
    found = []
    for span in page.page.spans:
        element = span.element
        if not len(span):
            continue
        if element.get("id") in ids:
            found.append((f"#{element.get('id')}", span))
        elif element.tag in tags:
            found.append((str(element.tag), span))
        elif (name := element.get("class")) and (hit := classes.intersection(name.split())):
            found.append((f".{min(hit)}", span))
    found.sort(key=lambda pair: (-page.net(pair[1]), len(pair[1])))
    for name, span in found:
        yield _whole(name, span)


def _proves_itself(page: Weighed, candidate: Located, dense: Span) -> bool:
    """Whether a named candidate says enough, measured by what density alone would take."""
    shares = page.rules.shares
    said = page.prose(candidate.start, candidate.end)
    within = dense.start <= candidate.start and candidate.end <= dense.end
    if said <= 0:
        return False
    if candidate.name.startswith("mark:"):
        return True  # exact: a template filled them, no editor chose them
    if within:
        return said >= shares.named_within * page.prose(dense.start, dense.end)
    if candidate.start <= dense.start and dense.end <= candidate.end:
        return page.net(candidate.span) >= shares.named * page.net(dense)
    return said >= shares.named * page.prose(dense.start, dense.end) or _follows_title(page, candidate)
