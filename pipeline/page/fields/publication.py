"""The surroundings of a body in, when the article was published out, and whether the page contradicts itself.

Order of trust: the source's own selector, meta tags, the visible line at the title, `<time>`, the address, the listing.
A stamp that a migration of the site left in the meta tags is outvoted by the others.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from lxml.html import HtmlElement

from pipeline.core.dates import SHANGHAI, find_dates, parse_date, url_date
from pipeline.core.models import Dated, Precision
from pipeline.core.source import ArticleSpec
from pipeline.page.fields.blocks import Piece
from pipeline.page.fields.context import Surroundings
from pipeline.page.fields.labels import Labelled
from pipeline.page.fields.rules import ReadRules, compiled
from pipeline.page.fields.title_text import CUT, letters
from pipeline.page.selectors import select_text

_FINE = {Precision.SECOND: 3, Precision.MINUTE: 2, Precision.DAY: 1, Precision.MONTH: 0}
_TODAY = re.compile(r"今天是|现在是|当前时间|当前日期")
_WEEKDAY = re.compile(r"星期.\s*$")
_DATE_PART = re.compile(r"[\d年月日:/.\s-]{1,12}")
_TOLD = re.compile(
    r"(发表于|发布于|刊发于|發表於|發佈於|发表在|posted on|published(?: on)?)\s*[:：]?\s*(?=[\d\w])", re.I
)
_LABELLED = re.compile(r"([\u3400-\u9fff]{0,6}(?:时间|日期|期限|期|時間))\s*[:：]\s*$")
# 2015年10月29日证监会令第118号公布 根据…修订: how a document came about, not when the page was published
_HISTORY = re.compile(r"令|公布|通过|修订|修正|批准|施行|实施|起草|会议|第[一二三四五六七八九十百\d]+次")
_OTHER = re.compile(r"成文|发文|印发|签发|施行|实施|生效|失效|截止|截至|更新|修改|活动|会议|开标|留言|办理|有效")
_SOURCE = re.compile(r"(?:来源|來源|稿源|出处|Source)\s*[:：]")
_COPYRIGHT = re.compile(r"©|&copy;|copyright|版权|ICP|all rights", re.I)
_CLOCKLESS = frozenset(["时间", "日期", "時間", "date", "by"])  # also labels of meetings and events
_YEAR = re.compile(r"(?:19|20)\d{2}|\d{2,4}\s*年|\d{2}[-/.]\d{1,2}[-/.]\d{1,2}")
_SAME_VISIT = timedelta(days=2)  # of an editor who publishes a page and mends it
_UNDER_THE_TITLE = 3  # pieces; there an <aside> is the byline
_TITLE_ABOVE = 60  # pieces
_NO_ARTICLE = frozenset(["li", "aside", "nav", "footer"])
_PERIOD = re.compile(r"[月日时]\s*(?:至|到|-|–|—|~)\s*\d")  # 时间：5月20日22时至21日6时 is when something happens


def published(around: Surroundings, title: str) -> tuple[Dated | None, bool]:
    """The date of publication, None where nothing names it; True where trustworthy witnesses disagree."""
    context, root, rule = around.context, around.root, around.context.fields.fields
    fetched_at = context.fetched_at
    place = title_place(around, title)
    selected = _selected(root, context.spec, fetched_at)
    declared = _declared(around, fetched_at, rule)
    visible = _of_its_year(
        _visible(around, place, fetched_at, rule),
        around,
        rule,
    )
    timed = None if declared or visible else _timed(root, fetched_at)
    address = url_date(context.url)
    day = address if address and address.precision is Precision.DAY and address.at <= fetched_at else None
    said = parse_date(context.listed_date, base=fetched_at) if _is_its_row(context.listed_title, title) else None
    listed = _as(said, "list")
    witnesses = [dated for dated in (selected, declared, visible, timed, day, listed) if dated]
    if not witnesses:
        return _updated(around, fetched_at) or _scripted(root, fetched_at, rule) or address, False
    conflict = _conflict(witnesses, rule)
    first = _printed(declared, visible, witnesses, rule) or witnesses[0]
    chosen = selected or (_outvoted(first, witnesses, rule) if conflict else None) or first
    same_day = [dated for dated in witnesses if _days(dated, chosen) == 0]
    finest = max(_FINE[dated.precision] for dated in same_day)
    return next(dated for dated in same_day if _FINE[dated.precision] == finest or dated is selected), conflict


def _is_its_row(listed_title: str, title: str) -> bool:
    """Whether a row of a list may be this page's: one whose title is another's gives no date."""
    row, own = letters(CUT.sub("", listed_title)), letters(title)
    return min(len(row), len(own)) < 4 or row in own or own in row or _alike(row, own)


def _alike(left: str, right: str) -> bool:
    """Whether two titles share half of their pairs of characters."""
    first, second = ({text[place : place + 2] for place in range(len(text) - 1)} for text in (left, right))
    return 2 * len(first & second) >= min(len(first), len(second))


def _printed(
    declared: Dated | None, visible: Dated | None, witnesses: Sequence[Dated], rule: ReadRules
) -> Dated | None:
    """What 发布时间 says where a meta tag differs: metas carry when a page was made anew, too; unless others say so."""
    if not declared or not visible or not _is_of_publication(visible) or _days(declared, visible) <= rule.conflict_days:
        return None
    others = [dated for dated in witnesses if dated not in (declared, visible)]
    agree = [sum(_days(dated, other) <= rule.conflict_days for other in others) for dated in (visible, declared)]
    return visible if agree[0] >= agree[1] else None


def _is_of_publication(dated: Dated) -> bool:
    """Whether a label says so: 发布时间：, or 时间： beside 来源： in the line under a title."""
    kind, _, label = dated.evidence.partition(":")
    return kind == "byline" or (kind == "label" and label.lower() not in _CLOCKLESS)


def title_place(around: Surroundings, title: str) -> int:
    """The piece that holds the title, the nearest to the body; -1 where none does."""
    wanted = letters(title)
    if len(wanted) < 4:
        return -1
    partly = -1
    last = min(around.start + 5, len(around.pieces))
    above = range(around.start - 1, max(-1, around.start - _TITLE_ABOVE), -1)
    places: list[int] = [*above, *range(around.start, last)]
    for place in places:  # a heading inside the text may repeat the title
        piece = around.pieces[place]
        if len(piece.text) > 2 * len(title) + 60 or _runs(piece.text):  # running text may say what the title says
            continue
        text = letters(piece.text)
        if text == wanted or (len(text) >= 6 and wanted.startswith(text)):
            return place
        if partly < 0 and wanted in text:
            partly = place
    return partly


def _selected(root: HtmlElement, spec: ArticleSpec, fetched_at: datetime) -> Dated | None:
    for selector in spec.date:
        text = select_text(root, selector)
        if text and (dated := parse_date(text[:400], base=fetched_at)):
            return _as(dated, f"selector:{selector}")
    return None


def _declared(around: Surroundings, fetched_at: datetime, rule: ReadRules) -> Dated | None:
    for name in rule.published_metas:
        if value := around.metas.get(name):
            dated = parse_date(value, base=fetched_at)
            if dated and dated.precision is not Precision.MONTH:
                return _as(dated, f"meta:{name}")
    named = (
        ("json-ld", around.json_ld.get("datePublished")),
        ("mark", around.marks.get("发布日期") or around.marks.get("发布时间")),
    )
    for name, value in named:
        if value and (dated := parse_date(value, base=fetched_at)):
            return _as(dated, name)
    return None


def _visible(around: Surroundings, place: int, fetched_at: datetime, rule: ReadRules) -> Dated | None:
    """What the page prints: behind a label, else below the title; 日期： may be the day of what the text is about."""
    labelled = _labelled(around, place, fetched_at)
    if labelled and _is_of_publication(labelled):
        return labelled
    return _bare(around, place, fetched_at, rule) or labelled or _told(around, fetched_at)


def _labelled(around: Surroundings, place: int, fetched_at: datetime) -> Dated | None:
    """The date behind 发布日期 and the like that stands nearest to the title, below it rather than above."""
    found: list[tuple[int, int, str, Dated]] = []
    sources = [label.place for label in around.labels if label.field == "publisher" and not label.in_body]
    for label in around.labels:
        if label.field != "published" or _PERIOD.search(label.value) or not _may_be_head(label, around):
            continue
        dated = parse_date(label.value, base=fetched_at)
        if dated and dated.precision is not Precision.MONTH:
            distance = label.place - place if place >= 0 else around.start - label.place
            clockless = label.label.lower() in _CLOCKLESS
            beside = clockless and any(abs(label.place - source) <= 1 for source in sources)
            name = f"{'byline' if beside else 'label'}:{label.label}"
            found.append((int(clockless and not beside), abs(distance) + (3 if distance < 0 else 0), name, dated))
    nearest = min(found, key=lambda entry: entry[:2], default=None)
    return _as(nearest[3], nearest[2]) if nearest else None


def _may_be_head(label: Labelled, around: Surroundings) -> bool:
    if label.label.lower() in _CLOCKLESS:
        return not label.in_body and around.start - 25 <= label.place <= around.start
    if label.in_body:
        above = around.pieces[around.start : label.place]  # such as the table of a document
        return len(above) < 6 or (len(above) < 30 and not any(_runs(piece.text) for piece in above))
    return around.start - 45 <= label.place < around.end + 15


def _bare(around: Surroundings, place: int, fetched_at: datetime, rule: ReadRules) -> Dated | None:
    """A date without a label: in the characters after the title, else in the pieces right above it."""
    last = min(around.start + 4, around.end)
    if place >= 0:
        ways: tuple[Sequence[int], ...] = (range(place, last), range(place - 1, max(-1, place - 6), -1))
        if place > around.start:
            ways = (*ways, range(around.start - 1, max(-1, around.start - 6), -1))
    else:
        ways = (range(around.start - 1, max(-1, around.start - rule.zone_blocks), -1), range(around.start, last))
    for way in ways:
        room = rule.zone_chars
        for number in way:
            piece = around.pieces[number]
            if 0 < number < place and _names_another(around.pieces[number - 1], around, place):
                continue  # above the title such a date is the end of a list's row
            for line in piece.text.split("\n"):
                below = 0 <= place < number <= place + 3
                if room > 0 and (dated := _in_line(line, piece, number - place, fetched_at, below=below)):
                    return _as(dated, "line" if dated.evidence == "text" else dated.evidence)
                room -= len(line) if number != place else 0
            if room <= 0 or (number != place and _runs(piece.text)):
                break
            if dated := _parted(around.pieces[number : number + 4], fetched_at):
                return dated
    return None


def _names_another(piece: Piece, around: Surroundings, place: int) -> bool:
    """Whether a piece is a link to an article, and not to this one."""
    named = piece.link_share > 0.6 and len(piece.text) >= 10
    return named and letters(piece.text) != letters(around.pieces[place].text)


def _runs(text: str) -> bool:
    """Running text: what stands behind it is no head any more."""
    return len(text) >= 60 and "。" in text


def _parted(pieces: Sequence[Piece], fetched_at: datetime) -> Dated | None:
    """A date spread over elements: `21 | 2024年02月`, `2024 | 05/09 | 22:27:02` (calendar leaves; 新华网)."""
    texts: list[str] = []
    for piece in pieces:
        if not _DATE_PART.fullmatch(piece.text):
            break
        texts.append(piece.text)
    if len(texts) < 2:
        return None
    if texts[0].isdigit() and len(texts[0]) <= 2:
        texts[:2] = [texts[1].rstrip("-/.") + ("" if texts[1].endswith("月") else "-") + texts[0]]
    for count in range(len(texts), 0, -1):
        if dated := next(find_dates(" ".join(texts[:count]), base=fetched_at), None):
            return _as(dated, "line")
    return None


def _told(around: Surroundings, fetched_at: datetime) -> Dated | None:
    """`发表于2005年09月07日`, before the body or right behind it."""
    places = [*range(around.start - 1, max(-1, around.start - 20), -1), *range(around.start, around.end + 10)]
    for place in places:
        piece = around.pieces[place] if place < len(around.pieces) else None
        if piece and len(piece.text) <= 120 and (match := _TOLD.search(piece.text)):
            dated = parse_date(piece.text[match.end() :][:40], base=fetched_at)
            if dated and dated.precision is not Precision.MONTH:
                return _as(dated, f"label:{match[1]}")
    return None


def _in_line(line: str, piece: Piece, distance: int, fetched_at: datetime, *, below: bool) -> Dated | None:
    linked = piece.link_share > 0.7 and not (0 < distance <= 4 and len(line) <= 30)
    if (
        len(line) > 160
        or linked
        or line.endswith("。")
        or (piece.furniture and not 0 < distance <= _UNDER_THE_TITLE)
        or _COPYRIGHT.search(line)
        or _TODAY.search(line)
        or (not below and _WEEKDAY.search(line))  # the clock in a site's head
    ):
        return None
    dated = next(find_dates(line, base=fetched_at), None) or _yearless(line, distance, fetched_at)
    if dated is None:
        return None
    if (labelled := _LABELLED.search(line[: line.find(dated.raw)])) and (piece.in_body or _OTHER.search(labelled[1])):
        return None
    if _HISTORY.search(line[line.find(dated.raw) + len(dated.raw) :][:40]):
        return None
    if labelled and not piece.in_body and _SOURCE.search(line):
        return _as(dated, f"byline:{labelled[1]}")
    alone = len(line) <= len(dated.raw) + 4
    if piece.in_body or len(line) > 60:  # in running text a date is what the text is about
        clocked = dated.precision in (Precision.MINUTE, Precision.SECOND)
        if not (clocked and len(line) <= 100) and not (alone and 0 < distance <= 2):
            return None
    return dated


def _yearless(line: str, distance: int, fetched_at: datetime) -> Dated | None:
    """`10-04 16:59`, `3小时前`: a date only where the line says little else; `今天` alone is a word of the menu."""
    dated = parse_date(line, base=fetched_at) if len(line) <= 30 and distance != 0 else None
    if dated is None or dated.precision is Precision.MONTH or len(line) > len(dated.raw) + 12:
        return None
    clocked = dated.precision is not Precision.DAY
    return dated if clocked or (0 < distance <= 2 and len(line) <= len(dated.raw) + 2) else None


def _of_its_year(dated: Dated | None, around: Surroundings, rule: ReadRules) -> Dated | None:
    """`10-04 16:59` in the year in which the page was changed on that day, where a meta tag says so (百家号)."""
    if dated is None or _YEAR.search(dated.raw):
        return dated
    here = dated.at.astimezone(SHANGHAI)
    for name in rule.modified_metas:
        changed = parse_date(around.metas.get(name, ""))
        with suppress(ValueError):  # 29 February
            then = here.replace(year=changed.at.astimezone(SHANGHAI).year) if changed else here
            if changed and then < here and abs(then - changed.at) < _SAME_VISIT:
                return Dated(at=then, precision=dated.precision, raw=dated.raw, evidence=dated.evidence)
    return dated


def _timed(root: HtmlElement, fetched_at: datetime) -> Dated | None:
    for element in root.iter("time"):
        value = element.get("datetime") or element.get("content") or "".join(element.itertext())
        if any(parent.tag in _NO_ARTICLE for parent in element.iterancestors()):
            continue
        if dated := parse_date(value, base=fetched_at):
            return _as(dated, "time")
    return None


def _updated(around: Surroundings, fetched_at: datetime) -> Dated | None:
    """更新时间, where nothing says when it was published."""
    for label in around.labels:
        fits = label.field == "modified" and _may_be_head(label, around)
        if fits and (dated := parse_date(label.value, base=fetched_at)):
            return _as(dated, f"label:{label.label}")
    return None


def _scripted(root: HtmlElement, fetched_at: datetime, rule: ReadRules) -> Dated | None:
    """What a script says, where all that it says of the kind is one date (微信: `var ct`)."""
    for pattern in rule.script_dates:
        values = {
            value
            for script in root.iter("script")
            if script.text and len(script.text) < 200_000
            for value in compiled(pattern).findall(script.text)
        }
        if len(values) == 1 and (dated := parse_date(values.pop(), base=fetched_at)):
            return _as(dated, "script")
    return None


def _conflict(witnesses: Sequence[Dated], rule: ReadRules) -> bool:
    return any(_days(first, second) > rule.conflict_days for first in witnesses for second in witnesses)


def _outvoted(first: Dated, witnesses: Sequence[Dated], rule: ReadRules) -> Dated | None:
    """Who stands against the first: two that agree, or an address or listing that is days older than its stamp.

    Where another witness on the page agrees with the first, neither address nor listing beats the two.
    """
    others = [dated for dated in witnesses if dated is not first]
    against = [dated for dated in others if _days(dated, first) > rule.conflict_days]
    for dated in against:
        if sum(_days(dated, other) <= rule.conflict_days for other in against) > 1 and len(against) == len(others):
            return dated
    agrees = any(_days(dated, first) <= rule.conflict_days and dated.evidence != "list" for dated in others)
    if first.evidence.startswith("meta") and not agrees:
        older = [dated for dated in others if dated.evidence in ("url", "list")]
        if older and all((first.at - dated.at).days > rule.max_skew_days for dated in older):
            return older[0]
    return None


def _days(first: Dated, second: Dated) -> int:
    return abs((first.at.astimezone(SHANGHAI).date() - second.at.astimezone(SHANGHAI).date()).days)


def _as(dated: Dated | None, evidence: str) -> Dated | None:
    if dated is None:
        return None
    return Dated(at=dated.at, precision=dated.precision, raw=dated.raw, evidence=evidence)
