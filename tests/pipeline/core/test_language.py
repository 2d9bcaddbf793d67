"""People are spoken to in their language: nothing lacks its translation, and what was stored in English is known again."""

import re

import pytest
from babel.messages.pofile import read_po

from pipeline.core import language
from pipeline.core.language import chosen, speaking, t
from tests.makers.places import ROOT
from tests.makers.texts.messages import messages


def catalogue() -> dict[str, str]:
    with (ROOT / "pipeline" / "core" / "words" / "zh.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id}


def test_no_message_lacks_its_translation() -> None:
    said = catalogue()
    assert len(messages()) > 500
    assert sorted(messages() - said.keys()) == []
    assert [each for each, words in said.items() if not words] == []


def test_a_translation_names_all_that_its_message_does() -> None:
    for message, words in catalogue().items():
        places = len(re.findall(r"\{\d?\}", words))
        assert places == message.count("{}"), message
        words.format(*range(places))


def test_a_message_made_whole_or_stored_in_english_is_told_in_the_readers_language() -> None:
    with speaking("zh"):
        assert t("nothing since") == "nothing since"  # no message of ours
        assert t("no source 'a' (there are: b, c)") == "没有来源 'a'（有：b, c）"
        assert t("9 pages came so far, and not one of them gave a document") == "至今抓到 9 个网页，没有一篇成为文档"
        assert t("a/b.yaml:15: name: Field required\na/b.yaml:16: fetch.dealy: unknown key") == (
            "a/b.yaml:15: name: 缺少此键\na/b.yaml:16: fetch.dealy: 没有这个键"
        )
        advice = "The site or its listing does not answer. Open it in a browser; if it moved, change the listing's URL."
        assert t(f"    {advice}") == f"    {t(advice)}"
        assert t(f"no answer within 3 s. {advice}").endswith(t(advice))
        assert t("3 of 9 lines removed") == "9 行中删去 3 行"
        assert t("robots.txt answered 503; 12 letters") == "robots.txt 返回 503；12 个字"
    assert t("no source 'a' (there are: b, c)") == "no source 'a' (there are: b, c)"


@pytest.mark.parametrize(
    ("wishes", "spoken"),
    [(("zh_CN.UTF-8",), "zh"), (("", "fr-FR, zh-TW;q=0.9, en;q=0.5"), "zh"), (("en", "zh"), "en"), (("C", ""), "en"),
     (("zh",), "zh"), ((), "en")],
)  # fmt: skip
def test_the_first_language_that_is_ours_is_spoken(wishes: tuple[str, ...], spoken: str) -> None:
    assert chosen(*wishes) == spoken


def test_each_language_has_its_catalogue_and_its_tag() -> None:
    assert {"en"} | {path.stem for path in (ROOT / "pipeline" / "core" / "words").glob("*.po")} == set(language.TAGS)
