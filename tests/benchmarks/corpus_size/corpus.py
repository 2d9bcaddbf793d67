"""The corpus at size, on the embedded store: nights, reads, exports, and a reader that is killed.

    python -m tests.benchmarks.corpus_size.corpus [PART …] [--scale 0.1] [--home FOLDER] [--minutes 8]

Each part runs on its own. With a home the corpora stay there for the next call, and a part that ran out of minutes
goes on from where it was. Full scale: 1,000 nights of 200 documents, 1,000,000 documents of 1,500 characters, 200 kills.
"""

import argparse
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.servers import embedded_store
from tests.benchmarks.corpus_size.corpus_documents import Place
from tests.benchmarks.corpus_size.corpus_killed import killed
from tests.benchmarks.corpus_size.corpus_nights import maintained_nights, nights
from tests.benchmarks.corpus_size.corpus_reads import exports, fill, reads

PARTS = {part.__name__: part for part in (nights, maintained_nights, fill, reads, exports, killed)}


def main() -> None:
    """Run the parts named, or all."""
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    known.add_argument("--scale", type=float, default=1.0)
    known.add_argument("--home", type=Path, help="Kept; unset: a folder that is removed afterwards.")
    known.add_argument("--minutes", type=float, default=1e6)
    asked = known.parse_args()
    with TemporaryDirectory(prefix="gongbao-") as temporary:
        home = (asked.home or Path(temporary)).resolve()
        server = embedded_store.start(home / "s3")
        os.environ.update(server.environment())
        try:
            for part in asked.parts or PARTS:
                folder = home / part
                folder.mkdir(parents=True, exist_ok=True)
                PARTS[part](Place(folder, asked.scale, time.monotonic() + 60 * asked.minutes))
        finally:
            embedded_store.stop(home / "s3")


if __name__ == "__main__":
    main()
