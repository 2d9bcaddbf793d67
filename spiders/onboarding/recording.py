"""A draft written down with the pages that it was made of, for a person to read; and these pages read again later."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from pipeline.core.dates import local_day
from pipeline.core.source import Source, Stop, load_all
from pipeline.page.decode import decode
from spiders.listings import Answer, Found, Link, parse
from spiders.listings.rows.page_links import IS_FILE
from spiders.onboarding.draft import Draft, Page, as_data

_HEAD = """# yaml-language-server: $schema=../schema/source.json
# Drafted by `gongbao sources new`: read it, compare it with the recording, then take `verify` out.
"""


def write(found: Draft, article: Page | None, sources: Path, recordings: Path) -> list[Path]:
    """The draft's YAML and its recording; FileExistsError rather than overwriting a source."""
    source = found.source
    target = sources / f"{source.id}.yaml"
    if target.exists():
        raise FileExistsError(
            f"{target} is there already; `gongbao sources new {source.id} --again` drafts it anew, --id gives another name"
        )
    folder = recordings / source.id
    names = [
        f"listing{'' if number == 1 else number}.{_ending(page)}" for number, (page, _) in enumerate(found.steps, 1)
    ]
    said: dict[str, Any] = {"listings": [_recorded(step, name) for step, name in zip(found.steps, names, strict=True)]}
    if len(found.steps) == 1:  # a page that its family's reader cannot read, but whose rows were found
        said["listings"][0]["links"] = [_as_row(link) for link in found.links]
    files = {target: (_HEAD + yaml.safe_dump(as_data(source), allow_unicode=True, sort_keys=False)).encode()}
    files |= {folder / name: page.body for name, (page, _) in zip(names, found.steps, strict=True)}
    if article:
        said["article"] = {"file": "article.html", "url": article.url}
        files[folder / "article.html"] = article.body
    files[folder / "expected.json"] = (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def first_page(found: Draft) -> str:
    """The first article that is a page, and on a host of the source; empty if there is none."""
    pages = (link.url for link in found.links if not IS_FILE.search(link.url))
    return next((url for url in pages if {urlsplit(url).hostname, urlsplit(url).netloc} & set(found.source.hosts)), "")


def replay(sources: Path, recordings: Path) -> dict[str, list[str]]:
    """What each source that has a recording now reads otherwise."""
    return {
        source.id: _differences(source, recordings / source.id)
        for source in load_all(sources)
        if (recordings / source.id / "expected.json").is_file()
    }


def _differences(source: Source, folder: Path) -> list[str]:
    """A line for each recorded response whose articles are not those expected."""
    told = []
    for recorded in json.loads((folder / "expected.json").read_text("utf-8"))["listings"]:
        body = (folder / recorded["file"]).read_bytes()
        read = decode(body)
        answer = Answer(
            url=recorded["url"],
            body=body,
            text=read.text,
            charset=read.used,
            page=recorded.get("page", 1),
            sent=recorded.get("sent", ""),
        )
        now = {link.url for link in parse(source.listings[0], answer, base=datetime.now(UTC)).links}
        then = {link["url"] for link in recorded["links"]}
        if now != then:
            told.append(f"{recorded['file']}: {len(then - now)} of {len(then)} articles lost, {len(now - then)} others")
    return told


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
