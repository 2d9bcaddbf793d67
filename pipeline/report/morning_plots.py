"""A run's figures and the nights before it in, the plots of the morning report out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from pipeline.core.conservation import RunReport, SourceReport
from pipeline.core.language import t
from pipeline.report import plots
from pipeline.report.morning_figures import HOURS, LENGTHS, OVER, Figures
from pipeline.report.suspicion import MorningRules


def drawn(
    report: RunReport, found: Figures, nights: Sequence[RunReport], rules: MorningRules, names: Mapping[str, str]
) -> Mapping[str, Any]:
    """What the page shows of them: `plots` by title; `nights`, a row of small columns a source, those of most documents first.

    `nights`: the reports that are shown night by night, oldest first, this one among them.
    """
    rejected: Counter[str] = Counter()
    for source in report.sources:
        rejected.update(source.rejected)
    runs = plots.moments([each.started_at for each in nights])
    shares = partial(plots.bars, shares=True)
    reposts = [(names.get(id_, id_), count) for id_, count in found.reposts.most_common(rules.most_sources)]
    latency = [(name, found.latency[name]) for name in (*(name for _, name in HOURS), OVER)]
    drawings = (
        (
            "Documents by run",
            plots.columns,
            [(run, each.total("documents")) for run, each in zip(runs, nights, strict=True)],
        ),
        ("Rejected pages by reason", plots.bars, rejected.most_common()),
        ("Reposts by source", plots.bars, reposts),
        (
            "Documents by length (characters, from)",
            plots.columns,
            [(str(bound), found.lengths[bound]) for bound in LENGTHS],
        ),
        ("From publication to fetch", plots.bars, latency if found.latency else []),
        ("Languages", shares, found.languages.most_common()),
        ("Charsets", shares, found.charsets.most_common()),
    )
    by_night = [{each.source_id: each for each in night.sources} for night in nights]
    sources = sorted(report.sources, key=lambda each: (-each.documents, each.source_id))
    return {
        "runs": runs,
        "any_broke": any(each.cause for night in nights for each in night.sources),
        "nights": [
            (
                each,
                _columns(
                    names.get(each.source_id, each.source_id), [night.get(each.source_id) for night in by_night], runs
                ),
            )
            for each in sources
        ],
        "plots": [
            (title, Markup(draw(_named(counts), t(title), width=plots.NARROW)) if counts else "")
            for title, draw, counts in drawings
        ],
    }


def _named(counts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(t(name), count) for name, count in counts]


def _columns(name: str, nights: Sequence[SourceReport | None], runs: Sequence[str]) -> Markup:
    """Small columns of what a source gave, one a run; a red mark where it broke."""
    counts = [(run, each.documents if each else 0) for run, each in zip(runs, nights, strict=True)]
    bad = [place for place, each in enumerate(nights) if each and each.cause]
    words = f"{name}: " + ", ".join(f"{run} {count}" for run, count in counts[-7:])
    return Markup(plots.spark(counts, words, bad))
