"""A template and what it tells in, a page out. Everything is escaped, unless it says itself that it is markup."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.core.dates import minute
from pipeline.core.language import TAGS, spoken, t

_TEMPLATES = Path(__file__).with_name("templates")


def page(template: str, **told: Any) -> str:
    """The page of a template of this folder, in the language that is spoken."""
    return _ours().get_template(template).render(lang=TAGS[spoken()], **told)


def environment(folder: Path) -> Environment:
    """What reads the templates of a folder; they say their messages by `t`."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"t": say}
    filters: dict[str, Any] = {
        "minute": minute,
        "count": lambda value: f"{value:,}",
        "web": lambda url: url if urlsplit(url).scheme in ("http", "https") else "",
        "commands": commands,
    }
    made.filters |= filters
    return made


def say(message: object, *values: object) -> Markup:
    """A message in the reader's language; what stands in it may be markup."""
    words = escape(t(str(message)))
    return Markup(words).format(*values) if values else Markup(words)


def commands(text: str) -> Markup:
    """A message with what stands in backticks as code."""
    words = str(say(text)).split("`")
    whole = len(words) - 1 + len(words) % 2  # the last of an odd number opens nothing
    return Markup("").join(
        Markup("<code>{}</code>").format(Markup(each)) if place % 2 and place < whole else Markup(each)
        for place, each in enumerate(words)
    )


@cache
def _ours() -> Environment:
    return environment(_TEMPLATES)
