"""Scripts and annotations: honest traditional text, and what a repost farm's machine makes of simplified text."""

from functools import cache

import opencc
from pypinyin import Style, pinyin


@cache
def _converter(name: str) -> opencc.OpenCC:
    return opencc.OpenCC(name)


def hong_kong(text: str) -> str:
    """Simplified text in the script of Hong Kong."""
    return str(_converter("s2hk").convert(text))


def reversible(text: str) -> bool:
    """Whether the way to traditional and back gives the same text, character by character."""
    there = traditional(text)
    return len(there) == len(text) and bool(_converter("t2s").convert(there) == text)


def annotated(text: str, every: int = 1) -> str:
    """Traditional text with the toned reading after each (or every n-th) character that changed: 工業(yè)和信息化."""
    out, changed = [], 0
    for before, after in zip(text, traditional(text), strict=True):
        out.append(after)
        if before != after:
            changed += 1
            if changed % every == 0:
                out.append(f"({_reading(before)})")
    return "".join(out)


def traditional(text: str) -> str:
    """Simplified text by a machine's conversion."""
    return str(_converter("s2t").convert(text))


@cache
def _reading(character: str) -> str:
    return str(pinyin(character, style=Style.TONE)[0][0])
