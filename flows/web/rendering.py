"""A template and what it tells in, a page out. Everything is escaped, unless it says itself that it is markup."""

from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from flows.web.store_reader import Reader
from pipeline.core import language
from pipeline.core.dates import minute
from pipeline.report import pages

_FOLDER = Path(__file__).parent
# Fields that people are shown of a document, and what they are called.
FIELDS = {
    "published_at": "published", "publisher": "来源", "author": "作者", "editor": "编辑", "document_number": "发文字号",
    "index_number": "索引号", "issuer": "发文机关", "topic": "主题分类", "validity": "有效性", "signed_on": "成文日期",
    "effective_on": "施行日期", "source_id": "source", "lang": "language", "fetched_at": "fetched",
}  # fmt: skip
_SECTIONS = (("/", "Sources"), ("/runs", "Runs"), ("/documents", "Documents"), ("/clusters", "Clusters"))


def page(request: Request, template: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """The page of a template."""
    here = next((path for path, _ in _SECTIONS[1:] if request.url.path.startswith(path)), "/")
    if status != 200:
        here = ""
    other = urlencode([*((name, value) for name, value in request.query_params.items() if name != "lang"),
                       ("lang", "zh" if language.spoken() == "en" else "en")])  # fmt: skip
    about = {"lang": language.TAGS[language.spoken()], "other": other, "name_of": _Names(request)}
    text = _environment().get_template(template).render(sections=_SECTIONS, here=here, asked="", **about, **told)
    return HTMLResponse(text, status)


def alone(template: str, **told: Any) -> str:
    """The page of a template that no console serves."""
    return _environment().get_template(template).render(lang=language.TAGS[language.spoken()], **told)


class _Names:
    """What people call a source; its id where it is not configured any more."""

    def __init__(self, request: Request) -> None:
        self._reader = reader(request)

    def __call__(self, source_id: str) -> str:
        return self._of.get(source_id, source_id)

    @cached_property
    def _of(self) -> dict[str, str]:
        return {id_: each.name for id_, each in self._reader.sources().items()}


def missing(request: Request, what: str) -> HTMLResponse:
    """The page that says that there is no such thing."""
    return page(request, "missing.html", status=404, title=language.t("Nothing here"), what=what)


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
    made = pages.environment(_FOLDER / "templates")
    made.globals |= {"sentence": lambda words: f"{language.t(words)}{language.t('. ')}" if words else ""}
    made.filters |= {
        "day": lambda at: minute(at)[:10] if isinstance(at, datetime) else at.isoformat() if at else "",
        "percent": lambda value: "–" if value is None else f"{value:.0%}",
        "said": lambda value: minute(value) if isinstance(value, datetime) else str(value),
    }
    return made
