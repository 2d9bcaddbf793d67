"""What a reprocess staged in, what it would change in the corpus out; then, where that is accepted, one commit.

Of the visits of a page the last that says something counts: a document that is neither an error page nor keeps almost
nothing of the one before it, or that it is gone. A page of which no visit is a document any more leaves the corpus as
`rejected:REASON`. What was fetched later than what was reprocessed stays.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import xxhash
from pydantic import Field

from pipeline.core.config import Strict, digest, read
from pipeline.core.conservation import CrawlReport
from pipeline.core.source import Source
from pipeline.corpus import diff
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.diff import Difference
from pipeline.dedupe.decide import Decision, Text
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.night import Night
from pipeline.publish.publish import Published, published
from pipeline.publish.rules import PublishRules
from pipeline.publish.visits import Visits, read_visits
from pipeline.store import keys, schema, staging
from pipeline.store.s3 import Store
from pipeline.store.schema import Row
from pipeline.store.tables import Conflict

STAGED = "rules-"  # begins the name under which outcomes are staged
_EXAMPLES = 3  # of each kind of difference in each source
_OURS = ("rejected:", "rolled_back")  # withdrawals that new rules may take back; a publisher's own stand


class AcceptRules(Strict):
    """`config/reprocess.yaml`: which differences need no person."""

    most_gone: float = Field(ge=0, le=1)
    most_lost: float = Field(ge=0, le=1)
    most_changed: float = Field(ge=0, le=1)

    @classmethod
    def load(cls, config: Path) -> "AcceptRules":
        """The rules of a configuration folder."""
        return read(config / "reprocess.yaml", cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSource:
    """What would change in one source; `documents` are those that the corpus holds and readers read."""

    documents: int
    added: int
    changed: int
    gone: int
    lost: int  # of the changed: those that lose a paragraph
    furniture: int = 0  # of the changed: those that lose nothing but lines that the source's own pages taught

    def refused(self, rules: AcceptRules) -> str:
        """Why a person has to look; empty if the rules accept it."""
        whole, changed = max(self.documents, 1), max(self.changed, 1)
        for name, share, most in (
            ("go", self.gone / whole, rules.most_gone),
            ("lose a paragraph", self.lost / changed, rules.most_lost),
            ("change", (self.changed - self.furniture + self.added) / whole, rules.most_changed),
        ):
            if share > most:
                return f"{share:.1%} {name}, and {most:.1%} may"
        return ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The rows that a reprocess would write against one snapshot, and what they change for readers."""

    corpus: Corpus
    rows: tuple[Row, ...]
    months: Collection[str]
    reports: tuple[Any, ...]
    differences: tuple[Difference, ...]

    def by_source(self) -> dict[str, OfSource]:
        """The differences counted."""
        held = dict(self.corpus.count("source_id").iter_rows())
        counted = Counter((each.source_id, each.what) for each in self.differences)
        lost = Counter(each.source_id for each in self.differences if each.what == "changed" and each.lost)
        changed = (each for each in self.differences if each.what == "changed")
        only = Counter(each.source_id for each in changed if not (each.lost or each.gained or each.fields))
        return {
            source_id: OfSource(
                documents=held.get(source_id, 0), lost=lost[source_id], furniture=only[source_id],
                **{what: counted[source_id, what] for what in ("added", "changed", "gone")},
            )
            for source_id in sorted({each.source_id for each in self.differences})
        }  # fmt: skip

    def refusals(self, rules: AcceptRules) -> list[str]:
        """What a person has to look at."""
        told = ((source_id, counts.refused(rules)) for source_id, counts in self.by_source().items())
        return [f"{source_id}: {why}" for source_id, why in told if why]

    def examples(self) -> Iterator[tuple[str, list[Difference]]]:
        """A headline for each source, with some differences of each kind."""
        counted = self.by_source()
        for source_id, found in groupby(self.differences, key=lambda each: each.source_id):
            counts = counted[source_id]
            headline = (
                f"{source_id}: of {counts.documents} documents {counts.changed} change ({counts.lost} lose a paragraph), "
                f"{counts.gone} go, {counts.added} come"
            )
            alike = groupby(found, key=lambda each: each.what)
            yield headline, [each for _, group in alike for each in islice(group, _EXAMPLES)]


def landing_keys(store: Store, sources: Sequence[str], since: date | None, until: date | None) -> Iterator[str]:
    """The landing files of these sources (all if none is named) fetched in these days, without the last."""
    first, last = str(since or ""), str(until or "9999")
    for prefix in [keys.landed(each) for each in sources] or [keys.LANDING]:
        for key in store.list(prefix):
            day = key.split("/date=")[1][:10] if "/date=" in key else ""
            if key.endswith(".warc.gz") and first <= day < last:
                yield key


def staged_as(rules_version: str, sources: Path, templates: Mapping[str, str]) -> str:
    """The name under which outcomes are staged: it changes with whatever they depend on beside the bytes."""
    return STAGED + xxhash.xxh3_64_hexdigest(f"{rules_version} {digest(sources)} {sorted(templates.items())}".encode())


def propose(
    store: Store,
    run_id: str,
    now: datetime,
    sources: Mapping[str, Source],
    rules: DedupeRules,
    limits: PublishRules,
    staged: Sequence[str] | None = None,
) -> Proposal:
    """What a reprocess would change in the newest snapshot; writes nothing. `staged`: keys; None: what the run staged."""
    rows = staging.read(store, run_id, staged)
    return _proposed(Corpus.open(store), rows, run_id, now, sources, rules, limits)


def accept(
    store: Store,
    run_id: str,
    now: datetime,
    sources: Mapping[str, Source],
    rules: DedupeRules,
    limits: PublishRules,
    still: Callable[[Proposal], bool] = lambda proposal: True,
    staged: Sequence[str] | None = None,
) -> Published | None:
    """Publish it in one commit; where someone committed meanwhile it is proposed again, and dropped unless `still`."""
    rows = staging.read(store, run_id, staged)
    while True:
        corpus = Corpus.open(store)
        if told := published(corpus, run_id):
            return told
        proposal = _proposed(corpus, rows, run_id, now, sources, rules, limits)
        if not still(proposal):
            return None
        before = corpus.version
        if not proposal.rows:
            return Published(version_before=before, version=before, sources=proposal.reports)
        about = {"before": before, "sources": [report.model_dump(mode="json") for report in proposal.reports]}
        try:
            version = corpus.commit(proposal.rows, run_id, about, proposal.months)
        except Conflict:
            continue
        return Published(version_before=before, version=version, sources=proposal.reports)


def _proposed(
    corpus: Corpus,
    staged: Sequence[Row],
    run_id: str,
    now: datetime,
    sources: Mapping[str, Source],
    rules: DedupeRules,
    limits: PublishRules,
) -> Proposal:
    said = [row for row in staged if row["outcome"] != "unchanged" and row["reason"] != "forgotten"]
    every = read_visits(corpus, said, sources, limits, again=True)
    again = Again(corpus, every, sources, rules, run_id, now)
    rows = again.rows([*again.kept(), *again.decide(rules)])
    held = {row["doc_id"]: row for row in corpus.of_ids([row["doc_id"] for row in rows]).to_dicts()}
    told = (diff.difference(held.get(row["doc_id"]), row) for row in rows)
    differences = sorted(filter(None, told), key=lambda each: (each.source_id, each.what, each.doc_id))
    return Proposal(
        corpus,
        tuple(rows),
        again.months,
        again.reports(_crawls(every.counting().values(), run_id, now)),
        tuple(differences),
    )


class Again(Night):
    """A reprocess beside one snapshot: like a night, but every field counts, and a text that is the same keeps its cluster."""

    def __init__(
        self,
        corpus: Corpus,
        every: Visits,
        sources: Mapping[str, Source],
        rules: DedupeRules,
        run_id: str,
        now: datetime,
    ) -> None:
        self._every = {(row["doc_id"], row["fetched_at"]): row for row in every.rows}
        super().__init__(corpus, replace(every, rows=tuple(every.counting().values())), sources, rules, run_id, now)

    def fresh(self) -> list[Text]:
        """The documents whose text or title is new, for `decide`."""
        return [text for text in super().fresh() if not self._keeps_cluster(text.id)]

    def kept(self) -> list[Decision]:
        """Of the others what they were."""
        return [_decision(self._held[id_]) for id_ in self._fresh if self._keeps_cluster(id_)]

    def _keeps_cluster(self, id_: str) -> bool:
        held, row = self._held.get(id_), self._fresh[id_]
        return bool(
            held and not held["withdrawn_at"] and all(held[name] == row[name] for name in ("text_digest", "title"))
        )

    def _ends(self, row: Row) -> str:
        """What rejects the page that the corpus holds takes it out; what was visited since, only where it ends it."""
        if row["outcome"] != "rejected" or row["reason"] in ("crashed", "too_expensive"):
            return ""
        return super()._ends(row) or (f"rejected:{row['reason']}" if self._own(self._held.get(row["doc_id"])) else "")

    def _own(self, held: Row | None) -> Row | None:
        """The visit that a held document was made of, where it is among those of this reprocess."""
        return self._every.get((held["doc_id"], held["fetched_at"])) if held else None

    def _differs(self, row: Row) -> bool:
        held = self._held.get(row["doc_id"])
        if not held:
            return True
        own = self._own(held)
        if held["fetched_at"] > row["fetched_at"] and (own is None or own["outcome"] == "document"):
            return False
        if held["withdrawn_at"]:
            return str(held["withdrawn_because"] or "").startswith(_OURS)
        return schema.content_digest(held) != schema.content_digest(row)


def _crawls(visits: Collection[Row], run_id: str, now: datetime) -> list[CrawlReport]:
    """Reports of crawls that did not take place, so that the sums of a reprocess close like a night's."""
    pages = Counter(row["source_id"] for row in visits if not row.get("parent_id"))
    times = {"started_at": now, "ended_at": now}
    return [
        CrawlReport(run_id=run_id, source_id=source_id, listed=count, fetched=count, **times)
        for source_id, count in pages.items()
    ]


def _decision(held: Row) -> Decision:
    """What an earlier run decided on a document."""
    return Decision(
        id=held["doc_id"], kind=held["kind"], canonical_id=held["canonical_id"], similarity=held["similarity"],
        near_ids=tuple(held["near_ids"] or ()), extends=held["extends"], original_id=held["original_id"], cut=tuple(held["cut"] or ()),
        added=tuple(held["added"] or ()),
    )  # fmt: skip
