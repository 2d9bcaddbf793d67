"""A template and what it tells in, a page out. Everything is escaped, unless it says itself that it is markup."""

from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from flows.terminal import output
from flows.web.store_reader import Reader
from pipeline.core import language

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


def _t(message: object, *values: object) -> Markup:
    """A message in the reader's language; what stands in it may be markup."""
    words = escape(language.t(str(message)))
    return Markup(words).format(*values) if values else Markup(words)


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
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"t": _t, "sentence": lambda words: f"{language.t(words)}{language.t('. ')}" if words else ""}
    made.filters |= {
        "minute": output.minute,
        "day": lambda at: output.minute(at)[:10] if isinstance(at, datetime) else at.isoformat() if at else "",
        "count": lambda value: f"{value:,}",
        "percent": lambda value: "–" if value is None else f"{value:.0%}",
        "web": lambda url: url if urlsplit(url).scheme in ("http", "https") else "",
        "said": lambda value: output.minute(value) if isinstance(value, datetime) else str(value),
    }
    return made
