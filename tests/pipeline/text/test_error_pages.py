"""Pages that say with status 200 that something went wrong: rejected whatever they say, and no notice with them."""

from datetime import UTC, datetime

import pytest

from pipeline.core import source
from pipeline.core.models import Document, Outcome, Page, Reason, Rejected
from pipeline.documents import process
from pipeline.rules import Rules
from tests.makers.places import ROOT

RULES = Rules.load(ROOT / "config")

SENTENCES = (
    "系统正在维护升级，给您带来不便敬请谅解。",
    "您无权访问该页面，请联系管理员开通权限。",
    "该文章正在审核中，请稍后再来查看。",
    "会话已过期，请返回首页重新进入。",
    "本站暂停服务，恢复时间另行通知。",
    "服务器开小差了，请稍后再试。",
    "抱歉，您所在的地区暂时无法访问本网站。",
    "数据库连接失败，请检查网络后重试！",
    "提交的参数不正确，本次操作没有完成。",
    "青澜市人民政府网站群正在迁移，12月3日8时恢复访问，编号8f3a21c0。",
    "The service is temporarily unavailable, please come back later.",
)
FRAMES = {
    "ASP.NET": "<title>“/”应用程序中的服务器错误。</title><h1>“/”应用程序中的服务器错误。</h1><h2><i>未将对象引用设置到对象的实例。</i></h2>"
    "<p>说明: 执行当前 Web 请求期间，出现未经处理的异常。请检查堆栈跟踪信息，以了解有关该错误的详细信息。</p>"
    "<pre>[NullReferenceException: 未将对象引用设置到对象的实例。]\n   Portal.Detail.Page_Load(Object sender, EventArgs e) 位置 d:\\web\\Detail.aspx.cs:行号 31\n"
    "   System.Web.UI.Control.LoadRecursive() +71\n</pre>",
    "ASP.NET in English": "<title>Runtime Error</title><h1>Server Error in '/' Application.</h1><h2><i>Runtime Error</i></h2>"
    "<p>Description: An application error occurred on the server. The current custom error settings for this application "
    "prevent the details of the application error from being viewed remotely.</p>",
    "Tomcat": "<title>HTTP Status 500 – Internal Server Error</title><h1>HTTP Status 500 – Internal Server Error</h1>"
    "<p><b>Type</b> Exception Report</p><p><b>Message</b> Could not open connection</p>"
    "<p><b>Description</b> The server encountered an unexpected condition that prevented it from fulfilling the request.</p>"
    "<p><b>Exception</b></p><pre>java.lang.NullPointerException\n"
    + "".join(f"\tat cn.example.portal.ArticleService.read{n}(ArticleService.java:{n})\n" for n in range(20, 40))
    + "</pre><p><b>Note</b> The full stack trace of the root cause is available in the server logs.</p>",
    "PHP": "<br /><b>Warning</b>:  mysqli_connect(): (HY000/2002): Connection refused in <b>/var/www/html/inc/db.php</b> on "
    "line <b>12</b><br /><b>Fatal error</b>:  Uncaught Error: Call to a member function query() on bool in "
    "/var/www/html/detail.php:31 Stack trace: #0 {main} thrown in <b>/var/www/html/detail.php</b> on line <b>31</b><br />",
    "Python": "<title>OperationalError at /detail</title><h1>OperationalError at /detail</h1><pre>Traceback (most recent call last):\n"
    '  File "/srv/app/views.py", line 31, in detail\n    article = Article.objects.get(pk=pk)\n'
    '  File "/srv/app/models.py", line 12, in get\n    return self.query()\n'
    "django.db.utils.OperationalError: could not connect to server</pre>",
    "Spring": "<h1>Whitelabel Error Page</h1><p>This application has no explicit mapping for /error, so you are seeing this as a "
    "fallback.</p><div>There was an unexpected error (type=Internal Server Error, status=500).</div>",
    "a gateway": "<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><p>The proxy server received an invalid response from an "
    "upstream server, please try again.</p>",
}
NOTICE = "现将某某办法印发给你们，请遵照执行。"
MENU = "<div class='nav'><a href='/'>首页</a><a href='/zw/'>政务公开</a><a href='/fw/'>办事服务</a><a href='/hd/'>互动交流</a></div>"
FOOT = "<div class='foot'>主办：青澜市人民政府办公室 青ICP备05000001号 网站标识码3700000001</div>"


def outcome(html: str, listed_title: str = "") -> Outcome:
    url = "https://example.gov.cn/art/2026/11/30/art_1_2.html"
    page = Page(
        url=url, requested_url=url, source_id="unknown", status=200, headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=html.encode(), fetched_at=datetime(2026, 11, 30, tzinfo=UTC), listed_title=listed_title, listed_date="2026-11-30",
    )  # fmt: skip
    return process(page, source.unknown(), RULES)


def is_error(html: str, listed_title: str = "") -> bool:
    found = outcome(html, listed_title)
    return isinstance(found, Rejected) and found.reason in (
        Reason.ERROR_PAGE,
        Reason.TOO_SHORT,
    )  # the last where the page is its sentence alone


@pytest.mark.parametrize("listed", ["", "关于印发青澜市工业园区管理办法的通知"])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_under_the_site_s_name_is_an_error_page_whatever_it_says(sentence: str, listed: str) -> None:
    head = "<html><head><meta charset='utf-8'><title>青澜市人民政府</title></head><body>"
    assert is_error(f"{head}<div class='msg'><p>{sentence}</p></div></body></html>", listed)
    assert is_error(
        f"{head}{MENU}<h1>青澜市人民政府</h1><div class='msg'><p>{sentence}</p></div>{FOOT}</body></html>", listed
    )
    assert is_error(f"<html><body><p>{sentence}</p></body></html>", listed)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_headline_that_is_not_what_the_listing_announced_does_not_help(sentence: str) -> None:
    html = f"<html><head><title>温馨提醒</title></head><body><h1>温馨提醒</h1><p>{sentence}</p></body></html>"
    assert is_error(html, "关于印发青澜市工业园区管理办法的通知")


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("headline", ["温馨提醒", "小贴士", "友好说一声"])
def test_a_heading_that_has_nothing_to_do_with_the_sentence_does_not_help(headline: str, sentence: str) -> None:
    html = (
        f"<title>青澜市人民政府</title>{MENU}<h2>{headline}</h2><p>{sentence}</p><p><a href='/'>返回首页</a></p>{FOOT}"
    )
    assert isinstance(outcome(f"<html>{html}</html>"), Rejected)


@pytest.mark.parametrize("program", FRAMES)
@pytest.mark.parametrize("listed", ["", "关于印发青澜市工业园区管理办法的通知"])
def test_what_a_program_prints_when_it_fails_is_an_error_page(program: str, listed: str) -> None:
    found = outcome(f"<html>{FRAMES[program]}</html>", listed)
    assert isinstance(found, Rejected), found


@pytest.mark.parametrize(
    "html",
    [
        f"<h1>关于印发某某办法的通知</h1><p>{NOTICE}</p>",
        f"<title>关于印发某某办法的通知</title><p>{NOTICE}</p>",
        f"<title>青澜市人民政府</title><h2>关于印发某某办法的通知</h2><p>{NOTICE}</p>",
        f"<title>关于印发某某办法的通知_青澜市人民政府</title>{MENU}<p class='title'>关于印发某某办法的通知</p><p>{NOTICE}</p>{FOOT}",
        f"<title>青澜市人民政府</title><p>发布时间：2026-11-29</p><p>{NOTICE}</p>",
        f"<title>青澜市人民政府</title><p>来源：青澜日报</p><p>{NOTICE}</p>",
        f"<title>青澜市人民政府</title><p>{NOTICE}</p><p><a href='/a.pdf'>附件：某某办法.pdf</a></p>",
        "<h1>省领导来我市调研</h1><p>12月3日，副省长到滨江调研工业经济运行情况。</p>",
        "<h1>停水公告</h1><p>因主管道抢修，3月3日8时至18时湖滨路停水。</p>",
        "<h1>关于网站系统维护的公告</h1><p>本网站将于12月3日0时至8时维护升级，届时暂停访问。</p>",
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_a_notice_of_one_sentence_under_its_headline_or_with_a_date_a_publisher_or_a_file_stays(
    html: str, listed: bool
) -> None:
    titles = ("关于网站系统维护的公告", "省领导来我市调研", "停水公告", "关于印发某某办法的通知")
    title = next((title for title in titles if title in html), titles[-1])
    assert isinstance(outcome(f"<html>{html}</html>", title if listed else ""), Document)


ROWS = "".join(
    f"<li><span>2026-11-{day}</span><a href='/a/{day}.html'>关于公布第{day}批检验结果的公告</a></li>"
    for day in range(10, 20)
)
FOOTER = "<div><p>客服电话：400-000-0000，服务时间为周一至周五九点至十七点。</p><p>风险提示：本站内容仅供参考，投资需谨慎。</p></div>"


def test_a_footer_beside_a_list_is_no_article() -> None:
    found = outcome(f"<title>信息披露</title>{MENU}<h3>信息披露</h3><ul>{ROWS}</ul>{FOOTER}")
    assert isinstance(found, Rejected)
    assert found.reason is Reason.LIST_PAGE


@pytest.mark.parametrize("listed", ["", "停水公告"])
def test_a_short_notice_beside_a_list_stays(listed: str) -> None:
    notice = "<div><h1>停水公告</h1><p>因主管道抢修，3月3日8时至18时湖滨路停水，请提前储水。</p></div>"
    assert isinstance(outcome(f"<title>停水公告</title>{MENU}{notice}<div><ul>{ROWS}</ul></div>", listed), Document)
