"""A title and a text in, their language and script out: langdetect, kept right on Chinese.

langdetect's Korean profile is full of Chinese characters: it calls half of all Chinese titles, most traditional texts
and every table Korean (issues 51, 61, 98, 109 of langdetect). So a language whose script is absent never takes part,
the script with the most words decides between Chinese and Latin, and Hans against Hant is a count of characters.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from opencc import OpenCC

from pipeline.core.config import Strict
from pipeline.text.repair import simplified, strip_readings

try:
    import langdetect_rs as langdetect  # the same answers 60 times faster
    from langdetect_rs.detector_factory import PROFILES_DIRECTORY
except ImportError:  # pragma: no cover - a platform without its wheel
    import langdetect
    from langdetect.detector_factory import PROFILES_DIRECTORY


class LanguageLimits(Strict):
    """The numbers that decide between scripts."""

    sample: int = 3_000  # characters, a third each of the beginning, the middle and the end; more changes no answer
    han_per_word: float = 1.6  # Han characters that say as much as one Latin word
    english: float = 1e5  # prior of English against each other Latin language; at 1e3 headlines with foreign names are
    # called Tagalog, at 1e7 French headlines are called English
    own_script: float = (
        0.18  # share of kana or hangul below which they are names in a Chinese text; Japanese prose has 0.35
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A BCP 47 tag (`zh-Hans`, `zh-Hant`, `en`, …; `und` where nothing can be read) and how sure it is, 0..1."""

    lang: str
    confidence: float


LIMITS = LanguageLimits()
UNDETERMINED = Language(lang="und", confidence=0.0)

_CJK = ("zh-cn", "zh-tw", "ja", "ko")
_LATIN = frozenset(
    """
    af ca cs cy da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl so sq sv sw tl tr vi
""".split()
)
# Scripts that langdetect has no profile for; it would name the letters' nearest neighbour, or nothing.
_UNPROFILED = (
    ("bo", re.compile(r"[\u0f00-\u0fff]")),
    ("mn", re.compile(r"[\u1800-\u18af]")),
    ("ii", re.compile(r"[\ua000-\ua4cf]")),
    ("dai", re.compile(r"[\u1950-\u19df]")),
)
_ARABIC = re.compile(r"[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")
_UYGHUR = re.compile(r"[ېۇۆۈۋڭەھگ]")  # vowels and letters that Arabic and Persian do not write so
_KAZAKH = re.compile(r"[ٴۇۋ]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_HAN_GRAMMAR = re.compile(r"(?<=[\u4e00-\u9fff])[,、:]|[的了在是和与及等为将被对从到有这其於與為將對從]")  # after NFKC
_HAN_SENTENCE = 6  # Han characters
_HAN_CLAUSE = 4  # of them, where a full stop that only Chinese and Japanese have ends it
_WORDS_PER_SMALL_WORD = 8  # Latin prose has one in three; lists of names have one in twenty
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['’-][A-Za-z\u00c0-\u024f]+)*")
_OTHER_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"https?://\S+|[\w.+-]+@[\w-]+\.[\w.]+")

_to_traditional = OpenCC("s2t")


def identify(title: str, text: str, limits: LanguageLimits = LIMITS) -> Language:
    """The language of an article; digits, signs or nothing give `und` with confidence 0."""
    raw = _sampled(f"{title}\n{text}", limits.sample)
    sample, _ = strip_readings(_ADDRESS.sub(" ", unicodedata.normalize("NFKC", raw)))
    words = _words_by_script(sample, limits)
    script, most = max(words.items(), key=lambda item: item[1])
    if not most:
        return UNDETERMINED
    share = most / sum(words.values())
    if script in _CJK:
        lang, probability = _detect(simplified(sample) if script == "zh-cn" else sample, _cjk(sample, limits))
    elif script == "latin":
        lang, probability = _detect(sample, _LATIN, english=limits.english)
    elif script == "other":
        lang, probability = _detect(sample, frozenset(_languages()) - _LATIN - set(_CJK))
    else:
        lang, probability = script, 1.0
    if lang.startswith("zh"):
        lang = chinese_script(sample)
    return Language(lang=lang, confidence=round(probability * share, 4))


def _sampled(text: str, most: int) -> str:
    """A long text by its beginning, its middle and its end."""
    if len(text) <= most:
        return text
    part = most // 3
    middle = (len(text) - part) // 2
    return "\n".join((text[:part], text[middle : middle + part], text[-part:]))


def chinese_script(text: str) -> str:
    """`zh-Hant` if more characters are written only so in traditional texts than only so in simplified ones."""
    traditional = only_simplified = 0
    for character, count in Counter(_HAN.findall(text)).items():
        kind = _script_of(character)
        traditional += count * (kind == "Hant")
        only_simplified += count * (kind == "Hans")
    return "zh-Hant" if traditional > only_simplified else "zh-Hans"


@cache
def _script_of(character: str) -> str:
    if simplified(character) != character:
        return "Hant"
    return "Hans" if str(_to_traditional.convert(character)) != character else ""


def _words_by_script(sample: str, limits: LanguageLimits) -> dict[str, float]:
    """How many words each script has, Han characters counted by the word."""
    rest = sample
    counts: dict[str, float] = {}
    counts["zh-cn"] = len(_HAN.findall(sample)) / limits.han_per_word
    counts["zh-cn"] += (len(_KANA.findall(sample)) + len(_HANGUL.findall(sample))) / limits.han_per_word
    for pattern in (_HAN, _KANA, _HANGUL):
        rest = pattern.sub(" ", rest)
    for lang, pattern in _UNPROFILED:
        counts[lang] = len(pattern.findall(rest)) / limits.han_per_word
        rest = pattern.sub(" ", rest)
    arabic = len(_ARABIC.findall(rest)) / limits.han_per_word
    if arabic and len(_UYGHUR.findall(rest)) * 10 > len(_ARABIC.findall(rest)):
        counts["kk" if _KAZAKH.search(rest) and "ٴ" in rest else "ug"] = arabic
        rest = _ARABIC.sub(" ", rest)
    counts["latin"] = len(_LATIN_WORD.findall(rest if counts["zh-cn"] == 0 else _without_names(sample)))
    counts["other"] = len(_OTHER_WORD.findall(_LATIN_WORD.sub(" ", rest)))
    return counts


def _without_names(sample: str) -> str:
    """The Latin lines of a text that has Han sentences: names of ships, processors or brands are no language.

    A line is Latin where its small words say so (the, of, de, und); names, however many, have hardly any. A text
    without a Han sentence is left as it is, without its Han.
    """
    lines = re.findall(r"[^\n。!?;]+。?", sample)
    if not any(map(_is_han_sentence, lines)):
        return _HAN.sub(" ", sample)
    return "\n".join(_HAN.sub(" ", line) for line in lines if _is_latin_sentence(line))


def _is_han_sentence(line: str) -> bool:
    han = len(_HAN.findall(line))
    return (han >= _HAN_SENTENCE and bool(_HAN_GRAMMAR.search(line))) or (han >= _HAN_CLAUSE and "。" in line)


def _is_latin_sentence(line: str) -> bool:
    words = _LATIN_WORD.findall(line)
    small = sum(len(word) <= 3 and word.islower() for word in re.findall(r"\b[^\W\d_]+\b", line))
    return bool(small > 1 and small * _WORDS_PER_SMALL_WORD >= len(words) > len(_HAN.findall(line)) / 2)


def _cjk(sample: str, limits: LanguageLimits) -> frozenset[str]:
    """Which of Chinese, Japanese and Korean the scripts allow."""
    han, kana, hangul = (len(pattern.findall(sample)) for pattern in (_HAN, _KANA, _HANGUL))
    total = han + kana + hangul
    allowed = {"zh-cn", "zh-tw"} if han else set()
    if kana > limits.own_script * total:
        allowed.add("ja")
    if hangul > limits.own_script * total:
        allowed.add("ko")
    return frozenset(allowed)


@cache
def _factory() -> Any:
    factory = langdetect.DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(0)  # unseeded, one short text in nine changes its language from call to call
    return factory


def _languages() -> list[str]:
    return list(_factory().get_lang_list())


def _detect(sample: str, allowed: frozenset[str], *, english: float = 1.0) -> tuple[str, float]:
    """langdetect's best language among those allowed, and its probability."""
    detector = _factory().create()
    detector.set_prior_map(dict.fromkeys(allowed, 1.0) | ({"en": english} if "en" in allowed else {}))
    detector.append(sample)
    try:
        found = detector.get_probabilities()
    except langdetect.LangDetectException:  # no features
        found = []
    if not found:
        return (min(allowed), 0.5) if len(allowed) == 1 or allowed <= set(_CJK) else ("und", 0.0)
    if found[0].lang.startswith("zh"):
        return "zh", min(1.0, sum(each.prob for each in found if each.lang.startswith("zh")))
    return found[0].lang, found[0].prob
