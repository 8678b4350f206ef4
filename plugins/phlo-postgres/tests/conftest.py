"""Projects with a real server, in a container or as a local process."""

from __future__ import annotations

from phlo.testing.containers import engine, make_project, project
from phlo.testing.servers import reachable

__all__ = ["engine", "make_project", "project", "reachable"]
