"""The version of the rules: what may change a document changes it, and nothing else does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.rules import Rules, code
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("quality", True),
        ("boilerplate", True),
        ("dedupe", True),
        ("alarms", False),
        ("schedules", False),
        ("crawl", False),
    ],
)
def test_only_what_may_change_a_document_changes_the_version(tmp_path: Path, name: str, counts: bool) -> None:
    config = shutil.copytree(ROOT / "config", tmp_path / "config")
    with (config / f"{name}.yaml").open("a") as file:
        file.write("# a word more\n")
    assert (Rules.load(config).version != Rules.load(ROOT / "config").version) is counts


def test_the_code_that_counts_is_what_the_way_of_a_page_really_loads() -> None:
    told = "import sys, pipeline.documents; print(*(name for name in sys.modules if name.startswith('pipeline.')))"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    expected = {ROOT / "pipeline" / f"{name.partition('.')[2]}.py" for name in loaded.split()}
    assert set(code()) - expected <= {ROOT / "pipeline" / "schema.py", ROOT / "pipeline" / "staging.py"}
    assert expected <= set(code())
    assert ROOT / "pipeline" / "alarms.py" not in code()
