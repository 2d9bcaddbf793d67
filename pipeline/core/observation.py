"""What one night showed of one source, and what may be wrong with it: the data of `health.py`, kept in run reports."""

from datetime import date
from enum import StrEnum

from pipeline.core.config import Strict


class Trouble(StrEnum):
    """The closed list of what can become of a source. Grades and advice: `config/health.yaml`."""

    DEAD = "dead"  # does not answer
    BLOCKED = "blocked"  # answers, and turns us away
    LISTING_CHANGED = "listing_changed"  # a redesign: the listing names nothing, or not articles
    ARTICLES_CHANGED = "articles_changed"  # a redesign: its pages give no documents any more
    NO_DOCUMENTS = "no_documents"  # its pages come, and never one was a document
    ARTICLES_FAILED = "articles_failed"  # its pages cannot be had
    FROZEN_FEED = "frozen_feed"  # answers, and names nothing new
    SLOW_DECAY = "slow_decay"  # fewer and fewer articles
    FIELDS_LOST = "fields_lost"
    TEXTS_SHRUNK = "texts_shrunk"
    ADDRESSES_CHANGED = "addresses_changed"  # old articles under new addresses
    ERROR_PAGES = "error_pages"  # its documents give something else than their texts
    DEFECT = "defect"  # ours


class Grade(StrEnum):
    """How urgent an alarm is."""

    NOTICE = "notice"
    WARNING = "warning"
    ALARM = "alarm"


class Alarm(Strict):
    """Something that a person should know of a source."""

    source_id: str
    trouble: Trouble
    grade: Grade
    since: date
    nights: int  # in a row
    detail: str = ""
    advice: str = ""


class Observation(Strict):
    """One source in one night. `day`: on which most of what it found was published (`health.yaml`, night_begins)."""

    source_id: str
    day: date
    cause: str = ""  # why the crawl says that the source is broken (`obstacles.Cause`)
    detail: str = ""
    links: int = 0  # that its listings named; 0 also where they had not changed
    own_share: float | None = None  # of the links, those that are articles by the source's own rules
    known_share: float | None = None  # of the articles listed, those that were known
    newest: date | None = None  # the newest day that a listing shows
    stale_after: int = 0  # days after which the source itself says that its newest is too old; 0: never
    pages: int = 0  # that came for the first time: what was new tonight
    rejected: int = 0  # of these
    failed: int = 0  # articles that did not come
    documents: int = 0  # of the pages
    filled: dict[str, int] = {}  # field -> how many of the documents have it
    median_length: int = 0  # characters of their texts
    median_age: float | None = None  # days from their publication to tonight
    rest: bool = False  # most sources were silent that night, in a year whose holidays nobody entered
    troubles: tuple[Trouble, ...] = ()  # what was found wrong that night

    def followed_by(self, later: "Observation") -> "Observation":
        """Two runs of one night as one."""
        counts = ("pages", "rejected", "failed", "documents")
        more = {name: getattr(self, name) + getattr(later, name) for name in counts}
        richer = max(self, later, key=lambda each: each.documents)
        return later.model_copy(
            update=more
            | {
                "links": max(self.links, later.links),
                "newest": max(filter(None, (self.newest, later.newest)), default=None),
                "filled": {
                    name: self.filled.get(name, 0) + later.filled.get(name, 0) for name in self.filled | later.filled
                },
                "median_length": richer.median_length,
                "median_age": richer.median_age,
            }
        )
