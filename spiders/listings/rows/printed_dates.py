"""The date that a row of a listing prints, out of the pieces of text that it consists of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
_CLOCK = r"(?:[\sT]*\d{1,2}[:：]\d\d(?:[:：]\d\d)?(?:\.\d+)?)?"
_FULL = rf"{_YEAR}\s*[-/.年—]\s*{_MONTH}\s*[-/.月—]\s*{_DAY}(?!\d)\s*日?{_CLOCK}"
_COMPACT = r"20\d\d(?:1[0-2]|0[1-9])(?:3[01]|[12]\d|0[1-9])"
_SHORT = rf"(?:(?<!\w){_MONTH}[-/]{_DAY}(?!\w)|(?<!\d){_MONTH}月{_DAY}日){_CLOCK}"  # `第12-10号` is none
_RELATIVE = rf"(?:刚刚|\d+\s*(?:秒|分钟?|小时|天|周)之?前|(?:今天|昨天|前天|昨日|今日){_CLOCK})"
_NAME = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_ENGLISH = rf"(?:{_NAME}\s+{_DAY},?\s+{_YEAR}|{_DAY}\s+{_NAME}\s+{_YEAR})"
_DATE = re.compile(rf"{_FULL}|{_ENGLISH}|{_RELATIVE}|{_SHORT}")
_BARE = re.compile(rf"(?:{_FULL}|{_ENGLISH}|{_COMPACT}|{_RELATIVE}|{_SHORT})")
_LABELLED = re.compile(rf"(?:时间|日期|发布|于|更新|生成|成文|date)[^\d]{{0,6}}({_FULL}|{_SHORT})", re.I)
_EDGE = re.compile(
    rf"^[\s\[［(（【]*({_YEAR}[-/.]{_MONTH}[-/.]{_DAY})(?!\d)|[\s\[［(（【]({_FULL}|{_SHORT})[\s\]］)）】]*$|({_YEAR}[-/.]{_MONTH}[-/.]{_DAY})[\s\]］)）】]*$"
)
_SPLIT = (
    # 16 | 2026-04, 16 | 2026年4月
    re.compile(rf"^({_DAY})日?\s+({_YEAR})\s*[-/.年]\s*({_MONTH})月?$"),
    # 2026-04 | 16
    re.compile(rf"^({_YEAR})\s*[-/.年]\s*({_MONTH})月?\s+({_DAY})日?$"),
    # 04-16 | 2026
    re.compile(rf"^({_MONTH})[-/.月]({_DAY})日?\s+({_YEAR})年?$"),
    # 2026 | 04-16
    re.compile(rf"^({_YEAR})年?\s+({_MONTH})[-/.月]({_DAY})日?$"),
)
_ORDER = ("dym", "ymd", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class Printed:
    """A date as it stands there, and the same in a form that a date reader takes."""

    raw: str
    plain: str


def printed_date(pieces: Sequence[str], limit: int = 40) -> Printed | None:
    """The first date that is the whole of its piece of text, nearly so, or labelled; split over pieces where need be.

    A date inside a sentence or a title (`自2024年1月1日起施行`) is none.
    """
    short = [piece.strip() for piece in pieces if piece.strip()]
    own = [found for piece in short if (found := _own_date(piece, limit))]
    if own and re.match(_YEAR, own[0]):
        return Printed(own[0], own[0])
    return _split_date(short) or (Printed(own[0], own[0]) if own else None)


def _own_date(piece: str, limit: int) -> str:
    bare = piece.strip(" \t[]［］()（）【】|·:：")
    if _BARE.fullmatch(bare):
        return bare
    if match := _LABELLED.search(piece):
        return match[1]
    if (match := _DATE.search(piece)) and len(piece) <= limit and len(match[0]) * 2 >= len(bare):
        return match[0]
    if match := _EDGE.search(piece):
        return match[1] or match[2] or match[3]
    return ""


def _split_date(pieces: Sequence[str]) -> Printed | None:
    for first, second in pairwise(pieces):
        if len(first) + len(second) > 16:
            continue
        raw = f"{first} {second}"
        for pattern, order in zip(_SPLIT, _ORDER, strict=True):
            if match := pattern.match(raw):
                part = dict(zip(order, match.groups(), strict=True))
                return Printed(raw, f"{part['y']}-{int(part['m']):02d}-{int(part['d']):02d}")
    return None


def is_date_text(text: str) -> bool:
    """Whether a text is a date and nothing else; a bare year or month (the head of a yearly archive) counts."""
    bare = text.strip(" \t\r\n[]［］()（）【】|·:：-")
    return bool(_BARE.fullmatch(bare)) or bool(re.fullmatch(rf"(?:{_YEAR}年?)?\s*[-/.]?\s*(?:{_MONTH}月?)?", bare))


def without_date(title: str) -> str:
    """A list's title without the date that is glued to it and the dots and labels behind it."""
    title = re.sub(r"\s*[\[［【(（]?(?:详细|详情|全文|阅读全文)[\]］】)）]?\s*$", "", title)
    glued = rf"[\s\[［(（【]*(?:{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}(?:\s+\d\d:\d\d(?::\d\d)?)?)[\s\]］)）】]*"
    boxed = rf"\s*[\[［(（【]\s*{_MONTH}[-/]{_DAY}\s*[\]］)）】]\s*"
    title = re.sub(rf"^(?:{glued}|{boxed})|(?:{glued}|{boxed})$", "", title)
    split = rf"^{_DAY}\s+{_YEAR}[-/.]{_MONTH}\s+|^{_YEAR}[-/.]{_MONTH}\s+{_DAY}\s+"
    return re.sub(split, "", title).strip()
