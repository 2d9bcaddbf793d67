"""What was fetched and how it ended: a log in the store, read as what a crawl must know, appended to by each run.

Nothing of it lives on a crawler's disk. A page counts as seen only when its run was published.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from pipeline.core.conservation import GONE, CrawlReport, FailedAddress
from pipeline.core.source import Source
from pipeline.core.urls import doc_id, key64
from pipeline.store import schema
from pipeline.store.known_pages import Due, Seen, Validators
from pipeline.store.s3 import Store
from pipeline.store.schema import Row
from pipeline.store.tables import Conflict, Table

_SCHEMA = schema.arrow(schema.FETCHES)
_ARTICLE, _ATTACHMENT, _LISTING, _FAILED = "article", "attachment", "listing", "failed"
_NEVER = 2**62  # a time that never comes
_LATE = timedelta(days=7)
_EARLY = timedelta(hours=12)  # a night begins a little earlier in the day than the visits of the night before it were


def seen(store: Store, source_id: str, now: datetime) -> Seen:
    """What a crawl of that source must know: 8 bytes a known article, and the articles that are due on the day of `now`.

    Of a million visits only three numbers each are read, and the rest only of what is due: 0.8 s and 140 MB.
    """
    rows = _open(store).scan().filter(pl.col("source_id") == source_id)
    numbers = (
        pl.col("key64"),
        pl.col("fetched_at").to_physical(),
        pl.col("next_visit").to_physical().fill_null(_NEVER),
    )
    visits = rows.filter(pl.col("kind") == _ARTICLE).select(*numbers).collect(engine="streaming")
    key, fetched, next_visit = (visits[name].to_numpy() for name in ("key64", "fetched_at", "next_visit"))
    keys, due = _last_visits(key, fetched, next_visit, _microseconds(now + _EARLY))
    told = pl.col("etag").is_not_null() | pl.col("last_modified").is_not_null()
    wanted = pl.col("key64").is_in(pl.Series(due.view(np.int64)).implode()) | (pl.col("kind") == _LISTING)
    wanted |= (pl.col("kind") == _ATTACHMENT) & told
    wanted &= pl.col("kind") != _FAILED
    failing = _failing(rows)
    again = {key: url for key, url, at in failing if at and at <= now + _EARLY}
    latest = _latest(rows.filter(wanted)).sort("next_visit").collect(engine="streaming").to_dicts()
    return Seen(
        keys=keys,
        due=tuple(
            Due(
                url=row["requested_url"] or row["url"],
                visits=row["visits"],
                validators=_validators(row),
                title=row["listed_title"] or "",
                date=row["listed_date"] or "",
            )
            for row in latest
            if row["kind"] == _ARTICLE
        )
        + tuple(Due(url=url, visits=0, validators=Validators(), failed=True) for url in again.values()),
        dead=frozenset(_unsigned(key) for key, _, _ in failing if key not in again),
        listings={row["url"]: _validators(row) for row in latest if row["kind"] == _LISTING},
        files={row["requested_url"]: _validators(row) for row in latest if row["kind"] == _ATTACHMENT},
    )


def seen_of(store: Store, source_id: str, urls: Iterable[str], now: datetime, *, force: bool = False) -> Seen:
    """What a crawl of these addresses of a source must know, `due` being what listings said of them.

    With `force` none counts as known.
    """
    keys = {_signed(key64(url)): url for url in urls}
    rows = _open(store).scan().filter((pl.col("source_id") == source_id) & (pl.col("kind") == _ARTICLE))
    said = rows.filter(pl.col("key64").is_in(list(keys)))
    told = (
        said.sort("fetched_at")
        .group_by("key64")
        .agg(pl.col("listed_title", "listed_date").drop_nulls().last())
        .collect()
    )
    due = tuple(
        Due(url=keys[key], visits=0, validators=Validators(), title=title or "", date=on or "")
        for key, title, on in told.iter_rows()
    )
    return replace(Seen() if force else seen(store, source_id, now), due=due)


def _failing(rows: pl.LazyFrame) -> list[tuple[int, str, datetime | None]]:
    """Key, address and next try of the dead links: what answered 404 and came neither before nor since."""
    by = pl.col("fetched_at")
    failed = rows.filter(pl.col("kind") == _FAILED).group_by("key64").agg(
        pl.col("requested_url", "reason", "next_visit").sort_by(by).last(), by.max()
    ).filter(pl.col("reason").is_in(GONE)).collect()  # fmt: skip
    if not failed.height:
        return []
    came = rows.filter((pl.col("kind") == _ARTICLE) & pl.col("key64").is_in(failed["key64"].implode()))
    left = failed.join(came.select("key64").collect(), on="key64", how="anti")
    return list(left.select("key64", "requested_url", "next_visit").iter_rows())


def failed(store: Store, run_id: str) -> dict[str, tuple[FailedAddress, ...]]:
    """What a run asked for and could not have, by source: since when, how often, and when it is tried again."""
    rows = _open(store).scan().filter(pl.col("kind") == _FAILED)
    tonight = rows.filter(pl.col("run_id") == run_id).collect()
    keys = tonight["key64"].implode()
    first = rows.filter(pl.col("key64").is_in(keys)).group_by("key64").agg(pl.col("fetched_at").min()).collect()
    since = dict(first.iter_rows())
    found: dict[str, list[FailedAddress]] = {}
    for row in tonight.iter_rows(named=True):
        told = FailedAddress(
            url=row["requested_url"],
            cause=row["reason"],
            first_seen=since[row["key64"]],
            next_try=row["next_visit"],
            tries=row["visits"],
        )
        found.setdefault(row["source_id"], []).append(told)
    return {source_id: tuple(sorted(each, key=lambda failed: failed.url)) for source_id, each in found.items()}


def _last_visits(
    keys: np.ndarray, fetched: np.ndarray, next_visit: np.ndarray, by: int
) -> tuple[np.ndarray, np.ndarray]:
    """Keys of all articles, sorted and distinct, and of those whose last visit asked for another one until `by`."""
    keys = keys.view(np.uint64)
    order = np.lexsort((fetched, keys))
    keys = keys[order]
    last = np.append(keys[1:] != keys[:-1], np.ones(min(len(keys), 1), bool))
    return keys[last], keys[last & (next_visit[order] <= by)]


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def append(
    store: Store,
    run_id: str,
    visits: list[Row],
    crawls: list[CrawlReport],
    sources: dict[str, Source],
    again_days: Sequence[int],
) -> None:
    """Log what a published run fetched, as it counts; done twice, it is there once.

    What brought no text (`in_a_row`) is asked for again after `again_days`, the first for its first such visit.

    A source's listings are remembered only if nothing of it failed or was left for later: a listing that has not
    changed is not read again, and what it named and we missed would be lost.
    """
    broken = {crawl.source_id for crawl in crawls if crawl.cause}
    while True:
        table = _open(store)
        if table.has(run_id):
            return None
        before = table.scan().filter(
            (pl.col("kind") == _ARTICLE) & pl.col("doc_id").is_in([row["doc_id"] for row in visits])
        )
        counts = dict(_latest(before).select("key64", "visits").collect().iter_rows())
        rows = [_article(row, run_id, counts, sources, broken, again_days) for row in visits]
        rows = [row | {"next_visit": None} if _is_past(row, crawls) else row for row in rows]
        rows += [row for crawl in crawls if crawl.misses_nothing for row in _listings(crawl)]
        rows += [row for crawl in crawls if not crawl.not_fetched for row in _failures(table, crawl, again_days)]
        if not rows:
            return None
        try:
            return table.append(schema.table(rows, _SCHEMA), run_id)
        except Conflict:
            continue


def _is_past(row: Row, crawls: Sequence[CrawlReport]) -> bool:
    """Whether the day of the next visit is long over: of what an archive holds of years ago nothing is due tonight."""
    ended = max((crawl.ended_at for crawl in crawls), default=None)
    return bool(ended and row["next_visit"] and row["next_visit"] < ended - _LATE)


def has(store: Store, run_id: str) -> bool:
    """Whether the log holds what a run fetched."""
    return _open(store).has(run_id)


def before(store: Store, doc_ids: Collection[str]) -> dict[str, Row]:
    """The last visit of each of these pages."""
    rows = _scan(store).filter((pl.col("kind") == _ARTICLE) & pl.col("doc_id").is_in(list(doc_ids)))
    last = rows.sort("fetched_at").group_by("doc_id", maintain_order=True).last().collect()
    return {row["doc_id"]: row for row in last.to_dicts()}


def accepted(store: Store, doc_ids: Collection[str]) -> set[tuple[str, int]]:
    """The places in landing files of texts of these pages that a person accepted."""
    rows = _scan(store).filter((pl.col("flag") == "accepted") & pl.col("doc_id").is_in(list(doc_ids)))
    return {(place["key"], place["offset"]) for place in rows.select("landing").collect()["landing"] if place}


def of_shapes(store: Store, shapes: Collection[str]) -> pl.DataFrame:
    """Where short texts of these shapes were seen: source_id, shape, doc_id, listed_title."""
    rows = _scan(store).filter(pl.col("shape").is_in(list(shapes)))
    return rows.select("source_id", "shape", "doc_id", "listed_title").unique().collect()


def _failures(table: Table, crawl: CrawlReport, again_days: Sequence[int]) -> list[Row]:
    """The log's rows of what a crawl could not have. Dead links are tried again at growing intervals, the rest each night."""
    keys = {_signed(key64(url)): (url, reason) for url, reason in crawl.failures}
    before = table.scan().filter((pl.col("kind") == _FAILED) & pl.col("key64").is_in(list(keys)))
    tries = dict(
        before.group_by("key64")
        .agg(pl.len(), pl.col("reason").is_in(GONE).sum().alias("dead"))
        .select("key64", pl.struct("len", "dead"))
        .collect()
        .iter_rows()
    )
    rows, at = [], crawl.ended_at.astimezone(UTC)
    for key, (url, reason) in keys.items():
        earlier = tries.get(key) or {"len": 0, "dead": 0}
        days = again_days[earlier["dead"] :][:1] if reason in GONE else (1,)
        rows.append(
            {
                "doc_id": doc_id(url),
                "key64": key,
                "kind": _FAILED,
                "visits": earlier["len"] + 1,
                "next_visit": at + timedelta(days=days[0]) if days else None,
                "url": url,
                "requested_url": url,
                "source_id": crawl.source_id,
                "fetched_at": at,
                "outcome": "failed",
                "reason": reason,
                "run_id": crawl.run_id,
            }
        )
    return rows


def story(store: Store, doc: str) -> list[Row]:
    """Every visit of one page, oldest first."""
    rows = _scan(store).filter(pl.col("doc_id") == doc).sort("fetched_at").collect()
    return rows.to_dicts()


def first_visits(store: Store, run_id: str) -> pl.DataFrame:
    """The articles that a run fetched for the first time, with how that ended: doc_id, outcome, reason."""
    rows = _scan(store).filter((pl.col("run_id") == run_id) & (pl.col("kind") == _ARTICLE))
    vain = pl.col("in_a_row").fill_null(0)
    first = ((pl.col("visits") == 1) & (vain == 0)) | ((pl.col("visits") == 0) & (vain <= 1))
    return rows.filter(first).select("doc_id", "outcome", "reason").unique("doc_id", keep="last").collect()


def of_run(store: Store, run_id: str) -> list[Row]:
    """The visits of a run as they count, oldest first."""
    visited = (pl.col("run_id") == run_id) & (pl.col("kind") == _ARTICLE) & pl.col("status").is_not_null()
    return _scan(store).filter(visited).sort("fetched_at").collect().to_dicts()


def at(store: Store, url: str) -> set[str]:
    """The ids of what was found at an address, as listed or after redirects."""
    named = (pl.col("requested_url") == url) | (pl.col("url") == url)
    rows = _open(store).scan().filter((pl.col("kind") != _LISTING) & named)
    return set(rows.select("doc_id").collect()["doc_id"])


def led_to(store: Store, urls: Collection[str]) -> dict[str, str]:
    """The doc_id of what the last visit of each of these addresses found; redirects lead elsewhere than they say."""
    keys = {_signed(key64(url)): url for url in urls}
    rows = _open(store).scan().filter((pl.col("kind") == _ARTICLE) & pl.col("key64").is_in(list(keys)))
    found = rows.group_by("key64").agg(pl.col("doc_id").sort_by("fetched_at").last()).collect()
    return {keys[key]: doc for key, doc in found.iter_rows()}


def forget(store: Store, doc: str, run_id: str, now: datetime) -> None:
    """Log that a page is not to be visited again."""
    while True:
        table = _open(store)
        told = {
            row["requested_url"]: row
            for row in table.scan()
            .filter((pl.col("doc_id") == doc) & (pl.col("kind") == _ARTICLE))
            .sort("fetched_at")
            .collect()
            .to_dicts()
        }
        ended = {"outcome": "rejected", "reason": "forgotten", "detail": None, "next_visit": None, "etag": None,
                 "last_modified": None, "landing": None, "fetched_at": now, "run_id": run_id}  # fmt: skip
        if not told or table.has(run_id):
            return None
        try:
            return table.append(schema.table([row | ended for row in told.values()], _SCHEMA), run_id)
        except Conflict:
            continue


def of_sources(store: Store) -> pl.DataFrame:
    """A row a source: known articles, last fetch."""
    scan = _open(store).scan().filter(pl.col("kind") == _ARTICLE)
    return scan.group_by("source_id").agg(
        pl.col("key64").n_unique().alias("known"), pl.col("fetched_at").max().alias("last_fetch")
    ).sort("source_id").collect()  # fmt: skip


def table(store: Store) -> Table:
    """The log itself, for housekeeping."""
    return _open(store)


def _open(store: Store) -> Table:
    return Table.open(
        store, "fetches", _SCHEMA, partition_by="source_id", description="what was fetched, when, and how it ended"
    )


def _scan(store: Store) -> pl.LazyFrame:
    """All rows with all columns; a log that an older release wrote lacks some."""
    opened = _open(store)
    kinds = schema.kinds(_SCHEMA)
    missing = [pl.lit(None, dtype=kinds[name]).alias(name) for name in kinds if name not in opened.columns]
    return opened.scan().with_columns(missing)


def _latest(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The last row of each page; a log of a million rows is grouped in half a second."""
    by = pl.col("fetched_at")
    wanted = """
        url requested_url kind visits next_visit etag last_modified body_digest listed_title listed_date
    """.split()
    return rows.group_by("key64").agg(*(pl.col(name).sort_by(by).last() for name in wanted))


def _validators(row: Row) -> Validators:
    return Validators(etag=row["etag"] or "", last_modified=row["last_modified"] or "", digest=row["body_digest"] or "")


def _article(
    row: Row,
    run_id: str,
    before: dict[int, int],
    sources: dict[str, Source],
    broken: set[str],
    again_days: Sequence[int],
) -> Row:
    """The log's row of a visit.

    A visit that brought no text is not one of those that the source is to have: what is gone, an error or held is asked
    for again at growing intervals, unconditionally, since what it was answered is not what we want to hear again. Of a
    source that is broken a page that is no document says nothing of itself: it is asked for again the next night.
    """
    key = _signed(key64(row["requested_url"]))
    source = sources.get(row["source_id"])
    schedule = source.revisit.after_days if source else ()
    vain = row.get("in_a_row") or 0
    told = not (vain or (row["source_id"] in broken and row["outcome"] == "rejected"))
    visits = before.get(key, 0) + told
    days = again_days[vain - 1 : vain] if vain else schedule[visits - 1 if told else 0 :][:1]
    next_visit = row["fetched_at"] + timedelta(days=days[0]) if days and row["reason"] != "forgotten" else None
    wanted = {name: row[name] for name in _SCHEMA.names if name in row}
    wanted |= dict.fromkeys(("etag", "last_modified", "body_digest")) if vain else {}
    return wanted | {
        "key64": key,
        "kind": _ATTACHMENT if row.get("parent_id") else _ARTICLE,
        "visits": visits,
        "next_visit": next_visit,
        "run_id": run_id,
    }


def _listings(crawl: CrawlReport) -> list[Row]:
    return [
        {
            "doc_id": doc_id(listing.url),
            "key64": _signed(key64(listing.url)),
            "kind": _LISTING,
            "visits": 1,
            "url": listing.url,
            "source_id": crawl.source_id,
            "fetched_at": crawl.ended_at.astimezone(UTC),
            "etag": listing.etag,
            "last_modified": listing.last_modified,
            "body_digest": listing.digest,
            "run_id": crawl.run_id,
        }
        for listing in crawl.listings
        if listing.digest and not listing.cause
    ]


def _unsigned(key: int) -> int:
    return key + (1 << 64) if key < 0 else key


def _signed(key: int) -> int:
    """Delta Lake has no unsigned integers: the same 64 bits, read as signed."""
    return key - (1 << 64) if key >= 1 << 63 else key
