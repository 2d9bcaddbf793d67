"""The version of the rules: what may change a document changes it, and nothing else does."""

import gc
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.rules import Rules, code
from tests.makers.places import ROOT

# Each module that counts is changed in turn, and then told again in other words that mean the same.
CHANGES = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pipeline.rules import code, meaning, version
before = code()
for name in before:
    path = Path(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = path.read_text()
    path.write_text(text + "CHANGED = 1\\n")
    if version([], {**before, name: meaning(name)[0]}) == version([], before):
        print("not followed:", name)
    path.write_text(text + '# a comment\\nimport this_or_that\\n"A docstring."\\n\\n\\n')
    if meaning(name)[0] != before[name]:
        print("changed by words:", name)
    path.write_text(text)
print(len(before))
"""


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
    told = (
        "import sys, pipeline.documents; print(*(name for name, module in sys.modules.items() "
        "if name.startswith('pipeline.') and not hasattr(module, '__path__')))"
    )
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert set(loaded.split()) <= set(code())
    assert {"pipeline.page.decode", "pipeline.text.clean", "pipeline.store.schema"} <= set(code())
    assert "pipeline.health.alarms" not in code()


def test_the_version_follows_every_module_behind_a_document_and_no_comment(tmp_path: Path) -> None:
    for folder in ("pipeline", "config"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    done = subprocess.run([sys.executable, "-c", CHANGES], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [str(len(code()))], done.stdout + done.stderr


def test_an_import_that_leads_to_no_module_is_no_silent_gap(tmp_path: Path) -> None:
    for folder in ("pipeline", "config"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    with (tmp_path / "pipeline" / "documents" / "__init__.py").open("a") as file:
        file.write("\n\ndef later() -> None:\n    from pipeline.nowhere import nothing\n")
    told = "from pipeline.rules import code; code()"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, cwd=tmp_path)
    assert "no module 'pipeline.nowhere'" in done.stderr


@pytest.fixture
def other_threads_between() -> Iterator[None]:
    """Garbage is collected all the time, and others may run meanwhile: CPython's parser, which counts its depth for all
    threads at once, then ends in a SystemError where two of them parse."""
    before, let_others_run = gc.get_threshold(), lambda phase, told: time.sleep(0)
    gc.set_threshold(50)
    gc.callbacks.append(let_others_run)
    yield
    gc.callbacks.remove(let_others_run)
    gc.set_threshold(*before)


def test_threads_that_ask_at_once_are_told_one_version(tmp_path: Path, other_threads_between: None):
    folders = [shutil.copytree(ROOT / "config", tmp_path / str(number)) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        versions = set(pool.map(lambda folder: Rules.load(folder).version, folders))
    assert len(versions) == 1
