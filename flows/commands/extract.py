"""`gongbao extract` and `gongbao clean`: pages and texts of any origin in, documents out; no store is touched."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flows import settings
from flows.runs import processing
from flows.terminal import output
from pipeline.attachments import kinds
from pipeline.attachments.file_text import FileText
from pipeline.attachments.read import ARCHIVES, read_file
from pipeline.core import source
from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.limits import Died, Limits, TooExpensive, run
from pipeline.core.models import Document, Outcome, Page, Reason
from pipeline.documents import rejected
from pipeline.documents.files import document_of, file_name
from pipeline.rules import Rules
from pipeline.store import staging
from pipeline.text import clean

if TYPE_CHECKING:
    from pipeline.dedupe.two_files import Answer

_PAGES = {".html", ".htm", ".shtml", ".xhtml"}
_FILES = {".pdf", ".doc", ".docx", ".wps", ".xls", ".xlsx", ".et", ".rtf", ".ofd", ".zip", ".rar", ".7z"}
# What every row holds, and what says nothing outside a store.
_COLUMNS = tuple("url title text published_at publisher author editor lang removed outcome reason".split())
_HIDDEN = set(
    "shingle_keys source_id etag last_modified status landing body_digest doc_id requested_url parent_id full_text".split()
)
_R = TypeVar("_R")
_WRONG = 2  # exit code of `python -m spiders.onboarding page` where our configuration is
_FEW = 8  # so many pages are done before a pool of processes would have started


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files named, and the pages and files in the folders named, in order; ConfigError on one that is not there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.suffix.lower() in _PAGES | _FILES)
        elif path.is_file():
            found.append(path)
        else:
            raise ConfigError("no such file or folder", path=path)
    return found


def extract(sources: Sequence[Path | str], url: str = "") -> Iterator[dict[str, Any]]:
    """A row a page or file, of an archive one a member, in order: of files (from `url`, if known) and of addresses."""
    for rows in _each(extract_one, [(each, url) for each in sources]):
        yield from rows


def clean_texts(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """A row a text, in the order of the files."""
    return _each(clean_one, [(path,) for path in files])


def is_address(text: str) -> bool:
    """Whether a command's argument is an address and not a path."""
    return text.startswith(("http://", "https://"))


def page_of(path: Path, url: str = "") -> Page:
    """A saved page as if it had just been fetched."""
    return _page(url or f"file:///{path.name}", path.read_bytes())


def page_at(url: str, config: Path) -> Page:
    """The page at an address, asked for once and as politely as a crawl does; GongbaoError if it cannot be had."""
    command = [sys.executable, "-m", "spiders.onboarding", "--config", str(config), "page", url]
    asked = subprocess.run(command, capture_output=True, check=False)
    if asked.returncode:
        told = asked.stderr.decode(errors="replace").strip()
        raise ConfigError(told) if asked.returncode == _WRONG else GongbaoError(told)
    about, _, body = asked.stdout.partition(b"\n")
    answer = json.loads(about)
    return _page(answer["url"], body, answer["content_type"])


def extract_one(of: Path | str, url: str = "") -> list[dict[str, Any]]:
    """The document in a saved page or file or at an address, or the reason why there is none; of an archive all members'."""
    config = settings.from_environment().config
    page = page_of(of, url) if isinstance(of, Path) else page_at(of, config)
    about = {"id": of.stem if isinstance(of, Path) else of}
    if kinds.type_of(page.body) in ARCHIVES or (isinstance(of, Path) and of.suffix.lower() in _FILES):
        rules = processing.rules(config)
        try:
            members = run(Limits.load(config), read_file, page.body, file_name(page), rules.attachments)
        except (TooExpensive, Died) as error:
            return [about | _told(page, rejected(page, rules, Reason.TOO_EXPENSIVE, str(error)))]
        return [about | _told(page, _of_member(page, member, rules)) | {"file_name": member.name} for member in members]
    return [about | _told(page, processing.process_one(page, source.unknown(), config))]


def _told(page: Page, outcome: Outcome) -> dict[str, Any]:
    row = staging.row(page, outcome)
    told = {name: row.get(name) for name in _COLUMNS} | {
        name: value for name, value in row.items() if name not in _HIDDEN
    }
    if isinstance(outcome, Document) and outcome.file and outcome.file.whole:
        told["text"] = outcome.file.whole  # there is no store to keep the rest
    return told | {"url": None if page.url.startswith("file:") else page.url}


def _of_member(page: Page, member: FileText, rules: Rules) -> Outcome:
    if not member.reason:
        return document_of(page, member, rules)
    return rejected(page, rules, member.reason, member.detail)


def clean_one(path: Path) -> dict[str, Any]:
    """The clean text in a file of plain text, and the lines that were taken out of it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8: {error}", path=path) from error
    cleaned = clean.clean_text(text, processing.rules(settings.from_environment().config).boilerplate)
    return {
        "id": path.stem,
        "title": cleaned.title,
        "text": "\n".join(cleaned.paragraphs),
        "text_as_published": "\n".join(cleaned.as_published) if cleaned.as_published else None,
        "published_at": cleaned.published.at if cleaned.published else None,
        "publisher": cleaned.publisher or None,
        "author": cleaned.author or None,
        "editor": cleaned.editor or None,
        "removed": [{"line": each.line, "rule": each.rule, "zone": each.zone} for each in cleaned.removed],
    }


def _page(url: str, body: bytes, content_type: str = "") -> Page:
    return Page(
        url=url,
        requested_url=url,
        source_id=source.UNKNOWN,
        status=200,
        headers=(("Content-Type", content_type),) if content_type else (),
        body=body,
        fetched_at=datetime.now(UTC),
    )


def _each(function: Callable[..., _R], jobs: Iterable[tuple[Any, ...]]) -> Iterator[_R]:
    jobs = list(jobs)
    processes = settings.from_environment().processes
    if len(jobs) <= _FEW or processes < 2:
        yield from (function(*job) for job in jobs)
        return
    with ThreadPoolExecutor(processes) as pool:
        yield from pool.map(lambda job: processing.in_pool(function, *job), jobs)


def dedupe(new: Path, against: Path, *, within: bool) -> "Iterator[Answer]":
    """Decisions on the texts of a file of JSON lines; needs neither store nor Prefect."""
    # The table library takes a second, which a look at one page need not wait for.
    from pipeline.dedupe.two_files import against as decide
    from pipeline.dedupe.two_files import read_texts

    rules = processing.rules(settings.from_environment().config).dedupe
    texts, held = (list(read_texts(path, rules, output.say)) for path in (new, against))
    return decide(texts, held, rules, within=within)
