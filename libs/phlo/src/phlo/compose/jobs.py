"""Jobs that belong to a service of a package: definitions of their own, which share what it has.

`jobs: {setup: …}` of `minio` is the service `minio-setup`. It runs where `minio` runs, once it is
ready, with its image, its program, its variables and its settings, and says only what differs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.companions import copied
from phlo.model.layers import DROPPED, REPLACE, Layered, Leaf, Origin, Tree
from phlo.model.service import ServiceDefinition, ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from phlo.model.service import Installed

#: What a job has of its service where it says nothing: a value whole, a map by its keys.
_SHARED_VALUES = ("image", "build", "platform", "user", "working_dir")
_SHARED_NATIVE = ("program", "user")


def job_name(service: str, job: str) -> str:
    """Return the name by which a job is a service."""
    return f"{service}-{job}"


def jobs_of(definition: ServiceDefinition) -> Iterator[ServiceDefinition]:
    """Yield the definitions of a service's jobs."""
    for key, tree in definition.jobs.items():
        said = tree.get("description")
        after = Leaf(True, Origin("package", definition.where))
        edges: Tree = {definition.name: {"required": after}}
        own = tree.get("depends_on")
        yield ServiceDefinition(
            name=job_name(definition.name, key),
            package=definition.package,
            kind=ServiceKind.JOB,
            category=definition.category,
            description=str(said.value)
            if isinstance(said, Leaf)
            else f"a job of {definition.name}",
            tree={**tree, "depends_on": {**edges, **(own if isinstance(own, dict) else {})}},
            from_project=definition.from_project,
            parent=definition.name,
            where=definition.where,
        )


def with_jobs(installed: Installed) -> Installed:
    """Return what is installed with the jobs of each service among the services."""
    jobs = {one.name: one for d in installed.definitions.values() for one in jobs_of(d)}
    return replace(installed, definitions=jobs | dict(installed.definitions)) if jobs else installed


def sharing(layered: Layered, definitions: Mapping[str, ServiceDefinition]) -> Layered:
    """Return the layers, in which each job and companion has what it shares with its service."""
    services = layered.tree.get("services")
    parents = {d.name: d.parent for d in definitions.values() if d.parent}
    if not parents or not isinstance(services, dict):
        return layered
    shared = dict(services)
    for name, parent in parents.items():
        job, base = services.get(name), services.get(parent)
        if isinstance(job, dict) and isinstance(base, dict):
            is_job = definitions[name].kind is ServiceKind.JOB
            shared[name] = _with(job, base) if is_job else copied(job, base)
    return Layered({**layered.tree, "services": shared})


def _with(job: Tree, base: Tree) -> Tree:
    own = "image" in job or "build" in job
    keys = [k for k in _SHARED_VALUES if not (own and k in ("image", "build", "platform"))]
    found = _filled(job, base, keys)
    found["environment"] = _laid(base.get("environment"), job.get("environment"))
    native, theirs = job.get("native"), base.get("native")
    if isinstance(native, dict) and isinstance(theirs, dict):
        recipe = _filled(native, theirs, _SHARED_NATIVE)
        recipe["environment"] = _laid(theirs.get("environment"), native.get("environment"))
        found["native"] = recipe
    return found


def _filled(tree: Tree, base: Tree, keys: Iterable[str]) -> Tree:
    return {**{key: base[key] for key in keys if key in base}, **tree}


def _laid(below: Tree | Leaf | None, above: Tree | Leaf | None) -> Tree:
    under = below if isinstance(below, dict) else {}
    over = above if isinstance(above, dict) else {}
    if REPLACE in over:
        return over
    return {**{k: v for k, v in under.items() if k not in (REPLACE, DROPPED)}, **over}
