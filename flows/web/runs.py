"""Runs, and the report of each: what became of every page, what broke and why."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from flows.web import pages
from flows.web.guard import SANDBOX
from pipeline.errors import StoreError
from pipeline.report import COUNTS

_PAGE = 30


def listed(request: Request) -> Response:
    """The runs, newest first."""
    reader, number = pages.reader(request), pages.number(request, "page")
    ids = reader.run_ids()
    shown = ids[(number - 1) * _PAGE : number * _PAGE]
    return pages.page(
        request, "runs.html", reports=reader.reports(shown), number=number, more=len(ids) > number * _PAGE
    )


def run(request: Request) -> Response:
    """One run."""
    reader, run_id = pages.reader(request), request.path_params["run_id"]
    if run_id not in reader.run_ids():
        return pages.missing(request, f"There is no report of a run {run_id}.")
    report = reader.report(run_id)
    ordered = sorted(report.sources, key=lambda each: (each.closes, not each.cause, each.source_id))
    morning = reader.store.find(f"runs/{run_id}.html") is not None
    return pages.page(request, "run.html", report=report, sources=ordered, names=COUNTS, morning=morning)


def morning(request: Request) -> Response:
    """The morning report as the run left it."""
    run_id = request.path_params["run_id"]
    try:
        found = pages.reader(request).store.get(f"runs/{run_id}.html")
    except StoreError:
        return pages.missing(request, f"Run {run_id} left no morning report.")
    return HTMLResponse(found, headers=SANDBOX)
