"""Article texts out of the grammar: news, notices, interpretations, lists; each with its own field, place, people and numbers."""

import random
from dataclasses import dataclass, replace

from flows.samples.articles import Block
from flows.samples.dates import mark
from flows.samples.writing.grammar import Voice, words

NUMERALS = "一二三四五六七八九十"

# genre -> the parts its paragraphs are made of; the first paragraph is the lead, the last is an outlook
NEWS: dict[str, tuple[str, ...]] = {
    "meeting": ("require", "require", "measure", "data", "require", "measure"),
    "survey": ("scene", "require", "quote", "measure", "require", "pain_talk"),
    "project": ("data", "quote", "measure", "result", "quote"),
    "economy": ("data", "data", "measure", "result", "data", "pain_talk"),
    "feature": ("scene", "quote", "measure", "result", "quote", "data", "scene"),
    "comment": ("argue", "measure", "argue", "argue", "result"),
    "firm": ("data", "quote", "result", "measure"),
    "expo": ("data", "quote", "scene", "result"),
}
# what title and body must agree on
SHARED = {
    "main": "[things]",
    "span": "[when]",
    "invest": "[fund]",
    "growth": "[1.2-18.9]",
    "edition": "[2-28]",
    "deals": "[3-48]",
    "soon_day": "近日",
}
PAIRED = ("project", "firm", "expo")  # their n-th title goes with their n-th lead
HEADED = ("economy", "feature", "survey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A title and a body without an address and a date."""

    title: str
    blocks: tuple[Block, ...]
    topic: str
    city: str
    author: str = ""
    number: str = ""
    issuer: str = ""
    lang: str = "zh-Hans"


def with_blocks(draft: Draft, title: str, blocks: tuple[Block, ...]) -> Draft:
    return replace(draft, title=title, blocks=blocks)


def person(rng: random.Random) -> str:
    names = words("names")["names"]
    return rng.choice(names["surnames"]) + rng.choice(names["given"])


def voice(rng: random.Random, **facts: str) -> Voice:
    """A voice for one article about one field in one city."""
    zh, topics, names = words("zh"), words("topics"), words("names")["names"]
    field = (
        next((one for one in topics.values() if one["name"][0] == facts.get("topic")), None)
        or topics[rng.choice(sorted(topics))]
    )
    brands, trades, leader = rng.sample(names["brands"], 2), rng.sample(names["trades"], 2), person(rng)
    pools = {
        **{name: phrases for table in ("small", "leads", "parts") for name, phrases in zh[table].items()},
        **{f"notice_{name}": phrases for name, phrases in zh["notice"].items()},
        "title_policy": zh["titles"]["policy"],
        "things": field["things"],
        "work": field["works"],
        "pain": field["pains"],
        "gain": field["gains"],
        "person": [person(rng) for _ in range(12)],
        "district": [name + rng.choice("区区县") for name in rng.sample(names["districts"], 2)],
    }
    own = {
        "topic": field["name"][0],
        "city": rng.choice(names["cities"]) + "市",
        "province": rng.choice(names["provinces"]) + "省",
        "leader": rng.choice(names["offices"]) + leader,
        "leader_short": leader,
        "company": brands[0] + trades[0] + rng.choice(("股份", "")) + "有限公司",
        "company2": brands[1] + trades[1] + "集团",
        "short_company": brands[0] + trades[0],
        "short_company2": brands[1] + trades[1],
    }
    speaker = Voice(rng, pools, own | facts)
    for name, template in SHARED.items():
        speaker.facts.setdefault(name, speaker.say(template))
    return speaker


def paragraph(*texts: str) -> Block:
    return Block(kind="p", text="".join(texts))


def heading(text: str) -> Block:
    return Block(kind="heading", text=text)


def news(rng: random.Random, genre: str, ago: int | None = None, **facts: str) -> Draft:
    """A report, a feature or a comment of 4 to 11 paragraphs, about what happened so many days ago."""
    speaker = voice(rng, **({} if ago is None else {"soon_day": mark("day", ago)}), **facts)
    leads, titles = words("zh")["leads"][genre], words("zh")["titles"][genre]
    place = rng.randrange(len(titles))
    title = speaker.say(titles[place])
    blocks = [paragraph(speaker.say(leads[place] if genre in PAIRED else rng.choice(leads)))]
    parts = list(NEWS[genre])
    rng.shuffle(parts)
    headed = genre in HEADED and rng.random() < 0.6
    for number, part in enumerate(parts[: rng.randint(3, len(parts))]):
        if headed and number % 2 == 0:
            blocks.append(
                heading(speaker.say(rng.choice(("[work] [gain]", "[things]：[gain]", "从“[pain]”到“[gain]”"))))
            )
        said = [speaker.one(part)] + [speaker.one(rng.choice(parts)) for _ in range(rng.randint(0, 2))]
        blocks.append(paragraph(*said))
    blocks.append(paragraph(speaker.one("outlook")))
    author = person(rng) if rng.random() < 0.5 else ""
    if author:
        blocks[-1] = paragraph(blocks[-1].text, f"（记者{author}）")
    return _draft(speaker, title, blocks, author=author)


def notice(rng: random.Random, ago: int, issuer: str, number: str = "", **facts: str) -> Draft:
    """An official notice with numbered requirements, attachments, signature and date."""
    speaker = _with_document(voice(rng, **facts))
    title = issuer + speaker.one("notice_title")
    blocks = [
        paragraph(speaker.say("各(县区|市州|市县)主管部门，(各有关单位|有关企业|各直属单位)：")),
        paragraph(speaker.one("notice_why")),
    ]
    for number_ in range(rng.randint(3, 6)):
        blocks.append(heading(f"{NUMERALS[number_]}、{speaker.one('notice_head')}"))
        clauses = [speaker.one("notice_clause") for _ in range(rng.randint(1, 3))]
        if len(clauses) > 1:
            clauses = [f"（{NUMERALS[place]}）{clause}" for place, clause in enumerate(clauses)]
        blocks += [paragraph(clause) for clause in clauses]
    blocks.append(paragraph(speaker.say(f"联系人：{person(rng)}　　联系电话：0[300-799]-[2000000-8999999]")))
    blocks += attachments(speaker, rng.randint(0, 2))
    blocks += signature(issuer, ago)
    return _draft(speaker, title, blocks, number=number, issuer=issuer)


def short_notice(rng: random.Random, ago: int, issuer: str, number: str = "", **facts: str) -> Draft:
    """A notice whose matter lies in its attachment: one sentence, the file, signature and date."""
    speaker = _with_document(voice(rng, **facts))
    sentence = speaker.one("notice_short")
    title = f"{issuer}关于{speaker.facts['doc']}有关事项的{rng.choice(('通知', '公告', '公示'))}"
    blocks = [paragraph(sentence), *attachments(speaker, 1), *signature(issuer, ago)]
    return _draft(speaker, title, blocks, number=number, issuer=issuer)


def interpretation(rng: random.Random, issuer: str, **facts: str) -> Draft:
    """Questions and answers about a document."""
    speaker = _with_document(voice(rng, issuer=issuer, **facts))
    title = speaker.one("title_policy")
    blocks = [paragraph(speaker.one("policy"))]
    asked = rng.random() < 0.5
    for place in range(rng.randint(3, 5)):
        question = speaker.say(rng.choice(QUESTIONS))
        blocks.append(heading(f"问：{question}" if asked else f"{NUMERALS[place]}、{question}"))
        answer = speaker.one("general") + speaker.one(rng.choice(("general", "measure", "pain_talk")))
        blocks.append(paragraph("答：" if asked else "", answer))
    return _draft(speaker, title, blocks, issuer=issuer)


def name_list(rng: random.Random, ago: int, issuer: str, **facts: str) -> Draft:
    """A public list with a table."""
    speaker = voice(rng, **facts)
    names = words("names")["names"]
    kind = speaker.say("[things](示范应用|首批次|重点培育)(企业|项目)")
    year = mark("year", ago)
    title = f"{issuer}关于{year}年{kind}名单的公示"
    rows: list[tuple[str, ...]] = [("序号", "单位名称", "所在地", "申报方向")]
    for place in range(rng.randint(5, 14)):
        unit = rng.choice(names["brands"]) + rng.choice(names["trades"]) + "有限公司"
        rows.append((str(place + 1), speaker.facts["city"][:-1] + unit, speaker.one("district"), speaker.one("things")))
    blocks = [
        paragraph(
            speaker.say(
                f"经企业申报、属地推荐、专家评审，拟将以下{len(rows) - 1}家单位列入{year}年{kind}名单，现予以公示，公示期[5-10]个工作日。"
            )
        ),
        Block(kind="table", rows=tuple(rows)),
        paragraph(
            speaker.say(
                "公示期内如有异议，请以书面形式反映，举报电话：0[300-799]-[2000000-8999999]。单位反映的应加盖公章，个人反映的应署真实姓名。"
            )
        ),
        *signature(issuer, ago),
    ]
    return _draft(speaker, title, blocks, issuer=issuer)


def attachments(speaker: Voice, count: int) -> list[Block]:
    """Attachment lines as they stand at the end of a notice's body; their addresses are relative to the page."""
    kinds = [speaker.rng.choice(("pdf", "doc", "docx", "xls", "xlsx", "wps", "ofd", "zip")) for _ in range(count)]
    blocks = []
    for place, kind in enumerate(kinds, 1):
        name = speaker.say("[things](申报书|汇总表|推荐名单|实施方案|填报说明|承诺书)") + "." + kind
        label = "附件：" if count == 1 else f"附件{place}："
        blocks.append(
            Block(kind="attachment", text=label + name, url=f"W{speaker.rng.randrange(10**17, 10**18)}.{kind}")
        )
    return blocks


def signature(issuer: str, ago: int) -> list[Block]:
    return [Block(kind="signature", text=issuer), Block(kind="signature", text=mark("date", ago))]


QUESTIONS = (
    "制定《[short]》的背景是什么？",
    "对[things]有哪些支持？",
    "《[short]》适用于哪些对象？",
    "如何解决“[pain]”？",
    "企业最关心的[things]怎么办理？",
    "怎样理解“[work]”？",
    "下一步如何抓好落实？",
)


def _with_document(speaker: Voice) -> Voice:
    document = speaker.one("notice_doc")
    speaker.facts |= {"doc": document, "short": document.split("（")[0][-4:]}
    return speaker


def _draft(
    speaker: Voice, title: str, blocks: list[Block], *, author: str = "", number: str = "", issuer: str = ""
) -> Draft:
    return Draft(
        title=title,
        blocks=tuple(blocks),
        topic=speaker.facts["topic"],
        city=speaker.facts["city"],
        author=author,
        number=number,
        issuer=issuer,
    )
