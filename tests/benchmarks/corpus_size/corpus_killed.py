"""A reader of the change feed, killed at random while everything else goes on, ends with exactly the corpus."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pipeline.corpus.corpus import Corpus
from pipeline.store.s3 import Store
from pipeline.upkeep.maintenance import maintain
from tests.benchmarks.corpus_size.corpus_documents import BEGIN, RULES, Place, newest_night, rows, texts
from tests.makers.places import ROOT

READER = """
import json, os, sys
from pathlib import Path
from pipeline import Corpus
folder = Path(sys.argv[2])
while True:
    changes = Corpus.open(sys.argv[1]).changes(cursor=folder / "cursor")
    kept = folder / "kept" / changes.id
    if not kept.exists():
        lines = [json.dumps([each.what, each.doc_id, each.document["text"]]) for each in changes]
        scratch = folder / "scratch"
        scratch.write_text("\\n".join(lines))
        os.replace(scratch, kept)
    changes.commit()
"""


def killed(place: Place) -> None:
    """A reader as its own process, killed with SIGKILL at random while everything else goes on."""
    folder, kills = place.folder, max(int(200 * place.scale), 5)
    store = Store.open("s3://gongbao/killed")
    newest = Corpus.open(store)
    (folder / "kept").mkdir(exist_ok=True)
    tally = folder / "kills"
    done = int(tally.read_text()) if tally.exists() else 0
    rng = random.Random(done + 7)
    writing = _writing(store, rng, newest_night(store) + 1)
    reader = None
    while done < kills and not place.is_late:
        reader = subprocess.Popen([sys.executable, "-c", READER, store.url, str(folder)], cwd=ROOT)
        deadline = time.monotonic() + 1.2 + rng.random() * 2.5  # it starts in a second
        while time.monotonic() < deadline:
            next(writing)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
        done += 1
        tally.write_text(str(done))
    newest = Corpus.open(store)
    reader = subprocess.Popen([sys.executable, "-c", READER, store.url, str(folder)], cwd=ROOT)
    while (json.loads((folder / "cursor").read_text())["version"]) < newest.version:
        time.sleep(0.2)
    reader.kill()
    reader.wait()
    held: dict[str, str] = {}
    ranges = sorted((folder / "kept").iterdir(), key=lambda path: [int(end) for end in path.name.split("-")])
    for path in ranges:
        for line in path.read_text().splitlines():
            what, id_, text = json.loads(line)
            assert (id_ in held) == (what != "added"), f"{what} twice in {path.name}"
            held.pop(id_, None)
            if what != "withdrawn":
                held[id_] = text
    wanted = dict(newest.documents().select("doc_id", "text").collect().iter_rows())
    state = "exactly the corpus" if held == wanted else "NOT THE CORPUS"
    print(
        f"\na reader killed {done} times over {newest.version} versions in {len(ranges)} ranges ends with {state}: {len(held)} documents"
    )
    assert held == wanted


def _writing(store: Store, rng: random.Random, number: int) -> Iterator[None]:
    """Nights, backfills of old months, revisions, withdrawals, reposts that are found late, and housekeeping, for ever."""
    while True:
        number += 1
        at, run = BEGIN + timedelta(days=number), f"r{number}"
        night = rows(run, 6, number * 6, at - timedelta(days=rng.choice((0, 0, 400))), 300)
        corpus = Corpus.open(store)
        held = corpus.scan().collect().to_dicts()
        for row in rng.sample(held, min(4, len(held))):
            change = rng.choice(("revised", "withdrawn", "restored", "repost", "relinked"))
            night.append(row | {"run_id": run} | {
                "revised": {"text": texts(1, 300, number)[0], "revision": row["revision"] + 1},
                "withdrawn": {"withdrawn_at": at, "withdrawn_because": "gone"},
                "restored": {"withdrawn_at": None, "canonical_id": None},
                "repost": {"canonical_id": night[0]["doc_id"], "kind": "repost"},
                "relinked": {"near_ids": [run]},
            }[change])  # fmt: skip
        corpus.commit(night, run, {})
        yield
        if number % 10 == 0:
            maintain(store, RULES, datetime.now(UTC))
            yield
