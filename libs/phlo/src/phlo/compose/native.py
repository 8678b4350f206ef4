"""Step 5a, render: a service with a native recipe becomes local processes, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.compose.dev import reloading
from phlo.compose.placeholders import fill
from phlo.errors import PhloError
from phlo.model.durations import seconds
from phlo.model.layers import plain
from phlo.model.native import Artifact, Health, HealthKind, NativeProgram, Program
from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.compose.placeholders import Scope
    from phlo.model.stack import ResolvedService, Stack

_READY = 120.0


@dataclass(slots=True)
class Recipe:
    """A service's native recipe with what its placeholders stand for."""

    stack: Stack
    service: ResolvedService
    values: Mapping[str, Any]
    """`native` of the merged layers."""
    scope: Scope
    errors: list[PhloError]

    def fill(self, text: str, *path: str) -> str:
        """Return a text with its placeholders filled in; what is wrong is noted."""
        full = ".".join(("services", self.service.name, "native", *path))
        where = self.stack.layered.where(("services", self.service.name, "native", *path))
        try:
            return fill(text, self.scope, where=where, path=full) or ""
        except PhloError as error:
            self.errors.append(error)
            return ""

    def arguments(self, command: str | list[str] | tuple[str, ...], *path: str) -> tuple[str, ...]:
        """Return a command's arguments; a text is for a shell."""
        if isinstance(command, str):
            return ("/bin/sh", "-c", self.fill(command, *path))
        return tuple(self.fill(word, *path) for word in command)

    def environment(self, *path: str) -> dict[str, str]:
        """Return a map of variables of the recipe, filled in."""
        node: Any = self.values
        for key in path:
            node = node.get(key) or {}
        return {name: self.fill(str(text), *path, name) for name, text in node.items()}


def programs_of(recipe: Recipe, needs: tuple[str, ...]) -> Iterator[NativeProgram]:
    """Yield the local processes of a service."""
    processes: Mapping[str, Any] = recipe.values.get("processes") or {}
    service = recipe.service
    shared = {key: str(leaf.value) for key, leaf in service.environment.items()}
    shared |= recipe.environment("environment")
    if service.definition.kind is ServiceKind.JOB:
        yield _job(recipe, processes, dict(sorted(shared.items())), needs)
        return
    main = _main_process(recipe, processes)
    stop = recipe.values.get("stop") or {}
    for name in processes:
        path = ("processes", name, "command")
        own = processes[name].get("health")
        said = own or (recipe.values.get("health") if name == main else None)
        environment = shared | recipe.environment("processes", name, "environment")
        yield NativeProgram(
            name=program_name(service.name, name, processes),
            service=service.name,
            command=reloading(
                recipe.arguments(processes[name].get("command") or (), *path),
                name,
                service,
                recipe.stack.python,
            ),
            environment=dict(sorted(environment.items())),
            needs=needs,
            health=_health(recipe, said) if own or name == main else Health(HealthKind.STARTED),
            program=_program(recipe),
            init=tuple(
                recipe.arguments(command, "init") for command in recipe.values.get("init") or ()
            )
            if name == main
            else (),
            ports=_ports(recipe, processes, name),
            stop_signal=stop.get("signal", "TERM"),
            stop_grace=seconds(str(stop.get("grace", "10s"))),
            ready_timeout=_ready_timeout(recipe, said),
            user=recipe.values.get("user"),
        )


def _job(
    recipe: Recipe, processes: Mapping[str, Any], environment: dict[str, str],
    needs: tuple[str, ...],
) -> NativeProgram:  # fmt: skip
    """Return what runs once, to its end: the commands before the processes, then theirs."""
    service = recipe.service
    commands = [recipe.arguments(one, "init") for one in recipe.values.get("init") or ()]
    for name, process in processes.items():
        environment |= recipe.environment("processes", name, "environment")
        path = ("processes", name, "command")
        commands.append(recipe.arguments(process.get("command") or (), *path))
    return NativeProgram(
        name=service.name, service=service.name, command=(), environment=environment, needs=needs,
        program=_program(recipe), init=tuple(commands), is_job=True,
        parent=service.parent.name if service.parent else None,
        ready_timeout=_ready_timeout(recipe, None), user=recipe.values.get("user"),
    )  # fmt: skip


def program_name(service: str, process: str, processes: Mapping[str, Any]) -> str:
    """Return the name of a process: the service's own where it has only one."""
    return service if len(processes) == 1 else f"{service}.{process}"


def _main_process(recipe: Recipe, processes: Mapping[str, Any]) -> str | None:
    """Return the process that the service's health check and first jobs belong to.

    The one that listens at the checked port, else the first.
    """
    checked = (recipe.values.get("health") or {}).get("port") or _checked(recipe).get("port")
    primary = recipe.service.primary
    port = checked or (primary.name if primary else None)
    listening = [name for name in processes if port and f"{{port.{port}}}" in str(processes[name])]
    return next(iter([*listening, *processes]), None)


def _ports(recipe: Recipe, processes: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """Return the host ports a process listens at: those its own values name."""
    named = [
        port for port in recipe.service.ports.values()
        if len(processes) == 1 or f"{{port.{port.name}}}" in str(processes[name])
    ]  # fmt: skip
    return tuple(sorted(port.host for port in named if port.host is not None))


def _checked(recipe: Recipe) -> Mapping[str, Any]:
    node = recipe.stack.layered.at(("services", recipe.service.name, "healthcheck"))
    found = plain(node) if isinstance(node, dict) else {}
    return {} if found.get("disable") else found


def _health(recipe: Recipe, native: Mapping[str, Any] | None) -> Health:
    """Return the check: the recipe's own, else the service's; how often, from the service's."""
    check = _checked(recipe)
    said = native or check
    named = recipe.service.ports.get(str(said.get("port"))) or recipe.service.primary
    times: dict[str, Any] = {}
    for key in ("interval", "timeout"):
        if key in check:
            times[key] = seconds(str(check[key]))
    if "retries" in check:
        times["retries"] = check["retries"]
    if "command" in said:
        command = recipe.arguments(said["command"], "health", "command")
        return Health(HealthKind.COMMAND, command=command, **times)
    if named is None or named.host is None or not (said.get("http") or said.get("tcp")):
        return Health(HealthKind.STARTED, **times)
    host = "127.0.0.1" if named.bind == "0.0.0.0" else named.bind
    if said.get("http"):
        path = recipe.fill(str(said["http"]), "health", "http")
        contained = str(said.get("contains") or "")
        return Health(
            HealthKind.HTTP, host=host, port=named.host, path=path, contains=contained, **times
        )
    return Health(HealthKind.TCP, host=host, port=named.host, **times)


def _ready_timeout(recipe: Recipe, native: Mapping[str, Any] | None) -> float:
    base = ("services", recipe.service.name, "ready", "timeout")
    said = recipe.stack.layered.value(base) or (native or {}).get("timeout")
    return seconds(str(said)) if said else _READY


def _maven(recipe: Recipe, said: Mapping[str, Any]) -> Program:
    names = [str(said["maven"]), *said.get("plugins", ())]
    sums = [*said.get("sha256", ()), *([None] * len(names))]
    artifacts = tuple(Artifact.of(*one) for one in zip(names, sums, strict=False))
    at = recipe.fill(str(said.get("at") or ""), "program", "at")
    return Program("maven", artifacts=artifacts, java=said.get("java"), at=at or None)


def _program(recipe: Recipe) -> Program:
    said = recipe.values.get("program") or {}
    for kind in ("venv", "wheel", "path", "maven"):
        if said.get(kind):
            value = said[kind]
            many = tuple(value) if isinstance(value, list) else (str(value),)
            if kind == "path":
                return Program(kind, name=str(value), hint=said.get("hint"))
            if kind == "venv":  # pip takes a file of requirements by its option
                folder = recipe.service.definition.package.folder
                many = ("-r", f"{folder}/{value}")
            if kind == "maven":
                return _maven(recipe, said)
            within, python = said.get("folder"), said.get("python")
            return Program(kind, requirements=many, folder=within, python=python)
    return Program()
