"""`config/publish.yaml` in, the thresholds of what is published of a night out."""

from pathlib import Path

from pydantic import Field

from pipeline.core.config import Pattern, Strict, read
from pipeline.page.obstacles import Cause


class _Crawl(Strict, extra="ignore"):
    """Of `config/crawl.yaml`, what to do about each cause that a source can break of."""

    advice: dict[str, str]


class PublishRules(Strict):
    """When a page is an error page, a revision is held, a document withdrawn, a source broken."""

    short: int = Field(ge=1)
    addresses: int = Field(ge=2)
    least_shared: int = Field(ge=1)
    names_a_file: Pattern
    keeps: float = Field(gt=0, le=1)
    shrinks: float = Field(gt=0, le=1)
    nothing: float = Field(ge=0, lt=1)
    run: int = Field(ge=2)
    soft_404_visits: int = Field(ge=1)
    gone_together: int = Field(ge=2)
    several: int = Field(ge=1)
    share: float = Field(ge=0, le=1)
    again_days: tuple[int, ...] = Field(min_length=1)
    advice: str = ""  # on error pages; from crawl.yaml

    @classmethod
    def load(cls, config: Path) -> "PublishRules":
        """The rules of a configuration folder."""
        advice = read(config / "crawl.yaml", _Crawl).advice[Cause.ERROR_PAGES]
        return read(config / "publish.yaml", cls).model_copy(update={"advice": advice})
