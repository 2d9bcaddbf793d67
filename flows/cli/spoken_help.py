"""The help of commands in the language that is spoken: click's own words, ours, and the heads above them."""

import re
from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

import click

from pipeline.core.language import spoken, t

_EXTRA = re.compile(r"\[(default: |required|\d+<=x)")  # what click says of an option after our words


class Formatter(click.HelpFormatter):
    """Heads in the language that is spoken."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, t("Usage: ") if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(t(heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], *columns: Any, **widths: Any) -> None:
        told = []
        for name, words in rows:
            at = found.start() if (found := _EXTRA.search(words)) else len(words)
            extra = words[at:].replace("[default: ", t("[default: ")).replace("required]", t("required]"))
            told.append((name, t(words[:at].rstrip()) + ("  " + extra if extra else "")))
        super().write_dl(told, *columns, **widths)


def translate(command: click.Command) -> None:
    """The words of a command and of all below it."""
    click.Context.formatter_class = Formatter
    if spoken() == "en":
        return
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            option.help = t(option.help)
    if command.help:
        command.help = t(cleandoc(command.help))
        command.short_help = re.split(r"(?<=[。；])|\n", command.help)[0].rstrip("。；")
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        translate(below)
