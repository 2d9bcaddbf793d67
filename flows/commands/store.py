"""`gongbao store copy` and `check`: the whole store elsewhere, as a back-up, or back; whether a store is what it must be."""

import secrets

from flows import settings
from flows.terminal import output
from pipeline.store.s3 import Store
from pipeline.upkeep import backup
from pipeline.upkeep.check_store import failings


def copy(to: str, profile: str, *, delete: bool) -> None:
    """Copy the configured store to another; stopped, it goes on where it was."""
    dest = Store.open(to, profile=profile)  # before an embedded source tells the environment where that one is
    source = settings.open_store(settings.from_environment())
    dest.make_bucket()
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
