"""Step 2, load: a package's service.yaml becomes its definition and its layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phlo.compose.canonical import SERVICE_NAME, canonical_service
from phlo.compose.fields import PACKAGE_FIELDS, Field, Kind
from phlo.compose.forms import convert, map_of_records
from phlo.compose.jobs import job_name
from phlo.compose.port_forms import ports as canonical_ports
from phlo.compose.source import Source
from phlo.errors import Related
from phlo.errors.package import InvalidService, NewerService
from phlo.errors.values import BadName
from phlo.model.layers import Leaf, Tree, leaves, plain
from phlo.model.service import (
    SCHEMA,
    Companion,
    Link,
    Package,
    Port,
    Provided,
    Required,
    ServiceDefinition,
    ServiceKind,
    Setting,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.errors import PhloError, Where
    from phlo.model.yaml_text import YamlDocument

LAYER = "package"


def read_definition(document: YamlDocument, package: Package, name: str) -> ServiceDefinition:
    """Return what a package's service.yaml says.

    Args:
        document: The parsed file.
        package: Where it comes from.
        name: The name of the entry point, which must be the service's.

    Raises:
        InvalidService: It is not as it must be; every fault is told (PHLO-P301).
        NewerService: It is written for a newer phlo (PHLO-P303).
    """
    source = Source(document, LAYER)
    body = document.data
    if not isinstance(body, dict):
        source.wrong((), "a map such as `schema: 1`", body)
        raise invalid(package, source.errors)
    _check_schema(source, body, package)
    _check_name(source, body, name)
    ports = declared_ports(source, body)
    tree = canonical_service(source, body, (), ports, "service.yaml", package=True)
    definition = _definition(source, body, package, name, ports, tree)
    if source.errors:
        raise invalid(package, source.errors)
    return definition


def invalid(package: Package, errors: Sequence[PhloError]) -> InvalidService:
    """Return one error that stands for all faults of a package's file."""
    first, *rest = (d for error in errors for d in error.diagnostics())
    return InvalidService(
        package.distribution, package.version, first.message, where=first.where, url=package.url,
        why=first.why, related=[Related(e.message, e.where) for e in rest],
    )  # fmt: skip


def _check_schema(source: Source, body: Mapping[str, Any], package: Package) -> None:
    schema, where = body.get("schema"), source.document.value_at(("schema",))
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        raise NewerService(package.distribution, package.version, schema, SCHEMA, where=where)
    if schema != SCHEMA or isinstance(schema, bool):
        source.bad(("schema",), schema, f"{SCHEMA}, the version of this file's form")


def _check_name(source: Source, body: Mapping[str, Any], name: str) -> None:
    said = body.get("name", name)
    if said != name:
        source.bad(("name",), said, f"'{name}', as the package's entry point is called")
    elif not SERVICE_NAME.fullmatch(name):
        source.errors.append(BadName("service", name, where=source.document.value_at(("name",))))


def _definition(
    source: Source,
    body: Mapping[str, Any],
    package: Package,
    name: str,
    ports: Mapping[str, Port],
    tree: Tree,
) -> ServiceDefinition:
    kind = _value(source, body, "kind", "service")
    definition = ServiceDefinition(
        name=name,
        package=package,
        kind=ServiceKind(kind),
        category=_said(tree, "category", "other"),
        description=_said(tree, "description", ""),
        default=bool(_value(source, body, "default", False)),
        priority=_value(source, body, "priority", 0),
        prefers=_value(source, body, "prefers", None),
        ports=ports,
        settings=_settings(source, body.get("settings")),
        provides=provided(tree.pop("provides", None)),
        requires=_required(source, body.get("requires")),
        links=_links(source, body.get("links"), ports),
        tree=tree,
        modes=_modes(source, body.get("modes"), ports),
        jobs=_jobs(source, body.get("jobs"), name, tree),
        companions=_companions(source, body.get("companions"), name, body.get("settings")),
        where=source.document.value_at(("name",)),
    )
    definition = replace(definition, provides=_with_jobs(source, definition))
    _check_ports(source, definition)
    _check_can_run(source, definition)
    if defaults := _defaults(definition.settings):
        tree["settings"] = defaults
    return definition


def declared_ports(source: Source, body: Mapping[str, Any]) -> dict[str, Port]:
    """Return the ports that a service declares; their faults are noted by the canonical form."""
    return _ports_of(Source(source.document, source.layer), body.get("ports"), ("ports",))


def _ports_of(source: Source, value: Any, path: tuple[str, ...]) -> dict[str, Port]:
    node = canonical_ports(source, value or {}, path, None)
    ports = {}
    for name, port in (node if isinstance(node, dict) else {}).items():
        values = plain(port) if isinstance(port, dict) else {}
        number = values.get("container") or values.get("host")
        if isinstance(number, int):
            ports[name] = Port(
                name, number, values.get("host"),
                values.get("protocol", "tcp"), values.get("primary", False),
                values.get("internal", False),
            )  # fmt: skip
    return ports


def provided(node: Tree | Leaf | None) -> tuple[Provided, ...]:
    """Return the capabilities of a canonical `provides`."""
    found = []
    for one in node.value or () if isinstance(node, Leaf) else ():
        values, place = plain(one), _place(one)
        if "capability" in values:
            found.append(
                Provided(
                    values["capability"], values.get("port"), values.get("priority", 0),
                    values.get("properties", {}), values.get("exports", {}),
                    tuple(values.get("ready", ())), place, values.get("provision", False),
                )
            )  # fmt: skip
    return tuple(found)


def _required(source: Source, value: Any) -> tuple[Required, ...]:
    node = convert(source, PACKAGE_FIELDS["requires"], value, ("requires",))
    found = []
    for one in node.value or () if isinstance(node, Leaf) else ():
        values, place = plain(one), _place(one)
        capability = values.get("capability", "")
        role = values.get("as") or capability.partition("/")[0].rpartition(".")[2]
        if not capability:
            source.wrong(("requires",), "{capability: …, as: …}", values)
        found.append(
            Required(capability, role.replace("-", "_"), values.get("params", {}),
                     values.get("optional", False), values.get("many", False), place,
                     values.get("like"))
        )  # fmt: skip
    return tuple(found)


def _place(tree: Tree) -> Where | None:
    first = next(leaves(tree), None)
    return first[1].origin.where if first else None


def _settings(source: Source, value: Any) -> dict[str, Setting]:
    if value is None:
        return {}
    node = map_of_records(
        source, Field(Kind.MAP, "", inner="setting"), _with_defaults(value), ("settings",)
    )
    settings = {}
    for name, tree in (node if isinstance(node, dict) else {}).items():
        said = plain(tree) if isinstance(tree, dict) else {}
        default = value[name].get("default") if isinstance(value[name], dict) else None
        kind, place = said.get("type", "string"), ("settings", name, "default")
        if kind == "string" and isinstance(default, int | float):
            default = source.text(place, default)
        settings[name] = Setting(
            name, kind, default, said.get("env"),
            (said.get("generate") or {}).get("length"),
            said.get("kept", True), said.get("required"), tuple(said.get("choices", ())),
            said.get("description", ""), source.document.value_at(("settings", name)),
        )  # fmt: skip
        if kind == "secret" and default is not None:
            source.bad(place, default, "left out: a secret has no default")
    return settings


def _with_defaults(settings: Any) -> Any:
    """Return the settings without `default`, whose form is the setting's own business."""
    if not isinstance(settings, dict):
        return settings
    return {
        name: {k: v for k, v in body.items() if k != "default"} if isinstance(body, dict) else body
        for name, body in settings.items()
    }


def _defaults(settings: Mapping[str, Setting]) -> Tree:
    from phlo.model.layers import Origin

    return {
        s.name: Leaf(tuple(s.default) if isinstance(s.default, list) else s.default,
                     Origin(LAYER, s.where))
        for s in settings.values()
        if s.default is not None
    }  # fmt: skip


def _links(source: Source, value: Any, ports: Mapping[str, Port]) -> tuple[Link, ...]:
    if value is None:
        return ()
    node = map_of_records(source, Field(Kind.MAP, "", inner="link"), value, ("links",))
    links = []
    for name, tree in (node if isinstance(node, dict) else {}).items():
        said = plain(tree) if isinstance(tree, dict) else {}
        if said.get("port") not in (None, *ports):
            source.bad(("links", name, "port"), said["port"], "the name of a port", tuple(ports))
        links.append(Link(name, said.get("port"), said.get("path", "/"), said.get("label", "")))
    return tuple(links)


def _modes(source: Source, value: Any, ports: Mapping[str, Port]) -> dict[str, Tree]:
    if value is None:
        return {}
    if not isinstance(value, dict) or any(not isinstance(v, dict) for v in value.values()):
        source.wrong(("modes",), "a map of modes, each a map of service keys", value)
        return {}
    return {
        mode: canonical_service(source, body, ("modes", mode), ports, f"mode '{mode}'")
        for mode, body in value.items()
    }


def _jobs(source: Source, value: Any, name: str, tree: Tree) -> dict[str, Tree]:
    if value is None:
        return {}
    if not isinstance(value, dict) or any(not isinstance(v, dict) for v in value.values()):
        source.wrong(("jobs",), "a map of jobs, each a map of service keys", value)
        return {}
    found = {}
    for key, body in value.items():
        place, full = ("jobs", key), job_name(name, key)
        if not SERVICE_NAME.fullmatch(full):
            where = source.document.key_at(place)
            source.errors.append(BadName("job", full, where=where))
            continue
        found[key] = canonical_service(source, body, place, {}, f"job '{key}'")
        # Where the service runs, its job does.
        if "native" in tree and "native" not in found[key]:
            source.wrong(place, "a job with a `native` command, as its service has a recipe", body)
        if "native" not in tree and not {"command", "entrypoint", "image"} & set(body):
            source.wrong(place, "a job with a `command` or an `image` of its own", body)
    return found


def _companions(source: Source, value: Any, name: str, settings: Any) -> dict[str, Companion]:
    if value is None:
        return {}
    if not isinstance(value, dict) or any(not isinstance(v, dict) for v in value.values()):
        source.wrong(("companions",), "a map of companions, each a map of service keys", value)
        return {}
    counted = tuple(
        key for key, one in (settings.items() if isinstance(settings, dict) else ())
        if isinstance(one, dict) and one.get("type") == "integer"
    )  # fmt: skip
    found = {}
    for key, body in value.items():
        place = ("companions", key)
        if not SERVICE_NAME.fullmatch(f"{name}-{key}-1"):
            where = source.document.key_at(place)
            source.errors.append(BadName("companion", f"{name}-{key}-1", where=where))
            continue
        if body.get("count") not in counted:
            source.bad(
                place, body.get("count"), "`count:` with one of its integer settings", counted
            )
            continue
        ports = _ports_of(source, body.get("ports"), (*place, "ports"))
        said = {k: v for k, v in body.items() if k not in ("count", "ports")}
        tree = canonical_service(source, said, place, {}, f"companion '{key}'")
        description = _said(tree, "description", f"{key} of {name}")
        found[key] = Companion(body["count"], description, ports, tree)
    return found


def _with_jobs(source: Source, definition: ServiceDefinition) -> tuple[Provided, ...]:
    """Return what is provided, with the jobs that it waits for by the names they have here."""
    known = {job_name(definition.name, key): key for key in definition.jobs}
    found = []
    for one in definition.provides:
        for name in one.ready:
            if name not in ("self", *known):
                source.bad(("provides",), name, "'self' or one of its `jobs`", ("self", *known))
        ready = tuple(known[name] for name in one.ready if name in known)
        found.append(replace(one, ready=ready))
    return tuple(found)


def _check_ports(source: Source, definition: ServiceDefinition) -> None:
    if len(definition.ports) > 1 and sum(p.primary for p in definition.ports.values()) != 1:
        source.wrong(("ports",), "ports of which one is `primary: true`", {})
    for one in definition.provides:
        if one.port not in (None, *definition.ports):
            source.bad(("provides",), one.port, "the name of a port", tuple(definition.ports))


def _check_can_run(source: Source, definition: ServiceDefinition) -> None:
    runnable = {"image", "build", "native"} & set(definition.tree)
    if definition.kind in (ServiceKind.SERVICE, ServiceKind.JOB) and not runnable:
        source.wrong((), "a service with an image or a native recipe", "neither")


def _value(source: Source, body: Mapping[str, Any], key: str, default: Any) -> Any:
    """Return a single value of a key that only packages have."""
    if body.get(key) is None:
        return default
    node = convert(source, PACKAGE_FIELDS[key], body[key], (key,))
    return node.value if isinstance(node, Leaf) else default


def _said(tree: Tree, key: str, default: str) -> str:
    node = tree.get(key)
    return str(node.value) if isinstance(node, Leaf) and node.value is not None else default
