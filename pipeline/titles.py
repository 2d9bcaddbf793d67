"""A parsed page and its located body in, the article's title and where it came from out.

A title is what a reader sees above the text and what the page declares: visible lines are candidates, `<title>`,
meta tags and the listing are witnesses. Where they agree, the visible spelling wins; where the witnesses say nothing
of use (the site's name), the page's structure decides; where nothing visible fits, the best witness is cleaned.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from lxml.html import HtmlElement

from pipeline.blocks import Block
from pipeline.field_rules import FieldRules, TitleRules, compiled, default_rules
from pipeline.surroundings import Surroundings, read_surroundings

_NOT_SAID = re.compile(r"[\W_]+")
_SEPARATOR = re.compile(
    r"\s*(?:--+|——+|[_|｜丨¦»›>＞«<＜]+|::|\s[-–—·•/]\s)\s*|(?<=[\u3400-\u9fff）)】》”])\s*[-－–—]\s*(?=[\u3400-\u9fffA-Za-z])"
)
_CUT = re.compile(r"(\.{2,}|…+|\[详细\])\s*$")
_BYLINE = re.compile(
    r"\s*(?:(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]|(?:来源|作者|出处|时间|日期|编辑|發布|发布时间|发布日期)\s*[:：])"
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CENTRE = re.compile(r"text-align\s*:\s*center", re.I)
_BIG = re.compile(r"font-size\s*:\s*(?:(\d+)(?:\.\d+)?\s*(?:px|pt)|(?:xx?-)?large)", re.I)
_OF_DOCUMENTS = frozenset(["index_number", "document_number", "issuer", "signed", "topic"])
_BOLD = frozenset(["b", "strong"])
_LEVEL = {"h1": 0.34, "h2": 0.26, "h3": 0.2, "h4": 0.12, "h5": 0.08, "h6": 0.05, "ucaptitle": 0.34}


@dataclass(frozen=True, slots=True)
class Witness:
    """What a page says its title is, outside of what a reader sees."""

    name: str
    text: str
    folded: str
    pieces: tuple[str, ...]  # folded, parted where the site's name may be glued on
    exact: bool  # holds the title and nothing else


@dataclass(frozen=True, slots=True)
class Candidate:
    """A visible line, or some that follow each other, that may be the title."""

    text: str
    folded: str
    look: float  # how much it looks like a title, whatever it says
    start: int
    lines: int


def find_title(
    root: HtmlElement,
    *,
    body: HtmlElement | None,
    url: str,
    listed_title: str = "",
    rules: FieldRules | None = None,
    around: Surroundings | None = None,
) -> tuple[str, str]:
    """The title and its evidence (`heading+title`, `meta:articletitle`, `title`, `listed`, …); both empty if none."""
    all_rules = rules or default_rules()
    rule = all_rules.title
    around = around or read_surroundings(root, body, all_rules)
    sites = frozenset(letters(around.metas[name]) for name in rule.site_metas if name in around.metas)
    witnesses = list(_witnesses(root, around, listed_title, rule))
    candidates = list(_candidates(around, rule))
    best: tuple[float, Candidate, Witness] | None = None
    for candidate in candidates:
        agreement, witness = _agreement(candidate, witnesses, sites, rule)
        if candidate.lines > 1 and agreement < rule.min_run_agreement:
            continue
        score = agreement + candidate.look
        if witness and (best is None or score >= best[0]):
            best = score, candidate, witness
    if best and best[0] >= rule.min_score:
        _, candidate, witness = best
        same = candidate.folded == witness.folded and candidate.lines > 1
        fuller = witness.exact and witness.name != "listed" and candidate.folded in witness.folded
        text = witness.text if same or (fuller and candidate.folded != witness.folded) else candidate.text
        return _clean(text, rule), f"heading+{witness.name}"
    return _without_agreement(witnesses, candidates, sites, rule)


def _without_agreement(
    witnesses: Sequence[Witness], candidates: Sequence[Candidate], sites: frozenset[str], rule: TitleRules
) -> tuple[str, str]:
    """The best title where nothing visible is what the page declares."""
    for witness in witnesses:
        if witness.exact and witness.name != "listed":
            return _clean(witness.text, rule), witness.name
    declared = [(_stripped(witness, sites, rule), witness.name) for witness in witnesses if not witness.exact]
    declared = [(text, name) for text, name in declared if text]
    known = sites | {piece for witness in witnesses for piece in witness.pieces[1:]}
    seen = [candidate for candidate in candidates if candidate.folded not in known and candidate.lines == 1]
    best = max(seen, key=lambda candidate: candidate.look, default=None)
    if declared and (best is None or best.look < 0.3 or len(letters(declared[0][0])) >= 10):
        return declared[0]
    listed = next((witness for witness in witnesses if witness.name == "listed"), None)
    if best and (best.look >= 0.3 or not listed):
        return _clean(best.text, rule), "heading"
    if listed:
        return _clean(_CUT.sub("", listed.text), rule), "listed"
    return declared[0] if declared else ("", "")


def _witnesses(root: HtmlElement, around: Surroundings, listed_title: str, rule: TitleRules) -> Iterator[Witness]:
    metas = around.metas
    sources: list[tuple[str, str, bool]] = [(f"meta:{name}", metas.get(name, ""), True) for name in rule.metas]
    if any(label.field in _OF_DOCUMENTS for label in around.labels):
        labelled = (
            label for label in around.labels if label.field == "title" and len(label.value) >= rule.min_label_chars
        )
        sources += [(f"label:{label.label}", label.value, True) for label in labelled][:1]
    sources.append(("mark", around.marks.get("标题", ""), True))
    sources.append(("listed", listed_title, True))
    sources.append(("json-ld", around.json_ld.get("headline", ""), False))
    sources += [(f"meta:{name}", metas.get(name, ""), False) for name in rule.social_metas]
    title = next(iter(root.iter("title")), None)
    sources.append(("title", "".join(title.itertext()) if title is not None else "", False))
    useless = compiled(rule.useless, re.I)
    for name, text, exact in sources:
        text = compiled(rule.original).sub("", " ".join(text.split()))
        folded = letters(text)
        if folded and not useless.search(text):
            pieces = tuple(filter(None, (letters(piece) for piece in _SEPARATOR.split(text)))) if not exact else ()
            yield Witness(name, text, folded, pieces or (folded,), exact)


def _candidates(around: Surroundings, rule: TitleRules) -> Iterator[Candidate]:
    """Visible lines before the body and its first ones; also two or three that follow each other, as one."""
    never = compiled(rule.never)
    usable: list[Candidate | None] = []
    for place, block in enumerate(around.blocks[: around.start + rule.first_body_lines]):
        usable.append(None)
        if place < around.start - rule.blocks_above and block.node.tag not in _LEVEL:
            continue
        if len(block.text) > rule.max_chars * 2 or never.search(block.text):
            continue
        look = _look(block, around.start - place, rule)
        for lines in _readings(block):
            folded = letters(lines)
            if not folded or len(folded) > rule.max_chars:
                continue
            candidate = Candidate(lines, folded, look, place, 1)
            usable[-1] = usable[-1] or candidate
            yield candidate
    for place in range(len(usable)):
        for count in (2, 3):
            run = usable[place : place + count]
            if len(run) == count and all(run):
                parts = [part for part in run if part]
                yield Candidate(
                    "\n".join(part.text for part in parts),
                    "".join(part.folded for part in parts),
                    max(part.look for part in parts) - 0.05,
                    place,
                    count,
                )


def _readings(block: Block) -> Iterator[str]:
    """The block's whole text; without its later lines; without what a smaller element inside it says."""
    yield block.text
    if "\n" in block.text:
        yield block.text.split("\n", 1)[0]
    if (cut := _BYLINE.search(block.text)) and cut.start() > 4:
        yield block.text[: cut.start()].rstrip(" (（[【|")
    node = block.node
    if node.tag in _LEVEL and len(node) and node.text and (lead := " ".join(node.text.split())) and lead != block.text:
        yield lead


def _look(block: Block, distance: int, rule: TitleRules) -> float:
    """How much a block looks like a title: heading, class, emphasis, nearness to the body; links speak against it."""
    node = block.node
    parent = node.getparent()
    look = _LEVEL.get(node.tag, 0.0) or (_LEVEL.get(parent.tag, 0.0) if parent is not None else 0.0)
    heading = look > 0
    look += _class_look(node.get("class", "") + " " + node.get("id", ""), rule.class_word, rule.class_not)
    if parent is not None and look <= 0.1 and len(parent) <= 3:
        look += _class_look(parent.get("class", "") + " " + parent.get("id", ""), rule.class_word, rule.class_not) / 1.5
    if node.get("align") == "center" or _CENTRE.search(node.get("style", "")) or node.tag == "center":
        look += 0.06
    inner = node[0] if len(node) else None
    if node.tag in _BOLD or (inner is not None and inner.tag in _BOLD and not (node.text or "").strip()):
        look += 0.06
    look += max(-0.25, 0.12 - 0.01 * distance) if distance > 0 else 0.1 + 0.03 * distance
    if block.link_share > 0.6:  # a list or a crumb, save that blogs link a heading to its own page
        look -= 0.1 if heading or (look >= 0.2 and 0 < distance <= 3) else 0.3
    return look - (0.3 if block.furniture else 0.0)


@cache
def _class_look(names: str, word: str, word_not: str) -> float:
    words = [part.lower() for name in re.split(r"[\s_-]+", names) for part in (_WORD.findall(name) or [name])]
    plain = [name.lower() for name in re.split(r"[\s_-]+", names) if name]
    against = any(compiled(word_not).search(part) for part in (*words, *plain))
    if any(compiled(word).search(part) for part in (*words, *plain)):
        return -0.02 if against else 0.2
    return -0.08 if against else 0.0


def _agreement(
    candidate: Candidate, witnesses: Sequence[Witness], sites: frozenset[str], rule: TitleRules
) -> tuple[float, Witness | None]:
    """How well a visible line fits what the page declares, 0..1, and which declaration."""
    best: tuple[float, Witness | None] = 0.0, None
    for witness in witnesses:
        if witness.exact:
            value = _agrees_exactly(candidate.folded, witness, rule)
        elif candidate.folded in sites:
            continue
        else:
            value = _agrees_with_title(candidate.folded, witness, rule)
        if value > best[0]:
            best = value, witness
    return best


def _agrees_exactly(folded: str, witness: Witness, rule: TitleRules) -> float:
    if folded == witness.folded:
        return 1.0
    if len(folded) < rule.min_chars:
        return 0.0
    if folded.startswith(witness.folded) and _CUT.search(witness.text) and len(witness.folded) >= 6:
        return 0.95
    if len(witness.folded) >= 6 and witness.folded in folded and len(folded) <= 2 * len(witness.folded):
        return 0.8
    if folded in witness.folded and len(folded) >= 0.6 * len(witness.folded):
        return 0.6
    return 0.0


def _agrees_with_title(folded: str, witness: Witness, rule: TitleRules) -> float:
    if len(folded) < rule.min_chars:
        return 0.0
    full, pieces = witness.folded, witness.pieces
    longest = max(map(len, pieces))
    cover = min(1.0, 0.5 + 0.5 * len(folded) / longest)
    if full.startswith(folded):
        length = 0
        for number, piece in enumerate(pieces, 1):
            length += len(piece)
            if length == len(folded):
                return (0.95 + 0.05 * number / len(pieces)) * cover
        return 0.7 * cover if len(folded) >= 6 else 0.0
    cut = 8 if _CUT.search(witness.text) else rule.cut_chars
    if folded.startswith(full) and len(full) >= cut and len(folded) <= 3 * len(full):
        return 0.9
    if folded in pieces:
        last = pieces[-1] == folded and len(folded) < longest
        return 0.0 if last else 0.75 * cover
    if folded in full and len(folded) >= 0.6 * longest:
        return 0.6
    if len(pieces[0]) >= 6 and pieces[0] in folded and len(folded) <= 2 * len(pieces[0]):
        return 0.6
    return 0.55 * _alike(folded, pieces[0] if len(pieces[0]) >= 6 else full)


def _alike(left: str, right: str) -> float:
    """Share of common pairs of characters of two lines (Dice), 0 where they are far apart in length."""
    if min(len(left), len(right)) < 6 or not 0.5 < len(left) / len(right) < 2:
        return 0.0
    first = {left[place : place + 2] for place in range(len(left) - 1)}
    second = {right[place : place + 2] for place in range(len(right) - 1)}
    share = 2 * len(first & second) / (len(first) + len(second))
    return share if share > 0.5 else 0.0


def _stripped(witness: Witness, sites: frozenset[str], rule: TitleRules) -> str:
    """The title without the names of site and columns behind it; empty where nothing else is in it."""
    site = compiled(rule.site_piece)
    text = witness.text
    cuts = list(_SEPARATOR.finditer(text))
    for match in reversed(cuts):
        tail = text[match.end() :].strip()
        underscore = "_" in match[0] or "--" in match[0]  # hardly ever part of a Chinese title
        short = len(tail) <= 8 and (underscore or "|" in match[0] or " " in match[0])
        whole = underscore and len(letters(text[: cuts[0].start()])) >= 8
        if not tail or letters(tail) in sites or (site.search(tail) and len(tail) <= 30) or short or whole:
            text = text[: match.start()].strip()
        else:
            break
    if (
        letters(text) in sites
        or (not cuts and site.search(text) and len(text) <= 16)
        or compiled(rule.useless, re.I).search(text)
    ):
        return ""
    return _clean(text, rule)


def _clean(text: str, rule: TitleRules) -> str:
    """One line: breaks folded, what farms put in front and `原标题：` gone."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    title = lines[0]
    for line in lines[1:]:
        glued = bool(compiled(rule.document_head).search(line) or compiled(rule.body_name).search(title))
        title += line if glued else f" {line}"
    title = compiled(rule.original).sub("", title)
    return compiled(rule.prefix).sub("", title).strip()


def letters(text: str) -> str:
    """The characters that count when two titles are compared: no white space, no punctuation, one width, one case."""
    return _NOT_SAID.sub("", unicodedata.normalize("NFKC", text).lower())
