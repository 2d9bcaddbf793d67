"""What `config/templates.yaml` may say: from how much on something is learned."""

from pathlib import Path

from pydantic import Field

from pipeline.core.config import Pattern, Strict, read


class TemplateRules(Strict):
    """`config/templates.yaml` says where each number comes from."""

    first_night: int = Field(ge=2)
    later: int = Field(ge=2)
    most: int = Field(ge=2)
    least_articles: int = Field(ge=2)
    least_share: float = Field(gt=0, le=1)
    least_share_few: float = Field(gt=0, le=1)
    least_share_prose: float = Field(gt=0, le=1)
    least_share_inside: float = Field(gt=0, le=1)
    least_lines: int = Field(ge=2)
    list_share: float = Field(gt=0, le=1)
    body_share: float = Field(gt=0, le=1)
    edge_share: float = Field(gt=0, le=1)
    own_share: float = Field(ge=0, le=1)
    passage: int = Field(ge=2)
    own_letters: int = Field(ge=1)
    again_from: int = Field(ge=1)
    never: Pattern
    addressee: Pattern

    @classmethod
    def load(cls, config: Path) -> "TemplateRules":
        """The rules of a configuration folder."""
        return read(config / "templates.yaml", cls)
