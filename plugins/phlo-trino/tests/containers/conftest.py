"""Projects with real containers."""

from __future__ import annotations

from phlo.testing.containers import engine, make_project

__all__ = ["engine", "make_project"]
