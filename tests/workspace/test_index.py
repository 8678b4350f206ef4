"""The index that comes with phlo says of each package of the workspace what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from phlo.packages.register import describe
from phlo.plugins.index import BUNDLED, bundled

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(
    file.parent for folder in ("libs", "apps", "plugins")
    for file in ROOT.glob(f"{folder}/*/pyproject.toml")
)  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_package_stands_in_the_index_as_it_is(folder: Path) -> None:
    wanted = replace(describe(folder, folder), sha256=None, wheel=None)
    found = bundled().get(wanted.distribution)
    how = f"phlo plugin register {folder.relative_to(ROOT)} --index {BUNDLED.relative_to(ROOT)}"
    assert found is not None, how
    assert replace(found[0], sha256=None, wheel=None) == wanted, how
