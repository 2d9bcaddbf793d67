"""A decoded page in, the article's block lines, title and fields out. The only door to trafilatura."""

import re
from collections.abc import Collection, Iterable
from copy import deepcopy

from lxml.html import HtmlElement

from pipeline.core.models import LEARNED, Decoded, Extracted, Layout, Line
from pipeline.page import template
from pipeline.page.fields.context import Body, Context, read_surroundings
from pipeline.page.fields.fields import read_fields
from pipeline.page.fields.title import find_title
from pipeline.page.layout import layouts
from pipeline.page.lines import outline
from pipeline.page.locate import Located, is_doubtful, locate, witnessed
from pipeline.page.tree import Block, parse
from pipeline.page.weigh import Weighed, fold

# A caption that tells something in Chinese, where agencies and readers count it to the article; English readers do not.
_TELLS = re.compile(r"(?:[\u4e00-\u9fff][^\u4e00-\u9fff]{0,9}){12}")
_LONGEST_TITLE = 1000  # characters of what can be a title
_TITLE_METAS = frozenset(("ArticleTitle", "og:title"))


def extract(decoded: Decoded, context: Context) -> Extracted:
    """Find the article in a page. No text found is an Extracted without lines, never an error."""
    page, located = look(decoded, context)
    root = page.page.root
    read = _read(root) if is_doubtful(page, located) else None
    if read is not None:
        located = witnessed(page, located, read)
    body = Body(lines=range(located.start, located.end), span=located.span) if located else None
    around = read_surroundings(context, page.page, body)
    title, title_from = find_title(around)
    fields, evidence = read_fields(around, title)
    if located is None:
        return Extracted(
            title=title, lines=(), fields=fields, candidate="none", evidence=(("title", title_from), *evidence.items())
        )
    blocks, out = page.page.blocks, _taken_out(page, located)
    out |= dict.fromkeys(_learned(page, located, context), LEARNED)
    if title_from == "meta:og:title":  # what stands over the text in its place
        out |= dict.fromkeys(_above_headline(page, located, title), "headline")
    seen = None if read is None else _seen(page, located, fold(read))
    return Extracted(
        title=title,
        lines=tuple(
            _line(blocks[index], out.get(index, ""), layout)
            for index, layout in enumerate(layouts(page, located, seen), located.start)
        ),
        fields=fields,
        candidate=located.name,
        evidence=(("title", title_from), *evidence.items()),
        images=located.span.images,
        videos=located.span.videos if _speaks(page, located, out) else page.page.spans[0].videos,
    )


def look(decoded: Decoded, context: Context) -> tuple[Weighed, Located | None]:
    """A page with its lines weighed, and where its article stands by the evidence of the page alone."""
    root, spec, rules = parse(decoded), context.spec, context.extraction
    for selector in spec.drop:
        for element in root.cssselect(selector):
            if element.getparent() is not None:
                element.drop_tree()
    lines = outline(root, rules.hidden)
    furniture = template.standing(lines, context.template)
    page = Weighed(lines, rules, _declared_title(root, context.listed_title), furniture)
    named = [element for selector in spec.body for element in root.cssselect(selector)]
    return page, locate(page, named, template.bodies(lines, context.template))


def _learned(page: Weighed, located: Located, context: Context) -> Collection[int]:
    """The located lines that are furniture of the source; none where they would be most of what it says."""
    body = range(located.start, located.end)
    found = {index for index in body if index in page.furniture}
    found |= template.at_the_edges(page.page, page.raw, body, found, context.template)
    said = sum(len(page.page.blocks[index].text) for index in found if template.says(page.page.blocks[index]))
    return found if said <= page.prose(body.start, body.stop) / 2 else ()


def _seen(page: Weighed, located: Located, read: str) -> frozenset[int]:
    """The located lines that stand in what another reader read, folded."""
    lines = range(located.start, located.end)
    return frozenset(index for index in lines if fold(page.page.blocks[index].text) in read)


def _above_headline(page: Weighed, located: Located, title: str) -> Iterable[int]:
    """The lines down to the last heading above the first prose; none where a line says the title, cleaning knows that."""
    last = located.start - 1
    for index in range(located.start, located.end):
        block = page.page.blocks[index]
        if fold(block.text) == fold(title):
            return ()
        if block.heading:
            last = index
        elif page.raw[index] > 20:
            break
    return range(located.start, last + 1)


def _speaks(page: Weighed, located: Located, out: dict[int, str]) -> bool:
    """Whether prose is left of what was located; else a film elsewhere on the page may be the article."""
    return any(page.raw[index] > 20 for index in range(located.start, located.end) if index not in out)


def _declared_title(root: HtmlElement, listed: str) -> str:
    """All that says what the page is called, to find the line that repeats it."""
    metas = (meta for meta in root.iter("meta") if _TITLE_METAS & {meta.get("name"), meta.get("property")})
    said = (listed, root.findtext(".//title"), *(meta.get("content") for meta in metas))
    folded = (" ".join(part.split())[:_LONGEST_TITLE] for part in said if part)
    return " | ".join(part for part in folded if part)


def _line(block: Block, apart: str, layout: Layout) -> Line:
    return Line(
        text=block.text,
        apart=apart,
        layout=layout,
        link_share=round(block.link_share, 3),
        heading=block.heading,
        after_image=block.after_image,
    )


def _taken_out(page: Weighed, located: Located) -> dict[int, str]:
    """The located lines that structure takes for something else, and why."""
    blocks, inside = page.page.blocks, range(located.start, located.end)
    apart = {index: page.apart[index] for index in inside if index in page.apart}
    lost = sum(max(0.0, page.raw[index]) for index in apart)
    opens = page.opening in inside and page.opening not in apart
    mostly = lost > 0.5 * page.prose(located.start, located.end)
    over = mostly and page.is_over(next(index for index in apart if page.raw[index] > 0))
    out = apart if opens or over or not mostly else {}  # else it is the article
    out |= {index: "expand" for index in inside if page.is_prompt(index)}
    for index in inside:
        if blocks[index].hidden or (blocks[index].caption and not _TELLS.search(blocks[index].text)):
            out[index] = "hidden" if blocks[index].hidden else "caption"
    return out


def _read(root: HtmlElement) -> str:
    """What trafilatura reads on a whole page. Never with deduplicate=True: that remembers pages across calls."""
    import trafilatura  # a third of a second, needed where the layout leaves doubt

    return trafilatura.extract(deepcopy(root), include_comments=False, fast=True, deduplicate=False) or ""
