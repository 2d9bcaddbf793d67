"""Runs, and the report of each: what became of every page, what broke and why."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from flows.runs import morning_report as made
from flows.web import rendering
from flows.web.guard import SANDBOX
from pipeline.core.conservation import COUNTS, failed_of, next_try
from pipeline.core.language import t

_PAGE = 30


def listed(request: Request) -> Response:
    """The runs, newest first."""
    reader, number = rendering.reader(request), rendering.number(request, "page")
    ids = reader.run_ids()
    shown = ids[(number - 1) * _PAGE : number * _PAGE]
    return rendering.page(
        request, "runs.html", reports=reader.reports(shown), number=number, more=len(ids) > number * _PAGE
    )


def run(request: Request) -> Response:
    """One run."""
    reader, run_id = rendering.reader(request), request.path_params["run_id"]
    if run_id not in reader.run_ids():
        return rendering.missing(request, t("There is no report of a run {}.", run_id))
    report = reader.report(run_id)
    ordered = sorted(report.sources, key=lambda each: (each.closes, not each.cause, each.source_id))
    return rendering.page(
        request, "run.html", report=report, sources=ordered, names=COUNTS, failed=failed_of(report), next_try=next_try
    )


def morning(request: Request) -> Response:
    """The morning report as the run left it, or as it would have."""
    reader, run_id = rendering.reader(request), request.path_params["run_id"]
    if run_id not in reader.run_ids():
        return rendering.missing(request, t("There is no report of a run {}.", run_id))
    return HTMLResponse(made.page(reader.store, run_id, reader.known.config), headers=SANDBOX)
