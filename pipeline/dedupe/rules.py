"""What `config/dedupe.yaml` may say, put together from what each step of deduplication needs to know."""

from pydantic import Field

from pipeline.core.config import Strict
from pipeline.dedupe.fingerprint import FingerprintRules
from pipeline.dedupe.furniture import FurnitureRules
from pipeline.dedupe.pair.alignment import AlignmentRules
from pipeline.dedupe.pair.editing import EditingRules
from pipeline.dedupe.pair.entities import EntityRules
from pipeline.dedupe.pair.evidence import Bond, EvidenceRules
from pipeline.dedupe.pair.swaps import SwapRules
from pipeline.dedupe.passages import PassageRules
from pipeline.dedupe.publishers import PublisherRules


class CandidateRules(Strict):
    """Which texts are worth a comparison (`config/dedupe.yaml`)."""

    least_shared: int = Field(ge=1)
    least_share: float = Field(ge=0, le=1)
    hot_key: int = Field(ge=1)
    most: int = Field(ge=1)


class Limits(Strict):
    """How much a repost may have changed: share of its digits, words, share of its prose."""

    entities: float = Field(ge=0)
    numbers: float = Field(ge=0, le=1)
    free_words: float = Field(ge=0)
    words: float = Field(gt=0)
    novel: float = Field(ge=0, le=1)
    scattered: float = Field(ge=0, le=1)
    form: bool


class JudgementRules(Strict):
    """When texts that share something say the same (`config/dedupe.yaml`)."""

    alike: float = Field(ge=0, le=1)
    short: int = Field(ge=0)
    short_share: float = Field(ge=0, le=1)
    errors: float = Field(ge=0, le=1)
    number_slack: float = Field(ge=0)
    number_excess: float = Field(ge=1)
    word_excess: float = Field(ge=0)
    converted_share: float = Field(ge=0, le=1)
    slot_words: float = Field(ge=0)
    slip: int = Field(ge=1)
    novel_run: int = Field(ge=0)
    novel_prose: int = Field(ge=0)
    foreign: int = Field(ge=0)
    form: int = Field(ge=0)
    day_weight: float = Field(ge=1)
    scattered_prose: int = Field(ge=0)
    passage_held: float = Field(ge=0, le=1)
    entity_excess: float = Field(ge=0)
    excerpt_held: float = Field(ge=0, le=1)
    excerpt_share: float = Field(ge=0, le=1)
    extends_held: float = Field(ge=0, le=1)
    extends_share: float = Field(ge=0, le=1)
    extends_foreign: float = Field(ge=0, le=1)
    limits: dict[Bond, Limits]


class DedupeRules(Strict):
    """`config/dedupe.yaml`."""

    fingerprint: FingerprintRules
    candidates: CandidateRules
    passages: PassageRules
    furniture: FurnitureRules
    alignment: AlignmentRules
    publishers: PublisherRules
    editing: EditingRules
    swaps: SwapRules
    entities: EntityRules
    evidence: EvidenceRules
    judgement: JudgementRules
