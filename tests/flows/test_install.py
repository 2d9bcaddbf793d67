"""Gongbao installed alone, from its wheel into an empty environment, in an empty folder: what a person's first day needs."""

import os
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.servers import embedded_store
from tests.makers.places import ROOT
from tests.makers.servers.loopback import Site, article, listing, serve

pytestmark = pytest.mark.slow
PATHS = [f"/tzgg/202601/t2026010{n}_{n}.html" for n in range(1, 6)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`gongbao` of an environment that holds our wheel; what it depends on is found where the tests found it."""
    folder = tmp_path_factory.mktemp("installed")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    wheel = next(folder.glob("*.whl"))
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel],
        check=True,
    )
    asked = [python, "-c", "import site; print(site.getsitepackages()[0])"]
    packages = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    Path(packages, "others.pth").write_text("\n".join(site.getsitepackages()))
    (folder / "venv" / "bin" / "weed").symlink_to(Path(sys.executable).with_name("weed"))
    return python.with_name("gongbao")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment that tells nothing, with a home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    yield {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {"HOME": str(home)}
    for folder in (tmp_path / "project" / ".gongbao", home / ".local" / "share" / "gongbao"):
        embedded_store.stop(folder)


def test_a_wheel_alone_lays_out_a_project_drafts_a_source_and_runs_a_night_wherever_one_stands_in_it(
    installed: Path, alone: dict[str, str], tmp_path: Path
) -> None:
    def gongbao(*call: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run([installed, *call], cwd=cwd, env=alone, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (call, done.stderr)
        return done.stdout

    (tmp_path / "page.html").write_text(article())
    assert "请对照清单逐项检查" in gongbao("extract", "page.html")
    assert str(installed.parents[1]) in gongbao("version")
    project = tmp_path / "project"
    gongbao("init", "project", "--override", "crawl.yaml")
    crawl = project / "config" / "crawl.yaml"
    assert crawl.read_text() == (ROOT / "config" / "crawl.yaml").read_text()
    settings = project / ".env"
    settings.write_text(settings.read_text().replace("CONTACT=", "CONTACT=mailto:desk@example.org"))
    with serve(
        Site(
            pages={
                "/tzgg/": listing(*PATHS),
                **{path: article(f"关于开展第{n}批安全检查的通知") for n, path in enumerate(PATHS)},
            }
        )
    ) as told:
        gongbao("sources", "new", told.url("/tzgg/"), "--id", "bureau", cwd=project)
        assert (project / "config" / "sources" / "bureau.yaml").is_file()
        gongbao("run", cwd=project)
        agents = {headers["User-Agent"] for path, headers, _ in told.asked if path in PATHS}
    assert all("desk@example.org" in agent for agent in agents)
    below = project / "config" / "sources"
    first, *_ = gongbao("status", cwd=below).splitlines()
    assert str(project / ".gongbao") in first
    assert gongbao("read", "--format", "json", cwd=below).count("\n") >= 1
    elsewhere, counts, *_ = gongbao("status").splitlines()
    assert str(Path(alone["HOME"]) / ".local" / "share" / "gongbao") in elsewhere
    assert "0 documents" in counts


def test_a_wheel_alone_has_the_sample_sites(installed: Path, alone: dict[str, str], tmp_path: Path) -> None:
    alone["GONGBAO_HOME"] = str(tmp_path / "project" / ".gongbao")
    done = subprocess.run(
        [installed, "demo", "--nights", "1"], cwd=tmp_path, env=alone, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
