"""Two files of texts compared."""

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.core.config import read
from pipeline.core.errors import ConfigError
from pipeline.dedupe.rules import DedupeRules
from pipeline.dedupe.two_files import against, read_texts, text_of
from tests.makers.places import ROOT
from tests.makers.texts.compared_texts import Corpus, lines, story, text

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
BEFORE = datetime(2026, 3, 1, tzinfo=UTC)
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


def test_two_files_are_decided_as_a_night_decides() -> None:
    sentences = story(4, 20)
    bodies = [lines(sentences), lines(sentences[:8]), lines([*sentences, *story(5, 4)])]
    for (old, new), days in itertools.product(itertools.permutations(bodies, 2), ((4, 5), (9, 4))):
        held, came = text("1", old, days[0], fetched_at=BEFORE), text("2", new, days[1])
        corpus = Corpus()
        corpus.publish([held])
        night = next(decision for decision in corpus.publish([came]) if decision.id == "2")
        (row,) = against([came], [held], RULES)
        assert (row["duplicate_of"], row["extends"], row["kind"]) == (night.canonical_id, night.extends, night.kind)


def test_dates_are_read_as_people_write_them_and_what_is_none_is_counted(tmp_path: Path) -> None:
    dates = [
        "2018-07-07 9:50:18",
        "2017/3/1",
        "2017年3月1日",
        "2018-7-07",
        "",
        "3月1日",
        "前些天",
        "2026-03-01T18:00:00+08:00",
    ]
    path = tmp_path / "new.jsonl"
    rows = [{"id": n, "text": "甲", "date": date} for n, date in enumerate(dates)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    warnings: list[str] = []
    days = [str(text.day) for text in read_texts(path, RULES, warnings.append)]
    assert days == ["2018-07-07", "2017-03-01", "2017-03-01", "2018-07-07", "None", "None", "None", "2026-03-01"]
    assert warnings == [f"{path}: 2 dates cannot be read and count as none, the first in line 6"]


@pytest.mark.parametrize("line", ["no json", "[]", '{"id": "a"}', '{"id": "a", "text": 3}', '{"id": "1", "text": ""}'])
def test_a_bad_line_is_named_by_file_and_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "甲"}) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"new\.jsonl:2"):
        list(read_texts(path, RULES))
