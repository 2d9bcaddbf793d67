"""What a source's own pages teach, and what they never do: bulletins, signatures and addressees stay."""

import random
from collections.abc import Callable, Sequence

import pytest

from pipeline.core.models import LEARNED, Document
from pipeline.documents import process
from pipeline.documents.templates.learn import fits, joined, learn
from pipeline.documents.templates.rules import TemplateRules
from pipeline.documents.templates.sight import Sighting, sight
from pipeline.page.template import NOTHING, Template
from pipeline.rules import Rules
from tests.makers.places import ROOT
from tests.makers.texts.template_pages import article, html, page, prose, source, wrapped

RULES = Rules.load(ROOT / "config")
LEARNING = TemplateRules.load(ROOT / "config")
PROMO = "春江潮每天早晨与您一起守望这座江边的小城"  # no rule knows it
DAYS = range(1, 13)


def sightings(pages: Sequence[str]) -> list[Sighting]:
    return [seen for number, each in enumerate(pages) if (seen := sight(page(number, each), source(), RULES))]


def template(pages: Sequence[str]) -> Template:
    return learn(sightings(pages), LEARNING)


def documents(pages: Sequence[str], learned: Template, *keep: str) -> list[Document]:
    found = [process(page(number, each), source(*keep), RULES.of(learned)) for number, each in enumerate(pages)]
    made = [each for each in found if isinstance(each, Document)]
    assert len(made) == len(found), found
    return made


def taken(document: Document) -> list[str]:
    return [each.line for each in document.removed if each.rule == LEARNED]


def news(number: int, *, above: str = "", middle: str = "", below: str = "", form: str = "<p>{}</p>") -> str:
    lines = article(number)
    body = above + wrapped(lines[:2], form) + middle + wrapped(lines[2:], form) + below
    return html(f"{lines[0][:14]}", body)


@pytest.mark.parametrize(
    "place",
    [
        {"below": f"<p>{PROMO}</p>"},  # like a paragraph
        {"above": f"<p>{PROMO}</p>"},
        {"below": f"<div class='app'>{PROMO}</div>"},
        {"middle": f"<div class='app'>{PROMO}</div>"},  # a box between two paragraphs
        {"below": f"{PROMO}<br>", "form": "　　{}<br>"},  # paragraphs that are only breaks
    ],
)
def test_a_line_that_all_articles_share_at_one_place_is_furniture_and_says_by_which_rule(place: dict[str, str]) -> None:
    pages = [news(number, **place) for number in DAYS]
    learned = template(pages)
    assert [(line.text, line.articles, line.share) for line in learned.lines if line.text == PROMO] == [
        (PROMO, 12, 1.0)
    ]
    for number, made in zip(DAYS, documents(pages, learned), strict=True):
        assert made.text.split("\n") == article(number)
        assert taken(made) == [PROMO]
        assert made.rules_version == f"{RULES.version}+{learned.version}"


def test_what_only_looks_alike_is_said_by_the_articles() -> None:
    """The same sentence at another place of each page, inside of what is said, is no furniture."""
    pages = [news(number, middle=f"<p>{PROMO}</p>") for number in DAYS]
    assert not template(pages).lines


def test_a_line_of_a_few_articles_is_none() -> None:
    pages = [news(number, below=f"<p>{PROMO}</p>" if number <= 4 else "") for number in DAYS]
    assert PROMO not in [line.text for line in template(pages).lines]


def test_five_copies_of_one_text_teach_nothing() -> None:
    pages = [news(1, below=f"<p>{PROMO}</p>")] * 5 + [news(number) for number in DAYS]
    assert not template(pages).lines


def cases(day: int) -> list[str]:
    """A daily report: the same sentences, only numbers differ."""
    return [
        f"11月{day}日0时至24时，全市新增确诊病例{day * 3}例，新增无症状感染者{day * 7}例，均在隔离管控中发现。",
        f"截至11月{day}日24时，全市累计报告确诊病例{4000 + day * 31}例，累计治愈出院{3900 + day * 17}例。",
        "以上人员均已转运至定点医院隔离治疗，相关风险场所已落实管控措施。",
        "请广大市民继续做好个人防护，配合落实各项防控措施，共同守护来之不易的成果。",
    ]


def persons(day: int) -> list[str]:
    """The same with persons: half of each report is a form that is filled in anew."""
    chance = random.Random(day)
    told = [
        f"病例{n}：{chance.choice('男女')}，{chance.randint(18, 80)}岁，居住于{chance.choice(('东城', '西城', '海港', '河口'))}区"
        f"，系此前通报病例的密切接触者，集中隔离期间核酸检测结果为阳性，诊断为确诊病例，临床分型为轻型。"
        for n in range(1, 6)
    ]
    return [cases(day)[0], "新增病例情况如下", *told, *cases(day)[2:]]


def prices(day: int) -> list[str]:
    """A day's prices, by sentences."""
    return [
        f"11月{day}日，全市农贸市场监测的蔬菜均价为每公斤{4 + day / 10:.2f}元，较前一日上涨{day / 10:.1f}个百分点。",
        f"其中白菜每公斤{2 + day / 20:.2f}元，萝卜每公斤{3 + day / 30:.2f}元，土豆每公斤{5 + day / 40:.2f}元。",
        "猪肉价格与前一日持平，牛羊肉价格基本稳定，市场供应充足。",
        "数据由全市二十家定点农贸市场采集，仅供广大市民和经营者参考使用。",
    ]


@pytest.mark.parametrize("bulletin", [cases, persons, prices])
@pytest.mark.parametrize(
    "form", ["<p>{}</p>", "　　{}<br>", "<div class='line'>{}</div>", "<section><p>{}</p></section>"]
)
def test_bulletins_whose_sentences_repeat_lose_nothing(bulletin: Callable[[int], list[str]], form: str) -> None:
    pages = [html(f"11月{day}日情况通报", wrapped(bulletin(day), form)) for day in DAYS]
    learned = template(pages)
    assert not learned.lines
    for day, made in zip(DAYS, documents(pages, learned), strict=True):
        assert made.text.split("\n") == bulletin(day)


@pytest.mark.parametrize("bulletin", [cases, persons, prices])
def test_bulletins_among_news_lose_nothing_but_the_furniture_that_news_taught(
    bulletin: Callable[[int], list[str]],
) -> None:
    promo = f"<p>{PROMO}</p>"
    reports = [html(f"11月{day}日情况通报", wrapped(bulletin(day)) + promo) for day in DAYS]
    pages = [*reports, *(news(number, below=promo) for number in DAYS)]
    learned = template(pages)
    for day, made in zip(DAYS, documents(pages, learned), strict=False):
        assert made.text.split("\n") == bulletin(day)
        assert taken(made) == [PROMO]


def test_tables_of_prices_keep_their_heads() -> None:
    row = "<tr><td>{}</td><td>{:.2f}</td><td>元/公斤</td></tr>"

    def table(day: int) -> str:
        rows = "".join(
            row.format(name, day + at / 7) for at, name in enumerate(("白菜", "萝卜", "土豆", "黄瓜", "番茄"))
        )
        head = "<thead><tr><th>品种</th><th>批发均价</th><th>计量单位</th></tr></thead>"
        return f"<table border='1'>{head}<tbody>{rows}</tbody></table>"

    pages = [news(day, middle=table(day)) for day in DAYS]
    for made in documents(pages, template(pages)):
        assert "品种\t批发均价\t计量单位" in made.text
        assert not taken(made)


SIGNED = [
    ("<p>各区县人民政府，市政府各部门：</p>", "<p>春江市人民政府办公室</p><p>2026年11月3日</p>"),
    ("<p class='to'>各有关单位：</p>", "<p class='sign'>春江市交通运输局</p>"),
    ("", "<p>联系人：王某　联系电话：010-12345678</p><p>春江市税务局</p><p>2026年11月3日</p>"),
    ("", "<div class='sign'>春江市水务集团有限公司</div><div class='day'>2026年11月3日</div>"),
    ("", "<p>特此通知。</p><p>附件：申请表.docx</p>"),
]  # fmt: skip


@pytest.mark.parametrize(("to", "sign"), SIGNED)
def test_addressees_signatures_contacts_and_files_stay(to: str, sign: str) -> None:
    pages = [news(number, above=to, below=sign) for number in DAYS]
    before, after = documents(pages, NOTHING), documents(pages, template(pages))
    assert [each.text for each in after] == [each.text for each in before]


@pytest.mark.parametrize("form", ["<h2>{}</h2>", "<p><b>{}</b></p>", "<div class='part'>{}</div>"])
def test_headings_that_all_articles_have_stay(form: str) -> None:
    parts = ("基本案情", "裁判结果", "典型意义")
    pages = [
        html(
            prose(number)[:14],
            "".join(form.format(part) + f"<p>{prose(10 * number + at)}</p>" for at, part in enumerate(parts)),
        )
        for number in DAYS
    ]
    for made in documents(pages, template(pages)):
        assert [line for line in made.text.split("\n") if line in parts] == list(parts)


def test_a_line_that_is_wrongly_learned_is_freed_by_configuration() -> None:
    pages = [news(number, below=f"<p>{PROMO}</p>") for number in DAYS]
    learned = template(pages)
    assert not [line for made in documents(pages, learned, "^春江潮每天") for line in taken(made)]
    assert all(made.text.endswith(PROMO) for made in documents(pages, learned, "^春江潮每天"))


def test_the_constant_piece_of_titles_is_the_name_of_the_site() -> None:
    titles = [prose(number)[:12] for number in DAYS]
    pages = [
        html(title, wrapped(article(n)), heading=False, site="看看") for n, title in zip(DAYS, titles, strict=True)
    ]
    learned = template(pages)
    assert [name.text for name in learned.names] == ["看看"]
    assert [made.title for made in documents(pages, learned)] == titles


def test_a_title_that_is_the_same_each_day_is_no_name_of_a_site() -> None:
    pages = [html("全市疫情通报", wrapped(cases(day)), heading=False) for day in DAYS]
    assert not template(pages).names


def test_the_list_of_what_is_read_most_is_furniture_whole() -> None:
    headlines = [prose(5000 + each)[:16] for each in range(14)]

    def most_read(number: int) -> str:
        chosen = random.Random(number).sample(headlines, 8)
        return "<div class='most'>" + wrapped(chosen, "<div class='one'>{}</div>") + "</div>"

    pages = [news(number, below=most_read(number)) for number in DAYS]
    learned = template(pages)
    unseen = html(
        prose(77)[:14], wrapped(article(77)) + "<div class='most'><div class='one'>从未见过的另一条热门标题</div></div>"
    )
    for number, made in zip((*DAYS, 77), documents([*pages, unseen], learned), strict=True):
        assert made.text.split("\n") == article(number)


def test_pages_in_any_order_teach_the_same_and_few_teach_nothing() -> None:
    pages = sightings([news(number, below=f"<p>{PROMO}</p>") for number in DAYS])
    assert learn(pages, LEARNING) == learn(pages[::-1], LEARNING)
    assert learn(pages[: LEARNING.later - 1], LEARNING) == NOTHING


def test_a_template_that_has_changed_no_longer_fits_and_the_old_one_stays_beside_the_new() -> None:
    old = [news(number, below=f"<div class='app'>{PROMO}</div>") for number in DAYS]
    new = [
        news(number, below="<div class='foot2'>潮起两岸，愿您今天也有一份好心情</div>")
        .replace("'content'", "'main-text'")
        .replace("_春江潮", "_潮起")
        for number in range(20, 32)
    ]
    before = template(old)
    assert fits(sightings(old[:4]), before, LEARNING)
    assert not fits(sightings(new[:4]), before, LEARNING)
    both = joined(template(new), before)
    assert [taken(made) for made in documents([old[0], new[0]], both)] == [
        [PROMO],
        ["潮起两岸，愿您今天也有一份好心情"],
    ]
