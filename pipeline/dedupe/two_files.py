"""Two files of texts in, a row for each new text out: which old one it repeats. No corpus, no store."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import polars as pl

from pipeline.core.dates import SHANGHAI, parse_date
from pipeline.core.errors import ConfigError
from pipeline.core.models import Kind
from pipeline.dedupe.candidates import columns
from pipeline.dedupe.decide import decide
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.pair.text import Text
from pipeline.dedupe.rules import DedupeRules

log = logging.getLogger(__name__)
_BEFORE = datetime.min.replace(tzinfo=UTC)
_OPTIONAL = ("title", "document_number", "publisher", "tier", "source_id", "url")


class Answer(TypedDict):
    """What is told of a new text."""

    q: str
    duplicate_of: str | None
    extends: str | None
    similarity: float
    kind: Kind


def read_texts(path: Path, rules: DedupeRules, warn: Callable[[str], None] = log.warning) -> Iterator[Text]:
    """The texts of a file of JSON lines `{"id", "text", …}`, or of `gongbao read`; ConfigError names what is no such line.

    A date that cannot be read counts as none; `warn` is told at the end how many there were.
    """
    seen: set[str] = set()
    unread: list[int] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        row = json.loads(line)
                        text = text_of(row, rules)
                    except ValueError as error:
                        raise ConfigError(str(error), path=path, line=number) from error
                    if text.id in seen:
                        raise ConfigError(f"id {text.id!r} given twice", path=path, line=number)
                    seen.add(text.id)
                    if not text.published_at and _said_date(row):
                        unread.append(number)
                    yield text
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), path=path) from error
    if unread:
        warn(f"{path}: {len(unread)} dates cannot be read and count as none, the first in line {unread[0]}")


def text_of(row: Mapping[str, object], rules: DedupeRules) -> Text:
    """A row as a text; ValueError says what it lacks."""
    named = row.get("id", row.get("doc_id")) if isinstance(row, dict) else None
    said = row.get("text") if isinstance(row, dict) else None
    if not isinstance(named, str | int) or not isinstance(said, str):
        raise ValueError('expected an object with "id" (or "doc_id") and "text"')
    # Half of a pair of surrogates is no character.
    text = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    optional: dict[str, Any] = {name: str(row.get(name) or "") for name in _OPTIONAL}
    return Text(
        id=str(named),
        text=text,
        fingerprint=fingerprint(text, rules.fingerprint),
        published_at=date_of(row),
        fetched_at=_fetched(row),
        **optional,
    )


def _fetched(row: Mapping[str, object]) -> datetime | None:
    """When `gongbao read` says that its first revision came."""
    try:
        return datetime.fromisoformat(str(row.get("first_fetched_at") or "")).astimezone(UTC)
    except ValueError:
        return None


def date_of(row: Mapping[str, object]) -> datetime | None:
    """When it was published, as people write it; None where a line says nothing, or nothing that can be read."""
    said = _said_date(row)
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        dated = parse_date(said)
        return dated.at if dated else None
    return (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def _said_date(row: Mapping[str, object]) -> str:
    return str(row.get("published_at") or row.get("date") or "").strip()


def against(new: Iterable[Text], old: Iterable[Text], rules: DedupeRules, *, within: bool = False) -> Iterator[Answer]:
    """A row `{"q", "duplicate_of", "extends", "similarity", "kind"}` for each new text, in their order, decided as a night does.

    Each new text is a night of its own; `within`: they are one night, and may repeat each other.
    """
    # Two files may use the same ids for different texts; what is held was there before what comes now.
    old = (replace(text, id=f"o{text.id}", fetched_at=text.fetched_at or _BEFORE) for text in old)
    held = Held({text.id: text for text in old}, rules.furniture.learned_from)
    night = [replace(text, id=f"n{text.id}") for text in new]
    for text, decision in zip(night, decide(night, held, rules, within=within), strict=False):
        yield {
            "q": text.id[1:],
            "duplicate_of": decision.canonical_id and decision.canonical_id[1:],
            "extends": decision.extends and decision.extends[1:],
            "similarity": round(decision.similarity or 0.0, 4),
            "kind": decision.kind,
        }


@dataclass(frozen=True, slots=True)
class Held:
    """A known set in memory, each text by its id (`dedupe.Known`)."""

    by_id: dict[str, Text]
    enough: int  # texts of a scope that furniture is learned from

    def keys(self) -> pl.LazyFrame:
        """The key columns of all of them; none is known to repeat another."""
        return columns(list(self.by_id.values())).lazy()

    def texts(self, ids: Collection[str]) -> dict[str, Text]:
        """Those of these ids."""
        return {id_: self.by_id[id_] for id_ in ids if id_ in self.by_id}

    def recent(self, source_ids: Collection[str]) -> Iterable[Text]:
        """The last of each scope, as of a source, by date, then by line: each scope has furniture of its own."""
        last = sorted(self.by_id.values(), key=lambda text: text.published_at or _BEFORE)
        counts: Counter[str] = Counter()
        for text in reversed(last):
            counts[text.scope] += 1
            if counts[text.scope] <= self.enough:
                yield text
