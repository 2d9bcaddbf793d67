"""A month of nights on sample sites that change every night: faults, backfills, a reprocess, housekeeping and a kill.

After every night the corpus is compared with the truth, and what the report names with what was done to the sites.

    python -m tests.benchmarks.month --home FOLDER [--nights 30] [--until 10]   # goes on where FOLDER stopped
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flows import settings
from flows.alarms import standing
from flows.commands import maintain as maintaining
from flows.commands import reprocess as reprocessing
from flows.commands import run
from flows.runs import backfill, tasks
from flows.samples.plan import month
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES as ALL_SITES
from flows.samples.truth_check import Comparison, compare
from flows.samples.world import World
from flows.servers import embedded_store, prefect_setup
from pipeline.core.conservation import RunReport
from pipeline.core.dates import SHANGHAI
from pipeline.core.observation import Trouble
from pipeline.corpus.corpus import Corpus
from pipeline.page.obstacles import Cause
from pipeline.report import backfill_answers, run_reports
from tests.makers.places import ROOT

SITES = ("ministry", "paper", "council", "company", "farm", "english")
_KILLED = "import sys; from datetime import datetime; from flows.commands import run; run.run((), datetime.fromisoformat(sys.argv[1]))"
_DATED_BY_LIST = "company"  # its pages do not say when they were published: asked for by URL, they have no date
_FEW = 3  # articles that fail without an alarm: dead links fail every night (config/health.yaml, share.failed)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What one site does on some nights, and how that must be called. No cause: nobody may notice."""

    site: str
    fault: str
    nights: tuple[int, ...]
    cause: str = ""
    trouble: Trouble | None = None
    path: str = "*"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Script:
    """What happens in a month beside the nights themselves, by night."""

    nights: int
    faults: tuple[Fault, ...]
    killed: tuple[int, ...]
    urls: tuple[int, ...]  # a backfill of some of the night's new articles, before the night
    days: tuple[int, ...]  # a backfill of what one source published on the last two days
    forced: int  # a forced backfill of articles that were edited when nobody looks at them any more
    reprocessed: tuple[int, ...]
    maintained: tuple[int, ...]

    def faults_on(self, night: int) -> list[Fault]:
        return [fault for fault in self.faults if night in fault.nights]


MONTH = Script(
    nights=30,
    faults=(
        Fault(site="company", fault="500", nights=(4,), cause=Cause.HTTP_ERROR, trouble=Trouble.DEAD),
        Fault(site="ministry", fault="412", nights=(6,), cause=Cause.BLOCKED_RUISHU, trouble=Trouble.BLOCKED),
        Fault(site="paper", fault="no_links", path="*/index*.html", nights=(8,), cause=Cause.JS_REQUIRED,
              trouble=Trouble.LISTING_CHANGED),
        Fault(site="council", fault="503", nights=(10,), cause=Cause.BUSY, trouble=Trouble.BLOCKED, options={"after": 0}),
        Fault(site="english", fault="robots_500", nights=(12,), cause=Cause.ROBOTS_UNKNOWN, trouble=Trouble.DEAD),
        Fault(site="company", fault="truncated", nights=(13,), cause=Cause.TRUNCATED, trouble=Trouble.DEAD),
        Fault(site="farm", fault="redirect_loop", nights=(15,), cause=Cause.REDIRECT_LOOP, trouble=Trouble.DEAD),
        Fault(site="council", fault="521", nights=(17,), cause=Cause.BLOCKED_JSL, trouble=Trouble.BLOCKED),
        Fault(site="company", fault="soft_404", nights=(18,), cause=Cause.SOFT_404, trouble=Trouble.LISTING_CHANGED),
        Fault(site="ministry", fault="404", nights=(19,), cause=Cause.HTTP_ERROR, trouble=Trouble.DEAD),
        Fault(site="paper", fault="500", path="*/c*.html", nights=(21,), cause=Cause.ALL_FAILED,
              trouble=Trouble.ARTICLES_FAILED),
        Fault(site="english", fault="wrong_charset", nights=(22,)),
        Fault(site="ministry", fault="412", nights=(23, 24, 25), cause=Cause.BLOCKED_RUISHU, trouble=Trouble.BLOCKED),
        Fault(site="council", fault="slow", nights=(25,), options={"chunk": 2000, "pause": 0.02}),
        Fault(site="company", fault="big_page", nights=(26,), cause=Cause.TOO_LARGE, trouble=Trouble.DEAD),
        Fault(site="farm", fault="gzip_bomb", nights=(27,), cause=Cause.TOO_LARGE, trouble=Trouble.DEAD),
    ),
    killed=(14,),
    urls=(5, 16),
    days=(9,),
    forced=20,
    reprocessed=(16,),
    maintained=(16, 24),
)  # fmt: skip
WEEK = Script(
    nights=5,
    faults=(
        Fault(site="company", fault="500", nights=(1,), cause=Cause.HTTP_ERROR, trouble=Trouble.DEAD),
        Fault(site="ministry", fault="412", nights=(2,), cause=Cause.BLOCKED_RUISHU, trouble=Trouble.BLOCKED),
    ),
    killed=(2,),
    urls=(1,),
    days=(3,),
    forced=3,
    reprocessed=(3,),
    maintained=(3,),
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one night did, and what was wrong with that; nothing wrong: `wrong` is empty."""

    night: int
    report: RunReport
    seconds: float
    events: tuple[str, ...]
    wrong: tuple[str, ...]

    def row(self) -> str:
        """For the table."""
        counts = " ".join(
            f"{self.report.total(name):5}" for name in ("fetched", "documents", "reposts", "revised", "withdrawn")
        )
        named = ", ".join(f"{each.source_id} {each.cause}" for each in self.report.broken)
        verdict = "as it should be" if not self.wrong else "WRONG"
        return f"{self.night:5} {self.seconds:5.0f} s {counts}   {verdict}   {'; '.join((*self.events, named)).strip('; ')}"


class Month:
    """A month that is being lived through."""

    def __init__(self, script: Script, sites: Running) -> None:
        self.script = script
        self.sites = sites
        self.store = settings.open_store(settings.from_environment())

    def now(self, night: int) -> datetime:
        """Two in the morning of the day that the sites believe in."""
        day = self.sites.world.today(night)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=6)

    def night(self, night: int) -> Told:
        """One night with all that belongs to it."""
        started = time.monotonic()
        self.sites.night = night
        self.sites.behave()
        for fault in self.script.faults_on(night):
            self.sites.misbehave(fault.site, fault.fault, fault.path, **fault.options)
        wrong, events = [], []
        for nights, act in (
            (self.script.urls, self._backfill_urls),
            (self.script.killed, self._kill),
        ):
            if night in nights:
                wrong += act(night)
                events.append(act.__name__.strip("_").replace("_", " "))
        report = run.run((), self.now(night))
        seconds = time.monotonic() - started
        wrong += self._names(night, report)
        for nights, act in (
            (self.script.days, self._backfill_days),
            ((self.script.forced,), self._backfill_forced),
            (self.script.reprocessed, self._reprocess),
            (self.script.maintained, self._maintain),
        ):
            if night in nights:
                wrong += act(night)
                events.append(act.__name__.strip("_").replace("_", " "))
        seen = self.compared(night)
        wrong += [] if seen.perfect else [seen.text()]
        return Told(night=night, report=report, seconds=seconds, events=tuple(events), wrong=tuple(wrong))

    def compared(self, night: int) -> Comparison:
        """The corpus beside the truth of the sites that can be asked tonight."""
        sound = set(SITES) - {fault.site for fault in self.script.faults_on(night) if fault.cause}
        unseen = self._never_seen()
        truth = [page for page in self.sites.world.truth(night) if page.site in sound and page.key not in unseen]
        rows = Corpus.open(self.store).documents(every=True).collect().iter_rows(named=True)
        return compare(truth, (row for row in rows if row["source_id"] in sound), self.sites.url)

    def _never_seen(self) -> set[str]:
        """Articles that were withdrawn before anybody could fetch them."""
        shut = {(fault.site, night) for fault in self.script.faults if fault.cause for night in fault.nights}
        return {
            one.key
            for one in self.sites.world.postings
            if one.withdrawn is not None and all((one.site, night) in shut for night in range(one.since, one.withdrawn))
        }

    def _names(self, night: int, report: RunReport) -> Iterator[str]:
        """What the report names beside what was done."""
        due = {fault.site: str(fault.cause) for fault in self.script.faults_on(night) if fault.cause}
        named = {each.source_id: each.cause for each in report.broken}
        if named != due:
            yield f"causes: {named}, and it was {due}"
        if report.error or not all(source.closes for source in report.sources) or report.succeeded == bool(due):
            yield f"the report says {'all is well' if report.succeeded else 'something failed'} {report.error}"
        troubles = {fault.site: fault.trouble for fault in self.script.faults_on(night) if fault.trouble}
        failed = {source.source_id: sum(source.failed.values()) for source in report.sources}
        few = {site for site, each in troubles.items() if each is Trouble.ARTICLES_FAILED and failed[site] < _FEW}
        told = {alarm.source_id: alarm.trouble for alarm in report.alarms}
        if told != {site: each for site, each in troubles.items() if site not in few}:
            yield f"alarms: {told}, and it was {troubles}"
        if not troubles and (left := [each.name for each in standing.standing(self.store)]):
            yield f"on a sound night these alarms stand: {left}"

    def _backfill_urls(self, night: int) -> Iterator[str]:
        new = [page for page in self._new(night) if not page.rejected and page.site != _DATED_BY_LIST][:3]
        urls = [self.sites.url(page.site, page.path) for page in new]
        dead = self.sites.url("english", "/news/202601/t20260101_1.html")
        told = self._backfill(night, urls=[*urls, dead])
        expected = {url: {"document", "repost"} for url in urls} | {dead: {"failed"}}
        yield from (f"{url}: {told.get(url)}" for url, right in expected.items() if told.get(url) not in right)

    def _backfill_days(self, night: int) -> Iterator[str]:
        last = self.sites.world.today(night)
        told = self._backfill(night, source="council", since=last - timedelta(days=2), until=last)
        yield from (f"{url}: {answer}" for url, answer in told.items() if answer != "unchanged")

    def _backfill_forced(self, night: int) -> Iterator[str]:
        """Edited pages: one that a night has looked at since is unchanged, each other a document that now reads anew."""
        edited = [one for one in self.sites.world.postings if one.edited and one.edited[0] == night and one.since == 0]
        urls = [self.sites.url(one.site, one.path) for one in edited]
        before = self._texts()
        told = self._backfill(night, urls=urls, force=True)
        after = self._texts()
        expected = {url: "document" if before[url] != after[url] else "unchanged" for url in urls}
        if told != expected or "document" not in expected.values():
            yield f"forced: {told}, and it was {expected}"

    def _texts(self) -> dict[str, str]:
        rows = Corpus.open(self.store).documents(every=True).select("url", "text").collect()
        return dict(rows.iter_rows())

    def _backfill(self, night: int, **asked: Any) -> dict[str, str]:

        now = self.now(night)
        report = tasks.outcome(backfill.backfill(run_id=run_reports.new_id(now), now=now, return_state=True, **asked))
        return {each.url: each.answer for each in backfill_answers.read(self.store, report.run_id)}

    def _new(self, night: int) -> list[Any]:
        shut = {fault.site for fault in self.script.faults_on(night)}
        return [
            page
            for page in self.sites.world.truth(night)
            if page.state == "new" and page.site in SITES and page.site not in shut
        ]

    def _kill(self, night: int) -> Iterator[str]:
        """A night that is killed as soon as it has landed something; what it left behind, Prefect's server, too."""
        before = set(self.store.list("landing/"))
        command = [sys.executable, "-c", _KILLED, self.now(night).isoformat()]
        log = settings.from_environment().home / "killed.log"
        with log.open("wb") as words:
            flow = subprocess.Popen(command, cwd=ROOT, stderr=words, start_new_session=True)
        deadline = time.monotonic() + 240
        while set(self.store.list("landing/")) == before and flow.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if flow.poll() is not None:
            yield f"the night ended before it could be killed: {log.read_text()[-2_000:]}"
        flow.kill()
        flow.wait()
        with suppress(ProcessLookupError):
            os.killpg(flow.pid, signal.SIGKILL)

    def _reprocess(self, night: int) -> Iterator[str]:
        """The same rules over what was fetched until now change nothing."""
        before = Corpus.open(self.store).version
        if not reprocessing.reprocess((), "", "", dry_run=False, accept=False):
            yield "reprocess wants to be looked at"
        if Corpus.open(self.store).version != before:
            yield "reprocess changed the corpus"

    def _maintain(self, night: int) -> Iterator[str]:
        if not maintaining.maintain():
            yield "maintain failed"


def _last_day() -> date:
    """The day of the last night: a crawl takes a night of the last 24 hours for its own, and would not move its clock."""
    return datetime.now(SHANGHAI).date() - timedelta(days=2)


@contextmanager
def living(
    home: Path, script: Script, ports: Mapping[str, int] | None = None, base: date | None = None
) -> Iterator[Month]:
    """The sites, the store and the environment of a month."""
    before = dict(os.environ)
    world = World(0, base or _last_day(), month(script.nights))
    with serve(world, ports or dict.fromkeys((*ALL_SITES, "control"), 0)) as sites:
        for path in write_sources(sites, home / "sources"):
            if path.stem not in SITES:
                path.unlink()
        os.environ |= {"GONGBAO_HOME": str(home), "GONGBAO_SOURCES": str(home / "sources"), "GONGBAO_PROCESSES": "2"}
        os.environ.pop("GONGBAO_STORE", None)
        prefect_setup.prepare(settings.from_environment().home)
        try:
            yield Month(script, sites)
        finally:
            embedded_store.stop(home)
            os.environ.clear()
            os.environ.update(before)


def main(arguments: Sequence[str] | None = None) -> int:
    """1 if anything was not as it should be."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--home", type=Path, required=True)
    cli.add_argument("--nights", type=int, choices=(WEEK.nights, MONTH.nights), default=MONTH.nights)
    cli.add_argument("--until", type=int, default=MONTH.nights, help="stop before this night")
    options = cli.parse_args(arguments)
    script = MONTH if options.nights == MONTH.nights else WEEK
    options.home.mkdir(parents=True, exist_ok=True)
    kept = options.home / "month.json"
    state = (
        json.loads(kept.read_text()) if kept.exists() else {"next": 0, "ports": None, "base": _last_day().isoformat()}
    )
    failed = 0
    with living(options.home, script, state["ports"], date.fromisoformat(state["base"])) as lived:
        state["ports"] = state["ports"] or lived.sites.ports
        assert state["ports"] == lived.sites.ports, "the ports of the sites are taken"
        print("night  took   fetched documents reposts revised withdrawn", flush=True)
        for night in range(state["next"], min(script.nights, options.until)):
            told = lived.night(night)
            failed += bool(told.wrong)
            print(told.row(), *told.wrong, sep="\n      ", flush=True)
            kept.write_text(json.dumps(state | {"next": night + 1}))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
