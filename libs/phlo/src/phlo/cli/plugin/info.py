"""`phlo plugin info`: what a package adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from phlo.model.service import ServiceDefinition


@click.command()
@click.argument("name")
@common
def info(cli: Cli, name: str) -> int:
    """Show what the package NAME adds: services, ports, settings, variables, capabilities.

    NAME is a package or one of its services.
    """
    from phlo.packages.inspect import find_package

    row, definitions, _ = find_package(name)
    services = [_service(one) for one in definitions]
    if cli.json:
        output.show_json("phlo.plugin-info/1", {**row.as_json(), "adds": services})
        return 0
    output.data(f"{row.distribution} {row.version}  {row.state}")
    for service in services:
        output.data(f"\n{service['name']}  {service['kind']}, {service['category']}")
        output.data(f"  {service['description']}")
        for key in ("ports", "settings", "variables", "provides", "requires", "runs", "modes"):
            if service[key]:
                output.data(f"  {key:<10} {', '.join(_word(one) for one in service[key])}")
    for problem in row.problems:
        output.show_error(problem)
    return 0


def _service(one: ServiceDefinition) -> dict[str, Any]:
    able = {"native": "native" in one.tree, "docker": bool({"image", "build"} & set(one.tree))}
    return {
        "name": one.name,
        "kind": str(one.kind),
        "category": one.category,
        "description": one.description,
        "default": one.default,
        "ports": [{"name": p.name, "port": p.host or p.container} for p in one.ports.values()],
        "settings": [
            {"name": s.name, "type": s.type, "default": s.default, "variable": s.env,
             "description": s.description}
            for s in one.settings.values()
        ],
        "variables": [s.env for s in one.settings.values() if s.env],
        "provides": [p.capability for p in one.provides],
        "requires": [
            {"name": r.role, "capability": r.capability, "optional": r.optional}
            for r in one.requires
        ],
        "runs": [name for name, can in able.items() if can],
        "modes": list(one.modes),
    }  # fmt: skip


def _word(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    said = value.get("port") or value.get("capability") or value.get("default")
    text = f"{value['name']} {said}" if said is not None else str(value["name"])
    return f"{text} (optional)" if value.get("optional") else text
