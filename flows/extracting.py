"""`gongbao extract` and `gongbao clean`: pages and texts of any origin in, documents out; no store is touched."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from flows import settings, work
from pipeline import clean, source, staging
from pipeline.documents import process
from pipeline.errors import ConfigError
from pipeline.models import Page

_PAGES = {".html", ".htm", ".shtml", ".xhtml"}
_FEW = 8  # so many pages are done before a pool of processes would have started


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files named, and the pages in the folders named, in order; ConfigError on one that is not there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.suffix.lower() in _PAGES)
        elif path.is_file():
            found.append(path)
        else:
            raise ConfigError("no such file or folder", path=path)
    return found


def extract(files: Sequence[Path], url: str = "") -> Iterator[dict[str, Any]]:
    """A row a page, in the order of the files."""
    return _each(extract_one, [(path, url) for path in files])


def clean_texts(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """A row a text, in the order of the files."""
    return _each(clean_one, [(path,) for path in files])


def page_of(path: Path, url: str = "") -> Page:
    """A saved page as if it had just been fetched."""
    address = url or f"file:///{path.name}"
    return Page(
        url=address,
        requested_url=address,
        source_id=source.UNKNOWN,
        status=200,
        headers=(),
        body=path.read_bytes(),
        fetched_at=datetime.now(UTC),
    )


def extract_one(path: Path, url: str = "") -> dict[str, Any]:
    """The document in a saved page, or the reason why there is none."""
    page = page_of(path, url)
    outcome = process(page, source.unknown(), work.rules(settings.from_environment().config))
    row = staging.row(page, outcome)
    hidden = ("shingle_keys", "source_id", "etag", "last_modified", "status", "landing", "body_digest", "doc_id")
    return {"id": path.stem} | {name: value for name, value in row.items() if name not in hidden} | {"url": url or None}


def clean_one(path: Path) -> dict[str, Any]:
    """The clean text in a file of plain text, and the lines that were taken out of it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8: {error}", path=path) from error
    cleaned = clean.clean_text(text, work.rules(settings.from_environment().config).boilerplate)
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


def _each(function: Any, jobs: Iterable[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    jobs = list(jobs)
    processes = settings.from_environment().processes
    if len(jobs) <= _FEW or processes < 2:
        yield from (function(*job) for job in jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("forkserver")) as pool:
        yield from pool.map(function, *zip(*jobs, strict=True), chunksize=4)
