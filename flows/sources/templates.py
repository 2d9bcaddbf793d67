"""`gongbao sources learned`: what a source's own pages taught of their template, and how to throw it away."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from flows import settings
from flows.terminal import output
from pipeline.core.dates import SHANGHAI
from pipeline.core.source import load_all
from pipeline.documents.templates import shelf
from pipeline.page.template import Template
from pipeline.store.s3 import Store


def show(ids: Sequence[str], *, throw_away: bool) -> None:
    """Print what was learned of the sources named, or of all; with `throw_away` stop using it."""
    known = settings.from_environment()
    store = settings.open_store(known)
    for source in load_all(known.sources, ids):
        for line in told(store, source.id):
            output.out.print(Text(line))
        if throw_away and shelf.throw_away(store, source.id):
            output.say(
                f"{source.id}: thrown away; `gongbao reprocess {source.id}` gives its documents their lines back"
            )


def told(store: Store, source_id: str) -> Iterator[str]:
    """What was learned of a source, a line each; nothing where nothing was."""
    used = shelf.in_use(store, source_id)
    if used is None:
        return
    template = shelf.get(store, source_id, used.version)
    at = used.learned_at.astimezone(SHANGHAI)
    yield f"{source_id}: learned {at:%Y-%m-%d} from {template.articles} articles (version {used.version})"
    for what, text, articles, share in rows(template):
        yield f"  {what:9} {articles:4} {share:4.0%}  {text}"


def rows(template: Template) -> Iterator[tuple[str, str, int, float]]:
    """What was learned, with on how many articles and on which share of them."""
    for name in template.names:
        yield "site", name.text, name.articles, name.share
    for body in template.bodies:
        yield "body", body.text, body.articles, body.share
    for line in template.lines:
        yield ("furniture" if line.text else "list"), line.text or line.place, line.articles, line.share
