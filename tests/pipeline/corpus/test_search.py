"""Search: Chinese words of any length, ranked, over an index that follows the corpus and can be lost."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli.main import cli
from pipeline.core.urls import doc_id
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.search import Busy, Index, tokens
from pipeline.store.s3 import Store
from pipeline.upkeep import forget
from tests.makers.corpus_nights import NIGHT, document, gone, night, prose
from tests.makers.corpus_versions import vacuumed

DAYS = [NIGHT + timedelta(days=day) for day in range(9)]


@pytest.fixture
def told(store: Store) -> Store:
    texts = {
        1: "海河新区印发充电桩建设方案，年内新增五千个。" + prose(1),
        2: "市民可到窗口办理。" + prose(2) + "充电宝不得带上飞机。",
        3: "海河畔的桩基施工完成，电力公司充分保障。" + prose(3),
        4: "臺灣地區的產業園區與 AI 芯片企業座談。" + prose(4),
    }
    titles = {1: "充电桩建设方案", 2: "办事指南", 3: "桩基完工", 4: "座談會"}
    night(store, "run1", [document(number, text, title=titles[number]) for number, text in texts.items()])
    return store


def holds(path: Path, token: str) -> bool:
    """Whether any piece of any text, living or not, is in the file."""
    with closing(sqlite3.connect(path)) as index:
        return bool(index.execute("SELECT count(*) FROM words WHERE words MATCH ?", (token,)).fetchone()[0])


def test_pairs_of_characters_and_words_of_other_scripts() -> None:
    assert tokens("产业园区，GDP增长5.2%") == "产业 业园 园区 区 gdp 增长 长 5 2"
    assert tokens("產業") == tokens("产业")


def test_words_are_found_whole_and_the_best_comes_first(told: Store, tmp_path: Path) -> None:
    corpus, index = Corpus.open(told), Index(tmp_path / "index")
    assert index.sync(corpus) == 4

    def titles(asked: str) -> list[str]:
        return [hit.title for hit in index.search(corpus, asked, 10)]

    assert titles("充电桩") == ["充电桩建设方案"]
    assert set(titles("海河")) == {"充电桩建设方案", "桩基完工"}
    assert titles("产业园区 芯片") == ["座談會"]
    assert titles("台湾地区") == ["座談會"]
    assert titles("ai") == ["座談會"]
    assert "桩基完工" in titles("桩")
    assert titles("充电桩 市民") == ["充电桩建设方案", "办事指南"]  # none holds both: those that hold the most
    assert titles("!!") == []
    assert "五千个" in index.search(corpus, "充电桩", 1)[0].around


def test_the_index_follows_the_corpus(told: Store, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    index.sync(Corpus.open(told))
    night(
        told,
        "run2",
        [document(1, "改写之后只谈风电。" + prose(1), title="风电", at=DAYS[1]), gone(3, DAYS[1])],
        at=DAYS[1],
    )
    corpus = Corpus.open(told)
    index.sync(corpus)
    assert index.sync(corpus) == 0
    assert [hit.title for hit in index.search(corpus, "风电", 10)] == ["风电"]
    assert "桩基完工" not in [hit.title for hit in index.search(corpus, "海河", 10)]
    fresh = Index(tmp_path / "other")
    fresh.sync(corpus)
    assert [hit.doc_id for hit in fresh.search(corpus, "风电", 10)] == [
        hit.doc_id for hit in index.search(corpus, "风电", 10)
    ]


def test_a_source_is_searched_whole_and_page_by_page(store: Store, tmp_path: Path) -> None:
    rows = [
        {"doc_id": f"{n:032x}", "source_id": "daily" if n > 8 else "ministry", "title": f"充电桩{n}", "text": prose(n),
         "month": "2026-01", "first_fetched_at": NIGHT, "fetched_at": NIGHT, "kind": "original", "url": f"https://a.cn/{n}"}
        for n in range(1, 12)
    ]  # fmt: skip
    Corpus.open(store).commit(rows, "run1", {}, months=())
    corpus, index = Corpus.open(store), Index(tmp_path / "index")
    index.sync(corpus)
    every = [hit.doc_id for hit in index.search(corpus, "充电桩", 50)]
    assert len(every) == 11
    assert [hit.doc_id for skip in (0, 4, 8) for hit in index.search(corpus, "充电桩", 4, skip=skip)] == every
    assert not index.search(corpus, "充电桩", 4, skip=12)
    assert {hit.source_id for hit in index.search(corpus, "充电桩", 3, sources=["daily"])} == {"daily"}
    assert len(index.search(corpus, "充电桩", 50, sources=["daily"])) == 3


def test_while_another_process_writes_the_index_it_is_busy_and_stays(told: Store, tmp_path: Path) -> None:
    path = tmp_path / "index"
    Index(path).sync(Corpus.open(told))
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy):
            Index(path, patience=0.1).search(Corpus.open(told), "充电桩", 10)
    assert Index(path).sync(Corpus.open(told)) == 0


def test_a_broken_index_is_made_anew_and_nothing_forgotten_stays_in_it(told: Store, tmp_path: Path) -> None:
    path = tmp_path / "index"
    Index(path).sync(Corpus.open(told))
    assert holds(path, "充电")
    forget.forget(
        told, [doc_id(f"https://example.gov.cn/t20260104_{number}.html") for number in (1, 2)], "r", "f", DAYS[2]
    )
    Index(path).sync(Corpus.open(told))
    assert not holds(path, "充电")
    assert holds(path, "海河")
    path.write_bytes(b"no index")
    assert Index(path).sync(Corpus.open(told)) == 2


@pytest.mark.parametrize(
    "harm", ["DROP TABLE words", "DROP TABLE documents", "UPDATE about SET value = 'x' WHERE name = 'version'"]
)
def test_an_index_that_was_damaged_within_is_made_anew(told: Store, tmp_path: Path, harm: str) -> None:
    index, corpus = Index(tmp_path / "index"), Corpus.open(told)
    index.sync(corpus)
    with closing(sqlite3.connect(tmp_path / "index")) as damaged, damaged:
        damaged.execute(harm)
    index.sync(corpus)
    assert [hit.title for hit in index.search(corpus, "充电桩", 10)] == ["充电桩建设方案"]


def test_an_index_whose_pages_are_damaged_is_made_anew(told: Store, tmp_path: Path) -> None:
    index, corpus = Index(tmp_path / "index"), Corpus.open(told)
    index.sync(corpus)
    whole = (tmp_path / "index").read_bytes()
    (tmp_path / "index").write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    assert [hit.title for hit in index.search(corpus, "充电桩", 10)] == ["充电桩建设方案"]


def test_an_index_older_than_the_history_is_made_anew(store: Store, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    night(store, "run0", [document(9, prose(9))])
    index.sync(Corpus.open(store))
    assert index.sync(Corpus.open(vacuumed(store))) == 4


def test_the_command_prints_hits(told: Store, tmp_path: Path) -> None:
    env = {"GONGBAO_STORE": told.url, "GONGBAO_HOME": str(tmp_path)}
    done = CliRunner(env=env).invoke(cli, ["search", "充电桩"], catch_exceptions=False)
    assert [json.loads(line)["title"] for line in done.stdout.splitlines()] == ["充电桩建设方案"]


def test_the_command_says_where_no_document_holds_every_word(told: Store, tmp_path: Path) -> None:
    env = {"GONGBAO_STORE": told.url, "GONGBAO_HOME": str(tmp_path)}
    some = CliRunner(env=env).invoke(cli, ["search", "充电桩 市民"], catch_exceptions=False)
    assert [json.loads(line)["whole"] for line in some.stdout.splitlines()] == [False, False]
    assert "holds all of 充电桩 市民; these hold some of it" in some.stderr
    every = CliRunner(env=env).invoke(cli, ["search", "充电桩 五千个"], catch_exceptions=False)
    assert [json.loads(line)["whole"] for line in every.stdout.splitlines()] == [True]
    assert "these hold some" not in every.stderr
