"""What a run staged in, its visits as they count out, beside what the store knows of their pages.

A reprocess (`again`) compares the visits of a page with each other alone: what the corpus holds was made by other rules.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.publish.outages import (
    ENDING,
    ERROR,
    Known,
    Said,
    Sighting,
    broken_sources,
    candidates,
    error_texts,
    is_error,
    judge,
)
from pipeline.publish.rules import PublishRules
from pipeline.store import fetches
from pipeline.store.schema import Row
from pipeline.text.wording import shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The visits of a run in the order of their fetches, and what the corpus holds of their pages."""

    rows: tuple[Row, ...]
    held: Mapping[str, Row]
    errors: tuple[Row, ...] = ()  # documents of the corpus that have proved to be error pages
    broken: Mapping[str, str] = field(default_factory=dict)  # sources that are out of order, and how

    def counting(self) -> dict[str, Row]:
        """Of each page the visit that counts: the last that is a document or ends it, else the last."""
        last: dict[str, Row] = {}
        for row in self.rows:
            if _says(row) or row["doc_id"] not in last or not _says(last[row["doc_id"]]):
                last[row["doc_id"]] = row
        return last


def _says(row: Row) -> bool:
    return bool(row["outcome"] == "document" or row["ends"])


def read_visits(
    corpus: Corpus,
    staged: Sequence[Row],
    sources: Mapping[str, Source],
    rules: PublishRules,
    *,
    again: bool = False,
    accepting: Collection[str] = (),
) -> Visits:
    """The visits that a run staged, judged, but for those of the pages that a person accepts."""
    says = {row["doc_id"] for row in staged if row["outcome"] == "document" or row["reason"] in (*ENDING, ERROR)}
    ids = {row["doc_id"] for row in staged} if again else says
    held = {row["doc_id"]: row for row in corpus.of_ids(sorted(ids)).to_dicts()} if ids else {}
    names = {source.id: source.name for source in sources.values()}
    said = candidates(staged, {} if again else held, rules)
    sightings = _sightings(corpus, staged, held, said) if said else {}
    errors = error_texts(said, sightings, names, rules)
    known = Known(
        held={} if again else held,
        stand=ids if again else {id_ for id_, row in held.items() if not row["withdrawn_at"]},
        accepting=accepting,
    )
    rows = judge(staged, known, errors, rules)
    if vain := {row["doc_id"] for row in rows if row["in_a_row"]}:  # of these, and no other, the past matters
        before = {} if again else fetches.before(corpus.store, vain)
        known = replace(known, before=before, accepted=fetches.accepted(corpus.store, vain))
        rows = judge(staged, known, errors, rules)
    documents = {row["doc_id"] for row in rows if row["outcome"] == "document"}
    return Visits(
        rows=tuple(rows),
        held=held,
        errors=tuple(_proved(corpus, errors, sightings, documents, rules)),
        broken={} if again else broken_sources(rows, known.stand, rules),
    )


def _sightings(
    corpus: Corpus, staged: Iterable[Row], held: Mapping[str, Row], said: Mapping[Said, str]
) -> dict[Said, list[Sighting]]:
    """Where these texts stand or stood: in the corpus, in earlier visits, in this run."""
    found: defaultdict[Said, list[Sighting]] = defaultdict(list)
    digests = {row["text_digest"] for row in staged if row["outcome"] == "document"}
    of_sources = pl.col("source_id").is_in(list({source_id for source_id, _ in said}))
    same = corpus.scan().filter(of_sources & pl.col("text_digest").is_in(list(digests)))
    for row in same.select("doc_id", "source_id", "title", "text").collect(engine="streaming").to_dicts():
        found[row["source_id"], shape(row["text"] or "")].append(
            Sighting(doc_id=row["doc_id"], title=row["title"] or "")
        )
    for row in fetches.of_shapes(corpus.store, {of for _, of in said}).to_dicts():
        if row["listed_title"]:
            found[row["source_id"], row["shape"]].append(Sighting(doc_id=row["doc_id"], title=row["listed_title"]))
    for row in staged:
        if row["outcome"] == "document":
            title = row["listed_title"] or held.get(row["doc_id"], row)["title"] or ""
            found[row["source_id"], shape(row["text"])].append(Sighting(doc_id=row["doc_id"], title=title))
    return found


def _proved(
    corpus: Corpus,
    errors: Mapping[Said, int],
    sightings: Mapping[Said, Iterable[Sighting]],
    documents: set[str],
    rules: PublishRules,
) -> Iterable[Row]:
    """The documents that stand with one of these texts."""
    ids = {each.doc_id for key in errors for each in sightings.get(key, ())} - documents
    for row in corpus.of_ids(sorted(ids)).to_dicts() if ids else ():
        if not row["withdrawn_at"] and is_error(row, errors, rules):
            yield row
