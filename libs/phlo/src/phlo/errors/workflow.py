"""PHLO-A8xx: what workflow files declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.errors import Where


class WorkflowError(PhloError):
    """A workflow definition is not as it must be."""

    code = "PHLO-A800"


class ManifestTooNew(WorkflowError):
    """A later phlo wrote the manifest, and this one does not know its form.

    The manifest is made anew from `workflows/` by `phlo manifest`.
    """

    code = "PHLO-A801"

    def __init__(self, file: str, found: str, known: str) -> None:
        super().__init__(
            f"'{file}' is a '{found}', and this phlo reads '{known}'",
            why="a later phlo wrote it",
            fix=Fix("write it again with this one: phlo manifest", command="phlo manifest"),
        )
