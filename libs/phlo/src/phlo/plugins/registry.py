"""The installed services, and the Python of those that have some, loaded when it is needed."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from phlo.compose.capabilities import slug
from phlo.errors.package import NoQueryEngine, PluginFailed
from phlo.model.service import Broken, Installed, Offer, ServiceKind
from phlo.plugins.discovery import discover
from phlo.plugins.loading import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from phlo.lakehouse.query import QueryEngine
    from phlo.model.service import ServiceDefinition
    from phlo.plugins.discovery import Found

ENGINE = "query.sql"


def load_services(found: tuple[Found, ...] | None = None, *, index: str | None = None) -> Installed:
    """Return what is installed; a package that cannot be used is listed with its reason.

    Args:
        found: The entry points; those of the environment if not given.
        index: The project's package index, for what an error may offer.
    """
    rows = load(discover() if found is None else found)
    return Installed(
        {row.name: row for row in rows if not isinstance(row, Broken)},
        tuple(row for row in rows if isinstance(row, Broken)),
        partial(_offers, index),
    )


def _offers(index: str | None) -> tuple[Offer, ...]:
    """Return the services of the index, as it can be had at once."""
    from phlo.plugins.sources import kept_index

    return tuple(
        Offer(service, entry.distribution, entry.version, entry.capabilities)
        for entry, _ in kept_index(index)
        for service in entry.services
    )


def load_plugin(name: str, *, needs: str) -> Any:
    """Return an instance of the class that a service's package brings.

    Args:
        name: The service.
        needs: What it is for, which an error says.

    Raises:
        PluginFailed: Its code cannot be imported, whatever it does instead (PHLO-P302).
    """
    found = next(f for f in discover() if f.name == name)
    module, _, attribute = found.target.partition(":")
    try:
        return getattr(import_module(module), attribute)()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a package that calls sys.exit must not end phlo
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        reason = reason.removeprefix("ModuleNotFoundError: ")
        raise PluginFailed(
            found.distribution, found.version, reason, needs=needs, service=name
        ) from error


def connector(name: str, variables: Mapping[str, str]) -> Callable[[], Any] | None:
    """Return what connects to a service as its package does it; None where none is installed.

    Args:
        name: The service.
        variables: Those of this machine's programs, such as `POSTGRES_HOST`.
    """
    if all(found.name != name for found in discover()):
        return None
    prefix = f"{slug(name)}_"
    properties = {
        key.removeprefix(prefix).lower(): value
        for key, value in variables.items()
        if key.startswith(prefix)
    }
    return lambda: load_plugin(name, needs=f"a connection to '{name}'").connect(properties)


def query_engine(
    name: str | None, properties: Mapping[str, str] | None = None, package: str | None = None
) -> QueryEngine:
    """Return a query engine by its service's name, or the preferred one that needs no server.

    Args:
        name: The service.
        properties: What an engine that is a server is told: `url` and so on.
        package: The service whose package knows how to ask it, where that is not its own.

    Raises:
        NoQueryEngine: It is not installed (PHLO-P310).
        PluginFailed: Its Python code cannot be imported (PHLO-P302).
    """
    engines = engines_of(load_services().definitions.values())
    chosen = name or next(iter(engines), None)
    plugin = package or chosen
    if chosen is None or plugin not in engines:
        raise NoQueryEngine(name, engines)
    hooks = load_plugin(plugin, needs="the query engine")
    engine: QueryEngine | None = hooks.query_engine(properties or {})
    if engine is None:
        raise NoQueryEngine(
            name, set(engines) - {chosen}, extra=f"{chosen} brings no Python for it"
        )
    return engine


def engines_of(services: Iterable[ServiceDefinition]) -> dict[str, ServiceDefinition]:
    """Return the services that run SQL: those that need no server first, then by priority."""

    def rank(definition: ServiceDefinition) -> tuple[bool, int, str]:
        priority = max(p.priority for p in definition.provides if p.capability.startswith(ENGINE))
        return definition.kind is not ServiceKind.EMBEDDED, -priority, definition.name

    able = [
        d for d in services if any(p.capability.partition("/")[0] == ENGINE for p in d.provides)
    ]
    return {d.name: d for d in sorted(able, key=rank)}
