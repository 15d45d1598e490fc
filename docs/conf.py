"""How Sphinx builds the documentation: ``tox -e docs``."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

project = "bocore"
author = "bocore contributors"
project_copyright = "bocore contributors"
version = release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "bocore_reference"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"bocore {release}"
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
smartquotes_action = "qe"  # dashes would make –force of --force
