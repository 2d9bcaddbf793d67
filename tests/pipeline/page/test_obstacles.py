"""Obstacles are named, and ordinary pages are not taken for one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.config import read
from pipeline.core.errors import ConfigError
from pipeline.page import obstacles
from pipeline.page.obstacles import Cause, Example, Signature, Signatures
from tests.makers.places import ROOT

CONFIG = ROOT / "config"
SIGNATURES = obstacles.load(CONFIG / "obstacles.yaml")
EXAMPLES = [(signature, example) for signature in SIGNATURES.signatures for example in signature.examples]


@pytest.mark.parametrize(("signature", "example"), EXAMPLES)
def test_every_signature_is_recognised_by_its_examples(signature: Signature, example: Example) -> None:
    assert obstacles.recognise(example.status, example.headers, example.body, SIGNATURES) == signature.cause


@pytest.mark.parametrize("example", SIGNATURES.innocent)
def test_ordinary_pages_are_no_obstacle(example: Example) -> None:
    assert obstacles.recognise(example.status, example.headers, example.body, SIGNATURES) is None


def test_every_signature_has_an_example() -> None:
    assert all(signature.examples for signature in SIGNATURES.signatures)


def test_a_signature_of_a_status_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "obstacles.yaml"
    path.write_text("window: 10\nsignatures:\n  - cause: busy\n    status: [503]\n")
    with pytest.raises(ConfigError, match="proves nothing"):
        read(path, Signatures)


def test_only_blocks_and_busy_pages_stop_a_host() -> None:
    assert Cause.BLOCKED_JSL.blocks
    assert Cause.BUSY.blocks
    assert not Cause.SOFT_404.blocks
    assert not Cause.TIMEOUT.blocks


@given(st.integers(100, 599), st.text())
def test_nothing_that_a_page_holds_makes_recognition_raise(status: int, text: str) -> None:
    obstacles.recognise(status, [("Server", text)], "<title>" + text, SIGNATURES)
