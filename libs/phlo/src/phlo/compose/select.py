"""Step 4a, select: which services run, and why each other one does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.capabilities import ONE_AT_A_TIME
from phlo.compose.draft import told
from phlo.errors import Fix
from phlo.errors.config import UnknownService
from phlo.errors.runtime import CannotRunHere

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from phlo.compose.draft import Draft
    from phlo.model.service import ServiceDefinition


def select(draft: Draft) -> None:
    """Put every service into `selected` or `skipped`; what the selected need comes in `wire`."""
    _check_names(draft)
    defaults = []
    asked = (*draft.options.only, *draft.options.extra)
    for name, definition in sorted(draft.definitions.items()):
        if definition.parent and name not in asked:  # taken in and left out with its service
            if name not in draft.selected:
                draft.skipped.setdefault(name, f"'{definition.parent}' does not run")
            continue
        wanted, reason = _wanted(draft, definition)
        if wanted is None:
            defaults.append(definition)
        elif not wanted:
            draft.skipped[name] = reason
        else:
            draft.select(name, reason)
            check_place(draft, name)
    _fill_slots(draft, defaults)


def _check_names(draft: Draft) -> None:
    """Refuse names given on the command line that nothing has."""
    options, known = draft.options, draft.definitions
    broken = {b.name: b.reason for b in draft.installed.broken}
    for name in dict.fromkeys((*options.only, *options.extra, *options.without)):
        if name in broken:
            draft.errors += [] if name in options.without else [broken[name]]
        elif name not in known:
            draft.errors.append(UnknownService(name, installed=known, where=None))
    for name, reason in broken.items():
        if draft.at(name) is not None and draft.value(name, "enabled") is not False:
            draft.errors.append(reason)
        else:
            draft.warnings.append(reason)


def _wanted(draft: Draft, definition: ServiceDefinition) -> tuple[bool | None, str]:
    """Return whether a person wants a service, and why; None: nobody said, it is a default."""
    name, options = definition.name, draft.options
    if name in options.without:
        return False, "left out by --without"
    if name in options.only or name in options.extra:
        return True, "asked for on the command line"
    if options.only:
        return False, "not among --only"
    enabled, where = draft.value(name, "enabled"), draft.where(name, "enabled")
    if enabled is not None:
        said = "enabled" if enabled else "disabled"
        return bool(enabled), f"{said} at {told(where, 'phlo.yaml')}"
    return _unsaid(draft, definition)


def _unsaid(draft: Draft, definition: ServiceDefinition) -> tuple[bool | None, str]:
    """Return the same for a service that nobody switched on or off."""
    profiles = draft.value(definition.name, "profiles", default=[])
    active = [profile for profile in profiles if profile in draft.options.profiles]
    if profiles:
        return (True, f"profile {active[0]}") if active else (
            False, f"only with --profile {' or '.join(profiles)}"
        )  # fmt: skip
    if definition.from_project:
        return True, f"defined at {told(definition.where, 'phlo.yaml')}"
    if definition.default:
        return None, ""
    return False, f"not taken in by default: services: {{{definition.name}: {{enabled: true}}}}"


def _fill_slots(draft: Draft, defaults: list[ServiceDefinition]) -> None:
    """Take in the defaults that can run; of a slot for one, only the first.

    What has the project's data keeps its slot: another one, though of a higher priority, would
    begin without it.
    """
    filled = {draft.definitions[name].category: name for name in draft.selected}
    kept = set(draft.machine.bindings.values())
    for definition in sorted(defaults, key=lambda d: (d.name not in kept, -d.priority, d.name)):
        name, slot = definition.name, definition.category
        if draft.places[name].runtime is None:
            draft.skipped[name] = draft.places[name].reason
            if name in kept and slot in ONE_AT_A_TIME and slot not in filled:
                filled[slot] = name
                check_place(draft, name)
        elif slot in ONE_AT_A_TIME and slot in filled:
            draft.skipped[name] = f"'{filled[slot]}' is the project's {slot}"
            _note_kept(draft, filled[slot], definition, kept)
        else:
            filled[slot] = name
            draft.select(name, "installed")


def _note_kept(draft: Draft, kept: str, today: ServiceDefinition, bound: Container[str]) -> None:
    """Tell that a slot would be another one's if the data were not where it is."""
    if kept in bound and today.priority > draft.definitions[kept].priority:
        draft.notes.append(
            f"the project's {today.category} stays '{kept}', which has its data; today it would be"
            f" '{today.name}'"
        )


def check_place(draft: Draft, name: str) -> None:
    """Note that a service which somebody wants cannot run here."""
    place = draft.places[name]
    if place.runtime is None:
        # With an engine it could: then it is the engine that the person has to see to.
        tried = draft.machine.tried if draft.machine.no_docker in place.reason else ()
        fix = _without(draft, name, draft.machine.engine_fix if tried else "")
        error = CannotRunHere(name, [place.reason], fix=fix, tried=tried)
        where = draft.where(name, "enabled") or draft.definitions[name].where
        draft.errors.append(error.at(where) if where else error)


def _without(draft: Draft, name: str, engine: str) -> Fix:
    begin = f"{engine}        then: phlo services start\nor " if engine else ""
    if _is_local(draft, name):
        command = "phlo services start --runtime native"
        local = ", ".join(sorted(n for n in draft.definitions if _is_local(draft, n)))
        return Fix(f"{begin}run without containers: {command}   ({local})", command=command)
    command = f"phlo services start --without {name}"
    able = ", ".join(_able(draft, draft.definitions))
    return Fix(f"{begin}start without it: {command}   (what can run here: {able})", command=command)


def _is_local(draft: Draft, name: str) -> bool:
    """Tell whether a service can be a local process on this machine."""
    return draft.at(name, "native") is not None and not draft.machine.missing.get(name)


def _able(draft: Draft, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if draft.places[name].runtime)
