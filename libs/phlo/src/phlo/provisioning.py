"""What a provider makes for each of its consumers: a database, a user, a bucket of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.plugins.base import Provision, ServicePlugin, Told
from phlo.plugins.registry import load_plugin
from phlo.runtime.secrets import put_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phlo.model.prepared import Prepared
    from phlo.model.stack import ResolvedService


#: Services that are called like their distribution.
_CORE = frozenset({"phlo-api"})


def provision(root: Path, prepared: Prepared, provider: str) -> None:
    """Have a provider make what its consumers asked for; it is healthy by now.

    Args:
        root: The project's folder.
        prepared: The stack with its secrets.
        provider: The service.

    Raises:
        PluginFailed: The Python of its package cannot be imported.
        PhloError: It cannot make it.
    """
    bindings, secrets = prepared.stack.bindings, prepared.secrets
    wanted = [
        Provision(
            one.consumer, one.role, dict(one.required.params),
            _filled(one.properties, secrets, provider),
            [Told(other.capability, _filled(other.properties, secrets, other.provider))
             for other in bindings if other.consumer == one.consumer and other is not one],
        )
        for one in bindings
        if one.provider == provider and one.is_provisioned
    ]  # fmt: skip
    plugin = _plugin(prepared, provider, f"what consumers of '{provider}' have for themselves")
    plugin.provision(*_reached(root, prepared, provider), wanted)


def keeps_secrets(prepared: Prepared, service: str) -> bool:
    """Tell whether a service keeps secrets with its data, so that it must be told a new one."""
    plugin = _plugin(prepared, service, f"a new secret of '{service}'")
    return type(plugin).change_secret is not ServicePlugin.change_secret


def change_secret(root: Path, prepared: Prepared, service: str, setting: str, old: str) -> bool:
    """Tell a service that runs a new secret; return whether it keeps it with its data.

    Raises:
        PhloError: It refuses.
    """
    plugin = _plugin(prepared, service, f"a new secret of '{service}'")
    return bool(plugin.change_secret(*_reached(root, prepared, service), setting, old))


def _plugin(prepared: Prepared, service: str, needs: str) -> Any:
    distribution = prepared.stack.services[service].definition.package.distribution
    name = distribution if distribution in _CORE else distribution.removeprefix("phlo-")
    return load_plugin(name, needs=needs)


def _reached(root: Path, prepared: Prepared, name: str) -> tuple[str, int, dict[str, Any]]:
    """Return where this very program reaches a service, and its settings."""
    service = prepared.stack.services[name]
    settings = _filled(service.settings, prepared.secrets, name)
    return (*_address(root, prepared, service), settings)


def _filled(values: Mapping[str, Any], secrets: Mapping[str, str], service: str) -> dict[str, Any]:
    return {
        key: put_in(value, secrets, service) if isinstance(value, str) else value
        for key, value in values.items()
    }


def _address(root: Path, prepared: Prepared, service: ResolvedService) -> tuple[str, int]:
    """Return where this very program reaches a provider."""
    port = service.primary
    assert port is not None
    if port.host is not None:
        return "127.0.0.1" if port.bind in ("0.0.0.0", "::") else port.bind, port.host
    # Not published: this machine reaches the container's own address.
    from phlo.runtime.mixed import Runtimes

    docker = Runtimes(root).docker
    found = docker.engine.containers()[service.name].address if docker else None
    return found or "127.0.0.1", port.container
