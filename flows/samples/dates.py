"""Dates in texts that are written before anybody knows the calendar: marks, which become words when a world is dated.

The dice of a world never see a date, only how many days before its last night something happens: so the world is the
same on every day, and a mark of 3 days before reads 11月27日 on one day and 2月28日 on another.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

_MARK = re.compile(r"⟦(\w+) (\d+)⟧")


def _last_month(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)


_WORDS: dict[str, Callable[[date], str]] = {
    "date": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "month_day": lambda day: f"{day.month}月{day.day}日",
    "day": lambda day: f"{day.day}日",
    "year": lambda day: str(day.year),
    "past_month": lambda day: str(_last_month(day).month),  # and the year that it belongs to
    "past_year": lambda day: str(_last_month(day).year),
    "weekday": lambda day: f"{day:%A}",
}
_DAYS_APART = ("date", "month_day")  # the words that never say the same of two days


def mark(word: str, ago: int) -> str:
    """What stands for a word about the day that lies `ago` days before the last night."""
    if word not in _WORDS:
        raise KeyError(word)
    return f"⟦{word} {ago}⟧"


def dated(text: str, base: date) -> str:
    """The text with its marks read on a calendar on which the last night is `base`."""
    return _MARK.sub(lambda found: _WORDS[found[1]](base - timedelta(days=int(found[2]))), text)


def alike(text: str) -> str:
    """The same for texts that some calendar makes the same: two days may lie in one month."""
    return _MARK.sub(lambda found: found[0] if found[1] in _DAYS_APART else f"⟦{found[1]}⟧", text)
