"""The layers around what a person writes: the packages below, and what is said of those on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.definition import LAYER
from phlo.compose.outside import COMMAND_LINE, ENVIRONMENT
from phlo.model.layers import Layer, Layered, Leaf, Origin, Tree, leaves
from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from phlo.model.layers import KeyPath
    from phlo.model.options import Options
    from phlo.model.service import ServiceDefinition

#: The layers below what a person writes, lowest first: phlo's own defaults, the packages', modes.
CORE, MODE = "phlo", "mode"


def below_the_user(
    definitions: Mapping[str, ServiceDefinition], options: Options, developed: Container[str]
) -> list[Layer]:
    """Return layers 0 to 2: phlo's own defaults, the packages, and the modes that are on.

    Args:
        definitions: Every service that is known.
        options: The options of the command.
        developed: The services in development mode.
    """
    core: Tree = {name: tree for name, d in sorted(definitions.items()) if (tree := _core(d))}
    packages: Tree = {name: d.tree for name, d in sorted(definitions.items())}
    modes: Tree = {}
    for name, definition in sorted(definitions.items()):
        for mode, tree in sorted(definition.modes.items()):
            if mode in options.profiles or (mode == "dev" and name in developed):
                modes[name] = tree
    return [
        Layer(CORE, {"services": core}),
        Layer(LAYER, {"services": packages}),
        Layer(MODE, {"services": modes}),
    ]


def _core(definition: ServiceDefinition) -> Tree:
    """Return what every service that is started has where nobody says another thing."""
    if definition.kind not in (ServiceKind.SERVICE, ServiceKind.JOB):
        return {}
    origin = Origin(CORE)
    is_job = definition.kind is ServiceKind.JOB
    log = {"max-file": Leaf("3", origin), "max-size": Leaf("10m", origin)}
    tree: Tree = {
        "restart": Leaf("no" if is_job else "unless-stopped", origin),
        "logging": {"driver": Leaf("json-file", origin), "options": {**log}},
    }
    if definition.ports:
        tree["ports"] = {name: {"bind": Leaf("127.0.0.1", origin)} for name in definition.ports}
    return tree


def is_package(leaf: Leaf) -> bool:
    """Tell whether a value is a package's own: nobody pinned it."""
    return leaf.origin.layer in (CORE, LAYER, MODE)


def told_by_the_environment(
    layered: Layered, definitions: Mapping[str, ServiceDefinition]
) -> Iterator[str]:
    """Yield a line for each value of phlo.yaml that a variable overrides out of sight."""
    for path, leaf in leaves(layered.tree):
        layer, _, variable = leaf.origin.layer.partition(": ")
        below = next((b for b in leaf.shadowed if _is_written(b)), None)
        if layer != ENVIRONMENT or below is None:
            continue
        secret = is_secret(path, definitions)
        now, was = ("***", "***") if secret else (leaf.value, below.value)
        place = str(leaf.origin)
        by = place if place == variable else f"{place} ({variable})"
        yield f"{shown(path)} = {now} from {by} overrides {below.origin} ({was})"


def _is_written(leaf: Leaf) -> bool:
    """Tell whether a value stands in a file of the project."""
    layer = leaf.origin.layer.partition(": ")[0]
    return (
        layer not in (CORE, LAYER, MODE, ENVIRONMENT, COMMAND_LINE) and not leaf.origin.is_computed
    )


def shown(path: KeyPath) -> str:
    """Return a path as a person knows it: `trino.ports.http.host`."""
    return ".".join(path[1:] if path[0] == "services" else path)


_SECRETS_IN = ("settings", "properties")


def is_secret(path: KeyPath, definitions: Mapping[str, ServiceDefinition]) -> bool:
    """Tell whether the value at a path is never shown."""
    if len(path) < 4 or path[0] != "services" or path[2] not in _SECRETS_IN:
        return False
    definition = definitions.get(path[1])
    setting = definition.settings.get(path[3]) if definition else None
    return setting is not None and setting.is_secret
