"""`config/health.yaml` and `config/holidays.yaml` in, the thresholds of `health.py` out."""

from pathlib import Path

from pydantic import Field, model_validator

from pipeline.core.config import Strict, read
from pipeline.core.observation import Grade, Trouble
from pipeline.health.holidays import Holidays


class Silence(Strict):
    """When a listing that names nothing new is too silent."""

    surprise: float = Field(gt=0)
    least_chance: float = Field(gt=0, lt=1)
    rare: float = Field(ge=0, lt=1)
    beat_nights: int = Field(ge=1)
    beat_chance: float = Field(gt=0, lt=1)
    regular_chance: float = Field(gt=0, lt=1)
    soon: int = Field(ge=1, le=6)
    late_nights: int = Field(ge=1)
    longest: float = Field(ge=1)


class Share(Strict):
    """When a share of pages has risen."""

    surprise: float = Field(gt=0)
    rise: float = Field(gt=0, lt=1)
    pages: int = Field(ge=1)
    nights: int = Field(ge=1)
    failed: int = Field(ge=1)
    least: float = Field(gt=0, lt=1)


class CommonRest(Strict):
    """When a night is a holiday that nobody entered."""

    sources: int = Field(ge=2)
    share: float = Field(gt=0, le=1)
    nights: int = Field(ge=1)


class Texts(Strict):
    """When texts have shrunk."""

    factor: float = Field(gt=1)
    deviations: float = Field(gt=0)
    documents: int = Field(ge=1)


class ListingRule(Strict):
    """When a listing's links are not articles any more."""

    own: float = Field(gt=0, lt=1)
    links: int = Field(ge=1)


class Decay(Strict):
    """When a source brings too few."""

    windows: dict[int, float] = Field(min_length=1)
    base: int = Field(ge=1)
    share: float = Field(gt=0, lt=1)


class Addresses(Strict):
    """When old articles come under new addresses."""

    new: int = Field(ge=1)
    known: float = Field(ge=0, le=1)
    days: int = Field(ge=1)


class HealthRules(Strict):
    """All thresholds of health, and the calendar."""

    history: int = Field(ge=1)
    night_begins: int = Field(ge=0, le=23)
    first_nights: int = Field(ge=0)
    learning: int = Field(ge=1)
    class_nights: int = Field(ge=1)
    accept: int = Field(ge=1)
    pages_without_document: int = Field(ge=1)
    silence: Silence
    share: Share
    common_rest: CommonRest
    texts: Texts
    listing: ListingRule
    decay: Decay
    addresses: Addresses
    grades: dict[Trouble, dict[Grade, int]]
    advice: dict[Trouble, str]
    holidays: Holidays | None = None  # from a file of its own

    @model_validator(mode="after")
    def _is_complete(self) -> "HealthRules":
        for trouble in Trouble:
            if trouble not in self.advice or set(self.grades.get(trouble, ())) != set(Grade):
                raise ValueError(f"no advice or no grades for {trouble}")
        return self

    @classmethod
    def load(cls, config: Path) -> "HealthRules":
        """The rules of a configuration folder; ConfigError names file, line and key."""
        rules = read(config / "health.yaml", cls)
        return rules.model_copy(update={"holidays": read(config / "holidays.yaml", Holidays)})

    def grade(self, trouble: Trouble, nights: int) -> Grade:
        """How urgent a trouble is after so many nights in a row."""
        steps = self.grades[trouble]
        return next(
            (grade for grade in (Grade.ALARM, Grade.WARNING) if nights >= steps[grade]),
            Grade.NOTICE,
        )
