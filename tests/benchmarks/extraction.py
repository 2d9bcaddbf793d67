"""Gongbao and its peers on real pages with truth: quality and speed in one run, `python -m tests.benchmarks.extraction`.

Needs ../shared/gold. The peers get an environment of their own under .venv-peers; `--alone` leaves them out. Below the
table: Gongbao by kind, as a mean over hosts, without any known container, and by fold: every host is scored with
those names and rules switched off that no other host of these pages would have suggested.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import trafilatura

from pipeline.core.models import Dated, Document, Outcome, Page
from pipeline.core.source import Listing, Source
from pipeline.documents import process
from pipeline.page.decode import decode
from pipeline.page.tree import parse
from pipeline.page.weigh import words_of
from pipeline.rules import Rules
from tests.benchmarks.peers_apart.environment import build_peers
from tests.makers.places import ROOT

GOLD = ROOT.parent / "shared" / "gold"
PEERS = (
    "trafilatura",
    "trafilatura_precision",
    "readability",
    "gne",
    "newspaper4k",
    "goose3",
    "justext",
    "resiliparse",
    "boilerpy3",
)
SOURCE = Source(
    id="gold",
    name="gold",
    tier="media",
    hosts=("www.example.com",),
    listings=(Listing(url="http://www.example.com/", family="inbox"),),
)
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Score:
    """One page against its truth; None where the truth names nothing."""

    precision: float
    recall: float
    f1: float
    paragraphs: float
    title: bool | None
    date: bool | None


Truth = dict[str, Any]
Found = dict[str, str]


def truths(language: str) -> list[Truth]:
    with (GOLD / "truth.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row.get("body") and row["kind"] != "list" and row["lang"].startswith(language)]


def page(truth: Truth) -> Page:
    body = (GOLD / "pages" / f"{truth['id']}.html").read_bytes()
    url = truth.get("url") or f"http://{truth.get('host') or 'www.example.com'}/"
    return Page(url=url, requested_url=url, source_id="gold", status=200, headers=(), body=body, fetched_at=FETCHED)


def carried(truth: Truth, rules: Rules) -> Outcome:
    return process(page(truth), SOURCE, rules)


def found(outcome: Outcome) -> Found:
    if not isinstance(outcome, Document):
        return {}
    published = outcome.fields.published
    return {
        "title": outcome.title,
        "text": outcome.text,
        "published_at": _as_printed(published) if published else "",
    }


def _as_printed(published: Dated) -> str:
    """Pages that name a zone name it with their own day, all others mean Shanghai."""
    zone = SHANGHAI if not re.search(r"Z$|[+-]\d{2}:?\d{2}$|GMT|UTC", published.raw) else UTC
    named = re.match(r"\d{4}-\d{2}-\d{2}", published.raw) if zone is UTC else None
    return named[0] if named else published.at.astimezone(zone).isoformat()


def score(truth: Truth, row: Found) -> Score:
    """The measures of the judge's own score.py."""
    precision, recall, f1 = _agreement(_grams(row.get("text")), _grams(truth["body"]))
    paragraphs = _agreement(_paragraphs(row.get("text")), _paragraphs(truth["body"]))[2]
    title = _fold(row.get("title")) == _fold(truth["title"]) if truth.get("title") else None
    date = (row.get("published_at") or "")[:10] == truth["date"][:10] if truth.get("date") else None
    return Score(precision, recall, f1, paragraphs, title, date)


def _fold(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


def _grams(text: str | None) -> Counter[str]:
    folded = _fold(text)
    return Counter(folded[i : i + 4] for i in range(max(1, len(folded) - 3))) if folded else Counter()


def _paragraphs(text: str | None) -> Counter[str]:
    return Counter(filter(None, map(_fold, (text or "").split("\n"))))


def _agreement(ours: Counter[str], theirs: Counter[str]) -> tuple[float, float, float]:
    hit, p, r = sum((ours & theirs).values()), sum(ours.values()), sum(theirs.values())
    precision, recall = hit / p if p else float(not r), hit / r if r else float(not p)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def row(name: str, scores: Sequence[Score], speed: str = "") -> str:
    def mean(values: Iterable[float | bool | None]) -> str:
        known = [value for value in values if value is not None]
        return f"{statistics.fmean(known):.3f}" if known else "–"

    cells = [
        mean(s.precision for s in scores),
        mean(s.recall for s in scores),
        mean(s.f1 for s in scores),
        mean(s.f1 >= 0.99 for s in scores),
    ]
    cells += [mean(s.paragraphs for s in scores), mean(s.title for s in scores), mean(s.date for s in scores)]
    return f"| {name} | {len(scores)} | {' | '.join(cells)} | {speed} |"


HEAD = "| | pages | P | R | F1 | perfect | paragraphs | title | date | pages/s |\n|---|---|---|---|---|---|---|---|---|---|"


LIMITS = """
What the folds show: how little hangs on a name, a line rule or a label that only one host of these pages would have
suggested. What they cannot show: patterns, thresholds and code were written by people who saw these pages, and no fold
takes that back. Pages that nobody saw are better evidence: `python -m tests.benchmarks.hostile`.
"""


def trafilatura_alone(rows: Sequence[Truth]) -> list[Score]:
    """trafilatura as it comes, in this process."""
    scores = []
    for truth in rows:
        page = (GOLD / "pages" / f"{truth['id']}.html").read_bytes()
        read = trafilatura.bare_extraction(page, with_metadata=True)
        shown = {"title": read.title or "", "text": read.text or "", "published_at": read.date or ""} if read else {}
        scores.append(score(truth, shown))
    return scores


def gongbao(rows: Sequence[Truth], rules: Rules) -> list[Score]:
    return [score(truth, found(carried(truth, rules))) for truth in rows]


def speeds(rows: Sequence[Truth], rules: Rules) -> tuple[float, float]:
    """CPU seconds for all pages: the whole path from page to document, and trafilatura with metadata.

    Turn by turn on every page, so that what else runs on the machine weighs on both; each page once, because
    trafilatura remembers dates and texts that it has seen.
    """
    ours = theirs = 0.0
    for truth in rows:
        body = (GOLD / "pages" / f"{truth['id']}.html").read_bytes()
        start = time.process_time()
        carried(truth, rules)
        middle = time.process_time()
        trafilatura.bare_extraction(body, with_metadata=True)
        ours += middle - start
        theirs += time.process_time() - middle
    return ours, theirs


def without_names(rules: Rules, names: Iterable[str]) -> Rules:
    """The rules without those container names and chrome words."""
    gone = frozenset(names)
    containers = rules.extraction.containers
    kept = {
        kind: tuple(name for name in getattr(containers, kind) if name not in gone)
        for kind in ("ids", "classes", "tags", "words")
    }
    chrome = tuple(word for word in rules.extraction.chrome if word not in gone)
    return replace(
        rules,
        extraction=rules.extraction.model_copy(
            update={"containers": containers.model_copy(update=kept), "chrome": chrome}
        ),
    )


def without_lines(rules: Rules, names: Iterable[str]) -> Rules:
    """The rules without those boilerplate rules."""
    gone = frozenset(names)
    kept = tuple(rule for rule in rules.boilerplate.rules if rule.name not in gone)
    return replace(
        rules,
        boilerplate=rules.boilerplate.__class__.model_validate(
            {**rules.boilerplate.model_dump(), "rules": [rule.model_dump() for rule in kept]}
        ),
    )


def names_on(truth: Truth, rules: Rules) -> frozenset[str]:
    """Container names and chrome words that occur in a page."""
    containers = rules.extraction.containers
    wanted = frozenset((*containers.ids, *containers.classes, *containers.tags))
    words = frozenset((*rules.extraction.chrome, *containers.words))
    seen: set[str] = set()
    for element in parse(decode((GOLD / "pages" / f"{truth['id']}.html").read_bytes())).iter("*"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        seen |= wanted & {element.tag, *name.split()}
        seen |= words & words_of(name)
    return frozenset(seen)


def lines_on(truth: Truth, rules: Rules) -> frozenset[str]:
    """Boilerplate rules that took a line out of a page."""
    outcome = carried(truth, rules)
    return frozenset(line.rule for line in outcome.removed) if isinstance(outcome, Document) else frozenset()


def without_fields(rules: Rules, names: Iterable[str]) -> Rules:
    """The rules without those labels and meta tags."""
    gone = frozenset(names)

    def kept(model: Any) -> Any:
        lists = {key: value for key, value in model if (isinstance(value, tuple) and "metas" in key) or model is labels}
        return model.model_copy(
            update={key: tuple(name for name in value if name not in gone) for key, value in lists.items()}
        )

    labels = rules.fields.labels
    fields = {"labels": kept(labels), "title": kept(rules.fields.title), "fields": kept(rules.fields.fields)}
    return replace(rules, fields=rules.fields.model_copy(update=fields))


def fields_on(truth: Truth, rules: Rules) -> frozenset[str]:
    """Labels and meta tags that title, date or another field of a page was read from."""
    outcome = carried(truth, rules)
    named = (origin for _, origin in outcome.evidence) if isinstance(outcome, Document) else ()
    return frozenset(origin.partition(":")[2] for origin in named if origin.startswith(("label:", "meta:")))


def folds(
    rows: Sequence[Truth],
    rules: Rules,
    entries: Callable[[Truth, Rules], frozenset[str]],
    off: Callable[[Rules, Iterable[str]], Rules],
) -> list[Score]:
    """Every host scored with the entries switched off that no other host here speaks for."""
    by_host: dict[str, set[str]] = defaultdict(set)
    for truth in rows:
        by_host[host(truth)] |= entries(truth, rules)
    hosts_of = Counter(name for names in by_host.values() for name in names)
    scores = []
    for truth in rows:
        own = [name for name in by_host[host(truth)] if hosts_of[name] == 1]
        scores.append(score(truth, found(carried(truth, off(rules, own)))))
    return scores


def host(truth: Truth) -> str:
    return str(truth.get("host") or truth["id"].rsplit("_", 1)[0])


def by_host(rows: Sequence[Truth], scores: Sequence[Score]) -> list[Score]:
    """One mean score a host, so that a host of many pages counts once."""
    groups: dict[str, list[Score]] = defaultdict(list)
    for truth, one in zip(rows, scores, strict=True):
        groups[host(truth)].append(one)

    def mean(values: Iterable[float]) -> float:
        return statistics.fmean(values)

    return [
        Score(
            mean(s.precision for s in g),
            mean(s.recall for s in g),
            mean(s.f1 for s in g),
            mean(s.paragraphs for s in g),
            None,
            None,
        )
        for g in groups.values()
    ]


def peer(name: str, python: Path, rows: Sequence[Truth]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.jsonl"
        command = [
            str(python),
            str(Path(__file__).parent / "peers_apart" / "extraction_peers.py"),
            name,
            str(GOLD / "pages"),
            str(out),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return f"| {name} | left out: {done.stderr.strip().splitlines()[-1][:80]} | | | | | | | | |"
        *lines, last = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    pages = {line["id"]: line for line in lines}
    scores = [score(truth, pages[truth["id"]]) for truth in rows]
    if not any(line["title"] for line in lines):
        scores = [replace(one, title=None) for one in scores]
    if not any(line["published_at"] for line in lines):  # reads no dates at all
        scores = [replace(one, date=None) for one in scores]
    return row(name, scores, f"{last['pages'] / last['seconds']:.0f}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--lang", default="", help="zh or en; else all pages")
    cli.add_argument("--alone", action="store_true", help="without the peers")
    cli.add_argument("--worst", type=int, default=0, help="name the worst pages")
    args = cli.parse_args()
    if not GOLD.is_dir():
        sys.exit("the gold pages are not beside this checkout (../shared/gold)")
    rows, rules = truths(args.lang), Rules.load(ROOT / "config")
    gongbao(rows[:2], rules)  # imports and dictionaries are not what is measured
    ours, theirs = speeds(rows, rules)
    scores = gongbao(rows, rules)
    print(HEAD)
    print(row("Gongbao", scores, f"{len(rows) / ours:.0f}"))
    if args.alone:
        print(row("trafilatura", trafilatura_alone(rows)))
    else:
        python = build_peers()
        for name in PEERS:
            print(peer(name, python, rows), flush=True)
    print(
        f"\nOn one core, in this process: trafilatura with metadata {len(rows) / theirs:.1f} pages/s, Gongbao {len(rows) / ours:.1f} from page to document: {theirs / ours:.1f} times.\n"
    )
    print(HEAD)
    for kind in sorted({truth["kind"] for truth in rows}):
        print(row(f"kind {kind}", [one for truth, one in zip(rows, scores, strict=True) if truth["kind"] == kind]))
    print(row("mean of hosts", by_host(rows, scores)))
    nameless = without_names(
        rules,
        (
            name
            for names in (
                rules.extraction.containers.ids,
                rules.extraction.containers.classes,
                rules.extraction.containers.tags,
            )
            for name in names
        ),
    )
    nameless = replace(nameless, extraction=nameless.extraction.model_copy(update={"boundaries": ()}))
    print(row("no container known", gongbao(rows, nameless)))
    print(row("fold: names", folds(rows, rules, names_on, without_names)))
    print(row("fold: line rules", folds(rows, rules, lines_on, without_lines)))
    print(row("fold: labels and meta tags", folds(rows, rules, fields_on, without_fields)))
    print(LIMITS)
    for one, truth in sorted(zip(scores, rows, strict=True), key=lambda pair: pair[0].f1)[: args.worst]:
        print(f"{one.f1:.3f} {truth['kind']:9s} {truth['id']}")


if __name__ == "__main__":
    main()
