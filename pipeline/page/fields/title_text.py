"""How titles are compared, parted and tidied."""

import re
import unicodedata

from pipeline.page.fields.rules import TitleRules, compiled

_SEPARATOR = re.compile(
    r"\s*(?:--+|——+|[_|｜丨¦»›>＞«<＜]+|::|\s[-–—·•/]\s)\s*"
    r"|(?<=[\u3400-\u9fff）)】》”\d%!?！？…。A-Za-z])\s*[-－–—]\s*(?=[\u3400-\u9fff])"
)
_BRACKETS = {"【": "】", "《": "》", "“": "”", "「": "」", "（": "）", "[": "]"}
CUT = re.compile(r"(\.{2,}|…+|\[详细\])\s*$")  # what a CMS leaves where it cut a title off
_NO_LETTERS = re.compile(r"[\W_]+")
_RESIDUE = re.compile(
    r"(?:\s*[-–_|｜丨»›>]){2,}\s*$|\s+[-–_|｜丨»›>]\s*$"
)  # where a site's name was printed, and is empty
_SUBTITLE = re.compile(r"^\s*(——|--|―|－|—|副标题)")


def letters(text: str) -> str:
    """The characters that count when two titles are compared: no white space, no punctuation, one width, one case."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).lower())


def cuts(text: str) -> list[re.Match[str]]:
    """Where the name of a site or a column may be glued to a title; not inside brackets or quotation marks."""
    found = list(_SEPARATOR.finditer(text))
    if not found or not any(bracket in text for bracket in _BRACKETS):
        return found
    return [match for match in found if not _inside(text, match.start())]


def _inside(text: str, place: int) -> bool:
    before, after = text[:place], text[place:]
    return any(before.rfind(left) > before.rfind(right) and right in after for left, right in _BRACKETS.items())


def pieces(text: str) -> list[str]:
    """The parts of a text between its cuts."""
    edges = [0, *(edge for match in cuts(text) for edge in match.span()), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def tidy(text: str, rule: TitleRules) -> str:
    """One line: breaks folded, subtitles, what farms put in front and `原标题：` gone."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    title = lines[0]
    for line in lines[1:]:
        if _SUBTITLE.search(line):
            break
        title += line if belongs_together(title, line, rule) else f" {line}"
    title = compiled(rule.original).sub("", title)
    return _RESIDUE.sub("", compiled(rule.prefix).sub("", title)).strip()


def belongs_together(upper: str, lower: str, rule: TitleRules) -> bool:
    """Whether two lines are one official title: a body's name above 关于…, or a line that 的通知 completes."""
    if compiled(rule.document_head).search(lower) and compiled(rule.body_name).search(upper):
        return True
    started = compiled(rule.document_head).search(upper) or "关于" in upper
    return bool(
        started and not compiled(rule.document_kind).search(upper) and compiled(rule.document_kind).search(lower)
    )
