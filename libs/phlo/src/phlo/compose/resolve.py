"""Step 4, resolve: from what is installed and written to the stack that will run.

Read `compose_stack` first: the steps in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.bind import bind
from phlo.compose.canonical import canonical_project
from phlo.compose.capabilities import STATEFUL, family
from phlo.compose.companions import companions_of
from phlo.compose.dev import in_dev
from phlo.compose.draft import Draft
from phlo.compose.edges import edges_of
from phlo.compose.endpoints import own_secret
from phlo.compose.interpolate import interpolate
from phlo.compose.jobs import jobs_of, sharing, with_jobs
from phlo.compose.layers import below_the_user, told_by_the_environment
from phlo.compose.merge import merge
from phlo.compose.order import start_order
from phlo.compose.outside import outside_layers
from phlo.compose.own import check_known, own_definitions, written_at
from phlo.compose.place import place
from phlo.compose.place_ports import allocation_layer, place_ports
from phlo.compose.project import project_config
from phlo.compose.reach import check_reach
from phlo.compose.select import select
from phlo.compose.settings import settings_of
from phlo.compose.warn import warn
from phlo.compose.wire import binding, filled, wiring_layer
from phlo.errors import raise_all
from phlo.model.stack import ResolvedService, Stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.compose.bind import Match
    from phlo.errors import PhloError
    from phlo.model.layers import Layer
    from phlo.model.options import Machine, Options, Variable
    from phlo.model.project import ProjectConfig
    from phlo.model.service import Installed
    from phlo.model.stack import Binding, SecretNeed
    from phlo.model.yaml_text import YamlDocument


def compose_stack(
    documents: Sequence[YamlDocument],
    installed: Installed,
    options: Options,
    variables: Mapping[str, Variable],
    machine: Machine,
) -> Stack:
    """Return the stack: what runs, where, wired to what, in which order.

    Pure: the same arguments give the same stack.

    Args:
        documents: phlo.yaml and what is laid over it, lowest first.
        installed: The installed services.
        options: What the command asks for.
        variables: The environment, `.env.local` and `.env`.
        machine: Facts of this machine and of the project's past.

    Raises:
        PhloError: What is wrong; several faults come as a group.
    """
    installed = with_jobs(installed)
    errors: list[PhloError] = []
    notes: list[str] = []
    own = _own_layers(documents, installed, errors)
    places = written_at(documents)
    # What a variable is not set for is told below, with all the others.
    known = interpolate(merge(own), variables, [])
    defined = tuple(own_definitions(known, installed, places, errors))
    definitions = {**installed.definitions, **{d.name: d for d in defined}}
    definitions |= {job.name: job for d in defined for job in jobs_of(d)}
    own += outside_layers(variables, options, definitions, errors)
    said = interpolate(merge(own), variables, [])
    definitions |= {c.name: c for d in [*definitions.values()] for c in companions_of(d, said)}
    check_known(merge(own), definitions, installed, places, errors, notes)
    written = merge(own)
    developed = {n for n, d in definitions.items() if in_dev(d, written, options)}
    below = below_the_user(definitions, options, developed)
    unset: list[PhloError] = []
    layered = interpolate(sharing(merge([*below, *own]), definitions), variables, unset)
    raise_all(errors)

    draft = Draft(installed, definitions, layered, options, machine, notes=notes)
    project = project_config(layered, machine.root.rpartition("/")[2], draft.errors)
    draft.places = {
        n: place(definitions.get(d.parent or "", d), layered, options, machine)
        for n, d in definitions.items()
    }
    select(draft)
    matches = bind(draft)
    warn(draft)
    draft.errors += [error for error in unset if _concerns(error, draft)]
    raise_all(draft.errors)
    return _resolved(draft, project, matches, below, own, variables)


def _own_layers(
    documents: Sequence[YamlDocument], installed: Installed, errors: list[PhloError]
) -> list[Layer]:
    layers = []
    for document in documents:
        layer, wrong = canonical_project(document, document.file, installed.definitions)
        layers.append(layer)
        errors += wrong
    return layers


def _concerns(error: PhloError, draft: Draft) -> bool:
    """Tell whether a fault in a value matters: those of services that do not run do not."""
    parts = (error.path or "").split(".")
    return parts[0] != "services" or len(parts) < 2 or parts[1] in draft.selected


def _resolved(
    draft: Draft,
    project: ProjectConfig,
    matches: Sequence[Match],
    below: Sequence[Layer],
    own: Sequence[Layer],
    variables: Mapping[str, Variable],
) -> Stack:
    """Return the stack of a draft whose services are selected and bound."""
    order, edges = start_order(draft.selected, tuple(edges_of(draft, matches)))
    secrets: list[SecretNeed] = []
    settings = {name: settings_of(draft, name, secrets) for name in order}
    ports = place_ports(draft, project.slug, order)
    bindings: dict[str, tuple[Binding, ...]] = dict.fromkeys(order, ())
    for match in matches:
        need = own_secret(match)
        secrets += [need] if need and need not in secrets else []
        bindings[match.consumer] += (binding(draft, match, ports, settings),)
    wiring = wiring_layer(draft, project.slug, bindings, settings)
    merged = merge([*below, wiring, *own, allocation_layer(ports)])
    merged = sharing(merged, draft.definitions)
    draft.layered = interpolate(merged, variables, [])
    services: dict[str, ResolvedService] = {}
    for name in order:
        definition = draft.definitions[name]
        one = ResolvedService(
            name=name,
            definition=definition,
            runtime=str(draft.places[name].runtime),
            reason=draft.selected[name],
            placed=draft.places[name].reason,
            ports=ports[name],
            settings=settings[name],
            bindings=bindings[name],
            edges=tuple(edge for edge in edges if edge.service == name),
            in_development=in_dev(definition, draft.layered, draft.options),
            parent=services.get(definition.parent or ""),
        )
        services[name] = filled(one, draft)
        check_reach(draft, services[name])
    raise_all(draft.errors)
    notes = told_by_the_environment(draft.layered, draft.definitions)
    return Stack(
        project=project,
        services=services,
        layered=draft.layered,
        root=draft.machine.root,
        python=draft.machine.python,
        gateway=draft.machine.gateway,
        is_container=draft.machine.is_container,
        definitions=draft.definitions,
        env=draft.options.env,
        skipped=dict(sorted(draft.skipped.items())),
        secrets=tuple(secrets),
        remembered={
            f"{m.consumer}.{m.required.role}": m.provider
            for m in matches
            if family(m.required.capability) in STATEFUL and not m.required.many
        },
        notes=tuple(dict.fromkeys([*draft.notes, *notes])),
        warnings=tuple(draft.warnings),
    )
