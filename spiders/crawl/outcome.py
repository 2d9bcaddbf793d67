"""A finished crawl in, its truthful report out: what it counted, and the one cause if the source is broken."""

from collections import Counter
from datetime import datetime

from pipeline.core.conservation import GONE, CrawlReport
from pipeline.page.obstacles import Cause
from spiders.crawl.spider import SourceSpider
from spiders.http.failures import LATER

# Skipped by the source's own rules: a listing of nothing else is a mistake in the source.
_TURNED_AWAY = frozenset({"denied", "other_host", "not_http"})
_FEW = 3  # failures that say little on a night without anything new


def report(
    spider: SourceSpider, run_id: str, started: datetime, landing: tuple[str, ...], cause: str = ""
) -> CrawlReport:
    """The report of a crawl; `cause` is what ended it before its time, if something did."""
    ledger = spider.ledger
    ledger.close(Cause.INTERRUPTED)
    found, detail = (cause, "") if cause else diagnose(spider)
    known_dead = {due.url for due in spider.task.seen.due if due.failed}
    stats = spider.crawler.stats
    assert stats
    whole = set(ledger.failed) <= set(GONE) and not LATER & set(ledger.skipped) and not cause
    return CrawlReport(
        run_id=run_id,
        source_id=spider.source.id,
        started_at=started,
        ended_at=spider.task.clock.now(),
        listed=ledger.listed,
        fetched=ledger.fetched,
        skipped=dict(ledger.skipped),
        failed=dict(ledger.failed),
        failures=tuple(ledger.failures),
        failed_again=sum(url in known_dead for url, reason in ledger.failures if reason in GONE),
        files=dict(ledger.files),
        not_fetched=tuple(ledger.not_fetched),
        listings=tuple(walk.report(remember=whole) for walk in spider.walks),
        landing=landing,
        requests=stats.get_value("downloader/request_count", 0),
        bytes=stats.get_value("downloader/response_bytes", 0),
        cause=found,
        detail=detail,
        advice=spider.settings_of_crawl.advice[Cause(found)] if found else "",
    )


def diagnose(spider: SourceSpider) -> tuple[str, str]:
    """Cause and detail of what is broken; two empty strings if nothing is.

    In this order: a host that turned us away, a listing that does not work, articles of which none could be had (also
    where the host was left alone after the first of them).
    """
    ledger = spider.ledger
    if Cause.CRASHED in ledger.failed:
        return Cause.CRASHED, f"{ledger.failed[Cause.CRASHED]} articles ended in a defect of ours"
    read = not any(walk.failure[0] for walk in spider.walks)
    for why in spider.obstacles.cooled.values():
        if not (why.reason in (Cause.HTTP_ERROR, Cause.FORBIDDEN) and read and not ledger.fetched):
            return why.reason, why.detail
    for walk in spider.walks:
        if walk.failure[0]:
            return walk.failure
    # What was had on earlier nights counts as had: on a quiet one dead links are all that is asked for, and say little.
    had = ledger.fetched + ledger.skipped["known"]
    dead = ledger.skipped["dead_link"]
    lost = ledger.failed + Counter(dead_link=dead) if dead else ledger.failed
    others_failed = sum(number for reason, number in ledger.failed.items() if reason not in GONE)
    if lost and not ledger.fetched and not (had and others_failed < _FEW):
        (reason, count), *others = lost.most_common()
        named = Cause(reason) if not others and count > 1 and reason in set(Cause) else Cause.ALL_FAILED
        return named, ", ".join(f"{name}: {number}" for name, number in lost.most_common())
    if ledger.listed and set(ledger.skipped) <= _TURNED_AWAY and not ledger.fetched:
        return Cause.NOTHING_FETCHABLE, ", ".join(f"{name}: {number}" for name, number in ledger.skipped.most_common())
    return "", ""
