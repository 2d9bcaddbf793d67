"""A store in, what Gongbao stands on and this one does not do out. Writes some objects under `checks/` and removes them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from pipeline.store.s3 import Store

_AT_ONCE = 16
_RACES = 20  # a server that decides late gives one object to two in half of them or more; 1 in a million passes all
_MORE_THAN_A_PAGE = 1001  # of a listing: S3 tells a thousand keys at once


def failings(store: Store, name: str) -> Iterator[str]:
    """What is wrong with the server, a line each; `name` is one that nobody else uses."""
    folder = f"checks/{name}/"
    checks: tuple[Callable[[Store, str], str], ...] = (_keeps, _refuses, _one_wins, _lists)
    try:
        yield from filter(None, (check(store, folder) for check in checks))
    finally:
        _each(store.delete, [*store.list(folder)])
    if [*store.list(folder)]:
        yield "what was deleted is listed still"


def _keeps(store: Store, folder: str) -> str:
    store.put(f"{folder}kept", b"first")
    store.put(f"{folder}kept", b"second")
    if store.get(f"{folder}kept") != b"second" or store.get_range(f"{folder}kept", 1, 4) != b"eco":
        return "what was written is not what is read"
    return ""


def _refuses(store: Store, folder: str) -> str:
    store.put(f"{folder}new", b"first", only_new=True)
    if store.put(f"{folder}new", b"second", only_new=True):
        return (
            "no conditional put: an object was overwritten that must not be (If-None-Match); two nights would lose one"
        )
    return ""


def _one_wins(store: Store, folder: str) -> str:
    bodies, odd = [str(number) for number in range(_AT_ONCE)], []
    for race in range(_RACES):
        won = _each(lambda body: store.put(f"{folder}race{race}", body.encode(), only_new=True), bodies)  # noqa: B023
        winners = [body for body, told in zip(bodies, won, strict=True) if told]
        if winners != [store.get(f"{folder}race{race}").decode()]:
            odd.append(len(winners))
    if not odd:
        return ""
    return (
        f"no conditional put among many (If-None-Match): in {len(odd)} of {_RACES} races of {_AT_ONCE} for one new object "
        f"not one alone was told that it won, but {max(odd)}; two nights would lose one"
    )


def _lists(store: Store, folder: str) -> str:
    keys = [f"{folder}many/{number:04}" for number in range(_MORE_THAN_A_PAGE)]
    _each(lambda key: store.put(key, b""), keys)
    return "" if [*store.list(f"{folder}many/")] == keys else f"{len(keys)} objects are not listed whole and in order"


def _each(act: Callable[[str], bool | None], items: list[str]) -> list[bool]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [bool(done) for done in pool.map(act, items)]
