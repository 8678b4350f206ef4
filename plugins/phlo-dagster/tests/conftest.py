"""Projects for tests in containers."""

from phlo.testing.containers import engine, make_project

__all__ = ["engine", "make_project"]
