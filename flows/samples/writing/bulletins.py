"""Texts that differ from each other in numbers or names alone, and the English ones; both out of the grammar."""

import random
from typing import Any

from flows.samples.articles import Block
from flows.samples.dates import mark
from flows.samples.writing import texts
from flows.samples.writing.grammar import Voice, words
from flows.samples.writing.texts import Draft


def bulletin(kind: str, rng: random.Random, ago: int, publisher: str) -> Draft:
    """One of a series: oil, aqi, weather, steel, monthly, approval, posting."""
    series: dict[str, Any] = words("bulletins")[kind]
    topics = words("topics")
    speaker = texts.voice(rng)
    field = topics[rng.choice(sorted(topics))]
    speaker.facts |= {
        "day": mark("date", ago),
        "day_title": mark("month_day", ago),
        "year": mark("past_year", ago),
        "month": mark("past_month", ago),
        "up": rng.choice(("上调", "下调")),
        "area": rng.choice(words("names")["names"]["cities"]) + "市",
        "trade": rng.choice(field["name"] + field["things"]),
        "unit": speaker.facts["company"],
        "thing": rng.choice(field["things"]) + rng.choice(("生产线", "扩建", "技术改造", "产业化基地")),
        "name": texts.person(rng),
    }
    blocks = [texts.paragraph(speaker.say(text)) for text in series["body"]]
    if "table" in series:
        blocks.insert(1, Block(kind="table", rows=tuple(tuple(map(speaker.say, row)) for row in series["table"])))
    if series.get("signed"):
        blocks += texts.signature(publisher, ago)
    return Draft(
        title=speaker.say(series["title"]), blocks=tuple(blocks), topic=field["name"][0], city=speaker.facts["city"]
    )


def english(rng: random.Random, ago: int, publisher: str) -> Draft:
    """An English news item of 5 to 9 paragraphs."""
    pools = {name: phrases for table in words("english").values() for name, phrases in table.items()}
    pools["Gain"], pools["When"] = (
        [_capital(text) for text in pools["gain"]],
        [_capital(text) for text in pools["when"]],
    )
    pools["who_capital"] = [_capital(text) for text in pools["who"]]
    speaker = Voice(rng, pools, {"weekday": mark("weekday", ago)})
    title = speaker.one("title")
    said = [speaker.one("lead")] + [speaker.one("body") for _ in range(rng.randint(4, 7))] + [speaker.one("close")]
    return Draft(title=_capital(title), blocks=tuple(map(texts.paragraph, said)), topic="industry", city="", lang="en")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
