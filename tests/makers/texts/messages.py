"""Every message that people read, found where it is made: in code, templates, help and configuration."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from inspect import cleandoc

import click
import yaml
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from flows.cli.main import cli
from pipeline.core.conservation import COUNTS
from pipeline.core.models import Reason
from pipeline.core.observation import Grade, Trouble
from pipeline.health.alarm_rules import RunTrouble
from pipeline.page.obstacles import Cause
from tests.makers.places import ROOT

# What hands its first argument to people: `t` by itself, the others where they print.
SPOKEN = {"t", "say", "print", "add_column", "_heads", "ConfigError", "GongbaoError", "StoreError", "Unbalanced",
          "Undelivered", "missing"}  # fmt: skip
REASONS = {"Failed", "Reject"}  # whose second says more
NAMES: tuple[type[StrEnum], ...] = (Grade, Trouble, RunTrouble, Cause, Reason)
_WORD = re.compile(r"[A-Za-z]{2}")


def messages() -> set[str]:
    """All of them, with `{}` where something stands."""
    found = {*_of_code(), *_of_templates(), *_of_help(cli), *_of_config(), *COUNTS}
    found |= {
        str(each).replace("_", " ") if names in (Trouble, RunTrouble) else str(each)
        for names in NAMES
        for each in names
    }
    return {each for each in found if _WORD.search(each.replace("{}", ""))}


def _of_code() -> Iterator[str]:
    """Of the commands and of what reports say; crawls and samples speak to a log."""
    for path in (path for top in ("pipeline", "spiders", "flows") for path in sorted((ROOT / top).rglob("*.py"))):
        if "samples" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in SPOKEN:
                    yield from (
                        words for each in node.args[: None if name == "_heads" else 1] for words in _texts(each)
                    )
                if name in REASONS:
                    yield from (words for each in node.args[1:2] for words in _texts(each))
            elif isinstance(node, ast.Tuple) and ast.unparse(node).startswith("(Trouble."):
                yield from _texts(node.elts[1])
            elif path.stem == "suspicion" and isinstance(node, ast.Subscript) and ast.unparse(node.value) == "found":
                yield from _texts(node.slice)


def _texts(node: ast.expr) -> Iterator[str]:
    """What an expression can say: both branches of a choice, both parts of a sum."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text" and node.args:
        yield from _texts(node.args[0])


def _of_templates() -> Iterator[str]:
    folders = ROOT / "flows" / "web" / "templates", ROOT / "pipeline" / "report" / "templates"
    for path in (path for folder in folders for path in sorted(folder.glob("*.html"))):
        for _, _, words in extract_from_ast(Environment().parse(path.read_text("utf-8")), ("t",)):
            found = words if isinstance(words, str) else next(iter(words or ()), None)
            yield found or ""


def _of_help(command: click.Command) -> Iterator[str]:
    yield cleandoc(command.help or "")
    yield from (option.help for option in command.params if isinstance(option, click.Option) and option.help)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _of_help(below)


def _of_config() -> Iterator[str]:
    for name in ("crawl", "health", "alarms"):
        yield from _advice(yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text("utf-8")))


def _advice(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "advice":
                yield from value.values() if isinstance(value, dict) else (value,)
            else:
                yield from _advice(value)
