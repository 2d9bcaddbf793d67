"""Two files of texts in, a row for each new text out: which old one it repeats. No corpus, no store."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.core.errors import ConfigError
from pipeline.dedupe.candidates import columns, pairs
from pipeline.dedupe.clusters import Link, circles, judged, order
from pipeline.dedupe.compare import Text, Verdict, compare, make_ready
from pipeline.dedupe.fingerprint import fingerprint
from pipeline.dedupe.furniture import learn
from pipeline.dedupe.passages import split
from pipeline.dedupe.rules import DedupeRules

Row = dict[str, Any]
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
    """A row `{"q", "duplicate_of", "similarity", "kind"}` for each new text, in their order.

    Each is judged against the old ones, as what came later; `within`: against the other new ones as well, where
    `clusters` says who repeats whom. What counts is the one that it is aligned best with.
    """
    # Two files may use the same ids for different texts.
    held = {f"o{text.id}": replace(text, id=f"o{text.id}") for text in old}
    night = {f"n{text.id}": replace(text, id=f"n{text.id}") for text in new}
    found = pairs(list(night.values()), columns(list(held.values())).lazy(), rules.candidates, within=within)
    best = _best(found, night, held, rules)
    for id_ in night:
        link = best.get(id_)
        original = _followed(link, best) if link and link.same else None
        yield {
            "q": id_[1:],
            "duplicate_of": original and original[1:],
            "similarity": round(link.verdict.similarity, 4) if link else 0.0,
            "kind": link.verdict.kind if link and link.verdict.kind != "different" else "original",
        }


def _best(
    found: Iterable[tuple[str, str]], night: Mapping[str, Text], held: Mapping[str, Text], rules: DedupeRules
) -> dict[str, Link]:
    """For each new text the link to the earlier one that holds most of it."""
    texts = {**held, **night}
    passages = {id_: split(text.text, rules.passages) for id_, text in texts.items()}
    furniture = learn(((texts[id_].scope, passages[id_]) for id_ in held or night), rules.furniture)
    ready = {}
    links: defaultdict[str, list[Link]] = defaultdict(list)

    def verdict(new_id: str, old_id: str) -> Verdict:
        for id_ in (new_id, old_id):
            if id_ not in ready:
                ready[id_] = make_ready(texts[id_], furniture, rules, passages[id_])
        return compare(ready[new_id], ready[old_id], rules, told=False)

    for new_id, old_id in found:
        if old_id in held:
            links[new_id].append(Link(new_id, old_id, verdict(new_id, old_id)))
        elif new_id < old_id:  # pairs of the night are found from both sides
            link = judged(texts[new_id], texts[old_id], verdict, rules)
            links[link.later].append(link)
    best = {id_: min(of_one, key=lambda link: _rank(link.verdict, link.earlier)) for id_, of_one in links.items()}
    for circle in circles({id_: link.earlier for id_, link in best.items() if link.same}):
        del best[min(circle, key=lambda id_: order(texts[id_]))]
    return best


def _rank(verdict: Verdict, id_: str) -> tuple[bool, int, bool, str]:
    return verdict.kind != "exact", -verdict.held, verdict.kind != "repost", id_


def _followed(link: Link, best: Mapping[str, Link]) -> str:
    """The text at the end of a chain of reposts."""
    while (above := best.get(link.earlier)) and above.same:
        link = above
    return link.earlier
