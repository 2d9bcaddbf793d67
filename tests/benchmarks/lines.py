"""Learn how lines are judged, from real pages with truth: `python -m tests.benchmarks.lines [--write]`.

Needs ../shared/gold, and LightGBM in the environment of the peers. Prints how all pages come out with weights that were
learned without their hosts; `--write` learns from all pages and puts the weights where Gongbao reads them.

Every page is seen twice: with all rules, and without those that no other host of these pages would have suggested, so
that the weights learn to trust a rule no further than it deserves on pages that nobody saw. Invented pages stand beside
them, for the kinds that the real ones lack.
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from zlib import crc32

import numpy as np

from pipeline.core.models import Page
from pipeline.documents import find
from pipeline.rules import Rules
from pipeline.text.clean import Ruled, rule
from pipeline.text.rules import BoilerplateRules
from pipeline.text.rules import fold as folded
from pipeline.text.verdict.features import names, numbers
from pipeline.text.verdict.forest import WEIGHTS, Forest
from tests.benchmarks import extraction as gold
from tests.benchmarks.peers_apart.environment import build_peers
from tests.makers.hostile import make
from tests.makers.places import ROOT

INVENTED = range(250)  # seeds of pages of our own
FOLDS = 8  # hosts are dealt out to them
_FIT = Path(__file__).with_name("peers_apart") / "fit_lines.py"


@dataclass(frozen=True, slots=True)
class Sample:
    """The lines of a page as numbers, and which of them are body."""

    fold: int
    table: np.ndarray
    body: np.ndarray


def samples(truths: Sequence[gold.Truth], rules: Rules) -> list[Sample]:
    """Both views of all pages."""
    seen = [(truth, find(gold.page(truth), gold.SOURCE, rules)[1]) for truth in truths]
    whole = [rule(extracted.lines, extracted.title, rules.boilerplate) for _, extracted in seen]
    by_host: defaultdict[str, set[str]] = defaultdict(set)
    for (truth, _), ruled in zip(seen, whole, strict=True):
        by_host[gold.host(truth)] |= {each.rule.name for each in ruled.taken if each.rule}
    hosts_of = Counter(name for names in by_host.values() for name in names)
    without = {
        host: gold.without_lines(rules, own).boilerplate
        for host, names in by_host.items()
        if (own := [name for name in names if hosts_of[name] == 1])
    }
    found = []
    for (truth, extracted), ruled in zip(seen, whole, strict=True):
        found.append(_sample(truth, ruled, rules.boilerplate))
        if fewer := without.get(gold.host(truth)):
            found.append(_sample(truth, rule(extracted.lines, extracted.title, fewer), fewer))
        else:
            found.append(found[-1])
    found += (_invented(seed, rules) for seed in INVENTED)
    return [sample for sample in found if len(sample.body)]


def _invented(seed: int, rules: Rules) -> Sample:
    """A page of our own, of more kinds than the gold pages are; tests use other seeds."""
    page = make(seed)
    fetched = Page(
        url=page.url, requested_url=page.url, source_id="gold", status=200, headers=(),
        body=page.html.encode(), fetched_at=gold.FETCHED,
    )  # fmt: skip
    extracted = find(fetched, gold.SOURCE, rules)[1]
    ruled = rule(extracted.lines, extracted.title, rules.boilerplate)
    truth = {"host": f"invented {seed}", "body": "\n".join((*page.paragraphs, *page.optional))}
    return _sample(truth, ruled, rules.boilerplate)


def _sample(truth: gold.Truth, ruled: Ruled, rules: BoilerplateRules) -> Sample:
    fold = fold_of(gold.host(truth))
    if not ruled.rows:
        return Sample(fold, np.zeros((0, 0)), np.zeros(0))
    table = numbers(ruled.rows, {each.row.index: each for each in ruled.taken}, folded(ruled.title), rules)
    body = _body([row.reading for row in ruled.rows], truth["body"].split("\n"))
    return Sample(fold, table, np.array(body, dtype=np.int8))


def fold_of(host: str) -> int:
    """The fold that a host is dealt out to."""
    return crc32(host.encode()) % FOLDS


def _body(lines: Iterable[str], paragraphs: Iterable[str]) -> list[bool]:
    """Which lines are of the truth: aligned in order, then what holds or is held by a paragraph that no line is yet."""
    said, true = [gold._fold(line) for line in lines], [gold._fold(each) for each in paragraphs]
    body, left = [False] * len(said), set(range(len(true)))
    for at, to, count in SequenceMatcher(None, said, true, autojunk=False).get_matching_blocks():
        body[at : at + count] = [True] * count
        left -= set(range(to, to + count))
    counts, rest = Counter(true[at] for at in left), "\0".join(true[at] for at in sorted(left))
    for at, line in enumerate(said):
        if body[at] or not line:
            continue
        if counts[line]:
            counts[line] -= 1
            body[at] = True
        elif len(line) >= 6:
            grams = [line[start : start + 4] for start in range(len(line) - 3)]
            inside = line in rest or (len(line) >= 10 and sum(map(rest.__contains__, grams)) >= 0.6 * len(grams))
            body[at] = inside or any(2 * len(true[to]) >= len(line) and true[to] in line for to in left if true[to])
    return body


def learn(pages: Sequence[Sample], rules: Rules, without: int | None = None) -> Forest:
    """Weights learned from all samples but those of one fold."""
    chosen = [sample for sample in pages if sample.fold != without]
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "lines.npz", Path(folder) / "forest.json"
        np.savez(
            given,
            table=np.concatenate([sample.table for sample in chosen]),
            body=np.concatenate([sample.body for sample in chosen]),
            weight=np.concatenate([np.full(len(sample.body), len(sample.body) ** -0.5) for sample in chosen]),
            names=np.array(names(tuple(rules.boilerplate.cues))),
        )
        subprocess.run([str(build_peers()), str(_FIT), str(given), str(made)], check=True)
        return Forest.model_validate_json(made.read_bytes())


def scores(truths: Sequence[gold.Truth], rules: Rules, pages: Sequence[Sample]) -> list[gold.Score]:
    """Every page with weights that were learned without its host."""
    folds = {fold: replace(rules, weights=learn(pages, rules, fold)) for fold in range(FOLDS)}
    return [gold.score(truth, gold.found(gold.carried(truth, folds[fold_of(gold.host(truth))]))) for truth in truths]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--write", action="store_true", help="learn from all pages, into the package")
    args = cli.parse_args()
    rules = Rules.load(ROOT / "config")
    truths = {language: gold.truths(language) for language in ("zh", "en")}
    pages = samples([*truths["zh"], *truths["en"]], rules)
    if args.write:
        WEIGHTS.write_text(json.dumps(learn(pages, rules).model_dump(), separators=(",", ":")) + "\n", encoding="utf-8")
        print(
            f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size:,} bytes from {sum(len(s.body) for s in pages):,} lines"
        )
        return
    print(gold.HEAD)
    for language, rows in truths.items():
        found = scores(rows, rules, pages)
        print(gold.row(f"{language}, host left out", found))
        for kind in sorted({truth["kind"] for truth in rows}):
            of_kind = [one for truth, one in zip(rows, found, strict=True) if truth["kind"] == kind]
            print(gold.row(f"{language}, host left out, {kind}", of_kind))


if __name__ == "__main__":
    main()
