"""Which edits between two texts are numbers, ordinals and names."""

import pytest

from pipeline.core.config import read
from pipeline.dedupe.pair.alignment import align, sequence
from pipeline.dedupe.pair.entities import count, moulds
from pipeline.dedupe.rules import DedupeRules
from tests.makers.places import ROOT

RULES = read(ROOT / "config" / "dedupe.yaml", DedupeRules)
_AROUND = (
    "会议在主楼三号厅按时开始各单位依照议程汇报了近期工作进展情况",
    "随后与会人员围绕下一阶段重点任务进行了深入讨论并达成一致",
)


def marks(one: str, other: str) -> float:
    here, there = (sequence(_AROUND[0] + middle + _AROUND[1], RULES.alignment) for middle in (one, other))
    found = align(here, there, RULES.alignment)
    return count(found.edits, found.slots, here.form, there.form, RULES.entities)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3月10日召开", "3月17日召开"),
        ("共有95人参加", "共有195人参加"),
        ("召开第九次会议", "召开第八次会议"),
        ("公布第十二批名单", "公布第二批名单"),
        ("党组书记局长施玉霞主持会议", "党组书记局长曹玉志主持会议"),
        ("副市长李明出席", "副市长王丽华出席"),
        ("决定任命张伟为主任", "决定任命赵海平为主任"),
        ("4月2日副市长钱进率队到上坪村红旗组", "6月9日副市长吴波率队到下河村双桥组"),
    ],
)
def test_another_number_ordinal_or_name_counts(one: str, other: str) -> None:
    assert marks(one, other) >= 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("会议对此表示支持", "会议对此表示支援"),
        ("要强化组织领导", "要加强组织领导"),
        ("大家认真学习领会", "大家认真学习体会"),
        ("3月10日召开", "3月10日召开"),
        ("某社北京3月12日电记者小张各方代表齐聚", "3月9日上午各方代表齐聚"),
    ],
)
def test_other_words_do_not(one: str, other: str) -> None:
    assert marks(one, other) == 0


def test_a_given_name_that_differs_in_one_character_may_be_a_typing_error() -> None:
    assert marks("副市长李明华出席", "副市长李明画出席") == RULES.entities.letter


def test_lines_of_one_mould_that_each_text_has_for_itself_count() -> None:
    one, other = ["任命张伟为市财政局副局长试用期一年"], ["任命赵海平为市财政局副总会计师试用期一年", "特此通知"]
    assert moulds(one, other, RULES.entities) == 1
    assert moulds(one, ["请各单位遵照执行做好衔接工作"], RULES.entities) == 0
