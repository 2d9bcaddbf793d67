"""What a page declares its title to be, outside of what a reader sees, and how well a visible line agrees with it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.page.fields.context import Surroundings
from pipeline.page.fields.rules import TitleRules, compiled
from pipeline.page.fields.title_text import CUT, cuts, letters, pieces, tidy

_OF_DOCUMENTS = frozenset(["index_number", "document_number", "issuer", "signed", "topic"])
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_TAG_BEGINS = re.compile(r"</?[A-Za-z]|<$")
_PAIRS = 6  # letters; shorter lines share pairs by chance


@dataclass(frozen=True, slots=True)
class Witness:
    """One declaration of the title."""

    name: str
    text: str
    letters: str
    pieces: tuple[str, ...]  # letters of each part, where the site's name may be glued on
    exact: bool  # holds the title and nothing else
    weak: bool  # may be the name of the site


def read_witnesses(around: Surroundings, rule: TitleRules) -> Iterator[Witness]:
    """Every declaration that says something, those of one title alone first."""
    metas = around.metas
    sources: list[tuple[str, str, bool]] = [(f"meta:{name}", metas.get(name, ""), True) for name in rule.metas]
    if any(label.field in _OF_DOCUMENTS for label in around.labels):
        labels = (label for label in around.labels if label.field == "title")
        sources += [
            (f"label:{label.label}", label.value, True) for label in labels if len(label.value) >= rule.min_label_chars
        ][:1]
    sources.append(("mark", around.marks.get("标题", ""), True))
    sources.append(("listed", around.context.listed_title, True))
    sources.append(("json-ld", around.json_ld.get("headline", ""), False))
    sources += [(f"meta:{name}", metas.get(name, ""), False) for name in rule.social_metas]
    title = next(around.root.iter("title"), None)
    sources.append(("title", "".join(title.itertext()) if title is not None else "", False))
    useless = compiled(rule.useless, re.I)
    for name, text, exact in sources:
        text = compiled(rule.original).sub("", " ".join(_without_tags(text).split()))
        said = letters(text)
        if said and not useless.search(text):
            parts = tuple(filter(None, map(letters, pieces(text)))) if not exact else ()
            weak = not exact and len(parts) <= 1 and is_site_name(text, rule)
            yield Witness(name, text, said, parts or (said,), exact, weak)


def _without_tags(text: str) -> str:
    """A title in which an editor wrote tags; one that ends inside of a tag was cut off there."""
    whole = _TAG.sub(" ", text)
    return whole if (place := whole.find("<")) < 0 or not _TAG_BEGINS.match(whole, place) else f"{whole[:place]}…"


def is_site_name(text: str, rule: TitleRules) -> bool:
    """Whether a text reads like the name of a site, a column or a body, and not like a title."""
    return len(text) <= rule.max_site_chars and bool(compiled(rule.site_piece).search(text))


def agreement(
    said: str, text: str, witnesses: Sequence[Witness], sites: frozenset[str], rule: TitleRules
) -> tuple[float, Witness | None]:
    """How well a visible line fits what the page declares, 0..1, and the declaration that it fits best."""
    best: tuple[float, Witness | None] = 0.0, None
    for witness in witnesses:
        if witness.exact:
            value = _with_exact(said, witness, rule)
        elif said in sites:
            continue
        else:
            value = _with_title(said, witness, rule)
            if witness.weak or (
                value and len(witness.pieces) > 1 and is_site_name(text, rule) and said != witness.letters
            ):
                value = min(value, rule.weak_agreement)
        if value > best[0]:
            best = value, witness
    return best


def _with_exact(said: str, witness: Witness, rule: TitleRules) -> float:
    declared = witness.letters
    if said == declared:
        return 1.0
    if len(said) < rule.min_chars:
        return 0.0
    if said.startswith(declared) and CUT.search(witness.text) and len(declared) >= 6:
        return 0.95
    if len(declared) >= 6 and declared in said and len(said) <= 2 * len(declared):
        return 0.8
    if said in declared and len(said) >= 0.6 * len(declared):
        return 0.6
    return 0.0


def _with_title(said: str, witness: Witness, rule: TitleRules) -> float:
    full, parts = witness.letters, witness.pieces
    if said == parts[0] and len(parts[0]) >= 2 and len(said) < rule.min_chars:
        return 0.5
    if len(said) < rule.min_chars:
        return 0.0
    longest = max(map(len, parts))
    cover = min(1.0, 0.5 + 0.5 * len(said) / longest)
    if full.startswith(said):
        length = 0
        for number, piece in enumerate(parts, 1):
            length += len(piece)
            if length == len(said):
                return (0.95 + 0.05 * number / len(parts)) * cover
        return 0.7 * cover if len(said) >= 6 else 0.0
    cut = 8 if CUT.search(witness.text) else rule.cut_chars
    if said.startswith(full) and len(full) >= cut and len(said) <= 3 * len(full):
        return 0.9
    if said in parts:
        last = parts[-1] == said and len(said) < longest
        return 0.0 if last else 0.75 * cover
    if len(parts[0]) >= 8 and said.startswith(parts[0]) and CUT.search(pieces(witness.text)[0]):
        return 0.9
    if said in full and len(said) >= 0.6 * longest:
        return 0.6
    if len(parts[0]) >= 6 and parts[0] in said and len(said) <= 2 * len(parts[0]):
        return 0.6
    return 0.55 * _alike(said, parts[0] if len(parts[0]) >= 6 else full)


def _alike(left: str, right: str) -> float:
    """Share of common pairs of characters of two lines (Dice), 0 where they are far apart in length."""
    if min(len(left), len(right)) < _PAIRS or not 0.5 < len(left) / len(right) < 2:
        return 0.0
    first = {left[place : place + 2] for place in range(len(left) - 1)}
    second = {right[place : place + 2] for place in range(len(right) - 1)}
    share = 2 * len(first & second) / (len(first) + len(second))
    return share if share > 0.5 else 0.0


def stripped(witness: Witness, sites: frozenset[str], rule: TitleRules) -> str:
    """The title without the names of site and columns behind it or before it; empty where nothing else is in it."""
    text = witness.text
    parts = pieces(text)
    if len(parts) > 1 and _is_site(parts[0], sites, rule) and not _is_site(parts[-1], sites, rule):
        text = text[cuts(text)[0].end() :].strip()
    for match in reversed(cuts(text)):
        tail = text[match.end() :].strip()
        if tail and not _is_tail(tail, match[0], text[: match.start()], sites, rule):
            break
        text = text[: match.start()].strip()
    if is_site_name(text, rule) or letters(text) in sites or compiled(rule.useless, re.I).search(text):
        return ""
    return tidy(text, rule)


def _is_site(text: str, sites: frozenset[str], rule: TitleRules) -> bool:
    return letters(text) in sites or is_site_name(text.strip(), rule)


def _is_tail(tail: str, separator: str, before: str, sites: frozenset[str], rule: TitleRules) -> bool:
    if letters(tail) in sites or (len(tail) <= 30 and compiled(rule.site_piece).search(tail)):
        return True
    if tail.isascii():
        words = len(tail.split())
        return words <= 4 and len(before.split()) > words and bool(separator.strip())
    underscore = "_" in separator or "--" in separator  # hardly ever part of a Chinese title
    short = len(tail) <= 8 and (underscore or "|" in separator or " " in separator)
    return short or (underscore and len(letters(pieces(before)[0])) >= 8)
