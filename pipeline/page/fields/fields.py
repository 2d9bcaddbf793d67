"""A parsed page, its located body and its title in; date, publisher, document table and attachments out.

Nothing is guessed: what the page does not say stays empty, and where trustworthy witnesses disagree, that is flagged.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.core.dates import SHANGHAI, parse_date
from pipeline.core.models import Attachment, Fields, Precision
from pipeline.page.fields.attachment_links import find_attachments
from pipeline.page.fields.blocks import Piece
from pipeline.page.fields.context import Surroundings
from pipeline.page.fields.labels import Labelled
from pipeline.page.fields.publication import published, title_place
from pipeline.page.fields.rules import FieldRules, ReadRules, compiled
from pipeline.page.fields.title_text import pieces
from pipeline.page.selectors import select_text

_REPORTER = re.compile(r"(?:\s+|[(（])(?:本报|本网)?(?:记者|通讯员|作者)")  # 来源：某报 记者 某人
_NAMED_TITLE = re.compile(r"^《([^《》]+)》$")
_LABEL_OF_TAG = re.compile(r"^\s*(?:(?:文章|信息|稿件|内容)?来源|source)\s*[：:]\s*", re.I)
_OF_DOCUMENTS = frozenset(["index_number", "issuer", "topic", "validity", "signed", "document_number", "effective"])
_DOCUMENT_FIELDS = ("index_number", "issuer", "topic", "validity")
_NO_VALUE = re.compile(r"^(请|-+$|—+$|无$|全部$|选择|查询|搜索|输入|重置)")
_STAFF_NUMBER = re.compile(r"[\s_]*\(?[A-Z]{1,4}\d+\)?$")
_SIGNED_WITHIN = 12  # lines of the end: lists of attachments, contacts and editors stand below a signature
_LONGEST_DAY = 30  # characters; numerals may be spaced
_ENDS = " \u3000,，;；|｜/·-—[]【】()（）"


def read_fields(around: Surroundings, title: str) -> tuple[Fields, dict[str, str]]:
    """What the page says beside title and text, and for each field that it names where that stood."""
    rule, fetched_at = around.context.fields.fields, around.context.fetched_at
    evidence: dict[str, str] = {}
    found, conflict = published(around, title)
    if found:
        evidence["published"] = found.evidence
    tabled = len({label.field for label in around.labels} & _OF_DOCUMENTS) > 1  # one alone is a word of the menu
    named = {name: _document_field(around, name, evidence) if tabled else "" for name in _DOCUMENT_FIELDS}
    index_number = named["index_number"] or _first_meta(around, rule.index_number_metas, "index_number", evidence)
    fields = Fields(
        published=found,
        date_conflict=conflict,
        signed_on=_day(around, "signed", fetched_at, evidence) or _signature(around, fetched_at, evidence),
        effective_on=_effective(around, fetched_at + timedelta(days=rule.effective_ahead_days), rule, evidence),
        publisher=_publisher(around, title, rule, evidence),
        author=_person(around, "author", rule, evidence),
        editor=_person(around, "editor", rule, evidence),
        document_number=_document_number(around, title, rule, evidence),
        index_number=index_number,
        issuer=named["issuer"],
        topic=named["topic"],
        validity=named["validity"],
        attachments=_attachments(around),
    )
    return fields, evidence


def _labels(around: Surroundings, field: str) -> Iterator[Labelled]:
    return (label for label in around.labels if label.field == field)


def _document_field(around: Surroundings, name: str, evidence: dict[str, str]) -> str:
    """A field of a document's table; the same words in the running text are none."""
    for label in _labels(around, name):
        value = label.value.strip(" \u3000:：;；|")
        if value and not _NO_VALUE.search(value) and (not label.in_body or label.place < around.start + 10):
            evidence[name] = f"label:{label.label}"
            return value
    return ""


def _first_meta(around: Surroundings, names: tuple[str, ...], field: str, evidence: dict[str, str]) -> str:
    for name in names:
        if value := around.metas.get(name, ""):
            evidence[field] = f"meta:{name}"
            return value
    return ""


def _day(around: Surroundings, field: str, base: datetime, evidence: dict[str, str]) -> date | None:
    for label in _labels(around, field):
        dated = parse_date(label.value, base=base)
        if dated and dated.precision is not Precision.MONTH:
            evidence[f"{field}_on"] = f"label:{label.label}"
            return dated.at.astimezone(SHANGHAI).date()
    return None


def _signature(around: Surroundings, base: datetime, evidence: dict[str, str]) -> date | None:
    """The date that a document ends with, on a line of its own."""
    if around.body is None:
        return None
    lines = [line for line in around.page.blocks[around.body.lines.start : around.body.lines.stop] if not line.hidden]
    for line in reversed(lines[-_SIGNED_WITHIN:]):
        bare = line.text.strip(" \u3000()（）")
        dated = parse_date(bare, base=base) if "年" in bare and len(bare) <= _LONGEST_DAY else None
        if dated and dated.precision is Precision.DAY and dated.raw.strip("()（） ") == bare:
            evidence["signed_on"] = "signature"
            return dated.at.astimezone(SHANGHAI).date()
    return None


def _effective(around: Surroundings, base: datetime, rule: ReadRules, evidence: dict[str, str]) -> date | None:
    """施行日期 of the table, else what the document says of itself: 本办法自2024年5月1日起施行."""
    if (day := _day(around, "effective", base, evidence)) or around.body is None:
        return day
    lines = around.page.blocks[around.body.lines.start : around.body.lines.stop]
    for match in compiled(rule.effective).finditer("\n".join(line.text for line in lines)):
        dated = parse_date(match[1], base=base)
        if dated and dated.precision is not Precision.MONTH:
            evidence["effective_on"] = "body"
            return dated.at.astimezone(SHANGHAI).date()
    return None


def _publisher(around: Surroundings, title: str, rule: ReadRules, evidence: dict[str, str]) -> str:
    place = title_place(around, title)
    for origin, text in _publishers(around, place, rule):
        cut = compiled(rule.value_end).split(_LABEL_OF_TAG.sub("", text), maxsplit=1)[0]
        cut = _NAMED_TITLE.sub(r"\1", _REPORTER.split(cut, maxsplit=1)[0].strip(_ENDS))
        if not cut or len(cut) > rule.max_name or cut.isdigit() or "http" in cut.lower():
            continue
        if compiled(rule.publisher_self, re.I).search(cut):
            return ""  # its own: the source's name says more
        evidence["publisher"] = origin
        return cut
    return ""


def _publishers(around: Surroundings, place: int, rule: ReadRules) -> Iterator[tuple[str, str]]:
    for selector in around.context.spec.publisher:
        yield f"selector:{selector}", select_text(around.root, selector)
    for name in rule.publisher_metas:
        yield f"meta:{name}", around.metas.get(name, "")
    yield "mark", around.marks.get("信息来源", "") or around.marks.get("来源", "")
    for label in _labels(around, "publisher"):
        if _at_head_or_foot(label, around):
            yield f"label:{label.label}", label.value
    wanted = compiled(rule.publisher_class, re.I)
    for piece in around.pieces[max(0, place + 1, around.start - rule.zone_blocks) : around.start]:
        names = f"{piece.element.get('class', '')} {piece.element.get('id', '')}"
        if len(piece.text) <= rule.max_name and wanted.search(names):
            yield "class", piece.text
        if len(piece.text) <= 2 * rule.max_name and (line := compiled(rule.publisher_line).search(piece.text)):
            yield "line", line["before"] or line["behind"]
    yield "json-ld", around.json_ld.get("publisher", "")


def _at_head_or_foot(label: Labelled, around: Surroundings) -> bool:
    """Near the body's edges: `来源：` further inside stands under a picture or a table."""
    if label.in_body:
        return label.place < around.start + 4
    return around.start - 25 <= label.place < around.end + 12


def _person(around: Surroundings, field: str, rule: ReadRules, evidence: dict[str, str]) -> str:
    site = _site_words(around)
    labels = (label for label in _labels(around, field) if _at_head_or_foot(label, around))
    named = [(f"label:{label.label}", label.value) for label in labels]
    if field == "author":
        named.append(("json-ld", around.json_ld.get("author", "")))
    metas = rule.author_metas if field == "author" else rule.editor_metas
    named += [(f"meta:{name}", around.metas.get(name, "")) for name in metas]
    never = compiled(rule.person_not, re.I)
    for origin, text in named:
        cut = _STAFF_NUMBER.sub("", compiled(rule.value_end).split(text, maxsplit=1)[0].strip(_ENDS))
        if cut and not never.search(cut) and (origin.startswith("label") or cut.lower() not in site):
            evidence[field] = origin
            return cut
    return ""


def _site_words(around: Surroundings) -> str:
    """What names the site: many CMSs print it where a person's name belongs."""
    names = [around.metas.get(name, "") for name in ("og:site_name", "sitename", "application-name", "copyright")]
    title = " ".join((around.root.findtext(".//title") or "").split())
    return " ".join([*names, *pieces(title)[1:], urlsplit(around.context.url).hostname or ""]).lower()


def _document_number(around: Surroundings, title: str, rule: ReadRules, evidence: dict[str, str]) -> str:
    """发文字号: of the table or a meta tag, else a line of its own at the title, else in the title's brackets."""
    for label in _labels(around, "document_number"):
        if not _NO_VALUE.search(label.value) and any(character.isdigit() for character in label.value):
            evidence["document_number"] = f"label:{label.label}"
            return label.value.strip(_ENDS.replace("〕", "") + " ")
    if value := _first_meta(around, rule.document_number_metas, "document_number", evidence):
        return value
    number, order = compiled(rule.document_number), compiled(rule.order_number)
    for piece in around.pieces[max(0, around.start - 8) : around.start + 8]:
        for line in piece.text.split("\n"):
            bare = line.strip(" \u3000()（）")
            if len(bare) <= rule.max_number and (number.fullmatch(bare) or order.search(bare)):
                evidence["document_number"] = "line"
                return bare
    if match := compiled(rf"[（(]({rule.document_number})[)）]\s*$").search(title):
        evidence["document_number"] = "title"
        return match[1]
    return ""


def _attachments(around: Surroundings) -> tuple[Attachment, ...]:
    context, rules = around.context, around.context.fields
    declared = next((href for element in around.root.iter("base") if (href := element.get("href"))), "")
    base = declared if "://" in declared else context.url
    body = around.body.span.element if around.body else None
    if body is None:
        if around.start >= len(around.pieces):
            return ()
        node = around.pieces[around.start].element
        parent = node.getparent()
        body = parent if parent is not None and parent.tag != "body" else node
    near = list(_near(body, around, rules))
    return find_attachments(body, near, base, rules.attachments)


def _near(body: HtmlElement, around: Surroundings, rules: FieldRules) -> Iterator[HtmlElement]:
    """What stands around the body and speaks of attachments, and the lines of links that follow such words."""
    speaks = compiled(rules.attachments.near, re.I)
    above = set(body.iterancestors())
    yield from (piece.element for piece in _speaking(around.pieces[around.start - 12 : around.start], speaks, above))
    yield from (piece.element for piece in _speaking(around.pieces[around.end : around.end + 30], speaks, above))
    for sibling in body.itersiblings():
        if isinstance(sibling.tag, str) and speaks.search(text := "".join(sibling.itertext())) and len(text) < 500:
            yield sibling


def _speaking(pieces: tuple[Piece, ...], speaks: re.Pattern[str], above: set[HtmlElement]) -> Iterator[Piece]:
    open_for = 0
    for piece in pieces:
        spoken = bool(speaks.search(piece.text)) and len(piece.text) < 200
        open_for = 10 if spoken else open_for - 1 if piece.link_share > 0.5 else 0
        if open_for > 0 and piece.element not in above:
            yield piece
