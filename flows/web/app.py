"""The addresses of the console."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from flows.web import clusters, documents, rendering, runs, sources
from flows.web.guard import Guard
from flows.web.store_reader import Reader
from pipeline.core.errors import GongbaoError
from pipeline.core.language import t

_FOLDER = Path(__file__).parent


def app(reader: Reader) -> Starlette:
    """The console over a store."""
    routes = [
        Route("/", sources.overview),
        Route("/sources/{source_id}", sources.source),
        Route("/runs", runs.listed),
        Route("/runs/{run_id}", runs.run),
        Route("/runs/{run_id}/morning", runs.morning),
        Route("/documents", documents.listed),
        Route("/documents/{doc_id}", documents.document),
        Route("/documents/{doc_id}/why", documents.why),
        Route("/documents/{doc_id}/original", documents.original),
        Route("/clusters", clusters.listed),
        Route("/clusters/{doc_id}", clusters.cluster),
        Route("/style.css", lambda _: FileResponse(_FOLDER / "style.css")),
        Route("/icon.svg", lambda _: FileResponse(_FOLDER / "icon.svg")),
    ]
    made = Starlette(
        routes=routes,
        middleware=[Middleware(Guard)],
        exception_handlers={HTTPException: _nothing, GongbaoError: _refused},
    )
    made.state.reader = reader
    return made


def _nothing(request: Request, error: Exception) -> Response:
    return rendering.missing(request, t("There is no page at this address."))


def _refused(request: Request, error: Exception) -> Response:
    """The store does not answer, or a source's file is wrong."""
    return rendering.page(request, "missing.html", status=503, title=t("This cannot be shown now"), what=str(error))
