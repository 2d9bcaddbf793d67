"""What a crawl and a run counted: the conservation law, and the reports that people read."""

from datetime import datetime

from pipeline.config import Strict


class ListingReport(Strict):
    """One listing in one crawl."""

    url: str
    family: str
    pages: int = 0
    links: int = 0  # distinct article links found
    newest: datetime | None = None
    etag: str = ""  # validators of its first page, for the next night
    last_modified: str = ""
    digest: str = ""
    unchanged: bool = False  # 304, or the digest that it had
    stop: str = ""  # which stopping rule fired (`sites.md` 1.12)
    cause: str = ""  # why it failed; empty if it did not
    flags: tuple[str, ...] = ()  # list_moved, ascending, truncated, …


class CrawlReport(Strict):
    """What the crawl of one source did. Counts are of distinct articles; re-visits that were due count as listed.

    listed = fetched + skipped + failed, always.
    """

    run_id: str
    source_id: str
    started_at: datetime
    ended_at: datetime
    listed: int = 0
    fetched: int = 0
    skipped: dict[str, int] = {}  # reason -> count: known, robots, denied, other_host, too_old, limit, …
    failed: dict[str, int] = {}  # reason -> count: timeout, dns, http_500, truncated, too_large, blocked:jsl, …
    failures: tuple[tuple[str, str], ...] = ()  # (URL, reason) of what failed, at most 1,000
    listings: tuple[ListingReport, ...] = ()
    landing: tuple[str, ...] = ()  # keys of the landing files, in order of writing
    requests: int = 0
    bytes: int = 0
    cause: str = ""  # why the source is broken, from a closed list; empty if it is not
    detail: str = ""

    @property
    def closes(self) -> bool:
        """Whether listed = fetched + skipped + failed."""
        return self.listed == self.fetched + sum(self.skipped.values()) + sum(self.failed.values())
