"""The five texts that the project was asked for, as plain text: paragraph by paragraph."""

import json
from datetime import datetime

import pytest

from pipeline.core.config import read
from pipeline.text.clean import clean_text
from pipeline.text.rules import BoilerplateRules
from tests.makers.places import ROOT

SEEDS = ROOT.parent / "shared" / "seeds"
EXPECTED = json.loads((SEEDS / "expected.json").read_text(encoding="utf-8")) if SEEDS.exists() else []

pytestmark = pytest.mark.skipif(not EXPECTED, reason="needs ../shared/seeds")


@pytest.mark.parametrize("seed", EXPECTED, ids=[seed["seed"] for seed in EXPECTED])
def test_a_seed_comes_out_with_its_paragraphs_and_fields(seed: dict[str, str]) -> None:
    rules = read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules)
    text = (SEEDS / seed["seed"]).read_text(encoding="utf-8")
    cleaned = clean_text(text, rules)
    assert list(cleaned.paragraphs) == seed["body"]
    assert cleaned.title == seed["title"]
    assert list(cleaned.as_published or ()) == seed.get("body_as_published", [])
    assert cleaned.publisher == seed.get("publisher", "")
    assert seed.get("editor", cleaned.editor) == cleaned.editor
    assert (cleaned.published.at if cleaned.published else None) == (
        datetime.fromisoformat(seed["published"]) if "published" in seed else None
    )
    removed = [each.line for each in cleaned.removed]
    assert sorted(removed) == sorted(seed["boilerplate"])
