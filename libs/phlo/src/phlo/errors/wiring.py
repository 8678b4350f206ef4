"""PHLO-W: capabilities that do not meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from phlo.errors import Fix, PhloError, Related, with_label
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


class Offer(Protocol):
    """A package of the index (`phlo.model.service.Offer`)."""

    @property
    def service(self) -> str:
        """The service that it brings."""


class WiringError(PhloError):
    """A service cannot be given what it needs."""

    code = "PHLO-W200"


class ProviderDisabled(WiringError):
    """The only service that provides what another needs is disabled."""

    code = "PHLO-W201"

    def __init__(
        self,
        consumer: str,
        capability: str,
        provider: str,
        *,
        where: Where | None,
        required: Iterable[Related],
        others: Sequence[Offer],
        how: str = "",
    ) -> None:
        where = with_label(where, f"{provider} disabled here") if where else None
        enable = how or f"enable {provider}: services: {{{provider}: {{enabled: true}}}}"
        install = f"\nor install another one: phlo add {others[0].service}" if others else ""
        super().__init__(
            f"'{consumer}' needs {capability}, but its only provider '{provider}' is disabled",
            where=where,
            related=required,
            why="a capability that a service needs must have a provider",
            fix=f"{enable}{install}\nor disable {consumer} too: "
            f"services: {{{consumer}: {{enabled: false}}}}",
        )


class NoProvider(WiringError):
    """No installed service provides what another one needs."""

    code = "PHLO-W202"

    def __init__(
        self,
        consumer: str,
        role: str,
        capability: str,
        *,
        where: Where | None,
        offers: Sequence[Offer],
        reasons: Iterable[str] = (),
    ) -> None:
        reasons = tuple(reasons)
        command = f"phlo add {offers[0].service}" if offers else None
        more = f"   (or {', '.join(one.service for one in offers[1:])})" if offers[1:] else ""
        external = (
            "name one that runs elsewhere: services: "
            f"{{my-{role}: {{type: external, provides: {capability.replace('/*', '')}, "
            "properties: {url: ...}}}"
        )
        super().__init__(
            f"'{consumer}' needs {capability} (role {role}), and nothing installed provides it",
            where=where,
            why="; ".join(reasons) or None,
            fix=Fix(f"{command}{more}\nor {external}" if command else external, command=command),
        )


class AmbiguousProvider(WiringError):
    """Several services could provide what another one needs, and none goes first."""

    code = "PHLO-W203"

    def __init__(
        self,
        consumer: str,
        role: str,
        capability: str,
        candidates: Sequence[str],
        *,
        where: Where | None,
    ) -> None:
        first = candidates[0]
        super().__init__(
            f"{len(candidates)} services can be {capability} for '{consumer}': "
            f"{', '.join(candidates)}",
            where=where,
            why="none of them has the higher priority, and phlo does not guess",
            fix="choose one in phlo.yaml: "
            f"services: {{{consumer}: {{bind: {{{role}: {first}}}}}}}\n"
            f"or for the whole project: bind: {{{capability.partition('/')[0]}: {first}}}",
        )


class BadBinding(WiringError):
    """`bind:` names a service that is not there, or one that does not provide what is needed."""

    code = "PHLO-W204"

    def __init__(
        self, target: str, problem: str, candidates: Iterable[str], *, where: Where | None
    ) -> None:
        candidates = sorted(candidates)
        fix = (
            f"bind it to one of: {', '.join(candidates)}" if candidates else "take the binding out"
        )
        super().__init__(
            f"cannot bind to '{target}': {problem}",
            where=where,
            why="a binding is an address that the consumer will use",
            fix=fix,
        )


class SamePrefix(WiringError):
    """Two services that one consumer is bound to would set the same variables."""

    code = "PHLO-W205"

    def __init__(
        self, consumer: str, names: Sequence[str], prefix: str, *, where: Where | None
    ) -> None:
        super().__init__(
            f"{' and '.join(repr(n) for n in names)} would both set {prefix}_… in '{consumer}'",
            where=where,
            why="variables are named after the service, with '-' and '.' written as '_'",
            fix=f"rename '{names[-1]}' in phlo.yaml",
        )


class UnknownRole(WiringError):
    """`bind:` of a service, or of the project, names something that nothing asks for."""

    code = "PHLO-W206"

    def __init__(self, name: str, scope: str, known: Iterable[str], *, where: Where | None) -> None:
        known = sorted(set(known))
        hint = did_you_mean(name, known)
        listed = f"; known: {', '.join(known)}" if known else ""
        super().__init__(
            f"{scope} has no '{name}' to bind",
            where=where,
            why="a binding that nothing asks for would have no effect",
            fix=hint or f"take it out{listed}",
        )


class DependencyCycle(WiringError):
    """Services wait for each other in a ring, so none could start."""

    code = "PHLO-W207"

    def __init__(self, ring: Sequence[str], edges: Iterable[Related]) -> None:
        super().__init__(
            f"services wait for each other: {' -> '.join(ring)}",
            related=edges,
            why="each would start only after the next one is ready",
            fix=f"take one of the edges out, such as depends_on: {{{ring[1]}: null}} "
            f"in '{ring[0]}', or bind its role to another service",
        )


class NotPublished(WiringError):
    """A local process needs a port of a container that is not published on this machine."""

    code = "PHLO-W208"

    def __init__(self, consumer: str, provider: str, port: str, *, where: Where | None) -> None:
        super().__init__(
            f"'{consumer}' runs as a local process and cannot reach '{provider}': "
            f"its port '{port}' is not published",
            where=where,
            why="a container's port is reachable from this machine only when it is published",
            fix=f"publish it: services: {{{provider}: {{ports: {{{port}: PORT}}}}}}",
        )


class UnknownPlaceholder(WiringError):
    """A `{role.property}` names a role or a property that is not there."""

    code = "PHLO-W210"

    def __init__(
        self, text: str, problem: str, known: Iterable[str], *, where: Where | None, path: str
    ) -> None:
        known = sorted(set(known))
        hint = did_you_mean(text.strip("{}").partition("|")[0], known)
        listed = f"use one of: {', '.join('{' + k + '}' for k in known)}" if known else "remove it"
        super().__init__(
            f"'{text}' {problem}",
            where=where,
            path=path,
            why="what cannot be filled would go to the program as it is",
            fix=f"{hint or listed + ';'} '{{{{' writes a plain brace",
        )


class UnknownDependency(WiringError):
    """`depends_on` names a service that is not there."""

    code = "PHLO-W211"

    def __init__(
        self, service: str, needs: str, problem: str, known: Iterable[str], *, where: Where | None
    ) -> None:
        hint = did_you_mean(needs, known)
        super().__init__(
            f"'{service}' depends on '{needs}', which {problem}",
            where=where,
            why="a service starts after those it depends on, so they must be there",
            fix=hint or f"take it out: depends_on: {{{needs}: null}}",
        )


class TemplateFailed(WiringError):
    """A configuration file's template is no template, or names what the service does not have."""

    code = "PHLO-W212"

    def __init__(self, problem: str, known: Iterable[str], *, where: Where) -> None:
        super().__init__(
            f"the template cannot be filled in: {problem}",
            where=where,
            why="a template sees the service's roles and settings, and nothing else",
            fix=f"correct this line; known here: {', '.join(known)}",
        )
