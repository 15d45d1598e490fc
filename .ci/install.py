"""Install the core and every plugin into this environment, in one pip command: ``install.py EXTRA [REQUIREMENT ...]``.

One command, because a plugin that is left out of it would be looked for on a package index, where anybody may have taken its name.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(extra: str, *requirements: str) -> int:
    plugins = [str(path.parent) for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation"]
    return subprocess.run([*command, f"{ROOT}[{extra}]", *plugins, *requirements], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
