"""The peers' own environment, `.venv-peers` from peers.txt: their dependencies and ours never meet."""

import subprocess
import sys
from pathlib import Path

from tests.makers.places import ROOT

_HOME = ROOT / ".venv-peers"
_WANTED = Path(__file__).with_name("peers.txt")


def build_peers() -> Path:
    """The Python of the peers' environment, made or completed first. Peers that an index does not have are left out."""
    python, done = _HOME / "bin" / "python", _HOME / "installed.txt"
    wanted = _WANTED.read_text(encoding="utf-8")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_HOME)], check=True)
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        for requirement in wanted.split():
            command = [str(python), "-m", "pip", "install", "--quiet", requirement]
            tried = subprocess.run(command, capture_output=True, text=True)
            if tried.returncode:
                print(
                    f"{requirement} cannot be installed here: {tried.stderr.strip().splitlines()[-1:]}", file=sys.stderr
                )
        done.write_text(wanted, encoding="utf-8")
    return python
