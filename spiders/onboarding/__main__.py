"""`python -m spiders.onboarding`: what is asked of a site for a person who sets up a source, and what was recorded of one.

    page URL                                    one page: a line of JSON about it, then its bytes
    draft URL [--id ID] [--json]                a list's page in, the draft of its source and its recording out
    draft --from-file PAGE.html --url URL [--json]
    again ID [--accept]                         a source's listings as it reads them and as drafted anew, as JSON
    discover URL [--most N]                     the columns of the site with that home page, as JSON
    replay SOURCES RECORDINGS                   recorded listings read again, differences as JSON; asks no site

Exit 0 done, 1 a page could not be had or names no article, 2 the call or the configuration is wrong.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipeline.core.errors import ConfigError
from pipeline.core.source import load
from spiders.listings import Request
from spiders.onboarding import discover, recording, redraft
from spiders.onboarding.draft import Draft, Page, as_data, draft
from spiders.onboarding.single_requests import Ask, with_asker


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    call = _parser().parse_args(arguments)
    work: Callable[[argparse.Namespace], int] = call.work
    try:
        return work(call)
    except ConfigError as error:
        return _fail(str(error), 2)
    except (OSError, ValidationError, ValueError) as error:
        return _fail(f"{getattr(call, 'url', None) or ''}: {error}")


def _page(call: argparse.Namespace) -> int:
    page = with_asker(call.config, call.url, lambda ask: ask(Request(url=call.url)))
    about = json.dumps({"url": page.url, "content_type": page.content_type})
    sys.stdout.buffer.write(about.encode() + b"\n" + page.body)
    return 0


def _draft(call: argparse.Namespace) -> int:
    url = call.url = call.url or call.address
    if not url or not re.match(r"https?://[^/]", url):
        return _fail("a URL is needed: http(s)://…", 2)
    if call.from_file:
        found, article = _drafted(Page(url=url, body=call.from_file.read_bytes()), call, None), None
    else:
        found, article = with_asker(call.config, url, lambda ask: _asked(ask, url, call))
    if call.json:
        sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n")
        return 0
    if not found.links and not found.next_pages:
        return _fail(
            f"{url}: names no article (family {found.family}); {found.source.notes or 'its rows may need a browser'}"
        )
    try:
        written = recording.write(found, article, call.sources, call.recordings)
    except FileExistsError as error:
        return _fail(str(error), 2)
    sys.stdout.writelines(f"{path}\n" for path in written)
    return 0


def _drafted(page: Page, call: argparse.Namespace, ask: Ask | None) -> Draft:
    return draft(page, base=datetime.now(UTC), source_id=call.id, ask=ask)


def _asked(ask: Ask, url: str, call: argparse.Namespace) -> tuple[Draft, Page | None]:
    """The draft of a list that is asked for, and the first of its articles, unless nothing is to be written."""
    found = _drafted(ask(Request(url=url)), call, ask)
    first = "" if call.json else recording.first_page(found)
    if not first:
        return found, None
    try:
        return found, ask(Request(url=first))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"no article recorded: {first}: {error}\n")
        return found, None


def _again(call: argparse.Namespace) -> int:
    """Both readings on standard output; the draft beside the old file, or in its place where it is accepted."""
    path = call.sources / f"{call.id}.yaml"
    source = load(path)
    url = next((listing.url for listing in source.listings if listing.url.startswith("http")), "")
    found = with_asker(call.config, url, lambda ask: redraft.readings(source, ask, datetime.now(UTC)), source)
    told = redraft.merged(source, found)
    beside = path.with_suffix(".draft")
    if told != source:
        drafted = yaml.safe_dump(as_data(told), allow_unicode=True, sort_keys=False)
        if call.accept:
            path.replace(path.with_suffix(".old"))
        (path if call.accept else beside).write_text(drafted, "utf-8")
        if call.accept:
            beside.unlink(missing_ok=True)
    said = {"id": source.id, "listings": [each.as_json(source) for each in found], "changed": told != source}
    sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
    return 0


def _discover(call: argparse.Namespace) -> int:
    columns = with_asker(
        call.config, call.url, lambda ask: discover.discover(call.url, ask, datetime.now(UTC), call.most)
    )
    sys.stdout.write(json.dumps([discover.as_json(each) for each in columns], ensure_ascii=False, indent=1) + "\n")
    return 0 if any(each.readable for each in columns) else 1


def _replay(call: argparse.Namespace) -> int:
    sys.stdout.write(json.dumps(recording.replay(call.sources, call.recordings), ensure_ascii=False))
    return 0


def _fail(message: str, code: int = 1) -> int:
    sys.stderr.write(message + "\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m spiders.onboarding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    config = Path(os.environ.get("GONGBAO_CONFIG", "config"))
    parser.add_argument("--config", type=Path, default=config)
    commands = parser.add_subparsers(required=True)
    page = commands.add_parser("page")
    page.add_argument("url")
    page.set_defaults(work=_page)
    drafted = commands.add_parser("draft")
    drafted.add_argument("address", nargs="?", help="the listing's URL")
    drafted.add_argument("--from-file", type=Path, help="read the page from a file instead of asking the site")
    drafted.add_argument("--url", help="the URL of the page in the file")
    drafted.add_argument("--id", default="", help="the source's id; else made of the host")
    drafted.add_argument("--json", action="store_true", help="print the findings, write nothing")
    drafted.add_argument("--sources", type=Path, default=config / "sources", help="where the draft goes")
    drafted.add_argument("--recordings", type=Path, default=Path("recordings"), help="where its recording goes")
    drafted.set_defaults(work=_draft)
    again = commands.add_parser("again")
    again.add_argument("id", metavar="ID")
    again.add_argument("--accept", action="store_true", help="replace the source's file; the old one stays as ID.old")
    again.add_argument("--sources", type=Path, default=config / "sources")
    again.set_defaults(work=_again)
    discovered = commands.add_parser("discover")
    discovered.add_argument("url")
    discovered.add_argument("--most", type=int, default=25, metavar="N", help="look at so many columns at most")
    discovered.set_defaults(work=_discover)
    replayed = commands.add_parser("replay")
    replayed.add_argument("sources", type=Path)
    replayed.add_argument("recordings", type=Path)
    replayed.set_defaults(work=_replay)
    return parser


if __name__ == "__main__":
    sys.exit(main())
