"""The folder `config/` in, every rule and threshold of the domain out, with a version of them all."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import xxhash

from pipeline.boilerplate import BoilerplateRules
from pipeline.config import read
from pipeline.field_rules import FieldRules
from pipeline.judgement import DedupeRules
from pipeline.obstacles import Signatures
from pipeline.quality import QualityRules
from pipeline.weigh import ExtractionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules. `version` changes whenever a rule, a threshold or the code of the domain does."""

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
    for path in (*sorted(config.glob("*.yaml")), *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
