"""Who repeats whom: excerpts met from either side, on one day, without dates, with wrong ones; what a 来源 declares."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.core.source import Source
from pipeline.dedupe.clusters import order
from pipeline.dedupe.publishers import Publishers
from tests.makers.texts.compared_texts import RULES, Corpus, lines, story, text

WHOLE = story(50, 14)
TITLE = "青溪水渠修复工程全线完工"


def source(id_: str, name: str, tier: str = "media", host: str = "", publisher: str = "") -> Source:
    return Source.model_validate(
        {"id": id_, "name": name, "tier": tier, "hosts": [host or f"{id_}.example.com"], "publisher": publisher,
         "listings": [{"url": f"https://{id_}.example.com/", "family": "inbox"}]}
    )  # fmt: skip


def both_orders(one, other) -> list[Corpus]:  # type: ignore[no-untyped-def]
    """Published in one night and in two, from either side."""
    nights = ([[one, other]], [[other, one]], [[one], [other]], [[other], [one]])
    corpora = []
    for batches in nights:
        corpora.append(Corpus())
        for batch in batches:
            corpora[-1].publish(batch)
    return corpora


@pytest.mark.parametrize("days", [(3, 3), (3, None), (None, None), (3, 4), (4, 3)])
@pytest.mark.parametrize("excerpt_tier", ["gov", "company"])
def test_an_excerpt_is_linked_and_the_whole_is_canonical_whichever_comes_first(days, excerpt_tier) -> None:  # type: ignore[no-untyped-def]
    whole = text("whole", lines(WHOLE), days[0], tier="media", title=TITLE)
    excerpt = text("excerpt", lines(WHOLE[:6]), days[1], tier=excerpt_tier, title=TITLE)
    for corpus in both_orders(whole, excerpt):
        assert corpus.clusters() == {frozenset({"whole", "excerpt"})}
        assert corpus.held["whole"].canonical_id is None


@pytest.mark.parametrize("gone", [1, 2, 3, 4])
def test_a_repost_with_paragraphs_cut_needs_no_title_to_be_linked_on_the_same_day(gone: int) -> None:
    whole = text("whole", lines(WHOLE), 3, tier="media")
    cut = text("cut", lines([*WHOLE[:4], *WHOLE[4 + gone :]]), 3, tier="gov")
    for corpus in both_orders(whole, cut):
        assert corpus.clusters() == {frozenset({"whole", "cut"})}


def test_a_comment_at_the_end_of_the_original_hides_no_repost() -> None:
    comment = [
        "本报评论员认为，水渠修复只是开始，后续管护更需要常抓不懈，资金和人员都要跟得上，不能重建轻管。",
        "村民们盼望的是一年四季都有水浇地，这就要求把责任落实到每一个人，把好事办好，让工程长久发挥效益。",
    ]
    original = text("original", lines(WHOLE[:10]) + "\n" + "\n".join(comment), 3, tier="media", title=TITLE)
    repost = text("repost", lines(WHOLE[:10]), 3, tier="gov", title=TITLE)
    for corpus in both_orders(original, repost):
        assert corpus.clusters() == {frozenset({"original", "repost"})}


def test_what_names_the_other_source_as_its_publisher_comes_after_it() -> None:
    paper = text("zz", lines(WHOLE), 3, tier="media", source_id="paper")
    bureau = text("aa", lines(WHOLE), 3, tier="gov", source_id="bureau", publisher_source="paper", is_declared=True)
    for corpus in both_orders(paper, bureau)[:2]:
        assert corpus.held["aa"].canonical_id == "zz"


def test_what_adds_to_a_repost_of_a_named_source_is_a_text_of_its_own() -> None:
    longer = [*WHOLE[:8], *story(51, 5)]
    release = text("release", lines(WHOLE[:8]), 3, tier="gov", source_id="bureau", title=TITLE)
    report = text(
        "report", lines(longer), 3, tier="media", source_id="paper", title=TITLE, publisher_source="bureau", is_declared=True
    )  # fmt: skip
    for corpus in both_orders(release, report):
        assert corpus.clusters() == {frozenset({"release"}), frozenset({"report"})}


def test_an_article_of_a_digest_of_the_same_day_stays_a_document() -> None:
    one, other = story(52, 8), story(53, 9)
    digest = text("digest", lines(one + other), 3, tier="gov", title="一日要闻")
    article = text("article", lines(one), 3, tier="media", title="果园开园")
    for corpus in both_orders(digest, article)[::2]:
        assert corpus.held["digest"].canonical_id is None
    later = text("late", lines(one + other), 9, title="一周要闻")
    corpus = Corpus()
    corpus.publish([article, later])
    assert corpus.clusters() == {frozenset({"article"}), frozenset({"late"})}


def test_an_excerpt_of_two_longer_texts_makes_no_cluster_of_them() -> None:
    one, other = story(54, 5), story(55, 5)
    common = story(56, 6)
    texts = [
        text("one", lines([*one, *common]), 3, title=TITLE + "（甲）"),
        text("other", lines([*common, *other]), 3, title=TITLE + "（乙）"),
        text("common", lines(common), 3, title=TITLE),
    ]
    for permuted in itertools.permutations(texts):
        corpus = Corpus()
        corpus.publish(permuted)
        assert max(map(len, corpus.clusters())) == 2
        cut = Corpus()
        for each in permuted:
            cut.publish([each])
        assert cut.clusters() == corpus.clusters()


def test_a_circle_of_excerpts_and_copies_is_one_cluster_in_every_order() -> None:
    sentences = story(57, 12)
    rng = random.Random(5)
    texts = [
        text(f"t{n}", lines(sentences[: rng.randint(5, 12)]), rng.choice([3, 4, None]), title=TITLE, tier=rng.choice(["gov", "media"]))
        for n in range(6)
    ]  # fmt: skip
    expected = None
    for seed in range(12):
        permuted = random.Random(seed).sample(texts, len(texts))
        corpus = Corpus()
        at = seed % 5 + 1
        corpus.publish(permuted[:at])
        corpus.publish(permuted[at:])
        expected = expected or corpus.clusters()
        assert corpus.clusters() == expected


def test_an_old_text_within_a_new_one_is_no_excerpt_of_it() -> None:
    old = text("old", lines(WHOLE[:8]), 3, title=TITLE)
    new = text("new", lines(WHOLE), 20, title=TITLE)
    for corpus in both_orders(old, new):
        assert corpus.clusters() == {frozenset({"old"}), frozenset({"new"})}


def test_a_publisher_is_resolved_to_the_source_of_its_name() -> None:
    known = Publishers(
        [
            source("paper", "青溪日报"),
            source("ministry", "中华人民共和国水利建设部", "gov", "www.shuijian.gov.cn", publisher="水利建设部"),
            source("bureau", "青溪市水务局", "gov"),
        ],
        RULES.publishers,
    )

    def of(publisher: str) -> tuple[str, bool]:
        found = known.resolve(publisher, "bureau")
        return found.source_id, found.is_other

    assert of("青溪日报") == of("《青溪日报》") == of("来源：青溪日报客户端") == of("青溪日報") == ("paper", True)
    assert of("水利建设部网站") == of("水利建设部规划司") == of("www.shuijian.gov.cn") == ("ministry", True)
    assert of("") == of("本站") == of("青溪市水务局") == of("青溪市水务局办公室") == ("bureau", False)
    assert of("临江晚报") == of("新华社") == ("", True)
    assert of("办公室") == of("水务局规划科") == ("", False)


def test_order_counts_the_day_in_china_and_what_is_declared_before_tier_and_fetch() -> None:
    declared = text("a", "甲", 3, tier="gov", is_declared=True, fetched_at=datetime(2026, 3, 3, 4, tzinfo=UTC))
    plain = text("b", "甲", 3, tier="company", fetched_at=datetime(2026, 3, 3, 5, tzinfo=UTC))
    night = replace(plain, published_at=datetime(2026, 3, 3, 17, tzinfo=UTC))  # the fourth in China
    assert order(plain) < order(declared) < order(night)
