"""`gongbao forget`: a text out of everything in the store, for good, with the proof on standard output."""

import re
import shutil
from datetime import UTC, datetime

from flows import settings
from flows.servers import embedded_store
from flows.terminal import output as console
from pipeline.core import urls
from pipeline.core.errors import ConfigError
from pipeline.corpus.corpus import Corpus
from pipeline.report import run_reports
from pipeline.store import fetches
from pipeline.upkeep import forget as forgetting
from pipeline.upkeep import tombstones

_ELSEWHERE = (
    "not looked at: exports and files that readers made; copies of the store (`gongbao store copy`, made again, forgets "
    "too); logs and pages of Prefect; pages of others that link to it by its title"
)
_DOC_ID = re.compile(r"[0-9a-f]{32}")


def forget(asked: str, reason: str, *, reposts: bool) -> bool:
    """Forget a URL or doc_id, and with `reposts` the documents that say the same; whether nothing is left of it."""
    if not reason.strip():
        raise ConfigError("forgetting needs a reason, such as the number of the request", key="--reason")
    if not (_DOC_ID.fullmatch(asked) or re.match(r"https?://[^/]", asked)):
        raise ConfigError(f"neither a URL nor the doc_id of a document: {asked!r}")
    known = settings.from_environment()
    store = settings.open_store(known)
    ids = {asked} if _DOC_ID.fullmatch(asked) else {urls.doc_id(asked)} | fetches.at(store, asked)
    corpus = Corpus.open(store)
    ids |= tombstones.files_of(corpus, ids)
    same = tombstones.same_texts(corpus, sorted(ids))
    if reposts:
        ids |= {*same, *tombstones.files_of(corpus, same)}
    if not corpus.of_ids(sorted(ids)).height:
        console.say(f"{asked}: not in the corpus; a tombstone keeps it from coming there")
    now = datetime.now(UTC)
    proofs = forgetting.forget(store, sorted(ids), reason, run_reports.new_id(now), now)
    shutil.rmtree(known.home / "search", ignore_errors=True)
    if known.embedded:
        embedded_store.compact(known.home)
    for proof in proofs:
        console.out.print(proof.text(), markup=False)
    console.out.print(f"{known.home / 'search'}: deleted; the next search makes the index anew", markup=False)
    if known.embedded:
        console.out.print(f"{known.home / 'store'}: compacted, so that the disk holds no deleted bytes", markup=False)
    for id_ in sorted(ids):
        console.out.print(f"{id_}: tombstone forgotten/{id_}.json, {reason}", markup=False)
    console.out.print(_ELSEWHERE, markup=False)
    if same and not reposts:
        console.out.print(
            f"{len(same)} more documents say the same and stay (--reposts takes them too): {', '.join(same)}",
            markup=False,
        )
    return not any(proof.left for proof in proofs)
