"""What `config/extraction.yaml` may say: names, marks, weights and shares by which a body is found."""

from pydantic import Field

from pipeline.core.config import Pattern, Strict


class Containers(Strict):
    """Names that say: the body is in here."""

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    tags: tuple[str, ...]
    words: tuple[str, ...]


class Boundary(Strict):
    """A pair of marks around the body."""

    begin: Pattern
    end: Pattern


class Weights(Strict):
    """How a line is weighed; `config/extraction.yaml` says where each number comes from."""

    sentence: float
    clause: float
    words: float
    longest: int
    link: float
    foot: float
    set_apart: float
    beyond_title: float
    beyond_tail: float


class Evidence(Strict):
    """What speaks for a candidate; `config/extraction.yaml` says where each number comes from."""

    source: float
    mark: float
    known: float
    learned: float
    density: float
    cover: float
    opening: float
    title: float
    links: float
    beyond_most: float


class Shares(Strict):
    """Shares that decide between elements; `config/extraction.yaml` says where each comes from."""

    apart_at_most: float = Field(ge=0, le=1)
    narrow: float = Field(ge=0, le=1)
    narrow_named: float = Field(ge=0, le=1)
    narrow_words: float = Field(ge=0, le=1)
    widen: float = Field(ge=0, le=1)
    feed_items: int
    feed_lines: int
    doubt_below: int
    doubt_share: float = Field(ge=0, le=1)
    title_near: int
    opening_counts: float


class ExtractionRules(Strict):
    """`config/extraction.yaml`."""

    containers: Containers
    boundaries: tuple[Boundary, ...]
    chrome: tuple[str, ...]
    hidden: tuple[str, ...]
    expand: Pattern
    tail: Pattern
    foot: Pattern
    comments: Pattern
    reply: Pattern
    label: Pattern
    weights: Weights
    evidence: Evidence
    shares: Shares
