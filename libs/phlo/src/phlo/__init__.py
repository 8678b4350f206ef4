"""phlo: compose a data lakehouse by installing Python packages.

Public names load on first use, so `import phlo` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to import than `phlo --version` takes in all
if TYPE_CHECKING:
    from typing import Any

    from phlo.assets.asset import asset as asset
    from phlo.assets.checks import CheckResult as CheckResult
    from phlo.assets.checks import check as check
    from phlo.assets.context import Context as Context
    from phlo.assets.context import Service as Service
    from phlo.assets.ingestion import ingestion as ingestion
    from phlo.assets.partitions import Partition as Partition
    from phlo.assets.partitions import daily as daily
    from phlo.assets.partitions import hourly as hourly
    from phlo.assets.partitions import monthly as monthly
    from phlo.assets.partitions import static as static
    from phlo.assets.partitions import weekly as weekly
    from phlo.assets.quality import quality as quality
    from phlo.assets.sources import files as files
    from phlo.assets.sources import sql as sql
    from phlo.assets.table import Table as Table
    from phlo.project import Project as Project
    from phlo.shortcuts import check_tables as check_tables
    from phlo.shortcuts import materialize as materialize
    from phlo.shortcuts import query as query
    from phlo.shortcuts import table as table

    __version__: str

_PUBLIC = {
    "asset": "phlo.assets.asset",
    "check": "phlo.assets.checks",
    "CheckResult": "phlo.assets.checks",
    "Context": "phlo.assets.context",
    "Service": "phlo.assets.context",
    "ingestion": "phlo.assets.ingestion",
    "Partition": "phlo.assets.partitions",
    "daily": "phlo.assets.partitions",
    "hourly": "phlo.assets.partitions",
    "monthly": "phlo.assets.partitions",
    "static": "phlo.assets.partitions",
    "weekly": "phlo.assets.partitions",
    "quality": "phlo.assets.quality",
    "files": "phlo.assets.sources",
    "sql": "phlo.assets.sources",
    "Table": "phlo.assets.table",
    "Project": "phlo.project",
    "check_tables": "phlo.shortcuts",
    "materialize": "phlo.shortcuts",
    "query": "phlo.shortcuts",
    "table": "phlo.shortcuts",
}

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("phlo")
    if name in _PUBLIC:
        from importlib import import_module

        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'phlo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
