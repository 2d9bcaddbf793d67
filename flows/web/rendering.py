"""A template and what it tells in, a page out. Everything is escaped, unless it says itself that it is markup."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from flows.terminal import output
from flows.web.store_reader import Reader

_FOLDER = Path(__file__).parent
_SECTIONS = (("/", "Sources"), ("/runs", "Runs"), ("/documents", "Documents"), ("/clusters", "Clusters"))


def page(request: Request, template: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """The page of a template."""
    here = next((path for path, _ in _SECTIONS[1:] if request.url.path.startswith(path)), "/")
    if status != 200:
        here = ""
    text = _environment().get_template(template).render(sections=_SECTIONS, here=here, asked="", **told)
    return HTMLResponse(text, status)


def missing(request: Request, what: str) -> HTMLResponse:
    """The page that says that there is no such thing."""
    return page(request, "missing.html", status=404, title="Nothing here", what=what)


def reader(request: Request) -> Reader:
    """The reader of this console."""
    found: Reader = request.app.state.reader
    return found


def number(request: Request, name: str, least: int = 1) -> int:
    """A number of the query; the least where it is none."""
    text = request.query_params.get(name, "")
    return max(least, int(text)) if text.isdecimal() and len(text) < 6 else least


def drawn(plot: str) -> Markup:
    """A plot, whose words are escaped already (`pipeline/report/plots.py`)."""
    return Markup(plot)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "minute": output.minute,
        "day": lambda at: output.minute(at)[:10] if isinstance(at, datetime) else at.isoformat() if at else "",
        "count": lambda value: f"{value:,}",
        "percent": lambda value: "–" if value is None else f"{value:.0%}",
        "web": lambda url: url if urlsplit(url).scheme in ("http", "https") else "",
        "said": lambda value: output.minute(value) if isinstance(value, datetime) else str(value),
    }
    return made
