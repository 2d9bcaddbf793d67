"""Two files of texts in, a row for each new text out: which old one it repeats. No corpus, no store."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.errors import ConfigError
from pipeline.dedupe.candidates import columns
from pipeline.dedupe.decide import decide
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.pair.text import Text
from pipeline.dedupe.rules import DedupeRules

Row = dict[str, Any]
_BEFORE = datetime.min.replace(tzinfo=UTC)
_OPTIONAL = ("title", "document_number", "publisher", "tier", "source_id", "url")


def read_texts(path: Path, rules: DedupeRules) -> Iterator[Text]:
    """The texts of a file of JSON lines `{"id", "text", …}`, or of `gongbao read`; ConfigError names what is no such line."""
    seen: set[str] = set()
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        text = text_of(json.loads(line), rules)
                    except ValueError as error:
                        raise ConfigError(str(error), path=path, line=number) from error
                    if text.id in seen:
                        raise ConfigError(f"id {text.id!r} given twice", path=path, line=number)
                    seen.add(text.id)
                    yield text
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=path) from error


def text_of(row: Row, rules: DedupeRules) -> Text:
    """A row as a text; ValueError says what it lacks."""
    named = row.get("id", row.get("doc_id")) if isinstance(row, dict) else None
    if not isinstance(named, str | int) or not isinstance(row.get("text"), str):
        raise ValueError('expected an object with "id" (or "doc_id") and "text"')
    optional: dict[str, Any] = {name: str(row.get(name) or "") for name in _OPTIONAL}
    return Text(
        id=str(named),
        text=row["text"],
        fingerprint=fingerprint(row["text"], rules.fingerprint),
        published_at=_date(row.get("published_at") or row.get("date")),
        **optional,
    )


def _date(value: object) -> datetime | None:
    """An ISO date or time; what names no zone is UTC."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"not an ISO date: {value!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def against(new: Iterable[Text], old: Iterable[Text], rules: DedupeRules, *, within: bool = False) -> Iterator[Row]:
    """A row `{"q", "duplicate_of", "similarity", "kind"}` for each new text, in their order, decided as a night does.

    Each new text is a night of its own; `within`: they are one night, and may repeat each other.
    """
    # Two files may use the same ids for different texts; what is held was there before what comes now.
    old = (replace(text, id=f"o{text.id}", fetched_at=text.fetched_at or _BEFORE) for text in old)
    held = Held({text.id: text for text in old})
    night = [replace(text, id=f"n{text.id}") for text in new]
    for text, decision in zip(night, decide(night, held, rules, within=within), strict=False):
        yield {
            "q": text.id[1:],
            "duplicate_of": decision.canonical_id and decision.canonical_id[1:],
            "similarity": round(decision.similarity or 0.0, 4),
            "kind": decision.kind,
        }


@dataclass(frozen=True, slots=True)
class Held:
    """A known set in memory, each text by its id (`dedupe.Known`)."""

    by_id: Mapping[str, Text]

    def keys(self) -> pl.LazyFrame:
        """The key columns of all of them; none is known to repeat another."""
        return columns(list(self.by_id.values())).lazy()

    def texts(self, ids: Collection[str]) -> dict[str, Text]:
        """Those of these ids."""
        return {id_: self.by_id[id_] for id_ in ids if id_ in self.by_id}

    def recent(self, source_ids: Collection[str]) -> Iterable[Text]:
        """All: what is learned from them is learned for each scope by itself."""
        return self.by_id.values()
