"""A short text or an address in, one date out: UTC, with its precision and the characters that it was read from.

Times without a zone are those of Asia/Shanghai (UTC+8 all year since 1991). A year alone is never a date.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from pipeline.core.models import Dated, Precision

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
EARLIEST = 1990  # the year; the first Chinese web pages are of 1994, older dates on a page are history
_REPUBLIC = 1911
AHEAD = timedelta(days=1)  # sites.md 4.9: more than a day after the fetch is no date of publication

_ZEROS = str.maketrans("○零◯OoΟО", "〇〇〇〇〇〇〇")
_HAN = {character: digit for digit, character in enumerate("〇一二三四五六七八九")}
# Character by character, so that places in the plain text are places in the original.
_PLAIN = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | str.maketrans(
    "\u3000\xa0‐‑‒–—―−﹣〜～", "  ----------"
)
_WORDPRESS = re.compile(
    r"(?P<han>十[一二]?|[一二三四五六七八九])月\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?\s*,\s*(?P<year>(?:19|20)\d{2})(?!\d)"
)
_CLOCK = (
    r"(?:[\s,，T|日·-]{0,6}(?:(?:星期|周|礼拜)[一二三四五六日天]\s*)?[(（\[]?"
    r"(?P<half>上午|中午|下午|晚上|晚间|晚|凌晨|早上|[AP]M)?\s*"
    r"(?P<hour>\d{1,2})\s*(?:[:时時点])\s*(?P<minute>\d{1,2})(?:\s*分(?!钟)|(?!\d))"
    r"(?:(?:\s*:\s*|(?<=分)\s*)(?P<second>\d{1,2})(?!\d)\s*秒?(?:\.\d{1,9})?)?"
    r"(?:\s*(?P<half2>[AaPp]\.?[Mm]\b\.?))?"
    r"\s*(?P<zone>Z\b|[+-]\d{2}:?\d{2}\b|\b(?:UTC|GMT|CST|HKT|EST|EDT|PST|PDT|ET|JST|CET|BST)\b(?:[+-]\d{1,2}(?::?\d{2})?\b)?)?)?"
)
_YMD = re.compile(
    r"(?<![\d.])(?P<year>(?:19|20)\d{2})(?:\s*(?:年|-{1,2}|/|\.)\s*|\s(?=\d{1,2}[/-]\d))(?P<month>\d{1,2})\s*(?:月|-{1,2}|/|\.)\s*(?P<day>\d{1,2})(?!\d|\s*月|\s{0,2}[\dlIO|]{1,2}\s*[日号號])"
    r"\s*(?:日|号|號)?" + _CLOCK
)
# Years of the Republic of China, counted from 1911: 115年3月19日, and alone on their line 115.03.19.
_ROC = re.compile(r"(?<!\d)(?P<year>1[0-4]\d)\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号號]" + _CLOCK)
_ROC_ALONE = re.compile(
    r"[\s\[(【]*(?P<year>1[0-4]\d)(?P<mark>[./-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d.])"
    + _CLOCK
    + r"[\s\])】]*"
)
_DIGIT = "〇○零◯一二三四五六七八九OoΟО0-9"
_COUNT = "元正一二三四五六七八九十廿卅0-9"
# 二〇二五年十一月十九日, 二 〇 二 五 年 1 1 月 1 9 日, 2025年十一月十九日: one numeral may be spaced or of either kind.
_HAN_DATE = re.compile(
    rf"(?<![{_DIGIT}])(?P<year>[{_DIGIT}](?:[ ]{{0,2}}[{_DIGIT}]){{3}})\s*年\s*(?P<month>[{_COUNT}](?:[ ]{{0,2}}[{_COUNT}]){{0,2}})\s*月"
    rf"(?:\s*(?P<day>[{_COUNT}](?:[ ]{{0,2}}[{_COUNT}]){{0,2}})\s*[日号號]|(?!\s*[lIO|{_COUNT}]))" + _CLOCK
)
_ROC_HAN = re.compile(
    rf"(?:民國|民国)\s*(?P<year>[{_DIGIT}十百](?:[ ]{{0,2}}[{_DIGIT}十百]){{0,4}})\s*年\s*(?P<month>[{_COUNT}](?:[ ]{{0,2}}[{_COUNT}]){{0,2}})\s*月"
    rf"\s*(?P<day>[{_COUNT}](?:[ ]{{0,2}}[{_COUNT}]){{0,2}})\s*[日号號]" + _CLOCK
)
_MONTH = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})\s*年\s*(?P<month>\d{1,2})\s*月(?!\s*[\dlIO|])")
_MONTH_ALONE = re.compile(r"\s*(?P<year>(?:19|20)\d{2})[-/.](?P<month>\d{1,2})\s*")
_MD = re.compile(r"(?<![\d年./-])(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*(?:日|号|號)" + _CLOCK)
_BROKEN_YEAR = re.compile(r"年[^月日，。；]{0,4}$|[\dlIO]\s{0,2}$")
_MD_ALONE = re.compile(r"[\s\[(【]*(?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?!\d)" + _CLOCK + r"[\s\])】]*")
_SHORT_YEAR = re.compile(
    r"[\s\[(【]*(?P<short>\d{2})-(?P<month>\d{2})-(?P<day>\d{2})" + _CLOCK + r"[\s\])】]*"
)  # 百家号
# In a line: 區域動態 115.03.19 發布單位, 某网 16-05-17 09:22; digits that stand so are hardly anything else.
_ROC_INSIDE = re.compile(
    r"(?<![\d.:/-])(?P<year>1[0-4]\d)(?P<mark>[./-])(?P<month>\d{2})(?P=mark)(?P<day>\d{2})(?![\d./-])" + _CLOCK
)
_SHORT_INSIDE = re.compile(
    r"(?<![\d.:/-])(?P<short>\d{2})-(?P<month>\d{2})-(?P<day>\d{2})\s+(?=\d{1,2}:\d{2})" + _CLOCK
)
_DAY_FIRST = re.compile(r"\s*(?P<day>\d{1,2})\s+(?P<year>(?:19|20)\d{2})[-/.年](?P<month>\d{1,2})月?\s*")  # 16 2026-04
_COMPACT = re.compile(
    r"\D*(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?:[T\s]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?)?(?P<zone>Z)?\D*"
)
_EPOCH = re.compile(r"\s*(\d{9,10}|\d{12,13})(?:\.\d+)?\s*")
_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAME = r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_YEAR = r"(?P<year>(?:19|20)\d{2})\b"
_AT = r"(?:\s*(?:at|@|-|–|\|))?"
_ENGLISH = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_NAME}[\s,-]+{_YEAR}{_AT}{_CLOCK}",  # 10 December 2019, RFC 822
        rf"\b{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}{_AT}{_CLOCK}",  # December 10, 2019
        rf"\b{_NAME}\s+(?P<day>\d{{1,2}}){_CLOCK}\s+{_YEAR}",  # Java: Tue Dec 10 05:09:12 CST 2019
    )
)  # fmt: skip
_DAYS_AGO = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2, "today": 0, "yesterday": 1}
_DAY_WORD = re.compile(r"(?P<word>今天|今日|昨天|昨日|前天|前日|\btoday\b|\byesterday\b)" + _CLOCK, re.I)
_AGO = re.compile(
    r"(?P<count>\d{1,4}|半|一|两|几|\ban?\b)\s*(?:个)?\s*(?P<unit>秒钟?|分钟?|小时|钟头|天|日|周|星期|secs?|seconds?|mins?|minutes?|hours?|hrs?|days?|weeks?)\s*(?:之?前|ago)",
    re.I,
)
_NOW = re.compile(r"刚刚|刚才|just now", re.I)
_UNITS = {"秒": timedelta(seconds=1), "分": timedelta(minutes=1), "小": timedelta(hours=1), "钟": timedelta(hours=1),
          "天": timedelta(days=1), "日": timedelta(days=1), "周": timedelta(weeks=1), "星": timedelta(weeks=1),
          "s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
          "w": timedelta(weeks=1)}  # fmt: skip
# CST on a Chinese page is China's, also in what Java prints.
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "CST": 8, "HKT": 8, "JST": 9, "EST": -5, "EDT": -4, "ET": -5, "PST": -8, "PDT": -7, "CET": 1, "BST": 1}  # fmt: skip
_DIGITS = re.compile(r"\d")

_URL_DAY = tuple(
    re.compile(pattern)
    for pattern in (
        r"/t((?:19|20)\d{2})(\d{2})(\d{2})_\d",  # TRS
        r"/((?:19|20)\d{2})[-_/](\d{1,2})[-_/](\d{1,2})(?=[/_.-]|$)",  # JCMS, 北方网, 兵团, papers
        r"/((?:19|20)\d{2})[-_/]?(\d{2})[-_/]?(\d{2})(?=[/_.A-Za-z-]|$)",  # 人民网, 上海, cena, qq
        r"/(?:19|20)\d{4}/(?:[A-Za-z]+_?)?((?:19|20)\d{2})(\d{2})(\d{2})(?=[/_.-]|\d{4,})",
        r"/[A-Za-z]{1,8}_?((?:19|20)\d{2})(\d{2})(\d{2})(?=[/_.-]|$)",
        r"/(?:[a-z]+/)?((?:19|20)\d{2})(\d{2})(\d{2})\d{6,12}(?=[/_.]|$)",  # 东方财富: /a/202001021345678.html
    )
)
_URL_MONTH = re.compile(r"/((?:19|20)\d{2})[-_/]?(0[1-9]|1[0-2])(?=/)")


def minute(at: datetime | None) -> str:
    """A time for people, in Asia/Shanghai; empty where there is none."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""


def parse_date(text: str, *, base: datetime | None = None) -> Dated | None:
    """The first date of a short text, or None. `base`: when the text was fetched; it reads relative forms."""
    if not text or len(text) > 400:
        return None
    plain = _plain(text)
    return (
        next(find_dates(text, base=base), None)
        or _whole(plain, text, base)
        or _relative(plain, text, base)
        or _month(plain, text, base)
    )


def find_dates(text: str, *, base: datetime | None = None) -> Iterator[Dated]:
    """Every date of a text that names year, month and day, in order; one that cannot be is passed over."""
    plain = _plain(text)
    found: list[tuple[int, Dated | None]] = []
    if _DIGITS.search(plain):
        lower = plain.lower()
        patterns = (_YMD, _ROC, _WORDPRESS) + (_ENGLISH if any(name in lower for name in _NAMES) else ())
        matches = (match for pattern in patterns for match in pattern.finditer(plain))
        found += [(match.start(), _from_groups(match, text, base)) for match in matches]
    if base is not None and (match := _ROC_INSIDE.search(plain) or _SHORT_INSIDE.search(plain)):
        day = _short_day(match) if match.re is _SHORT_INSIDE else None
        if day or match.re is _ROC_INSIDE:
            found.append((match.start(), _from_groups(match, text, base, day=day)))
    if "年" in plain:
        places = {place for place, dated in found if dated}
        spelled = (match for pattern in (_ROC_HAN, _HAN_DATE) for match in pattern.finditer(plain) if match["day"])
        found += [(match.start(), _han(match, text, base)) for match in spelled if match.start() not in places]
    found.sort(key=lambda pair: pair[0])
    return (dated for _, dated in found if dated)


def url_date(url: str) -> Dated | None:
    """The day, or only the month, that an address names; digits that are no date are left alone."""
    path = url.split("?", 1)[0].split("#", 1)[0]
    path = path.split("://", 1)[-1]
    for pattern in _URL_DAY:
        for match in pattern.finditer(path):
            at = _datetime(int(match[1]), int(match[2]), int(match[3]))
            if at and at.year >= 1994:  # no page is older than the web
                return Dated(at=at, precision=Precision.DAY, raw=match[0].strip("/_"), evidence="url")
    match_month = _URL_MONTH.search(path)
    at = _datetime(int(match_month[1]), int(match_month[2]), 1) if match_month else None
    if not match_month or not at or at.year < 1994:
        return None
    return Dated(at=at, precision=Precision.MONTH, raw=match_month[0].strip("/_"), evidence="url")


def local_day(dated: Dated) -> str:
    """The day in Asia/Shanghai, `YYYY-MM-DD`."""
    return dated.at.astimezone(SHANGHAI).date().isoformat()


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(_PLAIN)


def _from_groups(
    match: re.Match[str], text: str, base: datetime | None, *, evidence: str = "text", day: datetime | None = None
) -> Dated | None:
    """The date that a match's groups spell; `day` stands in for year, month and day where they are not there."""
    groups = match.groupdict()
    if day is None:
        month = _month_of(groups)
        year = int(groups["year"] or 0) + (_REPUBLIC if match.re in (_ROC, _ROC_ALONE, _ROC_INSIDE) else 0)
        day = _datetime(year, month, int(groups.get("day") or 1))
    if day is None:
        return None
    clock, precision = _clock(groups)
    zone = _zone(groups.get("zone"))
    at = day + clock
    if zone is not None and precision is not Precision.DAY:
        at = (at.astimezone(SHANGHAI).replace(tzinfo=zone)).astimezone(UTC)
    return _plausible(Dated(at=at, precision=precision, raw=_raw(match, text), evidence=evidence), base)


def _month_of(groups: dict[str, str | None]) -> int:
    if name := groups.get("name"):
        return _NAMES.index(name[:3].lower()) + 1
    return _han_number(han) if (han := groups.get("han")) else int(groups["month"] or 0)


def _raw(match: re.Match[str], text: str) -> str:
    return text[match.start() : match.end()].strip(" \u3000\xa0([（【])】")


def _clock(groups: dict[str, str | None]) -> tuple[timedelta, Precision]:
    """The time of day; one that cannot be (25:10) is left out and only the day is believed."""
    if not groups.get("hour") or groups.get("minute") is None:
        return timedelta(), Precision.DAY
    hour, minute, second = int(groups["hour"] or 0), int(groups["minute"] or 0), int(groups.get("second") or 0)
    half = (groups.get("half") or groups.get("half2") or "").lower().replace(".", "")
    if half in ("下午", "晚上", "晚间", "晚", "pm") and hour < 12:
        hour += 12
    elif half in ("凌晨", "am") and hour == 12:
        hour = 0
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return timedelta(), Precision.DAY
    precision = Precision.SECOND if groups.get("second") else Precision.MINUTE
    return timedelta(hours=hour, minutes=minute, seconds=second), precision


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    name = text.rstrip("+-:0123456789").upper()
    offset = text[len(name) :].replace(":", "")
    if not offset:
        return timezone(timedelta(hours=_ZONES[name]))
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:]
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return timezone(sign * timedelta(hours=hours, minutes=minutes)) if hours < 15 and minutes < 60 else None


def _whole(plain: str, raw: str, base: datetime | None) -> Dated | None:
    """Forms that are a date only where nothing else stands beside them."""
    if match := _COMPACT.fullmatch(plain) or _DAY_FIRST.fullmatch(plain):
        return _from_groups(match, raw, base)
    if match := _EPOCH.fullmatch(plain):
        number = int(match[1])
        at = datetime.fromtimestamp(number / (1000 if len(match[1]) > 10 else 1), UTC)
        dated = Dated(at=at.replace(microsecond=0), precision=Precision.SECOND, raw=raw.strip(), evidence="epoch")
        return _plausible(dated, base)
    if base is not None and (match := _SHORT_YEAR.fullmatch(plain)):
        day = _short_day(match)
        return _from_groups(match, raw, base, day=day) if day else None
    if base is not None and (match := _ROC_ALONE.fullmatch(plain)):
        return _from_groups(match, raw, base)
    if base is not None and (match := _MD.search(plain) or _MD_ALONE.fullmatch(plain)):
        broken = _BROKEN_YEAR.search(plain[: match.start()])  # 2025年l1月5日: a year stands there, in characters lost
        return None if broken else _without_year(match, raw, base)
    return None


def _short_day(match: re.Match[str]) -> datetime | None:
    return _datetime(2000 + int(match["short"]), int(match["month"]), int(match["day"]))


def _without_year(match: re.Match[str], raw: str, base: datetime) -> Dated | None:
    """Month and day of the year of `base`, or of the one before where that would lie ahead (sites.md 4.9)."""
    here = base.astimezone(SHANGHAI)
    for year in range(here.year + 1, here.year - 5, -1):  # five years: 29 February
        day = _datetime(year, int(match["month"]), int(match["day"]))
        if day and (dated := _from_groups(match, raw, base, day=day)):
            return dated
    return None


def _relative(plain: str, raw: str, base: datetime | None) -> Dated | None:
    if base is None:
        return None
    here = base.astimezone(SHANGHAI)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    if match := _DAY_WORD.search(plain):
        day = midnight - timedelta(days=_DAYS_AGO[match["word"].lower()])
        return _from_groups(match, raw, base, day=day, evidence="relative")
    if match := _AGO.search(plain):
        word = match["count"].lower()
        count = {"半": 0.5, "一": 1, "两": 2, "a": 1, "an": 1}.get(word) or (float(word) if word.isdigit() else 0)
        if not count:
            return None
        step = _UNITS[match["unit"][0].lower()]
        if step >= timedelta(days=1):
            return Dated(at=midnight - count * step, precision=Precision.DAY, raw=_raw(match, raw), evidence="relative")
        at = (base - count * step).astimezone(UTC).replace(microsecond=0)
        return Dated(at=at, precision=Precision.MINUTE, raw=_raw(match, raw), evidence="relative")
    if match := _NOW.search(plain):
        at = base.astimezone(UTC).replace(microsecond=0)
        return Dated(at=at, precision=Precision.MINUTE, raw=_raw(match, raw), evidence="relative")
    return None


def _month(plain: str, raw: str, base: datetime | None) -> Dated | None:
    match = _MONTH.search(plain) or _MONTH_ALONE.fullmatch(plain)
    if match:
        at = _datetime(int(match["year"]), int(match["month"]), 1)
        dated = Dated(at=at, precision=Precision.MONTH, raw=_raw(match, raw), evidence="text") if at else None
        return _plausible(dated, base) if dated else None
    if (han := _HAN_DATE.search(plain)) and (dated := _han(han, raw, base)):
        return dated
    return None


def _han(match: re.Match[str], text: str, base: datetime | None) -> Dated | None:
    """The date of a match whose numerals are Han, Arabic or both, with spaces between them."""
    year = _numeral(match["year"]) + (_REPUBLIC if match.re is _ROC_HAN else 0)
    at = _datetime(year, _numeral(match["month"]), _numeral(match["day"]) if match["day"] else 1)
    clock, precision = _clock(match.groupdict()) if match["day"] else (timedelta(), Precision.MONTH)
    return (
        _plausible(Dated(at=at + clock, precision=precision, raw=_raw(match, text), evidence="text"), base)
        if at
        else None
    )


def _numeral(text: str) -> int:
    """2025, 二〇二五, 二十五, 廿五, 一百一十五, 1 1 as a number; 9999, which is no year, month or day, for another."""
    bare = text.replace(" ", "").translate(_ZEROS)
    if bare.isascii() and bare.isdecimal():
        return int(bare)
    if not any(unit in bare for unit in "十百廿卅元正"):
        return int("".join(str(_HAN.get(character, character)) for character in bare))
    return _han_number(bare)


def _han_number(text: str) -> int:
    """二十五, 廿五, 十, 二五, 元, 一百一十五 as a number."""
    text = text.replace("廿", "二十").replace("卅", "三十").replace("元", "一").replace("正", "一")
    hundreds, hundred, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    if len(hundreds) > 1 or (ten and (len(tens) > 1 or len(ones) > 1)) or not {*hundreds, *tens, *ones} <= _HAN.keys():
        return 9999  # no day, no month, no year
    count = 100 * (_HAN[hundreds] if hundreds else 1) if hundred else 0
    if not ten:
        return count + (int("".join(str(_HAN[character]) for character in ones)) if ones else 0)
    return count + (_HAN[tens] if tens else 1) * 10 + (_HAN[ones] if ones else 0)


def _datetime(year: int, month: int, day: int) -> datetime | None:
    """Midnight of a day in Asia/Shanghai, as UTC; None for a day that is not in the calendar."""
    try:
        return datetime(year, month, day, tzinfo=SHANGHAI).astimezone(UTC)
    except ValueError:
        return None


def _plausible(dated: Dated, base: datetime | None) -> Dated | None:
    if dated.at.astimezone(SHANGHAI).year < EARLIEST or (base is not None and dated.at > base + AHEAD):
        return None
    return dated
