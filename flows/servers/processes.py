"""A process number in, when that process began out: a number alone may be given to another process later."""

import subprocess
from pathlib import Path


def began(pid: int) -> str:
    """When it began, in whatever unit; empty if it does not live."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if told[0] in "ZX" else told[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began_at = asked.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began_at.strip()
