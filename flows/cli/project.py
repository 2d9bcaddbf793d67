"""The commands on a project and on Gongbao itself: what each is called and takes. Their work is loaded when asked for."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH)
@click.option(
    "--override", multiple=True, metavar="NAME.yaml", help="Copy this file of our configuration, to change it."
)
def init(folder: Path, override: tuple[str, ...]) -> None:
    """Lay out a project in FOLDER: sources, settings, a workflow. What is there already stays."""
    from flows.sources import project as starting

    starting.init(folder, override)


@click.command()
def version() -> None:
    """Which release this is, and where it lies."""
    from flows.sources import project as starting

    starting.version()


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """What completes commands on Tab: put it where SHELL reads it, such as eval "$(gongbao completion bash)"."""
    from flows.sources import project as starting

    starting.completion(shell)


COMMANDS = (init, version, completion)
