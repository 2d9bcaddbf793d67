"""Official notices of one template: all text is our own; two members of a family differ in what matters and are no reposts."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英建国志红文辉玉梅海波春光立新少华永康德胜"
_CITIES = [
    "青溪",
    "临江",
    "安平",
    "云山",
    "宁河口",
    "石桥",
    "白鹿",
    "永兴",
    "怀远",
    "东陵",
    "南浦",
    "西岭",
    "长泽",
    "丰洲",
]
_COMPANIES = [
    "恒泰建设",
    "华远路桥",
    "中科信通",
    "绿源环保",
    "博雅教育",
    "天成物业",
    "鼎盛工程",
    "瑞康医疗",
    "腾达电力",
    "蓝海软件",
]
_OFFICES = ["财政局", "住房和城乡建设局", "交通运输局", "农业农村局", "水务局", "文化和旅游局", "应急管理局", "民政局"]
_POSTS = ["副局长", "党组成员", "二级调研员", "办公室主任", "总工程师", "四级调研员", "科长"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One member of a family."""

    title: str
    text: str
    published_at: datetime
    publisher: str
    document_number: str = ""


def _name(pick: random.Random) -> str:
    return pick.choice(_SURNAMES) + "".join(pick.choice(_GIVEN) for _ in range(pick.choice((1, 2, 2))))


def _day(nth: int, every: int) -> datetime:
    return datetime(2025, 1, 6, 1, tzinfo=UTC) + timedelta(days=nth * every)


def _cn(when: datetime) -> str:
    return f"{when.year}年{when.month}月{when.day}日"


def discipline(pick: random.Random, nth: int) -> Notice:
    city, office, name, when = pick.choice(_CITIES), pick.choice(_OFFICES), _name(pick), _day(nth, 9)
    return Notice(
        title=f"{city}市{office}原{pick.choice(_POSTS)}{name}严重违纪违法被开除党籍和公职",
        publisher=f"{city}市纪委监委",
        published_at=when,
        text=f"日前，经{city}市委批准，{city}市纪委监委对{city}市{office}原党组书记、局长{name}严重违纪违法问题进行了立案审查调查。\n"
        f"经查，{name}身为党员领导干部，丧失理想信念，背弃初心使命，对抗组织审查；违反中央八项规定精神，收受礼品礼金，接受可能影响公正执行公务的宴请；"
        "不按规定报告个人有关事项；利用职务上的便利为他人在工程承揽、资金拨付等方面谋取利益，并非法收受财物，数额特别巨大。\n"
        f"{name}严重违反党的纪律，构成严重职务违法并涉嫌受贿犯罪，且在党的十八大后不收敛、不收手，性质严重，影响恶劣，应予严肃处理。"
        f"依据有关规定，经{city}市纪委常委会会议研究并报{city}市委批准，决定给予{name}开除党籍处分；由{city}市监委给予其开除公职处分；"
        "收缴其违纪违法所得；将其涉嫌犯罪问题移送检察机关依法审查起诉，所涉财物一并移送。",
    )


def appointment(pick: random.Random, nth: int) -> Notice:
    city, when = _CITIES[0], _day(nth, 14)
    one, two, three = _name(pick), _name(pick), _name(pick)
    return Notice(
        title=f"{city}市人民政府关于{one}等同志任免职的通知",
        publisher=f"{city}市人民政府",
        published_at=when,
        document_number=f"青政任〔2025〕{nth + 1}号",
        text="各县（市、区）人民政府，市政府各部门，各直属机构：\n经研究决定：\n"
        f"任命{one}为市{pick.choice(_OFFICES)}{pick.choice(_POSTS)}（试用期一年）；\n"
        f"任命{two}为市{pick.choice(_OFFICES)}{pick.choice(_POSTS)}；\n"
        f"免去{three}的市{pick.choice(_OFFICES)}{pick.choice(_POSTS)}职务，另有任用。\n"
        f"以上同志的任职时间从市政府研究决定之日起计算。请按照有关规定办理相关手续，做好工作交接，并将办理情况报市政府办公室备案。\n{_cn(when)}",
    )


def publicity(pick: random.Random, nth: int) -> Notice:
    city, name, when = _CITIES[1], _name(pick), _day(nth, 6)
    until = when + timedelta(days=7)
    return Notice(
        title=f"{city}市拟任职干部公示",
        publisher=f"{city}市委组织部",
        published_at=when,
        text=f"为进一步扩大干部工作中的民主，广泛听取意见，把人选准用好，现将拟任职人选公示如下：\n"
        f"{name}，{pick.choice('男女')}，{pick.randint(1968, 1990)}年{pick.randint(1, 12)}月出生，{pick.choice(['大学', '省委党校研究生', '在职研究生'])}学历，中共党员，"
        f"现任{city}市{pick.choice(_OFFICES)}{pick.choice(_POSTS)}，拟任{city}市{pick.choice(_OFFICES)}{pick.choice(_POSTS)}。\n"
        f"公示时间：{_cn(when)}至{_cn(until)}。如对公示人选有情况反映的，请于公示期间向市委组织部反映。反映情况要实事求是，"
        "以个人名义反映的应当签署真实姓名并提供联系方式，以单位名义反映的应当加盖公章。我们将按照有关规定严格履行保密义务。\n受理地址：解放路一号市委大院。",
    )


def award(pick: random.Random, nth: int) -> Notice:
    city, when, company = pick.choice(_CITIES), _day(nth, 5), pick.choice(_COMPANIES)
    works = pick.choice(["道路改造", "污水管网", "校舍修缮", "信息平台", "绿化养护", "桥梁加固"])
    return Notice(
        title=f"{city}市{works}项目中标结果公告",
        publisher=f"{city}市公共资源交易中心",
        published_at=when,
        text=f"{city}市{works}项目（项目编号：QX{pick.randint(10000, 99999)}）于{_cn(when - timedelta(days=3))}在市公共资源交易中心开标，"
        f"经评标委员会评审、招标人确认，现将中标结果公告如下：\n中标人：{company}有限公司\n中标金额：{pick.randint(100, 9000)}.{pick.randint(10, 99)}万元\n"
        f"工期：{pick.randint(60, 700)}日历天\n项目负责人：{_name(pick)}\n"
        "投标人或者其他利害关系人对评标结果有异议的，应当在公告期间以书面形式向招标人提出，招标人自收到异议之日起三日内作出答复；"
        "作出答复前，暂停招标投标活动。对答复不满意的，可以依法向行政监督部门投诉。投诉应当有明确的请求和必要的证明材料。\n特此公告。",
    )


def weather(pick: random.Random, nth: int) -> Notice:
    city, when = _CITIES[2], _day(nth, 1)
    sky = ["晴", "多云", "阴", "小雨", "阵雨", "雷阵雨", "中雨"]
    low = pick.randint(-5, 20)
    return Notice(
        title=f"{city}天气预报",
        publisher=f"{city}市气象台",
        published_at=when,
        text=f"{city}市气象台{when.month}月{when.day}日发布：今天白天{pick.choice(sky)}转{pick.choice(sky)}，{pick.choice('东南西北')}风{pick.randint(2, 4)}级，"
        f"最低气温{low}℃，最高气温{low + pick.randint(4, 12)}℃；明天{pick.choice(sky)}，{low + 1}到{low + pick.randint(5, 12)}℃；后天{pick.choice(sky)}。\n"
        "气象专家提示，早晚温差较大，请市民朋友及时增减衣物，出行注意交通安全，雨天路滑请减速慢行；老人和儿童要注意保暖，"
        "尽量减少长时间的户外活动。农业部门要做好田间管理，设施大棚注意通风和加固。",
    )


def fuel(pick: random.Random, nth: int) -> Notice:
    when = _day(nth, 14)
    turn = pick.choice(["上调", "下调"])
    return Notice(
        title=f"国内成品油价格{turn}",
        publisher="云山市发展和改革委员会",
        published_at=when,
        text=f"根据近期国际市场油价变化情况，按照现行成品油价格形成机制，自{_cn(when)}24时起，国内汽油、柴油价格（标准品）每吨分别{turn}{pick.randint(50, 480)}元和{pick.randint(50, 470)}元。\n"
        "各石油企业要组织好成品油生产和调运，确保市场稳定供应，严格执行国家价格政策，维护正常市场秩序。各级相关部门要加大市场监督检查力度，"
        "严厉查处不执行国家价格政策的行为。消费者可通过政府服务平台举报价格违法行为。",
    )


def congress(pick: random.Random, nth: int) -> Notice:
    city, when = _CITIES[3], _day(nth, 60)
    ordinal = "一二三四五六七八九十"[nth % 10]
    session = f"第{ordinal}次" if nth < 10 else f"第十{ordinal}次"
    chair, deputy = _name(pick), _name(pick)
    return Notice(
        title=f"{city}市人大常委会举行{session}会议",
        publisher=f"{city}日报",
        published_at=when,
        text=f"{when.month}月{when.day}日上午，{city}市第九届人民代表大会常务委员会举行{session}会议。市人大常委会主任{chair}主持会议，副主任{deputy}、{_name(pick)}出席。\n"
        "会议听取和审议了市人民政府关于国民经济和社会发展计划执行情况的报告、关于预算执行情况的报告，审议了有关人事任免事项，并进行了表决。\n"
        f"{chair}在讲话中指出，要坚持党的全面领导，把党的领导贯彻到人大工作的全过程各方面；要聚焦中心工作依法履职，增强监督的针对性和实效性；"
        "要密切同人大代表和人民群众的联系，充分发挥代表作用，推动解决群众的急难愁盼问题；要加强自身建设，不断提高依法履职的能力和水平。\n"
        f"市人民政府副市长{_name(pick)}、市监察委员会主任{_name(pick)}、市中级人民法院院长{_name(pick)}列席会议。",
    )


def ceremony(pick: random.Random, nth: int) -> Notice:
    city, when = _CITIES[4], datetime(2012 + nth, 9, 30, 2, tzinfo=UTC)
    return Notice(
        title=f"{city}市举行烈士纪念日公祭活动",
        publisher=f"{city}发布",
        published_at=when,
        text=f"{when.month}月{when.day}日上午，{city}市在烈士陵园隆重举行烈士纪念日公祭活动。市委书记{_name(pick)}、市长{_name(pick)}、市政协主席{_name(pick)}等领导同志，"
        "与老战士和烈属代表、机关干部、驻地官兵、学生代表等一起参加。\n上午十时，公祭活动正式开始。军乐声中，礼兵迈着整齐的步伐，行进到纪念碑前持枪伫立。"
        "全场肃立，高唱国歌，随后向为国捐躯的烈士默哀。少先队员面向纪念碑致敬献词，唱起少年先锋队队歌。\n"
        f"伴随着深情的乐曲，礼兵抬起花篮，缓步走向纪念碑，摆放在碑基上。{pick.choice(['天空晴朗', '细雨纷纷', '秋风送爽'])}，领导同志走上前整理缎带，并绕行瞻仰，寄托对先烈的深切缅怀。"
        f"活动共有{pick.randint(3, 12)}00余人参加。",
    )


def statistics(pick: random.Random, nth: int) -> Notice:
    city, when = _CITIES[5], _day(nth, 30)

    def share() -> str:
        return f"{pick.choice(['增长', '下降'])}{pick.randint(0, 15)}.{pick.randint(0, 9)}%"

    return Notice(
        title=f"{when.year}年{when.month}月份{city}市规模以上工业生产情况",
        publisher=f"{city}市统计局",
        published_at=when,
        text=f"{when.month}月份，{city}市规模以上工业增加值同比{share()}。从环比看，比上月{share()}。\n分三大门类看，采矿业增加值同比{share()}，制造业{share()}，电力、热力、燃气及水生产和供应业{share()}。\n"
        f"分经济类型看，国有控股企业增加值同比{share()}；股份制企业{share()}，外商投资企业{share()}；私营企业{share()}。\n"
        f"分行业看，41个大类行业中有{pick.randint(10, 35)}个行业增加值保持同比增长。其中，农副食品加工业{share()}，纺织业{share()}，化学原料和化学制品制造业{share()}，非金属矿物制品业{share()}，汽车制造业{share()}。\n"
        f"工业企业产品销售率为9{pick.randint(1, 8)}.{pick.randint(0, 9)}%，实现出口交货值{pick.randint(10, 99)}亿元。",
    )


def meeting(pick: random.Random, nth: int) -> Notice:
    city, when, office = _CITIES[6], _day(nth, 7), pick.choice(_OFFICES)
    return Notice(
        title=f"市{office}召开党组理论学习中心组学习会",
        publisher=f"{city}市{office}",
        published_at=when,
        text=f"{when.month}月{when.day}日，市{office}召开党组理论学习中心组专题学习会，党组书记、局长{_name(pick)}主持会议并讲话，局领导班子成员参加学习。\n"
        "会议传达学习了上级有关会议精神，与会同志结合分管工作作了交流发言。会议强调，要提高政治站位，深刻领会精神实质，切实把思想和行动统一到决策部署上来；"
        "要坚持问题导向，找准贯彻落实的切入点和着力点，推动各项工作取得实效；要压实责任，加强作风建设，以钉钉子精神抓好落实。\n"
        "会议要求，全体党员干部要把学习成果转化为干事创业的动力，为全市高质量发展贡献力量。",
    )


def recall(pick: random.Random, nth: int) -> Notice:
    when, company = _day(nth, 4), pick.choice(_COMPANIES)
    goods = pick.choice(["儿童推车", "电热水壶", "移动电源", "电动自行车", "家用燃气灶", "安全头盔"])
    return Notice(
        title=f"{company}公司召回部分{goods}",
        publisher="长泽市市场监督管理局",
        published_at=when,
        text=f"日前，{company}有限公司按照《消费品召回管理暂行规定》的要求，向长泽市市场监督管理局报告了召回计划，将自{_cn(when)}起，召回{pick.randint(2018, 2024)}年{pick.randint(1, 12)}月至{pick.randint(1, 12)}月期间生产的部分{goods}，"
        f"涉及数量为{pick.randint(100, 9000)}台。\n本次召回范围内的产品由于设计原因，在使用过程中可能存在安全隐患，极端情况下可能造成人身伤害。"
        "公司将通过短信、电话等方式通知消费者，并为其免费维修、更换或者退货，以消除安全隐患。\n用户可以登录缺陷产品管理中心网站了解更多信息，也可以拨打服务热线反映召回活动实施过程中的问题。",
    )


FAMILIES: tuple[Callable[[random.Random, int], Notice], ...] = (
    discipline, appointment, publicity, award, weather, fuel, congress, ceremony, statistics, meeting, recall,
)  # fmt: skip


def family(make: Callable[[random.Random, int], Notice], size: int, seed: int = 0) -> list[Notice]:
    """Consecutive members."""
    pick = random.Random(f"{make.__name__}{seed}")
    return [make(pick, nth) for nth in range(size)]
