"""What sites do to a text when they repost it, each a function from (text, random) to text; all added text is our own."""

import random
import re
from collections.abc import Callable
from functools import cache

from opencc import OpenCC
from pypinyin import Style, pinyin

Edit = Callable[[str, random.Random], str]


def furniture(text: str, pick: random.Random) -> str:
    """Navigation and bylines before, disclaimer and links after."""
    site = pick.choice(["某地在线", "城市观察网", "行业资讯平台", "每日产业"])
    head = [
        f"当前位置：首页 > {pick.choice(['要闻', '产业', '政策'])} > 正文",
        f"2026-0{pick.randint(1, 9)}-1{pick.randint(0, 9)} 0{pick.randint(1, 9)}:{pick.randint(10, 59)}　来源：{site}　浏览：{pick.randint(10, 9999)}次　字号：大 中 小",
    ]
    tail = [
        f"（责任编辑：{pick.choice(['小李', '阿明', '老周'])}）",
        f"声明：{site}转载此文出于传递更多信息之目的，并不意味着赞同其观点或证实其描述。如涉及版权问题，请与我们联系，我们将及时处理。",
        "相关阅读",
        "全市重点项目集中开工 总投资再创新高",
        "专家解读：产业转型升级的三个关键，听听他们怎么说。",
        f"版权所有 {site} 未经授权请勿转载 网站地图 联系我们",
    ]
    return "\n".join([*head, text, *tail])


def retitled(text: str, pick: random.Random) -> str:
    return f"重磅！这件事有了新进展\n原标题：{text[:18]}\n{text}"


def captions(text: str, pick: random.Random) -> str:
    lines = text.split("\n")
    for place in sorted(pick.sample(range(1, len(lines) + 1), min(3, len(lines))), reverse=True):
        lines.insert(
            place,
            pick.choice(
                [
                    "▲图为活动现场。记者 小王 摄",
                    "（图片来源：城市观察网）",
                    "资料图：园区一角。某某供图",
                    f"{lines[0][:16]}（{place}）",
                ]
            ),
        )
    return "\n".join(lines)


def cut(share: float) -> Edit:
    def without(text: str, pick: random.Random) -> str:
        lines = text.split("\n")
        gone = set(pick.sample(range(len(lines)), min(int(len(lines) * share), len(lines) - 1)))
        return "\n".join(line for n, line in enumerate(lines) if n not in gone)

    return without


@cache
def _converter(scheme: str) -> OpenCC:
    return OpenCC(scheme)  # made once: it reads its dictionaries


def converted(scheme: str, *, annotated: bool = False) -> Edit:
    def convert(text: str, pick: random.Random) -> str:
        other = _converter(scheme).convert(text)
        if not annotated:
            return str(other)
        simple = _converter("t2s")
        return "".join(
            f"{char}({pinyin(simple.convert(char), style=Style.TONE)[0][0]})"
            if simple.convert(char) != char and pick.random() < 0.6
            else char
            for char in other
        )

    return convert


def noise(rate: float) -> Edit:
    def typed(text: str, pick: random.Random) -> str:
        out = []
        for char in text:
            if char != "\n" and pick.random() < rate:
                out.append(pick.choice(["", pick.choice("的一是在不了有和人这"), char + pick.choice("地得们中上")]))
            else:
                out.append(char)
        return "".join(out)

    return typed


def punctuation(text: str, pick: random.Random) -> str:
    return "\n".join("\u3000\u3000" + line for line in text.translate(str.maketrans("，；：（）", ",;:()")).split("\n"))


def reordered(text: str, pick: random.Random) -> str:
    lines = text.split("\n")
    half = len(lines) // 2
    return "\n".join(lines[half:] + lines[:half])


def new_lead(text: str, pick: random.Random) -> str:
    """The dateline and the first words are the reposter's."""
    first, *rest = text.split("\n")
    return "\n".join(
        [
            f"某社北京3月{pick.randint(1, 30)}日电（记者小张）{re.sub(r'^[^，。]{0,20}[，。]', '', first, count=1)}",
            *rest,
        ]
    )


def excerpt(text: str, pick: random.Random) -> str:
    whole = text.replace("\n", "")
    return whole[: int(len(whole) * 0.4)] + "……【查看全文】"


def merged_pages(text: str, pick: random.Random) -> str:
    lines = text.split("\n")
    half = (len(lines) + 1) // 2
    return "\n".join([*lines[:half], "第1页 共2页", "上一页 1 2 下一页", *lines[half:], "第2页 共2页"])


def one_line(text: str, pick: random.Random) -> str:
    return text.replace("\n", " ") + "（编辑：小刘）"


def all_at_once(text: str, pick: random.Random) -> str:
    return furniture(captions(cut(0.2)(text, pick), pick), pick)


EDITS: dict[str, Edit] = {
    "furniture": furniture, "retitled": retitled, "captions": captions, "cut 10 %": cut(0.1), "cut 20 %": cut(0.2), "cut 40 %": cut(0.4),
    "s2t": converted("s2t"), "s2tw": converted("s2tw"), "s2hk": converted("s2hk"), "s2twp": converted("s2twp"),
    "s2t with pinyin": converted("s2t", annotated=True), "noise 2 %": noise(0.02), "noise 5 %": noise(0.05), "noise 10 %": noise(0.1),
    "punctuation": punctuation, "reordered": reordered, "new lead": new_lead, "excerpt": excerpt, "merged pages": merged_pages,
    "one line": one_line, "all at once": all_at_once,
    "all at once, s2twp": lambda text, pick: converted("s2twp")(all_at_once(text, pick), pick),
}  # fmt: skip
