"""Language identification by kind of text, langdetect as it comes beside ours: `python -m tests.benchmarks.language`.

Texts are the news of ../shared/near_duplicates and the English pages of ../shared/gold; each row rebuilds one row of
the table in the reference on deduplication, section 4.
"""

import gzip
import json
import random
import re
import sys
import time
from collections.abc import Callable

import langdetect_rs
from opencc import OpenCC
from pypinyin import lazy_pinyin

from pipeline.text.language import identify
from tests.makers.places import SHARED

Row = tuple[str, str, list[tuple[str, str]]]


def rows(count: int) -> list[Row]:
    """(name, expected tag, (title, text) pairs)."""
    chance = random.Random(7)
    with gzip.open(SHARED / "near_duplicates" / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        news = [row for row in map(json.loads, lines) if re.fullmatch(r"c\d+", row["id"])]
    news = chance.sample(news, count)
    with (SHARED / "gold" / "truth.jsonl").open(encoding="utf-8") as lines:
        english = [row for row in map(json.loads, lines) if row["lang"] == "en" and row.get("body")]
    paragraphs = [p for row in english for p in row["body"].split("\n") if len(p.split()) > 15]
    sentences = [s for p in paragraphs for s in re.split(r"(?<=[.!?])\s+", p) if len(s.split()) > 7]
    traditional = OpenCC("s2t")
    taiwanese = OpenCC("s2twp")
    t = traditional.convert
    return [
        ("zh-s long", "zh-Hans", [("", row["text"][:800]) for row in news]),
        ("zh-s title", "zh-Hans", [(row["title"], "") for row in news]),
        ("zh-s at most 12 characters", "zh-Hans", [(row["title"][:12], "") for row in news]),
        ("zh-t long", "zh-Hant", [("", t(row["text"][:800])) for row in news]),
        ("zh-t title", "zh-Hant", [(t(row["title"]), "") for row in news]),
        ("zh-t title, Taiwan", "zh-Hant", [(taiwanese.convert(row["title"]), "") for row in news]),
        ("zh-t + pinyin brackets", "zh-Hant", [("", _annotated(t(row["text"][:400]))) for row in news[:400]]),
        ("table: Han labels + numbers", "zh-Hans", [("", _table(row["text"], chance)) for row in news]),
        ("mixed 70 zh / 30 en", "zh-Hans", [("", _mixed(row["text"], chance.choice(paragraphs))) for row in news]),
        ("100 Han + 5 English sentences", "en", [("", row["text"][:100] + " ".join(chance.sample(sentences, 5))) for row in news]),
        ("English long", "en", [("", p) for p in paragraphs]),
        ("English title", "en", [(row["title"], "") for row in english]),
        ("English, the first 8 words", "en", [(" ".join(p.split()[:8]), "") for p in paragraphs]),
        ("digits only", "und", [("", str(chance.random() * 10**9)) for _ in range(100)]),
    ]  # fmt: skip


def _annotated(text: str) -> str:
    return "".join(
        f"{c}({lazy_pinyin(c)[0]})" if "\u4e00" <= c <= "\u9fff" and i % 9 == 0 else c for i, c in enumerate(text)
    )


def _table(text: str, chance: random.Random) -> str:
    labels = re.findall(r"[\u4e00-\u9fff]{2,6}", text)[:12]
    return "\n".join(f"{label}\t{chance.random() * 1000:.1f}\t{chance.randint(1, 99)}" for label in labels)


def _mixed(chinese: str, english: str) -> str:
    return chinese[: int(len(english) * 7 / 3)] + "\n" + english


def as_it_comes(title: str, text: str) -> str:
    """langdetect's own answer on the same characters."""
    try:
        found = str(langdetect_rs.detect(f"{title}\n{text}".strip()))
    except langdetect_rs.LangDetectException:
        return "exception"
    return "zh" if found.startswith("zh") else found


def share(right: Callable[[str, str], bool], texts: list[tuple[str, str]]) -> float:
    return sum(right(title, text) for title, text in texts) / len(texts)


def main() -> None:
    if not SHARED.exists():
        sys.exit("needs ../shared")
    langdetect_rs.DetectorFactory.seed = 0
    print(f"{'':32}{'texts':>6}  langdetect   ours  texts/s")
    for name, expected, texts in rows(1000):
        family = expected[:2]
        plain = share(lambda title, text, family=family: as_it_comes(title, text)[:2] == family, texts)  # type: ignore[misc]
        start = time.perf_counter()
        ours = share(lambda title, text, tag=expected: identify(title, text).lang == tag, texts)  # type: ignore[misc]
        speed = len(texts) / (time.perf_counter() - start)
        print(f"{name:32}{len(texts):6}{plain:12.3f}{ours:7.3f}{speed:9.0f}")


if __name__ == "__main__":
    main()
