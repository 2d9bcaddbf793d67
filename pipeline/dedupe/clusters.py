"""Judged pairs in, clusters out: each text points at the one that it repeats best; what is connected is a cluster.

Why clusters depend neither on order of arrival nor on how a night is cut. Who of a pair repeats whom (`Link`) is a fact
of the pair alone: of the texts' own order, which no arrival changes, of what each declares to be its 来源, of what each
holds of the other, and of the furniture. Among all texts that a text repeats, its parent is the one that it is aligned
best with. So "parent" is a function of the set of texts, hence so are the connected parts of its graph: the clusters.

`dedupe.decide` keeps that true while texts arrive in pieces. Suppose that the corpus' clusters are those of its texts.
New texts change the parents only of themselves and of known texts that repeat a new one. The best parent which such a
known text has among known ones lies in its own cluster, because the two are connected; so it is enough to judge the
members of these clusters against each other again and to take the best of both. When a text moves to a better parent
its own reposts follow, as in the graph. A chain a, b, c is one cluster although a and c may not resemble each other; a
text that resembles two others makes no cluster of them, because it has one parent: an excerpt of a digest and of an
article does not make these two one, and no article is lost to a bridge.

Direction. Mostly the later text repeats the earlier one, and what it adds makes it another text. Where nobody can tell
which came first (the same day, neighbouring days, no date, fetched in one night), a text that stands whole in another, under its title or as most of it, is
an excerpt of it whichever comes first; unless the longer one names the other's source as its 来源: it adds to a repost.
Parents may so form a circle; it is opened at the text that comes first, and stays one cluster.

Three things bound the law: furniture is learned from what is there, so a pair at the edge of a threshold may be judged
otherwise once more is known; keys in very many clusters, and candidates beyond the most similar, are not followed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.dedupe.pair.compare import Verdict
from pipeline.dedupe.pair.evidence import compare_titles
from pipeline.dedupe.pair.text import Text
from pipeline.dedupe.rules import DedupeRules

_CHINA = timedelta(hours=8)
_TIERS = {"gov": 0, "media": 1, "industry": 2, "company": 3, "farm": 4}
_NEVER = datetime.max.replace(tzinfo=UTC)
_NIGHT = timedelta(hours=12)
_DAY_OR_TWO = timedelta(days=1)
Order = tuple[bool, date, bool, int, datetime, int, str]
Compare = Callable[[str, str], Verdict]


@dataclass(frozen=True, slots=True)
class Link:
    """A judged pair: what `later` is to `earlier`."""

    later: str
    earlier: str
    verdict: Verdict

    @property
    def same(self) -> bool:
        """Whether the later text says nothing that the earlier one does not say."""
        return self.verdict.kind in ("exact", "repost")


def order(text: Text) -> Order:
    """What comes first is the original: no farm before a publisher, then day, no repost by its own word, tier, fetch, id.

    Only the day of publication counts: some pages name the minute, others of the same article just the day.
    """
    return (
        text.tier == "farm",
        _day(text) or date.max,
        text.is_declared,
        _TIERS.get(text.tier, len(_TIERS)),
        text.fetched_at or _NEVER,
        len(text.id),  # numbers without leading zeros in their own order
        text.id,
    )


def judged(one: Text, other: Text, compare: Compare, rules: DedupeRules) -> Link:
    """Who of two texts repeats whom, and how; `compare` tells what a (new) text is to an old one, by their ids."""
    earlier, later = _directed(one, other)
    link = Link(later.id, earlier.id, compare(later.id, earlier.id))
    if (
        link.verdict.kind != "near"
        or link.verdict.holds < rules.judgement.excerpt_held
        or not _undecided(earlier, later)
        or (_was_there(earlier, later) and link.verdict.similarity >= rules.judgement.extends_share)
    ):
        return link
    # A digest of the day holds other articles whole: an excerpt is most of the text, or has its title.
    titles = compare_titles(earlier.title, later.title, rules.evidence)
    if titles != "bound" and link.verdict.similarity < rules.judgement.excerpt_share:
        return link
    excerpt = Link(earlier.id, later.id, compare(earlier.id, later.id))
    return excerpt if excerpt.same else link


def _directed(one: Text, other: Text) -> tuple[Text, Text]:
    """The original first: whom the other one names as its 来源, else by order."""
    if one.names(other) != other.names(one):
        return (other, one) if one.names(other) else (one, other)
    return (one, other) if order(one) < order(other) else (other, one)


def _was_there(earlier: Text, later: Text) -> bool:
    """Whether the one was fetched in a night before: whoever says more by now extends it."""
    if not earlier.fetched_at:
        return False
    return not later.fetched_at or later.fetched_at - earlier.fetched_at > _NIGHT


def _undecided(earlier: Text, later: Text) -> bool:
    """Whether dates and 来源 leave open which came first. An undated text was published before it was fetched."""
    if later.names(earlier) and not earlier.names(later):
        return False
    days = _day(earlier), _day(later)
    if days[0] is None or days[1] is None:
        return True
    if earlier.published_at and later.published_at:
        return abs(days[0] - days[1]) <= _DAY_OR_TWO
    if earlier.published_at or later.published_at:
        dated, undated = (days[0], days[1]) if earlier.published_at else (days[1], days[0])
        return undated >= dated - _DAY_OR_TWO
    return True


def _day(text: Text) -> date | None:
    """The day in China on which it was published, else that of its fetch."""
    at = text.published_at or text.fetched_at
    return (at + _CHINA).date() if at else None


def parents(links: Iterable[Link], texts: Mapping[str, Text]) -> dict[str, Link]:
    """For each text the link to the one that it repeats and is aligned best with; ties to the earliest. No circles."""
    best: dict[str, tuple[int, Order, Link]] = {}
    for link in links:
        if link.same:
            rank = (-link.verdict.held, order(texts[link.earlier]), link)
            if link.later not in best or rank[:2] < best[link.later][:2]:
                best[link.later] = rank
    found = {later: link for later, (_, _, link) in best.items()}
    for circle in circles({later: link.earlier for later, link in found.items()}):
        del found[min(circle, key=lambda id_: order(texts[id_]))]
    return found


def circles(up: Mapping[str, str]) -> list[list[str]]:
    """The circles of a graph in which each id has at most one way up."""
    circles, done = [], set[str]()
    for start in sorted(up):
        path: dict[str, None] = {}
        id_ = start
        while id_ in up and id_ not in done and id_ not in path:
            path[id_] = None
            id_ = up[id_]
        if id_ in path:
            steps = list(path)
            circles.append(steps[steps.index(id_) :])
        done |= path.keys()
    return circles


def trees(up: Mapping[str, str], ids: Iterable[str]) -> list[list[str]]:
    """The sets of ids that are connected by the links `up`, each sorted."""
    root = {id_: id_ for id_ in ids}

    def find(id_: str) -> str:
        while root.setdefault(id_, id_) != id_:
            root[id_] = root[root[id_]]
            id_ = root[id_]
        return id_

    for below, above in up.items():
        root[find(below)] = find(above)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for id_ in sorted(root):
        found[find(id_)].append(id_)
    return list(found.values())
