"""The bytes of a page in, its characters out, with what was declared, what was found, and what was lost."""

import codecs
import re
from collections.abc import Iterator

from pipeline.core.models import Decoded

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,80}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_MAGIC = {
    b"%PDF-": "PDF",
    b"PK\x03\x04": "zip, or a file of an office",
    b"\xd0\xcf\x11\xe0": "old file of an office",
    b"Rar!": "rar",
    b"\x1f\x8b": "gzip",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
}
_FILE_TYPE = re.compile(r"(?:image|video|audio)/|application/(?:pdf|zip|msword|vnd\.)")
_LOOKS_LIKE_HTML = re.compile(rb"<(?:!doctype|html|head|meta|title|body|div|p|table)\b", re.IGNORECASE)
_RUN = re.compile(rb"[<>\r\n]|[^<>\r\n]+")
_UTF8_WORD = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}")
_UTF8_WORDS = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2,}")
_PART = re.compile(
    rb"(?:[\xe2-\xef][\x80-\xbf]{2}){2,}"
    rb"|(?:(?!(?:[\xe2-\xef][\x80-\xbf]{2}){2})[\x81-\xfe](?:[\x40-\x7e\x80-\xfe]|[0-9][\x81-\xfe][0-9]))+"
    rb"|[\x00-\x7f]+|.",
    re.DOTALL,
)
_HAN = re.compile("[\u4e00-\u9fff]")
# Declared names that are taken at their word if the bytes read well that way, each with the superset that is used.
_LEGACY = {
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "cp950": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "windows-1251": "cp1251",
}
_NAMES = {"big5hkscs": "big5", "cp1252": "windows-1252", "cp932": "shift_jis", "cp949": "euc-kr"}

# Measured on 126 real Chinese pages, each coded both ways: everyday characters make up 0.97 and more of the right
# reading (0.61 of traditional characters in GB18030) and 0.28 to 0.58 of the wrong one. Latin, Cyrillic and kana
# bytes read as GB18030 stay under 0.3.
_READS_WELL, _READS_BADLY, _NOISE = 0.85, 0.75, 0.3
_SAMPLE = 4000  # characters beyond ASCII that are looked at
_STRAY = 0.02  # broken share of a page that is UTF-8 all the same, as when a template cut a character in half
_META_WINDOW = 16_384  # bytes; pages carry scripts before their meta


def _plane(codec: str, leads: range, trails: tuple[range, ...]) -> frozenset[str]:
    pairs = (bytes((lead, trail)) for lead in leads for part in trails for trail in part)
    return frozenset("".join(pair.decode(codec, "ignore") for pair in pairs))


# The everyday characters of each coded set: punctuation and the level of frequent characters.
_EVERYDAY = {
    "gb18030": _plane("gb2312", range(0xA1, 0xD8), (range(0xA1, 0xFF),)),
    "big5hkscs": _plane("big5", range(0xA1, 0xC7), (range(0x40, 0x7F), range(0xA1, 0xFF))),
}


def decode(body: bytes, content_type: str = "", encoding: str = "auto") -> Decoded:
    """Read `body` by what its bytes say; header and meta are only asked where the bytes leave a choice.

    Order: byte order mark; the source's own `encoding` if the bytes bear it; UTF-8, a few
    broken characters allowed; Big5, declared or not, where the bytes read well so and badly as GB18030; another
    declared legacy charset where GB18030 would be noise; whichever of GB18030 (never strict GB2312) and UTF-8 loses
    fewer characters. A character that the end of the body cuts in half never decides. A page with an include in
    another charset (UTF-8 in GBK, GBK in UTF-8) is read run by run.
    """
    declared = _declared(body, content_type)
    if mixed := _mixed(body):
        text, used = mixed
        return Decoded(text=text, declared=declared, detected=used, used=used, replaced=text.count("\ufffd"))
    detected = _detect(body, declared)
    used = encoding if encoding != "auto" and _bom(body) is None and _strict(body, _codec(encoding)) else detected
    codec = _codec(used)
    bom = _bom(body)
    text = (body[len(bom[0]) :] if bom and bom[1] == "utf-8" else body).decode(codec, "replace")
    return Decoded(text=text, declared=declared, detected=detected, used=used, replaced=text.count("\ufffd"))


def file_kind(body: bytes, content_type: str = "") -> str:
    """What a body is that holds no characters of a page: a PDF, a picture, an archive; empty if it may be a page.

    The bytes are believed, and the header only where they do not look like HTML: servers send pages as anything.
    """
    if found := next((name for magic, name in _MAGIC.items() if body.startswith(magic)), ""):
        return found
    declared = content_type.partition(";")[0].strip().lower()
    binary = _FILE_TYPE.match(declared) or (declared == "application/octet-stream" and b"\0" in body)
    return declared if binary and not _LOOKS_LIKE_HTML.search(body[:_META_WINDOW].replace(b"\0", b"")) else ""


def _codec(name: str) -> str:
    return _LEGACY.get(name, name)


def _declared(body: bytes, content_type: str) -> str:
    if match := _CHARSET.search(content_type):
        return match[1].lower()
    if meta := _META.search(body[:_META_WINDOW]):
        return (meta[1] or meta[2]).decode("ascii", "replace").lower()
    return ""


def _bom(body: bytes) -> tuple[bytes, str] | None:
    return next((bom for bom in _BOMS if body.startswith(bom[0])), None)


def _detect(body: bytes, declared: str) -> str:
    if bom := _bom(body):
        return bom[1]
    if _strict(body, "utf-8"):
        return "utf-8"
    utf8 = body.decode("utf-8", "replace")
    beyond = sum(len(run) for run in re.findall(r"[^\x00-\x7f]+", utf8))
    if utf8.count("\ufffd") <= _STRAY * beyond:
        return "utf-8"
    gb = body.decode("gb18030", "replace")
    chinese = _everyday(gb, "gb18030")
    if chinese < _READS_BADLY and _everyday(body.decode("big5hkscs", "replace"), "big5hkscs") >= _READS_WELL:
        return "big5"
    for name in dict.fromkeys((declared, _declared(body, ""))):
        if name in _LEGACY and chinese < _NOISE and _strict(body, _LEGACY[name]):
            return _NAMES.get(_LEGACY[name], name)
    if chinese < _NOISE and beyond < _STRAY * len(body):  # a few curly quotes in Latin text
        return "windows-1252"
    return "gb18030" if gb.count("\ufffd") <= utf8.count("\ufffd") else "utf-8"


def _mixed(body: bytes) -> tuple[str, str] | None:
    """The characters of a page of two charsets, and the one that most of it is in; None for a page of one charset.

    Runs end at tags and lines. Both kinds must read well: a character cut in half is no charset, and a GBK page has no
    Chinese words that are UTF-8 by chance.
    """
    if _bom(body) or _strict(body, "utf-8") or not any(map(_is_utf8, _UTF8_WORDS.findall(body))):
        return None
    runs = [run for match in _RUN.finditer(body) for run in _parted(match[0])]
    utf8 = [run for run in runs if _is_utf8(run)]
    legacy = [run for run in runs if not run.isascii() and not _strict(run, "utf-8")]
    joined = b" ".join(legacy)
    name = _detect(joined, "") if legacy else "utf-8"
    codec = _codec(name)
    if not utf8 or codec not in _EVERYDAY or not _reads_well(joined, codec):
        return None
    ours = set(legacy) if len(b"".join(utf8)) > len(joined) else set(runs) - set(utf8)
    text = "".join(run.decode(codec if run in ours else "utf-8", "replace") for run in runs)
    return text, name if len(joined) > len(b"".join(utf8)) else "utf-8"


def _parted(run: bytes) -> Iterator[bytes]:
    """A run, or the parts of one that holds words in two charsets."""
    if _UTF8_WORD.search(run) and not _strict(run, "utf-8"):
        yield from (match[0] for match in _PART.finditer(run))
    else:
        yield run


def _is_utf8(run: bytes) -> bool:
    """Whether a run holds words that read well as UTF-8 alone."""
    if not _UTF8_WORD.search(run) or not _strict(run, "utf-8"):
        return False
    ours = max(_everyday(run.decode("utf-8", "ignore"), codec) for codec in _EVERYDAY)
    return ours > _NOISE and ours >= _everyday(run.decode("gb18030", "replace"), "gb18030")


def _reads_well(run: bytes, codec: str) -> bool:
    text = run.decode(codec, "replace")
    return (
        text.count("\ufffd") <= _STRAY * len(text)
        and len(_HAN.findall(text)) > 1
        and _everyday(text, codec) >= _READS_WELL
    )


def _everyday(text: str, codec: str) -> float:
    """The share of everyday characters among those beyond ASCII; 1 if there are none."""
    beyond = "".join(re.findall(r"[^\x00-\xff]+", text))[:_SAMPLE]
    plane = _EVERYDAY[codec]
    return sum(character in plane for character in beyond) / len(beyond) if beyond else 1.0


def _strict(body: bytes, codec: str) -> bool:
    """Whether every byte decodes, but for a character cut in half by the end."""
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(body, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
