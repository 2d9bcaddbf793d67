"""`gongbao store copy`: the whole store elsewhere, as a back-up, or back."""

from flows import console, settings
from pipeline.backup import copy as copy_store
from pipeline.store import Store


def copy(to: str, profile: str, *, delete: bool) -> None:
    """Copy the configured store to another; stopped, it goes on where it was."""
    dest = Store.open(to, profile=profile)  # before an embedded source tells the environment where that one is
    source = settings.open_store(settings.from_environment())
    dest.make_bucket()
    with console.bar("copy", None) as show:
        done = copy_store(source, dest, delete=delete, step=lambda done, of: show(1, f"{done} of {of} objects"))
    console.say(
        f"{done.written} objects copied, {done.bytes / 1e6:.1f} MB; {done.there} were there, {done.deleted} deleted; "
        f"{dest.url} holds version {done.version}, and every file of it"
    )
