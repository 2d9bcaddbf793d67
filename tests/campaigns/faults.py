"""`python -m tests.campaigns.faults [FAULTS]`: a store's life through a store of which one answer in ten fails, counted.

Refusals, resets, cut bodies, stalls, answers lost after success, no space: each step of `tests/makers/nights/killed.py`
must end as it does where nothing fails; then, where every answer fails, in one line, and go on later as if nothing was.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.store.s3 import Store
from tests.campaigns.crashes import Lives, lives
from tests.makers.nights import killed
from tests.makers.servers.faulty_store import KINDS, Faults

_REFUSED = 3  # exit code of a step that said in one line that the store refused
_TRIES = 3  # a night that ended in one line is run again, by its schedule or by a person


def life(found: Lives, faults: Faults, share: float) -> None:
    """One life in which a share of all answers fails."""
    store = found.store()
    for number, (name, _, _) in enumerate(killed.STEPS):
        faults.share = share
        for again in range(_TRIES):
            code = found.perform(store, number)
            found.counts[f"{name}: {'done' if not code else 'refused'}"] += 1
            if code not in (0, _REFUSED):
                found.wrong.append(f"{name}, try {again}: exit code {code}")
            if code == 0:
                break
        faults.share = 0.0
        if code and (code := found.perform(store, number)):
            found.wrong.append(f"{name} when the store was well again: exit code {code}")
        found.check(store, number, f"{name} at {share:.0%}")


def main() -> int:
    """Exit code 1 if anything was lost or doubled."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("faults", type=int, nargs="?", default=10_000)
    cli.add_argument("--share", type=float, default=0.1)
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--seconds", type=float, default=1e9)
    args = cli.parse_args()
    faults, began, count = Faults(seed=args.seed), time.monotonic(), 0
    with TemporaryDirectory() as folder, lives(Path(folder), faults) as found:
        found.learn()
        while True:
            count = sum(faults.done[kind] for kind in KINDS)
            print(f"{count} faults, {len(found.wrong)} wrong", flush=True)
            if count >= args.faults or time.monotonic() - began > args.seconds:
                break
            life(found, faults, args.share)
        store: Store = found.store()
        faults.share, faults.kinds = 1.0, ("500", "503", "reset", "full")
        if (code := found.perform(store, 0)) != _REFUSED:
            found.wrong.append(f"where every answer fails: exit code {code}")
        faults.share = 0.0
        found.wrong += [f"after that: exit code {code}"] if (code := found.perform(store, 0)) else []
        found.check(store, 0, "after every answer had failed")
    for line in found.wrong:
        print(line)
    print(dict(found.counts))
    print(f"{count} faults, {dict(faults.done)}, {time.monotonic() - began:.0f} s: {len(found.wrong)} wrong")
    return int(bool(found.wrong))


if __name__ == "__main__":
    raise SystemExit(main())
