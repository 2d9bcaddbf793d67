"""What is read of a file: its lines with page and fate, or the closed reason why it has none."""

from dataclasses import dataclass, replace

from pipeline.core.errors import Reject
from pipeline.core.models import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A paragraph or a row of a table. `rule` is empty for one that is text, else it names what took it out."""

    text: str
    page: int = 0  # counted from 1; 0 where the format knows no pages
    rule: str = ""
    row: bool = False  # cells parted by tabs


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """One file, or one member of an archive. It has lines or a reason."""

    name: str = ""
    type: str = ""  # pdf, doc, docx, xls, xlsx, rtf, ofd, zip, rar, 7z, html; empty where it is none of them
    digest: str = ""  # of the bytes
    pages: int = 0  # 0 where the format knows none
    lines: tuple[FileLine, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    ocr: bool = False  # read off a picture

    @property
    def text(self) -> str:
        """The lines that are text, parted by line breaks."""
        return "\n".join(line.text for line in self.lines if not line.rule)

    def rejected(self, reject: Reject) -> "FileText":
        """The same file without text."""
        return replace(self, reason=reject.reason, detail=reject.detail)
