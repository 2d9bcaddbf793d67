"""What a run staged and one snapshot of the corpus in, what is new, what changed and what is gone out.

It is what `decide` knows of the corpus (`dedupe.Known`), and turns decisions into rows and counts.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from pipeline.core.conservation import CrawlReport, HeldPage, SourceReport
from pipeline.core.models import Fingerprint
from pipeline.core.source import Source
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.candidates import SCHEMA as KEY_COLUMNS
from pipeline.dedupe.decide import Decision, Text, decide
from pipeline.dedupe.publishers import Publishers
from pipeline.dedupe.rules import DedupeRules
from pipeline.publish.outages import ERROR, FLAGS
from pipeline.publish.succession import heirs
from pipeline.publish.visits import Visits
from pipeline.store import schema, staging
from pipeline.store.schema import Row

# What makes another revision of a page. Not the date: "5 分钟前" changes while nothing does.
_CONTENT = ("title", "text", "full_text", "attachments", "document_number")
_MOST_HELD = 1000  # pages that a report names, as of failures
_REPOSTS = {"exact", "repost"}
_OF_A_TEXT = [
    "doc_id", "text", "text_digest", "shingle_keys", "title", "published_at", "document_number", "publisher",
    "source_id", "url", "fetched_at", "first_fetched_at", "canonical_id",
]  # fmt: skip
_OF_A_PARENT = (
    "published_at", "published_precision", "published_from", "published_raw", "publisher", "document_number",
)  # fmt: skip
_STORED = {column.name for column in schema.CORPUS}
_RECENT = timedelta(days=62)  # furniture changes with a site's design, so two months tell enough of it


class Night:
    """What a run staged, beside one snapshot of the corpus: what is new, what changed, what is gone."""

    def __init__(
        self,
        corpus: Corpus,
        visits: Visits,
        sources: Mapping[str, Source],
        rules: DedupeRules,
        run_id: str,
        now: datetime,
        broken: Collection[str] = (),
    ) -> None:
        self._corpus, self._sources, self._run_id, self._now = corpus, sources, run_id, now
        self._broken = frozenset(broken)  # sources of which this run learned that something is wrong with them
        self._publishers = Publishers(sources.values(), rules.publishers)
        self._enough = rules.furniture.learned_from
        visits = replace(visits, rows=tuple(_with_parents(visits.rows, corpus)))
        self._visits, self._held = visits, visits.held
        self._forgotten = {id_ for id_, row in self._held.items() if row["forgotten_at"]}
        self._counting = last = visits.counting()
        documents = {
            id_: row for id_, row in last.items() if row["outcome"] == "document" and id_ not in self._forgotten
        }
        self._fresh = {id_: row for id_, row in documents.items() if self._differs(row)}
        self._gone = [
            self._held[id_] | {"withdrawn_because": self._ends(row)}
            for id_, row in last.items()
            if self._ends(row)
            and id_ in self._held
            and not (self._held[id_]["withdrawn_at"] or _is_late(row, self._held[id_]))
        ]
        self._gone += [row | {"withdrawn_because": f"rejected:{ERROR}"} for row in visits.errors]
        self._reposts: set[str] = set()
        self._files = False  # whether files are decided on, or articles
        # those of the rows of this snapshot that the rows of the night replace
        self.months = {row["month"] for row in self._gone}
        self.months |= {self._held[id_]["month"] for id_ in self._held.keys() & self._fresh}

    def decide(self, rules: DedupeRules) -> list[Decision]:
        """A decision on each new and revised document: articles are compared with articles, their files with files.

        Else an article could be taken for a repost of a file, and who reads articles would miss it.
        """
        fresh = self.fresh()
        files = {id_ for id_, row in self._fresh.items() if row.get("parent_id")}
        decided: list[Decision] = []
        for self._files in (False, True):
            if texts := [text for text in fresh if (text.id in files) == self._files]:
                decided += decide(texts, self, rules)
        return decided

    def fresh(self) -> list[Text]:
        """The new and the revised documents."""
        return [self._text(row) for row in self._fresh.values()]

    def keys(self) -> pl.LazyFrame:
        """The key columns of the documents that stand (`dedupe.Known`): who repeats one that is gone is no repost."""
        parent = pl.col("parent_id")
        stands = pl.col("withdrawn_at").is_null() & (parent.is_not_null() if self._files else parent.is_null())
        return self._corpus.scan().filter(stands).select(list(KEY_COLUMNS))

    def texts(self, ids: Collection[str]) -> dict[str, Text]:
        """Documents of the corpus by their ids (`dedupe.Known`)."""
        return {text.id: text for text in self._texts(pl.col("doc_id").is_in(list(ids)))}

    def recent(self, source_ids: Collection[str]) -> list[Text]:
        """What the corpus took in from these sources of late (`dedupe.Known`)."""
        since = self._now - _RECENT
        taken_in = (
            pl.col("source_id").is_in(list(source_ids))
            & (pl.col("parent_id").is_not_null() if self._files else pl.col("parent_id").is_null())
            & (pl.col("month") >= staging.month_of(None, since))
            & (pl.col("first_fetched_at") >= since)
        )
        rows = self._corpus.scan().filter(taken_in).select("doc_id", "source_id", "first_fetched_at")
        last = rows.sort("first_fetched_at", "doc_id", descending=True).group_by("source_id").head(self._enough)
        return self._texts(taken_in & pl.col("doc_id").is_in(last.collect(engine="streaming")["doc_id"].implode()))

    def rows(self, decisions: Sequence[Decision]) -> list[Row]:
        """The rows to commit: new and revised documents, known ones whose cluster changed, withdrawn ones."""
        told = {decision.id: decision for decision in decisions}
        self._reposts = {id_ for id_ in self._fresh if told[id_].kind in _REPOSTS}
        moved = [id_ for id_ in told if id_ not in self._fresh]
        known = self._corpus.of_ids(moved).to_dicts() if moved else []
        self.months |= {row["month"] for row in known}
        rows = [self._fresh_row(row, told[id_]) for id_, row in self._fresh.items()]
        rows += [self._moved_row(row, told[row["doc_id"]]) for row in known]
        by_id = {row["doc_id"]: row for row in rows}
        for row in self._gone:
            gone = {"withdrawn_at": self._now, "withdrawn_because": row["withdrawn_because"], "run_id": self._run_id}
            by_id[row["doc_id"]] = by_id.get(row["doc_id"], row) | gone
        for row in heirs(self._corpus, {row["doc_id"] for row in self._gone}, by_id.values()):
            by_id[row["doc_id"]] = row | {"run_id": self._run_id}
            self.months.add(row["month"])
        return list(by_id.values())

    def reports(self, crawls: Sequence[CrawlReport]) -> tuple[SourceReport, ...]:
        """What became of each source's pages."""
        gone = {row["doc_id"] for row in self._gone}
        fates: dict[str, Counter[str]] = {}
        rejected: dict[str, Counter[str]] = {}
        files: dict[str, Counter[str]] = {}
        held: dict[str, list[HeldPage]] = {}
        for row in self._visits.errors:
            fates.setdefault(row["source_id"], Counter())["withdrawn"] += 1
        gone -= {row["doc_id"] for row in self._visits.errors}
        for row in self._visits.rows:
            id_, counts = row["doc_id"], self._counting[row["doc_id"]] is row
            if row.get("parent_id"):
                files.setdefault(row["source_id"], Counter())[self._fate_of_file(row, counts=counts)] += 1
                continue
            of_source = fates.setdefault(row["source_id"], Counter())
            if row["outcome"] == "rejected":
                rejected.setdefault(row["source_id"], Counter())[row["reason"]] += 1
                of_source["withdrawn"] += id_ in gone and counts
            elif row["outcome"] == "document" and id_ in self._forgotten:
                rejected.setdefault(row["source_id"], Counter())["forgotten"] += 1
            elif row["outcome"] == "unchanged" or id_ not in self._fresh or not counts:
                of_source["unchanged"] += 1
                if row["flag"] in FLAGS:
                    of_source["held"] += 1
                    told = HeldPage(doc_id=id_, url=row["url"], flag=row["flag"], why=row["detail"])
                    held.setdefault(row["source_id"], []).append(told)
            else:
                of_source["reposts" if id_ in self._reposts else "documents"] += 1
                of_source["revised"] += id_ in self._held
        return tuple(
            SourceReport(
                **{
                    name: getattr(crawl, name) for name in SourceReport.model_fields if name in CrawlReport.model_fields
                },
                **dict(fates.get(crawl.source_id, Counter())),
                rejected=dict(rejected.get(crawl.source_id, {})),
                held_pages=tuple(held.get(crawl.source_id, ())[:_MOST_HELD]),
            ).model_copy(update={"files": dict(files.get(crawl.source_id, Counter()) + Counter(crawl.files))})
            for crawl in sorted(crawls, key=lambda crawl: crawl.source_id)
        )

    def _fate_of_file(self, row: Row, *, counts: bool) -> str:
        """What became of a file that an article names."""
        if row["outcome"] == "rejected":
            return f"rejected:{row['reason']}"
        if row["doc_id"] in self._forgotten:
            return "rejected:forgotten"
        if row["outcome"] == "unchanged" or row["doc_id"] not in self._fresh or not counts:
            return "unchanged"
        return "reposts" if row["doc_id"] in self._reposts else "documents"

    def _ends(self, row: Row) -> str:
        """Why a visit takes a document out of the corpus; empty if it does not: a site that is down withdraws nothing."""
        return row["reason"] if row["ends"] and row["source_id"] not in self._broken else ""

    def _differs(self, row: Row) -> bool:
        held = self._held.get(row["doc_id"])
        if held and _is_late(row, held):
            return False
        return (
            not held
            or bool(held["withdrawn_at"])
            or any(schema.told(held, name) != schema.told(row, name) for name in _CONTENT)
        )

    def _moved_row(self, row: Row, decision: Decision) -> Row:
        """A known document whose cluster changed; links to what is near it only grow."""
        near = list(dict.fromkeys([*(row["near_ids"] or ()), *decision.near_ids]))
        extends = None if decision.canonical_id else decision.extends or row["extends"]
        return row | _decided(decision) | {"near_ids": near, "extends": extends, "run_id": self._run_id}

    def _fresh_row(self, row: Row, decision: Decision) -> Row:
        held = self._held.get(row["doc_id"])
        return (
            {name: value for name, value in row.items() if name in _STORED}
            | _decided(decision)
            | {
                "publisher_source": self._publishers.resolve(row["publisher"] or "", row["source_id"]).source_id
                or None,
                "revision": held["revision"] + 1 if held else 1,
                "first_fetched_at": held["first_fetched_at"] if held else row["fetched_at"],
                "month": staging.month_of(row["published_at"], held["first_fetched_at"] if held else row["fetched_at"]),
                "withdrawn_at": None,
                "withdrawn_because": None,
                "run_id": self._run_id,
            }
        )

    def _texts(self, which: pl.Expr) -> list[Text]:
        which &= pl.col("forgotten_at").is_null()  # nothing is left of these to compare with
        rows = self._corpus.scan().filter(which).select(_OF_A_TEXT).collect(engine="streaming")
        return [self._text(row) for row in rows.iter_rows(named=True)]

    def _text(self, row: Row) -> Text:
        source = self._sources.get(row["source_id"])
        held = self._held.get(row["doc_id"]) if row["doc_id"] in self._fresh else None
        publisher = self._publishers.resolve(row["publisher"] or "", row["source_id"])
        return Text(
            id=row["doc_id"],
            text=row["text"],
            fingerprint=Fingerprint(digest=row["text_digest"], keys=tuple(row["shingle_keys"])),
            title=row["title"] or "",
            published_at=row["published_at"],
            document_number=row["document_number"] or "",
            publisher=row["publisher"] or "",
            publisher_source=publisher.source_id,
            is_declared=publisher.is_other,
            tier=source.tier if source else "",
            source_id=row["source_id"],
            url=row["url"],
            fetched_at=row.get("first_fetched_at") or row["fetched_at"],
            canonical_id=(held or row).get("canonical_id"),
            revised=held is not None,
        )


def _with_parents(staged: Sequence[Row], corpus: Corpus) -> list[Row]:
    """The rows of a run; what a file does not say of itself (date, publisher, 文号) is said by the article that names it."""
    wanted = {row["parent_id"] for row in staged if row.get("parent_id") and row["outcome"] == "document"}
    if not wanted:
        return list(staged)
    parents = {row["doc_id"]: row for row in corpus.of_ids(sorted(wanted), [*_OF_A_PARENT, "doc_id"]).to_dicts()}
    parents |= {row["doc_id"]: row for row in staged if row["doc_id"] in wanted and row["outcome"] == "document"}
    return [_told_by(parents[row["parent_id"]], row) if row.get("parent_id") in parents else row for row in staged]


def _told_by(parent: Row, row: Row) -> Row:
    if row["outcome"] != "document":
        return row
    told = {name: parent[name] for name in ("publisher", "document_number") if parent[name] and not row[name]}
    if parent["published_at"] and not row["published_at"]:
        told |= {name: parent[name] for name in _OF_A_PARENT if name.startswith("published_")}
    origins = [
        {"field": name, "from": "parent"} for name in told if name in ("publisher", "document_number", "published_at")
    ]
    return row | told | {"evidence": [*(row["evidence"] or ()), *origins]}


def _is_late(row: Row, held: Row) -> bool:
    """Whether the corpus knows of a later visit: of a run beside this one, or where old landing files are published."""
    return bool(row["fetched_at"] < max(held["fetched_at"], held["withdrawn_at"] or held["fetched_at"]))


def _decided(decision: Decision) -> Row:
    return {
        "kind": decision.kind,
        "canonical_id": decision.canonical_id,
        "similarity": decision.similarity,
        "near_ids": list(decision.near_ids),
        "extends": decision.extends,
        "original_id": decision.original_id,
        "cut": list(decision.cut),
        "added": list(decision.added),
    }
