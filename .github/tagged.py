"""Print the package a release tag names, or fail where the tag and the tree disagree."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main(tag: str) -> None:
    """Print `package=NAME` for a tag `NAME-vVERSION`."""
    name, _, version = tag.rpartition("-v")
    for file in sorted(ROOT.glob("*/*/pyproject.toml")):
        project = tomllib.loads(file.read_text())["project"]
        if project["name"] == name:
            if project["version"] != version:
                raise SystemExit(f"{tag}: {file.relative_to(ROOT)} says {project['version']}")
            print(f"package={name}")
            return
    raise SystemExit(f"{tag}: no package is named '{name}'")


if __name__ == "__main__":
    main(sys.argv[1])
