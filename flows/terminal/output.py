"""How commands speak: results on standard output, progress and words on standard error; bars on a terminal, lines elsewhere."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from flows.terminal import logs
from pipeline.core.dates import SHANGHAI
from pipeline.core.language import t

if TYPE_CHECKING:  # both load what takes a while
    from pipeline.core.conservation import RunReport
    from pipeline.corpus.diff import Difference


class Guarded(Console):
    """A console on which nothing that a page says is an order to the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of what is printed; Rich's own orders are no text."""
        for segment in super().render(renderable, options):
            harmless = segment.control or not logs.ORDERS.search(segment.text)
            yield segment if harmless else Segment(logs.shown(segment.text), segment.style)


class _Spoken(Guarded):
    """Lines and heads of tables in the language that is spoken."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*map(_spoken, objects), **how)


def _spoken(shown: Any) -> Any:
    if isinstance(shown, Table):
        for column in shown.columns:
            column.header = _spoken(column.header)
        shown.title = _spoken(shown.title)
    elif isinstance(shown, Text):
        shown.plain = t(shown.plain)  # keeps the style of the whole
    return t(shown) if isinstance(shown, str) else shown


err = _Spoken(stderr=True, highlight=False, soft_wrap=True)
out = _Spoken(highlight=False, soft_wrap=True)
raw = Guarded(highlight=False, soft_wrap=True)  # what is no word of ours
_LINES = 6  # of a changed text that are shown
_T = TypeVar("_T")


def say(words: str, level: str = "info") -> None:
    """A line for people, on standard error; where that is no terminal, a line of the log (`logs`)."""
    words = t(words)
    if err.is_terminal:
        err.print(words, markup=False)
    else:
        sys.stderr.write(logs.line(words, level, "gongbao", time.time()) + "\n")


def emit(row: Mapping[str, Any]) -> None:
    """One result as a JSON line on standard output."""
    sys.stdout.write(logs.in_json(json.dumps(row, ensure_ascii=False, default=plain)) + "\n")


def plain(value: object) -> object:
    """What JSON has no word for: times as ISO 8601 with the offset of Asia/Shanghai, the rest as text."""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def track(items: Iterable[_T], words: str, total: int | None) -> Iterator[_T]:
    """Pass items through, with a bar on a terminal and nothing elsewhere."""
    with bar(words, total) as step:
        for item in items:
            yield item
            step()


@contextmanager
def bar(words: str, total: int | None) -> Iterator[Any]:
    """A bar on a terminal; the value is called once an item, with an optional count and words."""
    if not err.is_terminal:
        yield lambda count=1, note="": None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(words, total=total, note="")
        yield lambda count=1, note="": progress.update(task, advance=count, note=note)


def show_document(row: Mapping[str, Any]) -> None:
    """A document for people: title, fields, text on standard output; the lines taken out on standard error."""
    if row.get("outcome") == "rejected":
        out.print(
            f"{row['id']}: rejected, {row['reason']}" + (f" ({row['detail']})" if row["detail"] else ""), markup=False
        )
        return
    raw.print(row["title"] or t("(no title)"), style="bold", markup=False)
    told = ((name, row.get(name)) for name in ("published_at", "publisher", "author", "editor", "lang"))
    raw.print("  ".join(f"{name}: {plain(value)}" for name, value in told if value), style="dim", markup=False)
    raw.print(row["text"] + "\n", markup=False)
    for each in row["removed"]:
        Console.print(err, f"- [{each['zone']}, {each['rule']}] {each['line']}", style="dim red", markup=False)


def show_differences(differences: "Iterable[Difference]") -> None:
    """Documents with the lines that they lost and gained, for people."""
    style = {"added": "green", "changed": "yellow", "gone": "red"}
    for each in differences:
        why = f" ({each.why})" if each.why else ""
        raw.print(Text(f"{each.what}{why} {each.source_id} {each.url}", style=style[each.what]))
        raw.print(Text(f"  {each.title}", style="bold"))
        for name, before, after in each.fields:
            raw.print(Text(f"  {name}: {_short(before)} → {_short(after)}", style="yellow"))
        for sign, colour, lines in (("-", "red", each.lost), ("+", "green", each.gained)):
            for line in lines[:_LINES]:
                raw.print(Text(f"  {sign} {line}", style=colour))
            if len(lines) > _LINES:
                raw.print(Text(f"  {sign} … {len(lines) - _LINES} more lines", style="dim"))


def _short(value: object) -> str:
    return "–" if value in (None, "", []) else str(plain(value) if isinstance(value, date) else value)


def tell(report: "RunReport") -> None:
    """A few lines for people on what a run did."""
    took = (report.ended_at - report.started_at).total_seconds()
    say(
        f"{report.kind} {report.run_id}: listed {report.total('listed')}, fetched {report.total('fetched')}, "
        f"skipped {report.total('skipped')} in {took:.0f} s: "
        f"{report.total('documents')} documents, {report.total('reposts')} reposts, {report.total('unchanged')} unchanged, "
        f"{report.total('rejected')} rejected, {report.total('failed')} failed, {report.total('withdrawn')} withdrawn"
    )
    for source in report.broken:
        say(f"  {source.source_id}: {source.cause} {source.detail}")
    if report.error:
        say(f"  {report.error}")
