"""More families of notices of one template; all text is our own. Each member differs from the next in what matters."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.makers.texts.notices import _CITIES, _COMPANIES, _OFFICES, Notice, _cn, _day, _name

_DIGITS = "零一二三四五六七八九"
_STREETS = ["解放路", "人民路", "滨河大道", "学府街", "工农路", "新华街", "迎宾路", "朝阳巷", "建设大街", "和平里"]
_VILLAGES = ["上坪村", "下河村", "大湾村", "石门村", "杨柳村", "白沙村", "红旗村", "龙泉村", "古楼村", "双桥村"]


def _han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else _DIGITS[tens] + "十") + (
        _DIGITS[ones] if ones or not tens else ""
    )


def plenary(pick: random.Random, nth: int) -> Notice:
    when, session = _day(nth, 100), _han(nth + 2)
    return Notice(
        title=f"市委举行十三届{session}次全体会议",
        publisher="东陵日报",
        published_at=when,
        text=f"中国共产党东陵市第十三届委员会第{session}次全体会议，于{when.month}月{when.day}日在东陵举行。\n"
        "全会由市委常委会主持。市委委员、候补委员出席会议，不是市委委员、候补委员的有关领导同志，市纪委常委和有关方面负责同志列席会议。\n"
        f"全会听取和讨论了市委书记{_name(pick)}受市委常委会委托作的工作报告，充分肯定市委常委会的工作。全会认为，面对复杂严峻的形势，市委常委会团结带领全市干部群众，"
        "坚持稳中求进，扎实推动高质量发展，统筹发展和安全，各项事业取得新的成绩。\n全会号召，全市各级党组织和广大党员干部群众要更加紧密地团结起来，锐意进取、埋头苦干，为全面完成各项目标任务而努力奋斗。",
    )


def approval(pick: random.Random, nth: int) -> Notice:
    when, village = _day(nth, 3), pick.choice(_VILLAGES)
    return Notice(
        title="建设项目环境影响报告表的批复",
        publisher="南浦市生态环境局",
        published_at=when,
        document_number=f"浦环审〔2025〕{nth + 3}号",
        text=f"{pick.choice(_COMPANIES)}有限公司：\n你公司报送的《{pick.choice(['年产', '日处理'])}{pick.randint(1, 90)}万{pick.choice(['吨', '件', '套'])}{pick.choice(['建材', '纸品', '食品', '塑料制品', '机械零件'])}项目环境影响报告表》收悉。经研究，批复如下：\n"
        f"一、该项目位于{village}，总投资{pick.randint(500, 20000)}万元，其中环保投资{pick.randint(10, 400)}万元。根据报告表结论和专家评审意见，从环境保护角度分析，同意项目按照报告表所列的地点、性质、规模和环境保护措施进行建设。\n"
        "二、项目建设应当严格执行环境保护设施与主体工程同时设计、同时施工、同时投产使用的制度，落实各项污染防治措施，确保各类污染物稳定达标排放。\n"
        "三、项目竣工后，应当按照规定的程序开展竣工环境保护验收，验收合格后方可投入使用。批复之日起五年后方开工建设的，应当报我局重新审核。",
    )


def batch_list(pick: random.Random, nth: int) -> Notice:
    when, number = _day(nth, 90), _han(nth + 1)
    firms = "\n".join(f"{n}. {pick.choice(_CITIES)}{pick.choice(_COMPANIES)}有限公司" for n in range(1, 6))
    return Notice(
        title=f"关于公布第{number}批绿色工厂名单的通知",
        publisher="安平市工业和信息化局",
        published_at=when,
        document_number=f"安工信〔2025〕{nth + 11}号",
        text="各县（市、区）工业和信息化主管部门，有关企业：\n"
        f"根据绿色制造体系建设工作安排，经企业自评、第三方评价、县级推荐、专家评审和公示，现将第{number}批绿色工厂名单予以公布。\n"
        "请各地加强对绿色工厂的动态管理，指导企业持续提升绿色制造水平，总结推广先进经验，发挥示范带动作用。列入名单的企业应当每年报送绿色发展情况，"
        f"发生安全、质量、环境污染等事故的，按程序移出名单。\n附件：第{number}批绿色工厂名单\n{firms}",
    )


def outage(pick: random.Random, nth: int) -> Notice:
    when = _day(nth, 2)
    start = pick.randint(6, 12)
    street, other = pick.sample(_STREETS, 2)
    return Notice(
        title=f"{street}停水通知",
        publisher="临江市供水公司",
        published_at=when,
        text=f"尊敬的用户：\n因{street}供水管网改造施工需要，定于{_cn(when + timedelta(days=1))}{start}时至{start + pick.randint(4, 9)}时，对{street}至{other}沿线供水管道进行停水作业，届时沿线用户将出现停水或者水压降低的情况。\n"
        "请受影响的用户提前做好储水准备，停水期间请关好水龙头，以免来水时造成损失。恢复供水初期可能出现短时间水质浑浊，请排放至清澈后再使用。"
        "施工单位将尽力缩短停水时间，如遇特殊情况延期，敬请谅解。由此给您带来的不便，我们深表歉意。",
    )


def exam(pick: random.Random, nth: int) -> Notice:
    when, office = _day(nth, 20), pick.choice(_OFFICES)
    return Notice(
        title=f"怀远市{office}公开招聘工作人员公告",
        publisher="怀远市人力资源和社会保障局",
        published_at=when,
        text=f"因工作需要，怀远市{office}决定面向社会公开招聘工作人员{pick.randint(2, 30)}名，现将有关事项公告如下：\n"
        f"一、报名时间：{_cn(when + timedelta(days=5))}至{_cn(when + timedelta(days=9))}，采取网上报名方式，每人限报一个岗位。\n"
        "二、应聘人员应当遵守宪法和法律，具有良好的品行和适应岗位要求的身体条件，具备岗位所需的专业、学历、职称或者技能条件。受过刑事处罚、被开除公职的人员不得应聘。\n"
        f"三、考试分为笔试和面试，笔试时间为{_cn(when + timedelta(days=30))}，笔试成绩占总成绩的百分之六十。体检、考察合格的，在网上公示七个工作日，无异议的办理聘用手续。\n咨询电话：0{pick.randint(310, 899)}-{pick.randint(2000000, 8999999)}",
    )


def anniversary(pick: random.Random, nth: int) -> Notice:
    city, years = pick.choice(_CITIES), 60 + nth
    when = datetime(2009 + nth, 10, 1, 2, tzinfo=UTC)
    return Notice(
        title=f"{city}市举行升国旗仪式庆祝国庆",
        publisher=f"{city}日报",
        published_at=when,
        text=f"10月1日清晨，{city}市在人民广场隆重举行升国旗仪式，庆祝中华人民共和国成立{years}周年。市委、市人大、市政府、市政协领导班子成员，与各界群众代表一起参加仪式。\n"
        "六时许，国旗护卫队迈着铿锵有力的步伐走向升旗台。伴随着雄壮的国歌声，五星红旗冉冉升起，迎风飘扬。全场人员面向国旗肃立，行注目礼，齐声高唱国歌，表达对祖国的深情祝福。\n"
        "参加仪式的群众纷纷表示，祖国的繁荣富强令人自豪，将立足本职岗位，勤奋工作，以实际行动为国家发展贡献力量。仪式结束后，许多市民在广场合影留念。",
    )


def bonds(pick: random.Random, nth: int) -> Notice:
    when = _day(nth, 7)
    return Notice(
        title=f"关于{when.year}年记账式附息（{_han(nth + 3)}期）国债发行工作有关事宜的通知",
        publisher="财政局",
        published_at=when,
        document_number=f"财库〔2025〕{nth + 40}号",
        text=f"记账式国债承销团成员：\n为筹集财政资金，支持国民经济和社会事业发展，决定发行{when.year}年记账式附息（{_han(nth + 3)}期）国债。现就发行工作有关事宜通知如下：\n"
        f"一、本期国债为{pick.choice([2, 3, 5, 7, 10])}年期固定利率附息债，竞争性招标面值总额{pick.randint(3, 15) * 100}亿元，进行甲类成员追加投标。\n"
        f"二、日期安排。招标时间为{_cn(when)}上午10:35至11:35。{_cn(when + timedelta(days=1))}开始计息，招标结束至{_cn(when + timedelta(days=1))}进行分销，{_cn(when + timedelta(days=3))}起上市交易。\n"
        "三、竞争性招标方式为修正的多重价格招标方式，标的为利率。投标标位变动幅度、最高最低投标标位差按照规定执行。其他事宜按有关招标发行规则办理。",
    )


def penalty(pick: random.Random, nth: int) -> Notice:
    when, company = _day(nth, 6), pick.choice(_COMPANIES)
    return Notice(
        title="行政处罚信息公示表",
        publisher="银行监管分局",
        published_at=when,
        document_number=f"监罚决字〔2025〕{nth + 1}号",
        text=f"行政处罚决定书文号：监罚决字〔2025〕{nth + 1}号\n被处罚当事人：{company}股份有限公司{pick.choice(_CITIES)}支行\n主要负责人：{_name(pick)}\n"
        f"主要违法违规事实：{pick.choice(['贷款三查不到位', '流动资金贷款被挪用', '违规办理票据业务', '员工行为管理不到位'])}\n行政处罚依据：《中华人民共和国银行业监督管理法》第四十六条\n"
        f"行政处罚决定：罚款{pick.randint(20, 90)}万元\n作出处罚决定的机关名称：监管分局\n作出处罚决定的日期：{_cn(when)}",
    )


def flood(pick: random.Random, nth: int) -> Notice:
    when = _day(nth, 1)
    level = pick.choice(["四级", "三级", "二级"])
    one, two = pick.sample(_CITIES, 2)
    return Notice(
        title="市气象台发布暴雨预警",
        publisher="市气象局",
        published_at=when,
        text=f"市气象台{_cn(when)}{pick.randint(1, 23)}时{pick.randint(10, 59)}分发布暴雨{pick.choice(['蓝色', '黄色', '橙色'])}预警信号：预计未来{pick.choice([3, 6, 12])}小时内，{one}、{two}等地降雨量将达{pick.randint(30, 100)}毫米以上，市防汛抗旱指挥部决定启动防汛{level}应急响应。\n"
        "请有关部门和单位按照职责做好防暴雨工作，检查城市、农田排水系统，做好排涝准备；交通管理部门应当根据路况在强降雨路段采取交通管制措施；学校、幼儿园采取适当措施，保证学生和幼儿安全。市民尽量减少外出，远离低洼地带和山体，注意防范山洪、滑坡等次生灾害。",
    )


def visit(pick: random.Random, nth: int) -> Notice:
    when, leader = _day(nth, 4), _name(pick)
    one, two = pick.sample(_VILLAGES, 2)
    return Notice(
        title="市领导调研乡村振兴工作",
        publisher="西岭融媒",
        published_at=when,
        text=f"{when.month}月{when.day}日，副市长{leader}率队到{one}、{two}调研乡村振兴工作，实地察看产业基地、人居环境整治和公共服务设施建设情况，并与村干部、群众代表交流座谈。\n"
        f"{leader}强调，要坚持规划先行，因地制宜发展特色产业，完善联农带农机制，让农民更多分享产业增值收益；要持续改善人居环境，健全长效管护机制，引导群众自觉参与；"
        "要抓党建促振兴，选优配强村级班子，提升基层治理效能。要守牢底线，强化动态监测和帮扶，坚决防止规模性返贫。\n市政府办公室、市农业农村局有关负责同志陪同调研。",
    )


def market(pick: random.Random, nth: int) -> Notice:
    when = _day(nth, 7)

    def change() -> str:
        return f"{pick.choice(['上涨', '下降'])}{pick.randint(0, 6)}.{pick.randint(0, 9)}%"

    return Notice(
        title="食用农产品市场价格监测",
        publisher="商务局",
        published_at=when,
        text=f"据市商务局监测，上周（{when.month}月{when.day}日至{(when + timedelta(6)).month}月{(when + timedelta(6)).day}日）全市食用农产品市场价格比前一周{change()}。其中，蔬菜批发价格{change()}，菠菜、油菜和生菜分别{change()}、{change()}和{change()}；"
        f"肉类价格小幅波动，猪肉批发价格为每公斤{pick.randint(18, 29)}.{pick.randint(10, 99)}元，{change()}，牛肉、羊肉分别{change()}和{change()}；禽产品价格{change()}；粮油零售价格基本平稳。",
    )


def inspection(pick: random.Random, nth: int) -> Notice:
    when, unit = _day(nth, 10), pick.choice(_OFFICES)
    return Notice(
        title=f"市委第{_han(nth % 9 + 1)}巡察组向{unit}党组反馈巡察情况",
        publisher="市纪委监委",
        published_at=when,
        text=f"根据市委统一部署，近日，市委第{_han(nth % 9 + 1)}巡察组向{unit}党组反馈了巡察情况。巡察组组长{_name(pick)}反馈巡察意见，{unit}党组书记、局长{_name(pick)}主持会议并作表态发言。\n"
        "反馈指出，党组认真履行职责，各项工作取得一定成效。巡察也发现了一些问题，主要是：学习贯彻上级决策部署不够深入，履行全面从严治党主体责任不够有力，廉政风险防控存在薄弱环节，基层党组织建设不够扎实。\n"
        "巡察组还收到反映一些领导干部的问题线索，已按规定转有关部门处理。巡察组提出了整改意见，要求强化政治担当，压实整改责任，做好巡察整改后半篇文章。",
    )


MORE: tuple[Callable[[random.Random, int], Notice], ...] = (
    plenary, approval, batch_list, outage, exam, anniversary, bonds, penalty, flood, visit, market, inspection,
)  # fmt: skip
