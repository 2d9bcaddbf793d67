"""Every boilerplate rule is held to the examples that stand beside it."""

from pathlib import Path

import pytest

from pipeline.boilerplate import BoilerplateRules, Rule, fold
from pipeline.config import read

RULES = read(Path(__file__).parent.parent / "config" / "boilerplate.yaml", BoilerplateRules)


def _examples(name: str) -> list[object]:
    return [pytest.param(rule, line, id=f"{rule.name}-{line}") for rule in RULES.rules for line in getattr(rule, name)]


@pytest.mark.parametrize(("rule", "line"), _examples("matches"))
def test_a_rule_matches_its_own_examples(rule: Rule, line: str) -> None:
    assert rule.match(fold(line))


@pytest.mark.parametrize(("rule", "line"), _examples("spares"))
def test_a_rule_spares_what_a_body_may_say(rule: Rule, line: str) -> None:
    assert not rule.match(fold(line))
