"""Blocks of a page in, the values behind its labels out: `来源：新华社`, a table's `索 引 号 | 0001/2024-5`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.page.fields.blocks import Piece
from pipeline.page.fields.rules import LabelRules

_MAX_VALUE = 200  # characters; the longest titles of joint orders have 150
_MAX_LINE = 400  # characters; longer ones are running text
_SPACES = re.compile(r"\s+")
_GLUED = "作者|责任编辑|责编|发布时间|发布日期|浏览次数|点击次数|成文日期"
_NAMES = ("publisher", "author", "editor")  # fields whose values are names of people and bodies
_SENTENCE = re.compile(r"[，。！？；,;!?]|\d{4}\s*[-年/.]")
_OTHER_LABEL = re.compile(r"^[\u3400-\u9fff\s]{2,8}[:：]")
_REPORTER = re.compile(
    r"^\s*(本[报网]记者|本[报网]通讯员|记者)\s+([\u3400-\u9fff·]{2,4}(?:[、\s]+[\u3400-\u9fff·]{2,4}){0,3})\s*$"
)
_LABEL_ONLY = re.compile(r"^[【\[（(]?\s*(.{1,14}?)\s*[】\]）)]?\s*[:：]?\s*$")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value and the label before it, empty for an empty cell; `place`: the piece in which the label stands."""

    field: str
    label: str
    value: str
    place: int
    in_body: bool


def read_labels(pieces: Sequence[Piece], rules: LabelRules) -> Iterator[Labelled]:
    """Every labelled value in order; a label that ends its piece takes the next piece for its value."""
    pattern, fields = _pattern(rules)
    pending: tuple[str, str, int] | None = None
    for place, piece in enumerate(pieces):
        for line in piece.text.split("\n"):
            if len(line) > _MAX_LINE:
                pending = None
                continue
            bare = _bare(line, fields)
            if pending:
                taken = not bare and not pattern.match(line) and len(line) <= _MAX_VALUE
                taken = taken and not (pending[0] in _NAMES and (_SENTENCE.search(line) or _is_label(line, fields)))
                yield Labelled(*pending[:2], line if taken else "", pending[2], piece.in_body)
                pending = None
            if bare:
                pending = bare[0], bare[1], place
            elif reporter := _REPORTER.match(line):
                yield Labelled("author", reporter[1], reporter[2], place, piece.in_body)
            elif ":" in line or "：" in line or "】" in line:
                found = list(pattern.finditer(line))
                for number, match in enumerate(found):
                    end = found[number + 1].start() if number + 1 < len(found) else len(line)
                    value = line[match.end() : end].strip(" \u3000|｜;；】])）[（(【")
                    label = _SPACES.sub("", match[1] or match[2])
                    field = fields[label.lower()]
                    if value and len(value) <= _MAX_VALUE:
                        if field not in _NAMES or not _is_label(value, fields):
                            yield Labelled(field, label, value, place, piece.in_body)
                    elif not value and number + 1 == len(found):
                        pending = field, label, place


def _bare(line: str, fields: dict[str, str]) -> tuple[str, str] | None:
    """Field and label of a line that is a label and nothing else, as in the cell of a table."""
    if len(line) > 18 or not (match := _LABEL_ONLY.match(line)):
        return None
    label = _SPACES.sub("", match[1])
    field = fields.get(label.lower())
    return (field, label) if field else None


def _is_label(value: str, fields: dict[str, str]) -> bool:
    """Whether what stands where a name belongs is the next label: 作者：审稿人：李四, 作者：发布于 2026-01-02."""
    first = value.split(maxsplit=1)[0] if value.strip() else ""
    return first.lower() in fields or bool(_OTHER_LABEL.match(value))


@cache
def _pattern(rules: LabelRules) -> tuple[re.Pattern[str], dict[str, str]]:
    """The pattern of a label with its colon, and which field each label names."""
    fields = {
        _SPACES.sub("", word).lower(): field for field in LabelRules.model_fields for word in getattr(rules, field)
    }
    words = sorted(fields, key=len, reverse=True)
    spelled = "|".join(r"\s*".join(map(re.escape, word)) for word in words)
    starts = "".join(sorted({re.escape(word[0]) for word in words}))
    # no label inside a word (数据来源：, 开放时间：), save those that are no part of one
    pattern = rf"(?:(?<![\u3400-\u9fffA-Za-z])(?=[{starts}])({spelled})|({_GLUED}))\s*(?:】\s*[:：]?|[:：∶](?!//))"
    return re.compile(pattern, re.I), fields
