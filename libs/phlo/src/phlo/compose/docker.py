"""Step 5c, render: the services that run in containers, as the text of a Compose file.

The file is complete: `docker compose -f .phlo/compose.yaml --env-file .phlo/.env up` runs it too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from phlo.compose.container import (
    container,
    destinations,
    escaped,
    has_test,
    mounts,
    volume_name,
)
from phlo.compose.images import with_digest
from phlo.compose.placeholders import fill
from phlo.compose.watch import develop
from phlo.compose.wire import scope_of
from phlo.model.container import ContainerService, Need
from phlo.model.durations import seconds
from phlo.model.native import Health, HealthKind
from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.errors import PhloError, Where
    from phlo.model.stack import RenderedFile, ResolvedService, Stack

_READY = 120.0
_DONE = "service_completed_successfully"
#: What waits for the end of jobs, for those who use plain Compose.
READY = "phlo-ready"
_STAYS = "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"
_HEAD = "# Written by phlo from phlo.yaml and the installed packages; edits are lost.\n"


def compose_text(
    stack: Stack,
    name: str,
    files: Mapping[str, RenderedFile],
    errors: list[PhloError],
    digests: Mapping[str, str],
) -> str | None:
    """Return the Compose file; None where nothing runs in a container.

    Args:
        stack: The stack.
        name: The fixed name of the project's containers, volumes and network.
        files: The rendered configuration files, by path.
        errors: Where faults go.
        digests: Service -> the digest of its image.
    """
    chosen = list(_chosen(stack))
    if not chosen:
        return None
    labels = escaped({"phlo.project": stack.project.slug, "phlo.root": stack.root})
    services = {one.name: container(stack, one, files, errors) for one in chosen}
    for service, digest in digests.items():
        body, image = services[service], stack.layered.value(("services", service, "image"))
        if body.get("image") == image:  # not another one, of the raw `compose:`
            body["image"] = with_digest(image, digest)
    content: dict[str, Any] = {
        "name": name,
        "services": services | _adopter(services, chosen),
        "networks": {"default": {"labels": labels}},
    }
    if volumes := dict(_volumes(stack, chosen, labels)):
        content["volumes"] = volumes
    return _HEAD + compose_yaml(content)


def containers(
    stack: Stack, digests: Mapping[str, str] | None = None
) -> tuple[ContainerService, ...]:
    """Return what the runtime must know of each container, in start order."""
    return tuple(_told(stack, one, (digests or {}).get(one.name)) for one in _chosen(stack))


def own_secrets(stack: Stack, service: str) -> tuple[str, ...]:
    """Return the names of a service's own secrets, which it may keep with its data."""
    return tuple(need.name for need in stack.secrets if need.service == service and need.is_kept)


def _adopter(
    services: Mapping[str, dict[str, Any]], chosen: list[ResolvedService]
) -> dict[str, Any]:
    """Return a service that does nothing, where a job has no other one that waits for its end.

    `docker compose up --wait` takes a container that ended for a failure, unless one waits for it.
    phlo itself never starts it.
    """
    done = {"condition": _DONE, "required": True}
    awaited = {
        name for one in services.values() for name, edge in (one.get("depends_on") or {}).items()
        if edge.get("condition") == _DONE
    }  # fmt: skip
    jobs = [one.name for one in chosen if one.definition.kind is ServiceKind.JOB]
    left = [name for name in jobs if name not in awaited]
    image = next((services[name].get("image") for name in left), None)
    if image is None:
        return {}
    return {
        READY: {
            "image": image,
            "entrypoint": ["/bin/sh", "-c", _STAYS],
            "depends_on": {name: done for name in left},
            "restart": "no",
        }
    }


def _chosen(stack: Stack) -> Iterator[ResolvedService]:
    return (one for one in stack.services.values() if one.runtime == "docker")


def _volumes(
    stack: Stack, chosen: list[ResolvedService], labels: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the named volumes; what is kept in one is told by a fingerprint of its secrets."""
    for service in chosen:
        node = stack.layered.at(("services", service.name))
        for _, mount in mounts(node) if isinstance(node, dict) else ():
            if name := volume_name(service.name, mount):
                marks = {
                    f"phlo.secret.{secret}": f"${{PHLO_FINGERPRINT_{secret}}}"
                    for secret in own_secrets(stack, service.name)
                }
                yield name, {"labels": {**labels, "phlo.service": service.name, **marks}}


def _told(stack: Stack, service: ResolvedService, digest: str | None) -> ContainerService:
    base = ("services", service.name)
    ready = stack.layered.value((*base, "ready", "timeout"))
    needs = [
        Need(edge.needs, edge.condition)
        for edge in service.edges
        if stack.services[edge.needs].runtime == "docker"
    ]
    return ContainerService(
        name=service.name,
        image=stack.layered.value((*base, "image")),
        digest=digest,
        platform=stack.layered.value((*base, "platform")),
        needs=tuple(needs),
        health=_health(stack, service),
        is_job=service.definition.kind is ServiceKind.JOB,
        is_built=bool(stack.layered.value((*base, "build"))),
        is_watched=bool(develop(stack, service, [])),
        ready_timeout=seconds(str(ready)) if ready else _READY,
        ports=tuple(port.host for port in service.ports.values() if port.host is not None),
        memory=stack.layered.value((*base, "resources", "memory")),
        origin=str(service.definition.package).strip(),
        credentials=tuple(_credentials(service)),
        files=tuple(destinations(stack, service.name)),
        secrets=own_secrets(stack, service.name),
        places=dict(_places(stack, service.name)),
    )


def _credentials(service: ResolvedService) -> Iterator[str]:
    """Yield the variables of a service that name a user or password, if a person set them."""
    for key, leaf in service.environment.items():
        if not leaf.origin.is_computed and re.search(r"USER|PASS|SECRET|TOKEN|KEY|DSN|URI?L?", key):
            yield f"{key} ({leaf.origin})"


def _health(stack: Stack, service: ResolvedService) -> Health:
    """Return what phlo asks from outside; nothing where a command in the container tells."""
    check = stack.layered.value(("services", service.name, "healthcheck"), {})
    port = service.ports.get(str(check.get("port"))) or service.primary
    asked = HealthKind.HTTP if check.get("http") else HealthKind.TCP if check.get("tcp") else None
    if has_test(stack, service.name) or check.get("disable") or asked is None or port is None:
        return Health(HealthKind.STARTED)
    where = stack.layered.where(("services", service.name, "healthcheck"))
    path = f"services.{service.name}.healthcheck.http"
    page = fill(str(check.get("http") or "/"), scope_of(service), where=where, path=path) or "/"
    host = "127.0.0.1" if port.bind in ("0.0.0.0", "::") else port.bind
    timeout = seconds(str(check.get("timeout", "3s")))
    # Without a port on this machine, the container itself is asked at its own.
    if port.host is None:
        return Health(asked, host="", port=port.container, path=page, timeout=timeout)
    return Health(asked, host=host, port=port.host, path=page, timeout=timeout)


def _places(stack: Stack, service: str) -> Iterator[tuple[str, Where]]:
    for word, path in (
        ("image", ("image",)), ("platform", ("platform",)), ("memory", ("resources", "memory")),
        ("command", ("command",)), ("ports", ("ports",)),
    ):  # fmt: skip
        if stack.layered.at(("services", service, *path)) is not None:
            where = stack.layered.where(("services", service, *path))
            if where is not None:
                yield word, where


def compose_yaml(content: dict[str, Any]) -> str:
    """Return a Compose file's text: sorted, the same for the same content."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Quotes what another reader of YAML could take for a number."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = '"' if value[:1] in set("0123456789+-.~") else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(content, Dumper=Dumper, sort_keys=True, allow_unicode=True, width=10_000)
