"""Canonical texts and their keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.config import read
from pipeline.dedupe.fingerprint import canonical, codes, fingerprint, shingles
from pipeline.dedupe.rules import DedupeRules
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules).fingerprint
LONG = "".join(chr(0x4E00 + n * 37 % 20000) for n in range(1200))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("今日，水库（二期）开工。", "今日,水库(二期)开工."),
        ("共１２３项，ＡＩ芯片", "共123项，ai芯片"),
        ("專(zhuān)家說(shuō)橋樑已經(jīng)建成", "专家说桥梁已经建成"),
        ("第一段\n　　第二段", "第一段第二段"),
    ],
)
def test_typography_script_and_annotations_make_no_other_text(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    assert fingerprint(one, RULES) == fingerprint(other, RULES)


def test_other_words_and_other_numbers_make_another_text() -> None:
    assert len({canonical(text) for text in ("三月开工", "四月开工", "3月开工", "30月开工")}) == 4


@given(st.text())
def test_the_canonical_form_of_any_text_is_its_own_canonical_form(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@given(st.text(max_size=300))
def test_keys_of_any_text_are_sorted_distinct_and_of_63_bits(text: str) -> None:
    keys = fingerprint(text, RULES).keys
    assert list(keys) == sorted(set(keys))
    assert all(0 <= key < 1 << 63 for key in keys)


def test_a_short_text_has_the_floor_of_keys_and_a_long_one_a_sample() -> None:
    assert len(fingerprint(LONG[:100], RULES).keys) == RULES.least_keys
    assert len(fingerprint(LONG, RULES).keys) == pytest.approx(len(LONG) / RULES.sample, rel=0.4)


def test_a_long_text_keeps_every_key_of_an_excerpt_that_is_sampled_by_value() -> None:
    whole, part = (set(fingerprint(text, RULES).keys) for text in (LONG, LONG[200:1000]))
    assert part <= whole
    assert len(part) > RULES.least_keys


@given(st.integers(1, 12), st.text("甲乙丙", min_size=12, max_size=60))
def test_two_shingles_are_equal_exactly_where_their_characters_are(length: int, text: str) -> None:
    hashes = shingles(codes(text), length)
    assert len(hashes) == len(text) - length + 1
    by_characters = {text[n : n + length] for n in range(len(hashes))}
    assert len(np.unique(hashes)) == len(by_characters)
