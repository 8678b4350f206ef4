"""PHLO-R57x, PHLO-X36x: `phlo export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError

if TYPE_CHECKING:
    from collections.abc import Mapping


class NothingToExport(PhloError):
    """No service of the project comes as a container image.

    What comes with phlo runs as local processes; an export holds only what runs in containers.
    """

    code = "PHLO-R570"

    def __init__(self, skipped: Mapping[str, str]) -> None:
        named = "; ".join(f"{name}: {why}" for name, why in sorted(skipped.items()))
        super().__init__(
            "no service of this project comes as a container image",
            why=named or "only what runs in containers can be exported",
            fix="install a package that brings one, such as phlo-postgres, or write a service of "
            "your own: type: inline and image: ...",
        )


class OutputNotEmpty(PhloError):
    """The folder that an export is to be written into holds something already."""

    code = "PHLO-X360"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"'{folder}' is not empty",
            why="files of an earlier export, or of yours, would be mixed with the new ones",
            fix=Fix("choose another folder: --output DIR\nor write over it: --force"),
        )
