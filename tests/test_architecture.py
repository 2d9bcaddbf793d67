"""The plan of the house is true: every room is told with what it is for, none is too wide, no name stands for two things."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import grimp
import pytest

from tests.makers.places import ROOT

TOPS = ("pipeline", "spiders", "flows", "tests")
MOST_IN_A_FOLDER = 13
# Names that say little to someone who has only the list of files.
UNCLEAR = set(
    "against answers asking belonging get hops original parts resting seen surroundings wire work utils helpers".split()
)


def modules(top: str) -> list[Path]:
    return [path.relative_to(ROOT) for path in sorted((ROOT / top).rglob("*.py"))]


def first_sentence(path: Path) -> str:
    return (ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8"))) or "").split("\n")[0]


@pytest.mark.parametrize("top", TOPS[:3])
def test_every_room_is_told_with_the_first_sentence_of_its_package(top: str) -> None:
    told = dict(re.findall(r"^\| `([^`]+)/` \| (.+) \|$", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.M))
    rooms = {
        str(path.parent): first_sentence(path)
        for path in modules(top)
        if path.name == "__init__.py" and path.parent != Path(top)
    }
    assert {room: words for room, words in told.items() if room.startswith(f"{top}/")} == rooms


@pytest.mark.parametrize("top", TOPS)
def test_no_folder_is_wider_than_a_person_can_take_in(top: str) -> None:
    entries = defaultdict[Path, set[str]](set)
    for path in modules(top):
        for folder in list(path.parents)[:-1]:
            entries[folder].add(path.relative_to(folder).parts[0])
    wide = {str(folder): len(names - {"__init__.py"}) for folder, names in entries.items()}
    assert {folder: count for folder, count in wide.items() if count > MOST_IN_A_FOLDER} == {}


@pytest.mark.parametrize("top", TOPS)
def test_every_name_says_something_and_every_module_says_what_it_is_for(top: str) -> None:
    assert [str(path) for path in modules(top) if path.stem in UNCLEAR] == []
    assert [str(path) for path in modules(top) if not first_sentence(path)] == []


def late_imports(code: str) -> list[int]:
    """Lines on which a function begins to import, where neither a comment there nor a docstring around it says why."""
    tree, lines = ast.parse(code), code.splitlines()
    found: list[int] = []
    said = ast.get_docstring(tree) or ""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        reason = bool(re.search("load|import", (said + (ast.get_docstring(function) or "")).lower()))
        imports = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
        if imports and not reason and "#" not in lines[imports[0] - 1] + lines[imports[0] - 2]:
            found.append(imports[0])
    return found


def test_an_import_inside_a_function_says_why():
    assert late_imports("def f():\n    x = 1\n    import json\n") == [3]
    found = {str(path): late_imports((ROOT / path).read_text("utf-8")) for top in TOPS[:3] for path in modules(top)}
    assert {path: lines for path, lines in found.items() if lines} == {}


def circles(graph: grimp.ImportGraph, within: set[str]) -> set[str]:
    """Modules that import themselves by way of others: what is left when those that import none of the rest are taken away."""
    left = {module: graph.find_modules_directly_imported_by(module) & within for module in within}
    while ends := {module for module, imported in left.items() if not imported & left.keys()}:
        left = {module: imported for module, imported in left.items() if module not in ends}
    return set(left)


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph(*TOPS[:3])
    assert circles(graph, graph.modules) == set()
    graph.add_import(importer="pipeline.core.dates", imported="flows.cli.main")
    assert {"pipeline.core.dates", "flows.cli.main"} <= circles(graph, graph.modules)


def test_one_module_knows_our_zone():
    told = [path for top in TOPS[:3] for path in modules(top) if '"Asia/Shanghai"' in (ROOT / path).read_text("utf-8")]
    assert told == [Path("pipeline/core/dates.py")]
