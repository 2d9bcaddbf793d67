"""Files of every type, made by code: their text, their tables, and the closed reason of those that have none."""

import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.samples import files
from pipeline.attachments.file_text import FileText
from pipeline.attachments.formats import pdf
from pipeline.attachments.formats.packed import as_written
from pipeline.attachments.read import read_file
from pipeline.core.models import Reason
from pipeline.rules import Rules
from tests.makers.places import ROOT

RULES = Rules.load(ROOT / "config").attachments
LINES = [
    "关于开展冬季安全生产检查的通知",
    "各区应急管理局，市有关单位：",
    "为切实做好冬季安全生产工作，防范和遏制重特大事故发生，经研究决定，自即日起在全市范围内开展冬季安全生产大检查，现将有关事项通知如下。",
    "一、检查范围。全市危险化学品、建筑施工、交通运输、消防等重点行业领域的生产经营单位。",
    "某某市应急管理局",
    "2026年1月4日",
]
ROWS = [["序号", "学校", "人数"], ["1", "第一小学", "12"], ["2", "第二小学", "8"]]
TABLE = ["\t".join(row) for row in ROWS]


def one(data: bytes) -> FileText:
    (found,) = read_file(data, "附件", RULES)
    return found


@pytest.mark.parametrize(
    ("name", "data", "lines"),
    [
        ("pdf", files.pdf(LINES, ROWS), [*LINES, *TABLE]),
        ("ofd", files.ofd(LINES), LINES),
        ("docx", files.docx(LINES, ROWS), [*LINES, *TABLE]),
        ("doc", files.doc(LINES, ROWS), [*LINES, *TABLE]),
        ("rtf", files.rtf(LINES, ROWS), [*LINES, *TABLE]),
        ("xlsx", files.xlsx(ROWS), TABLE),
        ("xls", files.xls(ROWS), TABLE),
    ],
)
def test_a_file_is_read_paragraph_by_paragraph_and_row_by_row(name: str, data: bytes, lines: list[str]) -> None:
    found = one(data)
    assert (found.type, found.reason) == (name, None)
    assert found.text.split("\n") == lines
    assert [line.text for line in found.lines if line.row] == [line for line in lines if "\t" in line]


def test_running_headers_and_page_numbers_are_named_and_are_no_text() -> None:
    found = one(files.pdf(LINES * 12, header="某某市人民政府公报 2026年第3号"))
    assert found.pages > 2
    assert found.text.split("\n") == LINES * 12
    gone = [(line.rule, line.page) for line in found.lines if line.rule]
    assert gone == [(rule, page) for page in range(1, found.pages + 1) for rule in ("running_header", "page_number")]


def test_a_table_has_its_cells_however_its_lines_are_drawn() -> None:
    rows = [["岗位", "人数", "专业要求"], *([f"岗位{at}", f"{at % 7 + 1}", "不限"] for at in range(12))]
    for data in (files.pdf([], rows), files.docx([], rows), files.doc([], rows), files.rtf([], rows), files.xlsx(rows)):
        assert one(data).text.split("\n") == ["\t".join(row) for row in rows]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (files.docx([]), Reason.EMPTY),
        (files.scan(), Reason.IMAGE_ONLY),
        (b"\x89PNG\r\n\x1a\n", Reason.IMAGE_ONLY),
        (files.pdf(["%#&'()*+" * 8]), Reason.GARBLED_TEXT),
        (files.pdf(LINES)[:400], Reason.BROKEN),
        (files.docx(LINES)[:-60], Reason.BROKEN),
        (files.xlsx(ROWS)[:-60], Reason.BROKEN),
        (files.doc(LINES).replace(b"\xec\xa5\xc1\x00", b"\xdc\xa5\x68\x00"), Reason.OLD_WORD),
        (files.doc(LINES).replace(b"\xec\xa5\xc1\x00\0\0\0\0\0\0\x00\x02", b"\xec\xa5\xc1\x00\0\0\0\0\0\0\x00\x03"),
         Reason.ENCRYPTED),
        (files.doc(LINES).replace("WordDocument".encode("utf-16-le"), "CONTENTS----".encode("utf-16-le")),
         Reason.UNKNOWN_OLE),
        (b"<!DOCTYPE html><html><body>404</body></html>", Reason.HTML_PAGE),
        (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(60)), Reason.ARCHIVE_UNREADABLE),
        (files.zipped({}), Reason.EMPTY),
        (b"<table><tr><td>1</td></tr></table>", Reason.HTML_PAGE),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n", Reason.HTML_PAGE),
        (b"\x7fELF\x02\x01\x01\x00", Reason.UNKNOWN_FILE),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', Reason.UNKNOWN_FILE),
        (files.zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
         Reason.UNKNOWN_FILE),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_a_closed_reason(data: bytes, reason: Reason) -> None:
    found = one(data)
    assert (found.reason, found.text) == (reason, "")


def test_an_archive_is_a_row_a_member_with_names_as_chinese_windows_writes_them() -> None:
    held = {"附件/一.docx": files.docx(LINES), "附件/二.xls": files.xls(ROWS), "附件/三.pdf": files.scan()}
    for data in (files.zipped(held), files.zipped(held, gbk=True)):
        found = read_file(data, "附件.zip", RULES)
        assert [(each.name, each.type) for each in found[:2]] == [("附件/一.docx", "docx"), ("附件/二.xls", "xls")]
        assert [each.reason for each in found] == [None, None, Reason.IMAGE_ONLY]
    (inner, *_) = read_file(files.zipped({"内.zip": files.zipped(held)}), "外.zip", RULES)
    assert inner.text.split("\n") == LINES


def test_a_scan_is_read_only_where_that_is_asked_for_and_its_text_is_marked() -> None:
    assert (one(files.scan()).reason, one(files.scan()).ocr) == (Reason.IMAGE_ONLY, False)
    pytest.importorskip("rapidocr_onnxruntime", reason="gongbao[ocr] is not installed")
    asked = RULES.model_copy(update={"ocr": RULES.ocr.model_copy(update={"read": True})})
    dots = pdfium.PdfDocument(files.pdf(["GONGBAO REPORT 2026"]))[0].render(scale=2, grayscale=True).to_numpy()
    (found,) = read_file(files.scan(dots.tobytes(), dots.shape[1]), "扫描件", asked)
    assert ("".join(found.text.split()), found.ocr) == ("GONGBAOREPORT2026", True)


def test_of_empty_files_in_an_archive_their_names_are_the_text() -> None:
    found = read_file(files.zipped({"附件/一.doc": b"", "附件/二.doc": b""}, gbk=True), "附件.zip", RULES)
    assert [each.reason for each in found] == [Reason.EMPTY, Reason.EMPTY, None]
    assert found[-1].text.split("\n") == ["附件/一.doc", "附件/二.doc"]


@pytest.mark.parametrize(
    "name", ["附件1：面试考生须知.wps", "目录.xls", "朱镕基—①.doc", "附件一：關於檢查.docx", "審計報告.pdf"]
)
@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5"])
def test_a_name_is_read_in_the_charset_in_which_it_was_written(name: str, charset: str) -> None:
    written = name.encode(charset, "ignore")
    if written.decode(charset) == name:  # Big5 has no simplified characters
        assert as_written(written.decode("latin-1"), "latin-1") == name


def with_parts(data: bytes, rename: Callable[[str], str], old: bytes = b"", new: bytes = b"") -> bytes:
    package = zipfile.ZipFile(BytesIO(data))
    return files.zipped({rename(name): package.read(name).replace(old, new) for name in package.namelist()})


def test_word_documents_of_other_writers_are_read() -> None:
    strict = with_parts(files.docx(LINES), str, b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                        b"http://purl.oclc.org/ooxml/wordprocessingml/main")  # fmt: skip
    numbered = with_parts(files.docx(LINES), lambda name: name.replace("word/document.xml", "word/document2.xml"))
    backslashed = with_parts(files.docx(LINES), lambda name: name.replace("/", "\\"))
    raw = files.rtf([]).replace(b"}}\n", b"}}\n" + "".join(f"{line}\\par\n" for line in LINES).encode("gbk"))
    for data in (strict, numbered, backslashed, raw, "\n".join(LINES).encode("utf-16")):
        assert one(data).text.split("\n") == LINES


def test_lines_of_a_short_page_are_not_taken_for_full_ones() -> None:
    short = ["关于二〇二六年清明节放假安排的通知", "各科室：", "四月四日起放假三日。"]
    for data in (files.pdf(short), files.ofd(short)):
        assert one(data).text.split("\n") == short


def test_a_pdf_with_a_wrong_table_of_its_objects_is_read() -> None:
    plain = files.pdf(LINES)
    for data in (
        plain.replace(b"%PDF-1.4\n", b"%PDF-1.4\n%moved\n"),
        plain[: plain.index(b"xref\n")] + plain[plain.index(b"trailer") :],
        plain[: plain.index(b"startxref")],
    ):
        assert one(data).text.split("\n") == LINES


def test_what_unfolds_to_too_much_is_too_expensive() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(RULES.limits.member + 1))
    assert one(bomb.getvalue()).reason is Reason.TOO_EXPENSIVE
    nested = files.docx(LINES)
    for _ in range(RULES.limits.depth + 1):
        nested = files.zipped({"内.zip": nested})
    assert one(nested).reason is Reason.TOO_EXPENSIVE


def test_numbers_that_word_writes_itself_are_in_the_text() -> None:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    level = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl>'
    )
    numbering = f'<w:numbering xmlns:w="{w}"><w:abstractNum w:abstractNumId="0">{level}</w:abstractNum>'
    numbering += '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    plain = zipfile.ZipFile(BytesIO(files.docx(["总则。"] * 11)))
    parts = {name: plain.read(name) for name in plain.namelist()}
    numbered = b'<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:p>", numbered)
    parts["word/numbering.xml"] = numbering.encode()
    lines = one(files.zipped(parts)).text.split("\n")
    assert lines[0] == "第一条总则。"
    assert lines[10] == "第十一条总则。"


@given(
    st.sampled_from([b"%PDF-1.4\n", b"{\\rtf1 ", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b""]),
    st.binary(max_size=600),
)
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_a_reader_raise(magic: bytes, rest: bytes) -> None:
    assert all(found.reason or found.text for found in read_file(magic + rest, "x", RULES))


@pytest.mark.parametrize("make", [files.pdf, files.docx, files.doc, files.rtf], ids=["pdf", "docx", "doc", "rtf"])
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_no_damage_makes_a_reader_raise(make: object, data: st.DataObject) -> None:
    whole = bytearray(make(LINES, ROWS))  # type: ignore[operator]
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert all(found.reason or found.text for found in read_file(bytes(whole), "x", RULES))


def test_thirty_pages_take_less_than_half_a_second_of_computing() -> None:
    data = files.pdf(LINES * 105)
    one(data)  # what is loaded once
    before = time.process_time()
    assert one(data).pages >= 30
    assert time.process_time() - before < 0.5
    assert len(pdf.sheets(data)[0]) >= 30


def test_extract_takes_files_like_pages_and_why_tells_their_lines(tmp_path: Path) -> None:
    (tmp_path / "notice.pdf").write_bytes(files.pdf(LINES * 12, header="某某市人民政府公报"))
    (tmp_path / "two.zip").write_bytes(files.zipped({"一.docx": files.docx(LINES), "二.pdf": files.scan()}))
    (tmp_path / "empty.ofd").write_bytes(b"")
    command = [sys.executable, "-m", "flows.cli.main"]
    told = subprocess.run([*command, "extract", str(tmp_path), "--json"], capture_output=True, text=True, check=True)
    rows = [__import__("json").loads(line) for line in told.stdout.splitlines()]
    assert [(row["id"], row["reason"]) for row in rows] == [
        ("empty", "empty"), ("notice", None), ("two", None), ("two", "image_only"),
    ]  # fmt: skip
    assert rows[1]["title"] == LINES[0]
    assert rows[1]["published_at"] == "2026-01-04T00:00:00+08:00"
    assert (rows[1]["publisher"], rows[1]["form"]) == ("某某市应急管理局", "attachment")
    assert [row.get("file_name") for row in rows[2:]] == ["一.docx", "二.pdf"]
    told = subprocess.run([*command, "why", str(tmp_path / "notice.pdf")], capture_output=True, text=True, check=True)
    assert "p. 1  关于开展冬季安全生产检查的通知" in told.stdout
    assert "- p. 2  - 2 -  [file: page_number]" in told.stdout
