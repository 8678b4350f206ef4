"""Every variable of every binding leads to its provider, from where its consumer runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from phlo.plugins.registry import load_services
from phlo.testing.wiring import MIXED, OFF, PLAIN, composed, project, wiring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.model.stack import Stack
    from phlo.testing.wiring import Wire

GATEWAY = "host.docker.internal"
#: `scheme://host:port`, as clients write it.
URL = re.compile(r"[a-z0-9+]+://([^/:]+):(\d+)")
SETTINGS: dict[str, tuple[Mapping[str, Any], str | None]] = {
    "native": (PLAIN, "native"),
    "docker": (PLAIN, "docker"),
    "mixed and moved": (MIXED, None),
    "without nessie": (project(minio=OFF, nessie=OFF), "native"),
    "without a store": (project(minio=OFF, seaweedfs=OFF), "docker"),
}  # fmt: skip


def reached(stack: Stack, wire: Wire) -> set[tuple[str, str]]:
    """Return where a consumer reaches a provider, told of nothing but the ports."""
    consumer, provider = wire.runtimes
    found = set()
    for port in stack.services[wire.provider].ports.values():
        if consumer == "docker" and provider == "docker":
            found.add((wire.provider, str(port.container)))
        elif consumer == "docker":
            found.add((GATEWAY, str(port.host)))
        else:
            found.add(("127.0.0.1", str(port.host)))
    return found


@pytest.mark.parametrize("setting", SETTINGS)
def test_addresses_lead_to_the_provider(setting: str) -> None:
    stack = composed(*SETTINGS[setting])
    seen = 0
    for wire in wiring(stack):
        addresses = [(m[1], m[2]) for m in URL.finditer(wire.value)]
        if wire.variable.endswith("_HOST"):
            addresses += [(wire.value, port) for port in ports_beside(stack, wire)]
        for address in addresses:
            seen += 1
            assert address in reached(stack, wire), f"{wire}"
    assert seen > 10


def ports_beside(stack: Stack, wire: Wire) -> Iterator[str]:
    """Yield the port of the same role and provider."""
    for other in wiring(stack):
        same = (other.consumer, other.role, other.provider)
        is_port = other.variable == wire.variable.replace("_HOST", "_PORT")
        if same == (wire.consumer, wire.role, wire.provider) and is_port:
            yield other.value


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_service_gets_what_the_table_says(setting: str) -> None:
    stack = composed(*SETTINGS[setting])
    secrets = {need.reference for need in stack.secrets}
    for wire in wiring(stack):
        told = stack.services[wire.consumer].environment[wire.variable].value
        is_secret = any(reference in str(told) for reference in secrets)
        assert is_secret if wire.is_secret else told == wire.value, wire


def test_what_is_disabled_is_reached_by_nobody() -> None:
    stack = composed(*SETTINGS["without nessie"])
    catalogs = {w.consumer: w.provider for w in wiring(stack) if w.role == "catalog"}
    assert catalogs["trino"] == "phlo-api"
    assert not [wire for wire in wiring(stack) if wire.provider == "nessie"]


def test_no_consumer_has_the_keys_of_another() -> None:
    stack = composed(PLAIN, "docker")
    held = [
        (binding.provider, value)
        for binding in stack.bindings if binding.is_provisioned
        for name, value in binding.properties.items() if name == "password"
    ]  # fmt: skip
    assert len(held) > 5
    assert len(held) == len(set(held))


DEFINITIONS = load_services().definitions


@pytest.mark.parametrize("service", DEFINITIONS)
def test_no_package_writes_an_address_or_a_password(service: str) -> None:
    """What a `service.yaml` says of others it says by placeholders; secrets have no default."""
    file = Path(DEFINITIONS[service].package.file)
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    for path, text in texts(written):
        if path[-1] == "description" or path[0] in ("healthcheck", "image"):
            continue
        for host, port in URL.findall(text):
            assert (host, port) == ("{host}", "{port}"), f"{path}: {text}"
    for name, setting in (written.get("settings") or {}).items():
        if setting["type"] == "secret":
            assert "default" not in setting, f"{name} has a default"
    for name, value in (written.get("environment") or {}).items():
        if re.search(r"PASS|SECRET|TOKEN|KEY(?!S?_NAME)", name):
            assert "{" in str(value), f"{name}: {value}"


def texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text with where it is."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    elif isinstance(value, str):
        yield path, value
