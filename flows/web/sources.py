"""Sources, their health over time, and what is wrong with them now."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from flows.sources import templates
from flows.web import rendering
from flows.web.store_reader import Seen
from pipeline.core.language import t
from pipeline.documents.templates import shelf
from pipeline.report import overview as held
from pipeline.report import plots

_NIGHTS = 60
_SPARK = 30


def overview(request: Request) -> Response:
    """All sources: how each of the last nights was, and what needs a look."""
    reader = rendering.reader(request)
    observed, alarms = reader.observed(_SPARK), reader.alarms(_SPARK)
    rows = held.held(reader.store, reader.sources().values())
    corpus = reader.corpus()
    troubled = {alarm.source_id for alarm in alarms}
    rows.sort(key=lambda each: (each.source_id not in troubled, each.source_id not in observed, each.source_id))
    return rendering.page(
        request,
        "sources.html",
        totals=held.totals(corpus),
        corpus=corpus,
        alarms=alarms,
        rows=[(each, observed.get(each.source_id, [])[-1:], _spark(observed.get(each.source_id, []))) for each in rows],
        troubled=troubled,
    )


def source(request: Request) -> Response:
    """One source: its nights in plots and in a table."""
    reader, id_ = rendering.reader(request), request.path_params["source_id"]
    rows = {each.source_id: each for each in held.held(reader.store, reader.sources().values())}
    if id_ not in rows:
        return rendering.missing(request, t("There is no source {}.", id_))
    nights = reader.observed(_NIGHTS).get(id_, [])
    return rendering.page(
        request,
        "source.html",
        held=rows[id_],
        nights=nights[::-1],
        plots=[rendering.drawn(plot) for plot in _plots(nights)],
        alarms=[alarm for alarm in reader.alarms(_SPARK) if alarm.source_id == id_],
        used=shelf.in_use(reader.store, id_),
        learned=list(templates.rows(shelf.current(reader.store, id_))),
    )


def _spark(nights: Sequence[Seen]) -> object:
    counts = [(run, each.pages) for run, each in nights]
    bad = [place for place, (_, each) in enumerate(nights) if each.troubles or each.cause]
    told = t("new pages of the last {} nights", len(nights))
    if bad:
        told = t("{}, trouble on {}", told, ", ".join(counts[place][0] for place in bad))
    return rendering.drawn(plots.spark(counts, told, bad)) if nights else ""


def _plots(nights: Sequence[Seen]) -> list[str]:
    """What can go wrong with a source, night by night."""
    if not nights:
        return []
    runs = [run for run, _ in nights]
    bad = [run for run, each in nights if each.troubles or each.cause]
    told = {
        "New pages": [each.pages for _, each in nights],
        "Documents": [each.documents for _, each in nights],
        "Rejected, % of new pages": [round(100 * each.rejected / max(each.pages, 1)) for _, each in nights],
        "Characters of a text, median": [each.median_length for _, each in nights],
    }
    return [
        f"<figcaption>{t(title)}</figcaption>"
        + plots.columns(list(zip(runs, counts, strict=True)), t("{}, by run", t(title)), plots.NARROW, bad)
        for title, counts in told.items()
        if any(counts)
    ]
