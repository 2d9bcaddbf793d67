"""Invented pages in the manner of real kinds: each must become its article, paragraph by paragraph."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.boilerplate import BoilerplateRules
from pipeline.clean import clean
from pipeline.config import read
from pipeline.decode import decode
from pipeline.extract import extract
from pipeline.models import Cleaned, Extracted
from pipeline.source import ArticleSpec
from pipeline.weigh import ExtractionRules

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "tests" / "pages").glob("*.html"))
RULES = read(ROOT / "config" / "extraction.yaml", ExtractionRules)
BOILERPLATE = read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules)
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
NO_NAMES = RULES.model_copy(
    update={"containers": RULES.containers.model_copy(update={"ids": (), "classes": (), "tags": ()})}
)


def carried(
    body: bytes, rules: ExtractionRules = RULES, spec: ArticleSpec | None = None, content_type: str = ""
) -> tuple[Extracted, Cleaned]:
    found = extract(
        decode(body, content_type),
        url="http://www.example.com/a/1.html",
        spec=spec or ArticleSpec(),
        rules=rules,
        fetched_at=FETCHED,
    )
    return found, clean(found.lines, found.title, BOILERPLATE)


def squeezed(lines: list[str] | tuple[str, ...]) -> list[str]:
    return [re.sub(r"\s+", "", line) for line in lines]


@pytest.mark.parametrize("rules", [RULES, NO_NAMES], ids=["", "no-names"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_of_this_kind_becomes_its_article_with_and_without_known_names(
    path: Path, rules: ExtractionRules
) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found, cleaned = carried(path.read_bytes(), rules, content_type=expected.get("content_type", ""))
    allowed = squeezed(expected.get("may_keep", []))
    assert [line for line in squeezed(cleaned.paragraphs) if line not in allowed] == squeezed(expected["body"])
    assert squeezed([cleaned.title]) == squeezed([expected["title"]])
    if "date" in expected:
        published = found.fields.published or cleaned.published
        assert published is not None
        assert published.at.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat() == expected["date"]
