"""What is watched for a service in development that runs in a container, as Compose has it.

`watch:` of the service says it. Where it says nothing, what is mounted from the source starts the
container again when it changes, and what else is in the folder of the image builds it anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.compose.paths import absolute
from phlo.errors import Where
from phlo.errors.values import BadValue
from phlo.model.layers import DROPPED, REPLACE, Leaf, leaves, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.errors import PhloError
    from phlo.model.layers import Tree
    from phlo.model.stack import ResolvedService, Stack

#: What Python and editors leave beside the sources, and what phlo reads itself.
_LEFT_OUT = ("**/__pycache__", "**/*.pyc", "**/.git", "service.yaml")


@dataclass(frozen=True, slots=True)
class Watched:
    """A path of a service's source, and what is done in its container when it changes."""

    path: str
    action: str
    """One of Compose's: `sync`, `restart`, `sync+restart`, `sync+exec`, `rebuild`."""
    target: str | None = None
    """Where it is in the container."""
    command: str | tuple[str, ...] | None = None
    """For `sync+exec`: what is run in the container."""
    ignore: tuple[str, ...] = ()
    """Patterns of paths below it that are not watched."""

    def as_compose(self, *, is_built: bool) -> dict[str, Any]:
        """Return the entry of `develop.watch`.

        Args:
            is_built: The image is built from the source at every start; else what is there
                already is copied when the watch begins.
        """
        said: dict[str, Any] = {"path": self.path, "action": self.action}
        if self.target:
            said["target"] = self.target
        if self.command is not None:
            command = self.command if isinstance(self.command, str) else list(self.command)
            said["exec"] = {"command": command}
        if self.ignore:
            said["ignore"] = list(self.ignore)
        if self.action.startswith("sync") and not is_built:
            said["initial_sync"] = True
        return said


def watched(stack: Stack, service: ResolvedService, errors: list[PhloError]) -> list[Watched]:
    """Return what is watched for a service; nothing where it is not in development.

    Args:
        stack: The stack.
        service: The service, which runs in a container.
        errors: Where faults go.
    """
    if not service.in_development:
        return []
    node = stack.layered.at(("services", service.name, "watch"))
    said = list(_said(stack, service, node, errors)) if isinstance(node, dict) else []
    return said or list(_following(stack, service))


def develop(stack: Stack, service: ResolvedService, errors: list[PhloError]) -> dict[str, Any]:
    """Return the `develop` of a service as Compose has it; nothing where nothing is watched."""
    is_built = bool(stack.layered.value(("services", service.name, "build")))
    found = watched(stack, service, errors)
    return {"watch": [one.as_compose(is_built=is_built) for one in found]} if found else {}


def _said(
    stack: Stack, service: ResolvedService, node: Tree, errors: list[PhloError]
) -> Iterator[Watched]:
    """Yield what `watch:` says."""
    for path, one in sorted(node.items()):
        if path in (REPLACE, DROPPED) or not isinstance(one, dict):
            continue
        first = next((leaf for _, leaf in leaves(one)), None)
        values = plain(one)
        if first is None or not values:
            continue
        action = values.get("action") or ("sync+restart" if values.get("target") else "rebuild")
        if wanted := _lacks(stack, service, action, values):
            key = f"services.{service.name}.watch.{path}.action"
            where = first.origin.where or Where("phlo.yaml")
            errors.append(BadValue(key, action, wanted=wanted, where=where))
            continue
        command = values.get("exec")
        yield Watched(
            absolute(stack, service, first, path), action, values.get("target"),
            tuple(command) if isinstance(command, list) else command,
            (*values.get("ignore", ()), *_LEFT_OUT),
        )  # fmt: skip


def _lacks(
    stack: Stack, service: ResolvedService, action: str, values: dict[str, Any]
) -> str | None:
    if action.startswith("sync") and not values.get("target"):
        return "it needs a `target`, the path in the container"
    if action == "sync+exec" and not values.get("exec"):
        return "it needs an `exec`, the command in the container"
    if action == "rebuild" and not stack.layered.value(("services", service.name, "build")):
        return "'restart' or one with 'sync', since the service has no `build`"
    return None


def _following(stack: Stack, service: ResolvedService) -> Iterator[Watched]:
    """Yield what follows from mounts and the image: what is mounted is seen, but not read again."""
    base = ("services", service.name)
    node = stack.layered.at((*base, "volumes"))
    mounted: list[str] = []
    for _, mount in sorted(node.items()) if isinstance(node, dict) else ():
        source = mount.get("source") if isinstance(mount, dict) else None
        if isinstance(source, Leaf) and str(source.value).startswith("."):
            mounted.append(absolute(stack, service, source))
    for path in mounted:
        yield Watched(path, "restart", ignore=_LEFT_OUT)
    context = stack.layered.leaf((*base, "build", "context"))
    if context is not None and context.value:
        top = absolute(stack, service, context)
        inside = [path.removeprefix(f"{top}/") for path in mounted if path.startswith(f"{top}/")]
        if top not in mounted:
            yield Watched(top, "rebuild", ignore=(*inside, *_LEFT_OUT))
