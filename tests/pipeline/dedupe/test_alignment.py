"""What one text holds of another."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.config import read
from pipeline.dedupe.pair.alignment import Alignment, align, sequence
from pipeline.dedupe.rules import DedupeRules
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules).alignment
TEXT = "".join(chr(0x4E00 + n * 37 % 20000) for n in range(300))
OTHER = "".join(chr(0x4E00 + n * 41 % 20000) for n in range(7000, 7100))


def aligned(here: str, there: str) -> Alignment:
    return align(sequence(here, RULES), sequence(there, RULES), RULES)


def changed(here: str, there: str) -> list[tuple[str, str]]:
    return [(here[slice(*edit.here)], there[slice(*edit.there)]) for edit in aligned(here, there).edits]


def test_a_text_holds_itself_in_one_block() -> None:
    found = aligned(TEXT, TEXT)
    assert (len(found.blocks), found.edits, found.equal) == (1, (), len(TEXT))
    assert found.here.all()


def test_blocks_are_found_in_any_order_and_each_character_is_used_once() -> None:
    found = aligned(TEXT[200:] + TEXT[:100] + TEXT[100:200] + TEXT[:50], TEXT)
    assert found.there.all()
    assert found.here.sum() == len(TEXT)


def test_an_insertion_a_gap_and_a_replaced_name_are_edits_of_their_exact_extent() -> None:
    assert changed(TEXT[:100] + "王小明" + TEXT[102:200] + TEXT[201:], TEXT) == [
        ("王小明", TEXT[100:102]),
        ("", TEXT[200]),
    ]


def test_a_shifted_stretch_is_an_insertion_and_an_omission_not_a_replaced_word() -> None:
    assert changed(TEXT[:100] + "王" + TEXT[100:105] + TEXT[106:], TEXT) == [("王", ""), ("", TEXT[105])]


def test_what_stands_in_the_place_of_something_else_is_a_slot_and_not_held() -> None:
    found = aligned(TEXT[:100] + OTHER[:20] + TEXT[120:], TEXT)
    assert [(slot.here, slot.there) for slot in found.slots] == [((100, 120), (100, 120))]
    assert not found.here[100:120].any()


def test_an_inserted_passage_is_neither_edit_nor_slot() -> None:
    found = aligned(TEXT[:100] + OTHER + TEXT[100:], TEXT)
    assert (found.edits, found.slots, found.here.sum(), found.there.all()) == ((), (), len(TEXT), True)


def test_texts_without_a_common_run_share_nothing() -> None:
    assert aligned(TEXT, OTHER).equal == 0


@given(st.text("甲乙丙丁戊己", max_size=120), st.text("甲乙丙丁戊己", max_size=120))
def test_alignment_holds_for_any_two_texts(here: str, there: str) -> None:
    found = aligned(here, there)
    assert len(found.here) == len(here)
    assert len(found.there) == len(there)
    assert found.equal <= min(found.here.sum(), found.there.sum())
    for block in found.blocks:
        assert 0 <= block.start + block.shift <= len(there) - block.length
