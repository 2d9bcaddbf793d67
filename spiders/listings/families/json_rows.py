"""Rows out of a JSON answer: by the paths that a source names, or found by what keys are usually called."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pipeline.core.outside_text import load_json
from pipeline.core.source import JsonRows
from pipeline.core.urls import join
from spiders.listings.exchange import Link, once
from spiders.listings.reader import link
from spiders.listings.rows.anchors import squeeze
from spiders.listings.rows.outline import parse_html

# What the JSON of ucap, gkmlpt, gov.cn, IGS, search5, 新华网 and 东方财富 calls these three (`sites.md` 1.6 to 1.9).
_URL = """
    url uniqueurl docpuburl publishurl linkurl link href docurl pageurl shareurl weburl htmlurl url_w contenturl
""".split()
_TITLE = ["title", "bt", "doctitle", "showtitle", "doc_title", "titlename", "name", "topic"]
_DATE = """
    publishedtimestr publishedtime publishtime publish_time docrelpubtime pubdate pubtimestr pubtime
    display_publish_time showtime zxsj releasetime created_at createtime date time cwrq
""".split()
_TOTAL = ["total", "totalcount", "totalrecord", "total_count", "totalelements", "recordcount", "count", "totalhits"]
_WRAPPED = re.compile(r"^\s*(?:var\s+\w+\s*=\s*|[\w.$]*\s*\()\s*([\[{].*[\]}])\s*\)?\s*;?\s*$", re.S)


def load(text: str) -> Any:
    """The data of a JSON, JSONP (`f({…})`) or script (`var x={…};`) answer; None where it is none of them."""
    text = text.lstrip("\ufeff")
    match = _WRAPPED.match(text)
    try:
        return load_json(match[1] if match else text)
    except ValueError:
        return None


def dig(data: Any, path: str) -> Any:
    """The value at a dotted path; of alternatives parted by `|` the first that is there and says something."""
    for way in path.split("|"):
        value = data
        for step in way.split(".") if way else []:
            if isinstance(value, list) and step.isdigit():
                value = value[int(step)] if int(step) < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        if value not in (None, "", []):
            return value
    return None


def read_json(data: Any, spec: JsonRows | None, base_url: str, base: datetime) -> tuple[tuple[Link, ...], int | None]:
    """The articles that the data names, and how many it says there are."""
    if spec is None:
        rows, total = guess_rows(data), _guess_total(data)
        found = (_link(_guess(row, _URL), _guess(row, _TITLE), _guess(row, _DATE), base_url, base) for row in rows)
    else:
        held = dig(data, spec.rows) if spec.rows else data
        rows = [row for row in held if isinstance(row, dict)] if isinstance(held, list) else []
        total = _whole(dig(data, spec.total)) if spec.total else None
        found = (
            _link(_address(row, spec.url), _say(row, spec.title), _say(row, spec.date), base_url, base) for row in rows
        )
    return once(one for one in found if one), total


def _address(row: Any, spec: str) -> Any:
    """The value at a path; or, where rows name no address, the spec with `{path}` filled in from the row."""
    if "{" not in spec:
        return dig(row, spec)
    values = {path: dig(row, path) for path in re.findall(r"\{([^{}]+)\}", spec)}
    if any(value is None for value in values.values()):
        return None
    return re.sub(r"\{([^{}]+)\}", lambda match: str(values[match[1]]), spec)


def _say(row: Any, path: str) -> Any:
    return dig(row, path) if path else None


def _link(url: Any, title: Any, date: Any, base_url: str, base: datetime) -> Link | None:
    if not isinstance(url, str) or not url.strip():
        return None
    if "<" in url and (href := re.search(r"""href=["']([^"']+)""", url)):
        url = href[1]
    address = join(base_url, url)
    return link(address, plain(title), plain(date), base) if address else None


def plain(value: Any) -> str:
    """A JSON value as text without the marks of a highlighter; the first of several."""
    if isinstance(value, list):
        value = value[0] if value else ""
    text = "" if value is None or isinstance(value, dict | bool) else str(value)
    return squeeze(str(parse_html(text).text_content())) if "<" in text or "&" in text else squeeze(text)


def guess_rows(data: Any) -> list[dict[str, Any]]:
    """The longest array of objects that have an address and a title; objects one level deeper count too."""
    best: list[dict[str, Any]] = []
    for array in _arrays(data):
        rows = [row for row in map(_flat, array) if row and _guess(row, _URL) and _guess(row, _TITLE)]
        if len(rows) > len(best):
            best = rows
    return best


def _flat(row: Any) -> dict[str, Any] | None:
    if isinstance(row, dict) and len(row) == 1 and isinstance(inner := next(iter(row.values())), dict):
        return inner
    return row if isinstance(row, dict) else None


def _arrays(data: Any) -> Iterator[list[Any]]:
    if isinstance(data, list):
        yield data
    values = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for value in values:
        if isinstance(value, dict | list):
            yield from _arrays(value)


def _guess(row: dict[str, Any], names: list[str]) -> Any:
    lower = {key.lower(): value for key, value in row.items()}
    return next((lower[name] for name in names if lower.get(name) not in (None, "", [])), None)


def _guess_total(data: Any) -> int | None:
    if not isinstance(data, dict):
        return None
    if (total := _whole(_guess(data, _TOTAL))) is not None:
        return total
    return next((total for value in data.values() if (total := _guess_total(value)) is not None), None)


def _whole(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdigit() else None


def html_rows(data: Any) -> list[str]:
    """The longest array of HTML snippets (jsearch answers with those)."""
    arrays = [[row for row in array if isinstance(row, str) and "<a" in row] for array in _arrays(data)]
    return max(arrays, key=len, default=[])
