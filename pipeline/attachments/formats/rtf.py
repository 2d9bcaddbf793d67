"""An RTF file in, its paragraphs and rows of tables out."""

import re

from striprtf.striprtf import rtf_to_text

from pipeline.attachments.file_text import FileLine

_PAGE_CODE = re.compile(rb"\\ansicpg(\d+)")
_CODECS = {b"936": "gb18030", b"950": "big5hkscs", b"54936": "gb18030", b"1252": "cp1252", b"65001": "utf-8"}
_CELL = re.compile(rb"\\(?:nest)?cell(?![a-z])")
_TAB = re.compile(rb"\\tab(?![a-z])")
_ESCAPED = re.compile(rb"\\'([0-9a-fA-F]{2})")
_RAW = re.compile(rb"[\x80-\xff]")  # which the format does not allow, and which are written all the same
_PICTURE = re.compile(rb"\\pict(?![a-z])")
_SEPARATOR = "\x1d"  # for a cell's end, which striprtf would write as a bar


def lines(data: bytes) -> tuple[list[FileLine], int]:
    """The lines of the document and the count of pictures."""
    named = _PAGE_CODE.search(data[:4096])
    codec = _CODECS.get(named[1], "gb18030") if named else "gb18030"
    data = _RAW.sub(lambda found: b"\\'%02x" % found[0][0], data)
    marked = _CELL.sub(rb"\\'1d ", _TAB.sub(rb"\\'09 ", data))
    text: str = rtf_to_text(marked.decode("latin-1"), encoding=codec, errors="replace")  # type: ignore[no-untyped-call]
    found = []
    for line in text.split("\n"):
        cells = [" ".join(cell.split()) for cell in line.split(_SEPARATOR)]
        if len(cells) > 2:
            found.append(FileLine(text="\t".join(cells).rstrip("\t"), row=True))
        elif line.strip():
            found.append(FileLine(text="".join(cells)))
    return [line for line in found if line.text.strip()], len(_PICTURE.findall(data))
