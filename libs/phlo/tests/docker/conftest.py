"""Projects with real containers; whatever a test does, nothing of them is left."""

from __future__ import annotations

import pytest

from phlo.testing.containers import engine, make_project, project

__all__ = ["engine", "make_project", "project"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "docker" in item.path.parts:
            item.add_marker(pytest.mark.docker)
