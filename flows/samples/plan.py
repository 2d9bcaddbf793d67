"""The figures of the sample worlds: which site writes how much of what, and who reposts whom when."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from flows.samples.articles import Article, Block, Posting
from flows.samples.dates import mark
from flows.samples.writing import annexes, bulletins, texts
from flows.samples.writing.script import hong_kong
from flows.samples.writing.texts import Draft

NIGHTS = 3  # of the demo
Writer = Callable[[random.Random, int, str], Draft]  # random numbers, days before the last night, publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A number of articles of one genre in one column of a site."""

    site: str
    column: str
    write: Writer
    count: int
    since: int | None = None  # None: spread over the nights
    pinned: bool = False
    late: int = 0  # days by which it is dated before the night on which it appears
    rejected: str | None = None
    parts: int = 1
    form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much a world publishes, and what becomes of it later."""

    shares: tuple[int, ...]  # of what is published, by night
    batches: tuple[Batch, ...]
    reposts: tuple["Repost", ...]
    edited: int
    retitled: int
    withdrawn: int
    within: int = 2  # nights after which an article is edited or withdrawn; sources look at a page again on both
    late: tuple[int, int] = (0, 0)  # so many articles of the first night are edited on a night on which nobody looks

    @property
    def nights(self) -> int:
        return len(self.shares)


def _same_title(rng: random.Random, article: Article) -> str:
    return article.title


def _same_blocks(rng: random.Random, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    return blocks


def cut(rng: random.Random, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Without one of the inner paragraphs."""
    inner = [place for place, block in enumerate(blocks[2:-1], 2) if block.kind == "p"]
    gone = rng.choice(inner) if inner else len(blocks)
    return tuple(block for place, block in enumerate(blocks) if place != gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repost:
    """A number of articles of one site that turn up on another."""

    origin: str
    site: str
    column: str
    count: int
    original_since: int = 0
    since: int = 0
    retitle: Callable[[random.Random, Article], str] = _same_title
    edit: Callable[[random.Random, tuple[Block, ...]], tuple[Block, ...]] = _same_blocks
    form: str = ""


def news(*genres: str) -> Writer:
    return lambda rng, ago, publisher: texts.news(rng, rng.choice(genres), ago)


def notice(rng: random.Random, ago: int, publisher: str) -> Draft:
    return texts.notice(rng, ago, publisher, _number(rng, ago, publisher))


def annexed(kind: str) -> Writer:
    """A notice that says 见附件, and a file of that type."""

    def write(rng: random.Random, ago: int, publisher: str) -> Draft:
        draft = texts.short_notice(rng, ago, publisher)
        blocks = (
            replace(block, text=_ending(block.text, kind), url=_ending(block.url, kind))
            if block.kind == "attachment"
            else block
            for block in draft.blocks
        )
        return texts.with_blocks(draft, draft.title, tuple(blocks))

    return write


def _ending(name: str, kind: str) -> str:
    return f"{name.rpartition('.')[0]}.{kind}"


def interpretation(rng: random.Random, ago: int, publisher: str) -> Draft:
    return texts.interpretation(rng, publisher)


def picture(rng: random.Random, ago: int, publisher: str) -> Draft:
    """A 图解: pictures and nothing else."""
    draft = texts.interpretation(rng, publisher)
    images = tuple(Block(kind="image", url=f"W{rng.randrange(10**17, 10**18)}.jpg") for _ in range(rng.randint(2, 5)))
    return texts.with_blocks(draft, "图解｜" + draft.title, images)


def film(rng: random.Random, ago: int, publisher: str) -> Draft:
    draft = texts.news(rng, "feature", ago)
    return texts.with_blocks(draft, "视频丨" + draft.title, (Block(kind="video", url=f"V{rng.randrange(10**9)}.mp4"),))


def illustrated(*genres: str) -> Writer:
    """News with a picture and its caption between the paragraphs."""

    def write(rng: random.Random, ago: int, publisher: str) -> Draft:
        draft = texts.news(rng, rng.choice(genres), ago)
        picture = Block(
            kind="image",
            text=f"图为{draft.topic}生产现场。{texts.person(rng)} 摄",
            url=f"W{rng.randrange(10**17, 10**18)}.jpg",
        )
        return texts.with_blocks(draft, draft.title, (*draft.blocks[:1], picture, *draft.blocks[1:]))

    return write


def worth_reposting(posting: Posting) -> bool:
    """Whether it is prose that someone would copy."""
    size = sum(map(len, posting.article.paragraphs))
    return (
        not posting.rejected
        and not posting.article.number
        and size >= 350
        and posting.parts == 1
        and not posting.pinned
    )


def _number(rng: random.Random, ago: int, publisher: str) -> str:
    return f"产部{rng.choice(('规', '科', '装', '消费', '信软'))}〔{mark('year', ago)}〕{rng.randint(11, 399)}号"


def bulletin(kind: str) -> Writer:
    return lambda rng, ago, publisher: bulletins.bulletin(kind, rng, ago, publisher)


def press_release(rng: random.Random, ago: int, publisher: str) -> Draft:
    """News in honest traditional characters."""
    draft = texts.news(rng, rng.choice(("meeting", "project", "expo", "economy")), ago)
    blocks = tuple(replace(block, text=hong_kong(block.text)) for block in draft.blocks)
    return replace(draft, title=hong_kong(draft.title), blocks=blocks, lang="zh-Hant")


def renamed(rng: random.Random, article: Article) -> str:
    return f"{rng.choice(('聚焦', '关注', '走近'))}{article.topic}：{article.title}"


ALL = tuple(texts.NEWS)
_BATCHES = (
    Batch(site="ministry", column="gzdt", write=news("meeting", "survey", "expo", "economy"), count=26),
    Batch(site="ministry", column="gzdt", write=news("meeting"), count=3, since=1, late=4),
    Batch(site="ministry", column="gzdt", write=illustrated("meeting", "survey"), count=4),
    Batch(site="ministry", column="gzdt", write=news("survey"), count=2, parts=2, since=0),
    Batch(site="ministry", column="gzdt", write=bulletin("monthly"), count=8),
    Batch(site="ministry", column="zcwj", write=notice, count=14),
    Batch(site="ministry", column="zcwj", write=interpretation, count=8),
    Batch(site="ministry", column="zcwj", write=texts.short_notice, count=5),
    Batch(site="ministry", column="zcwj", write=texts.notice, count=2, pinned=True, since=0),
    Batch(site="ministry", column="zcwj", write=picture, count=2, rejected="image_only"),
    Batch(site="bureau", column="GXDT9285", write=news("meeting", "survey", "project", "economy"), count=26),
    Batch(site="bureau", column="TZGG9286", write=texts.notice, count=9),
    Batch(site="bureau", column="TZGG9286", write=texts.name_list, count=5),
    Batch(site="bureau", column="TZGG9286", write=texts.short_notice, count=3),
    Batch(site="bureau", column="TZGG9286", write=bulletin("approval"), count=6),
    Batch(site="paper", column="375547", write=news("feature", "project", "economy", "survey"), count=28),
    Batch(site="paper", column="378596", write=news("comment", "expo", "feature"), count=12),
    Batch(site="paper", column="378596", write=news("feature"), count=3, parts=2),
    Batch(site="paper", column="375547", write=film, count=1, rejected="video_only", since=0),
    Batch(site="paper", column="378596", write=bulletin("aqi"), count=5),
    Batch(site="paper", column="378596", write=bulletin("weather"), count=5),
    Batch(site="province", column="61490", write=news("meeting", "survey", "economy"), count=14),
    Batch(site="province", column="61493", write=bulletin("oil"), count=6),
    Batch(site="province", column="61502", write=texts.notice, count=10),
    Batch(site="province", column="61502", write=bulletin("posting"), count=5),
    Batch(site="province", column="61502", write=texts.notice, count=1, pinned=True, since=0),
    Batch(site="council", column="yaowen", write=news("meeting", "comment", "economy"), count=12),
    Batch(site="council", column="yaowen", write=news("economy"), count=3, since=2, late=3),
    Batch(site="council", column="yaowen", write=film, count=1, rejected="video_only"),
    Batch(site="council", column="zhengce", write=interpretation, count=8),
    Batch(site="council", column="zhengce", write=notice, count=9),
    Batch(site="council", column="zhengce", write=texts.short_notice, count=2),
    Batch(site="industry", column="smartt", write=news(*ALL), count=22),
    Batch(site="industry", column="semi", write=news(*ALL), count=14),
    Batch(site="company", column="news", write=news("firm", "project"), count=14),
    Batch(site="farm", column="zixun", write=news("feature", "comment"), count=5, form="captions"),
    Batch(site="english", column="news", write=bulletins.english, count=26),
    Batch(site="association", column="3", write=news("expo", "meeting", "firm"), count=14),
    Batch(site="association", column="7", write=bulletin("steel"), count=9),
    Batch(site="harbour", column="general", write=press_release, count=18),
    Batch(site="harbour", column="members", write=press_release, count=1, since=0, rejected="robots"),
    *(Batch(site="bureau", column="TZGG9286", write=annexed(kind), count=1) for kind in annexes.KINDS),
)

_REPOSTS = (
    Repost(origin="ministry", site="bureau", column="GXDT9285", count=4),
    Repost(origin="ministry", site="council", column="yaowen", count=4, original_since=1, since=1),
    Repost(
        origin="ministry", site="paper", column="375547", count=2, original_since=1, since=0
    ),  # seen before the original
    Repost(origin="ministry", site="province", column="61490", count=3, since=1, edit=cut),
    Repost(origin="ministry", site="association", column="3", count=3, since=2, retitle=renamed),
    Repost(origin="bureau", site="paper", column="375547", count=4),
    Repost(origin="bureau", site="company", column="news", count=2, since=1),
    Repost(origin="paper", site="bureau", column="GXDT9285", count=3, since=1, edit=cut),
    Repost(origin="paper", site="company", column="news", count=3, since=2, retitle=renamed),
    Repost(origin="paper", site="industry", column="smartt", count=3, retitle=renamed),
    Repost(origin="industry", site="company", column="news", count=2, edit=cut),
    Repost(
        origin="council", site="industry", column="semi", count=2, original_since=2, since=1
    ),  # seen before the original
    Repost(origin="paper", site="farm", column="zixun", count=8, form="pinyin"),
    Repost(origin="ministry", site="farm", column="zixun", count=4, since=1, form="pinyin"),
    Repost(origin="paper", site="farm", column="zixun", count=2, original_since=2, since=2, form="pinyin"),
    Repost(origin="bureau", site="farm", column="zixun", count=5, form="captions"),
    Repost(origin="industry", site="farm", column="zixun", count=4, since=2, form="captions", edit=cut),
    Repost(origin="industry", site="farm", column="zixun", count=4, retitle=renamed),
    Repost(origin="province", site="farm", column="zixun", count=2, since=1),
)

DEMO = Plan(shares=(60, 22, 18), batches=_BATCHES, reposts=_REPOSTS, edited=8, retitled=2, withdrawn=1)


def month(nights: int = 30) -> Plan:
    """Weeks of six sites that repost each other: some weeks' worth on the first night, then a few articles a night."""
    reposts = [
        Repost(origin=origin, site=site, column=column, count=1, original_since=night, since=night + after, form=form,
               edit=edit, retitle=retitle)
        for night in range(0, nights - 2, 2)
        for origin, site, column, after, form, edit, retitle in (
            ("ministry", "council", "yaowen", 0, "", _same_blocks, _same_title),
            ("ministry", "paper", "375547", 1, "", cut, _same_title),
            ("paper", "farm", "zixun", 0, "pinyin", _same_blocks, _same_title),
            ("paper", "company", "news", 1, "", _same_blocks, renamed),
        )
    ]  # fmt: skip
    return Plan(
        shares=(40, *[4] * (nights - 1)),
        batches=(
            Batch(site="ministry", column="gzdt", write=news("meeting", "survey", "expo", "economy"), count=2 * nights),
            Batch(site="ministry", column="zcwj", write=notice, count=nights // 2),
            Batch(site="ministry", column="zcwj", write=picture, count=2, rejected="image_only"),
            Batch(site="paper", column="375547", write=news("feature", "project", "economy", "survey"), count=2 * nights),
            Batch(site="paper", column="378596", write=news("comment", "feature"), count=nights),
            Batch(site="council", column="yaowen", write=news("meeting", "comment", "economy"), count=nights),
            Batch(site="council", column="zhengce", write=interpretation, count=nights // 2),
            Batch(site="company", column="news", write=news("firm", "project"), count=nights),
            Batch(site="farm", column="zixun", write=news("feature", "comment"), count=nights // 2, form="captions"),
            Batch(site="english", column="news", write=bulletins.english, count=nights),
        ),
        reposts=tuple(reposts),
        edited=nights // 2,
        retitled=nights // 6,
        withdrawn=nights // 4,
        late=(3, nights * 2 // 3),
    )  # fmt: skip


def heap(count: int) -> Plan:
    """One night of two sites that have some hundred articles each."""
    return Plan(
        shares=(1,),
        batches=(
            Batch(site="ministry", column="gzdt", write=news("meeting", "survey", "expo", "economy"), count=count // 2),
            Batch(site="paper", column="375547", write=news("feature", "project", "economy", "survey"), count=count // 2),
        ),
        reposts=(),
        edited=0,
        retitled=0,
        withdrawn=0,
    )  # fmt: skip
