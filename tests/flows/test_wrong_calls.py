"""What is wrong with a call of a command on the corpus is said in one line that names it; nobody sees a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli.main import cli
from pipeline.core.errors import ConfigError
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import document, night, prose
from tests.makers.places import ROOT


@pytest.fixture(scope="module")
def one(s3: None) -> Store:
    store = Store.open("s3://gongbao/wrong-calls")
    night(store, "run1", [document(1, prose(1))])
    return store


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (["card", "--html", "{tmp}/missing/card.html"], "missing/card.html: No such file"),
        (["export", "{tmp}/file"], "/file: File exists"),
        (["export", "{tmp}/junk"], "/junk: the folder holds other files"),
        (["export", "{tmp}/other"], "/other/manifest.json: no manifest of an export: 5 fields"),
        (["export", "{tmp}/none", "--check"], "/none/manifest.json: no manifest of an export: No such file"),
        (["changes", "--cursor", "{tmp}/missing/cursor"], "missing/cursor: the cursor cannot be kept"),
        (["changes", "--cursor", "{tmp}/file"], "/file: no cursor"),
        (["changes", "--cursor", "{tmp}/foreign"], "/foreign: the cursor is one of s3://elsewhere"),
        (["changes", "--cursor", "{tmp}/words"], "/words: no cursor: version 'x'"),
        (["changes", "--cursor", "{tmp}/negative"], "/negative: no cursor: version -1"),
        (["changes", "--cursor", "{tmp}/backwards"], "/backwards: no cursor: version 1, offered 0"),
        (["changes", "--since", "99"], "versions 0 to 1, not 99"),
        (["read", "--snapshot", "99"], "versions 0 to 1, not 99"),
        (["read", "--since", "2026-13-01"], "'2026-13-01'"),
        (["read", "--until", "0001-01-01"], "'0001-01-01'"),
        (["read", "--since", "999999d"], "'999999d'"),
        (["read", "--since", "99999999999d"], "'99999999999d'"),
        (["diff", "1", "9999-12-31"], "'9999-12-31'"),
        (["diff", "nosuchrun"], "nosuchrun"),
        (["search", "…"], "'…'"),
        (["plain-files", "nosuchrun"], "nosuchrun"),
        (["rollback", "nosuchrun"], "nosuchrun"),
        (["forget", "somewhere", "--reason", "r"], "'somewhere'"),
        (["forget", "https://example.gov.cn/1", "--reason", ""], "--reason"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_wrong_call_is_told_in_one_line_that_names_what_is_wrong(
    one: Store, tmp_path: Path, call: list[str], names: str
) -> None:
    (tmp_path / "file").write_text("{")
    for folder, name, body in (("junk", "a", ""), ("other", "manifest.json", '{"a": 1}')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(body)
    cursor = {"id": "a", "store": "s3://elsewhere", "every": False, "version": 1, "offered": None}
    (tmp_path / "foreign").write_text(json.dumps(cursor))
    for name, version, offered in (("words", "x", None), ("negative", -1, None), ("backwards", 1, 0)):
        own = cursor | {"store": one.url, "version": version, "offered": offered}
        (tmp_path / name).write_text(json.dumps(own))
    command = [sys.executable, "-m", "flows.cli.main", *(part.format(tmp=tmp_path) for part in call)]
    environment = os.environ | {"GONGBAO_STORE": one.url, "GONGBAO_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert names in json.loads(line)["message"]
    assert done.stdout == ""


@pytest.mark.parametrize("command", [["read"], ["diff", "0"], ["search", "充电桩"]])
def test_a_negative_limit_is_refused(command: list[str]) -> None:
    done = CliRunner().invoke(cli, [*command, "--limit", "-1"])
    assert done.exit_code == 2
    assert "-1 is not in the range x>=0" in done.stderr


def test_no_command_makes_a_bucket_but_the_one_that_is_named_by_the_others(
    one: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGBAO_STORE", "s3://misspelt/prefix")
    for command in (["status"], ["read"], ["store", "check"], ["store", "copy", "s3://misspelt-too"]):
        with pytest.raises(ConfigError, match=r"no bucket 'misspelt'.*gongbao store create"):
            CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)
    monkeypatch.setenv("GONGBAO_STORE", one.url)
    with pytest.raises(ConfigError, match="store create s3://misspelt-too"):
        CliRunner().invoke(cli, ["store", "copy", "s3://misspelt-too"], standalone_mode=False, catch_exceptions=False)
    assert not any(Store.open(f"s3://{name}").has_bucket() for name in ("misspelt", "misspelt-too"))
    done = CliRunner().invoke(cli, ["store", "create", "s3://misspelt/prefix"])
    assert done.exit_code == 0, done.output
    assert Store.open("s3://misspelt").has_bucket()
