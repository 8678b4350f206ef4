"""The project's query engines: which there are, and which one runs SQL when nobody says.

The one that phlo.yaml names (`sql: {engine: trino}`); else, of those that are servers, the one of
the highest priority that runs; else the one in this process.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from phlo.compose.host import host_properties
from phlo.errors.package import NoQueryEngine
from phlo.model.service import ServiceKind
from phlo.plugins.registry import ENGINE, engines_of, load_services, query_engine
from phlo.runtime.state import PORTS, STARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    from phlo.lakehouse.query import QueryEngine
    from phlo.model.service import ServiceDefinition
    from phlo.model.stack import Stack


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """One of the engines that a project may use."""

    name: str
    is_default: bool
    problem: str | None
    """Why it cannot be used now; None: it can."""


class Engines:
    """The query engines of a project.

    Args:
        root: The project's folder.
        environ: The process environment.
        preferred: The one that phlo.yaml names.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], preferred: str | None) -> None:
        self._root, self._environ, self._preferred = root, environ, preferred
        self._opened: dict[str, QueryEngine] = {}
        self._stamp: Hashable = None
        self._stack: Stack | None = None
        self._lock = threading.RLock()

    def get(self, name: str | None = None) -> QueryEngine:
        """Return an engine by name, or the one that runs SQL when nobody says.

        Raises:
            NoQueryEngine: It is not installed, or the project does without it.
            PluginFailed: Its Python code cannot be imported.
            PhloError: It is a server, and the project cannot be composed.
        """
        with self._lock:
            wanted = name or self._preferred
            if wanted is not None:
                return self._open(wanted)
            for server in self._servers():
                engine = self._open(server)
                if engine.problem() is None:
                    return engine
            embedded = next(iter(self._embedded()), None)
            return self._open(embedded) if embedded else query_engine(None)

    def all(self) -> tuple[EngineInfo, ...]:
        """Return every engine of the project, the one that is used by itself first."""
        with self._lock:
            names = [*self._servers(), *self._embedded()]
            if self._preferred is not None and self._preferred not in names:
                names.append(self._preferred)
            problems = {name: self._open(name).problem() for name in names}
            chosen = self._preferred or next((n for n in names if problems[n] is None), None)
            names.sort(key=lambda name: name != chosen)
            return tuple(EngineInfo(name, name == chosen, problems[name]) for name in names)

    def _servers(self) -> list[str]:
        """Return the engines that are servers and were started, or that others run."""
        if not self._may_be_served():
            return []
        started = self._started()
        found = [
            one.definition for one in self._composed().services.values()
            if one.definition.kind is not ServiceKind.EMBEDDED
            and (one.name in started or one.definition.kind is ServiceKind.EXTERNAL)
        ]  # fmt: skip
        return list(engines_of(found))

    def _may_be_served(self) -> bool:
        """Tell whether there may be a server for SQL, without composing to find out."""
        started = self._started()
        if any(name in started for name in self._installed):
            return True
        texts = [file.read_text(errors="replace") for file in self._root.glob("phlo*.yaml")]
        return any(ENGINE in text for text in texts)

    def _embedded(self) -> list[str]:
        return [n for n, one in self._installed.items() if one.kind is ServiceKind.EMBEDDED]

    def _started(self) -> Mapping[str, object]:
        found: Mapping[str, object] = STARTED.read(self._root).get("services", {})
        return found

    @cached_property
    def _installed(self) -> dict[str, ServiceDefinition]:
        return engines_of(load_services().definitions.values())

    def _open(self, name: str) -> QueryEngine:
        one = self._installed.get(name)
        if one is not None and one.kind is ServiceKind.EMBEDDED:
            return self._kept(name, lambda: query_engine(name))
        if one is None and not self._may_be_served():
            raise NoQueryEngine(name, self._installed)
        stack = self._composed()
        if name not in stack.services:
            others = [other for other in self._installed if other != name]
            reason = stack.skipped.get(name)
            extra = f"'{name}' is no service of this project: {reason}" if reason else ""
            raise NoQueryEngine(name, others, extra=extra)
        return self._kept(
            name, lambda: query_engine(name, _told(stack, name), _package(stack, name))
        )

    def _kept(self, name: str, make: Callable[[], QueryEngine]) -> QueryEngine:
        """Return an engine that was made before, so that its connections are used again."""
        if name not in self._opened:
            self._opened[name] = make()
        return self._opened[name]

    def _composed(self) -> Stack:
        """Return the project's services, composed anew when something about them changed."""
        from phlo.pipeline import look
        from phlo.runtime.started import as_started

        stamp = self._look()
        if self._stack is None or stamp != self._stamp:
            options = as_started(self._root)
            options = replace(options, env=self._environ.get("PHLO_ENV") or options.env)
            self._stack, self._stamp = look(self._root, options, self._environ), stamp
            self._opened.clear()
        return self._stack

    def _look(self) -> Hashable:
        files = [*self._root.glob("phlo*.yaml"), *self._root.glob(".env*")]
        files += [PORTS.path(self._root), STARTED.path(self._root)]
        return tuple((str(f), f.stat().st_mtime_ns) for f in sorted(files) if f.exists())


def _told(stack: Stack, name: str) -> dict[str, str]:
    """Return what an engine is told: what this machine's programs are, and where its files are."""
    service = stack.services[name]
    told = host_properties(stack, service) | {"service": name}
    if service.runtime in ("native", "docker"):
        place = "native" if service.runtime == "native" else "config"
        told["folder"] = f"{stack.root}/.phlo/{place}/{name}"
    return told


def _package(stack: Stack, name: str) -> str:
    """Return the service whose package knows how to ask: of an external one, by its capability."""
    definition = stack.services[name].definition
    if definition.kind is ServiceKind.EXTERNAL:
        said = next(p.capability for p in definition.provides if p.capability.startswith(ENGINE))
        return said.partition("/")[2] or name
    return definition.package.distribution.removeprefix("phlo-")
