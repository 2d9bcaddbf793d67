"""A run's report and its figures in, one page of HTML out: what a person with three minutes wants to know of a night.

What broke and what to look at come first. The page holds all that it shows: no scripts, no fonts, no pictures from elsewhere.
"""

from collections.abc import Mapping, Sequence

from pipeline.core.conservation import COUNTS, MOST_FAILED, RunReport, failed_of, next_try, plainly
from pipeline.core.observation import Alarm, Grade
from pipeline.report import morning_plots, pages
from pipeline.report.morning_figures import Figures
from pipeline.report.suspicion import MorningRules
from pipeline.store import keys

_CONSOLE = "http://127.0.0.1:8420"  # where `gongbao console` serves unless told otherwise


def html(
    report: RunReport, found: Figures, earlier: Sequence[RunReport], rules: MorningRules, names: Mapping[str, str]
) -> str:
    """The page, in the language that is spoken. `earlier`: reports of nights before, oldest first; `names`: of sources."""
    gravest = {each.source_id: each for each in sorted(report.alarms, key=_gravity, reverse=True)}
    broken = [(each, gravest.get(each.source_id)) for each in report.broken]
    broke = {each.source_id for each in report.broken}
    return pages.page(
        "morning.html",
        report=report,
        well=report.succeeded and not report.alarms,
        names=names,
        broken=sorted(broken, key=lambda pair: _gravity(pair[1])),
        alarms=sorted((each for each in report.alarms if each.source_id not in broke), key=_gravity),
        suspects=found.suspects,
        failed=failed_of(report),
        most_failed=MOST_FAILED,
        place=keys.run_report(report.run_id),
        counts=COUNTS,
        sources=sorted(report.sources, key=lambda each: (each.closes, not each.cause, each.source_id)),
        console=_CONSOLE,
        plainly=plainly,
        next_try=next_try,
        **morning_plots.drawn(report, found, [*earlier, report][-rules.nights :], rules, names),
    )


def _gravity(alarm: Alarm | None) -> tuple[int, str]:
    """Sorts the gravest first."""
    return (-list(Grade).index(alarm.grade), alarm.source_id) if alarm else (0, "")
