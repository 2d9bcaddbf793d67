"""Every key that configuration may hold is read by somebody: a key that nobody reads is a promise that nobody keeps."""

import ast
import importlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jsonschema
import yaml

from pipeline.core.config import Strict
from tests.makers.places import ROOT
from tests.makers.texts import reference

TOPS = ("pipeline", "spiders", "flows")


MADE_BY_US = ("pipeline.core.conservation", "pipeline.core.observation", "pipeline.corpus.nightly_files")  # no YAML
# Words for people, and examples that tests hold a rule to.
FOR_PEOPLE = {"Source.notes", "Source.verify", "Rule.matches", "Rule.legitimate", "Rule.spares", "Signatures.innocent"}
# A label that ends the value before it; the labels are read as one mapping.
READ_TOGETHER = {"LabelRules.expires"}


def paths() -> list[Path]:
    return [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))]


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
    for path in (path for path in paths() if path.name != "__main__.py"):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    waiting = [Strict]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model is not Strict and model.__module__ not in MADE_BY_US:
            yield model


def test_every_key_is_read() -> None:
    unread = {
        f"{model.__qualname__}.{name}" for model in models() for name in model.model_fields if name not in read_names()
    }
    assert unread <= FOR_PEOPLE | READ_TOGETHER


def test_the_reference_of_every_key_is_of_todays_models() -> None:
    stale = [path.name for path, text in reference.files().items() if path.read_text("utf-8") != text]
    assert not stale, "python -m tests.makers.texts.reference writes them"


def test_a_misspelt_key_and_a_wrong_value_are_red_in_an_editor() -> None:
    schema = json.loads((reference.SCHEMAS / "source.json").read_text("utf-8"))
    good = yaml.safe_load((ROOT / "config" / "sources" / "miit.yaml").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors(good))
    for wrong in ({"listing": []}, {"tier": "state"}, {"fetch": {"dealy": 3}}):
        assert list(validator.iter_errors(good | wrong)), wrong
