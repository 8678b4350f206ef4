"""Which service starts after which: bindings, and what `depends_on` declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.jobs import job_name
from phlo.model.layers import plain
from phlo.model.service import ServiceKind
from phlo.model.stack import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phlo.compose.bind import Match
    from phlo.compose.draft import Draft

_CONDITIONS = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


def edges_of(draft: Draft, matches: Sequence[Match]) -> Iterator[Edge]:
    """Yield the edges between services that are started; the others are always there."""
    for match in matches:
        consumer, provider = match.consumer, match.provider
        if draft.runs(consumer) and draft.runs(provider):
            yield Edge(
                consumer, provider, _inferred(draft, provider), not match.required.optional,
                match.required.where, f"role {match.required.role}",
            )  # fmt: skip
            for job in match.provided.ready:
                name = job_name(provider, job)
                if name in draft.selected and name != consumer and draft.runs(name):
                    yield Edge(
                        consumer, name, "completed", not match.required.optional,
                        match.provided.where, f"{provider} is ready after it",
                    )  # fmt: skip
    for name in sorted(draft.selected):
        yield from _declared(draft, name)


def _declared(draft: Draft, name: str) -> Iterator[Edge]:
    for needs, node in draft.entries(name, "depends_on"):
        if needs not in draft.selected or not (draft.runs(name) and draft.runs(needs)):
            continue
        said = plain(node) if isinstance(node, dict) else {}
        written = str(said.get("condition") or "")
        condition = _CONDITIONS.get(written, written) or _inferred(draft, needs)
        where = draft.where(name, "depends_on", needs)
        yield Edge(name, needs, condition, said.get("required", True), where, "depends_on")


def _inferred(draft: Draft, needs: str) -> str:
    """Return when a service counts as ready where nobody wrote it."""
    if draft.definitions[needs].kind is ServiceKind.JOB:
        return "completed"
    checks = [draft.at(needs, "healthcheck"), draft.at(needs, "native", "health")]
    is_checked = any(isinstance(node, dict) and plain(node) for node in checks)
    return "healthy" if is_checked else "started"
