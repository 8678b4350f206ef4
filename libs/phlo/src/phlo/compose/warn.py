"""What an override takes away from a package, where a person may not have meant it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.layers import is_package
from phlo.errors.overrides import (
    DroppedPort,
    RemovedButNeeded,
    RemovedDataVolume,
    ReplacedDataVolume,
)
from phlo.model.layers import DROPPED, Leaf, leaves, plain

if TYPE_CHECKING:
    from phlo.compose.draft import Draft
    from phlo.errors import Where
    from phlo.model.layers import Tree


def warn(draft: Draft) -> None:
    """Warn of what the selected services lose; refuse what none can do without."""
    for name in draft.definitions:
        _removed_image(draft, name)
    for name in sorted(draft.selected):
        _dropped_ports(draft, name)
        _replaced_volumes(draft, name)
        _removed_volumes(draft, name)


def _removed_image(draft: Draft, name: str) -> None:
    leaf = draft.at(name, "image")
    removed = isinstance(leaf, Leaf) and leaf.value is None and leaf.shadowed
    if removed and draft.places[name].runtime is None and draft.value(name, "enabled") is not False:
        draft.errors = [e for e in draft.errors if e.code != "PHLO-R501" or name not in e.message]
        needed = f"'{name}' has neither a build nor a recipe for a local process"
        where = draft.where(name, "image")
        draft.errors.append(RemovedButNeeded(f"services.{name}.image", needed=needed, where=where))


def _dropped_ports(draft: Draft, name: str) -> None:
    """A list of ports replaces the whole set: say so where it drops one that a page is at."""
    node, definition = draft.at(name, "ports"), draft.definitions[name]
    where = _written(node)
    if not isinstance(node, dict) or where is None:
        return
    dropped = node.get(DROPPED)
    for link in definition.links:
        port = definition.ports.get(link.port or "")
        if port and isinstance(dropped, dict) and port.name in dropped:
            error = DroppedPort(name, f"{port.name}:{port.container}", link.name, where=where)
            draft.warnings.append(error)


def _written(node: Tree | Leaf | None) -> Where | None:
    """Return the place of the first value in a map that a person wrote."""
    found = leaves(node) if isinstance(node, dict) else ()
    return next((leaf.origin.where for _, leaf in found if not is_package(leaf)), None)


def _replaced_volumes(draft: Draft, name: str) -> None:
    """A mount at the path of a package's named volume hides the data in it."""
    for target, mount in draft.entries(name, "volumes"):
        source = mount.get("source") if isinstance(mount, dict) else None
        below = source.shadowed if isinstance(source, Leaf) else ()
        volume = next((leaf.value for leaf in below if is_package(leaf)), None)
        if isinstance(source, Leaf) and volume and not str(volume).startswith((".", "/", "~")):
            where = source.origin.where
            if not is_package(source) and where and source.value != volume:
                draft.warnings.append(ReplacedDataVolume(name, target, volume, where=where))


def _removed_volumes(draft: Draft, name: str) -> None:
    """A package's named volume that is taken away: the service would begin without its data."""
    if draft.options.allow_data_loss or draft.places[name].runtime != "docker":
        return
    declared, kept = (
        draft.definitions[name].tree.get("volumes"),
        dict(draft.entries(name, "volumes")),
    )
    for target, mount in declared.items() if isinstance(declared, dict) else ():
        values = plain(mount)
        volume = str(values.get("source", "")) if isinstance(values, dict) else ""
        is_data = volume and not volume.startswith((".", "/", "~")) and values.get("data", True)
        if is_data and target not in kept:
            where = draft.where(name, "volumes", target) or draft.where(name, "volumes")
            draft.errors.append(RemovedDataVolume(name, target, volume, where=where))
