"""The corpus beside the truth: what is missing, too much, or reads otherwise."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from flows.samples.articles import FileTruth, Truth, fold
from pipeline.core.dates import SHANGHAI
from pipeline.core.urls import doc_id

Row = Mapping[str, Any]  # a row of the corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One field of one document that is not as it should be."""

    key: str
    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Truth and corpus after a night, side by side."""

    expected: int
    found: int
    missing: tuple[str, ...]  # keys of pages that should be documents and are none
    extra: tuple[str, ...]  # URLs of documents that should be none: rejected pages, parts, lists
    wrong: tuple[Wrong, ...]

    @property
    def perfect(self) -> bool:
        return not (self.missing or self.extra or self.wrong)

    def of(self, field: str) -> tuple[Wrong, ...]:
        return tuple(wrong for wrong in self.wrong if wrong.field == field)

    def text(self, most: int = 8) -> str:
        """For people: one line of figures a field, the first few cases of each."""
        lines = [
            f"{self.expected} documents expected, {self.found} found"
            + (", every one as it should be" if self.perfect else "")
        ]
        for name, keys in (("missing", self.missing), ("extra", self.extra)):
            lines += [f"{name}: {len(keys)}"] * bool(keys) + [f"    {key}" for key in keys[:most]]
        for field in dict.fromkeys(wrong.field for wrong in self.wrong):
            cases = self.of(field)
            lines.append(f"{field}: {len(cases)} wrong")
            for case in cases[:most]:
                lines += [
                    f"    {case.key}",
                    f"        expected  {_brief(case.expected)}",
                    f"        found     {_brief(case.found)}",
                ]
        return "\n".join(lines)


def compare(truth: Iterable[Truth], documents: Iterable[Row], url: Callable[[str, str], str]) -> Comparison:
    """Compare the documents of a snapshot with the truth of the night; `url` gives the address of (site, path)."""
    rows = {_address(row["url"]): row for row in documents}
    pages = {_address(url(page.site, page.path)): page for page in truth}
    wanted = {address: page for address, page in pages.items() if not page.rejected}
    both = {address: (page, rows[address]) for address, page in wanted.items() if address in rows}
    # withdrawn before it was ever a document: nothing is expected of it
    wrong = [case for page, row in both.values() for case in _fields(page, row)] + _clusters([*both.values()])
    return Comparison(
        expected=len(wanted),
        found=len(rows),
        missing=tuple(page.key for address, page in wanted.items() if address not in rows),
        extra=tuple(rows[address]["url"] for address in rows if address not in wanted),
        wrong=tuple(wrong),
    )


def compare_files(truth: Iterable[FileTruth], files: Iterable[Row], url: Callable[[str, str], str]) -> Comparison:
    """The same for the files that pages name; of pages that are gone they may be there or not."""
    rows = {row["url"]: row for row in files}
    wanted = {url(file.page.site, file.path): file for file in truth}
    pages = {doc_id(url(file.page.site, file.page.path)) for file in wanted.values()}
    extra = [name for name, row in rows.items() if name not in wanted and row["parent_id"] in pages]
    wrong = [case for name, file in wanted.items() if name in rows for case in _file_fields(file, rows[name], url)]
    return Comparison(
        expected=len(wanted),
        found=len(rows),
        missing=tuple(name for name in wanted if name not in rows),
        extra=tuple(extra),
        wrong=tuple(wrong),
    )


def _file_fields(file: FileTruth, row: Row, url: Callable[[str, str], str]) -> Iterable[Wrong]:
    missing, extra = body_differences(file.paragraphs, (), (row["text"] or "").split("\n"))
    told = {
        "title": (file.title, row["title"]),
        "body": (" ¶ ".join(missing), " ¶ ".join(extra)),
        "form": (file.form, row["form"]),
        "parent_id": (doc_id(url(file.page.site, file.page.path)), row["parent_id"]),
        "published_at": (_moment(file.page, file.page.published), _moment(file.page, row["published_at"])),
        "publisher": (file.page.publisher, row["publisher"] or ""),
        "canonical_id": ("", row["canonical_id"] or ""),
    }
    for field, (expected, found) in told.items():
        if expected != found:
            yield Wrong(key=file.path, field=field, expected=expected, found=found)


def body_differences(
    expected: Sequence[str], optional: Sequence[str], found: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Paragraphs that are missing and paragraphs too much; optional lines count as neither."""
    allowed = {fold(line) for line in optional}
    want = [line for line in map(fold, expected) if line]
    have = [line for line in map(fold, found) if line and (line not in allowed or line in want)]
    missing: list[str] = []
    extra: list[str] = []
    for tag, a, b, c, d in SequenceMatcher(None, want, have, autojunk=False).get_opcodes():
        if tag != "equal":
            missing += want[a:b]
            extra += have[c:d]
    return missing, extra


_PLAIN: Mapping[str, Callable[[Truth], object]] = {
    "lang": lambda page: page.lang,
    "author": lambda page: page.author,
    "editor": lambda page: page.editor,
    "document_number": lambda page: page.number,
    "index_number": lambda page: page.index,
    "issuer": lambda page: page.issuer,
    "topic": lambda page: page.topic,
    "validity": lambda page: page.validity,
}


def _fields(page: Truth, row: Row) -> Iterable[Wrong]:
    if fold(row.get("title") or "") != fold(page.title):
        yield Wrong(key=page.key, field="title", expected=page.title, found=row.get("title") or "")
    missing, extra = body_differences(page.paragraphs, page.optional, (row.get("text") or "").split("\n"))
    if missing or extra:
        yield Wrong(key=page.key, field="body", expected=" ¶ ".join(missing), found=" ¶ ".join(extra))
    if (shown := _moment(page, row.get("published_at"))) != _moment(page, page.published):
        yield Wrong(key=page.key, field="published_at", expected=_moment(page, page.published), found=shown)
    if page.publisher and (row.get("publisher") or "") != page.publisher:  # of its own a page may say nothing
        yield Wrong(key=page.key, field="publisher", expected=page.publisher, found=row.get("publisher") or "")
    for field, expected in _PLAIN.items():
        if (shown := str(row.get(field) or "")) != (wanted := str(expected(page) or "")):
            yield Wrong(key=page.key, field=field, expected=wanted, found=shown)
    yield from _precision(page, row)
    yield from _signature(page, str(row.get("signed_on") or ""))
    files = [(each["name"], each["url"].rpartition("/")[2]) for each in row.get("attachments") or ()]
    if files != list(page.attachments):
        yield Wrong(key=page.key, field="attachments", expected=str([*page.attachments]), found=str(files))
    if (page.state == "withdrawn") != bool(row.get("withdrawn_at")):
        yield Wrong(key=page.key, field="state", expected=page.state, found=f"withdrawn_at {row.get('withdrawn_at')}")


def _precision(page: Truth, row: Row) -> Iterable[Wrong]:
    """As exact as the page tells it; a list may tell the same moment more exactly."""
    found = str(row.get("published_precision") or "")
    if found != page.precision and (row.get("published_from"), found) != ("list", "second"):
        yield Wrong(key=page.key, field="published_precision", expected=page.precision, found=found)


def _signature(page: Truth, found: str) -> Iterable[Wrong]:
    """The 成文日期 of the table; of a page without one, nothing but the day under its text."""
    printed = {f"{int(found[:4])}年{int(found[5:7])}月{int(found[8:])}日"} if found else set[str]()
    if found != str(page.signed or "") and (page.signed or not printed & set(page.paragraphs)):
        yield Wrong(key=page.key, field="signed_on", expected=str(page.signed or ""), found=found)


def _clusters(both: Sequence[tuple[Truth, Row]]) -> list[Wrong]:
    """Reposts share the cluster of what they repeat, whichever was seen first; nothing else shares one."""
    cluster = {page.key: str(row.get("canonical_id") or row["doc_id"]) for page, row in both}
    root = {page.key: page.repeats or page.key for page, _ in both}
    origin: dict[str, set[str]] = {}
    for key, name in cluster.items():
        origin.setdefault(name, set()).add(root[key])
    wrong = []
    for page, _ in both:
        if page.repeats in cluster and cluster[page.key] != cluster[page.repeats]:
            wrong.append(Wrong(key=page.key, field="cluster", expected=f"with {page.repeats}", found="apart"))
    for roots in origin.values():
        if len(roots) > 1:
            first, *others = sorted(roots)
            wrong += [Wrong(key=other, field="cluster", expected="apart", found=f"with {first}") for other in others]
    return wrong


def _moment(page: Truth, value: Any) -> str:
    """A time in Shanghai, as exactly as the page tells it."""
    if not value:
        return ""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(SHANGHAI).strftime(
        {"day": "%Y-%m-%d", "minute": "%Y-%m-%d %H:%M", "second": "%Y-%m-%d %H:%M:%S"}[page.precision]
    )


def _address(url: str) -> str:
    return url.split("#")[0].replace("https://", "http://")


def _brief(text: str) -> str:
    return text if len(text) <= 160 else text[:100] + " … " + text[-50:]
