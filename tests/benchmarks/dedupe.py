"""Gongbao and its peers on the labelled near-duplicates, `python -m tests.benchmarks.dedupe [--alone] [--only SET]`.

Needs ../shared/near_duplicates. Peers get our canonical texts and an environment of their own (.venv-peers, made from
peers.txt); `--alone` leaves them out. For each of both sets, synthetic edits and real reposts, a table of all kinds
together (of the synthetic one also on the half on which no threshold was tuned), and one that says of each kind of
repost which share was matched to its source, of each kind of other text which share was taken for a repost. Real texts
come with titles and dates. Then the families of texts that differ in a character, and speed.
"""

import argparse
import ast
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.config import read
from pipeline.dedupe.candidates import columns, pairs
from pipeline.dedupe.fingerprint import canonical, fingerprint
from pipeline.dedupe.pair.compare import compare, judge, make_ready
from pipeline.dedupe.pair.text import Text
from pipeline.dedupe.rules import DedupeRules
from pipeline.dedupe.two_files import against, text_of
from tests.benchmarks.peers_apart.dedupe_peers import METHODS
from tests.benchmarks.peers_apart.environment import build_peers
from tests.makers.places import ROOT
from tests.makers.texts.one_character import FAMILIES

LABELLED = ROOT.parent / "shared" / "near_duplicates"
RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)


def texts(path: Path) -> list[Text]:
    """The texts of one of the files."""
    keys = ("id", "text", "title", "date") if path.parent.name == "real" else ("id", "text")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [text_of({key: row[key] for key in keys}, RULES) for row in map(json.loads, lines)]


def scored(rows: Iterable[Mapping[str, object]], queries: Path, labelled: Path) -> str:
    """What score.py says of some decisions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        command = [sys.executable, str(labelled / "score.py"), str(path), str(queries)]
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


def table(labelled: Path, *, alone: bool) -> tuple[list[Text], list[Text]]:
    """Both tables of one set; its new and its old texts."""
    queries = labelled / "queries.jsonl.gz"
    new, old = texts(queries), texts(labelled / "corpus.jsonl.gz")
    print(f"{labelled.name:<42} {'recall':>7} {'precis.':>7} {'F1':>7} {'seconds':>8}")
    said = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, rows, seconds in () if alone else peers(new, old, folder):
            row(name, told := scored(rows, queries, labelled), seconds)
            said[name] = told
        before = time.perf_counter()
        ours = list(against(new, old, RULES))
        row("Gongbao", told := scored(ours, queries, labelled), time.perf_counter() - before)
        if labelled == LABELLED:
            row("  on the half that nothing was tuned on", scored(ours, held_out(folder), labelled), 0)
        kinds(said | {"Gongbao": told})
    return new, old


def families() -> None:
    """How many pairs of texts that differ in a character of meaning are called a repost, by the titles they have."""
    print("one-character families: taken for a repost")
    pairs_ = [way for family in FAMILIES for pair in family.pairs() for way in (pair, pair[::-1])]
    for named in ("no title", "own title", "one title"):
        kinds_ = []
        for (own, body), (other, body_other) in pairs_:
            titles = {"no title": ("", ""), "own title": (own, other), "one title": ("公告摘登",) * 2}[named]
            sides = zip((body, body_other), titles, strict=True)
            one, two = (text_of({"id": title, "text": text, "title": title}, RULES) for text, title in sides)
            kinds_.append(judge(two, one, {}, RULES).kind)
        print(f"  {named:<22}{sum(kind != 'near' for kind in kinds_):>12} of {len(kinds_)}")


def command() -> None:
    """Seconds of processor time that `gongbao dedupe` takes for the real set."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("queries.jsonl", "corpus.jsonl")]
        for file in files:
            file.write_bytes(gzip.decompress((LABELLED / "real" / f"{file.name}.gz").read_bytes()))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        gongbao = str(Path(sys.executable).with_name("gongbao"))
        subprocess.run([gongbao, "dedupe", str(files[0]), "--against", str(files[1])], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"gongbao dedupe, real set: {seconds:.1f} s of processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--only", choices=("synthetic", "real"), help="one of the sets")
    asked = parser.parse_args()
    if not LABELLED.exists():
        sys.exit(f"the labelled set is not here: {LABELLED}")
    if asked.only != "synthetic":
        table(LABELLED / "real", alone=asked.alone)
        command()
    families()
    if asked.only != "real":
        speed(*table(LABELLED, alone=asked.alone))


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
