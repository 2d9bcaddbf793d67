"""Invented articles in hostile pages: `python -m tests.benchmarks.hostile [COUNT]`; what failed, and beside which habits."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flows.samples.articles import fold
from flows.samples.truth_check import body_differences
from pipeline.core.models import Document, Page
from pipeline.core.source import unknown
from pipeline.documents import process
from pipeline.rules import Rules
from tests.makers.hostile import Hostile, make
from tests.makers.places import ROOT

FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def faults(page: Hostile, rules: Rules) -> Iterator[tuple[str, str]]:
    """(what is wrong, how) of a page's document."""
    fetched = Page(
        url=page.url,
        requested_url=page.url,
        source_id="unknown",
        status=200,
        headers=(),
        body=page.html.encode(),
        fetched_at=FETCHED,
    )
    outcome = process(fetched, unknown(), rules)
    if not isinstance(outcome, Document):
        yield "body", repr(outcome)[:200]
        return
    missing, extra = body_differences(page.paragraphs, page.optional, outcome.text.split("\n"))
    if missing or extra:
        yield "body", f"missing {missing} extra {extra}"
    if fold(outcome.title) != fold(page.title):
        yield "title", f"{outcome.title!r} for {page.title!r} ({dict(outcome.evidence).get('title')})"
    published = outcome.fields.published
    day = published.at.astimezone(SHANGHAI).date().isoformat() if published else None
    if page.day and day != page.day:
        yield "date", f"{day} for {page.day} ({published.evidence if published else ''})"
    if page.publisher and outcome.fields.publisher != page.publisher:
        yield "publisher", f"{outcome.fields.publisher!r} for {page.publisher!r}"


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("count", type=int, nargs="?", default=300)
    cli.add_argument("--first", type=int, default=0)
    cli.add_argument("--show", type=int, default=0, help="so many faults of each kind in full")
    args = cli.parse_args()
    rules = Rules.load(ROOT / "config")
    wrong: dict[str, list[tuple[int, Hostile, str]]] = defaultdict(list)
    habits: Counter[tuple[str, str]] = Counter()
    for seed in range(args.first, args.first + args.count):
        page = make(seed)
        habits.update(page.habits.items())
        for what, how in faults(page, rules):
            wrong[what].append((seed, page, how))
    for what in ("body", "title", "date", "publisher"):
        print(f"{what}: {1 - len(wrong[what]) / args.count:.3f} of {args.count} right")
        beside = Counter(pair for _, page, _ in wrong[what] for pair in page.habits.items())
        rates = sorted(((count / habits[pair], pair) for pair, count in beside.items() if count >= 3), reverse=True)
        for share, (habit, value) in rates[:4]:
            print(f"    {share:.2f} wrong of {habit}={value!r}")
        for seed, _, how in wrong[what][: args.show]:
            print(f"  {seed}: {how[:400]}")


if __name__ == "__main__":
    main()
