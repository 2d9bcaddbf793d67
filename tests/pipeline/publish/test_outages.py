"""Nights on which a site says something else than its articles: no text gets worse, and a person is asked where it must be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.core.models import Attachment, Fields, Outcome, Page, Reason, Rejected
from pipeline.core.observation import Trouble
from pipeline.corpus.corpus import Corpus
from pipeline.health.assess import trouble_of
from pipeline.page.obstacles import Cause
from pipeline.publish.publish import Published
from pipeline.publish.reprocess import accept
from pipeline.publish.rollback import rollback
from pipeline.store import fetches, keys, staging
from pipeline.store.s3 import Store
from pipeline.store.tables import Conflict
from tests.makers.corpus_nights import LIMITS, NIGHT, RULES, SOURCE, document, gone, night, prose

DAYS = [NIGHT + timedelta(days=day) for day in range(40)]
DOWN = "系统正在维护升级，给您带来不便敬请谅解。"
TITLES = {
    1: "关于印发园区管理办法的通知",
    2: "港口铁路联运工作会议召开",
    3: "第三季度能源数据公布",
    4: "水利项目招标公告",
}


def listed(number: int, text: str, day: int, **changes: object) -> tuple[Page, Outcome]:
    """A page as the listing names it."""
    page, found = document(number, text, at=DAYS[day], title=TITLES.get(number, ""))
    return replace(page, listed_title=TITLES.get(number, "")), replace(found, **changes)


def soft(number: int, day: int) -> tuple[Page, Outcome]:
    page, found = gone(number, DAYS[day])
    assert isinstance(found, Rejected)
    return page, replace(found, reason=Reason.SOFT_404)


def on(store: Store, day: int, *outcomes: tuple[Page, Outcome], cause: str = "") -> Published:
    return night(store, f"run{day:02}", outcomes, at=DAYS[day], cause=cause)


def texts(store: Store) -> dict[int, str]:
    """The texts that stand, by the number of their page."""
    stand = Corpus.open(store).scan().collect().to_dicts()
    return {
        int(row["url"].rsplit("_", 1)[1].removesuffix(".html")): row["text"] for row in stand if not row["withdrawn_at"]
    }


def flags(store: Store, number: int) -> list[str | None]:
    _, found = document(number, "")
    return [visit["flag"] for visit in fetches.story(store, found.doc_id)]


def due(store: Store, day: int) -> set[int]:
    return {
        int(each.url.rsplit("_", 1)[1].removesuffix(".html")) for each in fetches.seen(store, "ministry", DAYS[day]).due
    }


@pytest.mark.parametrize("notice", [DOWN, "您的请求编号为8f3a21，时间2026年1月{0}日，请稍后再试，谢谢您的理解。"])
def test_the_same_short_text_at_two_addresses_under_titles_it_has_nothing_of_is_an_error_page(
    store: Store, notice: str
) -> None:
    done = on(store, 0, listed(1, notice.format(3), 0), listed(2, notice.format(4), 0), listed(3, prose(3), 0))
    assert (done.sources[0].documents, done.sources[0].rejected) == (1, {"error_page": 2})
    assert texts(store) == {3: prose(3)}
    assert due(store, 1) >= {1, 2}


def test_maintenance_replaces_nothing_and_the_source_is_broken_with_a_cause_of_its_own(store: Store) -> None:
    before = {number: prose(number) for number in (1, 2, 3)}
    on(store, 0, *(listed(number, text, 0) for number, text in before.items()))
    done = on(store, 1, *(listed(number, DOWN, 1) for number in before))
    assert texts(store) == before
    assert done.sources[0].rejected == {"error_page": 3}
    assert (done.sources[0].cause, done.sources[0].advice != "") == (Cause.ERROR_PAGES, True)
    assert trouble_of(done.sources[0].cause) is Trouble.ERROR_PAGES
    done = on(store, 2, *(listed(number, text, 2) for number, text in before.items()))
    assert (done.sources[0].unchanged, done.sources[0].cause) == (3, "")


def test_an_error_page_of_an_earlier_run_betrays_those_of_this_one(store: Store) -> None:
    on(store, 0, listed(1, DOWN, 0))
    assert texts(store) == {1: DOWN}  # alone it could be a notice
    done = on(store, 1, listed(2, DOWN, 1))
    row = next(row for row in Corpus.open(store).scan().collect().to_dicts())
    assert (done.sources[0].rejected, done.sources[0].withdrawn) == ({"error_page": 1}, 1)
    assert (row["withdrawn_because"], texts(store)) == ("rejected:error_page", {})
    assert due(store, 2) >= {1, 2}
    on(store, 2, listed(1, prose(1), 2), listed(2, prose(2), 2))
    assert texts(store) == {1: prose(1), 2: prose(2)}


def test_one_notice_in_two_columns_is_a_repost_and_a_body_that_names_its_file_is_what_it_says(store: Store) -> None:
    file = Fields(attachments=(Attachment(name="附件.pdf", url="https://example.gov.cn/a.pdf", type="pdf"),))
    page, found = listed(2, "本周五夜间停水，请提前储备。", 0, title=TITLES[1])
    done = on(
        store, 0,
        listed(1, "本周五夜间停水，请提前储备。", 0), (replace(page, listed_title=TITLES[1]), found),
        listed(3, "具体内容请查看。", 0, fields=file), listed(4, "具体内容请查看。", 0, fields=file),
        listed(5, "详见附件，请下载。", 0), listed(6, "详见附件，请下载。", 0),
    )  # fmt: skip
    assert done.sources[0].rejected == {}
    assert done.sources[0].documents + done.sources[0].reposts == 6


def test_a_formula_that_its_titles_speak_of_is_no_error_page(store: Store) -> None:
    formula = "现予公示，公示期为七天，有异议请实名反映。"
    pages = [listed(number, formula, 0) for number in (1, 2)]
    named = [
        replace(page, listed_title=f"{who}任职公示") for (page, _), who in zip(pages, ("张三", "李四"), strict=True)
    ]
    on(store, 0, *((page, found) for page, (_, found) in zip(named, pages, strict=True)))
    assert len(texts(store)) == 2


SHORTER = {
    "another text, many times shorter": "本页内容已经调整，原有文字不再提供，请以新发布的为准。",
    "its first lines": prose(1)[:120],
    "its beginning, broken off within a line": prose(1)[: len(prose(1)) * 3 // 4],
}


@pytest.mark.parametrize("kind", SHORTER)
def test_a_revision_that_loses_the_text_is_held_then_a_question_and_never_published_by_itself(
    store: Store, kind: str
) -> None:
    shorter = SHORTER[kind]
    on(store, 0, listed(1, prose(1), 0), listed(2, prose(2), 0))
    first = on(store, 1, listed(1, shorter, 1), listed(2, prose(2), 1))
    (page,) = first.sources[0].held_pages
    assert (first.sources[0].unchanged, first.sources[0].held, page.flag, first.sources[0].cause) == (2, 1, "held", "")
    assert page.why
    assert due(store, 2) >= {1}
    second = on(store, 2, listed(1, shorter, 2))
    assert second.sources[0].held_pages[0].flag == "question"
    third = on(store, 4, listed(1, shorter, 4))
    assert third.sources[0].held_pages[0].flag == "question"
    assert texts(store) == {1: prose(1), 2: prose(2)}
    back = on(store, 9, listed(1, prose(1), 9))
    assert (back.sources[0].unchanged, back.sources[0].held) == (1, 0)
    assert flags(store, 1) == [None, "held", "question", "question", None]


def test_another_text_on_the_next_visit_is_held_anew(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0))
    on(store, 1, listed(1, DOWN, 1))
    on(store, 2, listed(1, "您的会话已经过期，请返回首页重新进入。", 2))
    on(store, 3, listed(1, DOWN, 3))
    assert flags(store, 1) == [None, "held", "held", "held"]


@pytest.mark.parametrize(
    "edited",
    [
        prose(1) + "\n" + prose(9),
        "\n".join(prose(1).split("\n")[:-1]),
        prose(1).replace("企业", "单位"),
        prose(8),
        prose(1)[200:],
    ],
)
def test_a_real_edit_is_published_by_the_visit_that_brings_it(store: Store, edited: str) -> None:
    on(store, 0, listed(1, prose(1), 0))
    on(store, 1, listed(1, edited, 1))
    assert texts(store) == {1: edited}


def test_a_short_text_is_not_replaced_by_a_sentence_that_has_nothing_of_it(store: Store) -> None:
    notice = "现将园区管理办法印发给你们，请遵照执行。"
    on(store, 0, listed(1, notice, 0))
    on(store, 1, listed(1, DOWN, 1))
    assert texts(store) == {1: notice}
    on(store, 2, listed(1, "现将修订后的园区管理办法印发给你们，请认真贯彻执行。", 2))
    assert texts(store) == {1: "现将修订后的园区管理办法印发给你们，请认真贯彻执行。"}


def test_what_says_that_nothing_is_here_withdraws_only_where_it_says_so_for_a_week(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0), listed(2, prose(2), 0))
    for day in (1, 2, 4):
        on(store, day, soft(1, day), listed(2, prose(2), day))
        assert texts(store) == {1: prose(1), 2: prose(2)}
    done = on(store, 8, soft(1, 8))
    assert (texts(store), done.sources[0].withdrawn) == ({2: prose(2)}, 1)


def test_what_was_gone_once_is_asked_for_again_at_growing_intervals_and_comes_back(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0))
    asked = []
    for day in range(1, 36):
        if 1 in due(store, day):
            asked.append(day)
            on(store, day, gone(1, DAYS[day]))
    assert (asked[:5], texts(store)) == ([1, 2, 4, 8, 16], {})
    on(store, 36, listed(1, prose(1), 36))
    assert texts(store) == {1: prose(1)}


def test_a_site_that_answers_404_to_everything_withdraws_nothing_in_a_night(store: Store) -> None:
    before = {number: prose(number) for number in (1, 2, 3)}
    on(store, 0, *(listed(number, text, 0) for number, text in before.items()))
    done = on(store, 1, *(gone(number, DAYS[1]) for number in before))
    assert (texts(store), done.sources[0].cause) == (before, Cause.ERROR_PAGES)


def test_a_later_error_page_of_the_same_run_does_not_hide_the_article(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0), listed(1, DOWN, 1), listed(2, DOWN, 1))
    assert texts(store) == {1: prose(1)}


def test_a_run_that_was_killed_before_it_logged_its_fetches_judges_as_it_did(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: Sequence[tuple[Page, Outcome]] = (listed(1, DOWN, 1), listed(2, DOWN, 1), listed(4, prose(4), 1))
    on(store, 0, listed(1, prose(1), 0), listed(3, prose(3), 0))
    with monkeypatch.context() as killed:
        killed.setattr(fetches, "append", _kill)
        with pytest.raises(KeyboardInterrupt):
            on(store, 1, *outcomes)
    version = Corpus.open(store).version
    done = on(store, 1, *outcomes)
    assert on(store, 1, *outcomes) == done
    assert (Corpus.open(store).version, done.sources[0].rejected) == (version, {"error_page": 2})
    _, found = document(1, "")
    assert [visit["reason"] for visit in fetches.story(store, found.doc_id)] == [None, "error_page"]


def _kill(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_publisher_that_loses_the_race_judges_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    on(store, 0, listed(1, DOWN, 0))
    commit, lost = Corpus.commit, []

    def once(corpus: Corpus, *given: object, **named: object) -> int:
        if not lost:
            lost.append(True)
            raise Conflict
        return commit(corpus, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Corpus, "commit", once)
    on(store, 1, listed(2, DOWN, 1), listed(3, prose(3), 1))
    assert texts(store) == {3: prose(3)}


def test_a_reprocess_takes_neither_an_error_page_nor_a_revision_that_loses_the_text(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0), listed(2, prose(2), 0))
    visits = [
        listed(1, prose(1) + "。", 0),
        listed(2, prose(2), 0),
        listed(1, DOWN, 1),
        listed(3, DOWN, 1),
        listed(2, "略。" * 9, 2),
    ]
    staging.write(store, keys.staged_file("again", "landing/source=ministry/x.warc.gz"), visits)
    accept(store, "again", DAYS[5], {"ministry": SOURCE}, RULES, LIMITS)
    assert texts(store) == {1: prose(1) + "。", 2: prose(2)}


def test_a_reprocess_gives_back_what_an_older_release_replaced_by_an_error_page(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0))
    row = Corpus.open(store).scan().collect().to_dicts()[0]
    Corpus.open(store).commit([row | {"text": DOWN, "fetched_at": DAYS[1], "revision": 2, "run_id": "old"}], "old", {})
    visits = [listed(1, prose(1), 0), listed(1, DOWN, 1), listed(2, DOWN, 1)]
    staging.write(store, keys.staged_file("again", "landing/source=ministry/x.warc.gz"), visits)
    accept(store, "again", DAYS[5], {"ministry": SOURCE}, RULES, LIMITS)
    assert texts(store) == {1: prose(1)}


def test_what_proved_to_be_an_error_page_can_be_put_back(store: Store) -> None:
    on(store, 0, listed(1, DOWN, 0))
    on(store, 1, listed(2, DOWN, 1))
    rollback(store, "run01", "undo", DAYS[2])
    assert texts(store) == {1: DOWN}


def test_a_log_of_an_older_release_is_read_and_grows_its_columns(store: Store) -> None:
    on(store, 0, listed(1, prose(1), 0))
    table = fetches.table(store)
    lacking = [name for name in table.columns if name not in ("flag", "shape", "in_a_row")]
    from deltalake import write_deltalake

    old = table.scan().select(lacking).collect().to_arrow()
    write_deltalake(table.handle, old, mode="overwrite", schema_mode="overwrite")
    assert "shape" not in fetches.table(store).columns
    on(store, 1, listed(1, DOWN, 1))
    assert (texts(store), flags(store, 1)) == ({1: prose(1)}, [None, "held"])
