"""Repair of machine-converted text: annotations gone where a farm put them, untouched where they are meant."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from pipeline.text.repair import _dictionary, repair
from tests.makers.places import SHARED


@pytest.mark.parametrize(
    ("mangled", "reading"),
    [
        ("實(shí)現(xiàn)經(jīng)濟(jì)目標(biāo),關(guān)鍵在干", "实现经济目标,关键在干"),
        ("國（guó）務（wù）院批復（fù）了總體方案", "国务院批复了总体方案"),
        ("縣(xian)級政(zheng)(zheng)(zheng)府網(wang)站(zhan)開(kai)通", "县级政府网站开通"),
        ("綠(lǜ)色發(fā)展,,成為(wéi)共識", "绿色发展,成为共识"),
        ("某地召开网络(luò )主播座谈会，推进(jìn )行业自律", "某地召开网络主播座谈会，推进行业自律"),
        ("產(chǎn)業(yè)增長，，企業(yè)受益\n第二段開(kāi)始", "产业增长，企业受益\n第二段开始"),
    ],
)
def test_annotations_of_a_machine_go_and_the_reading_is_simplified(mangled: str, reading: str) -> None:
    repaired = repair(mangled)
    assert (repaired.text, repaired.repaired) == (reading, True)


@pytest.mark.parametrize(
    "honest",
    [
        "上半年全国居民消费价格(CPI)上涨，国内生产总值(GDP)增长，采购经理指数(PMI)回升。",
        "型(llm)据(data)网(iot)度(a)为(b)",
        "他的名字里有一个垚(yáo)字，村里人都叫他土娃。",
        "說(shuì)服一詞的讀音近年有所調整，強(qiǎng)迫、勉強(qiǎng)等詞則不變，教育部公布了多音字審訂表。",
        "香港特區政府（HKSAR）公布新型工業化計劃(NIAS)，資助企業設立智能生產線。",
        "",
    ],
)
def test_honest_text_stays_as_it_is(honest: str) -> None:
    repaired = repair(honest)
    assert (repaired.text, repaired.repaired, repaired.annotations) == (honest, False, 0)


@given(st.text(max_size=300))
def test_repair_is_idempotent_and_keeps_the_lines(text: str) -> None:
    once = repair(text)
    assert repair(once.text).text == once.text
    assert once.text.count("\n") == text.count("\n")


def test_no_real_text_is_changed_in_either_script() -> None:
    corpus = SHARED / "near_duplicates" / "corpus.jsonl.gz"
    if not corpus.exists():
        pytest.skip("needs ../shared")
    traditional = OpenCC("s2hk")
    with gzip.open(corpus, "rt", encoding="utf-8") as rows:
        texts = [row["text"] for row in map(json.loads, rows)]
    assert not any(repair(text).repaired for text in texts[::2])
    assert not any(repair(traditional.convert(text)).repaired for text in texts[::20])


def test_characters_are_read_as_pypinyin_reads_them() -> None:
    from pypinyin.pinyin_dict import pinyin_dict

    assert {int(number): told for number, told in _dictionary().items()} == pinyin_dict
