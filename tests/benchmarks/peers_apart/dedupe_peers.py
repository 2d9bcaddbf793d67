"""One other near-duplicate method over canonical texts: `python dedupe_peers.py NAME TEXTS OUT`, in the peers' environment.

TEXTS holds `{"id", "form", "new"}` a line: canonical texts, the old ones first. Writes `{"q", "duplicate_of"}` for each
new one: the old text that the method's own estimate finds most alike among its candidates. Imports nothing of Gongbao.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def characters(form: str) -> list[str]:
    """Runs of five characters."""
    return [form[n : n + 5] for n in range(max(len(form) - 4, 1))]


def words(form: str) -> list[str]:
    """Runs of five words, as datatrove takes them for Chinese."""
    import jieba

    cut = jieba.lcut(form)
    return [" ".join(cut[n : n + 5]) for n in range(max(len(cut) - 4, 1))]


def datasketch(
    rows: list[dict[str, Any]], shingle: Callable[[str], list[str]], **options: Any
) -> Iterator[tuple[str, str | None]]:
    from datasketch import MinHash, MinHashLSH

    index, held = MinHashLSH(**options), {}
    for row in rows:
        sketch = MinHash(num_perm=options["num_perm"])
        sketch.update_batch([part.encode() for part in shingle(row["form"])])
        if row["new"]:
            yield row["id"], max(index.query(sketch), key=lambda id_: held[id_].jaccard(sketch), default=None)
        else:
            held[row["id"]] = sketch
            index.insert(row["id"], sketch)


def rensa(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str | None]]:
    from rensa import RMinHash, RMinHashLSH

    index, held, ids = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32), {}, []
    for row in rows:
        sketch = RMinHash(num_perm=128, seed=42)
        sketch.update(characters(row["form"]))
        if row["new"]:
            best = max(index.query(sketch), key=lambda n: held[n].jaccard(sketch), default=None)
            yield row["id"], None if best is None else ids[best]
        else:
            held[len(ids)] = sketch
            index.insert(len(ids), sketch)
            ids.append(row["id"])


METHODS: dict[str, Callable[[list[dict[str, Any]]], Iterator[tuple[str, str | None]]]] = {
    "datatrove's method (14x8, jieba words)": lambda rows: datasketch(rows, words, num_perm=112, params=(14, 8)),
    "datasketch, threshold 0.5": lambda rows: datasketch(rows, characters, num_perm=128, threshold=0.5),
    "rensa 32x4": rensa,
}


def main(name: str, texts: str, out: str) -> None:
    with Path(texts).open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    with Path(out).open("w", encoding="utf-8") as decisions:
        for new, old in METHODS[name](rows):
            decisions.write(json.dumps({"q": new, "duplicate_of": old}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
