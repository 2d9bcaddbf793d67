"""Language and script: Chinese is never called Korean, and the fast detector answers as the reference does."""

import random

import langdetect
import langdetect_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.language import identify

SIMPLIFIED = "全市规模以上工业企业上半年实现营业收入同比增长百分之五，其中装备制造业贡献最大，出口订单逐月回升。"
TRADITIONAL = "全市規模以上工業企業上半年實現營業收入同比增長百分之五，其中裝備製造業貢獻最大，出口訂單逐月回升。"
ENGLISH = "The bureau said on Monday that output at large factories rose five percent in the first half of the year."


@pytest.mark.parametrize(
    ("title", "text", "lang"),
    [
        ("", SIMPLIFIED, "zh-Hans"),
        ("", TRADITIONAL, "zh-Hant"),
        ("特此通知。", "", "zh-Hans"),
        ("工業發展報告", "", "zh-Hant"),
        ("关于举办AI Agent开发者大会的通知", "", "zh-Hans"),
        ("", "项目\t数量\t单位\n企业\t128\t家\n产值\t3560.2\t万元\n增速\t12.5\t%", "zh-Hans"),
        ("", "實(shí)現(xiàn)營業(yè)收入同比增長，製(zhì)造業(yè)貢獻(xiàn)最大", "zh-Hant"),
        ("", SIMPLIFIED + ENGLISH, "zh-Hans"),
        ("", SIMPLIFIED[:30] + " ".join([ENGLISH] * 5), "en"),
        ("Output rises in first half", ENGLISH, "en"),
        (
            "药品目录",
            "药品：Amoxicillin Capsules、Azithromycin Tablets、Ceftriaxone Sodium for Injection、Metformin Hydrochloride。"
            "\n以上药品Pfizer、Novartis、AstraZeneca、Bristol-Myers Squibb供应。",
            "zh-Hans",
        ),
        ("处理器横评", "结果显示AMD Ryzen Threadripper PRO 7995WX优于Intel Core i9 Extreme Edition。", "zh-Hans"),
        ("", "Le ministère de l'Industrie a annoncé lundi de nouvelles mesures pour soutenir les entreprises.", "fr"),
        ("", "経済産業省は月曜日、中小企業を支援するための新しい計画を発表しました。", "ja"),
        ("", "산업통상자원부는 월요일 중소기업을 지원하기 위한 새로운 계획을 발표했다.", "ko"),
        ("", "動畫《ドラえもん》在臺北上映，票房創下新高，觀眾反應熱烈，影院加開場次。", "zh-Hant"),
        ("", "བོད་ལྗོངས་ཀྱི་བཟོ་ལས་གོང་འཕེལ་འགྲོ་བཞིན་ཡོད།", "bo"),
        ("", "شىنجاڭنىڭ سانائەت ئىشلەپچىقىرىشى تېز سۈرئەتتە ئاشتى", "ug"),
        ("", "ᠠᠵᠤ ᠦᠢᠯᠡᠳᠪᠦᠷᠢ ᠶᠢᠨ ᠬᠥᠭᠵᠢᠯᠲᠡ", "mn"),
        ("", "Промышленное производство выросло на пять процентов в первом полугодии.", "ru"),
        ("2025-03-04", "12 345.6 %", "und"),
        ("", "", "und"),
    ],
)
def test_a_text_is_called_by_its_language_and_script(title: str, text: str, lang: str) -> None:
    assert identify(title, text).lang == lang


def test_nothing_to_read_has_no_confidence() -> None:
    assert identify("", "2024 / 3.5 —").confidence == 0.0


def test_a_mixed_text_is_less_sure_than_a_pure_one() -> None:
    assert identify("", SIMPLIFIED + ENGLISH).confidence < identify("", SIMPLIFIED).confidence


@given(st.text(max_size=200))
def test_no_text_makes_it_raise_and_the_same_text_has_the_same_answer(text: str) -> None:
    first = identify(text, text)
    assert 0.0 <= first.confidence <= 1.0
    assert identify(text, text) == first


def test_the_fast_detector_answers_exactly_as_langdetect() -> None:
    chance = random.Random(0)
    ranges = [
        (0x20, 0x7F),
        (0x3040, 0x30FF),
        (0x4E00, 0x9FFF),
        (0xAC00, 0xD7A3),
        (0x400, 0x4FF),
        (0xD800, 0xDFFF),
        (0x1F300, 0x1F5FF),
    ]
    texts = [
        SIMPLIFIED,
        TRADITIONAL,
        ENGLISH,
        SIMPLIFIED + ENGLISH,
        "",
        "123",
        "http://example.com/a ENGLISH",
        "特此通知。",
    ]
    for _ in range(120):
        spans = chance.sample(ranges, 2)
        texts.append("".join(chr(chance.randint(*chance.choice(spans))) for _ in range(chance.randint(1, 60))))

    def answer(module: object, text: str) -> list[str]:
        try:
            return [str(found) for found in module.detect_langs(text)]  # type: ignore[attr-defined]
        except Exception as error:
            return [type(error).__name__]

    langdetect.DetectorFactory.seed = langdetect_rs.DetectorFactory.seed = 0
    assert [answer(langdetect_rs, text) for text in texts] == [answer(langdetect, text) for text in texts]
