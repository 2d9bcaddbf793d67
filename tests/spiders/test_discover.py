"""A ministry by its home page, and a source drafted anew after its site was redesigned."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml

from spiders.onboarding.discover import kind_of
from spiders.onboarding.draft import Page
from tests.makers.places import ROOT
from tests.makers.servers.loopback import Site, answers, article, serve

NIGHT = datetime(2026, 9, 28, tzinfo=UTC)
COLUMNS = {"tzgg": "通知公告", "zcwj": "政策文件", "gzdt": "工作动态"}
MENU = "".join(f"<a href='/{path}/'>{name}</a>" for path, name in COLUMNS.items())
MENU = f"<div class=nav><a href='/'>首页</a>{MENU}<a href='/jgzn/'>机构职能</a><a href='/bsfw/'>办事服务</a><a href='/login/'>登录</a></div>"


def column(path: str, name: str, step: int) -> str:
    rows = "".join(
        f"<li><a href='/{path}/t202609{28 - n * step:02}_10{n}.html'>关于第{n}批项目申报工作的{name}</a><span>2026-09-{28 - n * step:02}</span></li>"
        for n in range(6)
    )
    return f"<html><head><title>{name}</title></head><body>{MENU}<div class=crumb>首页 &gt; {name}</div><ul class=list>{rows}</ul></body></html>"


def home() -> str:
    blocks = "".join(
        f"<div class=block><h3>{name}</h3><a href='/{path}/'>更多</a><ul><li><a href='/{path}/t20260928_100.html'>关于第0批项目申报工作的{name}</a></li></ul></div>"
        for path, name in COLUMNS.items()
    )
    links = "".join(f"<a href='/links{n}/'>部门网站{n}</a>" for n in range(4))
    return f"<html><head><title>某部</title></head><body>{MENU}{blocks}<div class=foot>{links}<a href='/about/'>关于我们</a></div></body></html>"


def site_pages() -> dict[str, str]:
    pages = {f"/{path}/": column(path, name, step) for step, (path, name) in enumerate(COLUMNS.items(), 1)}
    return {
        "/": home(),
        "/jgzn/": f"<html><body>{MENU}<p>{'本机构负责有关工作的组织实施和监督管理。' * 30}</p></body></html>",
        **pages,
    }


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spiders.onboarding", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_page_is_a_column_a_home_page_or_neither() -> None:
    pages = site_pages()
    kinds = {
        path: kind_of(Page(url=f"http://a.example{path}", body=body.encode()), NIGHT) for path, body in pages.items()
    }
    assert kinds == {"/": "home", "/jgzn/": "neither", "/tzgg/": "column", "/zcwj/": "column", "/gzdt/": "column"}
    assert kind_of(Page(url="http://a.example/a/1.html", body=article().encode()), NIGHT) == "neither"


def test_the_columns_of_a_site_are_found_by_its_home_page_and_each_is_asked_once() -> None:
    with serve(Site()) as site:
        site.pages = {
            **site_pages(),
            "/robots.txt": answers("User-agent: *\nDisallow: /bsfw/", headers={"Content-Type": "text/plain"}),
        }
        done = command("discover", site.url("/"))
        assert done.returncode == 0, done.stderr
        found = {each["url"]: each for each in json.loads(done.stdout)}
        assert {url for url, each in found.items() if each["readable"]} == {site.url(f"/{path}/") for path in COLUMNS}
        assert {found[site.url(f"/{path}/")]["name"] for path in COLUMNS} == set(COLUMNS.values())
        assert found[site.url("/tzgg/")]["a_week"] == 7.0
        assert found[site.url("/gzdt/")]["a_week"] == 2.3
        assert "robots.txt" in found[site.url("/bsfw/")]["why_not"]
        assert all(site.times(f"/{path}/") == 1 for path in COLUMNS)
        assert site.times("/bsfw/") == site.times("/login/") == 0


def test_a_redesigned_source_is_drafted_anew_and_keeps_what_a_person_set(tmp_path: Path) -> None:
    with serve(Site()) as site:
        site.pages = site_pages()
        old = {
            "id": "ministry", "name": "某部办公厅", "tier": "gov", "hosts": [f"127.0.0.1:{site.port}"], "schedule": "0 6 * * *",
            "listings": [{"url": site.url("/tzgg/"), "family": "next_link", "item": {"row": "table.old tr"}, "stop": {"max_pages": 3}}],
            "fetch": {"delay": 0.0, "timeout": 20.0}, "article": {"match": "/old/\\d+", "deny": ["/video/"]},
        }  # fmt: skip
        path = tmp_path / "ministry.yaml"
        path.write_text(yaml.safe_dump(old, allow_unicode=True))
        done = command("again", "ministry", "--sources", str(tmp_path))
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)["listings"][0]
        assert (len(told["old"]["links"]), len(told["new"]["links"]), told["better"]) == (0, 6, "new")
        assert yaml.safe_load(path.read_text()) == old
        assert (tmp_path / "ministry.draft").is_file()

        assert command("again", "ministry", "--sources", str(tmp_path), "--accept").returncode == 0
        new = yaml.safe_load(path.read_text())
        assert new["article"]["match"] != old["article"]["match"]  # type: ignore[index]
        assert new["article"]["deny"] == ["/video/"]
        assert {name: new[name] for name in ("name", "schedule", "fetch")} == {
            name: old[name] for name in ("name", "schedule", "fetch")
        }
        assert new["listings"][0]["stop"] == {"max_pages": 3}
        assert yaml.safe_load((tmp_path / "ministry.old").read_text()) == old
        assert json.loads(command("again", "ministry", "--sources", str(tmp_path)).stdout)["changed"] is False
