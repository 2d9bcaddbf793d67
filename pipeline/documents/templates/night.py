"""What a night learns of a source: landing files in, the version of the template by which their pages are read out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from pipeline.core.limits import Limits, Sandbox
from pipeline.core.models import Page
from pipeline.documents.templates import learn as learning
from pipeline.documents.templates import shelf
from pipeline.documents.templates.rules import TemplateRules
from pipeline.documents.templates.sight import Sighting
from pipeline.page.template import NOTHING
from pipeline.store import digests, keys, landing
from pipeline.store.s3 import Store

Look = Callable[[Page], Sighting | None]
_SUCCESS = 200


def learn(
    store: Store,
    source_id: str,
    run_id: str,
    now: datetime,
    landed: Sequence[str],
    look: Look,
    limits: Limits,
    least: TemplateRules,
) -> str:
    """The version of the template by which a source's pages are read: the one in use while it fits the pages of these
    landing files, else one that is learned now from all that was landed; empty where there are too few.

    `look`: what a page can teach; called in a child, under the limits of a page.
    """
    seen_in = partial(_sightings, store, look=look, limits=limits)
    files = [key for key in store.list(keys.landed(source_id)) if key.endswith(".warc.gz")]
    used = shelf.in_use(store, source_id)
    old = shelf.get(store, source_id, used.version if used else "")
    newest = seen_in(landed, most=least.first_night) if used else []
    few = used is not None and old.articles < least.first_night * 2 and len(files) >= 2 * used.files
    if used and not few and learning.fits(newest, old, least):
        return used.version
    pages = seen_in(sorted(files, key=_by_day), most=least.most)
    changed = bool(used) and not few
    if changed:
        pages = [page for page in pages if not learning.is_of(page, old, least)]
    first = len(pages) < least.first_night and set(files) <= set(landed)
    found = NOTHING if first else learning.learn(pages, least)
    if not found.version:
        if not (used or first):
            shelf.tried(store, source_id)
        return used.version if used else ""
    found = learning.joined(found, old) if changed else found
    shelf.put(store, source_id, found, now, run_id, len(files))
    return found.version


def _by_day(key: str) -> str:
    return key.partition("/date=")[2]


def _sightings(store: Store, files: Sequence[str], *, look: Look, limits: Limits, most: int) -> list[Sighting]:
    """The newest articles of these landing files, which are in order, each address once."""
    found: dict[str, Sighting] = {}
    with Sandbox(limits) as sandbox:
        for key in reversed(files):
            if len(found) >= most:
                break
            body = store.get(key)
            digests.check(store, key, body)
            pages = [page for page in landing.read(body, key) if page.status == _SUCCESS and not page.parent_url]
            pages = [page for page in pages[::-1] if page.url not in found][: most - len(found)]
            for page, seen in sandbox.each(look, pages):
                if isinstance(seen, Sighting):
                    found[page.url] = seen
    return list(found.values())
