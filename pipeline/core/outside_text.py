"""The door for text that comes from outside: what enters here can be written anywhere."""

import json
from typing import Any


def sound(text: str) -> str:
    """The text with its pairs of surrogates joined, and U+FFFD for those that stand alone: no file and no table takes them."""
    if text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def load_json(text: str) -> Any:
    """The data of a JSON text, control characters in its strings allowed; ValueError where it is none, or nested too deep."""
    try:
        data = json.loads(text, strict=False)
        if "\\ud" in text.lower() or sound(text) is not text:
            return json.loads(sound(json.dumps(data, ensure_ascii=False)), strict=False)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return data
