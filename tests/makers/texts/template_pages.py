"""Pages of one invented source, all of one template: prose that is each article's own, and what stands around it."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.core.models import Page
from pipeline.core.source import ArticleSpec, Listing, Source

NOW = datetime(2026, 11, 30, tzinfo=UTC)
WORDS = """企业 项目 产业 园区 农户 水库 桥梁 学校 医院 社区 港口 铁路 果园 茶叶 渔船 工厂 车间 设备 技术 人才 资金 市场 价格 订单 出口
    改造 扩建 投产 验收 招标 签约 调研 巡查 培训 演练 展出 采购 运输 收割 播种 修缮 供热 供水 增长 下降 完成 启动 推进 覆盖 惠及
    陈岗 柳河 石桥 青山 白塔 东湖 南屏 西岭 北关 梅园 老街 新港 大坝 高塘 平原""".split()


def prose(number: int, sentences: int = 3) -> str:
    """A paragraph that is said nowhere else."""
    chance = random.Random(number)
    return "".join(
        "".join(chance.sample(WORDS, 9)) + "，" + "".join(chance.sample(WORDS, 7)) + "。" for _ in range(sentences)
    )


def article(number: int, paragraphs: int = 4) -> list[str]:
    """The paragraphs of one article."""
    return [prose(100 * number + each) for each in range(paragraphs)]


def html(title: str, body: str, *, site: str = "春江潮", heading: bool = True, content: str = "content") -> str:
    """A page of the template around a body."""
    return (
        f"<html><head><meta charset='utf-8'><title>{title}_{site}</title></head><body><div class='nav'>"
        "<a href='/'>首页</a> <a href='/yw/'>要闻</a></div>"
        f"<div class='{content}'>{f'<h1>{title}</h1>' if heading else ''}"
        f"<div class='info'>2026-11-2{len(title) % 9} 09:20</div>{body}</div></body></html>"
    )


def wrapped(lines: Sequence[str], form: str = "<p>{}</p>") -> str:
    """Each line in an element."""
    return "".join(form.format(line) for line in lines)


def page(number: int, body: str) -> Page:
    """A page as it was fetched."""
    url = f"https://www.example.com/a/{number}.html"
    return Page(
        url=url, requested_url=url, source_id="any", status=200, headers=(), body=body.encode(), fetched_at=NOW
    )  # fmt: skip


def source(*keep: str) -> Source:
    """The source of the pages; `keep`: its lines that nothing learned takes."""
    listing = Listing(url="https://www.example.com/", family="inbox")
    return Source(
        id="any",
        name="any",
        tier="media",
        hosts=("www.example.com",),
        listings=(listing,),
        article=ArticleSpec(keep=keep),
    )
