"""Every boilerplate rule is held to the examples that stand beside it, and all of them at once say what each says."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.config import read
from pipeline.text.matching import PatternSet
from pipeline.text.rules import BoilerplateRules, Rule, canonical, fold
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules)


def _examples(name: str) -> list[object]:
    return [pytest.param(rule, line, id=f"{rule.name}-{line}") for rule in RULES.rules for line in getattr(rule, name)]


@pytest.mark.parametrize(("rule", "line"), _examples("matches"))
def test_a_rule_matches_its_own_examples(rule: Rule, line: str) -> None:
    assert rule.match(fold(line))


@pytest.mark.parametrize(("rule", "line"), _examples("spares"))
def test_a_rule_spares_what_a_body_may_say(rule: Rule, line: str) -> None:
    assert not rule.match(fold(line))


PATTERNS = [rule.pattern for rule in RULES.rules]
SET = PatternSet(PATTERNS)
EXAMPLES = [line for rule in RULES.rules for line in (*rule.matches, *rule.spares)]
PIECES = st.sampled_from(sorted({piece for line in EXAMPLES for piece in re.findall(r"\w{1,4}|\W", line)}))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.sampled_from(EXAMPLES), st.lists(PIECES, max_size=12).map("".join), st.text(max_size=30)))
def test_all_patterns_at_once_find_what_each_finds(line: str) -> None:
    folded = fold(line)
    alone = [at for at, pattern in enumerate(PATTERNS) if re.search(pattern, folded, re.IGNORECASE)]
    assert list(SET.matching(folded)) == alone


def test_of_all_patterns_few_are_tried_on_a_line() -> None:
    tried = SET.tried("今年前三季度，全市规模以上工业增加值同比增长百分之六点二，高于全省平均水平。")
    assert tried * 5 < len(PATTERNS)


def _spaced(line: str) -> list[str]:
    """The line as other editors type it: with spaces inside its brackets, around its colons, between its characters."""
    inside = re.sub(r"(?<=[（(\[【])|(?=[）)\]】])", " ", line)
    around = re.sub(r"\s*([:：])(?!//|\d)\s*", r" \1 ", line)
    return [inside, around, re.sub(r"(?<=[\[(（【 ])\s*(责)编(?=[:：])", r"\1 编", f" {line}").strip()]


@pytest.mark.parametrize(
    "line",
    ["[责编：某某]", "（责任编辑：张三）", "【来源：某某日报】", "来源：某某日报", "作者：张三", "（原标题：某市）"],
)
def test_a_line_is_what_it_is_however_it_is_spaced(line: str) -> None:
    def known(text: str) -> set[str]:
        key, _ = canonical(fold(text))
        return {rule.name for zone in ("head", "tail") for rule in RULES.knowing(key, zone)}

    assert known(line)
    assert all(known(spaced) == known(line) for spaced in _spaced(line))


@given(st.text(alphabet=st.sampled_from("责任编辑来源:()[] 张三ab1"), max_size=24))
def test_a_place_in_a_canonical_line_is_a_place_in_the_line(line: str) -> None:
    key, places = canonical(line)
    assert len(places) == len(key) + 1
    assert [line[at] for at in places[:-1]] == list(key)
    assert "".join(line.split()) == "".join(key.split())
