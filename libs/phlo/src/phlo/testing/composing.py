"""Compose a stack from texts: no file, no installed package, no Docker."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.definition import read_definition
from phlo.compose.resolve import compose_stack
from phlo.errors import PhloError
from phlo.model.options import Machine, Options, Variable
from phlo.model.service import Broken, Installed, Package, ServiceDefinition
from phlo.model.yaml_text import YamlDocument, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.model.service import Offer
    from phlo.model.stack import Stack

#: A machine on which everything can run and every port is free.
MACHINE = Machine(root="/home/ann/lake", python="/usr/bin/python", docker=True)


def definition(text: str, *, version: str = "1.0.0") -> ServiceDefinition:
    """Return the definition of a service.yaml, whose `schema` may be left out.

    Raises:
        InvalidService: It is not as it must be.
    """
    written = textwrap.dedent(text).strip("\n") + "\n"
    if "schema:" not in written:
        written += "schema: 1\n"
    name = str(parse_yaml(written, "service.yaml").data["name"])
    package = Package(
        f"phlo-{name}", version, f"/site/phlo_{name}/service.yaml", f"/site/phlo_{name}"
    )
    return read_definition(parse_yaml(written, f"{package} service.yaml"), package, name)


def installed(*texts: str) -> Installed:
    """Return what is installed, from the service.yaml of each package."""
    definitions, broken = {}, []
    for text in texts:
        try:
            one = definition(text)
        except PhloError as error:
            name = str(parse_yaml(textwrap.dedent(text), "service.yaml").data["name"])
            broken.append(Broken(name, f"phlo-{name}", "1.0.0", error))
        else:
            definitions[one.name] = one
    return Installed(definitions, tuple(broken))


def documents(*texts: str) -> tuple[YamlDocument, ...]:
    """Return phlo.yaml, and what is laid over it as phlo.local.yaml."""
    names = ["phlo.yaml", *[f"phlo.{i}.yaml" for i in range(1, len(texts) - 1)], "phlo.local.yaml"]
    return tuple(
        parse_yaml(textwrap.dedent(text), name) for text, name in zip(texts, names, strict=False)
    )


def stack(
    project: str | Iterable[str] = "name: lake\n",
    packages: Iterable[str] = (),
    *,
    options: Options | None = None,
    environ: Mapping[str, str] | None = None,
    machine: Machine = MACHINE,
    offers: tuple[Offer, ...] = (),
) -> Stack:
    """Return the stack of a project.

    Args:
        project: phlo.yaml, or several texts each laid over the one before it.
        packages: The service.yaml of each installed package.
        options: The options of the command.
        environ: Environment variables.
        machine: Facts of the machine.
        offers: What the package index has.

    Raises:
        PhloError: It cannot be composed.
    """
    texts = [project] if isinstance(project, str) else list(project)
    variables = {name: Variable(name, value) for name, value in (environ or {}).items()}
    there = replace(installed(*packages), offers=lambda: offers)
    return compose_stack(documents(*texts), there, options or Options(), variables, machine)
