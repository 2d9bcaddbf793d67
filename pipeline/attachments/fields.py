"""A file's lines and the name of its link in, its title, 文号, date and publisher out, each with its witness."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.attachments.file_text import FileLine, FileText
from pipeline.attachments.rules import FileFields
from pipeline.core.dates import SHANGHAI, parse_date
from pipeline.core.models import Dated, Fields, Precision

_ENDING = re.compile(r"\.[A-Za-z0-9]{2,4}\s*$")
_SIZE = re.compile(r"\s*[\[（(]?\s*\d+(?:\.\d+)?\s*[KMG]B?\s*[\])）]?\s*$", re.IGNORECASE)
_MARK = re.compile(r"^附\s*(?:件|表|录)\s*[0-9一二三四五六七八九十]*\s*[:：]?$")
_WHOLE_DATE = re.compile(
    r"^[（(]?\s*[0-9二一][^\s]{0,4}\s*年\s*[0-9一二三四五六七八九十]{1,2}\s*月\s*[0-9一二三四五六七八九十]{1,3}\s*日\s*[）)]?$"
)
_ZEROES = str.maketrans("○零ＯO", "〇〇〇〇")
_SENTENCE = re.compile(r"[。；，,;]|[:：]$")
_NUMBER_ROOM = 8  # characters beside the number in its line: a signer, a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a file says of itself."""

    title: str
    fields: Fields
    evidence: tuple[tuple[str, str], ...]


def told(file: FileText, link: str, number: str, rules: FileFields) -> Told:
    """`link` is the name of the link that led to the file, `number` the pattern of a 发文字号."""
    lines = [line for line in file.lines if not line.rule]
    title, origin = _title(lines, link, file.name, number, rules)
    fields, evidence = Fields(), [("title", origin)] if title else []
    if found := _document_number(lines, number, rules):
        fields, evidence = replace(fields, document_number=found), [*evidence, ("document_number", "file:head")]
    dated, publisher = _signature(lines, rules)
    if dated:
        fields = replace(fields, published=dated, signed_on=dated.at.astimezone(SHANGHAI).date())
        evidence.append(("published", dated.evidence))
    if publisher:
        fields, evidence = replace(fields, publisher=publisher), [*evidence, ("publisher", "file:signature")]
    return Told(title=title, fields=fields, evidence=tuple(evidence))


def _title(lines: Sequence[FileLine], link: str, name: str, number: str, rules: FileFields) -> tuple[str, str]:
    """The link's name, unless it says nothing; the first lines; the file's name."""
    named = _named(link, rules)
    if named or not (first := _first_line(lines, number, rules)):
        return (named, "link") if named else (_named(name, rules) or _ENDING.sub("", link or name).strip(), "file:name")
    return first, "file:head"


def _named(name: str, rules: FileFields) -> str:
    """A name without ending and size; empty if it says nothing."""
    plain = _ENDING.sub("", _SIZE.sub("", name)).strip()
    return "" if re.match(rules.nameless, plain, re.IGNORECASE) else plain


def _first_line(lines: Sequence[FileLine], number: str, rules: FileFields) -> str:
    for at, line in enumerate(lines[: rules.head_lines]):
        text = line.text.replace("\t", " ").strip()
        letters = sum(char.isalnum() for char in text)
        if line.row or letters < rules.title_least or _MARK.match(text) or re.search(rules.red_head, text):
            continue
        if _WHOLE_DATE.match(text) or (re.search(number, text) and letters < 2 * rules.title_least + 16):
            continue
        if letters > rules.title_most or _SENTENCE.search(text):
            return ""
        return _whole(text, lines[at + 1 : at + 3], rules)
    return ""


def _whole(title: str, following: Sequence[FileLine], rules: FileFields) -> str:
    """A title that goes on in the next lines, if one of them ends as titles do and it does not."""
    longer = title
    for line in following:
        if re.search(rules.title_ends, longer) or line.row or _SENTENCE.search(line.text):
            break
        longer += line.text.strip()
    ended = re.search(rules.title_ends, longer) and len(longer) <= rules.title_most
    return longer if ended else title


def _document_number(lines: Sequence[FileLine], number: str, rules: FileFields) -> str:
    """The number that stands alone in a line of the head; others are quoted."""
    for line in lines[: rules.head_lines]:
        found = re.search(number, line.text)
        if found and len(line.text) - len(found[0]) <= _NUMBER_ROOM:
            return re.sub(r"\s+", "", found[0])
    return ""


def _signature(lines: Sequence[FileLine], rules: FileFields) -> tuple[Dated | None, str]:
    """The first line that is a date and no more, and the body that signs above it."""
    for at, line in enumerate(lines):
        text = line.text.strip()
        if len(text) > rules.tail_words or not _WHOLE_DATE.match(text.translate(_ZEROES)):
            continue
        dated = parse_date(text.translate(_ZEROES))
        if not dated or dated.precision is not Precision.DAY:
            continue
        above = lines[at - 1].text.strip() if at else ""
        signed = len(above) <= rules.tail_words and not _SENTENCE.search(above) and re.search(rules.organ, above)
        return replace(dated, raw=text, evidence="file:signature"), above if signed else ""
    return None, ""
