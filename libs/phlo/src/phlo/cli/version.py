"""The installed version, read without `importlib.metadata` (which costs four bare interpreters)."""

from __future__ import annotations

import os
import sys


def installed_version() -> str:
    """Return phlo's version from the name of its `.dist-info` folder on `sys.path`."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - pathlib alone costs as much as the answer
        except OSError:
            continue
        for name in names:
            if name.startswith("phlo-") and name.endswith(".dist-info"):
                return name.removeprefix("phlo-").removesuffix(".dist-info")
    return "unknown"
