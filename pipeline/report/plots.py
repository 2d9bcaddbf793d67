"""Counts in, pictures of them out: inline SVG, without scripts, readable in light and dark."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from html import escape

from pipeline.core.dates import SHANGHAI

Counts = Sequence[tuple[str, int]]
_ROW, _WIDTH = 20, 640
_NAME = 38  # pixels that a short name takes
NARROW = 380  # readable at its own size on a phone
_TOP, _HEIGHT, _FOOT = 16, 120, 46


def bars(counts: Counts, title: str, width: int = _WIDTH, *, shares: bool = False) -> str:
    """A horizontal bar a name, with its number, and with `shares` how much of all it is."""
    total = sum(number for _, number in counts) or 1
    label = 150 if width == _WIDTH else 130
    most = max((number for _, number in counts), default=0) or 1
    room = width - label - (110 if shares else 80)
    rows = []
    for index, (name, number) in enumerate(counts):
        y, length = index * _ROW, round(room * number / most, 1)
        rows.append(
            f'<text x="{label - 8}" y="{y + 14}" text-anchor="end">{escape(_fit(name, label))}'
            f"<title>{escape(name)}</title></text>"
            f'<rect x="{label}" y="{y + 3}" width="{max(length, 1)}" height="14" rx="2"/>'
            f'<text x="{label + length + 6}" y="{y + 14}">{number:,}{f" · {number / total:.0%}" if shares else ""}</text>'
        )
    return _svg("".join(rows), len(counts) * _ROW or _ROW, title, width)


def moments(times: Sequence[datetime]) -> list[str]:
    """The names of runs by when they began: the day, and where a day has several the minute, too."""
    days = Counter(f"{at.astimezone(SHANGHAI):%m-%d}" for at in times)
    return [f"{at.astimezone(SHANGHAI):{'%m-%d' if max(days.values()) == 1 else '%m-%d %H:%M'}}" for at in times]


def columns(counts: Counts, title: str, width: int = _WIDTH, bad: Collection[str] = ()) -> str:
    """A vertical bar a name, for what has an order: months, lengths. Where there is no room for all names and numbers,
    some names are written, and the greatest number beside its line; all are told on pointing.

    Names in `bad` have a mark under the axis.
    """
    most = max((number for _, number in counts), default=0) or 1
    wide = width / max(len(counts), 1)
    named = max(1, round(60 / wide)) if wide < _NAME else 1
    parts = [_line(width, _TOP + _HEIGHT)]
    if named > 1:
        parts += [_line(width, _TOP), f'<text x="0" y="{_TOP - 4}">{most:,}</text>']
    for index, (name, number) in enumerate(counts):
        x, tall = index * wide, round(_HEIGHT * number / most, 1)
        parts.append(
            f'<rect x="{x + wide * 0.1:.1f}" y="{_TOP + _HEIGHT - tall:.1f}" width="{wide * 0.8:.1f}" height="{tall}">'
            f"<title>{escape(name)}: {number:,}</title></rect>"
        )
        if name in bad:
            parts.append(_mark(x + wide * 0.1, wide * 0.8, _TOP + _HEIGHT + 1))
        middle = min(max(x + wide / 2, _NAME / 2), width - _NAME / 2)
        if named == 1:
            y = _TOP + _HEIGHT - tall - 4
            parts.append(f'<text x="{middle:.1f}" y="{y:.1f}" text-anchor="middle">{number:,}</text>')
        if index % named == 0:
            parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT + 33}" text-anchor="middle">{escape(name)}</text>')
    return _svg("".join(parts), _HEIGHT + _FOOT, title, width)


def spark(counts: Counts, title: str, bad: Collection[int] = ()) -> str:
    """The same as small as a word, without words; what it says is in its title. `bad`: places, from 0."""
    width, tall = 150, 24
    most = max((number for _, number in counts), default=0) or 1
    wide = width / max(len(counts), 1)
    parts = []
    for index, (_, number) in enumerate(counts):
        height = max(round(tall * number / most, 1), 1)
        parts.append(
            f'<rect x="{index * wide:.1f}" y="{tall - height:.1f}" width="{wide * 0.8:.1f}" height="{height}"/>'
            + (_mark(index * wide, wide * 0.8, tall + 2) if index in bad else "")
        )
    return _svg("".join(parts), tall + 6, title, width)


def _line(width: int, y: int) -> str:
    return f'<path d="M0 {y}.5H{width}" stroke="currentColor" stroke-opacity=".35"/>'


def _mark(x: float, width: float, y: int) -> str:
    return f'<rect class="bad" x="{x:.1f}" y="{y}" width="{width:.1f}" height="4"/>'


def _fit(name: str, width: int) -> str:
    """A name as long as the room before its bar; the whole of it is shown on pointing."""
    room = (width - 8) // 7  # pixels of a letter at 12 px; Han characters are twice as wide
    lengths = [2 if ord(letter) > 0x2E7F else 1 for letter in name]
    if sum(lengths) <= room:
        return name
    kept = next(count for count in range(len(name), -1, -1) if sum(lengths[:count]) < room)
    return name[:kept] + "…"


def _svg(inside: str, height: int, title: str, width: int) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" width="100%">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )
