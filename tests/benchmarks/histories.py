"""A thousand generated sources night by night: `python -m tests.benchmarks.histories [--sources 1000] [--nights 8] [--seed 0]`.

Prints every broken promise (`tests/makers/histories.py`), and how many histories there were.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from flows.servers import embedded_store
from pipeline.store.s3 import Store


def main() -> None:
    """Exit 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--sources", 1000), ("--nights", 8), ("--seed", 0)):
        parser.add_argument(name, type=int, default=default)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = embedded_store.start(Path(folder))
        try:
            os.environ.update(server.environment())
            from tests.makers.nights.histories import live  # loads all rules

            wrong = 0
            store = Store.open(f"s3://{embedded_store.BUCKET}/histories")
            for each in live(store, args.sources, args.nights, args.seed):
                wrong += 1
                print(each, flush=True)
        finally:
            embedded_store.stop(Path(folder))
    print(f"{args.sources} histories, {args.nights} nights, seed {args.seed}: {wrong} broken promises")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
