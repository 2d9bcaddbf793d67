"""Configuration that is wrong is named by file, line and key, before anything is done with it."""

from pathlib import Path

import pytest
from prefect._vendor import croniter

from flows import settings
from pipeline.core.config import Strict, read
from pipeline.core.errors import ConfigError
from pipeline.core.source import load, load_all

GOOD = """\
id: ministry
name: 部
tier: gov
hosts: [www.example.gov.cn]
listings:
  - url: https://www.example.gov.cn/list/
    family: trs
"""


@pytest.fixture
def wrong(tmp_path: Path):
    def load_text(text: str) -> ConfigError:
        path = tmp_path / "ministry.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert str(path) in str(caught.value)
        return caught.value

    return load_text


def test_a_good_source_is_read(tmp_path: Path) -> None:
    (tmp_path / "ministry.yaml").write_text(GOOD, encoding="utf-8")
    assert load(tmp_path / "ministry.yaml").listings[0].family == "trs"


def test_an_unknown_key_is_named_with_its_line(wrong) -> None:
    error = wrong(GOOD + "    pagr: {}\n")
    assert (error.line, error.key) == (8, "listings.0.pagr")
    assert "unknown key" in str(error)


def test_a_misspelt_key_is_named_and_not_the_one_that_it_leaves_missing(wrong) -> None:
    error = wrong(GOOD.replace("name:", "nmae:"))
    assert (error.line, error.key) == (2, "nmae")


def test_a_listing_without_its_family_is_named_and_not_the_list_that_is_short_of_it(wrong) -> None:
    error = wrong(GOOD.replace("    family: trs\n", ""))
    assert (error.line, error.key) == (6, "listings.0.family")


def test_a_wrong_type_is_named_with_its_line(wrong) -> None:
    error = wrong(GOOD + "fetch:\n  delay: soon\n")
    assert (error.line, error.key) == (9, "fetch.delay")


@pytest.mark.parametrize("line", ["10 25 * * *", "0 4 * *", "*/5 0-24 * * *", "61 1 * * *", "0 0 0 * *", "nightly"])
def test_a_bad_cron_line_is_named_with_its_line_and_refused_by_prefect_too(wrong, line: str) -> None:
    error = wrong(GOOD + f"schedule: '{line}'\n")
    assert (error.line, error.key) == (8, "schedule")
    assert not croniter.croniter.is_valid(line)


@pytest.mark.parametrize(
    "line",
    ["10 1 * * *", "*/90 1,13 * * 1-5", "0 4 L * *", "0 4 * jan-MAR fri#2", "@daily", "* * * * * 30", "0 4 * * 5#2"],
)
def test_whatever_cron_line_prefect_takes_is_taken(tmp_path: Path, line: str) -> None:
    (tmp_path / "ministry.yaml").write_text(GOOD + f"schedule: '{line}'\n", encoding="utf-8")
    assert load(tmp_path / "ministry.yaml").schedule == line


def test_a_bad_regular_expression_is_named_with_its_line(wrong) -> None:
    error = wrong(GOOD + "article:\n  match: '('\n")
    assert (error.line, error.key) == (9, "article.match")
    assert "regular expression" in str(error)


def test_a_key_given_twice_is_named_with_its_line(wrong) -> None:
    assert wrong(GOOD + "name: again\n").line == 8


def test_an_id_that_is_not_the_file_name_is_refused(wrong) -> None:
    assert wrong(GOOD.replace("id: ministry", "id: other")).key == "id"


def test_broken_yaml_is_named_with_its_line(wrong) -> None:
    assert wrong(GOOD + "fetch: [\n").line is not None


def test_a_source_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "ministry.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no source 'bureau'.*ministry"):
        load_all(tmp_path, ["bureau"])


def test_a_setting_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="GONGBAO_STORE"):
        settings.from_environment({"GONGBAO_STOER": "s3://x"})


def test_a_store_that_is_no_s3_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="s3://bucket/prefix"):
        settings.open_store(settings.from_environment({"GONGBAO_STORE": "/tmp/x"}))


def test_everything_that_is_wrong_is_named_at_once(wrong) -> None:
    told = str(wrong(GOOD.replace("name:", "nmae:") + "    pagr: {}\nfetch:\n  delay: soon\n")).splitlines()
    assert [line.split(": ")[0].rpartition(":")[2] for line in told] == ["2", "8", "10"]
    assert [line.split(": ")[1] for line in told] == ["nmae", "listings.0.pagr", "fetch.delay"]


def test_a_key_of_an_earlier_release_is_read_with_a_warning_that_says_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ministry.yaml").write_text(GOOD + "language: zh-Hans\n", encoding="utf-8")
    assert load(tmp_path / "ministry.yaml").id == "ministry"
    (told,) = caplog.messages
    assert f"{tmp_path / 'ministry.yaml'}:8: `language`" in told
    assert "drop it" in told


@pytest.mark.parametrize(
    "text", ["id: a\x01", "day: 2026-13-45", "[" * 5000, "a: &a [*a"], ids=["control", "day", "deep", "loop"]
)
def test_what_no_reader_of_yaml_takes_is_a_wrong_configuration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"file\.yaml"):
        read(path, Strict)
