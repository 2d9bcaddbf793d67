"""A run's figures and the nights before it in, the plots of the morning report out."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from html import escape

from pipeline.core.conservation import RunReport
from pipeline.core.dates import SHANGHAI
from pipeline.report import plots
from pipeline.report.morning_figures import HOURS, LENGTHS, OVER, Figures
from pipeline.report.suspicion import MorningRules


def section(report: RunReport, found: Figures, nights: Sequence[RunReport], rules: MorningRules) -> str:
    """The section of the page. `nights`: the reports that are shown night by night, oldest first, this one among them."""
    rejected: Counter[str] = Counter()
    for source in report.sources:
        rejected.update(source.rejected)
    documents = [(f"{each.started_at.astimezone(SHANGHAI):%m-%d}", each.total("documents")) for each in nights]
    sources = _by_source_and_night(report, nights)
    lengths = [(str(bound), found.lengths[bound]) for bound in LENGTHS]
    latency = [(name, found.latency[name]) for name in (*(name for _, name in HOURS), OVER)]
    shares = partial(plots.bars, shares=True)
    drawn = (
        ("Documents by night", plots.columns, documents),
        ("Rejected pages by reason", plots.bars, rejected.most_common()),
        ("Reposts by source", plots.bars, found.reposts.most_common(rules.most_sources)),
        ("Documents by length (characters, from)", plots.columns, lengths),
        ("From publication to fetch", plots.bars, latency if found.latency else []),
        ("Languages", shares, found.languages.most_common()),
        ("Charsets", shares, found.charsets.most_common()),
    )
    figures = "".join(
        f"<figure><figcaption>{title}</figcaption>{draw(counts, title, width=plots.NARROW) if counts else '<p>none</p>'}"
        "</figure>"
        for title, draw, counts in drawn
    )
    return f'<section id="figures"><h2>The night in figures</h2>{sources}<div class="plots">{figures}</div></section>'


def _by_source_and_night(report: RunReport, nights: Sequence[RunReport]) -> str:
    """A row of small columns a source, one a night; those of most documents first."""
    days = [f"{each.started_at.astimezone(SHANGHAI):%m-%d}" for each in nights]
    known = [{source.source_id: source for source in each.sources} for each in nights]
    rows = ""
    for source in sorted(report.sources, key=lambda each: (-each.documents, each.source_id)):
        told = [night.get(source.source_id) for night in known]
        counts = [(day, each.documents if each else 0) for day, each in zip(days, told, strict=True)]
        bad = [place for place, each in enumerate(told) if each and each.cause]
        words = f"{source.source_id}: " + ", ".join(f"{day} {count}" for day, count in counts[-7:])
        rows += f"<li><span>{escape(source.source_id)}</span>{plots.spark(counts, words, bad)}<b>{source.documents:,}</b></li>"
    legend = f"One column a night, {days[0]} to {days[-1]}, each source by its own measure; the number is this run's."
    if any(each.cause for night in known for each in night.values()):
        legend += " A red mark: it broke in that night."
    return (
        (
            f"<figure><figcaption>Documents by source and night</figcaption><p>{legend}</p>"
            f'<ul class="nights">{rows}</ul></figure>'
        )
        if rows
        else ""
    )
