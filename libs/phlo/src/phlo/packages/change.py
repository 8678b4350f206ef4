"""Add, take out and upgrade packages: checked first, then done whole or not at all."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.drafts import write_whole
from phlo.editor import refresh_schema
from phlo.errors.package import StillNeeded, UnknownPackage
from phlo.packages.call import Call, Change
from phlo.packages.choose import Choice, choose, is_newer, needs_of
from phlo.packages.install import check_open, install, uninstall
from phlo.packages.record import recorded, without_services
from phlo.packages.snapshot import as_it_was
from phlo.packages.target import find_target
from phlo.plugins.index import normalized
from phlo.plugins.sources import read_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from phlo.packages.target import Target
    from phlo.plugins.index import Index


def add(call: Call, names: Sequence[str], *, is_recorded: bool = True) -> Change:
    """Install packages by what the index says of them, and record them in pyproject.toml.

    Args:
        call: The project, and how.
        names: Services or distributions.
        is_recorded: False: only the environment changes.

    Raises:
        PhloError: One cannot be had or installed; then nothing was changed.
    """
    with call.alone("adding packages"):
        target, (index, links) = _open_target(call), _index(call)
        there = _there_already(names, index, target) if is_recorded else {}
        choice = choose([n for n in names if n not in there], index, links, target)
        come = [*choice.versions, *there.values()] if is_recorded else []
        files = recorded(call.root, come)
        notes = [f"{d} {v} is installed already" for d, v in there.values()]
        change = _planned(call, target, replace(choice, notes=(*choice.notes, *notes)), files)
        if not call.is_dry:
            with as_it_was(target) if choice.wheels else nullcontext():
                if choice.wheels:
                    install(target, choice, links)
                write_whole(files)
            refresh_schema(call.root)
        return change


def _there_already(
    names: Sequence[str], index: Index, target: Target
) -> dict[str, tuple[str, str]]:
    """Return the packages that are installed as the index has them: name -> (package, version)."""
    found = {name: index.find(name)[0] for name in names}
    have = {name: target.distributions.get(entry.distribution) for name, entry in found.items()}
    return {
        name: (one.name, one.version) for name, one in have.items()
        if one and one.version == found[name].version
    }  # fmt: skip


def upgrade(call: Call, names: Sequence[str] = ()) -> Change:
    """Install the newer versions that the index has of packages; of all if none is named.

    Raises:
        PhloError: One cannot be had or installed; then nothing was changed.
    """
    with call.alone("upgrading packages"):
        target, (index, links) = _open_target(call), _index(call)
        newer = _newer(target, index, [distribution_in(target, name) for name in names])
        if not newer:
            return Change(target.place)
        choice = choose(newer, index, links, target)
        files = recorded(call.root, choice.versions, only_known=True)
        change = _planned(call, target, choice, files)
        if not call.is_dry:
            with as_it_was(target):
                install(target, choice, links)
                write_whole(files)
            refresh_schema(call.root)
        return change


def remove(call: Call, names: Sequence[str]) -> Change:
    """Take packages out, with what the project's files say of their services.

    Raises:
        UnknownPackage: One is not installed (PHLO-P323).
        StillNeeded: Others need one (PHLO-P325).
        PhloError: The project's files or the environment cannot be changed; then nothing was.
    """
    with call.alone("removing packages"):
        target = _open_target(call)
        gone = [distribution_in(target, name) for name in names]
        services = [one.name for one in target.services() if one.distribution in gone]
        for name in gone:
            check_not_needed(target, name, services, apart_from=gone)
        files = {**without_services(call.root, services), **recorded(call.root, gone=gone)}
        before = {name: target.distributions[name].version for name in gone}
        if not call.is_dry:
            with as_it_was(target):
                uninstall(target, gone)
                write_whole(files)
            refresh_schema(call.root)
        return Change(target.place, before=before, services=tuple(services),
                      files=_relative(call.root, files))  # fmt: skip


def _open_target(call: Call) -> Target:
    target = find_target(call.root)
    check_open(target)
    return target


def _index(call: Call) -> tuple[Index, Path | None]:
    sources = call.sources()
    return read_index(sources.index, refresh=True), sources.find_links


def distribution_in(target: Target, name: str) -> str:
    """Return the distribution of an environment by its name or its service's.

    Raises:
        UnknownPackage: There is none (PHLO-P323).
    """
    services = {one.name: one.distribution for one in target.services()}
    wanted = normalized(name)
    if wanted in target.distributions and wanted in {*services.values(), "phlo"}:
        return wanted
    if name not in services:
        raise UnknownPackage(name, [*services, *services.values()])
    return services[name]


def check_not_needed(
    target: Target, name: str, services: Sequence[str], *, apart_from: Iterable[str] = ()
) -> None:
    """Refuse to take out what other packages need.

    Raises:
        StillNeeded: Others need it (PHLO-P325).
    """
    by = {
        one.name for one in target.distributions.values()
        if one.name not in apart_from
        and any(normalized(need.name) == name for need in needs_of(one.requires, target))
    }  # fmt: skip
    if name == "phlo" or by:
        raise StillNeeded(name, next(iter(services), name), by or {"phlo"})


def _newer(target: Target, index: Index, names: Sequence[str]) -> list[str]:
    there = {one.distribution for one in target.services()} | {"phlo"}
    known = {name: index.distribution(name) for name in (names or sorted(there))}
    return [
        name for name, found in known.items()
        if found and is_newer(found[0].version, target.distributions[name].version)
    ]  # fmt: skip


def _planned(call: Call, target: Target, choice: Choice, files: Mapping[Path, str]) -> Change:
    have = target.distributions
    notes = list(choice.notes)
    if Path(target.python).absolute() != Path(sys.executable).absolute():
        notes.append(f"they go into {target.place}: use the phlo there")
    if target.is_uv_tool and choice.wheels:
        notes.append(
            f"'uv tool upgrade {target.prefix.name}' takes them out again: then repeat this"
        )
    for wheel in choice.asked:
        for name, definition in wheel.definitions.items():
            if not definition.default:
                notes.append(
                    f"'{name}' runs when it is asked for: services: {{{name}: {{enabled: true}}}}"
                )
    if call.root and (call.root / "uv.lock").is_file() and files:
        notes.append("uv.lock is as it was: 'uv lock' takes in what pyproject.toml asks for")
    return Change(
        target.place,
        install={w.distribution: w.version for w in choice.wheels},
        before={w.distribution: have[w.distribution].version for w in choice.wheels
                if w.distribution in have},
        others=choice.others,
        files=_relative(call.root, files),
        services=tuple(name for wheel in choice.asked for name in wheel.definitions),
        notes=tuple(notes),
    )  # fmt: skip


def _relative(root: Path | None, files: Mapping[Path, str]) -> tuple[str, ...]:
    return tuple(str(file.relative_to(root)) if root else str(file) for file in files)
