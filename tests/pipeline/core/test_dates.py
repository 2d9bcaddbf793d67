"""Dates: every printed form is read back, and what only looks like a date is left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.dates import SHANGHAI, find_dates, local_day, parse_date, url_date
from pipeline.core.models import Precision

BASE = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
DAYS = st.integers(int(datetime(1990, 1, 2, tzinfo=UTC).timestamp()), int(BASE.timestamp()) - 86_400)
MOMENTS = DAYS.map(lambda seconds: datetime.fromtimestamp(seconds, SHANGHAI))
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
HAN = str.maketrans("0123456789", "〇一二三四五六七八九")


def wide(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


def han_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else str(tens).translate(HAN) + "十") + (
        str(ones).translate(HAN) if ones else ""
    )


DAY_FORMS = {
    "年月日": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "年月日, padded and spaced": lambda d: f"{d.year} 年 {d.month:02} 月 {d.day:02} 日",
    "full width": lambda d: wide(f"{d.year}年{d.month}月{d.day}日"),
    "Chinese numerals": lambda d: f"{str(d.year).translate(HAN)}年{han_number(d.month)}月{han_number(d.day)}日",
    "circles for zero": lambda d: f"{str(d.year).translate(HAN)}年{han_number(d.month)}月{han_number(d.day)}日".replace("〇", "○"),
    "dashes": lambda d: f"{d:%Y-%m-%d}",
    "one digit": lambda d: f"{d.year}-{d.month}-{d.day}",
    "dots": lambda d: f"{d:%Y.%m.%d}",
    "slashes": lambda d: f"{d:%Y/%m/%d}",
    "the dashes of a scanned standard": lambda d: f"{d.year}——{d.month:02}——{d.day:02}",
    "full-width dashes": lambda d: f"{d.year}－{d.month:02}－{d.day:02}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "with label": lambda d: f"发布时间：{d:%Y-%m-%d}",
    "with leading space": lambda d: f" {d:%Y-%m-%d} ",
    "month first, English": lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    "day first, English": lambda d: f"{d.day} {MONTHS[d.month - 1][:3]}. {d.year}",
    "a blog in Chinese": lambda d: f"{han_number(d.month)}月 {d.day}th, {d.year}",
    "the Republic's years": lambda d: f"民國{d.year - 1911}年{d.month}月{d.day}日",
}  # fmt: skip
TIME_FORMS = {
    "gov.cn": lambda d: f"{d:%Y-%m-%d %H:%M:%S}",
    "gov.cn, old": lambda d: f"{d:%Y-%m-%d-%H:%M:%S}",
    "slashes": lambda d: f"{d:%Y/%m/%d %H:%M:%S}",
    "ISO with zone": lambda d: d.isoformat(),
    "ISO in UTC": lambda d: d.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    "fractions": lambda d: f"{d:%Y-%m-%d %H:%M:%S}.0",
    "年月日时分秒": lambda d: f"{d.year}年{d.month}月{d.day}日 {d:%H时%M分%S秒}",
    "full width": lambda d: wide(f"{d:%Y-%m-%d}") + "　" + wide(f"{d:%H:%M:%S}"),
    "split by 新华网": lambda d: f"{d:%Y %m/%d %H:%M:%S}",
    "epoch": lambda d: str(int(d.timestamp())),
    "epoch in milliseconds": lambda d: str(int(d.timestamp()) * 1000),
    "RFC 822": lambda d: d.strftime("%a, %d %b %Y %H:%M:%S +0800"),
    "RFC 822 in GMT": lambda d: d.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "Java": lambda d: d.strftime("%a %b %d %H:%M:%S CST %Y"),
    "compact": lambda d: f"{d:%Y%m%d%H%M%S}",
    "half days": lambda d: f"{d:%Y-%m-%d} {'下午' if d.hour >= 12 else '上午'} {(d.hour - 12 if d.hour > 12 else d.hour):02}:{d:%M:%S}",
}  # fmt: skip


@pytest.mark.parametrize("form", DAY_FORMS)
@given(moment=MOMENTS)
def test_a_day_is_read_back_in_every_form(form: str, moment: datetime) -> None:
    text = DAY_FORMS[form](moment)
    dated = parse_date(text, base=BASE)
    assert dated is not None, text
    assert (local_day(dated), dated.precision) == (moment.date().isoformat(), Precision.DAY), text
    assert dated.at.tzinfo is UTC
    assert dated.raw in text


@pytest.mark.parametrize("form", TIME_FORMS)
@given(moment=MOMENTS.filter(lambda moment: moment.year >= 2002))
def test_a_second_is_read_back_in_every_form(form: str, moment: datetime) -> None:
    text = TIME_FORMS[form](moment)
    dated = parse_date(text, base=BASE)
    assert dated is not None, text
    assert (dated.at, dated.precision) == (moment, Precision.SECOND), text


@given(moment=MOMENTS)
def test_a_minute_without_a_year_is_of_the_last_year_that_it_can_be_of(moment: datetime) -> None:
    dated = parse_date(f"[{moment:%m月%d日%H:%M}]", base=BASE)
    assert dated is not None
    assert BASE - timedelta(days=366 * 4 + 1) <= dated.at <= BASE + timedelta(days=1)
    assert f"{dated.at.astimezone(SHANGHAI):%m%d%H%M}" == f"{moment:%m%d%H%M}"


@given(text=st.text(max_size=60))
def test_no_text_makes_the_reading_of_dates_fail(text: str) -> None:
    dated = parse_date(text, base=BASE)
    assert dated is None or dated.at <= BASE + timedelta(days=1)


@given(digits=st.text("0123456789年月日-/.: ：T时分前天小", max_size=30))
def test_no_heap_of_digits_makes_the_reading_of_dates_fail(digits: str) -> None:
    parse_date(digits, base=BASE)
    url_date(f"https://www.example.gov.cn/{digits}/{digits}.html")


RELATIVE = {
    "刚刚": "2026-10-05T09:00",
    "5分钟前": "2026-10-05T08:55",
    "2小时前": "2026-10-05T07:00",
    "半小时前": "2026-10-05T08:30",
    "今天 08:11": "2026-10-05T08:11",
    "昨天 10:05": "2026-10-04T10:05",
    "昨日10:05": "2026-10-04T10:05",
    "前天": "2026-10-03T00:00",
    "3天前": "2026-10-02T00:00",
    "10月04日16:59": "2026-10-04T16:59",
    "12-10": "2025-12-10T00:00",
    "10-06 08:30": "2026-10-06T08:30",
    "23-08-15": "2023-08-15T00:00",
    "23-08-1510:20": "2023-08-15T10:20",
    "2 hours ago": "2026-10-05T07:00",
    "yesterday": "2026-10-04T00:00",
}


@pytest.mark.parametrize("text", RELATIVE)
def test_relative_forms_are_read_against_the_time_of_the_fetch(text: str) -> None:
    dated = parse_date(text, base=BASE)
    assert dated is not None
    assert dated.at.astimezone(SHANGHAI).isoformat()[:16] == RELATIVE[text]
    assert parse_date(text) is None, "without a base it says nothing"


NO_DATES = [
    "2026-02-30",
    "2025年13月1日",
    "1989-12-31",
    "2026-10-08",
    "2024年",
    "在2024年的工作中",
    "Copyright 1997-2024",
    "© 2010-2025",
    "",
    "12345678901234567890",
    "电话：022-2024-1234",
    "第3.2024.1节",
    "今天",  # without a base
]


@pytest.mark.parametrize("text", NO_DATES)
def test_what_cannot_be_a_date_is_none(text: str) -> None:
    assert parse_date(text, base=None if text == "今天" else BASE) is None


def test_midnight_written_as_24_is_the_next_day() -> None:
    dated = parse_date("2025-12-09 24:00")
    assert dated is not None
    assert dated.at.astimezone(SHANGHAI).isoformat() == "2025-12-10T00:00:00+08:00"


def test_an_hour_that_cannot_be_leaves_the_day() -> None:
    dated = parse_date("2025-12-09 25:10")
    assert dated is not None
    assert (local_day(dated), dated.precision) == ("2025-12-09", Precision.DAY)


def test_a_month_is_said_to_be_no_more_than_a_month() -> None:
    for text in ("2025年12月", "二〇二五年十二月", "2025-12"):
        dated = parse_date(text)
        assert dated is not None
        assert (dated.precision, local_day(dated)) == (Precision.MONTH, "2025-12-01")


def test_all_dates_of_a_line_come_in_order() -> None:
    line = "（2019年3月1日公布 二〇二一年十二月三日修订 2024-05-06施行）"
    assert [local_day(dated) for dated in find_dates(line)] == ["2019-03-01", "2021-12-03", "2024-05-06"]


ADDRESSES = {
    "http://x.gov.cn/gk/202403/t20240305_123456.shtml": "2024-03-05",
    "http://x.people.com.cn/n1/2024/0305/c1001-40223222.html": "2024-03-05",
    "http://x.gov.cn/art/2024/3/5/art_123_456.html": "2024-03-05",
    "http://x.gov.cn/c/2024-03-05/123.shtml": "2024-03-05",
    "http://x.gov.cn/zhengce/content/2024-03/05/content_5365945.htm": "2024-03-05",
    "http://x.enorth.com.cn/system/2024/03/05/030398361.shtml": "2024-03-05",
    "http://x.com.cn/ssxw/20240305/101394.html": "2024-03-05",
    "http://x.gov.cn/20240305/3f2a6c0e-aaaa-bbbb.html": "2024-03-05",
    "http://x.eastmoney.com/a/202403051345678901.html": "2024-03-05",
    "http://x.cn/rain/a/20240305A00GCM00": "2024-03-05",
    "http://x.cn/html/2024-03/05/content_151_7645085.htm": "2024-03-05",
    "http://x.gov.cn/zwgk/202403/3f2a6c.shtml": "2024-03",
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_names_its_day_or_only_its_month(url: str) -> None:
    dated = url_date(url)
    assert dated is not None
    wanted = ADDRESSES[url]
    assert local_day(dated)[: len(wanted)] == wanted
    assert (dated.precision is Precision.MONTH) == (len(wanted) == 7)
    assert dated.evidence == "url"


@pytest.mark.parametrize(
    "url",
    [
        "http://x.gov.cn/zfwzjyh/t12345678.shtml",
        "http://x.gov.cn/zfwzjyh/t10221601.shtml",
        "http://x.gov.cn/art/2024/art_0123456789abcdef0123456789abcdef.html",
        "http://x.gov.cn/content/post_20240399.html",
        "http://x.gov.cn/detail?date=2024-03-05",
        "http://x.gov.cn/n2588035/n2588320/c35128064/content.html",
        "http://x.gov.cn/1726478123456789012/index.shtml",
        "http://x.gov.cn/202413/a.html",
    ],
)
def test_digits_of_an_address_that_are_no_date_are_left_alone(url: str) -> None:
    assert url_date(url) is None
