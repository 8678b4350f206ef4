"""Paths of this machine in what services say: they start where they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.layers import is_package

if TYPE_CHECKING:
    from phlo.model.layers import Leaf
    from phlo.model.stack import ResolvedService, Stack


def absolute(stack: Stack, service: ResolvedService, leaf: Leaf, text: str | None = None) -> str:
    """Return a path as the engine takes it: from the folder of the file that wrote it.

    Args:
        stack: The stack.
        service: The service whose path it is.
        leaf: What says it, or stands beside it in the same file.
        text: The path, where it is not the leaf's value.
    """
    said = str(leaf.value) if text is None else text
    if said.startswith(("/", "~")):
        return said
    folder = service.definition.package.folder if is_package(leaf) else stack.root
    parts: list[str] = folder.split("/")
    for part in said.split("/"):
        if part == "..":
            parts = parts[:-1] or parts
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
