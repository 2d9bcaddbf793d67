"""The texts of a night and the corpus in, one decision a text out: original, exact, repost or near, and its cluster.

`clusters` says why clusters depend neither on order nor on batches. Which member is canonical does depend on arrival,
on purpose: ids that readers hold stay. The first published stays canonical when its original turns up later, and is
told of it (`original_id`); only where it is a mere excerpt does it give way, or readers would lose what the original
says more. Where published clusters turn out to be one, the earliest canonical text stays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import polars as pl

from pipeline.core.models import Kind
from pipeline.dedupe.candidates import pairs
from pipeline.dedupe.clusters import Link, Order, judged, order, parents, trees
from pipeline.dedupe.furniture import Furniture, learn
from pipeline.dedupe.pair.compare import Verdict, compare, judge, make_ready
from pipeline.dedupe.pair.text import Ready, Text
from pipeline.dedupe.passages import Passages, split
from pipeline.dedupe.rules import DedupeRules

__all__ = ["Decision", "DedupeRules", "Known", "Text", "Verdict", "decide", "judge"]

_MOST_NEAR = 10  # links for a reader to follow; a series is found by any of its members


class Known(Protocol):
    """What deduplication asks of the corpus."""

    def keys(self) -> pl.LazyFrame:
        """doc_id, canonical_id, text_digest, shingle_keys, document_number of all documents, reposts included."""

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        """The documents of these ids, with their canonical_id; ids that the corpus does not hold are left out."""

    def recent(self, source_ids: Collection[str]) -> Iterable[Text]:
        """What the corpus took in last from these sources, some hundred texts of each; furniture is learned from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a document is. `canonical_id` is null for a canonical document; `cut` and `added` are against that one."""

    id: str
    kind: Kind
    canonical_id: str | None = None
    similarity: float | None = None
    near_ids: tuple[str, ...] = ()
    extends: str | None = None  # the older document that this one holds whole and adds facts to
    original_id: str | None = None  # the original of this canonical document, which turned up later
    cut: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def decide(new: Sequence[Text], known: Known, rules: DedupeRules, *, within: bool = True) -> list[Decision]:
    """One decision for each new text, in their order; then those on known documents whose cluster or original changed.

    A revision of a known document is `revised`: its earlier text takes no part, its cluster is looked at again.
    Not `within`: each new text is a night of its own, as if the others had not come, and known documents are not told.
    """
    desk = Desk(new, known, rules)
    links = desk.judged(pairs(new, desk.corpus, rules.candidates, within=within))
    if within:
        return _decided([text.id for text in new], links, desk)
    of_one: dict[str, list[Link]] = {text.id: [] for text in new}
    for link in links:
        of_one[link.later if link.later in of_one else link.earlier].append(link)
    return [_decided([id_], of_one[id_], desk)[0] for id_ in of_one]


def _decided(new: Sequence[str], links: list[Link], desk: "Desk") -> list[Decision]:
    """The decisions of a night whose texts were compared with the corpus and with each other."""
    moved = {desk.root(link.later) for link in links if link.same and link.later not in desk.new}
    moved |= {desk.root(id_) for id_ in new if desk.new[id_].revised}
    members = desk.members(moved)
    if len(members) > 1:
        links = links + desk.judged(pairs([desk.texts[id_] for id_ in sorted(members)], None, desk.rules.candidates))
    in_play = {*new, *members} | {id_ for link in links for id_ in (link.later, link.earlier)}
    best = parents((link for link in links if link.later in members or link.later in desk.new), desk.texts)
    up = {id_: desk.root(id_) for id_ in in_play if id_ not in members and id_ not in desk.new}
    up |= {later: link.earlier for later, link in best.items()}
    assigned: dict[str, str] = {}
    originals: dict[str, str] = {}
    for tree in trees(up, in_play):
        chosen, original = _canonical(tree, best, desk)
        assigned |= dict.fromkeys(desk.with_followers(tree, chosen, moved), chosen)
        if original:
            originals[chosen] = original
    near = _near(links, assigned)
    older = _extended(links, assigned, desk.texts)
    told = [_decision(id_, assigned, originals, near, older, desk) for id_ in new]
    changed = sorted(
        id_
        for id_, chosen in assigned.items()
        if id_ not in desk.new and (desk.root(id_) != chosen or id_ in originals)
    )
    return told + [_decision(id_, assigned, originals, near, older, desk) for id_ in changed]


class Desk:
    """The texts in play and what was worked out of each, so that it is done once."""

    def __init__(self, new: Sequence[Text], known: Known, rules: DedupeRules) -> None:
        self.new = {text.id: text for text in new}
        self.texts = dict(self.new)
        self.rules = rules
        self.corpus = known.keys()
        self._known = known
        self._passages: dict[str, Passages] = {}
        self._ready: dict[str, Ready] = {}
        self._reposts: dict[tuple[str, str], Verdict] = {}
        self._furniture = self._learned(known.recent({text.source_id for text in new if text.source_id}))

    def _learned(self, recent: Iterable[Text]) -> Furniture:
        texts = {text.id: text for text in recent} | self.new
        self._passages = {id_: split(text.text, self.rules.passages) for id_, text in texts.items()}
        return learn(((text.scope, self._passages[id_]) for id_, text in texts.items()), self.rules.furniture)

    def fetch(self, ids: Iterable[str]) -> None:
        """Have these texts at hand; those that the corpus does not hold stay unknown."""
        missing = {id_ for id_ in ids if id_ not in self.texts}
        if missing:
            self.texts |= self._known.texts(missing)

    def is_published(self, id_: str) -> bool:
        """Whether readers hold it as a canonical document."""
        text = self.texts[id_]
        return (id_ not in self.new or text.revised) and text.canonical_id is None

    def root(self, id_: str) -> str:
        """The canonical id of a known document's cluster as the corpus has it."""
        return self.texts[id_].canonical_id or id_

    def members(self, roots: Collection[str]) -> set[str]:
        """All known documents of these clusters, fetched."""
        ids = self._followers(roots) | set(roots)
        self.fetch(ids)
        return {id_ for id_ in ids if id_ in self.texts and id_ not in self.new}

    def _followers(self, roots: Collection[str]) -> set[str]:
        if not roots:
            return set()
        held = self.corpus.filter(pl.col("canonical_id").is_in(list(roots))).select("doc_id")
        return set(held.collect(engine="streaming")["doc_id"])

    def with_followers(self, tree: Sequence[str], chosen: str, compared: Collection[str]) -> set[str]:
        """The tree, and the reposts of documents in it that are canonical no more; `compared` clusters are all here."""
        deposed = {id_ for id_ in tree if id_ != chosen and self.is_published(id_)}
        followers = self._followers(deposed - set(compared))
        self.fetch(followers)
        return set(tree) | (followers & self.texts.keys())

    def ready(self, id_: str) -> Ready:
        """The text made ready to be compared."""
        if id_ not in self._ready:
            self._ready[id_] = make_ready(self.texts[id_], self._furniture, self.rules, self._passages.get(id_))
        return self._ready[id_]

    def compare(self, new: str, old: str, *, told: bool = False) -> Verdict:
        """What one text is to another; `told`, or of a repost, with what was cut and added."""
        verdict = self._reposts.get((new, old)) or compare(self.ready(new), self.ready(old), self.rules, told=told)
        if verdict.kind == "repost":
            self._reposts[new, old] = verdict
        return verdict

    def judged(self, found: Iterable[tuple[str, str]]) -> list[Link]:
        """Each pair once: who repeats whom."""
        found = list(found)
        self.fetch(id_ for pair in found for id_ in pair)
        held = sorted({(min(pair), max(pair)) for pair in found if self.texts.keys() >= set(pair)})
        return [judged(self.texts[one], self.texts[other], self.compare, self.rules) for one, other in held]


def _canonical(tree: Sequence[str], best: Mapping[str, Link], desk: Desk) -> tuple[str, str | None]:
    """The canonical id of a tree, and its original where that turned up later than the canonical text."""
    desk.fetch(tree)
    first = min((id_ for id_ in tree if id_ in desk.texts and id_ not in best), key=lambda id_: order(desk.texts[id_]))
    published = [id_ for id_ in tree if id_ in desk.texts and desk.is_published(id_)]
    if not published:
        return first, None
    chosen = first if first in published else min(published, key=lambda id_: order(desk.texts[id_]))
    if first not in desk.new or desk.texts[first].revised:
        return chosen, None
    says_more = desk.compare(first, chosen).kind not in ("exact", "repost")
    return (first, None) if says_more else (chosen, first)


def _near(links: Iterable[Link], assigned: Mapping[str, str]) -> dict[str, list[tuple[float, str]]]:
    """For each text what is alike and in another cluster, with the share that is alike, most alike first."""
    near: dict[str, list[tuple[float, str]]] = {}
    for link in links:
        if link.verdict.kind == "near" and assigned[link.later] != assigned[link.earlier]:
            near.setdefault(link.later, []).append((link.verdict.similarity, link.earlier))
            near.setdefault(link.earlier, []).append((link.verdict.similarity, link.later))
    return {id_: sorted(found, key=lambda item: (-item[0], item[1])) for id_, found in near.items()}


def _extended(links: Iterable[Link], assigned: Mapping[str, str], texts: Mapping[str, Text]) -> dict[str, str]:
    """For each text the one that it extends; of a chain the newest, which it shares most with."""
    best: dict[str, Link] = {}
    for link in links:
        if link.verdict.extends and assigned[link.later] != assigned[link.earlier]:
            other = best.get(link.later)
            if not other or _nearer(link, texts) > _nearer(other, texts):
                best[link.later] = link
    return {later: assigned[link.earlier] for later, link in best.items()}


def _nearer(link: Link, texts: Mapping[str, Text]) -> tuple[int, Order]:
    return link.verdict.held, order(texts[link.earlier])


def _decision(
    id_: str,
    assigned: Mapping[str, str],
    originals: Mapping[str, str],
    near: Mapping[str, list[tuple[float, str]]],
    older: Mapping[str, str],
    desk: Desk,
) -> Decision:
    alike = [(share, other) for share, other in near.get(id_, []) if other != older.get(id_)]
    plain = Decision(id=id_, kind="original", near_ids=tuple(other for _, other in alike[:_MOST_NEAR]))
    if assigned[id_] != id_:
        verdict = desk.compare(id_, assigned[id_], told=True)
        return replace(
            plain,
            kind="exact" if verdict.kind == "exact" else "repost",
            canonical_id=assigned[id_],
            similarity=verdict.similarity,
            cut=verdict.cut,
            added=verdict.added,
        )
    if id_ in older:
        return replace(plain, extends=older[id_], original_id=originals.get(id_))
    if alike:
        plain = replace(plain, kind="near", similarity=alike[0][0])
    return replace(plain, original_id=originals.get(id_))
