"""Every boilerplate rule is held to the examples that stand beside it."""

import pytest

from pipeline.core.config import read
from pipeline.text.rules import BoilerplateRules, Rule, fold
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
