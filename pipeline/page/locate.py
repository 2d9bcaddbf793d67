"""The weighed lines of a page in, the element that holds its article out: candidates, judged by their text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from lxml.html import HtmlElement

from pipeline.page.tree import Span
from pipeline.page.weigh import Weighed, fold, words_of

_MOST_KNOWN = 8  # containers of known names, the weightiest; readers' remarks may be in hundreds of them
_LONE = frozenset(("p", "h1", "h2", "h3", "h4", "li", "blockquote", "pre", "tr"))


@dataclass(frozen=True, slots=True)
class Located:
    """A range of lines that is taken for the article, the element around it, and which way of locating won."""

    name: str
    start: int
    end: int
    span: Span

    @property
    def kind(self) -> str:
        """What named it: `source`, `mark`, `known`, `learned` or `density`."""
        return "known" if self.name[0] in "#.<" else self.name.partition(":")[0]


def locate(page: Weighed, named: Sequence[HtmlElement] = (), learned: Sequence[Span] = ()) -> Located | None:
    """The article of a page: of all that may be it, what the evidence speaks for most.

    `named`: by the source's selectors; `learned`: where its other pages have theirs.
    """
    dense = _densest(page)
    spans = [span for element in named if (span := page.page.span_of(element))]
    chosen = [_whole("source", span) for span in spans if _says_something(page, span)][:1]
    if dense is None:
        return chosen[0] if chosen else None
    found = [*chosen, *_marked(page), *_known(page), *(_whole("learned", span) for span in learned)]
    found.append(_whole("density", _narrowed(page, dense)))
    best = max(found, key=lambda each: _evidence(page, each, dense))
    return best if best.name == "source" else _without_comments(page, best)


def _evidence(page: Weighed, located: Located, dense: Span) -> float:
    """How much speaks for a candidate: its name, the densest element's prose, the title and what follows it inside."""
    weights = page.rules.evidence
    densest = page.prose(dense.start, dense.end)
    said = page.prose(located.start, located.end)
    if said <= 0 and located.name != "source":
        return -1.0
    shared = page.prose(max(located.start, dense.start), min(located.end, dense.end))
    beyond = (said - shared) / max(densest, 20.0)
    evidence = weights.cover * shared / densest if densest else 0.0
    evidence += float(getattr(weights, located.kind))
    if page.opening is not None and located.start <= page.opening < located.end:
        evidence += weights.opening
    if _follows_title(page, located):
        evidence += weights.title
    evidence -= weights.links * page.links(located.start, located.end) / max(1, located.end - located.start)
    return evidence - beyond if beyond > weights.beyond_most else evidence


def _says_something(page: Weighed, span: Span) -> bool:
    letters = sum(len(block.text) for block in page.page.blocks[span.start : span.end])
    return page.prose(span.start, span.end) + letters >= 20


def is_doubtful(page: Weighed, located: Located | None) -> bool:
    """Whether what was located is thin, or a small part of what the page has to say."""
    if located is None:
        return True
    if located.name in ("source", "learned") or located.name.startswith("mark:") or _follows_title(page, located):
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
    sums = _sums_of(lines, page)
    said = sums[-1]
    if not lines:
        return located
    if located is not None:
        shared = sum(page.raw[index] for index in lines if located.start <= index < located.end)
        if shared >= 0.5 * said or said < 2 * page.prose(located.start, located.end):
            return located
    held = [span for span in page.page.spans if sums[span.end] - sums[span.start] >= 0.8 * said]
    return _whole("witness", min(held, key=len)) if held else located


def _sums_of(lines: Sequence[int], page: Weighed) -> list[float]:
    """Running sums of the weights of some lines, by line."""
    wanted = set(lines)
    weights = (page.raw[index] if index in wanted else 0.0 for index in range(len(page.raw)))
    return list(accumulate(weights, initial=0.0))


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
    """Ranges between the exact marks that CMSs print. Several of one kind, as round each remark, mark no article."""
    marks = page.page.marks
    for boundary in page.rules.boundaries:
        ends = [line for text, line in marks if re.search(boundary.end, text)]
        last = max(ends, default=0)
        begins = {line for text, line in marks if line < last and re.search(boundary.begin, text)}
        if len(begins) == 1:
            (begin,) = begins
            end = min(line for line in ends if line > begin)
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
            found.append((f"<{element.tag}>", span))
        elif (name := element.get("class")) and (hit := classes.intersection(name.split())):
            found.append((f".{min(hit)}", span))
    found.sort(key=lambda pair: (-page.net(pair[1]), len(pair[1])))
    for name, span in found[:_MOST_KNOWN]:
        inner = _narrowed(page, span)
        if inner is not span:
            yield _whole(name, inner)
        yield _whole(name, span)
