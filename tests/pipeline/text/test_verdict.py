"""Lines judged by data: what the weights may take and give back, and the features that they name."""

import numpy as np
import pytest

from pipeline.core.config import read
from pipeline.core.models import Cleaned, Layout, Line
from pipeline.text.clean import clean, rule
from pipeline.text.rules import BoilerplateRules
from pipeline.text.verdict.features import columns, names, numbers
from pipeline.text.verdict.forest import Forest, Tree, load
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "boilerplate.yaml", BoilerplateRules)
PROSE = "市工业局今天召开会议，研究部署下一阶段的工作任务，要求各单位认真落实，按时报送。"
MORE = "会议还听取了三家企业的汇报，并就用工、用地和融资方面的困难逐一作了答复。"


def stump(feature: str, threshold: float, low: float, high: float) -> Forest:
    """One question: up to the threshold one answer, above it the other."""
    tree = Tree(feature=(0, 0, 0), threshold=(threshold, 0, 0), left=(1, 1, 2), right=(2, 1, 2), value=(0, low, high))
    return Forest(version="test", learned_from="", features=(feature,), depth=1, trees=(tree,))


LINKS_GO = stump("link", 0.5, 1, -1)
ALL_GO = stump("length", 0, -1, -1)
ALL_STAY = stump("length", 0, 1, 1)


def line(text: str, *, link: float = 0.0, apart: str = "", ends: int = 9, beside: float = 0.0) -> Line:
    return Line(text=text, link_share=link, apart=apart, layout=Layout(tag="p", ends=ends, same_parent=beside))


def cleaned(lines: list[Line], weights: Forest | None) -> Cleaned:
    return clean(lines, "", RULES, weights)


def rule_of(found: Cleaned, text: str) -> str:
    return next((each.rule for each in found.removed if each.line == text), "")


def test_what_data_takes_names_the_features_that_decided() -> None:
    found = cleaned([line(PROSE), line("三条新生产线同日投产", link=1.0), line(MORE)], LINKS_GO)
    assert (found.paragraphs, rule_of(found, "三条新生产线同日投产")) == ((PROSE, MORE), "data:link")


def test_data_never_takes_more_than_it_leaves() -> None:
    assert cleaned([line(PROSE), line(MORE)], ALL_GO).paragraphs == (PROSE, MORE)


def test_where_data_would_take_more_than_it_leaves_the_surest_lines_go() -> None:
    links = [line(f"第{at}条相关消息的标题写在这里", link=at / 100) for at in range(60, 75)]
    found = cleaned([line(PROSE), *links], stump("link", 0.65, 1, -1))
    assert 0 < len(found.removed) < len(links)
    assert PROSE in found.paragraphs


def test_a_summary_above_the_article_that_says_it_again_is_no_part_of_it() -> None:
    lines = [line(PROSE), line(PROSE, beside=0.6), line(MORE, beside=0.6)]
    found = cleaned(lines, ALL_STAY)
    assert (found.paragraphs, rule_of(found, PROSE)) == ((PROSE, MORE), "data:said_below")
    alone = [line(PROSE, beside=0.6), line(MORE, beside=0.6), line(PROSE, beside=0.6)]
    assert cleaned(alone, ALL_STAY).paragraphs == (PROSE, MORE, PROSE)


def test_a_heading_of_links_goes_with_them() -> None:
    lines = [
        line(PROSE),
        line("相关新闻："),
        line("三条新生产线同日投产", link=1.0),
        line(MORE),
        line(PROSE),
        line(MORE),
    ]
    assert "相关新闻：" not in cleaned(lines, LINKS_GO).paragraphs
    assert "相关新闻：" in cleaned([*lines[:2], *lines[3:]], LINKS_GO).paragraphs


def test_data_gives_back_what_structure_set_apart_and_not_what_a_rule_knows_or_nobody_sees() -> None:
    lines = [
        line(PROSE),
        line(MORE, apart="chrome:share"),
        line("看不见的一句话。", apart="hidden"),
        line("（责编：张三）"),
    ]
    found = cleaned(lines, ALL_STAY)
    assert found.paragraphs == (PROSE, MORE)
    assert found.editor == "张三"


def test_a_text_without_a_page_is_left_to_the_rules() -> None:
    assert cleaned([Line(text=PROSE), Line(text=MORE)], ALL_GO).paragraphs == (PROSE, MORE)


def test_a_cut_ends_with_its_own_element() -> None:
    lines = [line(PROSE), line("相关链接", ends=3), line("某市开工", link=1.0), line("某县投产", link=1.0), line(MORE)]
    found = cleaned(lines, None)
    assert found.paragraphs == (PROSE, MORE)
    assert [each.line for each in found.removed] == ["相关链接", "某市开工", "某县投产"]


@pytest.mark.parametrize(("heading", "taken"), [("相关链接", False), ("版权与免责声明", True)])
def test_only_exact_statements_take_more_than_they_leave(heading: str, taken: bool) -> None:
    behind = (
        "本网所载作品，版权均属本网，未经授权不得转载；转载其他媒体的稿件，不代表本网观点。"
        if taken
        else "各县区的做法"
    )
    lines = [line(PROSE), line(heading), *[line(f"{behind}之{at}") for at in range(9)]]
    found = cleaned(lines, None)
    assert (len(found.paragraphs) == 1) is taken


def test_the_weights_ask_for_features_that_there_are_and_the_same_lines_get_the_same_odds() -> None:
    found = rule([line(PROSE), line("分享到：微信"), line(MORE)], "", RULES)
    table = numbers(found.rows, {each.row.index: each for each in found.taken}, "", RULES)
    weights, cues = load(), tuple(RULES.cues)
    assert table.shape == (3, len(names(cues)))
    chosen = table[:, columns(cues, weights.features)]
    assert np.array_equal(weights.odds(chosen), weights.odds(chosen))
    assert np.allclose(weights.odds(chosen)[1:2], weights.odds(chosen[1:2]))
    assert np.isfinite(weights.odds(chosen)).all()
