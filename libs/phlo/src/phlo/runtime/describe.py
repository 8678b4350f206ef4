"""The services of a project as people and phlo-api see them: what should run, and how it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.model.status import Endpoint, ProjectStatus, ServiceState, ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from phlo.errors import PhloError
    from phlo.model.stack import ResolvedService, Stack
    from phlo.runtime.native.status import ProgramStatus

#: Of several processes, the one that is worst off speaks for the service.
_WORST_FIRST = (
    ServiceState.FAILED, ServiceState.CRASHED, ServiceState.UNHEALTHY, ServiceState.STOPPED,
    ServiceState.WAITING, ServiceState.STARTING, ServiceState.HEALTHY,
)  # fmt: skip
_STANDING = {"embedded": ServiceState.EMBEDDED, "external": ServiceState.EXTERNAL}


def describe(
    stack: Stack, programs: Mapping[str, ProgramStatus], unseen: PhloError | None = None
) -> ProjectStatus:
    """Return the status of a stack's services, in start order, then of what it no longer has.

    Args:
        stack: What should run.
        programs: How every process is that was ever started.
        unseen: Why nothing is known of the containers, where no engine answers.
    """
    by_service = _by_service(programs.values())
    services = [
        _service(stack, one, by_service.pop(one.name, ())) for one in with_parents_first(stack)
    ]
    if unseen is not None:
        services = [_unknown(one) if one.runtime == "docker" else one for one in services]
    left = _left(by_service)
    return ProjectStatus(stack.project.name, stack.root, (*services, *left), unseen=unseen)


def _unknown(service: ServiceStatus) -> ServiceStatus:
    return replace(service, state=ServiceState.UNKNOWN, cause="no container engine answers")


def describe_programs(
    root: Path,
    programs: Mapping[str, ProgramStatus],
    problem: PhloError,
    unseen: PhloError | None = None,
) -> ProjectStatus:
    """Return what runs of a project whose configuration cannot be read.

    Args:
        root: The project's folder.
        programs: How every process is that was ever started.
        problem: Why nothing more is known.
        unseen: Why nothing is known of the containers, where no engine answers.
    """
    left = _left(_by_service(programs.values()))
    return ProjectStatus(root.name, str(root), tuple(left), problem, unseen)


def with_parents_first(stack: Stack) -> list[ResolvedService]:
    """Return the services in start order, but each job right after the service it belongs to."""
    below: dict[str, list[ResolvedService]] = {}
    for service in stack.services.values():
        whose = service.parent.name if service.parent else service.name
        below.setdefault(whose, []).append(service)  # a service comes before its jobs
    return [one for group in below.values() for one in group]


def _by_service(programs: Iterable[ProgramStatus]) -> dict[str, tuple[ProgramStatus, ...]]:
    found: dict[str, tuple[ProgramStatus, ...]] = {}
    for program in programs:
        found[program.service] = (*found.get(program.service, ()), program)
    return found


def _left(by_service: Mapping[str, Sequence[ProgramStatus]]) -> list[ServiceStatus]:
    """Return services that still run though the configuration does not name them any more."""
    return [
        ServiceStatus(name, "", "no longer configured", worst.runtime, worst.state, worst.cause,
                      pid=worst.pid, log_file=worst.log_file)
        for name, programs in sorted(by_service.items())
        if (worst := _worst(programs)).state is not ServiceState.STOPPED
    ]  # fmt: skip


def _worst(programs: Sequence[ProgramStatus]) -> ProgramStatus:
    return min(programs, key=lambda one: _WORST_FIRST.index(one.state))


def _service(
    stack: Stack, service: ResolvedService, programs: Sequence[ProgramStatus]
) -> ServiceStatus:
    definition = service.definition
    worst = _worst(programs) if programs else None
    state = _STANDING.get(service.runtime) or (worst.state if worst else ServiceState.STOPPED)
    started = [one.started_at for one in programs if one.started_at]
    memory = [one.memory_bytes for one in programs if one.memory_bytes is not None]
    return ServiceStatus(
        name=service.name,
        category=definition.category,
        description=definition.description,
        runtime=service.runtime,
        state=state,
        cause=worst.cause or worst.last_crash if worst else None,
        endpoints=_endpoints(service),
        pid=worst.pid if worst else None,
        started_at=max(started, default=None),
        restarts=sum(one.restarts for one in programs),
        memory_bytes=sum(memory) if memory else None,
        log_file=worst.log_file if worst else None,
        depends_on=service.depends_on,
        provides=tuple(one.capability for one in definition.provides),
        version=definition.package.version,
        parent=service.parent.name if service.parent else None,
    )


def _endpoints(service: ResolvedService) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(port.name, port.url, port.bind, port.host)
        for port in service.ports.values()
        if port.host is not None and port.url is not None
    )
