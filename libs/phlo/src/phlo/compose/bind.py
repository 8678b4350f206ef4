"""Step 4b, bind: for each need of a selected service, the service that meets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.compose.capabilities import STATEFUL, family, meets
from phlo.compose.draft import told
from phlo.compose.select import check_place
from phlo.errors import Related
from phlo.errors.wiring import (
    AmbiguousProvider,
    BadBinding,
    NoProvider,
    ProviderDisabled,
    UnknownDependency,
    UnknownRole,
)
from phlo.model.layers import Leaf, plain
from phlo.model.options import OWN_DATA

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from phlo.compose.draft import Draft
    from phlo.errors.wiring import WiringError
    from phlo.model.service import Offer, Provided, Required


#: What `bind:` says of an optional role that shall be played by nobody.
NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """A need and the service that meets it."""

    consumer: str
    required: Required
    provider: str
    provided: Provided
    reason: str


def bind(draft: Draft) -> tuple[Match, ...]:
    """Return who meets each need; what is needed and not yet selected is taken in."""
    _check_roles(draft)
    matches: dict[tuple[str, str], tuple[Match, ...]] = {}
    done: set[str] = set()
    while todo := sorted(set(draft.selected) - done):
        for consumer in todo:
            done.add(consumer)
            for required in draft.definitions[consumer].requires:
                matches[consumer, required.role] = _find(draft, consumer, required)
            _take_in_dependencies(draft, consumer)
    # A provider that was taken in later may go before one found earlier, or make it ambiguous.
    again = [
        match
        for consumer in sorted(draft.selected)
        for required in draft.definitions[consumer].requires
        if matches[consumer, required.role]
        for match in _find(draft, consumer, required)
    ]
    return tuple(again)


def _find(draft: Draft, consumer: str, required: Required) -> tuple[Match, ...]:
    """Return the providers of one need; none after noting why."""
    explicit = _explicit(draft, consumer, required)
    if explicit is not None and explicit.value == NONE and required.optional:
        return ()
    if explicit is not None:
        return _bound(draft, consumer, required, explicit)
    able = _providers(draft, consumer, required, draft.selected)
    if (followed := _followed(draft, required)) is not None:
        return _like(draft, consumer, required, *followed)
    if _stays_alone(draft, consumer, required, able):
        return ()
    if required.many:
        return tuple(_match(draft, consumer, required, name, "one of many") for name in able)
    if remembered := _remembered(draft, consumer, required, able):
        return (remembered,)
    if able:
        return _best(draft, consumer, required, able)
    installed = _providers(draft, consumer, required, draft.definitions)
    return () if required.optional else _take_in(draft, consumer, required, installed)


def _explicit(draft: Draft, consumer: str, required: Required) -> Leaf | None:
    """Return what `bind:` says, of the service or else of the project."""
    own = draft.at(consumer, "bind", required.role)
    paths = [("bind", required.capability), ("bind", family(required.capability))]
    for leaf in (own, *(draft.layered.at(path) for path in paths)):
        if isinstance(leaf, Leaf) and leaf.value is not None:
            return leaf
    return None


def _bound(draft: Draft, consumer: str, required: Required, leaf: Leaf) -> tuple[Match, ...]:
    target, where = str(leaf.value), leaf.origin.where
    able = _providers(draft, consumer, required, draft.definitions)
    if target not in draft.definitions:
        problem = "there is no such service"
    elif target == consumer or not _provided(draft, target, required):
        problem = f"it does not provide {required.capability}"
    elif target not in draft.selected and _is_refused(draft, target):
        problem = f"it is {draft.skipped[target]}"
    else:
        if target not in draft.selected:
            draft.select(target, f"bound to '{consumer}' at {told(where, 'phlo.yaml')}")
            check_place(draft, target)
        return (_match(draft, consumer, required, target, f"bound at {told(where, 'phlo.yaml')}"),)
    _once(draft, BadBinding(target, problem, able, where=where))
    return ()


def _followed(draft: Draft, required: Required) -> tuple[Required, str | None] | None:
    """Return the need that is followed and who meets it; None: there is no telling."""
    leader = draft.definitions.get(required.like or "")
    needs = leader.requires if leader else ()
    theirs = next((need for need in needs if need.role == required.role), None)
    if leader is None or theirs is None:
        return None
    if leader.name in draft.selected:
        found = _find(draft, leader.name, theirs)
        return theirs, found[0].provider if found else None
    # It was left out of this start, but it has its data where it has it.
    kept = draft.machine.bindings.get(f"{leader.name}.{theirs.role}")
    said = _explicit(draft, leader.name, theirs)
    if said is not None:
        kept = OWN_DATA if said.value == NONE else str(said.value)
    return None if kept is None else (theirs, None if kept == OWN_DATA else kept)


def _like(
    draft: Draft, consumer: str, required: Required, theirs: Required, leader: str | None
) -> tuple[Match, ...]:
    """Return the provider that the leader has; else one that the leader could not have."""
    reason = f"as '{required.like}' is"
    able = _providers(draft, consumer, required, draft.definitions)
    if leader in able and not _is_refused(draft, leader):
        if leader not in draft.selected:
            draft.select(leader, f"provides {required.capability} for '{consumer}', {reason}")
        return (_match(draft, consumer, required, leader, reason),)
    able = [name for name in able if _provided(draft, name, theirs) is None]
    if here := [name for name in able if name in draft.selected]:
        return _best(draft, consumer, required, here)
    return () if required.optional else _take_in(draft, consumer, required, able)


def _provided(draft: Draft, name: str, required: Required) -> Provided | None:
    """Return the capability of a service that meets a need, the one of the highest priority."""
    able = [p for p in draft.definitions[name].provides if meets(p.capability, required.capability)]
    return max(able, key=lambda p: p.priority, default=None)


def _providers(draft: Draft, consumer: str, required: Required, among: Container[str]) -> list[str]:
    """Return the services that meet a need and can run here, sorted."""
    return [
        name
        for name in draft.providers.get(family(required.capability), ())
        if name in among and name != consumer
        and draft.places[name].runtime and _provided(draft, name, required)
    ]  # fmt: skip


def _rank(draft: Draft, name: str, required: Required) -> tuple[int, bool]:
    provided = _provided(draft, name, required)
    return (provided.priority if provided else 0, draft.definitions[name].from_project)


def _best(
    draft: Draft, consumer: str, required: Required, able: Sequence[str]
) -> tuple[Match, ...]:
    top = max(_rank(draft, name, required) for name in able)
    first = [name for name in able if _rank(draft, name, required) == top]
    if len(first) > 1:
        error = AmbiguousProvider(
            consumer, required.role, required.capability, first, where=required.where
        )
        _once(draft, error)
        return ()
    reason = "the only one" if len(able) == 1 else "the highest priority"
    return (_match(draft, consumer, required, first[0], reason),)


def _remembered(
    draft: Draft, consumer: str, required: Required, able: Sequence[str]
) -> Match | None:
    """Return the provider that data was put into before, though another would be chosen today."""
    kept = draft.machine.bindings.get(f"{consumer}.{required.role}")
    if kept is None or kept not in able or family(required.capability) not in STATEFUL:
        return None
    today = max(able, key=lambda name: _rank(draft, name, required))
    if _rank(draft, today, required) > _rank(draft, kept, required):
        draft.notes.append(
            f"'{consumer}' stays with '{kept}', which has its data; today it would be '{today}'"
        )
    return _match(draft, consumer, required, kept, "as before: its data is there")


def _stays_alone(draft: Draft, consumer: str, required: Required, able: Sequence[str]) -> bool:
    """Tell whether a consumer keeps its own data, which it had before there was any provider."""
    if draft.machine.bindings.get(f"{consumer}.{required.role}") != OWN_DATA:
        return False
    if able:
        today = max(able, key=lambda name: _rank(draft, name, required))
        draft.notes.append(
            f"'{consumer}' keeps its {required.role} in the project's folder, where its data is;"
            f" today it would be '{today}' (to change it: services: {{{consumer}:"
            f" {{bind: {{{required.role}: {today}}}}}}})"
        )
    return True


def _take_in(
    draft: Draft, consumer: str, required: Required, installed: Sequence[str]
) -> tuple[Match, ...]:
    """Select one of the installed services that meet a need which no selected one meets."""
    able = [name for name in installed if name not in draft.selected]
    free = [name for name in able if not _is_refused(draft, name)]
    if free:
        remembered = _remembered(draft, consumer, required, free)
        # What a project has without a word goes before what somebody must switch on.
        usual = [name for name in free if draft.definitions[name].default]
        found = (remembered,) if remembered else _best(draft, consumer, required, usual or free)
        for match in found:
            why = f"provides {match.provided.capability} for '{consumer}'"
            draft.select(match.provider, why)
            draft.notes.append(f"'{match.provider}' is taken in: it {why}")
        return found
    if able:
        _once(draft, _disabled(draft, consumer, required, able[0]))
    else:
        _once(draft, _missing(draft, consumer, required))
    return ()


def _is_refused(draft: Draft, name: str) -> bool:
    """Tell whether a person said that a service shall not run."""
    return name in draft.options.without or draft.value(name, "enabled") is False


def _disabled(draft: Draft, consumer: str, required: Required, provider: str) -> ProviderDisabled:
    needs = [
        Related(f"required by: {name} (role {r.role})", r.where)
        for name in sorted(draft.selected)
        for r in draft.definitions[name].requires
        if not r.optional and _provided(draft, provider, r)
    ]
    by_option = provider in draft.options.without
    return ProviderDisabled(
        consumer, required.capability, provider, required=needs, others=_offered(draft, required),
        where=None if by_option else draft.where(provider, "enabled"),
        how=f"take '--without {provider}' out" if by_option else "",
    )  # fmt: skip


def _offered(draft: Draft, required: Required) -> list[Offer]:
    """Return the services that could be installed and meet a need."""
    return [
        offer for offer in draft.installed.offers()
        if offer.service not in draft.definitions
        and any(meets(given, required.capability) for given in offer.capabilities)
    ]  # fmt: skip


def _missing(draft: Draft, consumer: str, required: Required) -> NoProvider:
    unable = [name for name in sorted(draft.definitions) if _provided(draft, name, required)]
    return NoProvider(
        consumer, required.role, required.capability, where=required.where,
        offers=_offered(draft, required),
        reasons=[f"'{name}' would, but {draft.places[name].reason}" for name in unable],
    )  # fmt: skip


def _once(draft: Draft, error: WiringError) -> None:
    if all(error.message != known.message for known in draft.errors):
        draft.errors.append(error)


def _match(draft: Draft, consumer: str, required: Required, provider: str, reason: str) -> Match:
    provided = _provided(draft, provider, required)
    assert provided is not None
    return Match(consumer, required, provider, provided, reason)


def _take_in_dependencies(draft: Draft, consumer: str) -> None:
    """Select what `depends_on` names; refuse what is not there."""
    for name, edge in list(draft.entries(consumer, "depends_on")):
        where = draft.where(consumer, "depends_on", name)
        is_required = plain(edge).get("required", True) if isinstance(edge, dict) else True
        if name not in draft.definitions:
            problem = "is no service of this project"
        elif name in draft.selected or not is_required:
            continue
        elif _is_refused(draft, name):
            problem = f"is {draft.skipped[name]}"
        else:
            draft.select(name, f"'{consumer}' depends on it")
            draft.notes.append(f"'{name}' is taken in: '{consumer}' depends on it")
            check_place(draft, name)
            continue
        known = set(draft.definitions) - {consumer}
        error = UnknownDependency(consumer, name, problem, known, where=where)
        draft.errors.append(error)


def _check_roles(draft: Draft) -> None:
    """Refuse a `bind:` of a role or capability that nothing asks for."""
    asked: set[str] = set()
    for name, definition in draft.definitions.items():
        roles = {required.role for required in definition.requires}
        for required in definition.requires:
            asked |= {required.capability, family(required.capability)}
        for role, leaf in draft.leaves(name, "bind"):
            if role not in roles:
                draft.errors.append(UnknownRole(role, f"'{name}'", roles, where=leaf.origin.where))
    project = draft.layered.at(("bind",))
    provided = {p.capability for d in draft.definitions.values() for p in d.provides}
    known = asked | provided | {family(p) for p in provided}
    for capability, said in project.items() if isinstance(project, dict) else ():
        if isinstance(said, Leaf) and said.value is not None and capability not in known:
            where = said.origin.where
            draft.errors.append(UnknownRole(capability, "the project", known, where=where))
