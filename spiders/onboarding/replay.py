"""`python -m spiders.onboarding.replay SOURCES RECORDINGS`: the recorded listings of each source read again; differences as JSON.

Asks no site. One process for all sources: `{"ID": ["listing.html: …"]}` on standard output.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.source import Source, load_all
from pipeline.page.decode import decode
from spiders.listings import Answer, parse


def main(arguments: list[str]) -> int:
    """Print what each source that has a recording now reads otherwise."""
    sources, recordings = map(Path, arguments)
    found = {
        source.id: differences(source, recordings / source.id)
        for source in load_all(sources)
        if (recordings / source.id / "expected.json").is_file()
    }
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    return 0


def differences(source: Source, folder: Path) -> list[str]:
    """A line for each recorded response whose articles are not those expected."""
    told = []
    for recorded in json.loads((folder / "expected.json").read_text("utf-8"))["listings"]:
        body = (folder / recorded["file"]).read_bytes()
        answer = Answer(
            url=recorded["url"],
            body=body,
            text=decode(body).text,
            page=recorded.get("page", 1),
            sent=recorded.get("sent", ""),
        )
        now = {link.url for link in parse(source.listings[0], answer, base=datetime.now(UTC)).links}
        then = {link["url"] for link in recorded["links"]}
        if now != then:
            told.append(f"{recorded['file']}: {len(then - now)} of {len(then)} articles lost, {len(now - then)} others")
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
