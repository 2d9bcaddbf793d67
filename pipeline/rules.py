"""The folder `config/` in, every rule and threshold of the domain out, with a version of them all."""

import ast
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import xxhash

from pipeline.attachments.rules import FileRules
from pipeline.core.config import file, read
from pipeline.dedupe.rules import DedupeRules
from pipeline.page.fields.rules import FieldRules
from pipeline.page.obstacles import Signatures
from pipeline.page.rules import ExtractionRules
from pipeline.page.template import NOTHING, Template
from pipeline.text.quality import QualityRules
from pipeline.text.rules import BoilerplateRules
from pipeline.text.verdict.forest import WEIGHTS, Forest, load

# Where a document is made, and where its row is.
_MAKERS = ("pipeline.documents", "pipeline.store.schema", "pipeline.store.staging")
_parsing = threading.Lock()
_STRING_OR_COMMENT = re.compile(r'''("""(?s:.*?)"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')|#.*''')


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules. `version` changes whenever a rule, a threshold or code does that may change a document."""

    extraction: ExtractionRules
    fields: FieldRules
    boilerplate: BoilerplateRules
    quality: QualityRules
    obstacles: Signatures
    dedupe: DedupeRules
    weights: Forest  # by which data judges lines
    attachments: FileRules
    version: str
    template: Template = NOTHING  # of the source whose pages are read

    def of(self, template: Template) -> "Rules":
        """The rules for the pages of one source; what was learned of it is a part of their version."""
        version = "+".join(filter(None, (self.version.partition("+")[0], template.version)))
        return replace(self, template=template, version=version)

    @classmethod
    def load(cls, config: Path) -> "Rules":
        """The rules of a folder; ConfigError names file, line and key."""
        return cls(
            extraction=read(config / "extraction.yaml", ExtractionRules),
            fields=read(config / "fields.yaml", FieldRules),
            boilerplate=read(config / "boilerplate.yaml", BoilerplateRules),
            quality=read(config / "quality.yaml", QualityRules),
            obstacles=read(config / "obstacles.yaml", Signatures),
            dedupe=read(config / "dedupe.yaml", DedupeRules),
            weights=load(),
            attachments=read(config / "attachments.yaml", FileRules),
            version=_version(config),
        )


def _version(config: Path) -> str:
    named = (each.name for each in fields(Rules) if each.name not in ("weights", "version", "template"))
    return version([*(file(config / f"{name}.yaml") for name in named), WEIGHTS], _code())


@cache
def _code() -> Mapping[str, str]:
    """What this process runs, whatever is installed meanwhile. CPython's parser fails where two threads parse at once."""
    with _parsing:
        return code()


def version(files: list[Path], modules: Mapping[str, str]) -> str:
    """A digest of rules and code: comments, docstrings, imports, and where modules lie count nothing."""
    digest = xxhash.xxh3_64()
    for path in files:
        digest.update(path.read_bytes())
    for text in sorted(modules.values()):
        digest.update(text.encode())
    return digest.hexdigest()[:12]


def code() -> dict[str, str]:
    """The modules that a document depends on: those of its way, whatever these import of us, and its row; each with
    what counts of its text.

    ModuleNotFoundError on an import of ours that leads to no module.
    """
    texts, names = dict[str, str](), list(_MAKERS)
    while names:
        name = names.pop()
        if name not in texts:
            texts[name], imported = meaning(name)
            names += imported
    return texts


def meaning(name: str) -> tuple[str, list[str]]:
    """What counts of a module's text, and the modules of ours that it imports; ModuleNotFoundError if there is none."""
    spec = find_spec(name)
    if spec is None or not spec.origin:
        raise ModuleNotFoundError(f"no module {name!r}: the version of the rules cannot follow it", name=name)
    text = Path(spec.origin).read_text("utf-8")
    lines, imported = text.split("\n"), list[str]()
    for node in _statements(ast.parse(text).body):
        imported += _imported(node)
        if _is_silent(node):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    bare = _STRING_OR_COMMENT.sub(lambda found: found[1] or "", "\n".join(lines))
    return "\n".join(line.rstrip() for line in bare.split("\n") if line.strip()), imported


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, name, []))
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(handler.body)


def _imported(node: ast.stmt) -> list[str]:
    """`from package import module` names the module, `from module import name` too."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names if each.name.startswith("pipeline.")]
    if not isinstance(node, ast.ImportFrom) or not f"{node.module}.".startswith("pipeline."):
        return []
    inner = [f"{node.module}.{each.name}" for each in node.names]
    return [name if _is_module(name) else str(node.module) for name in inner]


def _is_module(name: str) -> bool:
    package = find_spec(name.rpartition(".")[0])
    return bool(package and package.submodule_search_locations and find_spec(name))


def _is_silent(node: ast.stmt) -> bool:
    """Imports, and texts that stand alone, which are docstrings."""
    alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return alone or isinstance(node, ast.Import | ast.ImportFrom)
