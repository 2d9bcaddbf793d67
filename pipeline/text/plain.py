"""Plain text that someone else has extracted in, its lines and its title out: there is no DOM to ask."""

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.core.models import Line
from pipeline.text.folded_lines import Row, is_prose, is_short_sentence, letters, read_rows, tidy
from pipeline.text.rules import BoilerplateRules, compiled
from pipeline.text.zones import head_rule, numbered_stems, take_tail

_PARAGRAPH_GAP = re.compile(r"(?<=[。！？!?”」）)])(?:[ \t\xa0]{4,}|\u3000{2,})[\s\u3000]*(?=\S)")
_UNFINISHED = re.compile(r"[，,、；;：:]$")
_CLEAR_TITLE = 12  # letters from which length says no more about which line is the title
_HEADING_LENGTH = 40
_LATIN_WORDS = 4


def read_lines(text: str, rules: BoilerplateRules) -> list[Line]:
    """The lines of a text; one that holds a heading or a paragraph glued to the next by spaces becomes two.

    A line that is set apart, by an empty line behind it where the next lines have none, is marked as heading.
    """
    published = text.splitlines()
    filled = [at for at, line in enumerate(published) if tidy(line)]
    apart = [at for at, following in pairwise(filled) if following > at + 1]
    alone = set(apart) if len(apart) * 2 < len(filled) else set()
    return [Line(text=part, heading=at in alone) for at in filled for part in _unglued(published[at].strip(), rules)]


def _unglued(line: str, rules: BoilerplateRules) -> list[str]:
    parts: list[str] = []
    for paragraph in _PARAGRAPH_GAP.split(line):
        heading, gap, rest = _first_gap(paragraph, rules.limits.glue)
        if (
            gap
            and 4 <= len(tidy(heading)) <= _HEADING_LENGTH
            and not _UNFINISHED.search(heading)
            and _is_long(rest, rules)
        ):
            parts += [heading, rest]
        else:
            parts.append(paragraph)
    return [part for part in parts if tidy(part)]


def _first_gap(text: str, width: int) -> tuple[str, str, str]:
    found = re.search(rf"\s{{{width},}}", text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


def _is_long(text: str, rules: BoilerplateRules) -> bool:
    rows, _, _ = read_rows([Line(text=text)], "", rules)
    return bool(rows) and is_prose(rows[0], rules)


def find_title(lines: Sequence[Line], rules: BoilerplateRules) -> str:
    """The title as printed, empty if nothing says which line it is.

    A farm's captions repeat it. Else it is the clearest line above the metadata line, or above the body where there is
    other furniture. A text without any furniture has one only where its first line stands apart or is its only heading:
    the first heading of a bulletin of many items is none.
    """
    rows, _, _ = read_rows(lines, "", rules)
    if title := _repeated(rows, rules):
        return title
    candidates, furnished = _head(rows, rules)
    if candidates and (furnished or take_tail(rows, rules)[1]):
        return max(candidates, key=lambda row: min(len(letters(row.key)), _CLEAR_TITLE)).published
    if candidates and candidates[0] is rows[0] and (rows[0].line.heading or _only_heading(rows, rules)):
        return rows[0].published
    return ""


def _repeated(rows: Sequence[Row], rules: BoilerplateRules) -> str:
    """The stem that numbered captions share, if it could be a title."""
    stems = numbered_stems(rows)
    stem, count = max(stems.items(), key=lambda item: item[1], default=("", 0))
    if count < rules.limits.caption_repeats or len(stem) < rules.limits.title_least:
        return ""
    first = next(row for row in rows if letters(row.key).startswith(stem))
    return re.sub(r"\s*[（(]\d{1,2}[)）]$", "", first.published)


def _head(rows: Sequence[Row], rules: BoilerplateRules) -> tuple[list[Row], bool]:
    """The lines above the body that could be its title, and whether furniture stands around them."""
    candidates: list[Row] = []
    furnished = False
    for row in rows[: rules.limits.head_lines]:
        if rule := head_rule(row.key, rules):
            furnished = True
            if rule.anchor and candidates:
                break
        elif _could_be_title(row, rules):
            candidates.append(row)
        elif is_prose(row, rules) or is_short_sentence(row):
            break
    return candidates, furnished


def _could_be_title(row: Row, rules: BoilerplateRules) -> bool:
    length = len(letters(row.key))
    if row.key.isascii() and len(row.key.split()) < _LATIN_WORDS:  # a dateline, a brand
        return False
    return (
        rules.limits.title_least <= length <= rules.limits.title_most
        and "。" not in row.key
        and not compiled(rules.not_a_title).search(row.key)
        and not rules.find(row.key, "between")
    )


def _only_heading(rows: Sequence[Row], rules: BoilerplateRules) -> bool:
    """Whether no line behind the first could be a title as well; `地点：二楼` could not."""
    others = [row for row in rows[1:] if not is_prose(row, rules) and ":" not in row.key]
    return (
        len(rows) > 1 and len(rows[0].key) <= _HEADING_LENGTH and not any(_could_be_title(row, rules) for row in others)
    )
