"""The folder `config/` in, every rule and threshold of the domain out, with a version of them all."""

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import xxhash

from pipeline.boilerplate import BoilerplateRules
from pipeline.config import read
from pipeline.dedupe_rules import DedupeRules
from pipeline.extraction_rules import ExtractionRules
from pipeline.field_rules import FieldRules
from pipeline.obstacles import Signatures
from pipeline.quality import QualityRules

_IMPORTED = re.compile(r"^\s*from pipeline(\.\w+| import (?:\([^)]*\)|.*))", re.MULTILINE)
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules. `version` changes whenever a rule, a threshold or code does that may change a document."""

    extraction: ExtractionRules
    fields: FieldRules
    boilerplate: BoilerplateRules
    quality: QualityRules
    obstacles: Signatures
    dedupe: DedupeRules
    version: str

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
            version=_version(config),
        )


@cache
def _version(config: Path) -> str:
    digest = xxhash.xxh3_64()
    files = [config / f"{each.name}.yaml" for each in fields(Rules) if each.name != "version"]
    for path in (*files, *code()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def code() -> list[Path]:
    """The modules that a document depends on: those of its way, whatever these import of us, and its row."""
    folder = Path(__file__).parent
    found, todo = set[Path](), ["documents"]
    while todo:
        path = folder / f"{todo.pop()}.py"
        if path not in found and path.exists():
            found.add(path)
            todo += [name for names in _IMPORTED.findall(path.read_text("utf-8")) for name in _NAME.findall(names)]
    return sorted(found | {folder / "schema.py", folder / "staging.py"})
