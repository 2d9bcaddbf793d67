"""The files that notices name: what each says, and its bytes. Made of its address alone, so that no night changes it."""

import posixpath
import random
from dataclasses import dataclass

from flows.samples import files
from flows.samples.articles import Block, Posting
from flows.samples.writing import texts

KINDS = ("pdf", "ofd", "doc", "wps", "docx", "rtf", "xls", "xlsx", "zip")
_ROWS = ("xls", "xlsx")  # hold nothing but a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """A file."""

    path: str
    title: str
    lines: tuple[str, ...]  # as they must come out, a row of a table in one
    form: str
    data: bytes


def annexes(posting: Posting) -> list[Annex]:
    """The files that a posting names."""
    folder = posixpath.dirname(posting.path)
    return [_annex(block, folder) for block in posting.article.blocks if block.kind == "attachment"]


def _annex(block: Block, folder: str) -> Annex:
    kind = block.url.rpartition(".")[2]
    title = block.text.partition("：")[2].removesuffix(f".{kind}")
    rng = random.Random(block.url)
    speaker = texts.voice(rng)
    prose = [title, *(speaker.one(part) for part in ("notice_why", "require", "measure", "notice_clause"))]
    rows = [("序号", "单位", "联系人"), *((str(at), speaker.one("district") + str(rng.randint(1, 99)) + "号", texts.person(rng)) for at in range(1, 6))]  # fmt: skip
    table = ["".join(row) for row in rows]
    match kind:
        case "pdf":
            data, lines = files.pdf(prose, rows), [*prose, *table]
        case "ofd":
            data, lines = files.ofd(prose), prose
        case "docx" | "rtf":
            data, lines = (files.docx if kind == "docx" else files.rtf)(prose, rows), [*prose, *table]
        case "xls" | "xlsx":
            data, lines = (files.xls if kind == "xls" else files.xlsx)(rows), table
        case "zip":
            held = {f"{title}/说明.docx": files.docx(prose), f"{title}/名单.xls": files.xls(rows)}
            data, lines = files.zipped(held, gbk=True), [f"{title}/说明.docx", *prose, f"{title}/名单.xls", *table]
        case _:
            data, lines = files.doc(prose, rows), [*prose, *table]
    form = "table" if kind in _ROWS else "attachment"
    return Annex(path=f"{folder}/{block.url}", title=title, lines=tuple(lines), form=form, data=data)
