"""Bars on a terminal, nothing elsewhere; the crawlers' own words move them."""

from io import StringIO

import pytest
from rich.console import Console

from flows.terminal import output, progress

LINE = "2026-01-05 18:00:00,000 INFO spiders.crawl.spider: 12 of 40 articles"


def test_a_terminal_shows_a_bar_for_each_source_and_every_line_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, lines = StringIO(), list[str]()
    monkeypatch.setattr(output, "err", Console(file=screen, force_terminal=True, width=100))
    with progress.bars():
        read = progress.watch("ministry", lines.append)
        read("2026-01-05 18:00:00,000 INFO spiders.walk: something else")
        read(LINE)
    assert "ministry" in screen.getvalue()
    assert "12/40" in screen.getvalue()
    assert len(lines) == 2


def test_elsewhere_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, lines = StringIO(), list[str]()
    monkeypatch.setattr(output, "err", Console(file=screen))
    with progress.bars():
        progress.watch("ministry", lines.append)(LINE)
    assert (screen.getvalue(), lines) == ("", [LINE])
