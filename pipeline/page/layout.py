"""A weighed page in, the layout of its located lines out: what the tree says of each, for those who judge lines."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from pipeline.core.models import Layout
from pipeline.page.locate import Located
from pipeline.page.tree import Span
from pipeline.page.weigh import Weighed


@dataclass(frozen=True, slots=True)
class _Around:
    """The elements around a line inside the located one: the innermost, the next, the topmost, the one with company."""

    inner: Span
    parent: Span
    branch: Span
    company: Span
    depth: int


def layouts(page: Weighed, located: Located, read: Collection[int] | None = None) -> list[Layout]:
    """The layout of each located line; `read` are the lines that another reader of the whole page read, if one did."""
    lines = range(located.start, located.end)
    around = _around(page, located)
    prose = {index: max(0.0, page.raw[index]) for index in lines}
    total = sum(prose.values())
    kinds, parents, branches = defaultdict[tuple[str, str], float](float), _sums(), _sums()
    siblings, sizes, letters, links = Counter[int](), Counter[int](), Counter[int](), _sums()
    for index, each in zip(lines, around, strict=True):
        block, branch = page.page.blocks[index], id(each.branch)
        kinds[_kind(each.inner)] += prose[index]
        parents[id(each.parent)] += prose[index]
        branches[branch] += prose[index]
        siblings[id(each.parent)] += 1
        sizes[branch] += 1
        letters[branch] += len(block.text)
        links[branch] += block.link_share * len(block.text)
    found = []
    for index, each in zip(lines, around, strict=True):
        block, branch, own = page.page.blocks[index], id(each.branch), prose[index]
        rest = max(1.0, total - own)
        found.append(
            Layout(
                tag=str(each.inner.element.tag),
                depth=each.depth,
                ends=min(each.company.end, located.end) - index,
                bold=block.bold,
                headed=block.headed,
                caption=block.caption,
                hidden=bool(block.hidden),
                listed=index in page.listed,
                title=index == page.title_at,
                opened=page.opening is not None and index >= page.opening,
                same_kind=(kinds[_kind(each.inner)] - own) / rest,
                same_parent=(parents[id(each.parent)] - own) / rest,
                same_branch=(branches[branch] - own) / rest,
                siblings=siblings[id(each.parent)],
                branch_lines=sizes[branch],
                branch_links=links[branch] / max(1, letters[branch]),
                witness=None if read is None else index in read,
            )
        )
    return found


def _sums() -> defaultdict[int, float]:
    return defaultdict(float)


def _kind(span: Span) -> tuple[str, str]:
    return str(span.element.tag), span.element.get("class") or ""


def _around(page: Weighed, located: Located) -> list[_Around]:
    """In one walk over the elements; an element deeper than another is behind it in the list."""
    spans, at = page.page.spans, 0
    found: list[_Around] = []
    stack: list[Span] = []
    outer: list[int] = []  # how many elements of the stack hold all that was located
    company: list[Span] = []  # for each element of the stack the innermost one with other lines in it
    for index in range(located.start, located.end):
        while stack and stack[-1].end <= index:
            stack.pop(), outer.pop(), company.pop()
        while at < len(spans) and spans[at].start <= index:
            span = spans[at]
            if span.end > index:
                whole = span.start <= located.start and span.end >= located.end
                outer.append((outer[-1] if outer else 0) + whole)
                company.append(span if len(span) > 1 or not company else company[-1])
                stack.append(span)
            at += 1
        depth = len(stack) - outer[-1]
        branch = stack[outer[-1]] if depth else stack[-1]
        found.append(_Around(stack[-1], stack[-2] if len(stack) > 1 else stack[-1], branch, company[-1], depth))
    return found
