"""Why a service runs, where it runs, and who needs whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.errors.config import UnknownService

if TYPE_CHECKING:
    from phlo.model.stack import Binding, Edge, Stack

_RUNTIMES = {
    "native": "as a local process",
    "docker": "in a container",
    "embedded": "inside other processes",
    "external": "elsewhere",
}


@dataclass(frozen=True, slots=True)
class Why:
    """What is known of the reasons of one service."""

    service: str
    runs: bool
    reason: str
    runtime: str | None = None
    placed: str = ""
    needs: tuple[Binding, ...] = ()
    """What it is bound to, by role."""
    unbound: tuple[str, ...] = ()
    """Optional roles that nobody plays."""
    needed_by: tuple[Binding, ...] = ()
    after: tuple[Edge, ...] = ()

    def lines(self) -> list[str]:
        """Return the reasons as a person reads them."""
        if not self.runs:
            return [f"{self.service} does not run: {self.reason}"]
        where = _RUNTIMES[self.runtime or "native"]
        lines = [f"{self.service} runs {where}" + (f": {self.placed}" if self.placed else "")]
        lines.append(f"  it is there: {self.reason}")
        lines += [
            f"  its {b.role} ({b.required.capability}) is {b.provider}: {b.reason}"
            for b in self.needs
        ]
        lines += [f"  its {role} is played by nobody; it is optional" for role in self.unbound]
        lines += [f"  {b.consumer} needs it as its {b.role}" for b in self.needed_by]
        lines += [
            f"  it starts after {e.needs} is {e.condition}" + (f" ({e.why})" if e.why else "")
            for e in self.after
        ]
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return the reasons as JSON values."""
        return {
            "service": self.service,
            "runs": self.runs,
            "reason": self.reason,
            "runtime": self.runtime,
            "placed": self.placed or None,
            "needs": [
                {"role": b.role, "capability": b.capability, "provider": b.provider,
                 "reason": b.reason}
                for b in self.needs
            ],
            "unbound": list(self.unbound),
            "needed_by": [{"service": b.consumer, "role": b.role} for b in self.needed_by],
            "after": [{"service": e.needs, "condition": e.condition} for e in self.after],
        }  # fmt: skip


def why(stack: Stack, name: str) -> Why:
    """Return the reasons of a service, whether it runs or not.

    Raises:
        UnknownService: It is not installed, and phlo.yaml does not define it (PHLO-C120).
    """
    if name in stack.skipped:
        return Why(name, False, stack.skipped[name])
    if name not in stack.services:
        known = {*stack.services, *stack.skipped}
        raise UnknownService(name, installed=known, where=None)
    one = stack.services[name]
    bound = {binding.role for binding in one.bindings}
    return Why(
        name, True, one.reason, one.runtime, one.placed, one.bindings,
        tuple(r.role for r in one.definition.requires if r.role not in bound),
        tuple(b for b in stack.bindings if b.provider == name), one.edges,
    )  # fmt: skip


def mermaid(stack: Stack) -> str:
    """Return the services and who needs whom as a Mermaid flowchart."""
    ids = {name: f"s{number}" for number, name in enumerate(stack.services)}
    lines = ["flowchart LR"]
    lines += [f'  {ids[name]}["{name}"]' for name in stack.services]
    lines += [f"  {ids[a]} -->|{label}| {ids[b]}" for a, b, label in edges(stack)]
    return "\n".join(lines)


def edges(stack: Stack) -> list[tuple[str, str, str]]:
    """Return who needs whom, and as what."""
    return [
        (edge.service, edge.needs, edge.why or edge.condition)
        for service in stack.services.values()
        for edge in service.edges
        if edge.needs in stack.services
    ]
