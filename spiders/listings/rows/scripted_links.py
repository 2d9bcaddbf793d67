"""Links that run through a function of the page's own script: where the script shows what address it makes, that address.

`<a href="javascript:openNews('1000')">` beside `function openNews(id) { window.open('/art/' + id + '.html'); }` leads to
`/art/1000.html`. A function that a page takes from elsewhere shows nothing, and its links lead nowhere.
"""

import html
import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from spiders.listings.rows.anchors import is_label, squeeze

_CALL = re.compile(r"([A-Za-z_$][\w$]*)\s*\(([^()]*)\)")
_NO_CALLS = frozenset(["void", "return", "if", "javascript"])
_FUNCTION = re.compile(
    r"function\s+([A-Za-z_$][\w$]*)\s*\(([^)]*)\)\s*\{|"
    r"(?:(?:var|let|const)\s+|window\.)?([A-Za-z_$][\w$]*)\s*=\s*(?:function\s*)?\(?([\w$,\s]*)\)?\s*(?:=>)?\s*\{"
)
_GOES = re.compile(
    r"(?:location(?:\.href)?\s*=(?!=)|location\.(?:assign|replace)\s*\(|(?<![\w$])(?:window\.)?open\s*\()\s*([^;,\n]+)"
)
_MADE = re.compile(r"(?:\b(?:var|let|const)\s+)?([A-Za-z_$][\w$]*)\s*=(?!=)\s*([^;\n]+)")
_PIECE = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|([A-Za-z_$][\w$]*)|(\d+))\s*(\+|$)"""
)
_ARGUMENT = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|([\w$.-]*))\s*(?:,|$)""")
_SCRIPTED = ("href", "onclick", "ondblclick")
_MOST = 300_000  # characters of a script that is looked at: longer ones are libraries
_DEEP = 5  # variables that are made of others


def resolve(tree: HtmlElement) -> None:
    """Write the address that a script makes beside each link that calls it, as `data-href`."""
    calls = list(_calls(tree))
    if not calls:
        return
    scripts = "\n".join(text for node in tree.iter("script") if (text := node.text) and len(text) < _MOST)
    functions = {name: (names, body) for name, names, body in _functions(scripts)}
    for element, name, arguments in calls:
        if is_label(squeeze(str(element.text_content()))):
            continue  # of a pager: `paging` reads its script
        if name in functions and not element.get("data-href") and (address := _address(*functions[name], arguments)):
            element.set("data-href", address)


def calling(tree: HtmlElement) -> dict[HtmlElement, str]:
    """Links whose address no script of the page shows, each with what it calls."""
    return {
        element: f"{name}({', '.join(repr(each) for each in arguments)})"
        for element, name, arguments in _calls(tree)
        if not element.get("data-href")
    }


def _calls(tree: HtmlElement) -> Iterator[tuple[HtmlElement, str, list[str]]]:
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for attribute in _SCRIPTED:
            said = element.get(attribute) or ""
            if "(" in said and (attribute != "href" or said.lstrip().lower().startswith("javascript:")):
                calls = _CALL.finditer(html.unescape(said))
                if found := next((call for call in calls if call[1] not in _NO_CALLS), None):
                    yield element, found[1], [a or b or c for a, b, c in _ARGUMENT.findall(found[2]) if a or b or c]
                    break


def _functions(scripts: str) -> Iterator[tuple[str, list[str], str]]:
    for found in _FUNCTION.finditer(scripts):
        names = (found[2] if found[1] else found[4]) or ""
        yield (
            found[1] or found[3],
            [name.strip() for name in names.split(",") if name.strip()],
            _block(scripts, found.end()),
        )


def _block(text: str, start: int) -> str:
    """The text up to the brace that closes the one before `start`."""
    depth = 1
    for found in re.finditer(r"[{}]", text[start : start + 4000]):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return text[start : start + found.start()]
    return ""


def _address(names: list[str], body: str, arguments: list[str]) -> str:
    """The address to which a function goes; empty where it cannot be told."""
    values = dict(zip(names, arguments, strict=False))
    for _ in range(_DEEP):
        for name, made in _MADE.findall(body):
            if name not in values and (value := _value(made, values)) is not None:
                values[name] = value
    for goes in _GOES.findall(body):
        said = goes.strip()
        value = _value(said, values)
        if value is None and said.endswith(")"):
            value = _value(said[:-1], values)
        if value and value not in arguments:
            return value
        if value and re.search(r"[/.?]", value):  # the address itself was the argument
            return value
    return ""


def _value(expression: str, values: dict[str, str]) -> str | None:
    """What a sum of strings and known names makes; None where something in it is not known."""
    expression = re.sub(r"\b(?:encodeURI(?:Component)?|String|escape)\(\s*([\w$]+)\s*\)", r"\1", expression).strip()
    made, at = "", 0
    while at < len(expression):
        piece = _PIECE.match(expression, at)
        if not piece:
            return None
        single, double, template, name, number, _ = piece.groups()
        if name is not None and name not in values:
            return None
        text = next((text for text in (single, double, number) if text is not None), "")
        if template is not None:
            known = re.sub(r"\$\{\s*([\w$]+)\s*\}", lambda each: values.get(each[1], "\0"), template)
            if "\0" in known or "${" in known:
                return None
            text = known
        made += values[name] if name is not None else text
        at = piece.end()
    return made
