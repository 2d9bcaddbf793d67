"""Titles on pages of our own writing, one for each kind of page that editors and CMSs make."""

import pytest

from pipeline.core.source import ArticleSpec
from pipeline.page.fields.title import find_title
from tests.makers.contexts import surroundings_of

TEXT = (
    "本报讯，全市制造业数字化转型推进会昨天召开，会议总结了上半年的工作，分析了当前形势，并对下一阶段的重点任务作出安排，"
    "要求各区各部门压实责任，抓紧落实，确保全年目标如期完成。"
)
BODY = f"<div id='body'><p>{TEXT}</p><p>{TEXT}</p><p>{TEXT}</p></div>"
NAV = "<div class='nav'><ul>" + "".join(
    f"<li><a href='/c{n}/'>{name}</a></li>" for n, name in enumerate(["首页", "政务公开", "通知公告", "工作动态", "互动交流"])
) + "</ul></div>"  # fmt: skip
SIDE = (
    "<div class='side'><h3 class='title'>热点推荐</h3><ul><li><a class='title' href='/1.html'>市里召开安全生产会议部署下半年工作</a></li>"
    "<li><a class='title' href='/2.html'>我市新增三家国家级制造业单项冠军企业</a></li></ul></div>"
)
FOOT = "<div class='foot'><h4>友情链接</h4><p>主办单位：滨江市工业局 版权所有</p></div>"


def page(inner: str, title: str = "", head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{NAV}{inner}{SIDE}{FOOT}</body></html>"


CASES = {
    "a_last_piece_shorter_than_the_name_of_the_site": (
        page(f"<h1>Binjiang Software Weekly 滨江软件周刊</h1><p><strong>给新生的建议</strong></p>{BODY}", "Binjiang Software Weekly - 给新生的建议"),
        "给新生的建议",
    ),
    "a_paper_that_calls_every_page_by_its_own_name": (
        page(f"<div>滨江青年报</div><div>APP下载</div><div class='title' style='font-size: 21.6px'>《海图》一书由古籍部整理出版</div>{BODY}", "滨江青年报"),
        "《海图》一书由古籍部整理出版",
    ),
    "a_subtitle_that_the_official_tag_names_with_its_tags": (
        page(
            f"<p class='mm_p'>为现代化滨江建设凝聚力量</p><div>——热烈祝贺市科技大会开幕</div><p>2026-03-05 09:52</p>{BODY}",
            "为现代化滨江建设凝聚力量——热烈祝贺市科技大会开幕_滨江市工业局",
            "<meta name='ArticleTitle' content='为现代化滨江建设凝聚力量&lt;div&gt;——热烈祝贺市科技大会开幕&lt;/div&gt;'>",
        ),
        "为现代化滨江建设凝聚力量——热烈祝贺市科技大会开幕",
    ),
    "an_official_tag_that_is_cut_off_at_a_tag": (
        page(f"<h2>滨江造无人船完成海试</h2>{BODY}", "信息详情", "<meta name='ArticleTitle' content='滨江造无人船完成&lt;br'>"),
        "滨江造无人船完成海试",
    ),
    "a_residue_where_the_name_of_the_site_is_empty": (page(BODY, "滨江造无人船完成全部海试项目 - - "), "滨江造无人船完成全部海试项目"),
    "a_class_of_the_cms_and_the_site_behind_an_underscore": (
        page(f"<div class='xl_title'>滨江市出台新型储能产业扶持办法</div>{BODY}", "滨江市出台新型储能产业扶持办法_滨江市工业局"),
        "滨江市出台新型储能产业扶持办法",
    ),
    "h1_is_the_name_of_the_site": (
        page(f"<h1>滨江市工业局</h1><h2>机器人产业园一期投产</h2>{BODY}", "机器人产业园一期投产-滨江市工业局"),
        "机器人产业园一期投产",
    ),
    "h1_is_the_name_of_the_site_and_the_title_tag_is_nothing_else": (
        page(f"<h1>滨江市工业局</h1><div class='con_bt'>机器人产业园一期投产</div>{BODY}", "滨江市工业局"),
        "机器人产业园一期投产",
    ),
    "h1_is_the_name_of_the_column": (
        page(f"<h1>工作动态</h1><div class='info-title'>局领导到高新区调研集成电路企业</div>{BODY}", "工作动态"),
        "局领导到高新区调研集成电路企业",
    ),
    "the_site_stands_first_in_the_title_tag": (
        page(f"<h1>滨江日报</h1><h2>稀土新材料中试基地揭牌</h2>{BODY}", "滨江日报 - 稀土新材料中试基地揭牌"),
        "稀土新材料中试基地揭牌",
    ),
    "column_article_and_site_in_the_title_tag": (
        page(f"<h2>工作动态</h2><div class='bt'>工业互联网标识解析节点上线</div>{BODY}", "工作动态_工业互联网标识解析节点上线_滨江市工业局"),
        "工业互联网标识解析节点上线",
    ),
    "a_table_cell_of_2005": (
        page(
            f"<table><tr><td align='center' class='STYLE5'><b><font size='4'>全市软件业收入突破百亿元</font></b></td></tr>"
            f"<tr><td align='center'>2005-8-3 10:22 点击：33</td></tr><tr><td id='body'><p>{TEXT}</p><p>{TEXT}</p></td></tr></table>",
            "滨江信息港",
        ),
        "全市软件业收入突破百亿元",
    ),
    "a_centred_bold_paragraph_above_the_text_and_a_useless_title_tag": (
        page(f"<p align='center'><b>关于开展绿色工厂申报的通知</b></p><p align='center'>滨工字〔2023〕8号</p>{BODY}", "信息详情"),
        "关于开展绿色工厂申报的通知",
    ),
    "the_first_line_of_the_body_block": (
        page(f"<div id='body'><p style='text-align: center;'><strong>滨江港自动化码头吞吐量创新高</strong></p><p>{TEXT}</p><p>{TEXT}</p></div>", "滨江市工业局"),
        "滨江港自动化码头吞吐量创新高",
    ),
    "a_heading_broken_by_br": (
        page(f"<h1>滨江市工业局 滨江市财政局<br>关于下达技术改造专项资金的通知</h1>{BODY}", "滨江市工业局 滨江市财政局关于下达技术改造专项资金的通知-滨江市工业局"),
        "滨江市工业局 滨江市财政局关于下达技术改造专项资金的通知",
    ),
    "an_official_title_over_two_lines_without_any_other_sign_of_it": (
        page(f"<p align='center'><b>滨江市人民政府办公室</b></p><p align='center'><b>关于印发算力基础设施建设方案的通知</b></p>{BODY}", "政府信息公开"),
        "滨江市人民政府办公室关于印发算力基础设施建设方案的通知",
    ),
    "an_official_title_over_three_lines_inside_the_body": (
        page(
            "<div id='body'><p align='center'>滨江市工业局等三部门关于印发</p><p align='center'>《中小企业数字化转型三年行动计划》</p>"
            f"<p align='center'>的通知</p><p align='center'>滨工字〔2024〕5号</p><p>各区工业局：</p><p>{TEXT}</p><p>{TEXT}</p></div>",
            "滨江市工业局等三部门关于印发《中小企业数字化转型三年行动计划》的通知_政策文件_滨江市工业局",
        ),
        "滨江市工业局等三部门关于印发《中小企业数字化转型三年行动计划》的通知",
    ),
    "a_subtitle_in_a_smaller_element_of_the_heading": (
        page(f"<h1>老厂房变身创意园<small>滨江市城市更新见闻</small></h1>{BODY}", "老厂房变身创意园_滨江新闻网"),
        "老厂房变身创意园",
    ),
    "a_subtitle_behind_a_dash_in_the_second_line": (
        page(f"<h1>老厂房变身创意园<br>——滨江市城市更新见闻</h1>{BODY}", "老厂房变身创意园-滨江新闻网"),
        "老厂房变身创意园",
    ),
    "a_subtitle_in_a_heading_of_its_own": (
        page(f"<h3 class='pre'>新年走基层</h3><h1>车间里的年轻人</h1><h4 class='sub'>滨江机床厂见闻</h4>{BODY}", "车间里的年轻人--时政--滨江网"),
        "车间里的年轻人",
    ),
    "a_title_tag_cut_off_by_the_cms": (
        page(f"<div class='tit'>滨江市召开专精特新企业座谈会听取企业意见建议并部署下一步服务工作</div>{BODY}", "滨江市召开专精特新企业座谈会听取企业意见建议...-滨江市工业局"),
        "滨江市召开专精特新企业座谈会听取企业意见建议并部署下一步服务工作",
    ),
    "the_official_tag_and_the_same_line_with_other_punctuation": (
        page(
            f"<div class='t1'>关于公布2024年“数字工匠”名单的公示</div>{BODY}",
            "公示公告",
            '<meta name="ArticleTitle" content="关于公布2024年&quot;数字工匠&quot;名单的公示">',
        ),
        "关于公布2024年“数字工匠”名单的公示",
    ),
    "the_official_tag_where_nothing_visible_is_the_title": (
        page(f"<img src='bt.png'>{BODY}", "", "<meta name='articletitle' content='滨江市氢能产业发展规划'>"),
        "滨江市氢能产业发展规划",
    ),
    "three_names_of_columns_behind_the_title": (
        page(BODY, "滨江造无人船完成海试_科技_要闻_滨江新闻网"),
        "滨江造无人船完成海试",
    ),
    "double_dashes_behind_the_title": (page(BODY, "滨江造无人船完成海试--地方--滨江网"), "滨江造无人船完成海试"),
    "a_bar_behind_the_title": (page(BODY, "滨江造无人船完成海试|滨江晚报"), "滨江造无人船完成海试"),
    "an_english_dash_behind_the_title": (page(BODY, "滨江造无人船完成海试 - 滨江在线"), "滨江造无人船完成海试"),
    "what_farms_put_in_front": (
        page(f"<h1>世界快看点丨向制造高地再出发</h1>{BODY}", "世界快看点丨向制造高地再出发_滨江热线"),
        "向制造高地再出发",
    ),
    "the_original_title_is_another_field": (
        page(f"<h1>三条产线同时开工</h1><p>原标题：滨江三条新能源电池产线同时开工建设</p>{BODY}", "三条产线同时开工_滨江网"),
        "三条产线同时开工",
    ),
    "a_bar_that_belongs_to_the_title": (
        page(f"<h1>一线观察 | 一条产线的绿色账本</h1>{BODY}", "一线观察 | 一条产线的绿色账本_滨江日报"),
        "一线观察 | 一条产线的绿色账本",
    ),
    "a_hyphen_that_belongs_to_the_title": (
        page(f"<div class='title'>滨江-临海城际铁路开工</div>{BODY}", "滨江-临海城际铁路开工-滨江新闻网"),
        "滨江-临海城际铁路开工",
    ),
    "the_heading_with_a_byline_in_it": (
        page(f"<div class='article-top'>两家企业入选灯塔工厂<br>2024-03-05 10:22 来源：滨江日报</div>{BODY}", "两家企业入选灯塔工厂_滨江网"),
        "两家企业入选灯塔工厂",
    ),
    "a_row_of_the_title_with_other_things_in_it": (
        page(f"<div id='title'><h2>两家企业入选灯塔工厂</h2><span class='sm'>扫码阅读手机版</span></div>{BODY}", "两家企业入选灯塔工厂-滨江网"),
        "两家企业入选灯塔工厂",
    ),
    "a_similar_line_in_the_list_above": (
        page(
            f"<ul class='xg'><li><a href='/9.html'>关于组织申报2024年首台套的通知（第二批）</a></li></ul>"
            f"<div class='article_title'>关于组织申报2024年首台套的通知</div>{BODY}",
            "关于组织申报2024年首台套的通知_滨江市工业局",
        ),
        "关于组织申报2024年首台套的通知",
    ),
    "the_title_twice_in_the_title_tag": (
        page(f"<div class='bt'>船舶工业首季开门红</div>{BODY}", "船舶工业首季开门红-船舶工业首季开门红"),
        "船舶工业首季开门红",
    ),
    "a_weixin_page": (
        page(f"<h1 class='rich_media_title' id='activity-name'>\n 这份稳岗清单，请查收！ \n</h1>{BODY}", "", '<meta property="og:title" content="这份稳岗清单，请查收！">'),
        "这份稳岗清单，请查收！",
    ),
    "an_element_of_ucap": (page(f"<div class='wz'><ucaptitle>全市规上工业增加值增长6.1%</ucaptitle></div>{BODY}", "滨江市统计局"), "全市规上工业增加值增长6.1%"),
    "comments_of_jcms": (
        page(f"<table><tr><td><!--<$[标题]>begin-->山区26县工业加快崛起<!--<$[标题]>end--></td></tr></table>{BODY}", "滨江市发展和改革委员会 工作信息"),
        "山区26县工业加快崛起",
    ),
    "the_table_of_a_document": (
        page(
            "<table><tr><td>索 引 号：</td><td>0123/2024-5</td></tr><tr><td>名　　称：</td><td>关于推进工业上楼的实施意见</td></tr>"
            f"<tr><td>发文字号：</td><td>滨政发〔2024〕3号</td></tr></table>{BODY}",
            "政府信息公开目录",
        ),
        "关于推进工业上楼的实施意见",
    ),
    "headings_of_chapters_are_no_title": (
        page(f"<div class='tt'>滨江市传感器产业行动方案</div><div id='body'><h2>一、总体要求</h2><p>{TEXT}</p><h2>二、重点任务</h2><p>{TEXT}</p></div>", "滨江市传感器产业行动方案"),
        "滨江市传感器产业行动方案",
    ),
    "a_heading_of_the_side_bar_before_the_article": (
        "<html><head><title>滨江市工业局</title></head><body>" + SIDE + f"<h3>开发区新增十个智能工厂</h3>{BODY}</body></html>",
        "开发区新增十个智能工厂",
    ),
    "a_banner_of_the_site_in_the_same_class": (
        page(f"<div class='title'><a href='/'>滨江市工业局</a></div><div class='main'><div class='title'>开发区新增十个智能工厂</div>{BODY}</div>", "开发区新增十个智能工厂 滨江市工业局"),
        "开发区新增十个智能工厂",
    ),
    "traditional_characters": (
        page(f"<h1>半導體園區擴建 明年動工</h1>{BODY}", "半導體園區擴建 明年動工 | 產業 | 濱江時報"),
        "半導體園區擴建 明年動工",
    ),
    "an_english_page": (
        "<html><head><title>Port opens second automated terminal | Binjiang Times</title></head><body><h1>Port opens second "
        f"automated terminal</h1><div id='body'><p>{'The port opened its second terminal on Monday, officials said. ' * 4}</p></div></body></html>",
        "Port opens second automated terminal",
    ),
    "an_english_page_without_heading": (
        "<html><head><title>Port opens second automated terminal | Binjiang Times</title></head><body>"
        f"<div id='body'><p>{'The port opened its second terminal on Monday, officials said. ' * 4}</p></div></body></html>",
        "Port opens second automated terminal",
    ),
    "a_font_size_and_nothing_else": (
        page(f"<div><span style='font-size:24px'>海工装备出口订单翻番</span></div><div>发布人：管理员 发布时间：2021-3-4</div>{BODY}", "欢迎光临滨江船舶公司"),
        "海工装备出口订单翻番",
    ),
    "a_company_with_its_name_in_every_title_tag": (
        page(f"<div class='logo'><h1>滨江重工股份有限公司</h1></div><p>NEWS</p><div class='newsbt'>公司中标海上风电项目</div>{BODY}", "滨江重工股份有限公司-海上风电,起重机,钢结构"),
        "公司中标海上风电项目",
    ),
    "a_table_head_over_all_columns": (
        page(f"<table><tr><th colspan='2'>滨江市二季度工业运行情况</th></tr><tr><td>日期：2022-07-20</td></tr></table>{BODY}", "滨江统计信息网"),
        "滨江市二季度工业运行情况",
    ),
    "a_definition_list": (
        page(f"<dl><dt>新型工业化示范区名单公布</dt><dd>2024-01-05</dd></dl>{BODY}", "通知公告"),
        "新型工业化示范区名单公布",
    ),
    "a_crumb_that_ends_in_the_title": (
        page(f"<div class='position'>当前位置：<a href='/'>首页</a> &gt; <a href='/a/'>要闻</a> &gt; 外贸企业抢订单</div><div class='n_tit'>外贸企业抢订单 忙生产</div>{BODY}", "外贸企业抢订单 忙生产-滨江政务网"),
        "外贸企业抢订单 忙生产",
    ),
    "a_title_of_two_words": (page(f"<h1>破冰</h1>{BODY}", "破冰_滨江文艺"), "破冰"),
    "og_title_with_the_site_behind_it": (
        page(BODY, "滨江网", '<meta property="og:title" content="千企技改 万企上云 - 滨江网"><meta property="og:site_name" content="滨江网">'),
        "千企技改 万企上云",
    ),
    "one_block_of_breaks_under_a_banner": (
        f"<html><head><title>公司新闻_滨江重工股份有限公司</title></head><body><div class='header'>NEWS</div><div class='news' id='body'><strong>海上风电项目首台机组吊装完成</strong>"
        f"<br>　　{TEXT}<br>　　{TEXT}<br>来源：滨江日报</div><div class='bottom'>网站首页 | 关于我们<br>主办单位：滨江重工</div></body></html>",
        "海上风电项目首台机组吊装完成",
    ),
    "an_e_paper": (
        page(f"<div>第03版：产业</div><div>标题导航</div><h2 id='Title'>老工业区焕新记</h2><h3>——来自滨江市铁西片区的报道</h3>{BODY}", "滨江日报数字报-老工业区焕新记"),
        "老工业区焕新记",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("located", [True, False], ids=["body_located", "body_unknown"])
def test_the_title_is_found_on_a_page_with(kind: str, located: bool) -> None:
    source, expected = CASES[kind]
    title, evidence = find_title(surroundings_of(source, located=located))
    assert ("".join(title.split()), bool(evidence)) == ("".join(expected.split()), True), evidence


def test_the_selector_of_the_source_comes_first() -> None:
    source = page(f"<h1>要闻</h1><h2 class='t'>稀土中试基地揭牌</h2>{BODY}", "要闻")
    title, evidence = find_title(surroundings_of(source, spec=ArticleSpec(title=(".never", "h2.t"))))
    assert (title, evidence) == ("稀土中试基地揭牌", "selector:h2.t")


def test_a_headline_that_links_to_its_own_page_stands_right_above_the_text() -> None:
    named = "<a href='/archive/2026/255509.html'>滨江造无人船完成海试</a>"
    other = "<a href='/archive/2026/1.html'>偶像新人的写真集昨天首发</a>"
    source = page(f"<div class='rightmenu'>{other}</div><div class='rightmenu'>{named}</div>{BODY}")
    title, _ = find_title(surroundings_of(source, url="http://blog.example.com/archive/2026/255509.aspx"))
    assert title == "滨江造无人船完成海试"


def test_the_listing_names_the_title_where_the_page_does_not() -> None:
    title, evidence = find_title(surroundings_of(page(BODY, "信息详情"), listed_title="稀土中试基地揭牌"))
    assert (title, evidence) == ("稀土中试基地揭牌", "listed")


def test_a_title_that_the_listing_cut_off_is_completed_by_the_page() -> None:
    whole = "滨江市召开专精特新企业座谈会听取企业意见建议"
    source = page(f"<p class='x'>{whole}</p>{BODY}", "信息详情")
    title, evidence = find_title(surroundings_of(source, listed_title=f"{whole[:14]}..."))
    assert (title, evidence) == (whole, "heading+listed")


@pytest.mark.parametrize("source", ["<html></html>", "<p></p>", "<title></title>", "<body><br><!-- x --><?pi?></body>"])
def test_a_page_without_words_has_no_title(source: str) -> None:
    assert find_title(surroundings_of(source, located=False)) == ("", "")


SUFFIXES = [
    "_滨江新闻网",
    "-滨江市人民政府",
    " - 滨江网",
    "--时政--人民网",
    "|滨江晚报",
    "_要闻_滨江市工业局",
    " | 产业 | 滨江时报",
    "——滨江门户",
]
TITLES = [
    "前四个月外贸进出口同比增长5.8%",
    "一线观察——老厂里的新产线",
    "【深读】“一带一路”上的滨江制造",
    "新春开门红 实干开新局",
    "滨江—临海城际铁路通车",
    "C919-大飞机配套园区开工",
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("title", TITLES)
def test_names_of_sites_behind_a_title_are_taken_off_and_nothing_else(title: str, suffix: str) -> None:
    assert find_title(surroundings_of(page(BODY, title + suffix)))[0] == title
