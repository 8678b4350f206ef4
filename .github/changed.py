"""Print, as a JSON list, the packages that have changed since a commit."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: A change here concerns every package.
SHARED = ("pyproject.toml", "uv.lock", "noxfile.py", "libs/phlo/", ".github/")


def main(base: str) -> None:
    """Print the packages changed since `base`; all of them where it is not known."""
    files = sorted(
        f for g in ("libs", "apps", "plugins") for f in ROOT.glob(f"{g}/*/pyproject.toml")
    )
    names = {f.parent: tomllib.loads(f.read_text())["project"]["name"] for f in files}
    told = subprocess.run(
        ["git", "diff", "--name-only", f"{base}...HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    changed = told.stdout.split()
    is_shared = told.returncode != 0 or any(f.startswith(SHARED) for f in changed)
    print(json.dumps([
        name for folder, name in names.items()
        if is_shared or any(f.startswith(f"{folder.relative_to(ROOT)}/") for f in changed)
    ]))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
