"""Files that are ZIPs of XML (DOCX, XLSX, OFD), plain ZIPs, and RTF."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

from flows.samples.files.pdf import broken

Rows = Sequence[Sequence[str]]
_MOMENT = (2026, 1, 1, 0, 0, 0)  # the same bytes whenever they are made
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006"
_OFD = "http://www.ofdspec.org/2016"
_SIZE = 4.2  # millimetres
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def zipped(files: Mapping[str, bytes], *, gbk: bool = False) -> bytes:
    """A ZIP; with `gbk` the names are written as Chinese Windows does, without saying so."""
    buffer = io.BytesIO()
    written = {name: "x" * (len(name.encode("gbk")) - 2) + f"{at:02d}" for at, name in enumerate(files)} if gbk else {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(written.get(name, name), _MOMENT), data, zipfile.ZIP_DEFLATED)
    packed = buffer.getvalue()
    for name, placeholder in written.items():  # the library itself would say that they are UTF-8
        packed = packed.replace(placeholder.encode(), name.encode("gbk"))
    return packed


def docx(lines: Sequence[str], rows: Rows = ()) -> bytes:
    """Paragraphs, and below them a table."""
    body = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in lines)
    cells = ("".join(f"<w:tc><w:p><w:r><w:t>{escape(cell)}</w:t></w:r></w:p></w:tc>" for cell in row) for row in rows)
    table = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    body += f"<w:tbl>{table}</w:tbl>" if rows else ""
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _package("word/document.xml", f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>', main)


def xlsx(rows: Rows) -> bytes:
    """One sheet."""
    told = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in rows
    )
    sheet = f'<worksheet xmlns="{_S}"><sheetData>{told}</sheetData></worksheet>'
    book = f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    link = f'<Relationship Id="rId1" Type="{_R}/worksheet" Target="worksheets/sheet1.xml"/>'
    more = {
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_P}/relationships">{link}</Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    return _package("xl/workbook.xml", book, main, more)


def ofd(lines: Sequence[str]) -> bytes:
    """A page of lines, in millimetres."""
    drawn = "".join(
        f'<ofd:TextObject ID="{10 + at}" Boundary="{30 + indent * _SIZE} {40 + 8 * at} 150 6" Font="3" Size="{_SIZE}">'
        f'<ofd:TextCode X="0" Y="4" DeltaX="{_steps(text)}">{escape(text)}</ofd:TextCode></ofd:TextObject>'
        for at, (text, indent) in enumerate(broken(lines))
    )
    box = "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
    parts = {
        "OFD.xml": f'<ofd:OFD xmlns:ofd="{_OFD}"><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>',
        "Doc_0/Document.xml": f'<ofd:Document xmlns:ofd="{_OFD}"><ofd:CommonData><ofd:PageArea>{box}</ofd:PageArea>'
        '</ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Pages/Page_0/Content.xml": f'<ofd:Page xmlns:ofd="{_OFD}"><ofd:Content><ofd:Layer ID="2">{drawn}'
        "</ofd:Layer></ofd:Content></ofd:Page>",
    }
    return zipped({name: (_HEAD + text).encode() for name, text in parts.items()})


def _steps(text: str) -> str:
    return " ".join(str(_SIZE / 2 if char.isascii() else _SIZE) for char in text[:-1])


def rtf(lines: Sequence[str], rows: Rows = ()) -> bytes:
    """Paragraphs and a table, Han characters as GBK bytes."""
    body = "".join(f"\\pard {_rtf(line)}\\par\n" for line in lines)
    for row in rows:
        edges = "".join(f"\\cellx{2000 * (at + 1)}" for at in range(len(row)))
        body += f"\\trowd{edges}\\pard\\intbl " + "".join(f"{_rtf(cell)}\\cell " for cell in row) + "\\row\n"
    return f"{{\\rtf1\\ansi\\ansicpg936\\deff0{{\\fonttbl{{\\f0\\fcharset134 SimSun;}}}}\n{body}}}".encode("ascii")


def _rtf(text: str) -> str:
    return "".join(
        char if char.isascii() else "".join(f"\\'{byte:02x}" for byte in char.encode("gbk")) for char in text
    )


def _package(main: str, text: str, kind: str, more: Mapping[str, str] | None = None) -> bytes:
    link = f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="{main}"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_P}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{main}" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_P}/relationships">{link}</Relationships>',
        main: text,
        **(more or {}),
    }
    return zipped({name: (_HEAD + part).encode() for name, part in parts.items()})
