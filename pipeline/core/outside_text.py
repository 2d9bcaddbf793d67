"""The door for text that comes from outside: what enters here can be written anywhere."""

import json
import re
from typing import Any

# What nobody sees and no reader expects: controls (but white space), soft hyphens, marks of direction, annotations,
# non-characters. Joiners belong to words of Arabic, Indic and other scripts, and to emoji; elsewhere they are litter.
_JOINED = "\u0590-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\ufb50-\ufdcf\ufe70-\ufefc\U0001f000-\U0001faff"
_LITTER = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff0-\ufffc\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
)
_ANY_UNSEEN = re.compile(f"[{_LITTER}\u200c\u200d]")
_UNSEEN = re.compile(f"[{_LITTER}]+|(?<![{_JOINED}])[\u200c\u200d]+|[\u200c\u200d]+(?![{_JOINED}])")


def sound(text: str) -> str:
    """The text with its pairs of surrogates joined, and U+FFFD for those that stand alone: no file and no table takes them."""
    if text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def seen(text: str) -> str:
    """The text without what nobody sees of it."""
    return _UNSEEN.sub("", text) if _ANY_UNSEEN.search(text) else text


def load_json(text: str) -> Any:
    """The data of a JSON text, control characters in its strings allowed; ValueError where it is none, or nested too deep."""
    try:
        data = json.loads(text, strict=False)
        if "\\ud" in text.lower() or sound(text) is not text:
            return json.loads(sound(json.dumps(data, ensure_ascii=False)), strict=False)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return data
