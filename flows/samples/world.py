"""Who publishes what, where and on which night, and what the corpus must therefore hold."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache

from flows.samples import plan
from flows.samples.articles import Article, Block, FileTruth, Posting, Truth
from flows.samples.dates import alike, dated, mark
from flows.samples.plan import DEMO, Batch, Plan, Repost
from flows.samples.sites import SITES
from flows.samples.sites.html import Served, Shelf
from flows.samples.writing import texts
from flows.samples.writing.annexes import annexes
from flows.samples.writing.script import reversible
from flows.samples.writing.texts import Draft, person
from pipeline.core.dates import SHANGHAI

NOBODYS_DAY = date(2001, 1, 1)  # the last night of a world that has no calendar yet; any day does


class World:
    """Some nights of a small web. The same seed, base date and plan give the same world, byte for byte.

    `base` is the day of the last night; nothing is dated on it or later, so that a clock of today sees no future.
    Another base moves the dates and changes nothing else: who writes what, and who repeats, edits or withdraws it.
    """

    def __init__(self, seed: int = 0, base: date | None = None, plan: Plan = DEMO) -> None:
        self.seed = seed
        self.plan = plan
        self.base = base or datetime.now(SHANGHAI).date()
        self._served: dict[tuple[str, int], Served] = {}

    def today(self, night: int) -> date:
        return self.base - timedelta(days=self.plan.nights - 1 - night)

    @cached_property
    def postings(self) -> tuple[Posting, ...]:
        """All that any site ever publishes."""
        return _on_a_calendar(_written(self.seed, self.plan), self.base)

    def truth(self, night: int) -> list[Truth]:
        """Every page that was ever up until that night, with what the corpus must hold of it."""
        return [_truth(posting, night) for posting in self.postings if posting.since <= night]

    def files(self, night: int, site: str) -> list[FileTruth]:
        """The files that the pages of a site name which stand on that night."""
        return [
            FileTruth(
                page=_truth(posting, night), path=file.path, title=file.title, paragraphs=file.lines, form=file.form
            )
            for posting in self.postings
            if posting.site == site and posting.on(night)
            for file in annexes(posting)
        ]

    def served(self, site: str, night: int) -> Served:
        """What a site serves on a night."""
        if (site, night) not in self._served:
            own = tuple(posting for posting in self.postings if posting.site == site)
            shelf = Shelf(night=night, today=self.today(night), postings=own)
            self._served[site, night] = SITES[site].serve(shelf)
        return self._served[site, night]


@lru_cache(maxsize=4)
def _written(seed: int, plan: Plan) -> tuple[Posting, ...]:
    """A world without a calendar: marks for dates, times counted from a day of nobody's, `column serial` for a path."""
    return tuple(_Press(seed, plan).run())


def _on_a_calendar(written: Iterable[Posting], base: date) -> tuple[Posting, ...]:
    """The world with its dates: in the texts, in the times, in the addresses and in what refers to them."""

    def moved(article: Article) -> Article:
        return replace(
            article,
            title=dated(article.title, base),
            blocks=tuple(_dated(block, base) for block in article.blocks),
            published=article.published + (base - NOBODYS_DAY),
            number=dated(article.number, base),
            index=dated(article.index, base),
        )

    postings = {posting.key: replace(posting, article=moved(posting.article)) for posting in written}
    paths = {}
    for key, posting in postings.items():
        column, serial = posting.path.split()
        paths[key] = SITES[posting.site].path(column, posting.article.published, int(serial))
    return tuple(
        replace(
            posting,
            path=paths[key],
            repeats=f"{postings[posting.repeats].site}:{paths[posting.repeats]}" if posting.repeats else None,
            edited=(posting.edited[0], moved(posting.edited[1])) if posting.edited else None,
        )
        for key, posting in postings.items()
    )


def _dated(block: Block, base: date) -> Block:
    rows = tuple(tuple(dated(cell, base) for cell in row) for row in block.rows)
    return replace(block, text=dated(block.text, base), rows=rows)


class _Press:
    """The making of a world: originals, then reposts, then edits, numbered in the order of publication."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.seed = seed
        self.plan = plan
        self.titles: set[tuple[str, str]] = set()  # (site, title)
        self.taken: set[tuple[str, str]] = set()  # (site, key of what it reposted)

    def run(self) -> Iterable[Posting]:
        posted = _numbered(
            [posting for number, batch in enumerate(self.plan.batches) for posting in self._batch(number, batch)]
        )
        reposts = [
            posting
            for number, repost in enumerate(self.plan.reposts)
            for posting in self._repost(number, repost, posted)
        ]
        posted += _numbered(reposts, first=500)
        return sorted(self._changed(posted), key=lambda one: (one.site, one.article.published, one.path))

    def _rng(self, *parts: object) -> random.Random:
        return random.Random(":".join(map(str, (self.seed, *parts))))

    def _ago(self, night: int) -> int:
        """How many days before the last night a night is."""
        return self.plan.nights - 1 - night

    def _batch(self, number: int, batch: Batch) -> Iterable[Posting]:
        for serial in range(batch.count):
            rng = self._rng("batch", number, serial)
            since, published, draft = self._unique(lambda: self._write(rng, batch, serial), batch.site)  # noqa: B023
            yield Posting(
                site=batch.site,
                column=batch.column,
                path=batch.column,
                since=since,
                article=_article(draft, published, batch.site, rng),
                pinned=batch.pinned,
                rejected=batch.rejected,
                parts=batch.parts,
                form=batch.form,
            )

    def _write(self, rng: random.Random, batch: Batch, serial: int) -> tuple[int, datetime, Draft]:
        """On the day before the night, or up to three weeks before the first; pinned rows are old."""
        since = batch.since if batch.since is not None else rng.choices(range(self.plan.nights), self.plan.shares)[0]
        days = 1 + (rng.randrange(20) if since == 0 else rng.choice((0, 0, 0, 1))) + batch.late
        days += 60 + 9 * serial if batch.pinned else 0
        ago = self._ago(since) + days
        moment = _at(ago) + timedelta(hours=rng.randint(8, 18), minutes=rng.randrange(60), seconds=rng.randrange(60))
        return since, _as_precise(moment, batch.site), batch.write(rng, ago, SITES[batch.site].publisher)

    def _unique(self, write: Callable[[], tuple[int, datetime, Draft]], site: str) -> tuple[int, datetime, Draft]:
        """What `write` gives, once its title is one that the site does not have yet, whatever the calendar."""
        for _ in range(1000):
            written = write()
            title = alike(written[2].title)
            if (site, title) not in self.titles:
                self.titles.add((site, title))
                return written
        raise RuntimeError(f"the plan asks for more titles of a kind than there are on {site}")

    def _repost(self, number: int, repost: Repost, posted: list[Posting]) -> Iterable[Posting]:
        rng = self._rng("repost", number)
        latest = _at(self._ago(repost.since)) - timedelta(hours=5)
        originals = [one for one in posted if self._copied(repost, one) and one.article.published < latest]
        for original in rng.sample(originals, min(repost.count, len(originals))):
            self.taken.add((repost.site, original.key))
            article = original.article
            later = article.published + timedelta(minutes=rng.randint(40, 400))
            article = replace(
                article,
                published=_as_precise(min(later, latest), repost.site),
                title=repost.retitle(rng, article),
                blocks=repost.edit(rng, article.blocks),
                editor=f"{person(rng)}、{person(rng)}",
                number="",
                index="",
            )
            yield Posting(
                site=repost.site,
                column=repost.column,
                path=repost.column,
                since=repost.since,
                article=article,
                repeats=original.key,
                form=repost.form,
            )

    def _copied(self, repost: Repost, one: Posting) -> bool:
        """Whether a posting is one that the reposter would take, and has not taken yet."""
        return (
            one.site == repost.origin
            and one.since == repost.original_since
            and plan.worth_reposting(one)
            and (repost.site, one.key) not in self.taken
            and ("pinyin" not in repost.form or all(map(reversible, (one.article.title, *one.article.paragraphs))))
        )

    def _changed(self, posted: list[Posting]) -> Iterable[Posting]:
        """Some are edited, some only in their title, some withdrawn; none that others repeat."""
        rng = self._rng("changes")
        repeated = {one.repeats for one in posted if one.repeats}
        own = [one for one in posted if one.key not in repeated and not one.repeats and not one.rejected]
        free = [one for one in own if one.since + self.plan.within < self.plan.nights and plan.worth_reposting(one)]
        counts = (self.plan.edited, self.plan.retitled, self.plan.withdrawn)
        chosen = [one.key for one in rng.sample(free, sum(counts))]
        edited, retitled = set(chosen[: counts[0]]), set(chosen[counts[0] : sum(counts[:2])])
        withdrawn = set(chosen[sum(counts[:2]) :])
        late, late_night = self.plan.late
        unseen = [one.key for one in free if one.since == 0 and one.key not in chosen][:late]
        for one in posted:
            if one.key in edited:
                yield replace(one, edited=(self._later(rng, one), _corrected(rng, one.article)))
            elif one.key in retitled:
                renamed = replace(one.article, title=one.article.title + "（更新）")
                yield replace(one, edited=(self._later(rng, one), renamed))
            elif one.key in withdrawn:
                yield replace(one, withdrawn=one.since + self.plan.within)
            elif one.key in unseen:
                yield replace(one, edited=(late_night, _corrected(rng, one.article)))
            else:
                yield one

    def _later(self, rng: random.Random, one: Posting) -> int:
        """A night on which a source that knows the posting looks at it again."""
        return one.since + rng.randint(1, self.plan.within)


def _article(draft: Draft, published: datetime, site: str, rng: random.Random) -> Article:
    return Article(
        title=draft.title, blocks=draft.blocks, published=published, publisher=SITES[site].publisher, author=draft.author,
        editor=f"{person(rng)}、{person(rng)}", lang=draft.lang, topic=draft.topic, number=draft.number, issuer=draft.issuer,
        index=f"{rng.randrange(10**8, 10**9)}/{mark('year', (NOBODYS_DAY - published.date()).days)}-{rng.randrange(10**5):05}" if draft.number else "",
    )  # fmt: skip


def _numbered(postings: list[Posting], first: int = 0) -> list[Posting]:
    """The same with a serial number behind the column, in the order of publication."""
    ordered = sorted(postings, key=lambda one: one.article.published)
    return [replace(one, path=f"{one.path} {first + number}") for number, one in enumerate(ordered)]


def _at(ago: int) -> datetime:
    """Midnight of the day that lies so many days before the last night."""
    return datetime.combine(NOBODYS_DAY - timedelta(days=ago), time(), SHANGHAI)


def _corrected(rng: random.Random, article: Article) -> Article:
    """The article after its editor came back: a paragraph more."""
    extra = Block(kind="p", text=texts.voice(rng, topic=article.topic).one("result"))
    return replace(article, blocks=(*article.blocks[:1], extra, *article.blocks[1:]))


def _as_precise(moment: datetime, site: str) -> datetime:
    match SITES[site].precision:
        case "day":
            return moment.replace(hour=0, minute=0, second=0)
        case "minute":
            return moment.replace(second=0)
        case _:
            return moment


def _truth(posting: Posting, night: int) -> Truth:
    article = posting.on(night) or posting.last
    site = SITES[posting.site]
    files = {block.text: block for block in article.blocks if block.kind == "attachment"}
    names = tuple(file.partition("：")[2] for file in files)
    beside = (*files, *names) if site.files_beside else ()
    tabled = site.tables and bool(article.number)
    return Truth(
        site=posting.site,
        path=posting.path,
        state=posting.state(night),
        rejected=posting.rejected,
        title=article.title,
        paragraphs=tuple(line for line in article.paragraphs if line not in beside),
        optional=article.captions + beside + site.closing(article),
        published=article.published,
        precision=site.precision,
        publisher=article.publisher if site.names_itself or posting.repeats else "",
        author=site.author(posting, article),
        editor=site.editor(posting, article),
        lang=article.lang,
        number=article.number,
        index=article.index,
        issuer=article.issuer if tabled else "",
        topic=article.topic if tabled else "",
        validity=site.validity if tabled else "",
        signed=article.published.date() if tabled else None,
        attachments=tuple(zip(names, (file.url for file in files.values()), strict=True)) if site.links_files else (),
        repeats=posting.repeats,
    )
