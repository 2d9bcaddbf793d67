"""The reference of every key, made from the models: Markdown for people, JSON Schema for editors.

`python -m tests.makers.texts.reference` writes both; a test asks whether they are of today.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from flows.commands.alarms import Automations
from flows.schedules import Schedules
from flows.sources.probe import CheckRules
from pipeline.attachments.rules import FileRules
from pipeline.core.limits import Limits
from pipeline.core.source import Source
from pipeline.dedupe.rules import DedupeRules
from pipeline.health.alarm_rules import AlarmRules
from pipeline.health.holidays import Holidays
from pipeline.health.rules import HealthRules
from pipeline.page.fields.rules import FieldRules
from pipeline.page.obstacles import Signatures
from pipeline.page.rules import ExtractionRules
from pipeline.publish.reprocess import AcceptRules
from pipeline.publish.rules import PublishRules
from pipeline.report.suspicion import MorningRules
from pipeline.text.quality import QualityRules
from pipeline.text.rules import BoilerplateRules
from pipeline.upkeep.maintenance import MaintenanceRules
from spiders.http.scrapy_settings import CrawlSettings
from spiders.listings.rows.rules import RowRules
from tests.makers.places import ROOT

MODELS: dict[str, type[BaseModel]] = {
    "source": Source, "alarms": AlarmRules, "attachments": FileRules, "automations": Automations,
    "boilerplate": BoilerplateRules, "check": CheckRules, "crawl": CrawlSettings, "dedupe": DedupeRules,
    "extraction": ExtractionRules, "fields": FieldRules, "health": HealthRules, "holidays": Holidays, "limits": Limits,
    "listings": RowRules, "maintenance": MaintenanceRules, "morning": MorningRules, "obstacles": Signatures,
    "publish": PublishRules, "quality": QualityRules, "reprocess": AcceptRules, "schedules": Schedules,
}  # fmt: skip
PAGE, SCHEMAS = ROOT / "docs" / "reference.md", ROOT / "config" / "schema"
_NOT_OURS = {("health", "holidays"), ("publish", "advice")}  # keys that another file fills
_LONGEST = 60  # characters of an example
_HEAD = """# Every key

Of a source (`config/sources/ID.yaml`) and of `config/`, made from the models by `python -m tests.makers.texts.reference`.
What a key says stands beside it in the code and in our own files, with the origin of each threshold. An editor that knows
JSON Schema checks a file while one types: its first line names the schema, `# yaml-language-server:
$schema=../schema/source.json` in a source, as `gongbao sources new` drafts it, `$schema=schema/NAME.json` in `config/`.
"""


def files() -> dict[Path, str]:
    """The files of the reference and what they must hold."""
    made = {SCHEMAS / f"{name}.json": json.dumps(model.model_json_schema(), ensure_ascii=False) + "\n"
            for name, model in MODELS.items()}  # fmt: skip
    return made | {PAGE: "\n".join([_HEAD, *(_section(name, model) for name, model in MODELS.items())])}


def _section(name: str, model: type[BaseModel]) -> str:
    head = "A source: `config/sources/ID.yaml`" if name == "source" else f"`config/{name}.yaml`"
    lines = [f"## {head}", "", "| key | type | default | is | example |", "|---|---|---|---|---|"]
    for key, field, words in _keys(model, name):
        default = "required" if field.is_required() else f"`{_short(field.get_default(call_default_factory=True))}`"
        words, example = words or _beside(name, key), _short(_example(name, key))
        cells = (f"`{key}`", f"`{_type(field.annotation)}`", default, words, f"`{example}`" if example else "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _keys(model: type[BaseModel], name: str, before: str = "") -> Iterator[tuple[str, FieldInfo, str]]:
    said = _comments(model)
    for key, field in model.model_fields.items():
        if (name, key) in _NOT_OURS:
            continue
        yield before + key, field, said.get(key, "")
        inner = _model(field.annotation)
        if inner:
            yield from _keys(inner, name, f"{before}{key}.")


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that a key holds, one or many of it."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model(each))), None)


def _comments(model: type[BaseModel]) -> dict[str, str]:
    """What stands beside a key in the code; else what its block says of itself."""
    source = textwrap.dedent(inspect.getsource(model))
    lines, told = source.splitlines(), dict[str, str]()
    for node in ast.parse(source).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found = re.search(r"  # (?!fmt|noqa|type)(.*)", lines[(node.end_lineno or node.lineno) - 1])
            inner = (
                _model(model.model_fields[node.target.id].annotation) if node.target.id in model.model_fields else None
            )
            told[node.target.id] = found[1] if found else (inner.__doc__ or "").split("\n")[0] if inner else ""
    return told


def _type(annotation: Any) -> str:
    if hasattr(annotation, "__metadata__"):
        return _type(annotation.__origin__)
    if annotation is type(None):
        return "nothing"
    if inspect.isclass(annotation) and not get_args(annotation):
        return "block" if issubclass(annotation, BaseModel) else annotation.__name__
    args = [each for each in get_args(annotation) if each is not Ellipsis]
    if str(get_origin(annotation)).startswith("typing.Literal"):
        return " | ".join(map(str, args))
    many = {tuple: "list of ", frozenset: "list of ", list: "list of ", dict: "mapping of "}.get(
        get_origin(annotation), ""
    )
    return many + " or ".join(dict.fromkeys(map(_type, args[-1:] if many else args))) if args else str(annotation)


def _beside(name: str, key: str) -> str:
    """What a file of ours says of a key: behind it on its line, else in the lines above."""
    if name == "source":
        return ""
    lines = (ROOT / "config" / f"{name}.yaml").read_text("utf-8").splitlines()
    *parents, last = key.split(".")
    for place, line in enumerate(lines):
        if re.match(rf"{'  ' * len(parents)}(- )?{re.escape(last)}:", line):
            if behind := re.search(r"\s#\s+(.+)$", line):
                return behind[1]
            above = list(takewhile(lambda each: re.match(r"\s*# [^-]", each), reversed(lines[:place])))
            return " ".join(each.strip(" #") for each in reversed(above))
    return ""


def _example(name: str, key: str) -> Any:
    """The value that our own files give."""
    paths = (
        sorted((ROOT / "config" / "sources").glob("*.yaml")) if name == "source" else [ROOT / "config" / f"{name}.yaml"]
    )
    for path in paths:
        told: Any = yaml.safe_load(path.read_text("utf-8"))
        for part in key.split("."):
            told = told[0] if isinstance(told, list) and told else told
            told = told.get(part) if isinstance(told, dict) else None
        if told not in (None, "", [], {}):
            return told
    return None


def _short(value: Any) -> str:
    if isinstance(value, BaseModel) or value is None or value is PydanticUndefined:
        return "" if value is None else "{}"
    text = json.dumps(sorted(value) if isinstance(value, frozenset) else value, ensure_ascii=False, default=str)
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…").replace("`", "'")


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
