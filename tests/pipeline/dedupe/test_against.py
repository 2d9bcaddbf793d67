"""Two files of texts compared."""

import json
from pathlib import Path

import pytest

from pipeline.core.config import read
from pipeline.core.errors import ConfigError
from pipeline.dedupe.rules import DedupeRules
from pipeline.dedupe.two_files import against, read_texts, text_of
from tests.makers.places import ROOT
from tests.makers.texts.compared_texts import lines, story

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
OLD = [{"id": "1", "text": lines(story(1))}, {"id": "2", "text": lines(story(2))}]
NEW = [
    {"id": "1", "text": lines(story(2)[2:])},
    {"id": "2", "text": lines(story(3))},
    {"id": "3", "text": lines(story(3)[1:])},
]


def rows(*, within: bool = False) -> list[tuple[str, str | None, str]]:
    texts = [[text_of(row, RULES) for row in side] for side in (NEW, OLD)]
    return [(row["q"], row["duplicate_of"], row["kind"]) for row in against(*texts, RULES, within=within)]


def test_each_new_text_is_judged_against_the_old_ones_alone() -> None:
    assert rows() == [("1", "2", "repost"), ("2", None, "original"), ("3", None, "original")]


def test_within_judges_the_new_ones_against_each_other_as_well() -> None:
    assert rows(within=True) == [("1", "2", "repost"), ("2", None, "original"), ("3", "2", "repost")]


@pytest.mark.parametrize("line", ["no json", "[]", '{"id": "a"}', '{"id": "a", "text": 3}', '{"id": "1", "text": ""}'])
def test_a_bad_line_is_named_by_file_and_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "甲"}) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"new\.jsonl:2"):
        list(read_texts(path, RULES))
