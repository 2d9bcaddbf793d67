"""What a crawl and a run counted: the conservation law, and the reports that people read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pipeline.core.config import Strict
from pipeline.core.dates import SHANGHAI
from pipeline.core.errors import GongbaoError
from pipeline.core.language import t
from pipeline.core.observation import Alarm, Grade, Observation


class ListingReport(Strict):
    """One listing in one crawl."""

    url: str
    family: str
    pages: int = 0
    links: int = 0  # distinct article links found
    newest: datetime | None = None
    longest_pause: int = 0  # days between two dates that follow one another on it
    etag: str = ""  # validators of its first page, for the next night
    last_modified: str = ""
    digest: str = ""
    unchanged: bool = False  # 304, or the digest that it had
    stop: str = ""  # which stopping rule fired (`sites.md` 1.12)
    cause: str = ""  # why it failed; empty if it did not
    flags: tuple[str, ...] = ()  # list_moved, ascending, truncated, …


GONE = ("http_404", "http_410")  # failures of one address: it is asked for again at growing intervals


class FailedAddress(Strict):
    """An article that could not be had, and how long that has been so."""

    url: str
    cause: str
    first_seen: datetime
    next_try: datetime | None = None  # not before; None: never again, unless somebody asks for it
    tries: int = 1


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
    failed_again: int = 0  # of the failed: dead links that were known as such
    files: dict[str, int] = {}  # failed:REASON -> count, of the files that articles name
    not_fetched: tuple[
        tuple[str, str, str], ...
    ] = ()  # (URL, skipped | failed, reason); all of them, of a backfill only
    listings: tuple[ListingReport, ...] = ()
    landing: tuple[str, ...] = ()  # keys of the landing files, in order of writing
    requests: int = 0
    bytes: int = 0
    cause: str = ""  # why the source is broken, from a closed list; empty if it is not
    detail: str = ""
    advice: str = ""  # what to do about the cause

    @property
    def closes(self) -> bool:
        """Whether listed = fetched + skipped + failed."""
        return self.listed == self.fetched + sum(self.skipped.values()) + sum(self.failed.values())

    @property
    def misses_nothing(self) -> bool:
        """Whether all that was listed was had, or is remembered as dead: then a listing that has not changed need not be read."""
        return not self.cause and set(self.failed) <= set(GONE)


class Unbalanced(GongbaoError):
    """The sums of a run do not close: something was lost or counted twice."""


class HeldPage(Strict):
    """A page whose new text is not published: what it brought keeps almost nothing of the text that is held.

    It names no title: reports stay when a document is forgotten.
    """

    doc_id: str
    url: str
    flag: Literal["held", "question"]  # a question for a person, where two visits running brought it
    why: str


class SourceReport(Strict):
    """One source in one run, from what was listed to what was published."""

    source_id: str
    listed: int = 0
    fetched: int = 0
    skipped: dict[str, int] = {}
    failed: dict[str, int] = {}
    documents: int = 0  # new or revised, canonical or near
    reposts: int = 0  # new or revised, and the same as a document that the corpus holds
    unchanged: int = 0
    held: int = 0  # of the unchanged: pages whose new text is not published
    held_pages: tuple[HeldPage, ...] = ()  # these, at most 1,000
    rejected: dict[str, int] = {}
    revised: int = 0  # of the documents and reposts: new text of a known page
    withdrawn: int = 0  # of the rejected: documents whose page is gone
    # what became of the files that articles name: documents, reposts, unchanged, rejected:REASON, failed:REASON
    files: dict[str, int] = {}
    listings: tuple[ListingReport, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    failed_again: int = 0
    failed_addresses: tuple[FailedAddress, ...] = ()
    cause: str = ""
    detail: str = ""
    advice: str = ""

    @property
    def closes(self) -> bool:
        """listed = fetched + skipped + failed, and fetched = documents + reposts + unchanged + rejected."""
        came = self.fetched + sum(self.skipped.values()) + sum(self.failed.values())
        went = self.documents + self.reposts + self.unchanged + sum(self.rejected.values())
        return self.listed == came and self.fetched == went


class RunReport(Strict):
    """What a run did; `runs/RUN.json` in the store."""

    run_id: str
    kind: Literal["nightly", "backfill", "reprocess"]
    started_at: datetime
    ended_at: datetime
    version_before: int
    version: int  # of the corpus; the same as before if nothing was committed
    rules_version: str = ""
    sources: tuple[SourceReport, ...] = ()
    observations: tuple[Observation, ...] = ()  # of a night: what is learned from
    alarms: tuple[Alarm, ...] = ()
    error: str = ""
    instead_of: str = ""  # a run that was ended in the middle, whose work this one did

    @property
    def begun_again(self) -> str:
        """What people are told of the run before; empty if there was none."""
        if not self.instead_of:
            return ""
        return (
            f"Run {self.instead_of} was ended before its end, and this one did its work again. "
            "What that one had fetched is kept in its landing files; what it had published stands."
        )

    @property
    def broken(self) -> tuple[SourceReport, ...]:
        """The sources that need somebody to look."""
        return tuple(source for source in self.sources if source.cause)

    @property
    def held_pages(self) -> tuple[HeldPage, ...]:
        """The pages whose new texts are not published, those that a person is asked about first."""
        found = (page for source in self.sources for page in source.held_pages)
        return tuple(sorted(found, key=lambda page: (page.flag != "question", page.url)))

    @property
    def succeeded(self) -> bool:
        """Whether the sums close, no source broke and nothing crashed."""
        crashed = any("crashed" in source.rejected for source in self.sources)
        return not (self.error or self.broken or crashed) and all(source.closes for source in self.sources)

    def total(self, name: str) -> int:
        """The sum of a count over all sources; of a count by reason, over all reasons."""
        values = (getattr(source, name) for source in self.sources)
        return sum(sum(value.values()) if isinstance(value, dict) else value for value in values)


def balance(sources: Iterable[SourceReport]) -> None:
    """Raise Unbalanced naming the sources whose sums do not close."""
    if wrong := [source.source_id for source in sources if not source.closes]:
        raise Unbalanced(f"the sums do not close for {', '.join(wrong)}")


COUNTS = ("listed", "fetched", "skipped", "failed", "documents", "reposts", "unchanged", "rejected")


def markdown(report: RunReport) -> str:
    """The report for people: what broke first, then the conservation table."""
    lines = [f"# Gongbao {t(report.kind)} {report.run_id}", ""]
    grave = any(alarm.grade is Grade.ALARM for alarm in report.alarms)
    state = "went well" if report.succeeded and not grave else "needs a look"
    seconds = (report.ended_at - report.started_at).total_seconds()
    lines.append(
        t(
            "{} in {} s: {} documents, {} reposts, {} of them revisions, {} held, {} withdrawn; corpus version {} → {}.",
            t(state),
            f"{seconds:.0f}",
            *(report.total(name) for name in ("documents", "reposts", "revised", "held", "withdrawn")),
            report.version_before,
            report.version,
        )
    )
    lines += ["", t(report.begun_again)] if report.begun_again else []
    if report.error:
        lines += ["", f"**{t(report.error)}**"]
    for source in report.broken:
        detail = plainly(source.cause, source.detail)
        lines += ["", f"- **{source.source_id}**: {t(source.cause)}" + (f" – {t(detail)}" if detail else "")]
        lines += [f"  {t(source.advice)}"] if source.advice else []
    lines += _alarms(report.alarms)
    lines += _held(report.held_pages)
    lines += _failed(report)
    lines += [
        "",
        "| " + " | ".join(map(t, ("source", *COUNTS, "closes"))) + " |",
        "|---|" + "---:|" * (len(COUNTS) + 1),
    ]
    for source in report.sources:
        cells = (_cell(getattr(source, name)) for name in COUNTS)
        closes = t("yes") if source.closes else f"**{t('no')}**"
        lines.append(f"| {source.source_id} | " + " | ".join(cells) + f" | {closes} |")
    totals = (str(report.total(name)) for name in COUNTS)
    lines.append(f"| **{t('all')}** | " + " | ".join(totals) + " | |")
    return "\n".join(lines) + "\n"


def plainly(cause: str, detail: str) -> str:
    """A detail without the cause that it begins with."""
    return detail.removeprefix(cause).removeprefix(":").strip()


def _alarms(alarms: Iterable[Alarm]) -> list[str]:
    """The alarms, the gravest first."""
    ordered = sorted(alarms, key=lambda alarm: (-list(Grade).index(alarm.grade), alarm.source_id))
    if not ordered:
        return []
    rows = [
        f"| {t(alarm.grade)} | {alarm.source_id} | {t(alarm.trouble.replace('_', ' '))} | {alarm.since} "
        f"| {t(alarm.detail)}{t('. ')}{t(alarm.advice)} |"
        for alarm in ordered
    ]
    return ["", _heads("alarm", "source", "trouble", "since", "what to do"), *rows]


MOST_FAILED = 50  # addresses that a report for people names


def failed_of(report: RunReport) -> list[tuple[str, FailedAddress]]:
    """The addresses that failed with their sources, those that failed longest first."""
    found = [(source.source_id, each) for source in report.sources for each in source.failed_addresses]
    return sorted(found, key=lambda pair: (pair[1].first_seen, pair[0], pair[1].url))


def next_try(failed: FailedAddress) -> str:
    """When a failed address is asked for again, in words."""
    return f"{failed.next_try.astimezone(SHANGHAI):%Y-%m-%d}" if failed.next_try else "not by itself"


def _failed(report: RunReport) -> list[str]:
    found = failed_of(report)
    if not found:
        return []
    rows = [
        f"| {each.url.replace('|', '%7C')} | {source_id} | {t(each.cause)} | {each.first_seen.astimezone(SHANGHAI):%Y-%m-%d} "
        f"| {t(next_try(each))} |"
        for source_id, each in found[:MOST_FAILED]
    ]
    more = (
        ["", t("and {} more in {}", len(found) - MOST_FAILED, f"`runs/{report.run_id}.json`")]
        if len(found) > MOST_FAILED
        else []
    )
    return ["", _heads("failed address", "source", "cause", "first seen", "next try"), *rows, *more]


def _held(pages: Sequence[HeldPage]) -> list[str]:
    """The pages whose new texts are not published."""
    if not pages:
        return []
    rows = [f"| {t(page.flag)} | {page.url} | {t(page.why)} | `gongbao why {page.doc_id}` |" for page in pages]
    told = t(
        "{} of the unchanged brought a text that keeps too little of the one that stands; it is not published. "
        "`gongbao why` shows both, `gongbao accept` takes the new one.", len(pages),
    )  # fmt: skip
    return ["", f"## {t('Documents to look at')}", "", told, "", _heads("is", "page", "because", "look"), *rows]


def _heads(*names: str) -> str:
    return "| " + " | ".join(map(t, names)) + " |\n" + "|---" * len(names) + "|"


def _cell(value: int | dict[str, int]) -> str:
    if isinstance(value, int):
        return str(value)
    return str(sum(value.values())) + "".join(f"<br>{t(reason)} {count}" for reason, count in sorted(value.items()))
