"""`gongbao store create`, `copy` and `check`: its bucket; the whole store elsewhere, or back; whether it is what it must be."""

import random
import secrets
from collections.abc import Iterator

import polars as pl

from flows import settings
from flows.terminal import output
from pipeline.core.errors import ConfigError
from pipeline.core.models import Document, Place
from pipeline.core.source import load_all, unknown
from pipeline.corpus.corpus import Corpus
from pipeline.store import keys, landing
from pipeline.store.s3 import Store
from pipeline.upkeep import backup
from pipeline.upkeep import repair as repairing
from pipeline.upkeep import verify as verifying
from pipeline.upkeep.check_store import failings
from pipeline.upkeep.verify import Verified


def create(url: str, profile: str) -> None:
    """Make the bucket of the configured store, or of another."""
    known = settings.from_environment()
    if not url and known.embedded:
        raise ConfigError("the embedded store makes its own bucket; name one", key="GONGBAO_STORE")
    store = Store.open(url or known.store, profile=profile)
    made = store.make_bucket()
    output.say(f"{store.url}: the bucket is made" if made else f"{store.url}: the bucket is there already")


def copy(to: str, profile: str, *, delete: bool) -> None:
    """Copy the configured store to another; stopped, it goes on where it was."""
    dest = Store.open(to, profile=profile)  # before an embedded source tells the environment where that one is
    source = settings.open_store(settings.from_environment())
    if not dest.has_bucket():
        raise ConfigError(f"there is no bucket {dest.bucket!r}: `gongbao store create {to}` makes it")
    with output.bar("copy", None) as show:
        done = backup.copy(source, dest, delete=delete, step=lambda done, of: show(1, f"{done} of {of} objects"))
    output.say(
        f"{done.written} objects copied, {done.bytes / 1e6:.1f} MB; {done.there} were there, {done.deleted} deleted; "
        f"{dest.url} holds version {done.version}, and every file of it"
    )


def check() -> bool:
    """Try what the configured store's server can, and look for every file that the tables name."""
    store = settings.open_store(settings.from_environment())
    found = list(failings(store, secrets.token_hex(8)))
    for failing in found:
        output.say(f"{store.url}: {failing}")
    if not found:
        output.say(f"{store.url}: conditional put, reads, listings and deletes are as they must be")
        output.say(f"{store.url}: version {backup.check(store)}, every file of it is there")
    return not found


def verify(derive: int | None, *, repair: bool = False) -> bool:
    """Read everything again and say what is not what was written; with `derive` make so many documents again, too.

    With `repair` what can be is made whole, and everything is read once more.
    """
    store = settings.open_store(settings.from_environment())
    found = _verified(store)
    if repair and found.faults:
        done = repairing.repair(store, found.faults)
        for key in done.whole:
            output.say(f"made whole: {key}")
        for fault in done.beyond:
            output.say(f"beyond repair: {fault.what}: {fault.key}")
        if done.republish:
            from flows.commands import backfill  # loads Prefect

            backfill.command((), landing=keys.LANDING)
        found = _verified(store)
    if derive is None:
        return not found.faults
    others = list(_derived_otherwise(store, derive))
    for line in others:
        output.say(line)
    output.say(f"{len(others)} documents come out otherwise than they are held")
    return not (found.faults or others)


def _verified(store: Store) -> Verified:
    with output.bar("verify", None) as show:
        found = verifying.verify(store, lambda done, of: show(1, f"{done} of {of} objects"))
    for line in verifying.lines(found):
        output.say(line)
    return found


def _derived_otherwise(store: Store, most: int) -> Iterator[str]:
    """Documents that today's rules made, and now make otherwise of the same bytes."""
    from flows.runs import processing  # trafilatura and lxml take a second, which only this needs
    from pipeline.documents.templates import shelf

    known = settings.from_environment()
    by_id = {each.id: each for each in load_all(known.sources)}
    ours = pl.col("rules_version").str.split("+").list.first() == processing.rules(known.config).version
    rows = Corpus.open(store).scan().filter(ours & pl.col("landing").is_not_null())
    held = rows.select("doc_id", "source_id", "landing", "title", "text", "rules_version").collect(engine="streaming")
    chosen = random.Random(0).sample(range(held.height), min(most, held.height))
    for row in held[sorted(chosen)].iter_rows(named=True):
        page = landing.read_at(store, Place(**row["landing"]))
        of, learned = by_id.get(row["source_id"]) or unknown(), row["rules_version"].partition("+")[2]
        template = shelf.get(store, row["source_id"], learned)
        made = processing.process_one(page, of, known.config, template) if page else None
        if not isinstance(made, Document):
            yield f"{row['doc_id']}: its record in {row['landing']['key']} makes no document"
        elif (made.title, made.text) != (row["title"], row["text"]):
            yield f"{row['doc_id']}: another text comes out of {row['landing']['key']}"
