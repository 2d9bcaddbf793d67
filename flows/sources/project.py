"""`gongbao init`, `version` and `completion`: the project that sources lie in, and what a shell is told of us."""

import sys
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from flows.terminal import output
from pipeline.core.config import SHIPPED
from pipeline.core.errors import ConfigError

_TEMPLATE = Path(__file__).with_name("template")
_NAMES = {"env": ".env", "gitignore": ".gitignore", "workflow.yaml": ".github/workflows/gongbao.yaml"}


def init(folder: Path, override: Sequence[str]) -> None:
    """Write what a project lacks; ConfigError on a file of configuration that there is not."""
    ours = {path.name: path for path in SHIPPED.glob("*.yaml")}
    if unknown := [name for name in override if name not in ours]:
        raise ConfigError(f"no file {unknown[0]!r} (there are: {', '.join(sorted(ours))})", key="--override")
    wanted = {_NAMES.get(path.name, path.name): path for path in sorted(_TEMPLATE.iterdir())}
    wanted |= {f"config/{name}": ours[name] for name in override}
    wanted |= {f"config/schema/{path.name}": path for path in sorted((SHIPPED / "schema").iterdir())}
    (folder / "config" / "sources").mkdir(parents=True, exist_ok=True)
    for name, template in wanted.items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(template.read_bytes())
            if path.parent.name != "schema":
                output.say(f"wrote {path}")
    output.say(f"next: cd {folder}, then `gongbao sources discover URL`")


def version() -> None:
    """Print it."""
    output.out.print(f"gongbao {installed('gongbao')}, Python {sys.version.split()[0]}, {Path(__file__).parents[2]}")


def completion(shell: str) -> None:
    """Print what the shell is to read."""
    made = get_completion_class(shell)
    if made is None:
        raise ConfigError(f"no completion for {shell}")
    root = click.get_current_context().find_root().command
    click.echo(made(root, {}, "gongbao", "_GONGBAO_COMPLETE").source())
