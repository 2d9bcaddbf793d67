"""A run's figures and the nights before it in, the plots of the morning report out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape

from pipeline.core.conservation import RunReport
from pipeline.core.language import t
from pipeline.report import plots
from pipeline.report.morning_figures import HOURS, LENGTHS, OVER, Figures
from pipeline.report.suspicion import MorningRules


def section(
    report: RunReport, found: Figures, nights: Sequence[RunReport], rules: MorningRules, names: Mapping[str, str]
) -> str:
    """The section of the page. `nights`: the reports that are shown night by night, oldest first, this one among them."""
    rejected: Counter[str] = Counter()
    for source in report.sources:
        rejected.update(source.rejected)
    runs = plots.moments([each.started_at for each in nights])
    documents = [(run, each.total("documents")) for run, each in zip(runs, nights, strict=True)]
    sources = _by_source_and_run(report, nights, runs, names)
    lengths = [(str(bound), found.lengths[bound]) for bound in LENGTHS]
    latency = [(name, found.latency[name]) for name in (*(name for _, name in HOURS), OVER)]
    shares = partial(plots.bars, shares=True)
    drawn = (
        ("Documents by run", plots.columns, documents),
        ("Rejected pages by reason", plots.bars, rejected.most_common()),
        (
            "Reposts by source",
            plots.bars,
            [(names.get(id_, id_), count) for id_, count in found.reposts.most_common(rules.most_sources)],
        ),
        ("Documents by length (characters, from)", plots.columns, lengths),
        ("From publication to fetch", plots.bars, latency if found.latency else []),
        ("Languages", shares, found.languages.most_common()),
        ("Charsets", shares, found.charsets.most_common()),
    )
    figures = "".join(
        f"<figure><figcaption>{t(title)}</figcaption>{draw(_named(counts), t(title), width=plots.NARROW) if counts else '<p>–</p>'}"
        "</figure>"
        for title, draw, counts in drawn
    )
    return (
        f'<section id="figures"><h2>{t("The run in figures")}</h2>{sources}<div class="plots">{figures}</div></section>'
    )


def _named(counts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(t(name), count) for name, count in counts]


def _by_source_and_run(
    report: RunReport, nights: Sequence[RunReport], runs: Sequence[str], names: Mapping[str, str]
) -> str:
    """A row of small columns a source, one a night; those of most documents first."""
    known = [{source.source_id: source for source in each.sources} for each in nights]
    rows = ""
    for source in sorted(report.sources, key=lambda each: (-each.documents, each.source_id)):
        told = [night.get(source.source_id) for night in known]
        counts = [(day, each.documents if each else 0) for day, each in zip(runs, told, strict=True)]
        bad = [place for place, each in enumerate(told) if each and each.cause]
        name = names.get(source.source_id, source.source_id)
        words = f"{name}: " + ", ".join(f"{day} {count}" for day, count in counts[-7:])
        rows += f"<li><span>{escape(name)}</span>{plots.spark(counts, words, bad)}<b>{source.documents:,}</b></li>"
    legend = t(
        "One column a run, {} to {}, each source by its own measure; the number is this run's.", runs[0], runs[-1]
    )
    if any(each.cause for night in known for each in night.values()):
        legend += t(" A red mark: it broke in that run.")
    return (
        (
            f"<figure><figcaption>{t('Documents by source and run')}</figcaption><p>{legend}</p>"
            f'<ul class="nights">{rows}</ul></figure>'
        )
        if rows
        else ""
    )
