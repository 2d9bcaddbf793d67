"""Judged pairs in, clusters out: a forest in which each text hangs on the earlier one that it repeats best.

Why clusters depend neither on order nor on how a night is cut. Texts have a total order of their own (`order`), which
no arrival changes, and a pair is always judged with the later text as the new one; the verdict looks at nothing but
the pair and the furniture. The parent of a text is, among all earlier texts of which it is a repost, the one that it
is aligned best with. So each text has at most one parent, earlier than itself; parents form a forest, and a cluster
is one tree of it. The forest is a function of the set of texts, hence so are the clusters.

`dedupe.decide` keeps that true while texts arrive in pieces. Suppose that the corpus' clusters are the trees of its
texts. New texts change the parents only of themselves and of known texts that repeat a new, earlier one. The best
parent which such a known text has among known ones lies in its own cluster, because the cluster is its tree; so it
is enough to judge the members of these clusters against each other again and to take the best of both. When a text
moves to a better parent its own reposts follow, as in the forest. A chain a, b, c is one cluster although a and c
may not resemble each other; a text that resembles two others makes no cluster of them, because it has one parent:
an excerpt of a digest and of an article does not make these two one, and no article is lost to a bridge.

Three things bound the law: furniture is learned from what is there, so a pair at the edge of a threshold may be judged
otherwise once more is known; keys in very many clusters, and candidates beyond the most similar, are not followed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.judgement import Text, Verdict

_CHINA = timedelta(hours=8)
_TIERS = {"gov": 0, "media": 1, "industry": 2, "company": 3, "farm": 4}
_NEVER = datetime.max.replace(tzinfo=UTC)
Order = tuple[bool, date, int, datetime, int, str]


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
    """What comes first is the original: no farm before a publisher, then day, tier, time of the fetch, id.

    Only the day of publication counts: some pages name the minute, others of the same article just the day.
    """
    day = text.published_at or text.fetched_at
    return (
        text.tier == "farm",
        (day + _CHINA).date() if day else date.max,
        _TIERS.get(text.tier, len(_TIERS)),
        text.fetched_at or _NEVER,
        len(text.id),  # numbers without leading zeros in their own order
        text.id,
    )


def parents(links: Iterable[Link], texts: Mapping[str, Text]) -> dict[str, Link]:
    """For each text the link to the earlier one that it repeats and is aligned best with; ties to the earliest."""
    best: dict[str, tuple[int, Order, Link]] = {}
    for link in links:
        if link.same:
            rank = (-link.verdict.held, order(texts[link.earlier]), link)
            if link.later not in best or rank[:2] < best[link.later][:2]:
                best[link.later] = rank
    return {later: link for later, (_, _, link) in best.items()}


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
