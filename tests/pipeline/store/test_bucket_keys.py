"""What is where in the bucket is said once."""

import ast

import pytest

from pipeline.store import keys
from tests.makers.places import ROOT

FOLDERS = tuple(each for name, each in vars(keys).items() if name.isupper() and isinstance(each, str))
MODULES = [path for room in ("pipeline", "flows", "spiders") for path in sorted((ROOT / room).rglob("*.py"))]


def spelled(code: str) -> list[str]:
    """The texts in a module, without docstrings, that begin with a folder of the bucket."""
    tree = ast.parse(code)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.value for node in texts if id(node) not in docs and node.value.startswith(FOLDERS)]


def test_no_other_module_spells_a_folder_of_the_bucket():
    assert len(FOLDERS) > 10
    found = {str(path.relative_to(ROOT)): spelled(path.read_text()) for path in MODULES}
    assert {path: texts for path, texts in found.items() if texts and path != "pipeline/store/keys.py"} == {}


@pytest.mark.parametrize("code", ['store.list("landing/")', 'key = f"runs/{run}.json"'])
def test_such_a_spelling_is_found(code: str):
    assert spelled(code)
