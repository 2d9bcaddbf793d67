"""The numbers that Word writes itself: 第一条, 一、, 1.2 are in no paragraph's text, but in rules beside it."""

from dataclasses import dataclass, field

from lxml import etree

from pipeline.attachments.formats.packages import Package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_CHINESE = frozenset(
    [
        "chineseCounting",
        "chineseCountingThousand",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "japaneseCounting",
        "ideographDigital",
        "koreanCounting",
        "ideographTraditional",
    ]
)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    format: str
    text: str


@dataclass(slots=True)
class Numbering:
    """Counts the numbered paragraphs of a document in its order."""

    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # numId -> level
    _styles: dict[str, tuple[str, int]] = field(default_factory=dict)  # style -> numId and level
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)  # abstract list -> level -> number
    _list_of: dict[str, str] = field(default_factory=dict)  # numId -> abstract list

    @classmethod
    def of(cls, package: Package) -> "Numbering":
        """The rules of a document; none where it has none."""
        found = cls()
        if package.has("word/numbering.xml"):
            found._read(package.tree("word/numbering.xml"))
            if package.has("word/styles.xml"):
                found._read_styles(package.tree("word/styles.xml"))
        return found

    def mark(self, paragraph: etree._Element) -> str:
        """The number that stands before this paragraph; counts it."""
        if not self._levels:
            return ""
        number, level = self._of(paragraph)
        levels = self._levels.get(number)
        if not levels or level not in levels:
            return ""
        counts = self._counts.setdefault(self._list_of[number], {})
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        counts[level] = counts[level] + 1 if level in counts else levels[level].start
        if levels[level].format in ("bullet", "none", "picture"):
            return ""
        text = levels[level].text
        for each in range(level + 1):
            if f"%{each + 1}" in text and each in levels:
                text = text.replace(f"%{each + 1}", _written(counts.get(each, levels[each].start), levels[each].format))
        return text

    def _of(self, paragraph: etree._Element) -> tuple[str, int]:
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return "", 0
        style = _value(properties.find(f"{_W}pStyle"))
        number, level = self._styles.get(style, ("", 0))
        own = properties.find(f"{_W}numPr")
        if own is not None:
            number = _value(own.find(f"{_W}numId")) or number
            level = int(_value(own.find(f"{_W}ilvl")) or level)
        return number, level

    def _read(self, tree: etree._Element) -> None:
        lists = {each.get(f"{_W}abstractNumId", ""): _levels_of(each) for each in tree.iter(f"{_W}abstractNum")}
        for each in tree.iter(f"{_W}num"):
            number, abstract = each.get(f"{_W}numId", ""), _value(each.find(f"{_W}abstractNumId"))
            self._levels[number] = lists.get(abstract, {}) | _overridden(each, lists.get(abstract, {}))
            fresh = each.find(f"{_W}lvlOverride/{_W}startOverride") is not None
            self._list_of[number] = f"{abstract}/{number}" if fresh else abstract

    def _read_styles(self, tree: etree._Element) -> None:
        for style in tree.iter(f"{_W}style"):
            own = style.find(f"{_W}pPr/{_W}numPr")
            if own is not None and (number := _value(own.find(f"{_W}numId"))):
                level = int(_value(own.find(f"{_W}ilvl")) or 0)
                self._styles[style.get(f"{_W}styleId", "")] = (number, level)


def _levels_of(parent: etree._Element) -> dict[int, _Level]:
    return {
        int(each.get(f"{_W}ilvl", "0")): _Level(
            int(_value(each.find(f"{_W}start")) or 1),
            _value(each.find(f"{_W}numFmt")),
            _value(each.find(f"{_W}lvlText")),
        )
        for each in parent.iter(f"{_W}lvl")
    }


def _overridden(number: etree._Element, levels: dict[int, _Level]) -> dict[int, _Level]:
    found = _levels_of(number)
    for each in number.iter(f"{_W}lvlOverride"):
        level, start = int(each.get(f"{_W}ilvl", "0")), _value(each.find(f"{_W}startOverride"))
        if start and level in levels and level not in found:
            found[level] = _Level(int(start), levels[level].format, levels[level].text)
    return found


def _value(element: etree._Element | None) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _written(number: int, form: str) -> str:
    if form in _CHINESE:
        return _chinese(number)
    if form in ("upperLetter", "lowerLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("upperRoman", "lowerRoman"):
        text = ""
        for value, sign in _ROMAN:
            while number >= value:
                text, number = text + sign, number - value
        return text.upper() if form == "upperRoman" else text
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    return f"{number:02d}" if form == "decimalZero" else str(number)


def _chinese(number: int) -> str:
    """Up to 9999: 十一, 二十, 一百零五."""
    if number < 10:
        return _DIGITS[number]
    text, gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + sign
            gap = False
        else:
            gap = True
    return text[1:] if text.startswith("一十") else text
