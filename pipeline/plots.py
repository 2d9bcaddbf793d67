"""Counts in, pictures of them out: inline SVG, without scripts, readable in light and dark."""

from collections.abc import Sequence
from html import escape

Counts = Sequence[tuple[str, int]]
_ROW, _LABEL, _WIDTH = 20, 150, 640
_HEIGHT, _FOOT = 120, 46


def bars(counts: Counts, title: str) -> str:
    """A horizontal bar a name, with its number."""
    most = max((number for _, number in counts), default=0) or 1
    room = _WIDTH - _LABEL - 80
    rows = []
    for index, (name, number) in enumerate(counts):
        y, length = index * _ROW, round(room * number / most, 1)
        rows.append(
            f'<text x="{_LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LABEL}" y="{y + 3}" width="{max(length, 1)}" height="14" rx="2"/>'
            f'<text x="{_LABEL + length + 6}" y="{y + 14}">{number:,}</text>'
        )
    return _svg("".join(rows), len(counts) * _ROW or _ROW, title)


def columns(counts: Counts, title: str) -> str:
    """A vertical bar a name, for what has an order: months, lengths. Some names are written, all are on the bars."""
    most = max((number for _, number in counts), default=0) or 1
    wide = _WIDTH / max(len(counts), 1)
    named = max(1, round(60 / wide))
    parts = []
    for index, (name, number) in enumerate(counts):
        x, tall = index * wide, round(_HEIGHT * number / most, 1)
        parts.append(
            f'<rect x="{x + wide * 0.1:.1f}" y="{_HEIGHT - tall + 14}" width="{wide * 0.8:.1f}" height="{tall}">'
            f"<title>{escape(name)}: {number:,}</title></rect>"
        )
        if index % named == 0:
            parts.append(f'<text x="{x + wide / 2:.1f}" y="{_HEIGHT + 30}" text-anchor="middle">{escape(name)}</text>')
    parts.append(f'<text x="0" y="10">{most:,}</text>')
    return _svg("".join(parts), _HEIGHT + _FOOT, title)


def _svg(inside: str, height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}" width="100%">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )
