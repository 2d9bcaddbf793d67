"""The lines of a page in, their weights out: what speaks for an article, what against, what stands around one."""

import re
import unicodedata
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate, takewhile

from lxml.html import HtmlElement

from pipeline.page.rules import ExtractionRules
from pipeline.page.tree import Block, Outline, Span

_SENTENCE = re.compile(r"[。！？；…]|[.!?][\s\"”’)]|[.!?]$")
_CLAUSE = re.compile(r"[，、,：:]")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[\u4e00-\u9fff]+")
_TITLE_PARTS = re.compile(r"\s*(?:[_|｜丨]|--+|—+|\s-\s|-)\s*")
_DURATION = re.compile(r"(?:\d{1,2}:)?\d{1,2}:\d{2}")
_FORM = 120  # characters of a form that asks for an address or a word, its messages included
_FILLED_IN = frozenset(("text", "email", "search", "tel"))  # kinds of fields
_BLANKED = 0.3  # of the page's prose: so much is no trap for robots
_PROMPT = 20  # characters of a line that offers more
_TEASER = 8  # lines before what is hidden that may be its beginning, cut off
_CONTAINERS = 3  # levels up from what is hidden to what holds its beginning
_CUT = re.compile(r"(?:\.{2,}|…+)?\s*(?:展开|阅读|查看)?(?:全文|更多)?[\W_]*$")
_APART_TAGS = frozenset(("nav", "footer", "aside"))


def fold(text: str) -> str:
    """Letters, digits and Han only, full-width folded: for comparing lines, never for storing them."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


class Weighed:
    """A page whose lines have weights; sums over any range of lines cost nothing."""

    def __init__(self, page: Outline, rules: ExtractionRules, title: str, furniture: Collection[int] = ()) -> None:
        self.page = page
        self.furniture = furniture  # lines that the source's pages have in common: they weigh nothing
        self.rules = rules
        self._foot = re.compile(rules.foot, re.IGNORECASE)
        self._tail = re.compile(rules.tail, re.IGNORECASE)
        self._reply = re.compile(rules.reply, re.IGNORECASE)
        self._comments = re.compile(rules.comments, re.IGNORECASE)
        self._label = re.compile(rules.label)
        self._expander = re.compile(rules.expand, re.IGNORECASE)
        self.prompts = self._find_prompts()
        self._reveal()
        self.raw = [0.0 if index in furniture else self._of(block) for index, block in enumerate(page.blocks)]
        self._links = _sums(float(block.link_share >= 0.5) for block in page.blocks)
        self._prose = _sums(max(0.0, weight) for weight in self.raw)
        self.apart: dict[int, str] = {}  # lines of what stands around an article, and why they are held for that
        self.listed: set[int] = set()  # links that the article itself lists
        self.title_at = self._find_title(title)
        self.opening = self._find_opening()
        for start, end, name in (*self._chrome(), *self._forms(), *self._boxes(), *self._feeds()):
            for index in range(start, end):
                self.apart.setdefault(index, name)
        for index in list(self._headings_of_feeds()):
            self.apart[index] = "feed"
        weights = self._dampened()
        self._net = _sums(weights)
        foot = rules.weights.foot
        self._kept = _sums(
            0.0 if index in self.apart or self.raw[index] == foot or self._turns_page(index) else weight
            for index, weight in enumerate(weights)
        )
        self._positive = _sums(max(0.0, weight) for weight in weights)
        self._words = _sums(self._beside_prose(index, weight) for index, weight in enumerate(weights))

    def net(self, span: Span) -> float:
        return self._net[span.end] - self._net[span.start]

    def kept(self, span: Span) -> float:
        """`net` without what stands apart and lines of a foot, which can be taken out."""
        return self._kept[span.end] - self._kept[span.start]

    def positive(self, span: Span) -> float:
        return self._positive[span.end] - self._positive[span.start]

    def words(self, span: Span) -> float:
        """The part of `positive` that is neither prose nor table nor above the title: what may be left behind."""
        return self._words[span.end] - self._words[span.start]

    def prose(self, start: int, end: int) -> float:
        """Characters of prose, whatever stands around them; none where the range is empty."""
        return self._prose[end] - self._prose[start] if start < end else 0.0

    def links(self, start: int, end: int) -> float:
        """Lines that are links."""
        return self._links[end] - self._links[start]

    def is_tail(self, index: int) -> bool:
        """Whether a line is one after which a page goes on to other things."""
        text = self.page.blocks[index].text
        return len(text) < 30 and self._tail.match(text) is not None

    def _turns_page(self, index: int) -> bool:
        """Whether a line of links is one that cleaning knows: 上一篇：…"""
        return self.raw[index] < 0 and self._tail.match(self.page.blocks[index].text) is not None

    def is_over(self, index: int) -> bool:
        """Whether a line such as 推荐阅读 stands between the title and this line: what follows is not the article."""
        return self.title_at is not None and any(map(self.is_tail, range(self.title_at + 1, index)))

    def opens_comments(self, index: int) -> bool:
        """Whether what follows a line was said by readers."""
        if self.apart.get(index, "").startswith(("chrome:comment", "chrome:pinglun")):
            return True
        text = self.page.blocks[index].text
        return len(text) < 20 and self._comments.fullmatch(text) is not None

    def _of(self, block: Block) -> float:
        weights = self.rules.weights
        length = len(block.text)
        if block.hidden or block.caption:
            return 0.0
        if block.link_share >= 0.5:
            return weights.link * min(length, 50)
        if length < 200 and self._foot.search(block.text):
            return weights.foot
        free = min(length * (1 - block.link_share), weights.longest)
        if length >= 12 and _SENTENCE.search(block.text):
            return weights.sentence * free
        if length >= 25 and _CLAUSE.search(block.text):
            return weights.clause * free
        return weights.words * free if length >= 10 else 0.0

    def _beside_prose(self, index: int, weight: float) -> float:
        block = self.page.blocks[index]
        if "\t" in block.text:
            return 0.0
        above = self.title_at is not None and index <= self.title_at
        return max(0.0, weight) if above or self.raw[index] <= self.rules.weights.words * len(block.text) else 0.0

    def _find_prompts(self) -> dict[int, str]:
        """Lines, and places of buttons, that offer the rest of a text."""
        lines = ((block.text, index) for index, block in enumerate(self.page.blocks) if len(block.text) <= _PROMPT)
        return {index: text for text, index in (*lines, *self.page.prompts) if self._expander.fullmatch(text)}

    def is_prompt(self, index: int) -> bool:
        """Whether a line offers the rest of a text and says nothing else."""
        return self.prompts.get(index) == self.page.blocks[index].text

    def _reveal(self) -> None:
        """A page that hides nearly all it has to say lets a script show it; one that says it in captions is of pictures."""
        blocks = self.page.blocks
        said = [len(block.text) if _SENTENCE.search(block.text) else 0 for block in blocks]
        for span, blank in self.page.hiders:  # 微信 keeps its text's place and shows it when all is loaded
            if blank and _nearly_all(sum(said[span.start : span.end]), _BLANKED * sum(said)):
                _show(blocks, span)
        self._expand(said)
        hidden = sum(length for block, length in zip(blocks, said, strict=True) if block.hidden)
        if _nearly_all(hidden, sum(said)):
            _show(blocks, self.page.spans[0])
        captions = sum(length for block, length in zip(blocks, said, strict=True) if block.caption and not block.hidden)
        if _nearly_all(captions, sum(length for block, length in zip(blocks, said, strict=True) if not block.hidden)):
            for block in blocks:
                block.caption = False

    def _expand(self, said: list[int]) -> None:
        """Show what stands behind 展开全文: hidden, and going on what its own container has begun to say."""
        places = sorted(self.prompts)
        if not places or not self.page.hiders:
            return
        blocks = self.page.blocks
        seen = [0 if block.hidden or i in self.prompts else said[i] for i, block in enumerate(blocks)]
        sums = _sums(map(float, seen))
        parents = {id(child): span for span in self.page.spans for child in span.children}
        for hider, _ in self.page.hiders:
            if not any(said[hider.start : hider.end]) or not blocks[hider.start].hidden:
                continue
            around: Span | None = hider
            for _ in range(_CONTAINERS):
                around = parents.get(id(around))
                if around is None or sums[hider.start] > sums[around.start]:
                    break
            if around is None or sums[hider.start] == sums[around.start]:
                continue
            nearest = bisect_left(places, around.start)
            if nearest < len(places) and places[nearest] <= around.end + 2:
                before = range(max(around.start, hider.start - _TEASER), hider.start)
                self._show_once(hider, [index for index in before if seen[index]])

    def _show_once(self, hider: Span, seen: list[int]) -> None:
        """Show hidden lines; where they say the visible ones again, whole, those are their beginning, cut off."""
        blocks = self.page.blocks
        whole = fold("".join(block.text for block in blocks[hider.start : hider.end]))
        _show(blocks, hider)
        if all(fold(_CUT.sub("", blocks[index].text)) in whole for index in seen):
            for index in seen:
                blocks[index].hidden += 1

    def _find_title(self, title: str) -> int | None:
        """The line that repeats what the page is called; a heading before any other line, the longer the better."""
        named = fold(title)
        parts = {fold(part) for part in _TITLE_PARTS.split(title)}
        best: tuple[int, int] | None = None
        for index, block in enumerate(self.page.blocks):
            if block.text[0] not in title and block.text[-1] not in title:
                continue  # saves folding nearly all lines
            if block.hidden or block.link_share >= 0.5 or not 4 <= len(block.text) <= len(title) + 20:
                continue
            text = fold(block.text)
            if text in parts or (len(text) >= min(6, len(named)) and (text in named or named in text)):
                rank = min(len(text), len(named)) + (10 if block.heading else 0)
                if best is None or rank > best[0]:
                    best = rank, index
        return best[1] if best else None

    def _find_opening(self) -> int | None:
        """The first line of prose that follows the title at once, over dates, sources and tools only."""
        if self.title_at is None:
            return None
        after = range(self.title_at + 1, min(self.title_at + 1 + self.rules.shares.title_near, len(self.raw)))
        near = takewhile(lambda index: not self.is_tail(index), after)
        return next(
            (
                index
                for index in near
                if self.raw[index] >= 15 and not self.page.blocks[index].heading and not self._label_only(index)
            ),
            None,
        )

    def _label_only(self, index: int) -> bool:
        text = self.page.blocks[index].text
        return len(text) < 60 and not _SENTENCE.search(text) and self._label.search(text) is not None

    def _holds_opening(self, span: Span) -> bool:
        return self.opening is not None and span.start <= self.opening < span.end

    def _chrome(self) -> Iterator[tuple[int, int, str]]:
        """Elements that are named for what stands around an article, unless they hold what the page has to say."""
        words = frozenset(self.rules.chrome)
        total = self._prose[-1]
        until = 0
        for span in self.page.spans:
            if span.start < until or not len(span):
                continue
            name = span.element.tag if span.element.tag in _APART_TAGS else _named(span.element, words)
            if not name:
                continue
            inside = self.prose(span.start, span.end)
            if inside <= self.rules.shares.apart_at_most * total and not (self._holds_opening(span) and inside >= 20):
                yield span.start, span.end, f"chrome:{name}"
                until = span.end

    def _forms(self) -> Iterator[tuple[int, int, str]]:
        """The widest elements around a field to be filled in that say no more than such a form does: 订阅, 感谢您的订阅."""
        fields = [
            each for each in self.page.root.iter("input", "textarea") if (each.get("type") or "text") in _FILLED_IN
        ]
        spans = {span.element: span for span in self.page.spans} if fields else {}
        for field in fields:
            around = (spans[element] for element in field.iterancestors() if element in spans)
            if form := deque(takewhile(self._is_form, around), maxlen=1):
                yield form[0].start, form[0].end, "form"

    def _is_form(self, span: Span) -> bool:
        if self.title_at is not None and span.start <= self.title_at < span.end:
            return False
        blocks = self.page.blocks[span.start : span.end]
        return sum(len(block.text) for block in blocks) <= _FORM and not any(
            block.heading or "\t" in block.text for block in blocks
        )

    def _boxes(self) -> Iterator[tuple[int, int, str]]:
        """Elements that open with a line such as 相关阅读 and hold more than it."""
        most = self.rules.shares.apart_at_most * self._prose[-1]
        for span in self.page.spans:
            if len(span) < 2 or self._holds_opening(span):
                continue
            if self.opens_comments(span.start) or self.is_tail(span.start):
                follows = self.opening is not None and self.opening < span.start
                if follows or self.prose(span.start, span.end) <= most:
                    yield span.start, span.end, "box"

    def _feeds(self) -> Iterator[tuple[int, int, str]]:
        for span in self.page.spans:
            if len(span.children) >= self.rules.shares.feed_items:
                yield from self._feeds_among(span)

    def _feeds_among(self, parent: Span) -> Iterator[tuple[int, int, str]]:
        """Like items among an element's children, most of them teasers: a few lines headed by a link."""
        shares = self.rules.shares
        groups: dict[tuple[str, str], list[Span]] = {}
        for child in parent.children:
            if child.end > child.start:
                groups.setdefault((str(child.element.tag), child.element.get("class") or ""), []).append(child)
        for (tag, _), items in groups.items():
            if len(items) < shares.feed_items:
                continue
            teasers = [item for item in items if self._is_teaser(item)]
            if len(teasers) < max(shares.feed_items, 0.6 * len(items)):
                continue
            if self._is_introduced(teasers[0].start):
                self.listed.update(index for item in teasers for index in range(item.start, item.end))
            elif tag == "dt":
                yield parent.start, parent.end, "feed"
            else:
                yield from ((item.start, item.end, "feed") for item in teasers)

    def _is_teaser(self, item: Span) -> bool:
        """A few lines headed by a link, a card with the length of a film, a reader's remark: what is not the article."""
        blocks = self.page.blocks[item.start : item.end]
        if len(blocks) > self.rules.shares.feed_lines or self._holds_opening(item):
            return False
        if any(block.link_share >= 0.6 or block.headed >= 8 for block in blocks[:2]):
            return True
        if len(blocks) <= 3 and any(_DURATION.fullmatch(block.text) for block in blocks):
            return True
        return any(len(block.text) < 40 and self._reply.search(block.text) for block in blocks)

    def _headings_of_feeds(self) -> Iterator[int]:
        """The first line of an element in which all else stands apart."""
        apart = _sums(float(index in self.apart) for index in range(len(self.raw)))
        for span in self.page.spans:
            beyond = len(span) - 1
            if (
                beyond >= self.rules.shares.feed_items
                and apart[span.end] - apart[span.start + 1] == beyond
                and not self._holds_opening(span)
            ):
                yield span.start

    def _is_introduced(self, index: int) -> bool:
        """Whether the line before says that a list of its own follows."""
        before = self.page.blocks[index - 1].text if index else ""
        return len(before) >= 8 and before.endswith(("：", ":")) and not self.is_tail(index - 1)

    def _dampened(self) -> list[float]:
        """Weights after what stands apart, before the title, or beyond the tail's first line was turned down."""
        rule = self.rules.weights
        weights = list(self.raw)
        for index in self.apart:
            weights[index] = min(weights[index], 0.0) + rule.set_apart * min(len(self.page.blocks[index].text), 100)
        for index in self.listed - self.apart.keys():
            weights[index] = rule.words * len(self.page.blocks[index].text)
        if self.title_at is not None:
            before = sum(max(0.0, weight) for weight in weights[: self.title_at])
            if before < 0.6 * sum(max(0.0, weight) for weight in weights):
                _turn_down(weights, range(self.title_at), rule.beyond_title)
        total, seen = sum(max(0.0, weight) for weight in weights), 0.0
        for index, weight in enumerate(weights):
            if seen >= 0.3 * total and self.is_tail(index):
                _turn_down(weights, range(index + 1, len(weights)), rule.beyond_tail)
                break
            seen += max(0.0, weight)
        return weights


def _show(blocks: list[Block], span: Span) -> None:
    """Show what one element hides; what is hidden inside it once more stays so."""
    for block in blocks[span.start : span.end]:
        block.hidden = max(0, block.hidden - 1)


def _turn_down(weights: list[float], indices: Iterable[int], factor: float) -> None:
    for index in indices:
        if weights[index] > 0:
            weights[index] *= factor


def _sums(weights: Iterable[float]) -> list[float]:
    return list(accumulate(weights, initial=0.0))


@lru_cache(maxsize=16_384)
def words_of(name: str) -> frozenset[str]:
    """The words of a class or id: split at - and _ and camel humps, never inside a word."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def _named(element: HtmlElement, words: frozenset[str]) -> str:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return next(iter(sorted(words & words_of(names))), "") if len(names) > 1 else ""


def _nearly_all(some: float, all_: float) -> bool:
    return some >= 20 and some > 3 * (all_ - some)
