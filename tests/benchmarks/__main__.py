"""All benchmarks that take minutes, one after the other, each in a process of its own: `make bench`."""

import subprocess
import sys

NAMES = ("extraction", "lines", "hostile", "language", "dedupe", "corpus_size.corpus", "crawl", "health")


def main() -> int:
    """1 if any of them failed."""
    failed = []
    for name in NAMES:
        print(f"\n# {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"]).returncode:
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
