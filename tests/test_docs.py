"""The pages that operators read, and what lies beside them: every command, option, setting, unit, manifest and link is real."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import click
import dask.config
import distributed  # noqa: F401  the settings of Dask that there are
import kubernetes_validate
import pytest
import yaml
from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields

from flows import settings
from flows.cli.main import cli
from pipeline.core import source
from pipeline.core.observation import Trouble
from pipeline.health.alarm_rules import RunTrouble
from pipeline.page.obstacles import Cause
from tests.makers.places import ROOT
from tests.makers.texts.reference import PAGE

DEPLOY = ROOT / "docs" / "deploy"
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted({*(ROOT / "docs").rglob("*.md")} - {PAGE})]
WITH_COMMANDS = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "docs" / "operating.md"]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = [
    pytest.param(manifest, id=f"{path.stem}-{manifest['kind']}-{manifest['metadata']['name']}")
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
EXAMPLES = {"DAY": "2026-01-04", "N": "3"}  # what stands for a value of some form
KUBERNETES = ("1.29", "1.34", "1.37")  # a cluster that is kept long, and the newest that the schemas know


# -- commands -------------------------------------------------------------------


def fenced(text: str) -> list[tuple[str, str]]:
    """The code blocks of a page: language and lines."""
    return re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S)


def shell_lines(text: str) -> Iterator[str]:
    """The command lines of a page's code blocks."""
    for language, block in fenced(text):
        if language in ("sh", "bash"):
            yield from re.sub(r"\\\n\s*", " ", block).splitlines()


def spoken(text: str) -> list[str]:
    """What a page says in `…` outside of its code blocks, on one line each."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [" ".join(said.split()) for said in re.findall(r"`([^`]+)`", prose)]


def commands_of(path: Path) -> list[list[str]]:
    """The words after `gongbao` of each command that a page names."""
    text = path.read_text(encoding="utf-8")
    found = []
    for line in (each for each in [*shell_lines(text), *spoken(text)] if "gongbao" in each):
        words = shlex.split(line.replace("\\|", "|"), comments=True)
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words = words[1:]
        if words and words[0].rsplit("/", 1)[-1] == "gongbao" and len(words) > 1:
            found += alternatives(words[1:])
        elif any(word.endswith("bin/gongbao") for word in words):
            at = next(place for place, word in enumerate(words) if word.endswith("bin/gongbao"))
            found.append(words[at + 1 :])
    return found


def alternatives(words: list[str]) -> list[list[str]]:
    """`list|check|new` are three commands, `[--json]` is an option that may be left out, `URL…` is one or more of these."""
    plain = [word.strip("[],").removesuffix("…") for word in words]
    return [list(chosen) for chosen in product(*(word.split("|") for word in plain if word))]


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words call, and its arguments."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, f"there is no command {words[0]!r} in {command.name}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


def check_call(words: list[str]) -> None:
    """click's own parser takes the arguments; an exact call is taken whole, a usage line by its options."""
    command, rest = resolved(words)
    known = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
    for word in rest:
        assert not word.startswith("--") or word in known | {"--help"}, f"{command.name} has no option {word}"
    if not isinstance(command, click.Group) and rest and all(word not in ("--help", "and") for word in rest):
        given = [EXAMPLES.get(word, word) for word in rest]
        missing = [each for each in command.params if isinstance(each, click.Option) and each.required]
        given += [word for each in missing if not set(each.opts) & set(rest) for word in (each.opts[0], "x")]
        command.make_context("gongbao", given)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_on_a_page_is_one_that_gongbao_takes(page: Path) -> None:
    commands = commands_of(page)
    assert len(commands) > 15 or page not in WITH_COMMANDS
    wrong = []
    for words in commands:
        try:
            check_call(words)
        except (AssertionError, click.ClickException) as error:
            wrong.append(f"gongbao {' '.join(words)}: {error}")
    assert not wrong, "\n".join(wrong)


def test_the_check_of_commands_finds_what_is_wrong() -> None:
    for wrong in (
        ["nonsense"],
        ["store", "nonsense"],
        ["read", "--nonsense"],
        ["read", "--limit", "many"],
        ["why", "a", "b"],
    ):
        with pytest.raises((AssertionError, click.ClickException)):
            check_call(wrong)


def test_every_command_that_gongbao_has_is_on_a_page() -> None:
    named = {" ".join(words[:2]) for page in PAGES for words in commands_of(page)}
    for name, command in cli.commands.items():
        if isinstance(command, click.Group):
            assert {f"{name} {each}" for each in command.commands} <= named
        else:
            assert any(each.split()[0] == name for each in named), f"no page tells of gongbao {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_target_and_link_on_a_page_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)) | {".venv/.ready"}
    for line in shell_lines(text):
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert {word for word in words[1:] if not word.startswith(("-", "/"))} <= targets, line
        for word in words:
            if found := re.fullmatch(r"(?:/opt/gongbao/)?(docs/deploy/[^*]*)(\*?)", word):
                assert (ROOT / found[1]).exists(), line
    anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)", text, re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        assert not file or file.startswith("http") or (page.parent / file).exists(), target
        assert file or anchor in anchors, target


# -- what to do when ------------------------------------------------------------


def sections(after: str) -> list[str]:
    """The sections of the guide under a marker, up to the next heading above them."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    return re.findall(r"^#### `([^`]+)`", re.split(r"^### ", text.split(after)[1], flags=re.M)[0], re.M)


def test_every_cause_and_every_trouble_has_its_section() -> None:
    assert sections("<!-- a section for each trouble of pipeline/core/observation") == [str(each) for each in Trouble]
    assert sections("<!-- a section for each cause") == [str(each) for each in Cause]
    assert sections("<!-- a section for each trouble of pipeline/health/alarm_rules") == [
        str(each) for each in RunTrouble
    ]


# -- settings -------------------------------------------------------------------


def check_setting(name: str) -> None:
    """A variable that is told is one that somebody reads."""
    if name.startswith("GONGBAO_"):
        settings.from_environment({name: ""})
    elif name.startswith("PREFECT_"):
        assert name in _get_settings_fields(Settings), f"Prefect has no setting {name}"
    elif name.startswith("DASK_"):
        dask.config.get(name.removeprefix("DASK_").lower().replace("__", "."))
    else:
        assert name in ("HOME", "DO_NOT_TRACK") or name.startswith("AWS_"), f"nobody reads {name}"


def environment_file() -> dict[str, str]:
    lines = (DEPLOY / "environment").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_setting_that_is_told_is_one_that_is_read() -> None:
    told = {
        name
        for page in PAGES
        for name in re.findall(r"\b(?:GONGBAO|PREFECT)_[A-Z_]+\b", page.read_text(encoding="utf-8"))
    }
    for name in told | environment_file().keys():
        check_setting(name)


# -- units ----------------------------------------------------------------------


def entries(unit: Path) -> list[tuple[str, str]]:
    """The assignments of a unit; a line that is none fails."""
    lines = [line for line in unit.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(name, value) for line in lines if not line.startswith("[") for name, value in [line.split("=", 1)]]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_gongbao_takes_and_may_do_little_else(unit: Path) -> None:
    told = dict(entries(unit))
    program, *words = shlex.split(told["ExecStart"])
    assert program == "/opt/gongbao/.venv/bin/gongbao"
    check_call(words)
    assert told["EnvironmentFile"] == "/etc/gongbao/environment"
    assert told["User"] == "gongbao"
    assert told["CapabilityBoundingSet"] == ""
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices"):
        assert told[name] == "yes", name
    assert told["ProtectSystem"] == "strict"
    assert "MemoryMax" in told


def test_every_timer_begins_a_unit_that_is_there() -> None:
    for timer in (DEPLOY / "systemd").glob("*.timer"):
        assert timer.with_suffix(".service") in UNITS
        assert "OnCalendar" in dict(entries(timer))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here: apt-get install systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    gongbao = Path(sys.executable).with_name("gongbao")
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8").replace("/opt/gongbao/.venv/bin/gongbao", str(gongbao))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    command = [
        "systemd-analyze",
        "verify",
        "--man=no",
        *(str(tmp_path / unit.name) for unit in (DEPLOY / "systemd").iterdir()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "gongbao" in line]
    assert (done.returncode, ours) == (0, [])


# -- manifests and image --------------------------------------------------------


def pod_of(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """The pod that a manifest begins, if it begins one."""
    spec = manifest.get("spec", {})
    template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
    return template["spec"] if template else None


PODS = [each for each in MANIFESTS if pod_of(each.values[0])]  # type: ignore[arg-type]


@pytest.mark.parametrize("manifest", MANIFESTS)
@pytest.mark.parametrize("version", KUBERNETES)
def test_a_manifest_is_what_the_official_schemas_want(manifest: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_find_what_is_wrong() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"prot": 1}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES[-1], strict=True)


@pytest.mark.parametrize("manifest", PODS)
def test_a_pod_may_do_little_and_has_its_limits(manifest: dict[str, Any]) -> None:
    pod = pod_of(manifest)
    assert pod
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    volumes = {each["name"] for each in pod["volumes"]}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
        assert re.search(r":\d", container["image"])
        assert {each["name"] for each in container["volumeMounts"]} == volumes
        assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}
        if manifest["kind"] == "Deployment":
            assert {"startupProbe", "livenessProbe"} <= container.keys()
        if "args" in container:
            check_call(container["args"])
        for each in container["env"]:
            check_setting(each["name"])


def test_what_pods_refer_to_is_there() -> None:
    manifests = [each.values[0] for each in MANIFESTS]
    held = {(each["kind"], each["metadata"]["name"]): each for each in manifests}  # type: ignore[index]
    for found in PODS:
        pod = pod_of(found.values[0])  # type: ignore[arg-type]
        assert pod
        for container in pod["containers"]:
            for each in container["env"]:
                if wanted := each.get("valueFrom", {}).get("secretKeyRef"):
                    assert wanted["key"] in held["Secret", wanted["name"]]["stringData"]
            for each in container.get("envFrom", ()):
                for name in held["ConfigMap", each["configMapRef"]["name"]]["data"]:
                    check_setting(name)
        for volume in pod["volumes"]:
            assert "configMap" not in volume or ("ConfigMap", volume["configMap"]["name"]) in held
            assert "secret" not in volume or ("Secret", volume["secret"]["secretName"]) in held


def test_the_configmap_of_sources_is_read_as_sources(tmp_path: Path) -> None:
    held = {
        each.values[0]["metadata"]["name"]: each.values[0]
        for each in MANIFESTS
        if each.values[0]["kind"] == "ConfigMap"
    }  # type: ignore[index, call-overload]
    for name, text in held["gongbao-sources"]["data"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [each.id for each in source.load_all(tmp_path)] == ["example"]


def test_the_image_copies_what_is_there_and_installs_from_the_lock_file() -> None:
    lines = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text(encoding="utf-8")).splitlines()
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line
    installed = [line for line in lines if "pip install" in line]
    assert all(re.search(r"requirements(-uv)?\.lock", line) for line in installed)
    assert sum("--require-hashes" in line or "--verify-hashes" in line for line in installed) == 2
    assert any(line.startswith("USER ") and line.split()[1] != "0" for line in lines)


# -- the bucket -----------------------------------------------------------------

# What boto3's calls, and Delta Lake's, need of a bucket.
NEEDS = {
    "put_object": {"s3:PutObject"}, "upload_file": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "upload_fileobj": {"s3:PutObject", "s3:AbortMultipartUpload"}, "get_object": {"s3:GetObject"},
    "head_object": {"s3:GetObject"},
    "delete_object": {"s3:DeleteObject", "s3:DeleteObjectVersion"}, "head_bucket": {"s3:ListBucket"},
    "list_objects_v2": {"s3:ListBucket"}, "list_object_versions": {"s3:ListBucketVersions"}, "create_bucket": set(),
}  # fmt: skip


def test_the_policy_allows_what_the_store_does_and_nothing_else() -> None:
    code = (ROOT / "pipeline" / "store" / "s3.py").read_text(encoding="utf-8")
    patterns = (r"_client\.(?!get_paginator)(\w+)\(", r'_call\(\s*"(\w+)"', r'get_paginator\("(\w+)"')
    names = {name for pattern in patterns for name in re.findall(pattern, code)}
    allowed = {
        action for each in json.loads((DEPLOY / "iam.json").read_text())["Statement"] for action in each["Action"]
    }
    assert names == NEEDS.keys()
    assert allowed == set().union(*NEEDS.values())


def test_the_lifecycle_lets_nothing_that_is_current_expire() -> None:
    rules = json.loads((DEPLOY / "lifecycle.json").read_text())["Rules"]
    assert rules
    assert all("Expiration" not in rule and "Transitions" not in rule for rule in rules)


def test_bash_can_read_the_script_of_ci_whole():
    script = ROOT / ".ci" / "run"
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True).stderr == ""
    assert script.read_text("utf-8").splitlines()[-1] == "make test"
