"""A source's past nights and tonight in, alarms out: what broke, since when, and what to do. Pure.

Everything is measured against the source's own history, so that a paper of every Thursday and a bureau of two notices
a week need no settings. A source without history raises only what its crawl itself says.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, takewhile
from math import exp, log, sqrt
from statistics import fmean, median

from pipeline.core.observation import Alarm, Observation, Trouble
from pipeline.health.expectation import Expectation, Night, dispersion_of_weeks, nights
from pipeline.health.rules import HealthRules
from pipeline.page.obstacles import Cause

_Told = tuple[Trouble, str]
_CHANGED = {
    Cause.SOFT_404, Cause.EMPTY_SHELL, Cause.JS_REQUIRED, Cause.EMPTY_LIST, Cause.NOT_A_LISTING,
    Cause.NOTHING_FETCHABLE, Cause.REDIRECT_AWAY, Cause.INNER_ADDRESS,
}  # fmt: skip
_TURNED_AWAY = {Cause.LOGIN, Cause.FORBIDDEN, Cause.ROBOTS_DISALLOW, Cause.ROBOTS_FORBIDDEN}


def assess(history: Sequence[Observation], tonight: Observation, rules: HealthRules) -> list[Alarm]:
    """What is wrong with a source tonight. `history`: its earlier nights, oldest first, with the troubles found then."""
    past = nights([*history[-rules.history :], tonight], rules)
    tonight = past[-1].seen
    told = trouble_of(tonight.cause)
    found = [(told, f"{tonight.cause}: {tonight.detail}".rstrip(": "))] if told else []
    if not tonight.cause:
        found = list(_surprises(past, rules))
    return [_alarm(trouble, detail, past, rules) for trouble, detail in found]


def trouble_of(cause: str) -> Trouble | None:
    """What the cause that a crawl names means for its source."""
    if not cause or cause == Cause.INTERRUPTED:
        return None
    named = Cause(cause)
    if named.blocks or named in _TURNED_AWAY:
        return Trouble.BLOCKED
    if named in _CHANGED:
        return Trouble.LISTING_CHANGED
    return {
        Cause.ALL_FAILED: Trouble.ARTICLES_FAILED,
        Cause.ERROR_PAGES: Trouble.ERROR_PAGES,
        Cause.CRASHED: Trouble.DEFECT,
    }.get(named, Trouble.DEAD)


def _surprises(past: Sequence[Night], rules: HealthRules) -> Iterator[_Told]:
    """What differs from the source's own history."""
    before = [night for night in past[:-1] if night.sound]
    changed = _listing(past, before, rules) or _frozen(past, rules)
    pages = list(_pages(past, before, rules))
    checks = (_texts, _addresses) if not pages else (_addresses,)
    rest = [told for check in checks if (told := check(past, before, rules))]
    yield from filter(None, [changed, *pages, *rest])
    if not changed and (decay := _decay(past, rules)):
        yield decay


# -- the listing --------------------------------------------------------------


def _listing(past: Sequence[Night], before: Sequence[Night], rules: HealthRules) -> _Told | None:
    """Its links are not articles any more: the rows that are read are those of a menu."""
    seen, least = past[-1].seen, rules.listing
    shares = [own for night in before if (own := night.seen.own_share) is not None and night.seen.links >= least.links]
    if seen.pages or seen.own_share is None or seen.links < least.links or len(shares) < rules.class_nights:
        return None
    if seen.own_share >= least.own * min(shares):
        return None
    return Trouble.LISTING_CHANGED, f"{seen.own_share:.0%} of its links are articles, never below {min(shares):.0%}"


def _frozen(past: Sequence[Night], rules: HealthRules) -> _Told | None:
    """It answers, and nothing is new for longer than chance allows."""
    if stale := _stale(past, rules):
        return stale
    heard = [night for night in past if not night.seen.cause]
    gap = list(takewhile(lambda night: not night.seen.pages and night.seen.failed < rules.share.failed, heard[::-1]))
    expected = Expectation.learn(past[: len(past) - len(gap)], rules)
    if len(gap) < 2 or expected.known < rules.learning:
        return None
    surprise = sum(expected.silence[night.weekday] for night in gap if night.weekday is not None)
    enough = rules.silence.surprise * max(1.0, 3 - expected.known / rules.learning)  # a short history is believed less
    if surprise < enough and not _missed_a_beat(gap, expected, rules):
        return None
    since = gap[-1].seen.day
    chance = f"a sound one is as silent once in {exp(min(surprise, 20)):,.0f} times"
    return Trouble.FROZEN_FEED, f"nothing new since {since}, {len(gap)} nights; {chance}"


def _missed_a_beat(gap: Sequence[Night], expected: Expectation, rules: HealthRules) -> bool:
    """Whether a beat was missed and the time for late posting is over. `gap`: the silent nights, the last first.

    What was due on a Friday may come on the next night on which something is due, be that a Monday. Where such a night
    is far, as with a paper of every Thursday, a few nights are enough.
    """
    due, grace = expected.due, rules.silence
    regular = 0
    for number, night in enumerate(gap):
        if night.weekday is None:
            continue
        since = [later.weekday for later in gap[:number] if later.weekday is not None]
        far = not any(due[(night.weekday + ahead) % 7] for ahead in range(1, grace.soon + 1))
        over = any(due[weekday] for weekday in since) or (far and len(since) >= grace.late_nights)
        regular += far and expected.regular[night.weekday]
        if (over and expected.beat[night.weekday]) or regular > 1:
            return True
    return False


def _stale(past: Sequence[Night], rules: HealthRules) -> _Told | None:
    """Its newest date is older than the source itself says that it may be, and than it ever was."""
    tonight = past[-1].seen
    newest = next((night.seen.newest for night in reversed(past) if night.seen.newest), None)
    if not newest or not tonight.stale_after or len(past) <= rules.first_nights:
        return None
    age = (tonight.day - newest).days
    days = sorted({night.seen.newest for night in past if night.seen.newest})
    longest = max(((later - earlier).days for earlier, later in pairwise(days)), default=0)
    if age <= max(tonight.stale_after, rules.silence.longest * longest):
        return None
    return Trouble.FROZEN_FEED, f"its newest is of {newest}, {age} days ago; stale_after_days is {tonight.stale_after}"


def _decay(past: Sequence[Night], rules: HealthRules) -> _Told | None:
    """It brings much less than it did, over weeks, and the last weeks are no better."""
    usable = [night for night in past if night.sound]
    came_each = [night.seen.pages for night in usable]
    limits = rules.decay
    for size, surprise in limits.windows.items():
        window, base = usable[-size:], usable[:-size]
        if len(base) < limits.base:
            return None
        came, came_late = sum(came_each[-size:]), sum(came_each[-size // 2 :])
        if not came_late or came > sum(came_each[:-size]) * size / len(base):
            continue  # silence is another trouble; and most sources are told apart from decay right here
        expected = Expectation.learn(base, rules)
        due, late = expected.of(window), expected.of(window[size // 2 :])
        if came > limits.share * due or came_late > limits.share * late:
            continue
        error = sqrt(dispersion_of_weeks(expected, base) * due * (1 + size / len(base)))
        if due - came >= surprise * error > 0:
            return Trouble.SLOW_DECAY, f"{came} articles in {size} nights, where {due:.0f} were to be expected"
    return None


def _addresses(past: Sequence[Night], before: Sequence[Night], rules: HealthRules) -> _Told | None:
    """What is new is old: the listing names its articles under other addresses."""
    seen, limits = past[-1].seen, rules.addresses
    ages = [night.seen.median_age for night in before if night.seen.median_age is not None]
    if seen.median_age is None or seen.known_share is None or len(ages) < rules.class_nights:
        return None
    since = next((seen.day - night.seen.day).days for night in reversed(past[:-1]) if night.seen.pages)
    usual = since + max(limits.days, 3 * median(ages))
    if seen.pages < limits.new or seen.known_share > limits.known or seen.median_age <= usual:
        return None
    return Trouble.ADDRESSES_CHANGED, f"{seen.pages} new addresses of articles {seen.median_age:.0f} days old"


# -- the pages ----------------------------------------------------------------


def _pages(past: Sequence[Night], before: Sequence[Night], rules: HealthRules) -> Iterator[_Told]:
    """Shares of the pages that have risen: not had, rejected, without a field; and a source that never gave a document."""
    came = sum(night.seen.pages for night in past)
    if came >= rules.pages_without_document and not any(night.seen.documents for night in past):
        yield Trouble.NO_DOCUMENTS, f"{came} pages came so far, and not one of them gave a document"
    failed = _risen(past, before, lambda seen: _failed(seen, rules), rules)
    rejected = _risen(past, before, lambda seen: (seen.rejected, seen.pages), rules)
    if failed:
        yield Trouble.ARTICLES_FAILED, f"{failed} of its articles cannot be had"
    if rejected:
        yield Trouble.ARTICLES_CHANGED, f"{rejected} of its pages give no document"
    lost = {}
    for name in sorted({name for night in past for name in night.seen.filled}):
        share = _risen(past, before, lambda seen, name=name: _missing(seen, name), rules)  # type: ignore[misc]
        if share:
            lost[name] = share
    if lost:
        yield Trouble.FIELDS_LOST, ", ".join(f"{share} of its documents have no {name}" for name, share in lost.items())


def _failed(seen: Observation, rules: HealthRules) -> tuple[int, int]:
    """A dead link or two on a quiet night, the same every night, say nothing."""
    return (seen.failed, seen.failed + seen.pages) if seen.failed + seen.pages >= rules.share.failed else (0, 0)


def _missing(seen: Observation, name: str) -> tuple[int, int]:
    return (seen.documents - seen.filled.get(name, 0), seen.documents) if seen.filled else (0, 0)


def _risen(
    past: Sequence[Night], before: Sequence[Night], count: Callable[[Observation], tuple[int, int]], rules: HealthRules
) -> str:
    """How large a share is of late, if that is a surprise; empty if not.

    Pages of one night are alike (one author, one template), so that they count half, the first of each whole.
    """
    limits = rules.share
    recent = [night for night in past[: -limits.nights - 1 : -1] if not night.seen.cause and count(night.seen)[1]]
    if not recent or _quotient(count(recent[0].seen)) < limits.rise:
        return ""
    bad, whole = (
        (sum(each) for each in zip(*(count(night.seen) for night in before), strict=True)) if before else (0, 0)
    )
    bad_now = now = weight = 0.0
    for night in recent:
        some, of = count(night.seen)
        if night.sound and night is not past[-1]:
            bad, whole = bad - some, whole - of  # what is on trial is no witness
        usual = max(limits.least, (bad + 0.5) / (whole + 1))
        if whole < limits.pages or some / of < usual + limits.rise:
            return ""
        bad_now, now, weight = bad_now + some, now + of, weight + (of + 1) / 2
        if weight * _divergence(bad_now / now, usual) >= limits.surprise:
            return f"{bad_now:.0f} of {now:.0f}"
        if now >= limits.pages:
            return ""
    return ""


def _quotient(counts: tuple[int, int]) -> float:
    return counts[0] / counts[1]


def _divergence(share: float, usual: float) -> float:
    """Kullback-Leibler divergence of two coins: by Chernoff, n times it is at most -ln of the chance of such a share."""
    if usual >= 1:
        return 0.0
    heads = share * log(share / usual) if share > 0 else 0.0
    tails = (1 - share) * log((1 - share) / (1 - usual)) if share < 1 else 0.0
    return heads + tails


def _texts(past: Sequence[Night], before: Sequence[Night], rules: HealthRules) -> _Told | None:
    """Its texts are a fraction of what they were."""
    limits = rules.texts
    with_texts = [night for night in past[: -rules.share.nights - 1 : -1] if night.seen.median_length]
    recent: list[Night] = []
    while with_texts and sum(night.seen.documents for night in recent) < limits.documents:
        recent.append(with_texts.pop(0))
    first = min((night.seen.day for night in recent), default=past[-1].seen.day)
    usual = [night for night in before if night.seen.median_length and night.seen.day < first]
    documents = sum(night.seen.documents for night in recent)
    if documents < limits.documents or len(usual) < 2 * rules.class_nights:
        return None
    mean = fmean(_length(night) for night in usual)
    # Of a single document; a few nights underestimate it, as Student's distribution is wider than the normal one.
    spread = (
        fmean(night.seen.documents * (_length(night) - mean) ** 2 for night in usual) * len(usual) / (len(usual) - 4)
    )
    now = fmean((_length(night) for night in recent), [night.seen.documents for night in recent])
    enough = max(log(limits.factor), limits.deviations * sqrt(spread / documents))
    if mean - now < enough or mean - _length(recent[0]) < log(limits.factor):
        return None
    return Trouble.TEXTS_SHRUNK, f"{exp(now):.0f} characters a text, {exp(mean):.0f} before"


def _length(night: Night) -> float:
    return log(night.seen.median_length)


def _alarm(trouble: Trouble, detail: str, past: Sequence[Night], rules: HealthRules) -> Alarm:
    row = list(takewhile(lambda night: trouble in night.seen.troubles, reversed(past[:-1])))
    since = (row[-1] if row else past[-1]).seen.day
    return Alarm(
        source_id=past[-1].seen.source_id,
        trouble=trouble,
        grade=rules.grade(trouble, len(row) + 1),
        since=since,
        nights=len(row) + 1,
        detail=detail,
        advice=rules.advice[trouble],
    )
