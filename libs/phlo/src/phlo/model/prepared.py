"""A stack that is ready to be started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.model.container import ContainerService
    from phlo.model.native import NativeProgram
    from phlo.model.stack import Stack


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a start works with: files are written, secrets are there."""

    stack: Stack
    programs: tuple[NativeProgram, ...]
    secrets: Mapping[str, str] = field(repr=False)
    notes: tuple[str, ...]
    containers: tuple[ContainerService, ...] = ()
    compose: str | None = None
    """The Compose file, where services run in containers."""
