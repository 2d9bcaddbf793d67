"""A parsed page and its located body in, the article's title and where it came from out.

A title is what a reader sees above the text and what the page declares: visible lines are candidates, `<title>`,
meta tags and the listing are witnesses. Where they agree, the visible spelling wins; where the witnesses say nothing
of use (the site's name), the page's structure decides; where nothing visible fits, the best witness is tidied.
"""

from collections.abc import Sequence

from pipeline.page.fields.context import Surroundings
from pipeline.page.fields.rules import TitleRules
from pipeline.page.fields.title_candidates import Candidate, joined, read_candidates, read_runs
from pipeline.page.fields.title_text import CUT, belongs_together, letters, pieces, tidy
from pipeline.page.fields.title_witnesses import Witness, agreement, is_site_name, read_witnesses, stripped
from pipeline.page.selectors import select_text


def find_title(around: Surroundings) -> tuple[str, str]:
    """The title and its evidence (`heading+title`, `meta:articletitle`, `title`, `listed`, …); both empty if none.

    A source's own selectors come before everything else.
    """
    rule = around.context.fields.title
    for selector in around.context.spec.title:
        if text := select_text(around.root, selector):
            return tidy(text, rule), f"selector:{selector}"
    sites = frozenset(letters(around.metas[name]) for name in rule.site_metas if name in around.metas)
    sites |= {letters(name.text) for name in around.context.template.names}
    witnesses = list(read_witnesses(around, rule))
    if (own := next((each for each in witnesses if each.name == "meta:og:title"), None)) and _is_latin(own, rule):
        return tidy(own.text, rule), own.name
    candidates = list(read_candidates(around, rule))
    best = _best_agreed(candidates, witnesses, sites, rule)
    if best is None:
        return _without_agreement(witnesses, candidates, sites, rule)
    candidate, witness, agreed = best
    if below := _last_piece(candidate, witness, candidates, around.start, rule):
        return tidy(below.text, rule), f"heading+{witness.name}"
    if (
        agreed <= rule.weak_agreement
    ):  # with what may be the site's name: anything striking nearer to the text is better
        nearer = _most_striking(candidates, sites, rule, below=candidate.place)
        nearer = nearer or _headline_above(candidates, sites | {candidate.letters}, around.start, rule)
        line = nearer or next((each for each in candidates if each.place == candidate.place), candidate)
        return _whole(line, candidates, rule), "heading"
    fuller = witness.exact and witness.name != "listed" and candidate.letters in witness.letters
    spelled = (candidate.letters == witness.letters) == (candidate.lines > 1)
    text = witness.text if (fuller or candidate.lines > 1) and spelled else candidate.text
    return tidy(text, rule), f"heading+{witness.name}"


def _last_piece(
    best: Candidate, witness: Witness, candidates: Sequence[Candidate], body: int, rule: TitleRules
) -> Candidate | None:
    """The line between the site's banner and the text that is the last piece of `<title>`: `Name of a site - 标题`."""
    last = witness.pieces[-1]
    if witness.exact or len(witness.pieces) < 2 or best.letters in (*witness.pieces, witness.letters):
        return None
    return next(
        (
            each
            for each in candidates
            if best.place < each.place < body
            and each.letters == last
            and len(last) >= rule.min_chars
            and not is_site_name(each.text, rule)
        ),
        None,
    )


def _headline_above(
    candidates: Sequence[Candidate], not_these: frozenset[str], body: int, rule: TitleRules
) -> Candidate | None:
    """The line above the text that looks like its headline, where what the page declares is the name of a site."""
    above = [each for each in candidates if each.place < body and not is_site_name(each.text, rule)]
    found = _most_striking(above, not_these, rule)
    return found if found and found.look >= rule.striking_look else None


def _is_latin(witness: Witness, rule: TitleRules) -> bool:
    """Whether it is a title in a Latin script: papers in English write og:title by hand, and mean it (20 of 21 pages)."""
    words = witness.text.split()
    return len(words) >= rule.latin_words and not any("\u3040" <= letter <= "\uffdc" for letter in witness.text)


def _best_agreed(
    candidates: Sequence[Candidate], witnesses: Sequence[Witness], sites: frozenset[str], rule: TitleRules
) -> tuple[Candidate, Witness, float] | None:
    best: tuple[float, Candidate, Witness, float] | None = None
    runs = read_runs(candidates, [witness.letters for witness in witnesses])
    for candidate in (*candidates, *runs):
        agreed, witness = agreement(candidate.letters, candidate.text, witnesses, sites, rule)
        if witness is None or (candidate.lines > 1 and not _is_run(candidate, agreed, rule)):
            continue
        score = agreed + candidate.look + (rule.declared_whole if witness.exact and agreed == 1 else 0)
        if best is None or score >= best[0]:
            best = score, candidate, witness, agreed
    return best[1:] if best and best[0] >= rule.min_score else None


def _is_run(candidate: Candidate, agreed: float, rule: TitleRules) -> bool:
    """Several lines are one title only where the page spells them out, and no site's banner stands on top."""
    first, second = candidate.text.split("\n")[:2]
    return agreed >= rule.min_run_agreement and (not is_site_name(first, rule) or belongs_together(first, second, rule))


def _without_agreement(
    witnesses: Sequence[Witness], candidates: Sequence[Candidate], sites: frozenset[str], rule: TitleRules
) -> tuple[str, str]:
    """The best title where nothing visible is what the page declares."""
    for witness in witnesses:
        if witness.exact and witness.name != "listed":
            return tidy(witness.text, rule), witness.name
    declared = [(stripped(witness, sites, rule), witness.name) for witness in witnesses if not witness.exact]
    declared = [(text, name) for text, name in declared if text]
    known = sites | {piece for witness in witnesses for piece in witness.pieces[1:]}
    best = _most_striking(candidates, known, rule)
    long_enough = bool(declared) and len(letters(declared[0][0])) >= rule.declared_chars
    if declared and (best is None or long_enough):
        return declared[0]
    listed = next((witness for witness in witnesses if witness.name == "listed"), None)
    if best and (best.look >= rule.striking_look or not listed):
        return _whole(best, candidates, rule), "heading"
    if listed:
        return tidy(CUT.sub("", listed.text), rule), "listed"
    if declared:
        return declared[0]
    named = (candidate for candidate in candidates if not is_site_name(candidate.text, rule))
    rest = max(named, key=_by_look, default=None)
    if rest and rest.look > 0:
        return _whole(rest, candidates, rule), "line"
    said = next((witness for witness in witnesses if witness.name == "title"), None)
    return (tidy(pieces(said.text)[0], rule), "title") if said else ("", "")


def _by_look(candidate: Candidate) -> float:
    return candidate.look


def _most_striking(
    candidates: Sequence[Candidate], not_these: frozenset[str], rule: TitleRules, *, below: int = -1
) -> Candidate | None:
    """The single line that looks most like a title, if any looks enough like one."""
    seen = (
        candidate
        for candidate in candidates
        if candidate.place > below
        and candidate.look >= rule.faint_look
        and candidate.letters not in not_these
        and len(candidate.letters) >= rule.min_chars
    )
    return max(seen, key=_by_look, default=None)


def _whole(line: Candidate, candidates: Sequence[Candidate], rule: TitleRules) -> str:
    """An official title over several lines of one style, of which `line` is one."""
    singles = {candidate.place: candidate for candidate in reversed(candidates)}
    run = [line]
    while (above := singles.get(run[0].place - 1)) and above.style == line.style:
        if not belongs_together(above.text, run[0].text, rule):
            break
        run.insert(0, above)
    while (below := singles.get(run[-1].place + 1)) and below.style == line.style:
        if not belongs_together(joined(run).text, below.text, rule):
            break
        run.append(below)
    return tidy(joined(run).text, rule)
