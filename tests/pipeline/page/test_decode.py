"""What bytes say outweighs what header and meta say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.page.decode import decode, file_kind

TEXT = "市工业和信息化局召开座谈会，镕基、李喆与㐂寿参加，听取企业对智能制造的意见。" * 6
TRADITIONAL = "市政府昨日舉行記者會，說明新一年度的產業發展計畫，並邀請業界代表出席座談。" * 6
WRONG_HEADERS = (
    "",
    "text/html",
    "text/html; charset=utf-8",
    "text/html; charset=ISO-8859-1",
    "text/html;charset=GB2312",
    "text/html; charset=nonsense",
)


def html(text: str, charset: str = "") -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<html><head>{meta}<title>t</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize("header", WRONG_HEADERS)
@pytest.mark.parametrize("meta", ["", "utf-8", "gb2312", "big5"])
@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (TEXT, "utf-8", "utf-8"),
        (TEXT, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "gb18030", "gb18030"),
    ],
)
def test_a_wrong_header_or_meta_does_not_matter(text: str, codec: str, name: str, meta: str, header: str) -> None:
    decoded = decode(html(text, meta).encode(codec), header)
    assert (decoded.used, decoded.detected, decoded.replaced) == (name, name, 0)
    assert text in decoded.text


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5"])
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_character_cut_in_half_by_the_end_flips_nothing(codec: str, cut: int) -> None:
    body = TRADITIONAL.encode(codec)[:-cut]
    decoded = decode(body)
    assert decoded.used == codec
    assert decoded.text[: len(TRADITIONAL) - 2] == TRADITIONAL[:-2]


def test_a_character_cut_in_half_by_a_template_leaves_utf8_alone() -> None:
    body = html(TEXT).encode().replace("座谈会".encode(), "座谈会".encode()[:-1], 1)
    decoded = decode(body, "text/html; charset=gbk")
    assert decoded.used == "utf-8"
    assert 1 <= decoded.replaced <= 2
    assert "智能制造的意见" in decoded.text


def test_one_broken_byte_leaves_gb18030_alone() -> None:
    body = html(TEXT).encode("gb18030").replace("意见".encode("gb18030"), b"\xff\xff", 1)
    assert decode(body, "text/html; charset=utf-8").used == "gb18030"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides_and_is_no_text(codec: str) -> None:
    decoded = decode(html(TEXT, "gb2312").encode(codec), "text/html; charset=gb2312")
    assert decoded.text == html(TEXT, "gb2312")
    assert decoded.used == codec.removesuffix("-sig")


def test_what_the_page_declares_is_recorded_beside_what_was_used() -> None:
    decoded = decode(html(TEXT, "GB2312").encode("gb18030"))
    assert (decoded.declared, decoded.detected, decoded.used) == ("gb2312", "gb18030", "gb18030")
    assert "镕" in decoded.text
    assert "㐂" in decoded.text


def test_the_source_may_name_the_charset_of_a_short_page() -> None:
    body = "公告".encode("big5")
    assert decode(body, encoding="big5").text == "公告"
    assert decode(TEXT.encode(), encoding="big5").used == "utf-8"  # the bytes do not bear it


@pytest.mark.parametrize(
    ("codec", "name"), [("cp1252", "windows-1252"), ("cp1251", "windows-1251"), ("shift_jis", "shift_jis")]
)
def test_other_charsets_are_taken_at_their_word_where_gb18030_would_be_noise(codec: str, name: str) -> None:
    text = {
        "cp1252": "The ministry’s plan – a “new” one – was published. " * 20,
        "cp1251": "Министерство опубликовало новый план развития. " * 9,
        "shift_jis": "経済産業省は新しい計画をまとめて公表した。" * 9,
    }
    decoded = decode(html(text[codec]).encode(codec), f"text/html; charset={name}")
    assert text[codec] in decoded.text


def test_curly_quotes_in_undeclared_latin_text_are_quotes() -> None:
    text = "The ministry’s plan was published on Monday, officials said. " * 20
    assert text in decode(html(text).encode("cp1252")).text


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_bytes_and_no_header_raise_and_the_count_is_true(body: bytes, header: str) -> None:
    decoded = decode(body, header)
    assert decoded.replaced == decoded.text.count("\ufffd")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_utf8_survives(text: str) -> None:
    assert decode(text.encode()).text == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("body", "header", "kind"),
    [
        (b"%PDF-1.4 <html><p>", "text/html", "PDF"),
        (b"PK\x03\x04\x14\0word/document.xml", "", "zip, or a file of an office"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "text/html", "JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml; charset=utf-8", "image/svg+xml"),
        (b"whatever", "application/vnd.ms-excel", "application/vnd.ms-excel"),
        (b"\x01\0\x02", "application/octet-stream", "application/octet-stream"),
        (b"\x01\0\x02", "", ""),
        (TEXT.encode(), "application/octet-stream", ""),
        (TEXT.encode(), "text/plain", ""),
        (html(TEXT).encode(), "application/msword", ""),
        (html(TEXT).encode("utf-16"), "application/octet-stream", ""),
        (b"\xef\xbb\xbf<?xml version='1.0'?><article/>", "application/xml", ""),
        (b"", "", ""),
    ],
)
def test_a_file_is_known_by_its_bytes_and_by_its_header_only_if_it_does_not_look_like_html(
    body: bytes, header: str, kind: str
) -> None:
    assert file_kind(body, header) == kind
