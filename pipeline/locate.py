"""The lines of a page in, the element that holds its article out: candidates, judged by their text."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from lxml.html import HtmlElement

from pipeline.config import Pattern, Strict
from pipeline.tree import Block, Outline, Span


class Containers(Strict):
    """Names that say: the body is in here."""

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    tags: tuple[str, ...]


class Boundary(Strict):
    """A pair of marks around the body."""

    begin: Pattern
    end: Pattern


class ExtractionRules(Strict):
    """`config/extraction.yaml`."""

    containers: Containers
    boundaries: tuple[Boundary, ...]
    chrome: tuple[str, ...]
    tail: Pattern
    foot: Pattern


@dataclass(frozen=True, slots=True)
class Candidate:
    """A range of lines that may be the article, and which way of locating proposed it."""

    name: str
    start: int
    end: int
    span: Span


_SENTENCE = re.compile(r"[。！？；…]|[.!?][\s\"”’)]|[.!?]$")
_COMMA = re.compile(r"[，、,：:]")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[\u4e00-\u9fff]+")


class Weighed:
    """A page's lines with their weights: what speaks for an article, what against, in sums over any range."""

    def __init__(self, page: Outline, rules: ExtractionRules, title: str) -> None:
        self.page = page
        self.rules = rules
        self.raw = [_prose(block, rules) for block in page.blocks]
        self.rawsum = list(accumulate(self.raw, initial=0.0))
        self.title_at = self._title(title)
        self.chrome = self._chrome()
        self.feeds = self._feeds()
        weights = list(self.raw)
        for start, end in (*self.chrome, *self.feeds):
            for index in range(start, end):
                weights[index] = min(weights[index], 0.0) - (0.1 * min(len(page.blocks[index].text), 100))
        self._dampen(weights)
        self.weights = weights
        self.sums = list(accumulate(weights, initial=0.0))
        self.possums = list(accumulate((max(0.0, w) for w in weights), initial=0.0))

    def weight(self, start: int, end: int) -> float:
        return self.sums[end] - self.sums[start]

    def positive(self, start: int, end: int) -> float:
        return self.possums[end] - self.possums[start]

    def prose(self, start: int, end: int) -> float:
        return self.rawsum[end] - self.rawsum[start]

    def _dampen(self, weights: list[float]) -> None:
        """What stands before the title or behind the tail's first line counts for less."""
        blocks = self.page.blocks
        total = sum(w for w in weights if w > 0)
        if self.title_at is not None:
            before = sum(w for w in weights[: self.title_at] if w > 0)
            if before < 0.6 * total:
                for index in range(self.title_at):
                    weights[index] *= 0.3 if weights[index] > 0 else 1
        seen, total = 0.0, sum(w for w in weights if w > 0)
        tail = re.compile(self.rules.tail, re.IGNORECASE)
        for index, block in enumerate(blocks):
            if seen >= 0.3 * total and len(block.text) < 30 and tail.match(block.text):
                for rest in range(index + 1, len(blocks)):
                    weights[rest] *= 0.3 if weights[rest] > 0 else 1
                break
            seen += max(0.0, weights[index])

    def _chrome(self) -> list[tuple[int, int]]:
        words = frozenset(self.rules.chrome)
        total = sum(w for w in self.raw if w > 0)
        found: list[tuple[int, int]] = []
        until = 0
        for span in self.page.spans:
            if span.start < until or not len(span):
                continue
            element = span.element
            if element.tag in ("nav", "footer", "aside") or _named(element, words):
                inside = sum(w for w in self.raw[span.start : span.end] if w > 0)
                titled = self.title_at is not None and span.start <= self.title_at < span.end and inside > 60
                if inside <= 0.4 * total and not titled:
                    found.append((span.start, span.end))
                    until = span.end
        return found

    def _feeds(self) -> list[tuple[int, int]]:
        found = []
        for span in self.page.spans:
            if len(span.children) >= 3:
                found += list(_feeds_among(span, self.page.blocks))
        return found

    def _title(self, title: str) -> int | None:
        folded = fold(title)
        if len(folded) < 4:
            return None
        best: tuple[float, int] | None = None
        for index, block in enumerate(self.page.blocks):
            text = fold(block.text)
            if len(text) < 6 or len(text) > len(folded) + 8 or block.hidden:
                continue
            if (text in folded or folded in text) and block.link_share < 0.5:
                rank = min(len(text), len(folded)) + (10 if block.heading else 0)
                if best is None or rank > best[0]:
                    best = rank, index
        return best[1] if best else None


def fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def _prose(block: Block, rules: ExtractionRules) -> float:
    """How much a line speaks for an article (characters of prose), or against it (below zero)."""
    if block.hidden:
        return 0.0
    length = len(block.text)
    if length < 200 and re.search(rules.foot, block.text):
        return -40.0
    if block.link_share >= 0.5:
        return -0.4 * min(length, 50)
    free = min(length - block.linked, 400)
    if length >= 12 and _SENTENCE.search(block.text):
        return free
    if length >= 25 and _COMMA.search(block.text):
        return 0.7 * free
    return 0.2 * free if length >= 10 else 0.0


@lru_cache(maxsize=8192)
def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(name))


def _named(element: HtmlElement, words: frozenset[str]) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(names) > 1 and not words.isdisjoint(_words(names))


def _feeds_among(parent: Span, blocks: list[Block]) -> Iterable[tuple[int, int]]:
    """Runs of like items among an element's children, each headed by a link."""
    groups: dict[tuple[str, str], list[Span]] = {}
    for child in parent.children:
        if len(child):
            groups.setdefault((str(child.element.tag), child.element.get("class") or ""), []).append(child)
    for (tag, _), items in groups.items():
        if len(items) < 3:
            continue
        linked = [item for item in items if _is_teaser(item, blocks)]
        if len(linked) >= 3 and len(linked) >= 0.6 * len(items):
            if tag == "dt":
                yield parent.start, parent.end
            else:
                yield from ((item.start, item.end) for item in linked)


def _is_teaser(item: Span, blocks: list[Block]) -> bool:
    """A few lines, the first or second of them a link: what a feed shows of another article."""
    return len(item) <= 8 and any(block.link_share >= 0.6 for block in blocks[item.start : min(item.end, item.start + 2)])


def densest(page: Weighed) -> Span | None:
    """The smallest element with the greatest sum of weights, widened from a lone paragraph to what holds it."""
    spans = page.page.spans
    if not spans:
        return None
    best = max(spans, key=lambda span: (page.weight(span.start, span.end), -len(span), span.start))
    while best.parent is not None and _is_lone(best):
        up = best.parent
        if page.weight(up.start, up.end) < 0.8 * page.weight(best.start, best.end):
            break
        best = up
    return best


def _is_lone(span: Span) -> bool:
    return span.element.tag in ("p", "h1", "h2", "h3", "li", "blockquote", "pre") or len(span) <= 1


def narrowed(page: Weighed, span: Span, share: float = 0.985) -> Span:
    """Down to the smallest element that still holds nearly all that speaks for an article."""
    while True:
        whole = page.positive(span.start, span.end)
        child = max(span.children, key=lambda c: page.positive(c.start, c.end), default=None)
        if child is None or _is_lone(child) or page.positive(child.start, child.end) < share * whole:
            return span
        span = child


def known(page: Weighed) -> list[tuple[str, Span]]:
    c = page.rules.containers
    ids, classes, tags = frozenset(c.ids), frozenset(c.classes), frozenset(c.tags)
    found = []
    for span in page.page.spans:
        e = span.element
        if not len(span):
            continue
        if e.get("id") in ids:
            found.append((f"id:{e.get('id')}", span))
        elif e.tag in tags:
            found.append((f"tag:{e.tag}", span))
        elif (name := e.get("class")) and (hit := classes.intersection(name.split())):
            found.append((f"class:{sorted(hit)[0]}", span))
    return found


def choose(page: Weighed, use_known: bool = True) -> tuple[str, Span] | None:
    best = densest(page)
    if best is None:
        return None
    best = narrowed(page, best)
    whole = page.positive(best.start, best.end)
    if use_known:
        for name, span in known(page):
            inside = page.positive(span.start, span.end)
            if inside >= 0.7 * whole and page.weight(span.start, span.end) > 0:
                best, choice, whole = span, name, inside
                return choice, narrowed(page, best)
    return "densest", best


def pruned(page: Weighed, span: Span) -> list[int]:
    """The lines of an element that stay: neither hidden nor inside what stands around an article."""
    out = set()
    whole = page.prose(span.start, span.end)
    for start, end in (*page.chrome, *page.feeds):
        if span.start <= start and end <= span.end and (start, end) != (span.start, span.end):
            out.update(range(start, end))
    return [i for i in range(span.start, span.end) if i not in out and not page.page.blocks[i].hidden]
