"""The lake: every table of a project, on every branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Lake:
    """The tables in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
