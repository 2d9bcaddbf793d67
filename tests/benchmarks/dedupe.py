"""Gongbao and its peers on the labelled near-duplicates, `python -m tests.benchmarks.dedupe [--alone]`.

Needs ../shared/near_duplicates. Peers get our canonical texts and an environment of their own (.venv-peers, made from
peers.txt); `--alone` leaves them out. The first table: all kinds together, and our figures on the half of the set on
which no threshold was tuned. The second: of each kind of repost the share that was matched to its source, of each kind
of other text the share that was taken for a repost. Below: speed.
"""

import argparse
import ast
import gzip
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.core.config import read
from pipeline.dedupe.candidates import columns, pairs
from pipeline.dedupe.fingerprint import canonical, fingerprint
from pipeline.dedupe.pair.compare import Text, compare, make_ready
from pipeline.dedupe.rules import DedupeRules
from pipeline.dedupe.two_files import against, text_of
from tests.benchmarks.peers_apart.dedupe_peers import METHODS
from tests.benchmarks.peers_apart.environment import build_peers
from tests.makers.places import ROOT

LABELLED = ROOT.parent / "shared" / "near_duplicates"
RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)


def texts(name: str) -> list[Text]:
    """The texts of one of the two files; only what is given to every method."""
    with gzip.open(LABELLED / name, "rt", encoding="utf-8") as lines:
        return [text_of({key: row[key] for key in ("id", "text")}, RULES) for row in map(json.loads, lines)]


def scored(rows: Iterable[dict[str, Any]], queries: Path) -> str:
    """What score.py says of some decisions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        command = [sys.executable, str(LABELLED / "score.py"), str(path), str(queries)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def peers(new: list[Text], old: list[Text], folder: Path) -> Iterator[tuple[str, list[dict[str, Any]], float]]:
    """Name, decisions and seconds of each peer that could be installed."""
    python, forms = str(build_peers()), folder / "forms.jsonl"
    with forms.open("w", encoding="utf-8") as lines:
        for is_new, side in ((False, old), (True, new)):
            for text in side:
                lines.write(json.dumps({"id": text.id, "form": canonical(text.text), "new": is_new}) + "\n")
    for name in METHODS:
        out, before = folder / "out.jsonl", time.perf_counter()
        script = str(Path(__file__).parent / "peers_apart" / "dedupe_peers.py")
        done = subprocess.run([python, script, name, str(forms), str(out)], capture_output=True, text=True)
        if done.returncode:
            print(f"{name:<42} not measured: {done.stderr.strip().splitlines()[-1]}")
            continue
        yield name, [json.loads(line) for line in out.read_text().splitlines()], time.perf_counter() - before


def held_out(folder: Path) -> Path:
    """The queries on which nothing was tuned: those whose ids hash odd."""
    path = folder / "held-out.jsonl"
    with gzip.open(LABELLED / "queries.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [line for line in lines if zlib.crc32(json.loads(line)["id"].encode()) % 2]
    path.write_text("".join(rows), encoding="utf-8")
    return path


def speed(new: list[Text], old: list[Text]) -> None:
    """Fingerprints and verifications a second of processor time, one core; the best of five, for shared machines."""
    sample = old[:2000]
    found = pairs(new[::3], columns(old).lazy(), RULES.candidates, within=False)[::4]
    by_id = {text.id: text for text in (*new, *old)}
    ready = {id_: make_ready(by_id[id_], {}, RULES) for pair in found for id_ in pair}

    def best(work: Callable[[], object]) -> float:
        spent = []
        for _ in range(5):
            before = time.process_time()
            work()
            spent.append(time.process_time() - before)
        return min(spent)

    seconds = best(lambda: [fingerprint(text.text, RULES.fingerprint) for text in sample])
    print(f"fingerprints  {len(sample) / seconds:>7,.0f} documents a second a core")
    seconds = best(lambda: [compare(ready[one], ready[other], RULES, told=False) for one, other in found])
    print(f"verification  {len(found) / seconds:>7,.0f} pairs a second a core")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="without the peers")
    alone = parser.parse_args().alone
    if not LABELLED.exists():
        sys.exit(f"the labelled set is not here: {LABELLED}")
    new, old = texts("queries.jsonl.gz"), texts("corpus.jsonl.gz")
    queries = LABELLED / "queries.jsonl.gz"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(f"{'method':<42} {'recall':>7} {'precis.':>7} {'F1':>7} {'seconds':>8}")
        said = {}
        for name, rows, seconds in () if alone else peers(new, old, folder):
            row(name, told := scored(rows, queries), seconds)
            said[name] = told
        before = time.perf_counter()
        ours = list(against(new, old, RULES))
        row("Gongbao", told := scored(ours, queries), time.perf_counter() - before)
        row("  on the half that nothing was tuned on", scored(ours, held_out(folder)), 0)
        kinds(said | {"Gongbao": told})
    speed(new, old)


def row(name: str, said: str, seconds: float) -> None:
    """One line of the table."""
    figures = json.loads(said.splitlines()[0])
    print(
        f"{name:<42} {figures['recall']:>7.4f} {figures['precision']:>7.4f} {figures['F1']:>7.4f} {seconds:>8.1f}",
        flush=True,
    )


def kinds(said: dict[str, str]) -> None:
    """The table of kinds, a column a method."""
    found = {
        name: [ast.literal_eval(line.split(None, 1)[1]) for line in told.splitlines()[1:3]]
        for name, told in said.items()
    }
    print(f"\n{'':<24}" + "".join(f"{name.split(' ')[0].split(chr(39))[0]:>12}" for name in found))
    for nth, title in enumerate(("matched to its source", "taken for a repost")):
        print(title)
        for kind in found["Gongbao"][nth]:
            print(f"  {kind:<22}" + "".join(f"{of[nth].get(kind, 0):>12.3f}" for of in found.values()))
    print()


if __name__ == "__main__":
    main()
