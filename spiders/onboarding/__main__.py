"""A listing's page in, a draft of its source out: family, rows, pager, article pattern, recording.

    python -m spiders.onboarding URL [--json]
    python -m spiders.onboarding --from-file PAGE.html --url URL [--json]

With --json nothing is written; else `config/sources/ID.yaml` (verify: true) and `tests/recordings/ID/` are, for a
person to read. Exit 0 done, 1 the page could not be had or names no article, 2 the call is wrong.
"""

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import ValidationError

from pipeline.core.dates import local_day
from pipeline.core.errors import ConfigError
from pipeline.core.source import Stop
from spiders.listings import Found, Link, Request
from spiders.listings.rows.page_links import IS_FILE
from spiders.onboarding.draft import Draft, Page, as_data, draft
from spiders.onboarding.single_requests import Asker

ROOT = Path(__file__).parents[2]


def write(found: Draft, article: Page | None, sources: Path, recordings: Path) -> list[Path]:
    """The draft's YAML and its recording; FileExistsError rather than overwriting a source."""
    source = found.source
    target = sources / f"{source.id}.yaml"
    if target.exists():
        raise FileExistsError(f"{target} is there already; give --id another name")
    head = "# Drafted by `gongbao sources new`: read it, compare it with the recording, then take `verify` out.\n"
    folder = recordings / source.id
    names = [
        f"listing{'' if number == 1 else number}.{_ending(page)}" for number, (page, _) in enumerate(found.steps, 1)
    ]
    said: dict[str, Any] = {"listings": [_recorded(step, name) for step, name in zip(found.steps, names, strict=True)]}
    if len(found.steps) == 1:  # a page that its family's reader cannot read, but whose rows were found
        said["listings"][0]["links"] = [_as_row(link) for link in found.links]
    files = {target: (head + yaml.safe_dump(as_data(source), allow_unicode=True, sort_keys=False)).encode()}
    files |= {folder / name: page.body for name, (page, _) in zip(names, found.steps, strict=True)}
    if article:
        said["article"] = {"file": "article.html", "url": article.url}
        files[folder / "article.html"] = article.body
    files[folder / "expected.json"] = (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def _recorded(step: tuple[Page, Found], file: str) -> dict[str, Any]:
    page, found = step
    said = {"file": file, "url": page.url, "links": [_as_row(link) for link in found.links]}
    said["next"] = [request.url for request in found.next[: Stop().max_pages - 1]]
    return said | ({"flags": sorted(found.flags)} if found.flags else {}) | ({"sent": page.sent} if page.sent else {})


def _as_row(link: Link) -> dict[str, str]:
    return {"url": link.url, "title": link.title, "day": local_day(link.published) if link.published else ""}


def _ending(page: Page) -> str:
    start = page.text.lstrip("\ufeff \r\n\t")[:100].lower()
    if start.startswith(("{", "[")):
        return "json"
    return "xml" if re.match(r"<\?xml|<rss|<feed|<urlset|<sitemapindex", start) else "html"


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    cli = argparse.ArgumentParser(
        prog="python -m spiders.onboarding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cli.add_argument("address", nargs="?", help="the listing's URL")
    cli.add_argument("--from-file", type=Path, help="read the page from a file instead of asking the site")
    cli.add_argument("--url", help="the URL of the page in the file")
    cli.add_argument("--id", default="", help="the source's id; else made of the host")
    cli.add_argument("--json", action="store_true", help="print the findings, write nothing")
    cli.add_argument("--root", type=Path, default=ROOT, help="the folder that holds config/ and tests/")
    cli.add_argument("--sources", type=Path, help="where the draft goes; else config/sources")
    call = cli.parse_args(arguments)
    url = call.url or call.address
    if not url or not re.match(r"https?://[^/]", url):
        cli.error("a URL is needed: http(s)://…")
    try:
        ask = None if call.from_file else Asker.load(ROOT / "config")
        page = ask(Request(url=url)) if ask else Page(url=url, body=call.from_file.read_bytes())
        found = draft(page, base=datetime.now(UTC), source_id=call.id, ask=ask)
    except ConfigError as error:
        return _fail(str(error), 2)
    except (OSError, ValidationError, ValueError) as error:
        return _fail(f"{url}: {error}")
    if call.json:
        sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n")
        return 0
    if not found.links and not found.next_pages:
        return _fail(f"{url}: names no article (family {found.family}); its rows may need a browser")
    sources = call.sources or call.root / "config" / "sources"
    return _write(found, sources, call.root / "tests" / "recordings", ask)


def _write(found: Draft, sources: Path, recordings: Path, ask: Asker | None) -> int:
    article = None
    if ask and (url := _first_page(found)):
        try:
            article = ask(Request(url=url))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"no article recorded: {url}: {error}\n")
    try:
        written = write(found, article, sources, recordings)
    except FileExistsError as error:
        return _fail(str(error), 2)
    for path in written:
        sys.stdout.write(f"{path}\n")
    return 0


def _first_page(found: Draft) -> str:
    """The first article that is a page, and on a host of the source."""
    pages = (link.url for link in found.links if not IS_FILE.search(link.url))
    return next((url for url in pages if urlsplit(url).hostname in found.source.hosts), "")


def _fail(message: str, code: int = 1) -> int:
    sys.stderr.write(message + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
