"""A document as deduplication sees it, and the same made ready to be compared with many."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from pipeline.core.models import Fingerprint
from pipeline.dedupe.pair.alignment import Sequence
from pipeline.dedupe.passages import Passages

_CHINA = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A document as deduplication sees it."""

    id: str
    text: str
    fingerprint: Fingerprint
    title: str = ""
    published_at: datetime | None = None
    document_number: str = ""
    publisher: str = ""  # 来源, as printed
    publisher_source: str = ""  # the configured source of that name, where there is one (`publishers`)
    is_declared: bool = False  # by its own 来源 a repost: it names another body than its own source
    tier: str = ""
    source_id: str = ""
    url: str = ""
    fetched_at: datetime | None = None
    canonical_id: str | None = None  # of its cluster, for a text that the corpus holds as a repost
    revised: bool = False  # a new text of a document that the corpus holds; `canonical_id` is that of the held one

    @property
    def day(self) -> date | None:
        """The day in China on which it was published."""
        return (self.published_at + _CHINA).date() if self.published_at else None

    @property
    def scope(self) -> str:
        """Whose furniture it may hold: its source, else its host; empty where neither is known."""
        return self.source_id or urlsplit(self.url).netloc

    def names(self, other: "Text") -> bool:
        """Whether its 来源 is the source of the other text, a source not its own."""
        return bool(self.publisher_source) and self.source_id != self.publisher_source == other.source_id


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A text made ready to be compared with many: its passages without furniture, and their seeds."""

    text: Text
    passages: Passages
    own: tuple[int, ...]
    starts: tuple[int, ...]  # of each own passage in the sequence, and the end
    sequence: Sequence
    digits: bytes  # for each character of the sequence, whether it is one
    labels: bytes  # … whether it stands in a label that states nothing

    def length(self, nth: int) -> int:
        """Canonical characters of its nth own passage."""
        return self.starts[nth + 1] - self.starts[nth]
