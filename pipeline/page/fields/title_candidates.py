"""The pieces around a body in, the lines that may be its title out, each with how much it looks like one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pipeline.page.fields.blocks import Piece
from pipeline.page.fields.context import Surroundings
from pipeline.page.fields.rules import TitleRules, compiled
from pipeline.page.fields.title_text import letters

_BYLINE = re.compile(
    r"\s*(?:(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]|(?:来源|作者|出处|时间|日期|编辑|發布|发布时间|发布日期)\s*[:：])"
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CENTRE = re.compile(r"text-align\s*:\s*center", re.I)
_BIG = re.compile(
    r"font-size\s*:\s*(?:(?:1[89]|[2-4]\d)(?:\.\d+)?\s*(?:px|pt)|(?:xx?-)?large|1\.[5-9]\d*r?em|[2-4](?:\.\d+)?r?em)",
    re.I,
)
_BOLD = frozenset(["b", "strong"])
_LEVEL = {"h1": 0.34, "h2": 0.26, "h3": 0.2, "h4": 0.12, "h5": 0.08, "h6": 0.05, "ucaptitle": 0.34, "caption": 0.1}
_SPOKEN = ("。", "；", "：", ":", ";", "，", ",")
_BYLINE_FIELDS = frozenset(
    [
        "published",
        "modified",
        "publisher",
        "author",
        "editor",
        "signed",
        "index_number",
        "document_number",
        "issuer",
        "topic",
        "validity",
    ]
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A visible line, or some that follow each other, that may be the title."""

    text: str
    letters: str
    look: float  # how much it looks like a title, whatever it says
    place: int
    lines: int
    style: tuple[object, ...]  # what lines of one title have in common


def read_candidates(around: Surroundings, rule: TitleRules) -> Iterator[Candidate]:
    """Lines before the body and its first ones; of one piece its whole text first."""
    never = compiled(rule.never)
    bylines: dict[int, list[str]] = {}
    for label in around.labels:
        if label.field in _BYLINE_FIELDS:
            bylines.setdefault(label.place, []).append(label.label)
    menu = [
        letters(piece.text)
        for piece in around.pieces
        if piece.link_share > 0.6 and len(piece.text) <= rule.max_site_chars
    ]
    for place, piece in enumerate(around.pieces[: min(around.end, around.start + rule.first_body_lines)]):
        above = around.start - place
        if (above > rule.blocks_above and piece.element.tag not in _LEVEL) or never.search(piece.text):
            continue
        look = _look(piece, above, rule)
        if above == 1 and _leads_here(piece, around.context.url):
            look += rule.own_link
        if above > 0 and bylines.keys() & {place + 1, place + 2}:
            look += rule.above_byline
        for number, text in enumerate(_readings(piece)):
            said = letters(text) if len(text) <= 2 * rule.max_chars else ""
            if said and len(said) <= rule.max_chars:
                squeezed = "".join(text.split())
                byline = any(label in squeezed for label in bylines.get(place, ()))
                shown = look - (0.5 if byline or _is_sentence(text) else 0.0) - 0.02 * (number > 0)  # whole lines first
                if (
                    piece.link_share == 0
                    and len(said) <= rule.column_chars
                    and any(link.startswith(said) for link in menu)
                ):
                    shown -= 0.3  # the menu leads there: a column, whose name heads a side bar
                yield Candidate(text, said, shown, place, 1, _style(piece))


def read_runs(lines: Sequence[Candidate], beginnings: Sequence[str]) -> Iterator[Candidate]:
    """Two or three lines that follow each other, as one; `beginnings`: what a title begins with, as letters."""
    firsts = {line.place: line for line in reversed(lines)}
    for place, first in firsts.items():
        if not any(beginning.startswith(first.letters) for beginning in beginnings):
            continue
        for count in (2, 3):
            run = [firsts[number] for number in range(place, place + count) if number in firsts]
            if len(run) == count:
                yield joined(run)


def joined(run: list[Candidate]) -> Candidate:
    """Candidates that follow each other, as one of several lines."""
    return Candidate(
        "\n".join(part.text for part in run),
        "".join(part.letters for part in run),
        max(part.look for part in run) - 0.05,
        run[0].place,
        len(run),
        run[0].style,
    )


def _readings(piece: Piece) -> Iterator[str]:
    """The piece's whole text; without later lines; without its byline; without what a smaller element inside says."""
    yield piece.text
    if "\n" in piece.text:
        yield piece.text.split("\n", 1)[0]
    if (cut := _BYLINE.search(piece.text)) and cut.start() > 4:
        yield piece.text[: cut.start()].rstrip(" (（[【|")
    node = piece.element
    if node.tag in _LEVEL and len(node) and node.text and (lead := " ".join(node.text.split())) and lead != piece.text:
        yield lead


def _leads_here(piece: Piece, url: str) -> bool:
    """Whether a line is a link to its own page, as blogs and portals link the headline above the text."""
    name = _page_name(url)
    links = [piece.element, *piece.element.iterdescendants("a"), *islice(piece.element.iterancestors("a"), 1)]
    return bool(name) and piece.link_share > 0.6 and any(_page_name(each.get("href") or "") == name for each in links)


def _page_name(address: str) -> str:
    """What the last part of an address calls a page, without its type; empty where that says little."""
    name = address.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2].partition(".")[0]
    return name if len(name) >= 4 else ""


def _is_sentence(text: str) -> bool:
    return "。" in text.rstrip("\n") or (len(text) > 40 and text.endswith(_SPOKEN)) or len(text) > 120


def _style(piece: Piece) -> tuple[object, ...]:
    node = piece.element
    return node.tag, node.get("class"), node.get("align"), node.getparent()


def _look(piece: Piece, above: int, rule: TitleRules) -> float:
    """How much a piece looks like a title: heading, class, emphasis, nearness to the body; links speak against it."""
    node = piece.element
    parent = node.getparent()
    look = _LEVEL.get(node.tag, 0.0) or (_LEVEL.get(parent.tag, 0.0) if parent is not None else 0.0)
    heading = look > 0
    look += _class_look(f"{node.get('class', '')} {node.get('id', '')}", rule)
    if parent is not None and look <= 0.1 and len(parent) <= 3:
        look += _class_look(f"{parent.get('class', '')} {parent.get('id', '')}", rule) / 1.5
    look += _emphasis(piece)
    look += max(-0.25, 0.12 - 0.01 * above) if above > 0 else 0.1 + 0.03 * above
    if piece.link_share > 0.6:  # a list or a crumb, save that blogs link a heading to its own page
        look -= 0.1 if heading or (look >= 0.2 and 0 < above <= 3) else 0.3
    return look - (0.3 if piece.furniture else 0.0)


def _emphasis(piece: Piece) -> float:
    node = piece.element
    style = node.get("style", "")
    marked = [node]
    while (
        len(marked) < 3
        and len(marked[-1])
        and not (marked[-1].text or "").strip()
        and isinstance(marked[-1][0].tag, str)
    ):
        marked.append(marked[-1][0])
    look = 0.0
    if node.get("align") == "center" or node.tag in ("center", "th") or _CENTRE.search(style):
        look += 0.06
    if any(part.tag in _BOLD for part in marked):
        look += 0.06
    if any(
        _BIG.search(part.get("style", "")) or part.get("size", "") in ("4", "5", "6", "+1", "+2", "+3")
        for part in marked
    ):
        look += 0.1
    return look


@cache
def _class_look(names: str, rule: TitleRules) -> float:
    plain = [name for name in re.split(r"[\s_-]+", names) if name]
    words = {part.lower() for name in plain for part in (*_WORD.findall(name), name)}
    if any(compiled(rule.class_beside).search(part) for part in words):
        return -0.3
    against = any(compiled(rule.class_not).search(part) for part in words)
    if any(compiled(rule.class_word).search(part) for part in words):
        return -0.02 if against else 0.2
    return -0.08 if against else 0.0
