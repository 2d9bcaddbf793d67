"""Every key that configuration may hold is read by somebody: a key that nobody reads is a promise that nobody keeps."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pipeline.core.config import Strict
from tests.makers.places import ROOT

TOPS = ("pipeline", "spiders", "flows")


def paths() -> list[Path]:
    every = (path for top in TOPS for path in sorted((ROOT / top).rglob("*.py")))
    return [path for path in every if path.name != "__main__.py" and "extension" not in path.parts]


@cache
def read_names() -> frozenset[str]:
    """Attributes that code asks for, and names that it asks for by their text."""
    found = set[str]()
    for path in paths():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                found.add(node.value)
    return frozenset(found)


def models() -> Iterator[type[Strict]]:
    """Everything that YAML is read into."""
    for path in paths():
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    waiting = [Strict]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model is not Strict and model.__module__.split(".")[0] in TOPS:
            yield model


@pytest.mark.parametrize(
    "model", sorted(set(models()), key=lambda model: model.__qualname__), ids=lambda model: model.__qualname__
)
def test_every_key_is_read(model: type[Strict]) -> None:
    assert [name for name in model.model_fields if name not in read_names()] == []
