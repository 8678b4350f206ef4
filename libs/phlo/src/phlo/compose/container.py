"""Step 5c, render: one service as Compose knows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.compose.capabilities import family
from phlo.compose.layers import is_package
from phlo.compose.paths import absolute
from phlo.compose.placeholders import fill
from phlo.compose.watch import develop
from phlo.compose.wire import scope_of
from phlo.errors import PhloError
from phlo.model.durations import seconds
from phlo.model.layers import DROPPED, REPLACE, Leaf, ListEdit, Tree, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from phlo.model.stack import Edge, RenderedFile, ResolvedService, Stack

#: This machine, as containers on Linux call it; its address is that of the project's network.
GATEWAY_NAME = "phlo-host"
#: Names that the rendered text leaves open; `.phlo/.env` has their values.
OPEN = r"PHLO_(?:SECRET|FINGERPRINT)_[A-Za-z0-9_]+|PHLO_GATEWAY|PHLO_USER"
_OPEN = re.compile(rf"\$\{{(?:{OPEN})[^}}]*\}}")
_DOLLAR = re.compile(rf"\$(?!\{{(?:{OPEN})[^}}]*\}})")
#: Keys that mean the same in Compose.
_SAME = (
    "image", "user", "working_dir", "hostname", "platform", "restart", "cap_add", "cap_drop", "dns",
    "tmpfs",
)  # fmt: skip
_CONDITIONS = {
    "healthy": "service_healthy",
    "completed": "service_completed_successfully",
    "started": "service_started",
}


def has_reference(text: str) -> bool:
    """Tell whether a text leaves open what `.phlo/.env` has the values of."""
    return bool(_OPEN.search(text))


def escaped(value: Any) -> Any:
    """Return a value whose dollar signs Compose leaves alone; references stay references."""
    if isinstance(value, str):
        return _DOLLAR.sub("$$", value)
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list | tuple) else value


def container(
    stack: Stack,
    service: ResolvedService,
    files: Mapping[str, RenderedFile],
    errors: list[PhloError],
) -> dict[str, Any]:
    """Return the Compose form of a service that runs in a container.

    Args:
        stack: The stack.
        service: The service.
        files: The configuration files, by path.
        errors: Where faults of placeholders go.
    """
    node = stack.layered.at(("services", service.name))
    tree: Tree = node if isinstance(node, dict) else {}
    said = plain(tree)
    body: dict[str, Any] = {key: said[key] for key in _SAME if said.get(key) is not None}
    body |= {
        "environment": {key: leaf.value for key, leaf in service.environment.items()},
        "labels": {
            **(said.get("labels") or {}), "phlo.project": stack.project.slug,
            "phlo.service": service.name, "phlo.root": stack.root,
            "phlo.kind": str(service.definition.kind),
            **({"phlo.parent": service.parent.name} if service.parent else {}),
        },
    }  # fmt: skip
    optional = {
        "build": _build(stack, service, tree),
        "develop": develop(stack, service, errors),
        "command": _command(stack, service, "command", errors),
        "entrypoint": _command(stack, service, "entrypoint", errors),
        "ports": _ports(service),
        "volumes": [
            *_volumes(stack, service, tree),
            *_files(stack, service),
            *_lake(stack, service),
        ],
        "healthcheck": _healthcheck(stack, service, errors),
        "depends_on": dict(_depends_on(stack, service.edges)),
        "extra_hosts": _extra_hosts(stack, service, said.get("extra_hosts") or {}),
        "sysctls": said.get("sysctls"),
        "logging": said.get("logging"),
        "mem_limit": _size(said, "memory"),
        "cpus": _size(said, "cpus"),
    }
    body |= {key: value for key, value in optional.items() if value}
    if shares_lake(service) or runs_steps(stack, service.name):
        # What it writes there must be the person's, as what phlo writes is.
        body.setdefault("user", "${PHLO_USER:-0:0}")
    if digest := _files_digest(stack, service, files):
        body["labels"]["phlo.files"] = digest
    whole: dict[str, Any] = escaped(body)
    extra = tree.get("compose")
    return laid_over(whole, extra) if isinstance(extra, dict) else whole


def laid_over(below: Mapping[str, Any], above: Tree) -> dict[str, Any]:
    """Return plain values with a tree laid over: maps merge, all else replaces, a null removes."""
    merged = {} if REPLACE in above else dict(below)
    for key, node in above.items():
        if key in (REPLACE, DROPPED):
            continue
        before = merged.get(key)
        if isinstance(node, dict):
            merged[key] = laid_over(before if isinstance(before, dict) else {}, node)
        elif node.value is None:
            merged.pop(key, None)
        elif isinstance(node.value, ListEdit):
            merged[key] = escaped(node.value.apply(tuple(before or ())))
        else:
            merged[key] = escaped(plain(node))
    return merged


def volume_name(service: str, mount: Tree) -> str | None:
    """Return the name of a mount's volume; None where it is a folder of this machine.

    A package's volume has its service's name in it, so that a further instance gets its own.
    """
    source = mount.get("source")
    if not isinstance(source, Leaf) or str(source.value).startswith((".", "/", "~")):
        return None
    return f"{service}-{source.value}" if is_package(source) else str(source.value)


def mounts(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield what is mounted in a service, by path in the container."""
    node = tree.get("volumes")
    for target, mount in sorted(node.items()) if isinstance(node, dict) else ():
        if target not in (REPLACE, DROPPED) and isinstance(mount, dict) and plain(mount):
            yield target, mount


def has_test(stack: Stack, service: str) -> bool:
    """Tell whether a service is checked by a command in its container."""
    check = stack.layered.value(("services", service, "healthcheck"), {})
    return bool(check.get("test")) and not check.get("disable")


def _volumes(stack: Stack, service: ResolvedService, tree: Tree) -> Iterator[dict[str, Any]]:
    for target, mount in mounts(tree):
        volume = volume_name(service.name, mount)
        leaf = mount["source"]
        assert isinstance(leaf, Leaf)
        source = volume or absolute(stack, service, leaf)
        read_only = {"read_only": True} if plain(mount).get("read_only") else {}
        kind = "volume" if volume else "bind"
        yield {"type": kind, "source": source, "target": target, **read_only}


def _files(stack: Stack, service: ResolvedService) -> Iterator[dict[str, Any]]:
    for dest in destinations(stack, service.name):
        source = f"{stack.root}/.phlo/config/{service.name}/{dest.strip('/')}"
        yield {"type": "bind", "source": source, "target": dest, "read_only": True}


def shares_lake(service: ResolvedService) -> bool:
    """Tell whether a service works on tables in the project's folder."""
    bindings = (service.parent or service).bindings
    return any(family(one.capability) == "storage.folder" for one in bindings)


def runs_steps(stack: Stack, service: str) -> bool:
    """Tell whether a service runs the project's own code, in an image that is made for it."""
    return bool(stack.layered.value(("services", service, "build", "packages")))


def _lake(stack: Stack, service: ResolvedService) -> Iterator[dict[str, Any]]:
    """Yield the mount of the lake, at the path that the metadata of tables names."""
    if runs_steps(stack, service.name):
        yield {"type": "bind", "source": stack.root, "target": stack.root}
    elif shares_lake(service):
        folder = f"{stack.root}/.phlo/lake"
        yield {"type": "bind", "source": folder, "target": folder}


def destinations(stack: Stack, service: str) -> list[str]:
    """Return where a service's configuration files are in its container."""
    node = stack.layered.at(("services", service, "files"))
    found = node.items() if isinstance(node, dict) else ()
    return sorted(dest for dest, one in found if isinstance(one, dict) and plain(one))


def _files_digest(stack: Stack, service: ResolvedService, files: Mapping[str, RenderedFile]) -> str:
    """Return what changes with the configuration files, so that the container is made anew."""
    import hashlib

    own = [
        f".phlo/config/{service.name}/{dest.strip('/')}"
        for dest in destinations(stack, service.name)
    ]
    text = "\0".join(files[path].text for path in own if path in files)
    if not text:
        return ""
    used = sorted(set(re.findall(r"\$\{PHLO_SECRET_([A-Za-z0-9_]+)\}", text)))
    marks = [f"${{PHLO_FINGERPRINT_{name}}}" for name in used]
    return ".".join([hashlib.sha256(text.encode()).hexdigest()[:16], *marks])


def _build(stack: Stack, service: ResolvedService, tree: Tree) -> dict[str, Any]:
    node = tree.get("build")
    if not isinstance(node, dict) or not plain(node):
        return {}
    said = dict(plain(node))
    if said.pop("packages", False):  # a copy of its folder, with the packages in it
        return {**said, "context": f"{stack.root}/.phlo/build/{service.name}"}
    return {**said, "context": source_of_build(stack, service)}


def source_of_build(stack: Stack, service: ResolvedService) -> str:
    """Return the folder in which a service says how its image is built."""
    context = stack.layered.leaf(("services", service.name, "build", "context"))
    return absolute(stack, service, context) if context and context.value else stack.root


def _command(
    stack: Stack, service: ResolvedService, key: str, errors: list[PhloError]
) -> str | list[str] | None:
    leaf = stack.layered.leaf(("services", service.name, key))
    if leaf is None or leaf.value is None:
        return None
    if not is_package(leaf):
        return plain(leaf)  # type: ignore[no-any-return]
    return _filled(stack, service, leaf, (key,), errors)


def _filled(
    stack: Stack, service: ResolvedService, leaf: Leaf, path: tuple[str, ...],
    errors: list[PhloError],
) -> str | list[str]:  # fmt: skip
    """Return a package's command with its placeholders filled in."""
    scope, where = scope_of(service), leaf.origin.where
    full = ".".join(("services", service.name, *path))

    def put(text: str) -> str:
        try:
            return fill(str(text), scope, where=where, path=full) or ""
        except PhloError as error:
            errors.append(error)
            return ""

    return put(leaf.value) if isinstance(leaf.value, str) else [put(word) for word in leaf.value]


def _ports(service: ResolvedService) -> list[str]:
    found = []
    for port in service.ports.values():
        if port.host is not None:
            bind = f"[{port.bind}]" if ":" in port.bind else port.bind
            suffix = "/udp" if port.protocol == "udp" else ""
            found.append(f"{bind}:{port.host}:{port.container}{suffix}")
    return found


def _healthcheck(
    stack: Stack, service: ResolvedService, errors: list[PhloError]
) -> dict[str, Any] | None:
    base = ("services", service.name, "healthcheck")
    check = stack.layered.value(base, {})
    if check.get("disable"):
        return {"disable": True}
    leaf = stack.layered.leaf((*base, "test"))
    if leaf is None or not leaf.value:
        return None
    test = _filled(stack, service, leaf, ("healthcheck", "test"), errors) if is_package(
        leaf
    ) else plain(leaf)  # fmt: skip
    if isinstance(test, list) and test[0] not in ("CMD", "CMD-SHELL", "NONE"):
        test = ["CMD", *test]
    times = ("interval", "timeout", "start_period", "start_interval")
    found = {key: f"{seconds(str(check[key])):g}s" for key in times if key in check}
    retries = {"retries": check["retries"]} if "retries" in check else {}
    return {"test": test, **found, **retries}


def _depends_on(stack: Stack, edges: Iterable[Edge]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the edges to other containers, each with a condition that Compose can tell."""
    for edge in edges:
        if stack.services[edge.needs].runtime != "docker":
            continue
        condition = edge.condition
        if condition == "healthy" and not has_test(stack, edge.needs):
            condition = "started"  # asked from outside, which Compose cannot
        yield edge.needs, {"condition": _CONDITIONS[condition], "required": edge.required}


def native_needs(stack: Stack, service: ResolvedService) -> list[str]:
    """Return the local processes that a container calls on."""
    of_parent = [] if service.parent is None else native_needs(stack, service.parent)
    named = [*service.depends_on, *(one.provider for one in service.bindings), *of_parent]
    if runs_steps(stack, service.name):  # the lake and the functions of assets may ask any of them
        named += [
            name for name, one in stack.services.items()
            if name != service.name and one.definition.provides
            and one.definition.category != "core"
        ]  # fmt: skip
    return [
        name for name in dict.fromkeys(named)
        if name in stack.services and stack.services[name].runtime == "native"
    ]  # fmt: skip


def _extra_hosts(stack: Stack, service: ResolvedService, said: Mapping[str, str]) -> dict[str, str]:
    needed = native_needs(stack, service)
    if not needed or stack.gateway != GATEWAY_NAME:
        return dict(said)
    names = dict.fromkeys([GATEWAY_NAME, *needed], "${PHLO_GATEWAY:-host-gateway}")
    return {**names, **said}


def _size(said: Mapping[str, Any], key: str) -> Any:
    value = (said.get("resources") or {}).get(key)
    return str(value).replace(" ", "") if value is not None else None
