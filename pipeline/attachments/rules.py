"""`config/attachments.yaml`: the thresholds by which the text of attached files is read."""

from functools import cached_property

from pydantic import Field

from pipeline.core.config import Pattern, Strict


class Printed(Strict):
    """How boxes of characters become lines and paragraphs."""

    same_line: float = Field(gt=0, le=1)
    cell_gap: float = Field(gt=0)
    space: float = Field(gt=0)
    space_han: float = Field(gt=0)
    open_line: float = Field(gt=0)
    open_latin: float = Field(gt=0)
    indent: float = Field(gt=0)
    size_change: float = Field(gt=0)
    right_edge: float = Field(gt=0, le=1)
    justified: float = Field(ge=0, le=1)
    margin: float = Field(ge=0, le=0.5)
    recurs: float = Field(gt=0, le=1)
    mark: float = Field(gt=0, le=1)
    list_tokens: int = Field(ge=2)
    page_number: Pattern
    heading: Pattern


class Garbled(Strict):
    """When text is what a font without a map of its characters leaves."""

    share: float = Field(gt=0, le=1)
    least: int = Field(ge=1)
    signs: str

    @cached_property
    def set_of_signs(self) -> frozenset[str]:
        """The signs, one by one."""
        return frozenset(self.signs)


class Image(Strict):
    """When a file is a picture of a text."""

    letters_a_page: int = Field(ge=0)


class Ocr(Strict):
    """Whether and how scans are read."""

    read: bool = False
    dots: int = Field(gt=0)
    pages: int = Field(ge=1)
    least: float = Field(ge=0, le=1)


class TableShape(Strict):
    """When a file is a table, and how much of it the corpus holds."""

    share: float = Field(gt=0, le=1)
    kept: int = Field(ge=1)


class FileFields(Strict):
    """Where title, number, date and publisher stand."""

    head_lines: int = Field(ge=1)
    tail_words: int = Field(ge=1)
    title_least: int = Field(ge=1)
    title_most: int = Field(ge=1)
    nameless: Pattern
    title_ends: Pattern
    red_head: Pattern
    organ: Pattern


class FileLimits(Strict):
    """What one file may hold."""

    member: int = Field(gt=0)
    unpacked: int = Field(gt=0)
    members: int = Field(ge=1)
    depth: int = Field(ge=0)


class FileRules(Strict):
    """config/attachments.yaml."""

    printed: Printed
    garbled: Garbled
    image: Image
    ocr: Ocr
    table: TableShape
    fields: FileFields
    limits: FileLimits
