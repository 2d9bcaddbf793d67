"""Years of nights, five kinds of source: how soon faults are named, and what is raised without one.

`python -m tests.benchmarks.health [SEEDS]`
"""

import sys
import time
from collections import Counter, defaultdict

from pipeline.health.rules import HealthRules
from tests.makers.nights.nights import KINDS, YEAR, Told, simulate
from tests.makers.places import ROOT


def main(seeds: int = 20) -> None:
    """Simulate and print."""
    rules = HealthRules.load(ROOT / "config")
    began = time.perf_counter()
    told: dict[tuple[str, str], list[Told]] = defaultdict(list)
    false: Counter[str] = Counter()
    for kind in KINDS:
        for seed in range(seeds):
            year = simulate(kind, seed, rules)
            for each in year.told:
                told[kind.name, each.fault.name].append(each)
            for day, trouble, detail in year.false:
                false[kind.name] += 1
                print(f"false: {kind.name} seed {seed} {day} {trouble}: {detail}", file=sys.stderr)
    took = time.perf_counter() - began
    print(f"{'source':12}{'fault':22}{'years':>6}{'visible':>9}{'named':>7}{'since visible':>16}{'since onset':>14}")
    for (kind_name, fault), each in told.items():
        visible = [one for one in each if one.visible is not None]
        named = [one for one in each if one.named is not None]
        delays = [one.delay for one in visible if one.delay is not None]
        onsets = sorted(one.named - one.fault.first for one in named if one.named is not None)
        late = f"{max(delays):+d} at most" if delays else "–"
        median = f"{onsets[len(onsets) // 2]} nights" if onsets else "–"
        print(f"{kind_name:12}{fault:22}{len(each):6}{len(visible):9}{len(named):7}{late:>16}{median:>14}")
    nights = len(KINDS) * seeds * YEAR
    print(f"\nfalse alarms in {nights:,} nights: {sum(false.values())} {dict(false) or ''}")
    print(f"{1000 * took / nights:.2f} ms a night")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
