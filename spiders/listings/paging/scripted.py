"""Pagers that a script draws (kkpager, laypage, jQuery.pagination, a site's own `goPage(n)`): the address of page n, read and never run."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from spiders.listings.paging.numbered import total_pages

_FUNCTION = re.compile(r"(?:\bfunction\s+(\w+)\s*|\b(\w+)\s*[:=]\s*function\s*|\b(jump)\s*)\(\s*(\w+)[^()]*\)\s*\{")
_OPENED = re.compile(r"\blocation(?:\.href)?\s*=(?!=)|\blocation\.(?:assign|replace)\s*\(|\bwindow\.open\s*\(")
_RETURNED = re.compile(r"\breturn\b")
# What a plugin calls the function that opens page n, and how the plugin is called.
_PLUGINS = {"getLink": "kkpager", "jump": "laypage", "callback": ".pagination("}
_CALL = re.compile(r"\b(?!void\b)(\w+)\s*\(\s*['\"]?(\d{1,5})['\"]?\s*[,)][^<>]*>(?:\s*<\w+[^<>]*>)*\s*([^<>\s]{1,6})")
_LAST = re.compile(r"尾页|末页|最后一?页")
_TEXT = re.compile(r"""\b(\w+)\s*[:=]\s*(?:"([^"\n]*)"|'([^'\n]*)')""")
_NUMBER = re.compile(r"\b(\w+)\s*[:=]\s*['\"]?(\d{1,7})\b")
_TOKEN = re.compile(r"""\s*("[^"\n]*"|'[^'\n]*'|\((?:[^()'"]|\([^()]*\))*\)|[\w.$]+(?:\([^()]*\))?)\s*(\+|$)""")
_LONGEST = 3000  # characters of a function that is read
_PER_PAGE = 10  # laypage's own default


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """`pattern` with `{n}` for page n's number plus `shift`; `count`: pages, as far as the page says."""

    pattern: str
    shift: int
    count: int | None


def turning(text: str, url: str) -> Turning | None:
    """How the scripts of a page open its further pages; None if they do not, or not by an address."""
    calls = [(name, int(number), label) for name, number, label in _CALL.findall(text)]
    names = {name for name, _, label in calls if label.isdigit() or label.startswith("下")}
    words = {name: double or single for name, double, single in reversed(_TEXT.findall(text))}
    for name, parameter, body in _functions(text):
        plugin = _PLUGINS.get(name, "")
        if name not in names and not (plugin and plugin in text):
            continue
        for expression in _addresses(body, _RETURNED if name == "getLink" else _OPENED):
            if made := _pattern(expression, parameter, words, url):
                called = [(number, label) for call, number, label in calls if call == name]
                return _turning(*made, called, text, url)
    return None


def _turning(pattern: str, shift: int, called: list[tuple[int, str]], text: str, url: str) -> Turning:
    from_zero = min((number - int(label) for number, label in called if label.isdigit()), default=0)
    ends = [number - from_zero for number, label in called if label.isdigit() or _LAST.match(label)]
    count = total_pages(text) or page_count(text) or max(ends, default=None)
    return Turning(pattern=urljoin(url, pattern), shift=shift + from_zero, count=count)


def page_count(text: str) -> int | None:
    """The number of pages that a call of a known plugin names."""
    numbers = {name: int(value) for name, value in reversed(_NUMBER.findall(text))}
    if "kkpager" in text:
        said = re.search(r"\btotal\s*:\s*['\"]?(\w+)", text)
        return (int(said[1]) if said[1].isdigit() else numbers.get(said[1])) if said else None
    if "laypage" not in text:
        return numbers.get("pageCount") if ".pagination(" in text else None
    if "count" in numbers:
        return math.ceil(numbers["count"] / max(1, numbers.get("limit", _PER_PAGE)))
    return numbers.get("pages")


def _functions(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, first parameter and body of each function."""
    for match in _FUNCTION.finditer(text):
        depth, end, limit = 1, match.end(), match.end() + _LONGEST
        while depth and end < min(limit, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield match[1] or match[2] or match[3], match[4], text[match.end() : end - 1]


def _addresses(body: str, before: re.Pattern[str]) -> Iterator[str]:
    """What is opened, the last first: the first one is often page 1's own case."""
    for match in reversed(list(before.finditer(body))):
        expression = re.split(r";|\n|\}|,\s*['\"]_", body[match.end() :], maxsplit=1)[0].strip()
        yield expression.removesuffix(")") if expression.count(")") > expression.count("(") else expression


def _pattern(expression: str, parameter: str, words: dict[str, str], url: str) -> tuple[str, int] | None:
    """The pattern and the shift of a sum of texts and the page's number; None if it is anything else."""
    number = rf"{parameter}(?:\.curr|\.getCurrent\(\))?"
    own = {"location.pathname": urlsplit(url).path, "location.href": url}
    made, shift, at = "", 0, 0
    while at < len(expression):
        token = _TOKEN.match(expression, at)
        if not token:
            return None
        at, piece = token.end(), token[1]
        if counted := re.fullmatch(rf"\(?\s*{number}\s*(?:([-+])\s*(\d+)\s*)?\)?", piece):
            made, shift = made + "{n}", int((counted[1] or "") + (counted[2] or "0"))
        elif piece[0] in "\"'":
            made += piece[1:-1]
        elif (name := piece.removeprefix("this.").removeprefix("window.")) in words or name in own:
            made += own.get(name) or words.get(name, "")
        else:
            return None
    return (made, shift) if made.count("{n}") == 1 else None
