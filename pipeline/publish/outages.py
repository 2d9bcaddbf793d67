"""A run's visits and what the store knows of their pages in, the visits as they count out: no text gets worse by itself.

One page cannot tell that it is an error page; many can: the same short text at several addresses of a source, under
titles that it has nothing to do with. A revision that loses nearly all of a text is held, and a question for a person
when the next visit brings it again. What a site that is out of order says of its documents withdraws none. Pure.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.page.fields.title_text import letters
from pipeline.publish.rules import PublishRules
from pipeline.store.schema import Row
from pipeline.text.wording import shape, units

Said = tuple[str, str]  # a source and the shape of a short text of its
HELD, QUESTION, ACCEPTED = "held", "question", "accepted"  # flags of a visit
FLAGS = (HELD, QUESTION)
ENDING = ("gone", "soft_404")  # reasons by which a page that was a document says that it is no more
ERROR = "error_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A short text at an address, under the title that a listing or the corpus gives it."""

    doc_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of the pages of a run, by doc_id: what the corpus holds, the visit before, what was accepted."""

    held: Mapping[str, Row] = field(default_factory=dict)
    stand: Collection[str] = ()  # the documents that can be withdrawn
    before: Mapping[str, Row] = field(default_factory=dict)
    accepted: Collection[tuple[str, int]] = ()  # places in landing files of texts that a person accepted
    accepting: Collection[str] = ()  # pages whose visits in this run a person accepts


def candidates(visits: Iterable[Row], held: Mapping[str, Row], rules: PublishRules) -> dict[Said, str]:
    """The short texts of a run that are new at their address and name no file: each with one spelling of it."""
    found = {}
    for row in visits:
        same = row["doc_id"] in held and held[row["doc_id"]]["text_digest"] == row.get("text_digest")
        page = row["outcome"] == "document" and not row.get("parent_id")  # a form is the same at many addresses
        if page and not same and _is_bare(row["text"], row["attachments"], rules):
            found[row["source_id"], shape(row["text"])] = row["text"]
    return found


def _is_bare(text: str, attachments: Sequence[Any] | None, rules: PublishRules) -> bool:
    short = len(letters(text)) < rules.short
    return short and not attachments and not re.search(rules.names_a_file, text, re.IGNORECASE)


def error_texts(
    said: Mapping[Said, str],
    sightings: Mapping[Said, Iterable[Sighting]],
    names: Mapping[str, str],
    rules: PublishRules,
) -> dict[Said, int]:
    """Those of the short texts that are error pages, with the number of their addresses."""
    found = {}
    for key, text in said.items():
        pairs = units(text) - units(names.get(key[0], ""))
        of_pages = {each.doc_id: each.title for each in sightings.get(key, ()) if each.title}
        foreign = {letters(title) for title in of_pages.values() if not pairs & units(title)}
        foreign = {one for one in foreign if not any(one != other and one in other for other in foreign)}
        if len(foreign) >= rules.addresses:
            found[key] = len(of_pages)
    return found


def is_error(row: Row, errors: Mapping[Said, int], rules: PublishRules) -> bool:
    """Whether the text of a row is an error page; one that its own title speaks of is none."""
    if not errors or not row["text"] or not _is_bare(row["text"], row["attachments"], rules):
        return False
    title = row.get("listed_title") or row["title"] or ""
    return (row["source_id"], shape(row["text"])) in errors and len(
        units(row["text"]) & units(title)
    ) < rules.least_shared


def judge(visits: Sequence[Row], known: Known, errors: Mapping[Said, int], rules: PublishRules) -> list[Row]:
    """The visits as they count, in their order: with `flag`, `shape`, `in_a_row`, and `ends` where one withdraws."""
    texts = {id_: row for id_, row in known.held.items() if row["text"]}
    last: dict[str, Row] = dict(known.before)
    judged = []
    for row in visits:
        id_, told = row["doc_id"], _told(row, texts.get(row["doc_id"]), known, errors, rules)
        before = last.get(id_)
        if told["flag"] == HELD and before and before["flag"] in FLAGS and before["shape"] == told["shape"]:
            told["flag"] = QUESTION
        told["in_a_row"] = _in_a_row(told, before)
        if told["outcome"] == "document":
            texts[id_] = told
        last[id_] = told
        judged.append(told)
    return _ended(judged, known.stand, rules)


def _told(row: Row, held: Row | None, known: Known, errors: Mapping[Said, int], rules: PublishRules) -> Row:
    told = row | {"flag": None, "shape": None, "ends": False}
    if row["outcome"] != "document":
        return told
    if _is_bare(row["text"], row["attachments"], rules):
        told["shape"] = shape(row["text"])
    place = (row["landing"]["key"], row["landing"]["offset"]) if row["landing"] else None
    if row["doc_id"] in known.accepting or place in known.accepted:
        return told | {"flag": ACCEPTED if row["doc_id"] in known.accepting else None}
    if is_error(row, errors, rules):
        count = errors[row["source_id"], shape(row["text"])]
        return told | {"outcome": "rejected", "reason": ERROR, "detail": f"the same text at {count} addresses"}
    if held and (why := lost(held, row, rules)):
        return told | {"outcome": "unchanged", "flag": HELD, "shape": shape(row["text"]), "detail": why}
    return told


def lost(held: Row, row: Row, rules: PublishRules) -> str:
    """Why a revision of a held text is not published by itself; empty if it is."""
    old, new = letters(held["text"]), letters(row["text"])
    if old == new:
        return ""
    counts = f"{len(new):,} of {len(old):,} characters"
    if len(new) < len(old) and (row.get("cut") or _breaks_off(held["text"].split("\n"), row["text"].split("\n"))):
        return f"breaks off: {counts}"
    runs = {old[at : at + rules.run] for at in range(max(1, len(old) - rules.run + 1))}
    kept = len(runs & {new[at : at + rules.run] for at in range(max(1, len(new) - rules.run + 1))}) / len(runs)
    if len(new) < rules.shrinks * len(old) and kept < rules.keeps:
        return f"{counts}, {kept:.0%} of it kept"
    titles = units(f"{held['title'] or ''}\n{row.get('listed_title') or ''}")
    if kept <= rules.nothing and _is_bare(row["text"], row["attachments"], rules) and not units(row["text"]) & titles:
        return f"{counts}, {kept:.0%} of it kept, and nothing of its title"
    return ""


def _breaks_off(old: list[str], new: list[str]) -> bool:
    """Whether the new lines are the old ones to within a line."""
    last, at = new[-1], len(new) - 1
    return at < len(old) and new[:-1] == old[:at] and old[at].startswith(last) and old[at] != last


def _in_a_row(row: Row, before: Row | None) -> int:
    """How many visits running ended like this one, where it brought no text."""
    kind = _kind(row)
    if not kind:
        return 0
    return ((before["in_a_row"] or 0) if before and _kind(before) == kind else 0) + 1


def _kind(row: Row) -> str:
    return HELD if row["flag"] in FLAGS else row["reason"] if row["reason"] in (*ENDING, ERROR) else ""


def _ended(judged: list[Row], stand: Collection[str], rules: PublishRules) -> list[Row]:
    """The same, with what withdraws its document marked."""
    alive = {row["source_id"] for row in judged if row["outcome"] != "rejected" and not row["flag"]}
    ending = [row for row in judged if row["reason"] in ENDING and row["doc_id"] in stand]
    gone: defaultdict[str, set[str]] = defaultdict(set)
    for row in ending:
        if row["reason"] == "gone":
            gone[row["source_id"]].add(row["doc_id"])
    for row in ending:
        together = len(gone[row["source_id"]]) >= rules.gone_together and row["source_id"] not in alive
        row["ends"] = (row["reason"] == "gone" and (not together or row["in_a_row"] > 1)) or (
            row["reason"] == "soft_404" and row["in_a_row"] >= rules.soft_404_visits
        )
    broken = broken_sources(judged, stand, rules)
    for row in ending:  # what a site that is out of order says is believed when it says it again
        row["ends"] &= row["source_id"] not in broken or row["in_a_row"] > 1
    return judged


def broken_sources(judged: Iterable[Row], stand: Collection[str], rules: PublishRules) -> dict[str, str]:
    """The sources of which several documents gave something else than their texts, and what they gave."""
    visited: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in judged:
        if row["doc_id"] in stand:
            visited[row["source_id"]][row["doc_id"]] = "" if row["ends"] else _kind(row)
    found = {}
    for source_id, kinds in visited.items():
        bad = Counter(filter(None, kinds.values()))
        if bad.total() >= max(rules.several, rules.share * len(kinds)):
            told = ", ".join(f"{name} {count}" for name, count in bad.most_common())
            found[source_id] = f"{bad.total()} of {len(kinds)} documents gave something else than their texts: {told}"
    return found
