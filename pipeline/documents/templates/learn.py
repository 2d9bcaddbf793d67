"""Sightings of a source's pages in, its template out: lines that many articles share, names in titles, places of bodies.

A form that is filled in anew each day (case reports, prices) says the same sentences by its nature: an article of which
too few passages are its own teaches nothing. What articles say stays where it is: between two paragraphs no line is
furniture that is no box of its own, and among the paragraphs only what stands above or below all that is said.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

import xxhash

from pipeline.documents.templates.rules import TemplateRules
from pipeline.documents.templates.sight import Seen, Sighting
from pipeline.page.fields.title_text import letters, pieces
from pipeline.page.template import NOTHING, Learned, LearnedLine, Template

_DIGITS = re.compile(r"\d+")
_BOXES = frozenset(("div", "section", "aside", "ul", "a", "span", "fieldset", "figure", "footer"))
_IMPOSSIBLE = 2.0  # as a share
_Key = tuple[str, str]  # place and text


@dataclass(frozen=True, slots=True)
class _Article:
    """One article: its page, and which lines bound what it says."""

    page: Sighting
    first: int  # its first prose of its own
    last: int  # the last line that it says
    free: bool  # enough of it is its own

    def zone(self, index: int) -> str:
        """Where a line stands beside what the article says."""
        return "above" if index < self.first else "below" if index > self.last else "between"


def learn(sightings: Sequence[Sighting], rules: TemplateRules) -> Template:
    """What these pages have in common; NOTHING where too few are articles. Their order counts nothing."""
    pages = _voices(sorted(sightings, key=lambda each: each.url), rules)
    if len(pages) < rules.later:
        return NOTHING
    return _versioned(
        Template(
            articles=len(pages),
            lines=tuple(_lines(_articles(pages, rules), rules)),
            names=tuple(_names(pages, rules)),
            bodies=tuple(_bodies(pages, rules)),
        )
    )


def fits(sightings: Sequence[Sighting], template: Template, rules: TemplateRules) -> bool:
    """Whether these newest pages still are what was learned; too few of them say nothing."""
    if len(sightings) < rules.again_from:
        return True
    return sum(is_of(each, template, rules) for each in sightings) * 2 >= len(sightings)


def is_of(page: Sighting, template: Template, rules: TemplateRules) -> bool:
    """Whether a page has half of what nearly all pages of its template have."""
    lines = {(line.place, text) for line in page.lines for text in (line.text, "")}
    parts = [(line.place, line.text) in lines for line in template.lines if line.share >= rules.edge_share]
    parts += [any(body.text == page.body for body in template.bodies)] if template.bodies else []
    parts += [any(name.text in page.title for name in template.names)] if template.names else []
    return 2 * sum(parts) >= len(parts)


def joined(new: Template, old: Template) -> Template:
    """A template with what one before it had, by which older pages are read."""
    lines = {(line.place, line.text): line for line in (*old.lines, *new.lines)}
    names = {each.text: each for each in (*old.names, *new.names)}
    bodies = {each.text: each for each in (*old.bodies, *new.bodies)}
    return _versioned(
        replace(new, lines=tuple(lines.values()), names=tuple(names.values()), bodies=tuple(bodies.values()))
    )


def _versioned(template: Template) -> Template:
    said = json.dumps(asdict(replace(template, version=""))).encode()
    return replace(template, version=xxhash.xxh3_64_hexdigest(said)[:8])


def _voices(pages: Sequence[Sighting], rules: TemplateRules) -> list[Sighting]:
    """The pages without further copies of one text: of a text at five addresses no line is furniture."""
    counts = _pages_of_texts(pages)
    own = {
        frozenset(line.text for line in page.lines if line.inside and counts[line.text] < rules.least_articles): page
        for page in reversed(pages)
    }
    return [own[voice] for voice in reversed(own) if voice]


def _pages_of_texts(pages: Sequence[Sighting]) -> Counter[str]:
    return Counter(text for page in pages for text in {line.text for line in page.lines})


def _articles(pages: Sequence[Sighting], rules: TemplateRules) -> list[_Article]:
    counts = _pages_of_texts(pages)
    lists = _lists(pages, rules)
    shared = {text for text, count in counts.items() if count >= rules.least_articles}
    shared |= {line.text for page in pages for line in page.lines if line.place in lists}
    passages = [set(_passages(page, shared, rules)) for page in pages]
    known = Counter(passage for each in passages for passage in each)
    rare = 1 + len(pages) // 10
    found = []
    for page, each in zip(pages, passages, strict=True):
        own = [index for index, line in enumerate(page.lines) if line.says and line.text not in shared]
        first = next((index for index in own if page.lines[index].prose), len(page.lines))
        free = sum(known[passage] <= rare for passage in each) >= max(1.0, rules.own_share * len(each))
        found.append(_Article(page, first, own[-1] if own else len(page.lines), free))
    return found


def _lists(pages: Sequence[Sighting], rules: TemplateRules) -> set[str]:
    """The places where most of what stands on a page stands on others, too, and changes: lists of what is read most."""
    counts = _pages_of_texts(pages)
    lines, again, texts = Counter[str](), Counter[str](), defaultdict[str, set[str]](set)
    for line in (line for page in pages for line in page.lines if line.inside):
        lines[line.place] += 1
        again[line.place] += counts[line.text] > 1
        texts[line.place].add(_DIGITS.sub("0", line.text))
    return {
        place
        for place, count in lines.items()
        if count >= rules.least_lines
        and len(texts[place]) >= rules.least_articles
        and again[place] >= rules.list_share * count
    }


def _passages(page: Sighting, shared: set[str], rules: TemplateRules) -> Iterator[str]:
    for line in page.lines:
        if line.says and line.text not in shared:
            text = _DIGITS.sub("0", line.text)
            yield from (text[at : at + rules.passage] for at in range(max(1, len(text) - rules.passage + 1)))


def _lines(articles: Sequence[_Article], rules: TemplateRules) -> Iterator[LearnedLine]:
    free = [article for article in articles if article.free]
    seen: defaultdict[_Key, list[tuple[_Article, int]]] = defaultdict(list)
    lists = _lists([article.page for article in free], rules)
    for article in free:
        lines = enumerate(article.page.lines)
        at = {(line.place, "" if line.place in lists else line.text): index for index, line in lines}
        for key, index in at.items():
            seen[key].append((article, index))
    frequent = {
        key
        for key, where in seen.items()
        if len(where) >= rules.least_articles and any(article.page.lines[index].inside for article, index in where)
    }
    spoken = _spoken(articles, frequent) - lists
    headings = _headings(free, frequent)
    for key in sorted(frequent):
        where = seen[key]
        zones = Counter(article.zone(index) for article, index in where)
        share = len(where) / len(free)
        article, index = where[0]
        line, among = article.page.lines[index], key[0] in spoken
        heads = key[0] in headings and zones["below"] < rules.edge_share * len(where)
        boxed = not among and line.tag in _BOXES
        if heads or _is_never(line, zones, rules):
            continue
        if share >= _least(zones, len(articles), rules, among=among, boxed=boxed):
            yield LearnedLine(place=key[0], text=key[1], among_prose=among, articles=len(where), share=round(share, 3))


def _least(zones: Counter[str], articles: int, rules: TemplateRules, *, among: bool, boxed: bool) -> float:
    """The share of articles that must have a line of this kind; more than all where it cannot be furniture."""
    least = _least_share(articles, rules)
    if zones["between"] > (1 - rules.edge_share) * zones.total():
        return max(least, rules.least_share_inside) if boxed else _IMPOSSIBLE
    return max(least, rules.least_share_prose) if among else least


def _least_share(articles: int, rules: TemplateRules) -> float:
    return rules.least_share if articles >= rules.first_night else rules.least_share_few


def _spoken(articles: Sequence[_Article], frequent: set[_Key]) -> set[str]:
    """The places at which two articles and more say something of their own."""
    counts = Counter(
        place
        for article in articles
        for place in {
            line.place for line in article.page.lines if line.says and (line.place, line.text) not in frequent
        }
    )
    return {place for place, count in counts.items() if count >= 2}


def _headings(articles: Sequence[_Article], frequent: set[_Key]) -> set[str]:
    """The places that stand twice and more in what one article says: headings of its parts, no box between them."""
    found = set[str]()
    for article in articles:
        inside = (line for line in article.page.lines[: article.last + 1] if line.inside)
        runs = groupby(line.place if (line.place, line.text) in frequent else "" for line in inside)
        found |= {place for place, count in Counter(place for place, _ in runs).items() if count > 1}
    return found


def _is_never(line: Seen, zones: Counter[str], rules: TemplateRules) -> bool:
    """Whether a line belongs to an article by what it says: a signature, an addressee, a row of a table."""
    if line.linked:
        return False
    addressee = zones["above"] > 0 and re.search(rules.addressee, line.text) is not None
    return "\t" in line.text or addressee or re.search(rules.never, line.text) is not None


def _names(pages: Sequence[Sighting], rules: TemplateRules) -> Iterator[Learned]:
    """Pieces of <title> that many share beside a piece of their own, which is more than a number or a day."""
    titles = [pieces(page.title) for page in pages]
    masked = Counter(piece for parts in titles for piece in {_masked(part) for part in parts})
    counts = Counter[str]()
    for parts in titles:
        own = [part for part in parts if masked[_masked(part)] < rules.least_articles]
        if any(len(letters(part)) >= rules.own_letters for part in own):
            counts.update({part.strip() for part in parts if part not in own and letters(part)})
    yield from _most(counts, len(pages), rules)


def _masked(part: str) -> str:
    return _DIGITS.sub("0", letters(part))


def _bodies(pages: Sequence[Sighting], rules: TemplateRules) -> Iterator[Learned]:
    """Where most articles stand; what a few stand in may be too wide."""
    counts = Counter(page.body for page in pages if page.body)
    place, count = max(counts.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    if count >= max(rules.least_articles, rules.body_share * len(pages)):
        yield Learned(text=place, articles=count, share=round(count / len(pages), 3))


def _most(counts: Counter[str], pages: int, rules: TemplateRules) -> Iterator[Learned]:
    for text, count in sorted(counts.items()):
        if count >= max(rules.least_articles, _least_share(pages, rules) * pages):
            yield Learned(text=text, articles=count, share=round(count / pages, 3))
