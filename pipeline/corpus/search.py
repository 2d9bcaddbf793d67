"""A corpus in, a ranked index of its canonical documents out: SQLite's FTS5 over pairs of characters. Derived, for the
corpus alone says what is true: the index follows the change feed, and is made anew when it cannot.

Han text has no spaces, and a word list would not know the names of offices. So 产业园区 is indexed as 产业 业园 园区 区, and
a word that is asked for is found where its pairs stand side by side: every word of any length, with no false hits. Both
are simplified and folded first, so 產業 finds 产业.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.errors import GongbaoError
from pipeline.corpus.changes import Changes
from pipeline.corpus.corpus import Corpus
from pipeline.dedupe.fingerprint import readable
from pipeline.store.tables import HistoryGone

_HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PIECE = re.compile(rf"[{_HAN}]+|(?:(?![{_HAN}])[^\W_])+")
_IS_HAN = re.compile(f"[{_HAN}]")
_ASKED = re.compile(r'"([^"]+)"|(\S+)')
_TITLE, _TEXT = 5.0, 1.0  # a word in the title says five times what it says in the text
_DEAD = 0.2  # share of revised and withdrawn documents at which the index is made anew
_AROUND = 40  # characters beside a hit
_MOST = 16  # words, or pairs where no document holds all words, that are looked for: of more the first
_FORMAT = "2"
Step = Callable[[int, int], None]
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE documents (number INTEGER PRIMARY KEY, doc_id TEXT, month TEXT, source_id TEXT, lives INTEGER);
CREATE INDEX of_doc ON documents (doc_id) WHERE lives;
CREATE VIRTUAL TABLE words USING fts5 (title, text, content='', tokenize='ascii');
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document that was found; `score` grows with how well it fits. `around` is where the first word stands.

    `whole` is whether it holds every word asked for.
    """

    score: float
    doc_id: str
    title: str
    url: str
    source_id: str
    published_at: Any
    around: str
    whole: bool


def tokens(text: str) -> str:
    """Pairs of Han characters, and the last one alone; words and numbers of other scripts as they are."""
    return " ".join(token for piece in _PIECE.findall(readable(text)) for token in _split(piece))


class Busy(GongbaoError):
    """Another process is bringing the index up to date."""


class Index:
    """The index in one file. Whatever happens to that file, the next `sync` makes it good.

    Busy is raised where another process writes it for longer than `patience` seconds.
    """

    def __init__(self, path: Path, patience: float = 60.0) -> None:
        self._path = path
        self._patience = patience

    def sync(self, corpus: Corpus, *, rebuild: bool = False, step: Step = lambda done, total: None) -> int:
        """Bring the index to this snapshot; the count of documents read for it. `step` is told how many of how many."""
        try:
            return self._sync(corpus, step, rebuild=rebuild)
        except (sqlite3.DatabaseError, ValueError):  # damaged, or half of one
            return self._sync(corpus, step, rebuild=True)

    @property
    def version(self) -> int:
        """The snapshot that it was brought to; 0 where it was not made yet."""
        return int(self._about("version") or 0)

    def search(
        self, corpus: Corpus, asked: str, limit: int, *, skip: int = 0, sources: Sequence[str] = ()
    ) -> list[Hit]:
        """The documents (of some sources) that hold every word asked for, best first, without the first `skip`.

        Where none holds every word, those that hold the most of them. A damaged index is made anew first.
        """
        try:
            return self._search(corpus, asked, limit, skip, sources)
        except sqlite3.DatabaseError:
            self.sync(corpus, rebuild=True)
            return self._search(corpus, asked, limit, skip, sources)

    def _sync(self, corpus: Corpus, step: Step, *, rebuild: bool) -> int:
        if rebuild or self._about("store") != corpus.store.url or self._about("format") != _FORMAT:
            self._path.unlink(missing_ok=True)
        since = self.version
        if since > corpus.version:
            return self._sync(corpus, step, rebuild=True)
        try:
            changes = Changes(corpus, since, corpus.version)
            what = changes.table()
        except HistoryGone:
            if not since:
                raise  # of the snapshot itself
            return self._sync(corpus, step, rebuild=True)
        if since and (what["why"].is_in(["forgotten"]).any() or self._dead(what) > _DEAD):
            return self._sync(corpus, step, rebuild=True)  # what is forgotten must not stay in pieces
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as index, index:  # one transaction: all of the range, or nothing
            index.execute("BEGIN IMMEDIATE")
            if self.version == since:
                done = 0
                for rows in changes.batches():
                    _apply(index, rows)
                    done += len(rows)
                    step(done, what.height)
                told = {"store": corpus.store.url, "format": _FORMAT, "version": str(corpus.version)}
                index.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", told.items())
                return what.height
        return self._sync(corpus, step, rebuild=False)  # another process was quicker

    def _search(self, corpus: Corpus, asked: str, limit: int, skip: int, sources: Sequence[str]) -> list[Hit]:
        words = list(dict.fromkeys("".join(pair) for pair in _ASKED.findall(asked)))[:_MOST]
        phrases = [phrase for word in words if (phrase := _phrase(word))]
        if not phrases:
            return []
        pairs = list(dict.fromkeys(token for word in words for token in tokens(word).split()))[:_MOST]
        with self._opened() as index:
            questions = {True: " AND ".join(phrases), False: " OR ".join(f'"{pair}"' for pair in pairs)}
            for whole, question in questions.items():
                if index.execute(_found(sources, "1") + " LIMIT 1", (question, *sources)).fetchone():
                    ranked = (
                        _found(sources, "doc_id, month, -bm25(words, ?, ?)")
                        + " ORDER BY 3 DESC, doc_id LIMIT ? OFFSET ?"
                    )
                    asked_for = (_TITLE, _TEXT, question, *sources, limit, skip)
                    return list(_told(corpus, index.execute(ranked, asked_for).fetchall(), words, whole))
        return []

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as index:
                yield index
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise Busy("the index is being brought up to date by another process; ask again in a moment") from error
            raise

    def _open(self) -> sqlite3.Connection:
        fresh = not self._path.exists()
        index = sqlite3.connect(self._path, self._patience)
        if fresh:
            index.executescript(_SCHEMA)
        return index

    def _about(self, name: str) -> str:
        if not self._path.exists():
            return ""
        try:
            with self._opened() as index:
                row = index.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        except sqlite3.DatabaseError:
            self._path.unlink()
            return ""
        return str(row[0]) if row else ""

    def _dead(self, what: pl.DataFrame) -> float:
        dying = what.filter(pl.col("what") != "added").height
        with self._opened() as index:
            rows, lives = index.execute("SELECT count(*), coalesce(sum(lives), 0) FROM documents").fetchone()
        return float((rows - lives + dying) / max(rows + what.height, 1))


def _apply(index: sqlite3.Connection, rows: pl.DataFrame) -> None:
    columns = ("what", "doc_id", "month", "source_id", "title", "text")
    for what, id_, month, source_id, title, text in rows.select(columns).iter_rows():
        if what != "added":
            index.execute("UPDATE documents SET lives = 0 WHERE doc_id = ? AND lives", (id_,))
        if what != "withdrawn":
            number = index.execute(
                "INSERT INTO documents (doc_id, month, source_id, lives) VALUES (?, ?, ?, 1)", (id_, month, source_id)
            ).lastrowid
            index.execute(
                "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)",
                (number, tokens(title or ""), tokens(text or "")),
            )


def _found(sources: Sequence[str], columns: str) -> str:
    """The query for what matches a question, in some sources or in all."""
    within = f" AND source_id IN ({', '.join('?' * len(sources))})" if sources else ""
    return f"SELECT {columns} FROM words JOIN documents ON documents.number = words.rowid WHERE words MATCH ? AND lives{within}"


def _split(piece: str) -> list[str]:
    return [piece[at : at + 2] for at in range(len(piece))] if _IS_HAN.match(piece) else [piece]


def _phrase(word: str) -> str:
    """A word as FTS5 asks for it: its pairs side by side; its last character may begin a pair of what follows."""
    found = tokens(word).split()
    if not found:
        return ""
    if len(found) > 1 and _IS_HAN.match(found[-1]):
        found = found[:-1]  # the last character alone is held by the pair before it
        return '"' + " ".join(found) + '"'
    return '"' + " ".join(found) + '"' + (" *" if _IS_HAN.match(found[-1]) else "")


def _told(corpus: Corpus, found: Sequence[tuple[str, str, float]], words: Sequence[str], whole: bool) -> Iterator[Hit]:
    rows = corpus.scan().filter(
        pl.col("month").is_in({month for _, month, _ in found}) & pl.col("doc_id").is_in([id_ for id_, _, _ in found])
    )
    by_id = {row["doc_id"]: row for row in rows.collect(engine="streaming").iter_rows(named=True)}
    for id_, _, score in found:
        if not (row := by_id.get(id_)):
            continue  # the index may be ahead of this snapshot, or behind
        told = {name: row[name] for name in ("doc_id", "title", "url", "source_id", "published_at")}
        yield Hit(score=round(score, 3), around=_around(row["text"] or "", words), whole=whole, **told)


def _around(text: str, words: Sequence[str]) -> str:
    folded = readable(text)
    same = folded if len(folded) == len(text) else text
    at = next((at for word in words if (at := same.find(readable(word))) >= 0), 0)
    return text[max(0, at - _AROUND) : at + _AROUND].replace("\n", " ")
