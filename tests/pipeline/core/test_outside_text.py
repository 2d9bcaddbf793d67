"""Text from outside: surrogates that stand alone, signatures and sessions in addresses."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.outside_text import load_json, seen, sound
from pipeline.core.urls import lasting


@given(st.text(st.characters(exclude_categories=[]), max_size=40))
def test_what_comes_through_the_door_can_be_written(text: str) -> None:
    assert sound(text).encode("utf-8").decode("utf-8") == sound(text)
    assert sound(sound(text)) == sound(text)
    assert load_json(json.dumps({"title": text})) == {"title": sound(text)}


def test_pairs_are_joined_and_single_ones_are_marked() -> None:
    assert load_json(r'{"a": "\ud83d\ude00 \ud83d", "\udc00": 1}') == {"a": "😀 \ufffd", "\ufffd": 1}


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"a": 1e999999', ""])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        load_json(text)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("?Expires=1764500000&OSSAccessKeyId=a&Signature=b", "?Expires=1764586400&OSSAccessKeyId=a&Signature=c"),
        ("?X-Amz-Date=1&X-Amz-Signature=b&id=7", "?X-Amz-Date=2&X-Amz-Signature=c&id=7"),
        (";jsessionid=AB12", ";jsessionid=CD34"),
        ("?q-sign-time=1;2&q-signature=a", "?q-sign-time=3;4&q-signature=b"),
        ("?sv=2020&se=2026-01-01&sr=b&sp=r&sig=x", "?sv=2020&se=2026-01-02&sr=b&sp=r&sig=y"),
        ("?t=1764500000", "?t=1764586400"),
        ("?auth_key=1764500000-0-0-ab", "?auth_key=1764586400-0-0-cd"),
    ],
)
def test_two_signatures_of_one_file_are_one_address(first: str, second: str) -> None:
    assert lasting(f"http://a.example/f/1.pdf{first}") == lasting(f"http://a.example/f/1.pdf{second}")


@pytest.mark.parametrize(
    ("first", "second"), [("?id=1", "?id=2"), ("?fileid=ab12", "?fileid=cd34"), ("?f=1.pdf", "?f=2.pdf")]
)
def test_two_files_are_two(first: str, second: str) -> None:
    assert lasting(f"http://a.example/download{first}") != lasting(f"http://a.example/download{second}")


@given(st.text(max_size=60))
def test_no_address_makes_it_fail(text: str) -> None:
    assert lasting(lasting(f"http://a.example/{text}")) == lasting(f"http://a.example/{text}")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("a\u2066b\u2069\ufdd0\U0001ffff\ufffe", "ab"),
        ("清\x1b[2J屏\x9b1m\x07", "清[2J屏1m"),
        ("通\u200d知\u200c公\u200b告\u202e", "通知公告"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥"),
        ("一\t二\n三\u2028四", "一\t二\n三\u2028四"),
    ],
)
def test_what_nobody_sees_goes_and_joiners_of_words_and_emoji_stay(said: str, wanted: str) -> None:
    assert seen(said) == wanted
