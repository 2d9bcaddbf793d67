"""A run in, the corpus without what it changed out: a new snapshot; no version is unmade and no reader goes back."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.core.errors import ConfigError
from pipeline.corpus.corpus import Corpus
from pipeline.publish.succession import heirs
from pipeline.store.s3 import Store
from pipeline.store.schema import Row
from pipeline.store.tables import Conflict

_CLUSTER = ("canonical_id", "similarity", "kind", "cut", "added")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolledback:
    """What was put back, what was taken out as it had not been there, and what was left because it changed since."""

    version: int
    restored: int
    withdrawn: int
    left: int


def rollback(store: Store, run: str, run_id: str, now: datetime, *, dry_run: bool = False) -> Rolledback:
    """Put every document that `run` changed back to what it was before, in one commit named `run_id`.

    What another run changed since is left alone, and so is what was forgotten.
    """
    while True:
        corpus = Corpus.open(store)
        about = corpus.about_run(run)
        if not about:
            raise ConfigError(f"run {run} committed nothing to the corpus")
        rows, left = _rows(corpus, about["version"], run, run_id, now)
        taken = sum(row["withdrawn_because"] == "rolled_back" for row in rows)
        told = {"restored": len(rows) - taken, "withdrawn": taken, "left": left}
        if dry_run or not rows:
            return Rolledback(version=corpus.version, **told)
        try:
            version = corpus.commit(rows, run_id, {"kind": "rollback", "of": run})
        except Conflict:
            continue
        return Rolledback(version=version, **told)


def _rows(corpus: Corpus, version: int, run: str, run_id: str, now: datetime) -> tuple[list[Row], int]:
    after, before = Corpus.open(corpus.store, version), Corpus.open(corpus.store, version - 1)
    touched = set(after.table.changes(version - 1, ["doc_id"])["doc_id"])
    held = {row["doc_id"]: row for row in corpus.of_ids(sorted(touched)).to_dicts()}
    mine = [id_ for id_, row in held.items() if row["run_id"] == run and not row["forgotten_at"]]
    old = {row["doc_id"]: row for row in before.of_ids(mine).to_dicts()}
    gone = {"withdrawn_at": now, "withdrawn_because": "rolled_back"}
    rows = {
        id_: old[id_] | {"revision": held[id_]["revision"] + 1} if id_ in old else held[id_] | gone
        for id_ in sorted(mine)
    }
    roots = corpus.of_ids([row["canonical_id"] for row in rows.values() if row["canonical_id"]]).to_dicts()
    fallen = {row["doc_id"] for row in roots if rows.get(row["doc_id"], row)["withdrawn_at"]}
    for id_, row in rows.items():
        if row["canonical_id"] in fallen:  # it was forgotten, or is gone, since: the cluster is what it became
            rows[id_] = row | {name: held[id_][name] for name in _CLUSTER}
    leaving = {id_ for id_, row in rows.items() if row["withdrawn_at"]}
    rows |= {row["doc_id"]: row for row in heirs(corpus, leaving, rows.values())}
    return [row | {"run_id": run_id} for row in rows.values()], len(touched) - len(mine)
