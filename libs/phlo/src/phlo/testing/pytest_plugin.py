"""The fixture `lakehouse`, for a project's conftest.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.testing.lakehouse import Lakehouse


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """A lakehouse without any table, gone after the test."""
    from phlo.testing.lakehouse import Lakehouse

    return Lakehouse(tmp_path / "lakehouse")
