"""`gongbao forget`: a text out of everything in the store, for good, with the proof on standard output."""

import re
from datetime import UTC, datetime

from flows import console, running, settings
from pipeline import fetches, forgetting, urls
from pipeline.corpus import Corpus

_DOC_ID = re.compile(r"[0-9a-f]{32}")


def forget(asked: str, reason: str, *, reposts: bool) -> bool:
    """Forget a URL or doc_id, and with `reposts` the documents that say the same; whether nothing is left of it."""
    store = settings.open_store(settings.from_environment())
    ids = {asked} if _DOC_ID.fullmatch(asked) else {urls.doc_id(asked)} | fetches.at(store, asked)
    corpus = Corpus.open(store)
    same = forgetting.same_texts(corpus, sorted(ids))
    if reposts:
        ids |= set(same)
    if not corpus.of_ids(sorted(ids)).height:
        console.say(f"{asked}: not in the corpus; a tombstone keeps it from coming there")
    now = datetime.now(UTC)
    proofs = forgetting.forget(store, sorted(ids), reason, running.new_run_id(now), now)
    for proof in proofs:
        console.out.print(proof.text(), markup=False)
    for id_ in sorted(ids):
        console.out.print(f"{id_}: tombstone forgotten/{id_}.json, {reason}", markup=False)
    if same and not reposts:
        console.say(f"{len(same)} more documents say the same (--reposts takes them too): {', '.join(same)}")
    return not any(proof.left for proof in proofs)
