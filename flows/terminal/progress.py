"""The crawlers' log in, a bar for each source out, with rates and what remains; on a terminal only."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as Bar
from rich.text import Text

from flows.terminal import output

_TOLD = re.compile(r" spiders\.crawl\.spider: (\d+) of (\d+) articles$")
_shown: Progress | None = None


class _Rate(ProgressColumn):
    def render(self, task: Bar) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="dim")


@contextmanager
def bars() -> Iterator[None]:
    """Show the crawls that go on inside."""
    global _shown
    if not output.err.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=output.err, transient=True) as _shown:
        try:
            yield
        finally:
            _shown = None


def watch(source_id: str, log: Callable[[str], None]) -> Callable[[str], None]:
    """A reader of a crawl's log that passes each line on, and moves the source's bar."""
    bar: TaskID | None = None

    def read(line: str) -> None:
        nonlocal bar
        log(line)
        if _shown and (told := _TOLD.search(line)):
            done, listed = map(int, told.groups())
            if bar is None:
                bar = _shown.add_task(source_id, total=listed)
            _shown.update(bar, completed=done, total=listed)

    return read
