"""Clusters: documents that say the same, the canonical one beside each repost."""

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from flows.web import rendering
from pipeline.core.language import t
from pipeline.corpus.beside import Beside, beside, sides

_PAGE = 30


def listed(request: Request) -> Response:
    """The clusters, those that grew last first."""
    number, corpus = rendering.number(request, "page"), rendering.reader(request).corpus()
    reposts = corpus.scan().filter(pl.col("canonical_id").is_not_null())
    grouped = reposts.group_by("canonical_id").agg(
        pl.len().alias("reposts"), pl.col("source_id").unique().sort().alias("sources"), pl.col("fetched_at").max()
    )
    order = grouped.sort("fetched_at", "canonical_id", descending=[True, False])
    found = order.slice((number - 1) * _PAGE, _PAGE + 1).collect(engine="streaming").to_dicts()
    columns = ["doc_id", "title", "source_id", "lang", "published_at"]
    heads = {row["doc_id"]: row for row in corpus.of_ids([row["canonical_id"] for row in found], columns).to_dicts()}
    rows = [(heads[row["canonical_id"]], row) for row in found[:_PAGE] if row["canonical_id"] in heads]
    return rendering.page(request, "clusters.html", rows=rows, number=number, more=len(found) > _PAGE)


def cluster(request: Request) -> Response:
    """One cluster, and one of its reposts beside the canonical document; what differs is marked."""
    id_ = request.path_params["doc_id"]
    members = rendering.reader(request).corpus().cluster(id_).to_dicts()
    if len(members) < 2:
        return rendering.missing(request, t("No cluster holds a document {}.", id_))
    canonical, *reposts = members
    wanted = request.query_params.get("beside", id_)
    repost = next((each for each in reposts if each["doc_id"] == wanted), reposts[0])
    texts = ((canonical["title"] or "", repost["title"] or ""), (canonical["text"] or "", repost["text"] or ""))
    pairs = [Beside(*texts[0]), *beside(*texts[1])]
    shown = [(pair, *sides(pair)) for pair in pairs]
    return rendering.page(request, "cluster.html", members=members, canonical=canonical, repost=repost, beside=shown)
